#pragma once
// Which pages of other origins may call the API from a browser.
#include <string>
#include <vector>

#include "net/net.h"

namespace ob::gateway {

struct CorsOptions {
  std::vector<std::string> origins;  // "https://app.example.org", or "*" for all; empty: no CORS
  std::vector<std::string> headers;  // of requests, beside those that the API knows
  bool credentials = false;          // cookies may come along
  int max_age_s = 600;               // how long a browser may keep the answer to a preflight
};

class Cors {
 public:
  // Throws ob::Error config.badValue.
  explicit Cors(CorsOptions options);
  // Adds what every answer to this request carries.
  void decorate(const net::Request& request, net::Headers& out) const;
  bool is_preflight(const net::Request& request) const;
  net::Response preflight() const;

 private:
  bool allowed(std::string_view origin) const;
  CorsOptions options_;
  bool any_ = false;
  std::string request_headers_;
};

}  // namespace ob::gateway
