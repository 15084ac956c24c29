#pragma once
#include <atomic>
#include <memory>
#include <string>

#include "base/scopes.h"
#include "base/time.h"

namespace ob {

// What the audit log already holds of a request.
struct Noted {
  std::atomic<bool> done = false;     // something that was done
  std::atomic<bool> refused = false;  // that it was refused, or failed
};

// Who asks: made by identity from a credential, handed to every service call.
struct Caller {
  std::string user_id;  // "system" for the server acting on its own
  std::string email;    // of a service account its name
  bool admin = false;
  bool read_only = false;  // may see and read, whatever else they may
  std::string credential;  // "session", "key:<id>", "service:<id of the secret>", "view", "system"
  std::string request_id;
  std::string address;
  std::string session;  // id of the sign-in; empty for API keys
  std::string user_agent;
  std::string statement;  // id of the SQL statement that works for them, if one does
  bool service = false;   // a service account
  // Who really asks while an administrator looks at the server as this user does; else empty.
  std::string viewer_id, viewer_email, viewer_session;
  Scopes scopes;                 // what the credential is limited to
  Micros expires_at = 0;         // of a token that is not made anew by its sign-in; 0: does not
  std::shared_ptr<Noted> noted;  // null outside of requests

  bool operator==(const Caller&) const = default;
};

}  // namespace ob
