#pragma once
// Who opens a stream. WebSockets and event streams are declared anonymous and sign in by
// themselves: a browser's socket can send no header, and learns why it was refused only by a close
// code after the upgrade.
#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "base/caller.h"
#include "net/net.h"

namespace ob::api {

// What the request of a stream brings; both may be empty.
struct Credentials {
  std::string bearer;  // ?token=, else Authorization: Bearer: an API key or an access token
  std::string share;   // ?share=, else X-Share: of a share link
};
// What stands behind "Bearer " in the header Authorization; empty where it is of another kind.
std::string_view bearer_of(std::string_view header);
// Throws ob::Error 400 for a query that is none, or a secret that is far too long.
Credentials credentials_of(const net::Request& request);

// Thread-safe.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // Who brings this bearer credential, with what `request` (Context::caller) has of the request;
  // an empty one is nobody: `request` itself, whose user_id is empty. Throws 401, which is in the
  // audit log then. Blocks no I/O thread; resumes where it was called.
  virtual boost::asio::awaitable<Caller> sign_in(Caller request, std::string bearer) = 0;
  // The same; blocks.
  virtual Caller sign_in_now(const Caller& request, const std::string& bearer) = 0;
  // Whether they still are: blocks. Throws 401 when the credential ended.
  virtual Caller again(const Caller& caller, const std::string& bearer) = 0;
};

}  // namespace ob::api
