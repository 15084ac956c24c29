#pragma once
// HTTP requests to servers whose addresses people typed. None reaches a private address unless the
// operator allows its host.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ob::fetch {

struct Options {
  // "idp.internal" or "127.0.0.1:9000": may have a private address, and be called without TLS.
  std::vector<std::string> private_hosts;
};

struct Request {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::int64_t max_bytes = 1 << 20;  // of the answer
  int timeout_s = 10;                // for the whole
};

struct Response {
  int status = 0;
  std::string content_type;  // lower case, without parameters
  std::string body;
  // Names in lower case; those beyond 100 or 32 KiB are left out.
  std::vector<std::pair<std::string, std::string>> headers = {};
  // Empty where there is none. name: in lower case.
  std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return {};
  }
};

// Thread-safe.
class Client {
 public:
  explicit Client(Options options);
  // Blocks. Redirects are answers like others. Throws ob::Error 400 fetch.badAddress for what is
  // not https (or http where allowed), 403 fetch.privateAddress, 502 fetch.failed when there is no
  // answer, 502 fetch.tooLarge.
  Response send(const Request& request) const;
  // Whether send would try: the text is an address of a scheme that its host allows.
  void check(const std::string& url) const;

 private:
  Options options_;
};

// Whether the bytes of an IPv4 (4) or IPv6 (16) address are not of the public internet.
bool is_private(std::string_view address_bytes);

}  // namespace ob::fetch
