#pragma once
// One message to one server.
#include <functional>
#include <string>

namespace ob::mail {

// Where and as whom, from smtp_url.
struct Smtp {
  std::string url;  // scheme, host and port
  std::string user, password;
  bool demand_tls = false;
  std::string ca_file;
};
// Throws ob::Error 400 mail.badSetting.
Smtp parse_smtp(const std::string& url, const std::string& ca_file);

struct Delivery {
  bool done = false;
  bool hopeless = false;  // the server refuses this letter for good
  std::string error;      // without secrets
};
// Blocks for at most a minute; ends early when stopping() says so.
Delivery deliver(const Smtp& server, const std::string& from, const std::string& to,
                 const std::string& message, const std::function<bool()>& stopping);

}  // namespace ob::mail
