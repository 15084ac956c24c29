// Locations as paths of the one bucket: "gs://lake/a b.csv" is "s3://objects/gs/lake/a~20b.csv".
#include <algorithm>
#include <array>
#include <cctype>

#include "relay/relay.h"

namespace ob::relay {
namespace {

constexpr std::array<std::string_view, 4> kSchemes = {"s3", "gs", "az", "abfss"};
constexpr std::string_view kScheme = "s3://";
constexpr std::string_view kHex = "0123456789abcdef";

bool plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '/' ||
         c == '=' || c == '-';
}

std::string_view scheme_of(std::string_view location) {
  const auto end = location.find("://");
  const auto scheme = location.substr(0, end == location.npos ? 0 : end);
  return std::ranges::find(kSchemes, scheme) == kSchemes.end() ? std::string_view() : scheme;
}

Error bad_path() {
  return bad_request("relay.badPath", "This names no object of a store.");
}

}  // namespace

bool is_remote(std::string_view location) {
  return !scheme_of(location).empty();
}

std::string to_path(std::string_view location) {
  const auto scheme = scheme_of(location);
  if (scheme.empty()) throw bad_path();
  std::string out = std::string(kScheme) + std::string(kBucket) + "/" + std::string(scheme) + "/";
  for (const char c : location.substr(scheme.size() + 3)) {
    if (plain(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'~', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::string to_location(std::string_view path) {
  const std::string start = std::string(kScheme) + std::string(kBucket) + "/";
  if (!path.starts_with(start)) throw bad_path();
  path.remove_prefix(start.size());
  const auto scheme = path.substr(0, path.find('/'));
  if (std::ranges::find(kSchemes, scheme) == kSchemes.end()) throw bad_path();
  std::string out = std::string(scheme) + "://";
  for (std::size_t i = scheme.size() + 1; i < path.size(); ++i) {
    if (path[i] != '~') {
      out += path[i];
      continue;
    }
    const auto high = i + 2 < path.size() ? kHex.find(path[i + 1]) : kHex.npos;
    const auto low = i + 2 < path.size() ? kHex.find(path[i + 2]) : kHex.npos;
    if (high == kHex.npos || low == kHex.npos) throw bad_path();
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace ob::relay
