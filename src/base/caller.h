#pragma once
#include <string>

namespace ob {

// Who asks: made by identity from a credential, handed to every service call.
struct Caller {
  std::string user_id;  // "system" for the server acting on its own
  std::string email;
  bool admin = false;
  bool read_only = false;  // may see and read, whatever else they may
  std::string credential;  // "session", "key:<id>", "system"
  std::string request_id;
  std::string address;
  std::string session;  // id of the sign-in; empty for API keys
};

}  // namespace ob
