#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/error.h"
#include "objects/remote.h"

namespace ob::objects {
namespace {

constexpr std::string_view kAzureHost = ".dfs.core.windows.net";

[[noreturn]] void bad_url(const std::string& why) {
  throw bad_request("objects.badUrl", "The URL of the object store " + why + ".");
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex(text[i + 2]) : -1;
    if (high < 0 || low < 0) bad_url("has a '%' that does not begin an escape");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
  });
}

// Secrets do not belong into a URL, so whatever is not known is refused, without its value.
void take_option(RemotePlace& place, std::string_view name, std::string value) {
  if (name == "region" && place.provider == Provider::s3) {
    if (!is_name(value)) bad_url("has a region that is none");
    place.region = std::move(value);
  } else if (name == "endpoint") {
    place.endpoint = std::move(value);
  } else if (name == "path_style" && place.provider == Provider::s3 &&
             (value == "true" || value == "false")) {
    place.path_style = value == "true";
  } else if (name == "account" && place.provider == Provider::azure) {
    place.account = std::move(value);
  } else {
    bad_url(
        "has an option that does not belong there; region, endpoint, path_style and account "
        "may be, and credentials never");
  }
}

std::string_view host_of(std::string_view endpoint) {
  auto host = endpoint.substr(endpoint.find("://") + 3);
  host = host.substr(0, host.find('/'));
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

void check_endpoint(RemotePlace& place, bool allow_http) {
  auto& endpoint = place.endpoint;
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (endpoint.empty()) return;
  const bool http = endpoint.starts_with("http://");
  if (!http && !endpoint.starts_with("https://")) bad_url("has an endpoint that is not https://…");
  const bool plain = std::ranges::all_of(endpoint, [](char c) {
    return c > ' ' && c < 0x7f && c != '@' && c != '?' && c != '#' && c != '\\';
  });
  const auto host = host_of(endpoint);
  if (!plain || host.empty()) bad_url("has an endpoint with more than a host, port and path");
  const bool here = host == "localhost" || host == "127.0.0.1" || host == "[::1]";
  if (http && !here && !allow_http) {
    bad_url("has an endpoint without TLS on another machine; use https:// or allow plain HTTP");
  }
  place.plain_http = http;
}

constexpr std::array<std::pair<std::string_view, Provider>, 4> kSchemes = {
    {{"s3://", Provider::s3},
     {"gs://", Provider::gcs},
     {"az://", Provider::azure},
     {"abfss://", Provider::azure}}};

}  // namespace

bool is_remote(std::string_view url) {
  return std::ranges::any_of(kSchemes, [&](const auto& it) { return url.starts_with(it.first); });
}

RemotePlace parse_remote(std::string_view url, const Credentials& credentials) {
  RemotePlace place;
  std::string_view scheme;
  for (const auto& [start, provider] : kSchemes) {
    if (!url.starts_with(start)) continue;
    scheme = start;
    place.provider = provider;
  }
  const auto query_at = std::min(url.find('?'), url.size());
  const auto rest = url.substr(scheme.size(), query_at - scheme.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, slash);
  std::string_view path = rest.substr(std::min(slash + 1, rest.size()));
  place.root = std::string(scheme) + std::string(authority) + "/";
  if (scheme == "abfss://") {
    const auto at = authority.find('@');
    if (at == authority.npos || !authority.ends_with(kAzureHost)) {
      bad_url("has to be abfss://container@account" + std::string(kAzureHost) + "/prefix");
    }
    const auto host = authority.substr(at + 1);
    place.account = host.substr(0, host.size() - kAzureHost.size());
    authority = authority.substr(0, at);
  }
  if (!is_name(authority)) bad_url("names no bucket or container");
  place.bucket = authority;
  while (path.ends_with('/')) path.remove_suffix(1);
  if (!path.empty()) {
    validate_key(path);
    place.prefix = std::string(path) + "/";
    place.root += place.prefix;
  }

  bool style_given = false;
  auto query = url.substr(std::min(query_at + 1, url.size()));
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = pair.substr(0, equals);
    take_option(place, name, unescape(pair.substr(std::min(equals + 1, pair.size()))));
    style_given |= name == "path_style";
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  if (!credentials.endpoint.empty()) place.endpoint = credentials.endpoint;
  if (!credentials.region.empty()) place.region = credentials.region;
  check_endpoint(place, credentials.allow_http);
  if (credentials.path_style) {
    place.path_style = *credentials.path_style;
  } else if (!style_given) {
    // A certificate for *.s3.… does not cover a bucket with dots.
    place.path_style = !place.endpoint.empty() || place.bucket.contains('.');
  }
  if (place.provider == Provider::azure && !is_name(place.account) && !credentials.ambient) {
    bad_url("needs ?account=NAME, the storage account of the container");
  }
  return place;
}

std::string version_of(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  std::string plain;
  for (const char c : etag) {
    if (c != '"') plain += c;
  }
  if (plain.find_first_not_of("0123456789abcdef-") == plain.npos) return plain;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "-";  // no plain one begins so
  for (const char c : plain) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace ob::objects
