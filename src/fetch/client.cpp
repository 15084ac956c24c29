#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "base/error.h"
#include "fetch/fetch.h"

namespace ob::fetch {
namespace {

constexpr long kConnectSeconds = 5;
constexpr std::size_t kMaxUrl = 4096;
constexpr std::size_t kMostHeaders = 100, kMostHeaderBytes = 32 << 10;

struct FreeUrl {
  void operator()(CURLU* u) const { curl_url_cleanup(u); }
};
struct FreeEasy {
  void operator()(CURL* c) const { curl_easy_cleanup(c); }
};
struct FreeList {
  void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};

void init_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

void lower(std::string& text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
}

struct Target {
  std::string scheme, host, port;
};

Error bad_address(const std::string& why) {
  return bad_request("fetch.badAddress", "An address of another server " + why + ".");
}

Target target_of(const std::string& text) {
  init_once();
  std::unique_ptr<CURLU, FreeUrl> url(curl_url());
  if (!url || text.size() > kMaxUrl ||
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    throw bad_address("is not valid: give a whole one, https://…");
  }
  Target out{.scheme = part(url.get(), CURLUPART_SCHEME),
             .host = part(url.get(), CURLUPART_HOST),
             .port = part(url.get(), CURLUPART_PORT)};
  if (!part(url.get(), CURLUPART_USER).empty() || !part(url.get(), CURLUPART_PASSWORD).empty()) {
    throw bad_address("must not hold a user name or password");
  }
  if (out.host.empty() || (out.scheme != "https" && out.scheme != "http")) {
    throw bad_address("must begin with https://");
  }
  lower(out.host);
  return out;
}

bool allowed(const Options& options, const Target& target) {
  return std::ranges::any_of(options.private_hosts, [&](const std::string& one) {
    return one == target.host || one == target.host + ":" + target.port;
  });
}

// One request's state for libcurl's callbacks.
struct Transfer {
  const Request& request;
  bool may_be_private = false;
  bool was_private = false, too_large = false;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::size_t header_bytes = 0;
};

bool is_private(const curl_sockaddr& address) {
  if (address.family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address.addr);
    return fetch::is_private({reinterpret_cast<const char*>(&in.sin_addr), 4});
  }
  if (address.family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(address.addr);
    return fetch::is_private({reinterpret_cast<const char*>(&in.sin6_addr), 16});
  }
  return true;
}

curl_socket_t on_open(void* user, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (!transfer.may_be_private && is_private(*address)) {
    transfer.was_private = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t on_write(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t bytes = size * count;
  if (transfer.body.size() + bytes > static_cast<std::size_t>(transfer.request.max_bytes)) {
    transfer.too_large = true;
    return 0;
  }
  transfer.body.append(data, bytes);
  return bytes;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t bytes = size * count;
  std::string_view line(data, bytes);
  if (line.starts_with("HTTP/")) transfer.headers.clear();  // one of 1xx came before
  while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') line.remove_suffix(1);
  const auto colon = line.find(':');
  transfer.header_bytes += bytes;
  if (colon == line.npos || transfer.headers.size() >= kMostHeaders ||
      transfer.header_bytes > kMostHeaderBytes)
    return bytes;
  std::string name(line.substr(0, colon));
  lower(name);
  line.remove_prefix(std::min(line.find_first_not_of(' ', colon + 1), line.size()));
  transfer.headers.emplace_back(std::move(name), line);
  return bytes;
}

std::string plain_type(const char* header) {
  std::string type(header ? header : "");
  type.resize(std::min(type.find(';'), type.size()));
  while (type.ends_with(' ')) type.pop_back();
  lower(type);
  return type;
}

void add_headers(const Request& request, std::unique_ptr<curl_slist, FreeList>& list) {
  const auto add = [&](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (!longer) throw std::bad_alloc();
    static_cast<void>(list.release());
    list.reset(longer);
  };
  add("User-Agent: OpenBricks");
  for (const auto& [name, value] : request.headers) {
    if ((name + value).find_first_of("\r\n") != std::string::npos) {
      throw bad_address("got a header with a line break");
    }
    add(name + ": " + value);
  }
}

void set_up(CURL* c, const Request& request, Transfer& transfer, const curl_slist* headers) {
  curl_easy_setopt(c, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(c, CURLOPT_PROXY, "");
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(c, CURLOPT_TIMEOUT, static_cast<long>(request.timeout_s));
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_open);
  curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, &transfer);
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_write);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(c, CURLOPT_HEADERDATA, &transfer);
  if (request.method == "POST") {
    curl_easy_setopt(c, CURLOPT_POST, 1L);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, request.body.c_str());
  } else if (request.method != "GET") {
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

}  // namespace

Client::Client(Options options) : options_(std::move(options)) {
  init_once();
}

void Client::check(const std::string& url) const {
  const Target target = target_of(url);
  if (target.scheme != "https" && !allowed(options_, target)) {
    throw bad_address("must begin with https:// (" + target.host + " is not)");
  }
}

Response Client::send(const Request& request) const {
  check(request.url);
  const Target target = target_of(request.url);
  Transfer transfer{.request = request, .may_be_private = allowed(options_, target)};
  std::unique_ptr<CURL, FreeEasy> curl(curl_easy_init());
  if (!curl) throw std::bad_alloc();
  std::unique_ptr<curl_slist, FreeList> headers;
  add_headers(request, headers);
  char error[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, error);
  set_up(curl.get(), request, transfer, headers.get());
  const CURLcode code = curl_easy_perform(curl.get());
  if (transfer.was_private && code != CURLE_OK) {
    throw forbidden("fetch.privateAddress",
                    target.host +
                        " has a private address, which this server does not call. An operator can "
                        "allow it with the setting outbound_private_hosts.");
  }
  if (transfer.too_large) {
    throw Error(
        502, "fetch.tooLarge",
        target.host + " answered with more than " + std::to_string(request.max_bytes) + " bytes.");
  }
  if (code != CURLE_OK) {
    throw Error(502, "fetch.failed",
                target.host + " did not answer: " + curl_easy_strerror(code) + ".", error);
  }
  long status = 0;
  const char* type = nullptr;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl.get(), CURLINFO_CONTENT_TYPE, &type);
  return {.status = static_cast<int>(status),
          .content_type = plain_type(type),
          .body = std::move(transfer.body),
          .headers = std::move(transfer.headers)};
}

}  // namespace ob::fetch
