#pragma once
// Sign-in of programs without a browser of their own (RFC 8628): the program shows a short code, a
// person who is signed in approves it on the page, and the program gets its session.
#include <memory>
#include <string>

#include "identity/accounts.h"

namespace ob::identity {

struct DeviceStart {
  std::string device_code;  // the program's secret
  std::string user_code;    // "BCDF-GHJK", for the person
  std::string page, page_with_code;
  std::int64_t expires_in = 0, interval = 0;  // seconds
};
// What a person is asked to approve.
struct DeviceRequest {
  std::string user_agent, address;
  Micros created_at = 0;
};

// All methods block and are thread-safe.
class DeviceFlow {
 public:
  virtual ~DeviceFlow() = default;
  virtual DeviceStart start(const Origin& origin) = 0;
  // Throws GrantError authorization_pending until it is approved, slow_down when asked more often
  // than `interval`, access_denied, expired_token.
  virtual SignedIn poll(const std::string& device_code, const Origin& origin) = 0;
  // For the person. A code that is none: 404 identity.noSuchCode; wrong ones are counted.
  virtual DeviceRequest show(const Caller& caller, const std::string& user_code) = 0;
  virtual void decide(const Caller& caller, const std::string& user_code, bool approve) = 0;
};

// `identity` is one that identity::open made.
std::unique_ptr<DeviceFlow> open_device_flow(Identity& identity,
                                             std::function<std::string()> public_url);

}  // namespace ob::identity
