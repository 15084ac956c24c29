#include "api/authenticator.h"

#include "base/error.h"

namespace ob::api {

namespace {

constexpr std::size_t kMostSecret = 8192;

}  // namespace

std::string_view bearer_of(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  if (header.size() <= kScheme.size() ||
      !net::same_name(header.substr(0, kScheme.size()), kScheme)) {
    return {};
  }
  header.remove_prefix(kScheme.size());
  while (header.starts_with(' ')) header.remove_prefix(1);
  return header;
}

Credentials credentials_of(const net::Request& request) {
  Credentials out;
  for (auto& [name, value] : net::parse_query(request.query)) {
    if (name == "token")
      out.bearer = std::move(value);
    else if (name == "share")
      out.share = std::move(value);
  }
  if (out.bearer.empty()) out.bearer = bearer_of(request.header("authorization"));
  if (out.share.empty()) out.share = request.header("x-share");
  if (out.bearer.size() > kMostSecret || out.share.size() > kMostSecret) {
    throw bad_request("auth.tooLong", "The token or share link is too long to be one.");
  }
  return out;
}

}  // namespace ob::api
