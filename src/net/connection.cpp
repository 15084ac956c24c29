#include "net/connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/ids.h"
#include "base/log.h"
#include "net/exchange.h"
#include "net/websocket.h"

namespace ob::net {

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kSmallBuffer = 8 * 1024;

}  // namespace

Connection::Connection(Socket socket, std::shared_ptr<ServerState> server, std::string address,
                       bool trusted)
    : socket_(std::move(socket)),
      server_(std::move(server)),
      address_(std::move(address)),
      trusted_(trusted),
      buffer_(kSmallBuffer),
      clock_(socket_.lowest().get_executor()) {}

// ---- reading

void Connection::start_read(std::size_t limit) {
  if (reading_ || eof_) return;
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (buffer_.size() > limit && buffer_.size() > kSmallBuffer) {
      buffer_ = std::vector<char>(kSmallBuffer);
    }
  }
  if (end_ == buffer_.size() && begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) {
    if (buffer_.size() >= limit) return;
    buffer_.resize(std::min(limit, buffer_.size() * 2));
  }
  reading_ = true;
  auto done = [self = shared_from_this()](error_code ec, std::size_t n) { self->on_read(ec, n); };
  socket_.async_read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
                          std::move(done));
}

void Connection::on_read(error_code ec, std::size_t n) {
  reading_ = false;
  if (ec) {
    eof_ = true;
  } else {
    end_ += n;
  }
  if (waiter_) {
    auto resume = std::exchange(waiter_, nullptr);
    resume();
  } else if (ec && exchange_ && !exchange_->finished()) {
    exchange_->cancel("the client went away");
  }
}

asio::awaitable<void> Connection::wait_for_read() {
  auto start = [this](auto handler) {
    waiter_ = [resume = std::move(handler)]() mutable { std::move(resume)(); };
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(start, asio::use_awaitable);
}

asio::awaitable<bool> Connection::fill(std::size_t limit) {
  start_read(limit);
  if (!reading_) co_return false;
  co_await wait_for_read();
  co_return !eof_;
}

void Connection::watch() {
  // With bytes of a next request at hand the end of the input cannot be seen; that is rare.
  if (data().empty()) start_read(kSmallBuffer);
}

asio::awaitable<std::size_t> Connection::read_direct(std::span<std::byte> out) {
  const auto [ec, n] =
      co_await socket_.async_read_some(asio::buffer(out.data(), out.size()), kTuple);
  if (ec) eof_ = true;
  co_return n;
}

// ---- writing

asio::awaitable<void> Connection::write_all(std::string_view first, std::string_view second) {
  // Pieces of this size: the watchdog starts anew when a client takes one.
  constexpr std::size_t kPiece = 256 * 1024;
  while (!first.empty() || !second.empty()) {
    if (gone_) throw Error(499, "request.clientGone", "The client closed the connection.");
    arm(options().write_idle_timeout_s);
    const std::string_view one = first.substr(0, kPiece);
    const std::string_view two =
        first.size() > kPiece ? std::string_view() : second.substr(0, kPiece);
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(one.data(), one.size()),
                                                    asio::buffer(two.data(), two.size())};
    const auto [ec, n] = co_await socket_.async_write_some(buffers, kTuple);
    disarm();
    if (ec) {
      lose();
      throw Error(499, "request.clientGone", "The client closed the connection.");
    }
    const std::size_t of_first = std::min(n, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(n - of_first);
  }
}

void Connection::lose() {
  gone_ = true;
  if (exchange_) exchange_->cancel("the client went away");
}

// ---- watchdog

void Connection::arm(int seconds) {
  deadline_ = Clock::now() + std::chrono::seconds(seconds);
  if (!clock_running_ || clock_.expiry() > deadline_) watch_clock();
}

void Connection::disarm() {
  deadline_ = Clock::time_point::max();
}

// One timer runs behind the deadline and looks at it when it fires, so that moving the deadline
// costs nothing.
void Connection::watch_clock() {
  clock_running_ = true;
  clock_.expires_at(deadline_);
  clock_.async_wait([weak = weak_from_this()](error_code ec) {
    if (const auto self = weak.lock()) self->on_clock(ec);
  });
}

void Connection::on_clock(error_code ec) {
  if (ec) return;  // replaced by an earlier one, or the connection is over
  clock_running_ = false;
  if (deadline_ == Clock::time_point::max()) return;
  if (deadline_ > Clock::now()) return watch_clock();
  timed_out_ = true;
  error_code ignored;
  socket_.lowest().cancel(ignored);
}

// ---- stopping

void Connection::drain() {
  asio::post(socket_.lowest().get_executor(), [self = shared_from_this()] {
    self->draining_ = true;
    error_code ignored;
    if (self->idle_) self->socket_.lowest().cancel(ignored);
    if (self->goodbye_) self->goodbye_();
  });
}

void Connection::abort() {
  asio::post(socket_.lowest().get_executor(), [self = shared_from_this()] {
    if (self->exchange_) self->exchange_->cancel("the server is shutting down");
  });
}

void Connection::kill() {
  asio::post(socket_.lowest().get_executor(), [self = shared_from_this()] {
    error_code ignored;
    self->gone_ = true;
    // Not closed: another thread may be sending on the descriptor (WebSocketSender).
    self->socket_.lowest().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    self->socket_.lowest().cancel(ignored);
  });
}

void Connection::set_goodbye(std::function<void()> goodbye) {
  goodbye_ = std::move(goodbye);
  if (goodbye_ && draining_) goodbye_();
}

// ---- the loop over requests

asio::awaitable<bool> Connection::handshake() {
  TlsStream* tls = socket_.tls();
  if (!tls) co_return true;
  arm(options().header_timeout_s);
  const auto [ec] = co_await tls->async_handshake(asio::ssl::stream_base::server, kTuple);
  disarm();
  co_return !ec;
}

// False when the connection is to be closed without an answer.
asio::awaitable<bool> Connection::read_head(RequestParser& parser) {
  const auto limit = static_cast<std::size_t>(options().max_header_bytes);
  bool begun = false;
  while (!parser.head_done()) {
    while (!begun && (data().starts_with('\r') || data().starts_with('\n'))) consume(1);
    if (!begun && !data().empty()) {
      begun = true;
      idle_ = false;
      arm(options().header_timeout_s);
    }
    if (begun) consume(parser.put_head(data()));
    if (parser.head_done()) break;
    if (!begun) {
      if (draining_) co_return false;
      idle_ = true;
      arm(options().keep_alive_timeout_s);
    }
    const bool more = co_await fill(limit + 1);
    idle_ = false;
    if (more) continue;
    if (!begun) co_return false;
    if (timed_out_) {
      throw Error(408, "request.tooSlow", "The request's head took too long to arrive.");
    }
    if (!eof_) throw Error(431, "request.headersTooLarge", "The request's headers are too large.");
    co_return false;
  }
  disarm();
  co_return true;
}

asio::awaitable<void> Connection::refuse(const Error& error) {
  const Response response = problem_response(error, new_uuid());
  std::string head;
  append_head(head, response.status, response.headers, Framing::length, response.body.size(), false,
              true);
  timed_out_ = false;
  try {
    co_await write_all(head, response.body);
  } catch (const Error&) {
    // The client does not listen any more; the connection closes either way.
    gone_ = true;
  }
}

Error as_error(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& e) {
    return e;
  } catch (const std::exception& e) {
    return internal(e.what());
  } catch (...) {
    return internal("an exception of an unknown type");
  }
}

// True when another request may follow.
asio::awaitable<bool> Connection::serve_one() {
  RequestParser parser(options().max_header_bytes);
  std::optional<Error> failure;
  try {
    if (!co_await read_head(parser)) co_return false;
  } catch (const Error& e) {
    failure = e;
  }
  if (failure) {
    co_await refuse(*failure);
    co_await linger();
    co_return false;
  }
  HttpExchange exchange(*this, parser);
  std::exception_ptr thrown;
  try {
    co_await server_->handler(exchange);
  } catch (...) {
    thrown = std::current_exception();
  }
  disarm();
  if (session_ = exchange.take_session(); session_) co_return false;
  if (thrown || !exchange.started()) {
    const Error error = thrown ? as_error(thrown) : internal("the handler gave no answer");
    if (error.status() >= 500) {
      log::error("a request failed",
                 {{"path", exchange.request().path.c_str()}, {"cause", error.cause().c_str()}});
    }
    if (!exchange.started() && !gone_) {
      co_await refuse(error);
      co_await linger();
    }
    co_return false;
  }
  if (!exchange.finished() || gone_) co_return false;
  if (co_await exchange.drain_body()) co_return true;
  if (!exchange.body_read() || !data().empty()) co_await linger();
  co_return false;
}

// Closing with unread input would reset the connection and may destroy the answer on its way: so
// say that nothing more comes, and read for a moment.
asio::awaitable<void> Connection::linger() {
  if (gone_ || eof_ || socket_.secure()) co_return;  // TLS says goodbye by itself
  error_code ignored;
  socket_.lowest().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  constexpr int kSeconds = 2;
  constexpr std::size_t kMost = 64 * 1024 * 1024;
  timed_out_ = false;
  arm(kSeconds);
  std::size_t total = 0;
  for (bool more = true; more && total < kMost && !timed_out_;) {
    total += data().size();
    consume(data().size());
    more = co_await fill(kSmallBuffer);
  }
  disarm();
}

// Nothing of the request is left: a WebSocket may stay for days.
asio::awaitable<void> Connection::start_session() {
  return std::exchange(session_, nullptr)(open_websocket(*this));
}

asio::awaitable<void> Connection::run() {
  if (co_await handshake()) {
    while (co_await serve_one()) {
    }
  }
  if (!session_) co_await finish();
}

asio::awaitable<void> Connection::finish() {
  if (TlsStream* tls = socket_.tls(); tls && !gone_ && !eof_ && !reading_) {
    constexpr int kSeconds = 2;
    arm(kSeconds);
    co_await tls->async_shutdown(kTuple);
  }
  disarm();
  error_code ignored;
  clock_.cancel();
  socket_.lowest().close(ignored);
}

}  // namespace ob::net
