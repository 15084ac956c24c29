#include "api/files.h"

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/error.h"

namespace ob::api {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

// Digits only; a number too large for 64 bits counts as the largest.
std::optional<std::int64_t> parse_number(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc::result_out_of_range ? INT64_MAX : value;
}

// The weak comparison: the tags' texts.
bool lists_tag(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    auto tag = ascii::trimmed(list.substr(0, comma));
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == "*" || tag == etag) return true;
    list = comma == list.npos ? std::string_view() : list.substr(comma + 1);
  }
  return false;
}

// What a request says about the version that the client has.
bool not_modified(const net::Request& request, const std::string& etag,
                  const std::string& last_modified) {
  const auto tags = request.header("If-None-Match");
  if (!tags.empty()) return lists_tag(tags, etag);
  return request.header("If-Modified-Since") == last_modified;
}

bool range_applies(const net::Request& request, const std::string& etag,
                   const std::string& last_modified) {
  const auto condition = ascii::trimmed(request.header("If-Range"));
  return condition.empty() || condition == etag || condition == last_modified;
}

}  // namespace

RangeAnswer parse_range(std::string_view header, std::int64_t size) {
  const auto equals = header.find('=');
  if (equals == header.npos || ascii::lower(ascii::trimmed(header.substr(0, equals))) != "bytes")
    return {};
  const auto text = ascii::trimmed(header.substr(equals + 1));
  const auto dash = text.find('-');
  if (dash == text.npos || text.find(',') != text.npos) return {};
  const auto first = parse_number(ascii::trimmed(text.substr(0, dash)));
  const auto last = parse_number(ascii::trimmed(text.substr(dash + 1)));
  if (dash == 0) {  // the last so many bytes
    if (!last) return {};
    if (*last == 0 || size == 0) return {.unsatisfiable = true};
    const auto length = std::min(*last, size);
    return {.range = Range{size - length, length}};
  }
  const bool open_end = ascii::trimmed(text.substr(dash + 1)).empty();
  if (!first || (!open_end && (!last || *last < *first))) return {};
  if (*first >= size) return {.unsatisfiable = true};
  const auto end = open_end ? size - 1 : std::min(*last, size - 1);
  return {.range = Range{*first, end - *first + 1}};
}

std::string content_disposition(std::string_view name, std::string_view how) {
  // For old clients: what is plain ASCII of the name; the rest reads the encoded one.
  std::string plain;
  for (const char c : name) {
    const bool usable = c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '%';
    plain += usable ? c : '_';
  }
  return std::string(how) + "; filename=\"" + plain + "\"; filename*=UTF-8''" +
         net::percent_encode(name);
}

boost::asio::awaitable<void> send_file(Pool& pool, Context& context, net::Exchange& exchange,
                                       FileAnswer file) {
  const net::Request& request = exchange.request();
  net::Response head{.headers = std::move(file.headers)};
  head.headers.emplace_back("Accept-Ranges", "bytes");
  head.headers.emplace_back("ETag", file.etag);
  head.headers.emplace_back("Last-Modified", file.last_modified);
  if (not_modified(request, file.etag, file.last_modified)) {
    head.status = 304;
    co_await exchange.respond(std::move(head));
    co_return;
  }
  RangeAnswer wanted;
  if (request.method == "GET" && range_applies(request, file.etag, file.last_modified))
    wanted = parse_range(request.header("Range"), file.bytes);
  const std::string size = std::to_string(file.bytes);
  if (wanted.unsatisfiable) {
    context.response_headers.emplace_back("Content-Range", "bytes */" + size);
    throw Error(416, file.bad_range, "The file has only " + size + " bytes.");
  }
  const Range range = wanted.range.value_or(Range{0, file.bytes});
  if (wanted.range) {
    head.status = 206;
    head.headers.emplace_back("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                                   std::to_string(range.first + range.length - 1) +
                                                   "/" + size);
  }
  head.headers.emplace_back("Content-Length", std::to_string(range.length));
  if (request.method == "HEAD") {
    co_await exchange.respond(std::move(head));
    co_return;
  }
  auto next = [read = std::move(file.read), at = range.first,
               left = range.length](std::string& out) mutable {
    const auto want = static_cast<std::size_t>(std::min<std::int64_t>(left, kPiece));
    out.resize(want);
    const auto n = read(at, std::as_writable_bytes(std::span(out)));
    if (n == 0 && want > 0) throw internal("a file shrank while it was sent");
    out.resize(n);
    at += static_cast<std::int64_t>(n);
    left -= static_cast<std::int64_t>(n);
    return left > 0;
  };
  co_await stream_from(pool, exchange, std::move(head), next);
}

}  // namespace ob::api
