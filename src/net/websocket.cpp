#include "net/websocket.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>

#include "base/error.h"

namespace ob::net {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// State that outlives the WebSocket object while an operation on it completes.
template <class Stream>
struct Shared : std::enable_shared_from_this<Shared<Stream>> {
  Shared(Stream& next, std::shared_ptr<Connection> owner, CancelToken cancel)
      : stream(next), connection(std::move(owner)), token(std::move(cancel)) {}

  websocket::stream<Stream&> stream;
  std::shared_ptr<Connection> connection;
  CancelToken token;
  bool closed = false, closing = false, sending = false;
  std::deque<std::move_only_function<void()>> waiting;  // senders in order

  void end() {
    closed = true;
    token.cancel("the client went away");
  }
};

template <class Stream>
class BeastSocket final : public WebSocket {
 public:
  explicit BeastSocket(std::shared_ptr<Shared<Stream>> shared) : shared_(std::move(shared)) {
    // At shutdown the peer is told to go away; its answer ends receive().
    auto goodbye = [weak = std::weak_ptr(shared_)] {
      const auto self = weak.lock();
      if (!self || self->closed || self->closing) return;
      self->closing = true;
      self->stream.async_close(websocket::close_reason(websocket::close_code::going_away),
                               [self](error_code) {});
    };
    shared_->connection->set_goodbye(goodbye);
  }
  ~BeastSocket() override {
    shared_->connection->set_goodbye(nullptr);
    error_code ignored;
    shared_->connection->socket().lowest().close(ignored);
  }

  asio::awaitable<std::optional<Message>> receive() override {
    const auto self = shared_;
    beast::flat_buffer buffer;
    const auto [ec, n] = co_await self->stream.async_read(buffer, kTuple);
    if (ec) {
      self->end();
      co_return std::nullopt;
    }
    const auto bytes = buffer.data();
    co_return Message{std::string(static_cast<const char*>(bytes.data()), bytes.size()),
                      self->stream.got_text()};
  }

  asio::awaitable<void> send(std::string data, bool text) override {
    const auto self = shared_;
    co_await enter(self);
    error_code failed = asio::error::operation_aborted;
    if (!self->closed && !self->closing) {
      self->stream.text(text);
      const auto [ec, n] = co_await self->stream.async_write(asio::buffer(data), kTuple);
      failed = ec;
    }
    leave(self);
    if (failed) throw Error(499, "request.clientGone", "The WebSocket is closed.");
  }

  asio::awaitable<void> close(int code, std::string reason) override {
    const auto self = shared_;
    if (self->closed || self->closing) co_return;
    self->closing = true;
    constexpr std::size_t kMostReason = 123;  // RFC 6455: a control frame holds 125 bytes
    if (reason.size() > kMostReason) reason.resize(kMostReason);
    websocket::close_reason why;
    why.code = static_cast<std::uint16_t>(code);
    why.reason = reason;
    co_await self->stream.async_close(why, kTuple);
    self->end();
  }

  asio::any_io_executor executor() override { return shared_->stream.get_executor(); }

 private:
  using Self = std::shared_ptr<Shared<Stream>>;
  // Beast allows one write at a time: the others queue here.
  static asio::awaitable<void> enter(Self self) {
    if (!std::exchange(self->sending, true)) co_return;
    auto wait = [self](auto handler) {
      self->waiting.push_back([resume = std::move(handler)]() mutable { std::move(resume)(); });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(wait, asio::use_awaitable);
  }
  static void leave(const Self& self) {
    if (self->waiting.empty()) {
      self->sending = false;
      return;
    }
    auto next = std::move(self->waiting.front());
    self->waiting.pop_front();
    asio::post(self->stream.get_executor(), std::move(next));
  }

  Self shared_;
};

http::request<http::empty_body> as_beast(const Request& request) {
  http::request<http::empty_body> out;
  out.version(11);
  out.method_string(request.method);
  out.target(request.query.empty() ? request.path : request.path + "?" + request.query);
  for (const auto& [name, value] : request.headers) out.insert(name, value);
  return out;
}

template <class Stream>
asio::awaitable<std::unique_ptr<WebSocket>> accept(Stream& stream,
                                                   std::shared_ptr<Connection> connection,
                                                   http::request<http::empty_body> request,
                                                   CancelToken token) {
  auto shared = std::make_shared<Shared<Stream>>(stream, connection, std::move(token));
  const ServerOptions& options = connection->options();
  websocket::stream_base::timeout limits{};
  limits.handshake_timeout = std::chrono::seconds(options.header_timeout_s);
  limits.idle_timeout = std::chrono::seconds(options.websocket_idle_timeout_s);
  limits.keep_alive_pings = true;
  shared->stream.set_option(limits);
  shared->stream.read_message_max(static_cast<std::size_t>(options.max_message_bytes));
  const auto [ec] = co_await shared->stream.async_accept(request, kTuple);
  if (ec) {
    connection->lose();
    throw Error(499, "request.clientGone", "The WebSocket handshake failed.", ec.message());
  }
  co_return std::make_unique<BeastSocket<Stream>>(std::move(shared));
}

}  // namespace

asio::awaitable<std::unique_ptr<WebSocket>> upgrade(Connection& connection, Request request,
                                                    CancelToken token) {
  auto upgrade_request = as_beast(request);
  if (!websocket::is_upgrade(upgrade_request) ||
      upgrade_request[http::field::sec_websocket_version] != "13" ||
      upgrade_request[http::field::sec_websocket_key].empty()) {
    throw bad_request("request.notWebSocket",
                      "This address speaks WebSocket (RFC 6455): ask for an upgrade.");
  }
  Socket& socket = connection.socket();
  if (TlsStream* tls = socket.tls()) {
    co_return co_await accept(*tls, connection.shared_from_this(), std::move(upgrade_request),
                              token);
  }
  co_return co_await accept(socket.lowest(), connection.shared_from_this(),
                            std::move(upgrade_request), token);
}

}  // namespace ob::net
