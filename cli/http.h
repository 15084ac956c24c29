#pragma once
// HTTP over libcurl: one connection to one server, one request at a time. Ctrl-C ends a request.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ob::cli {

// The user pressed Ctrl-C. A second one ends the program at once.
struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("interrupted") {}
};
void catch_interrupts();
bool interrupted();
void forget_interrupt();  // so that a last request (cancel, clean up) can still be made

struct HttpRequest {
  std::string method = "GET";
  std::string path;  // from the server's root, percent-encoded, with the query
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // Instead of `body`: fills the buffer, returns how much; 0 at the end. `source_bytes`: how much
  // in all, unknown: sent in chunks.
  std::function<std::size_t(char*, std::size_t)> source;
  std::optional<std::int64_t> source_bytes;
  // Instead of HttpResponse::body, for 2xx answers only. An exception ends the request.
  std::function<void(std::string_view)> sink;
  // Bytes so far, and in all (0: unknown), of the longer direction.
  std::function<void(std::int64_t, std::int64_t)> progress;
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::string_view header(std::string_view lower_case_name) const;
};

class Http {
 public:
  explicit Http(std::string url);
  ~Http();
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;
  // Throws ob::Error cli.connection when there is no whole answer, and Interrupted.
  HttpResponse send(const HttpRequest& request);
  const std::string& url() const { return url_; }

 private:
  std::string url_;
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

std::string percent_encode(std::string_view text, bool keep_slashes);

}  // namespace ob::cli
