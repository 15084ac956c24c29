#include "gateway/cors.h"

#include <algorithm>

#include "base/error.h"

namespace ob::gateway {

namespace {

constexpr std::string_view kMethods = "GET, HEAD, POST, PUT, PATCH, DELETE";
constexpr std::string_view kRequestHeaders =
    "Accept, Accept-Language, Authorization, Content-MD5, Content-Type, Digest, If-Match, "
    "If-Modified-Since, If-None-Match, If-Range, Range, Upload-Length, Upload-Offset, "
    "X-Request-Id, X-Session";
constexpr std::string_view kAnswerHeaders =
    "Content-Disposition, Content-Length, Content-Range, ETag, Location, RateLimit-Limit, "
    "RateLimit-Policy, RateLimit-Remaining, RateLimit-Reset, Retry-After, Upload-Offset, "
    "X-Request-Id";

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

Error bad(std::string_view setting, const std::string& why) {
  return bad_request("config.badValue", "Setting '" + std::string(setting) + "' " + why);
}

}  // namespace

Cors::Cors(CorsOptions options) : options_(std::move(options)), request_headers_(kRequestHeaders) {
  for (const std::string& origin : options_.origins) {
    any_ = any_ || origin == "*";
    const bool plain = origin.starts_with("http://") || origin.starts_with("https://");
    if (origin != "*" && (!plain || origin.find('/', origin.find("//") + 2) != origin.npos)) {
      throw bad("cors_origins", "names '" + origin +
                                    "', which is no origin such as https://app.example.org "
                                    "(without a path or a slash at its end).");
    }
  }
  if (any_ && options_.credentials) {
    throw bad("cors_credentials",
              "must be false where cors_origins is *: any page could act as whoever opened it.");
  }
  for (const std::string& header : options_.headers) {
    if (!is_token(header)) throw bad("cors_headers", "names '" + header + "', no header's name.");
    request_headers_ += ", " + header;
  }
}

bool Cors::allowed(std::string_view origin) const {
  return !origin.empty() && (any_ || std::find(options_.origins.begin(), options_.origins.end(),
                                               origin) != options_.origins.end());
}

void Cors::decorate(const net::Request& request, net::Headers& out) const {
  if (options_.origins.empty()) return;
  if (!any_) out.emplace_back("Vary", "Origin");
  const std::string_view origin = request.header("origin");
  if (!allowed(origin)) return;
  out.emplace_back("Access-Control-Allow-Origin", any_ ? "*" : origin);
  out.emplace_back("Access-Control-Expose-Headers", kAnswerHeaders);
  if (options_.credentials) out.emplace_back("Access-Control-Allow-Credentials", "true");
}

bool Cors::is_preflight(const net::Request& request) const {
  return request.method == "OPTIONS" && allowed(request.header("origin")) &&
         !request.header("access-control-request-method").empty();
}

net::Response Cors::preflight() const {
  return {204,
          {{"Access-Control-Allow-Methods", std::string(kMethods)},
           {"Access-Control-Allow-Headers", request_headers_},
           {"Access-Control-Max-Age", std::to_string(options_.max_age_s)}},
          {}};
}

}  // namespace ob::gateway
