#include "net/head.h"

#include <array>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cstring>
#include <ctime>

#include "base/error.h"

namespace ob::net {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

namespace {

std::string_view std_view(string_view text) {
  return {text.data(), text.size()};
}

Error malformed(const std::string& what) {
  return bad_request("request.malformed", "The request is not valid HTTP/1.1: " + what + ".");
}

}  // namespace

// Beast's parser, writing straight into a Request.
struct RequestParser::Impl final : http::basic_parser<true> {
  Request request;
  std::string target;
  int version = 0;
  int hosts = 0;
  bool in_head = true;
  std::span<std::byte> out;
  std::size_t made = 0;

  void on_request_impl(http::verb, string_view method, string_view path, int v,
                       error_code&) override {
    request.method.assign(method.data(), method.size());
    target.assign(path.data(), path.size());
    version = v;
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(http::field field, string_view name, string_view value,
                     error_code& ec) override {
    if (!in_head) return;  // trailers are read and dropped
    constexpr std::size_t kMostHeaders = 200;
    if (request.headers.size() >= kMostHeaders) {
      ec = http::error::header_limit;
      return;
    }
    if (field == http::field::host) ++hosts;
    request.headers.emplace_back(std_view(name), std_view(value));
  }
  void on_header_impl(error_code&) override { in_head = false; }
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  std::size_t on_body_impl(string_view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code& ec) override {
    const std::size_t n = std::min(body.size(), out.size() - made);
    std::memcpy(out.data() + made, body.data(), n);
    made += n;
    if (n < body.size()) ec = http::error::need_buffer;
    return n;
  }
  void on_finish_impl(error_code&) override {}
};

RequestParser::RequestParser(std::int64_t max_header_bytes) : impl_(std::make_unique<Impl>()) {
  impl_->header_limit(static_cast<std::uint32_t>(max_header_bytes));
  impl_->body_limit(boost::none);
  impl_->request.headers.reserve(16);
}

RequestParser::~RequestParser() = default;

std::size_t RequestParser::put_head(std::string_view bytes) {
  error_code ec;
  const std::size_t used = impl_->put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
  if (ec == http::error::need_more) return used;
  if (ec == http::error::header_limit) {
    throw Error(431, "request.headersTooLarge", "The request's headers are too large.");
  }
  if (ec) throw malformed(ec.message());
  if (head_done()) check_head();
  return used;
}

bool RequestParser::head_done() const {
  return impl_->is_header_done();
}

void RequestParser::check_head() {
  Request& request = impl_->request;
  http11_ = impl_->version == 11;
  keep_alive_ = impl_->keep_alive();
  chunked_ = impl_->chunked();
  if (impl_->version != 10 && impl_->version != 11)
    throw malformed("only HTTP/1.0 and 1.1 are spoken");
  if (impl_->hosts > 1 || (http11_ && impl_->hosts == 0))
    throw malformed("one Host header is needed");
  if (const auto encoding = request.header("transfer-encoding"); !encoding.empty()) {
    if (!http11_) throw malformed("HTTP/1.0 has no Transfer-Encoding");
    if (!same_name(encoding, "chunked")) {
      throw Error(501, "request.unknownTransferEncoding",
                  "Of transfer encodings only \"chunked\" is known.");
    }
  }
  if (const auto length = impl_->content_length()) {
    if (*length > static_cast<std::uint64_t>(INT64_MAX)) throw malformed("bad Content-Length");
    request.content_length = static_cast<std::int64_t>(*length);
  }
  std::string_view target = impl_->target;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size() || !same_name(target.substr(0, scheme.size()), scheme))
      continue;
    const std::size_t slash = target.find('/', scheme.size());
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  if (target == "*") target = "/";
  if (target.empty() || target.front() != '/' || target.find('#') != std::string_view::npos) {
    throw malformed("the target must be a path");
  }
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  const auto expect = request.header("expect");
  if (!expect.empty() && !same_name(expect, "100-continue")) {
    throw Error(417, "request.unknownExpectation", "Only Expect: 100-continue is known.");
  }
  expects_continue_ = http11_ && !expect.empty();
  upgrade_ = !request.header("upgrade").empty();
}

Request RequestParser::take_request() {
  return std::move(impl_->request);
}

RequestParser::Chunks RequestParser::put_chunks(std::string_view bytes, std::span<std::byte> out) {
  impl_->out = out;
  impl_->made = 0;
  Chunks result;
  while (!impl_->is_done() && result.used < bytes.size()) {
    error_code ec;
    result.used +=
        impl_->put(boost::asio::buffer(bytes.data() + result.used, bytes.size() - result.used), ec);
    if (ec == http::error::need_more || ec == http::error::need_buffer) break;
    if (ec && ec != http::error::end_of_chunk) throw malformed(ec.message());
  }
  result.made = impl_->made;
  result.done = impl_->is_done();
  return result;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 423:
      return "Locked";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 507:
      return "Insufficient Storage";
    default:
      return status < 400 ? "OK" : "Error";
  }
}

Response problem_response(const Error& error, std::string_view request_id) {
  namespace json = boost::json;
  json::object body{{"type", "about:blank"},    {"title", reason_phrase(error.status())},
                    {"status", error.status()}, {"id", error.id()},
                    {"detail", error.what()},   {"request_id", request_id}};
  if (!error.fields().empty()) {
    json::array list;
    for (const FieldProblem& f : error.fields()) {
      list.push_back(json::object{{"field", f.field}, {"problem", f.problem}});
    }
    body["errors"] = std::move(list);
  }
  for (const auto& [name, value] : error.members()) body[name] = value;
  return {error.status(),
          {{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}},
          json::serialize(body)};
}

namespace {

// "Sat, 21 Nov 2026 09:29:37 GMT", made once a second and thread.
std::string_view http_date() {
  thread_local std::time_t made = 0;
  thread_local std::array<char, 40> text{};
  thread_local std::size_t size = 0;
  const std::time_t now = std::time(nullptr);
  if (now != made) {
    static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                      "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm t{};
    gmtime_r(&now, &t);
    size = static_cast<std::size_t>(
        std::snprintf(text.data(), text.size(), "%s, %02d %s %d %02d:%02d:%02d GMT",
                      kDays[static_cast<std::size_t>(t.tm_wday)], t.tm_mday,
                      kMonths[static_cast<std::size_t>(t.tm_mon)], t.tm_year + 1900, t.tm_hour,
                      t.tm_min, t.tm_sec));
    made = now;
  }
  return {text.data(), size};
}

void append_number(std::string& out, std::size_t n) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
  out.append(digits.data(), end);
}

}  // namespace

void append_head(std::string& out, int status, const Headers& headers, Framing framing,
                 std::size_t length, bool keep_alive, bool http11) {
  out += http11 ? "HTTP/1.1 " : "HTTP/1.0 ";
  append_number(out, static_cast<std::size_t>(status));
  out += ' ';
  out += reason_phrase(status);
  out += "\r\nDate: ";
  out += http_date();
  for (const auto& [name, value] : headers) {
    if (same_name(name, "content-length") || same_name(name, "connection")) continue;
    static constexpr std::string_view kBreaks("\r\n\0", 3);
    if (name.find_first_of(kBreaks) != std::string::npos ||
        value.find_first_of(kBreaks) != std::string::npos) {
      throw internal("header " + name + " of an answer holds a line break");
    }
    out += "\r\n";
    out += name;
    out += ": ";
    out += value;
  }
  if (framing == Framing::length) {
    out += "\r\nContent-Length: ";
    append_number(out, length);
  } else if (framing == Framing::chunked) {
    out += "\r\nTransfer-Encoding: chunked";
  }
  if (!keep_alive) {
    out += "\r\nConnection: close";
  } else if (!http11) {
    out += "\r\nConnection: keep-alive";
  }
  out += "\r\n\r\n";
}

}  // namespace ob::net
