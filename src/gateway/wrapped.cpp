#include "gateway/wrapped.h"

namespace ob::gateway {

namespace {

constexpr std::string_view kPagePolicy =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
// Whatever an API answers, a browser must not run it.
constexpr std::string_view kDataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";

bool from_api(std::string_view path) {
  return path.starts_with("/api/") && path != "/api/docs" && path != "/api/docs.js";
}

void put_default(net::Headers& headers, std::string_view name, std::string_view value) {
  if (net::find_header(headers, name).empty()) headers.emplace_back(name, value);
}

}  // namespace

net::Response Wrapped::decorated(net::Response response) const {
  const bool api = from_api(inner_.request().path);
  net::Headers& out = response.headers;
  out.insert(out.end(), headers_.begin(), headers_.end());
  put_default(out, "X-Content-Type-Options", "nosniff");
  put_default(out, "Referrer-Policy", "same-origin");
  put_default(out, "Content-Security-Policy", api ? kDataPolicy : kPagePolicy);
  if (api) put_default(out, "Cache-Control", "no-store");
  if (response.status == 401) put_default(out, "WWW-Authenticate", "Bearer");
  if (response.status == 429) put_default(out, "Retry-After", "1");
  return response;
}

}  // namespace ob::gateway
