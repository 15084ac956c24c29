#include "tracking/dsn.h"

#include <algorithm>
#include <string_view>

#include "base/error.h"

namespace ob::tracking {
namespace {

bool made_of(std::string_view text, std::string_view others) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != others.npos;
  });
}

}  // namespace

Dsn parse_dsn(const std::string& text) {
  const auto bad = [] {
    return bad_request("config.badValue",
                       "Setting 'error_tracking_dsn' must be the DSN of a project, as the tracker "
                       "shows it: https://key@host/project.");
  };
  const auto colon = text.find("://");
  if (colon == text.npos) throw bad();
  const std::string scheme = text.substr(0, colon);
  if (scheme != "https" && scheme != "http") throw bad();
  const std::string rest = text.substr(colon + 3);
  const auto at = rest.find('@');
  const auto slash = rest.find('/');
  const auto last = rest.rfind('/');
  if (at == rest.npos || slash == rest.npos || at > slash) throw bad();
  const std::string user = rest.substr(0, at);
  const auto split = std::min(user.find(':'), user.size());
  Dsn out{.key = user.substr(0, split),
          .secret = split < user.size() ? user.substr(split + 1) : "",
          .host = rest.substr(at + 1, slash - at - 1)};
  const std::string path = rest.substr(slash, last - slash);
  const std::string project = rest.substr(last + 1);
  if (!made_of(out.key, "-_") || (!out.secret.empty() && !made_of(out.secret, "-_")) ||
      !made_of(out.host, ".-:[]") || !made_of(project, "-_") ||
      (!path.empty() && !made_of(path, "/.-_")))
    throw bad();
  std::ranges::transform(out.host, out.host.begin(), [](char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  out.envelopes = scheme + "://" + out.host + path + "/api/" + project + "/envelope/";
  return out;
}

}  // namespace ob::tracking
