#include "cli/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <csignal>
#include <exception>

#include "base/error.h"

namespace ob::cli {
namespace {

std::atomic<bool> interrupt_wanted{false};

void on_interrupt(int) {
  if (interrupt_wanted.exchange(true)) {
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
  }
}

// What the callbacks of one transfer share.
struct Transfer {
  const HttpRequest* request = nullptr;
  HttpResponse response;
  CURL* curl = nullptr;
  std::exception_ptr failure;
};

// Exceptions must not cross libcurl: kept for after the transfer, which `otherwise` ends.
template <class Fn, class Result>
Result guarded(Transfer& transfer, Result otherwise, Fn fn) {
  try {
    return fn();
  } catch (...) {
    transfer.failure = std::current_exception();
    return otherwise;
  }
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  return guarded(transfer, std::size_t{0}, [&] {
    std::string_view line(data, size * count);
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) transfer.response.headers.clear();  // 100 Continue came before
    if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      std::string name(line.substr(0, colon));
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
      line.remove_prefix(colon + 1);
      while (line.starts_with(' ')) line.remove_prefix(1);
      transfer.response.headers.emplace_back(std::move(name), line);
    }
    return size * count;
  });
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  return guarded(transfer, std::size_t{0}, [&] {
    const std::string_view bytes(data, size * count);
    long status = 0;
    curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
    if (transfer.request->sink && status >= 200 && status < 300) {
      transfer.request->sink(bytes);
    } else {
      transfer.response.body += bytes;
    }
    return bytes.size();
  });
}

std::size_t on_read(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  return guarded(transfer, std::size_t{CURL_READFUNC_ABORT},
                 [&] { return transfer.request->source(data, size * count); });
}

int on_progress(void* user, curl_off_t receive_total, curl_off_t received, curl_off_t send_total,
                curl_off_t sent) {
  auto& transfer = *static_cast<Transfer*>(user);
  return guarded(transfer, 1, [&] {
    if (interrupt_wanted) throw Interrupted();
    if (transfer.request->progress) {
      const bool sending = transfer.request->source != nullptr;
      transfer.request->progress(sending ? sent : received, sending ? send_total : receive_total);
    }
    return 0;
  });
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, on_interrupt);
}
bool interrupted() {
  return interrupt_wanted;
}
void forget_interrupt() {
  interrupt_wanted = false;
}

std::string_view HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

struct Http::Handle {
  CURL* curl = nullptr;
};

Http::Http(std::string url) : url_(std::move(url)), handle_(std::make_unique<Handle>()) {
  while (url_.ends_with('/')) url_.pop_back();
  if (!url_.starts_with("http://") && !url_.starts_with("https://"))
    throw bad_request("cli.badUrl",
                      "'" + url_ + "' is not a server's URL: it starts with http:// or https://.");
  curl_global_init(CURL_GLOBAL_DEFAULT);
  handle_->curl = curl_easy_init();
  if (handle_->curl == nullptr) throw internal("curl_easy_init failed");
}

Http::~Http() {
  curl_easy_cleanup(handle_->curl);
}

HttpResponse Http::send(const HttpRequest& request) {
  CURL* curl = handle_->curl;
  curl_easy_reset(curl);  // keeps the connection
  Transfer transfer{.request = &request, .response = {}, .curl = curl, .failure = {}};
  const std::string whole = url_ + request.path;
  curl_slist* list = nullptr;
  const auto add_header = [&](const std::string& line) {
    list = curl_slist_append(list, line.c_str());
  };
  for (const auto& [name, value] : request.headers) add_header(name + ": " + value);
  add_header("Expect:");  // no wait for 100 Continue

  curl_easy_setopt(curl, CURLOPT_URL, whole.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 10L);
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "openbricks-cli");
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  if (request.source) {
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 1024L * 1024L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl, CURLOPT_READDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE,
                     static_cast<curl_off_t>(request.source_bytes.value_or(-1)));
  } else if (request.method != "GET" && request.method != "HEAD") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
  } else {
    // Files come as they are; other answers may be compressed.
    if (!request.sink) curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(curl, CURLOPT_NOBODY, request.method == "HEAD" ? 1L : 0L);
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
  const CURLcode code = curl_easy_perform(curl);
  curl_slist_free_all(list);
  if (transfer.failure) std::rethrow_exception(transfer.failure);
  if (code != CURLE_OK) {
    throw Error(0, "cli.connection",
                "No answer from " + url_ + ": " + curl_easy_strerror(code) +
                    ". Is the server running, and is the URL right (--url or OPENBRICKS_URL)?");
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

std::string percent_encode(std::string_view text, bool keep_slashes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (std::isalnum(byte) || std::string_view("-._~").contains(c) ||
                        (c == '/' && keep_slashes))) {
      out += c;
    } else {
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

}  // namespace ob::cli
