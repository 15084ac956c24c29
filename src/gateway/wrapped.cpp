#include "gateway/wrapped.h"

namespace ob::gateway {

namespace {

constexpr std::string_view kPagePolicy =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'";
// Whatever an API answers, a browser must not run it.
constexpr std::string_view kDataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";
// What of a device the page asks for: nothing.
constexpr std::string_view kPermissions =
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()";
constexpr std::string_view kCookiePath = "; Path=/";

bool from_api(std::string_view path) {
  return path.starts_with("/api/") && path != "/api/docs" && path != "/api/docs.js";
}

void put_default(net::Headers& headers, std::string_view name, std::string_view value) {
  if (net::find_header(headers, name).empty()) headers.emplace_back(name, value);
}

// The parts know nothing of the path under which clients see the server.
void add_prefix(const std::string& prefix, net::Headers& headers) {
  for (auto& [name, value] : headers) {
    if (net::same_name(name, "location")) {
      if (value.starts_with('/') && !value.starts_with("//")) value.insert(0, prefix);
    } else if (net::same_name(name, "set-cookie")) {
      const std::size_t path = value.find(kCookiePath);
      if (path != std::string::npos) value.insert(path + kCookiePath.size() - 1, prefix);
    }
  }
}

}  // namespace

net::Response Wrapped::decorated(net::Response response) const {
  const net::Request& asked = inner_.request();
  const bool api = from_api(asked.path);
  net::Headers& out = response.headers;
  if (!asked.prefix.empty()) add_prefix(asked.prefix, out);
  out.insert(out.end(), headers_.begin(), headers_.end());
  put_default(out, "X-Content-Type-Options", "nosniff");
  put_default(out, "Referrer-Policy", "same-origin");
  put_default(out, "Content-Security-Policy", api ? kDataPolicy : kPagePolicy);
  put_default(out, "Cross-Origin-Resource-Policy", "same-origin");
  if (api) {
    put_default(out, "Cache-Control", "no-store");
  } else {
    put_default(out, "Cross-Origin-Opener-Policy", "same-origin");
    put_default(out, "Permissions-Policy", kPermissions);
    put_default(out, "X-Frame-Options", "DENY");
  }
  if (asked.secure && hsts_s_ > 0) {
    put_default(out, "Strict-Transport-Security", "max-age=" + std::to_string(hsts_s_));
  }
  if (response.status == 401) put_default(out, "WWW-Authenticate", "Bearer");
  if (response.status == 429) put_default(out, "Retry-After", "1");
  rules_.apply(out);
  return response;
}

}  // namespace ob::gateway
