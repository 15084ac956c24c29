#include "net/exchange.h"

#include <charconv>
#include <cstring>

#include "net/websocket.h"

namespace ob::net {

namespace {

constexpr std::size_t kChunkBuffer = 64 * 1024;
// A body that nobody read is read up to here, to keep the connection.
constexpr std::int64_t kMostDrained = 256 * 1024;
// Compressing less than this saves nothing.
constexpr std::size_t kWorthCompressing = 1024;
// An answer up to this size is compressed in one go; larger ones as a stream of pieces.
constexpr std::size_t kPiece = 64 * 1024;

std::int64_t parse_length(std::string_view text) {
  std::int64_t n = -1;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  return ec == std::errc() && end == text.data() + text.size() ? n : -1;
}

// Whether the answer may be compressed; notes in its headers that the answer depends on that.
bool negotiate_gzip(const Request& request, Response& response) {
  if (response.status == 206 || !find_header(response.headers, "content-encoding").empty() ||
      !compressible(find_header(response.headers, "content-type"))) {
    return false;
  }
  response.headers.emplace_back("Vary", "Accept-Encoding");
  return accepts_gzip(request.header("accept-encoding"));
}

void mark_gzip(Response& response) {
  response.headers.emplace_back("Content-Encoding", "gzip");
  for (auto& [name, value] : response.headers) {
    // The bytes differ from the plain form, so a strong validator no longer holds.
    if (same_name(name, "etag") && value.starts_with('"')) value.insert(0, "W/");
  }
}

}  // namespace

HttpExchange::HttpExchange(Connection& connection, RequestParser& parser)
    : connection_(connection),
      parser_(parser),
      request_(parser.take_request()),
      body_limit_(connection.options().max_body_bytes) {
  request_.remote_address = connection.address();
  request_.secure = connection.socket().secure();
  connection.proxies().apply(request_, connection.trusted());
  body_done_ = !parser.chunked() && request_.content_length.value_or(0) == 0;
  continue_pending_ = parser.expects_continue() && !body_done_;
  connection_.set_exchange(this);
}

HttpExchange::~HttpExchange() {
  connection_.set_exchange(nullptr);
}

CancelToken HttpExchange::cancel_token() {
  if (!token_) {
    token_.emplace();
    if (connection_.gone()) token_->cancel("the client went away");
    if (body_done_) body_ended();
  }
  return *token_;
}

void HttpExchange::cancel(const std::string& reason) {
  if (!token_) token_.emplace();
  token_->cancel(reason);
}

// ---- the request's body

void HttpExchange::body_ended() {
  body_done_ = true;
  // An upgraded connection must not have a read of ours pending.
  if (token_ && !started_ && !parser_.upgrade()) connection_.watch();
}

void HttpExchange::check_limit(std::int64_t size) const {
  if (body_limit_ >= 0 && size > body_limit_) {
    throw too_large("request.bodyTooLarge",
                    "The body may have at most " + std::to_string(body_limit_) + " bytes.");
  }
}

Error HttpExchange::body_failed() const {
  if (connection_.timed_out()) {
    return {408, "request.bodyTooSlow", "The request's body stopped arriving."};
  }
  return {400, "request.bodyIncomplete", "The connection ended before the request's body did."};
}

asio::awaitable<std::size_t> HttpExchange::read_some(std::span<std::byte> out) {
  if (body_done_ || out.empty()) co_return 0;
  if (request_.content_length) check_limit(*request_.content_length);
  if (std::exchange(continue_pending_, false)) {
    co_await connection_.write_all("HTTP/1.1 100 Continue\r\n\r\n");
  }
  if (parser_.chunked()) co_return co_await read_chunked(out);
  co_return co_await read_length(out);
}

asio::awaitable<std::size_t> HttpExchange::read_length(std::span<std::byte> out) {
  const auto left = static_cast<std::size_t>(*request_.content_length - body_read_);
  std::size_t n = std::min(out.size(), left);
  if (const std::string_view ready = connection_.data(); !ready.empty()) {
    n = std::min(n, ready.size());
    std::memcpy(out.data(), ready.data(), n);
    connection_.consume(n);
  } else {
    connection_.arm(connection_.options().body_idle_timeout_s);
    n = co_await connection_.read_direct(out.first(n));
    connection_.disarm();
    if (n == 0) throw body_failed();
  }
  body_read_ += static_cast<std::int64_t>(n);
  if (body_read_ == *request_.content_length) body_ended();
  co_return n;
}

asio::awaitable<std::size_t> HttpExchange::read_chunked(std::span<std::byte> out) {
  for (;;) {
    const RequestParser::Chunks chunks = parser_.put_chunks(connection_.data(), out);
    connection_.consume(chunks.used);
    body_read_ += static_cast<std::int64_t>(chunks.made);
    check_limit(body_read_);
    if (chunks.done) body_ended();
    if (chunks.made > 0 || chunks.done) co_return chunks.made;
    connection_.arm(connection_.options().body_idle_timeout_s);
    const bool more = co_await connection_.fill(kChunkBuffer);
    connection_.disarm();
    if (!more) throw body_failed();
  }
}

asio::awaitable<std::string> HttpExchange::read_all(std::int64_t limit) {
  set_body_limit(limit);
  std::string body;
  std::size_t size = 0;
  // Room is made as bytes arrive: a claimed length alone costs nothing.
  constexpr std::int64_t kFirst = 64 * 1024;
  body.resize(static_cast<std::size_t>(std::min(request_.content_length.value_or(kFirst), kFirst)));
  while (!body_done_) {
    if (size == body.size()) body.resize(std::max<std::size_t>(4096, body.size() * 2));
    const std::span<char> room(body.data() + size, body.size() - size);
    size += co_await read_some(std::as_writable_bytes(room));
  }
  body.resize(size);
  co_return body;
}

asio::awaitable<bool> HttpExchange::drain_body() {
  if (!keep_alive()) co_return false;
  if (body_done_) co_return true;
  set_body_limit(body_read_ + kMostDrained);
  std::vector<std::byte> sink(8 * 1024);
  try {
    while (!body_done_) co_await read_some(sink);
  } catch (const Error&) {
    co_return false;  // too long or broken: the connection closes instead
  }
  co_return true;
}

// ---- the answer

bool HttpExchange::bodyless(int status) const {
  return request_.method == "HEAD" || status == 204 || status == 304 || status < 200;
}

// The answer tells this, so that a client does not send its next request into a connection that is
// about to close behind a body which nobody read.
bool HttpExchange::keep_alive() const {
  // Of a body in chunks nobody knows how much is still to come.
  if (!body_done_ &&
      (!request_.content_length || *request_.content_length - body_read_ > kMostDrained))
    return false;
  return parser_.keep_alive() && !connection_.draining() && !connection_.timed_out() &&
         framing_ != Framing::until_close && !continue_pending_;
}

asio::awaitable<void> HttpExchange::respond(Response response) {
  if (started_) throw internal("a second answer to one request");
  const bool gzip = response.body.size() >= kWorthCompressing && negotiate_gzip(request_, response);
  if (gzip && response.body.size() > kPiece && request_.method != "HEAD") {
    const std::string body = std::move(response.body);
    co_await start(std::move(response));
    for (std::size_t at = 0; at < body.size(); at += kPiece) {
      co_await write(std::string_view(body).substr(at, kPiece));
    }
    co_await finish();
    co_return;
  }
  status_ = response.status;
  bytes_sent_ = static_cast<std::int64_t>(response.body.size());
  if (gzip) {
    mark_gzip(response);
    std::string packed;
    Gzip().write(response.body, true, packed);
    response.body = std::move(packed);
  }
  mute_ = bodyless(status_);
  const bool no_length = status_ == 204 || status_ == 304 || status_ < 200;
  // An answer to HEAD may tell the length that GET would have.
  const std::int64_t told = parse_length(find_header(response.headers, "content-length"));
  const std::size_t length =
      mute_ && told >= 0 ? static_cast<std::size_t>(told) : response.body.size();
  append_head(out_, status_, response.headers, no_length ? Framing::none : Framing::length, length,
              keep_alive(), parser_.http11());
  started_ = true;
  constexpr std::size_t kCopied = 16 * 1024;
  std::string_view rest;
  if (!mute_ && response.body.size() <= kCopied) {
    out_ += response.body;
  } else if (!mute_) {
    rest = response.body;
  }
  co_await connection_.write_all(out_, rest);
  finished_ = true;
}

asio::awaitable<void> HttpExchange::start(Response head) {
  if (started_) throw internal("a second answer to one request");
  promised_ = parse_length(find_header(head.headers, "content-length"));
  const bool gzip = promised_ < 0 && negotiate_gzip(request_, head);
  status_ = head.status;
  mute_ = bodyless(status_);
  if (gzip) {
    mark_gzip(head);
    if (!mute_) gzip_ = std::make_unique<Gzip>();
  }
  if (status_ == 204 || status_ == 304 || status_ < 200) {
    framing_ = Framing::none;
  } else if (promised_ >= 0) {
    framing_ = Framing::length;
  } else {
    framing_ = parser_.http11() ? Framing::chunked : Framing::until_close;
  }
  append_head(out_, status_, head.headers, framing_,
              static_cast<std::size_t>(std::max<std::int64_t>(promised_, 0)), keep_alive(),
              parser_.http11());
  started_ = true;
  if (mute_) framing_ = Framing::none;
  // The head goes out at once: the first bytes may take long.
  co_await connection_.write_all(out_);
  out_.clear();
}

asio::awaitable<void> HttpExchange::flush(std::string_view bytes, bool last) {
  if (gzip_) {
    std::string packed;
    gzip_->write(bytes, last, packed);
    std::swap(out_, packed);
    bytes = out_;
  }
  if (framing_ == Framing::chunked) {
    std::array<char, 24> size{};
    std::string head;
    if (!bytes.empty()) {
      const auto end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
      head.append(size.data(), end);
      head += "\r\n";
      co_await connection_.write_all(head, bytes);
      co_await connection_.write_all(last ? "\r\n0\r\n\r\n" : "\r\n");
    } else if (last) {
      co_await connection_.write_all("0\r\n\r\n");
    }
  } else if (!bytes.empty()) {
    co_await connection_.write_all(bytes);
  }
}

asio::awaitable<void> HttpExchange::write(std::string_view bytes) {
  if (!started_ || finished_) throw internal("bytes outside of an answer");
  bytes_sent_ += static_cast<std::int64_t>(bytes.size());
  if (promised_ >= 0 && bytes_sent_ > promised_) {
    throw internal("more bytes than the answer's Content-Length");
  }
  if (mute_ || bytes.empty()) co_return;
  co_await flush(bytes, false);
}

asio::awaitable<void> HttpExchange::finish() {
  if (!started_ || finished_) throw internal("an answer ended twice");
  if (!mute_) {
    if (promised_ >= 0 && bytes_sent_ < promised_) {
      throw internal("fewer bytes than the answer's Content-Length");
    }
    co_await flush({}, true);
  }
  finished_ = true;
}

asio::awaitable<void> HttpExchange::accept_websocket(WebSocketSession session) {
  if (started_) throw internal("a second answer to one request");
  if (!body_done_ || !connection_.data().empty() || connection_.reading()) {
    throw bad_request("request.notWebSocket", "A WebSocket request has no body.");
  }
  out_ = upgrade_head(request_);
  started_ = true;
  status_ = 101;
  co_await connection_.write_all(out_);
  session_ = std::move(session);
  finished_ = true;
}

}  // namespace ob::net
