#include "net/websocket.h"

#include <openssl/sha.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <memory>

#include "base/error.h"
#include "base/ids.h"
#include "net/websocket_core.h"

namespace ob::net {

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
// Most connections are quiet most of the time; what is large comes in larger pieces.
constexpr std::size_t kReadBuffer = 1024, kLargeReadBuffer = 64 * 1024;
constexpr auto kNothingYet = static_cast<std::size_t>(-1);

class ServerSocket final : public WebSocket {
 public:
  explicit ServerSocket(std::shared_ptr<WebSocketCore> core)
      : core_(std::move(core)),
        reader_(static_cast<std::size_t>(core_->connection().options().max_message_bytes)) {
    // At shutdown the peer is told to go away; its answer ends receive().
    core_->connection().set_goodbye([weak = std::weak_ptr(core_)] {
      if (const auto core = weak.lock())
        core->close(close_code::going_away, "the server goes away: connect again");
    });
    core_->start_clock(
        std::chrono::seconds(core_->connection().options().websocket_idle_timeout_s));
  }
  ~ServerSocket() override {
    core_->connection().set_goodbye(nullptr);
    core_->end();
    // TLS says goodbye when the connection is done.
    if (core_->connection().socket().secure() && said_goodbye_) return;
    error_code ignored;
    core_->connection().socket().lowest().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  }

  asio::awaitable<std::optional<Message>> receive() override {
    receiving_ = true;
    std::optional<FrameReader::Event> event;
    while (!over_) {
      // Of what comes after we said goodbye only the answer is wanted.
      const bool closed = core_->closed();
      if (closed) reader_.discard();
      try {
        event = reader_.feed(input_);
        if (event && event->opcode == Opcode::close) parse_close(event->data);
      } catch (const FrameReader::Violation& wrong) {
        over_ = true;
        core_->close(wrong.code, wrong.reason);
        break;
      }
      if (!event) {
        co_await read_more();
        continue;
      }
      if (event->opcode != Opcode::close && closed) continue;
      if (event->opcode == Opcode::text || event->opcode == Opcode::binary) {
        keep_input();
        co_return Message{std::move(event->data), event->opcode == Opcode::text, false};
      }
      if (event->opcode == Opcode::pong && !event->data.empty()) {
        keep_input();
        co_return Message{std::move(event->data), false, true};
      }
      if (event->opcode == Opcode::ping) core_->pong(event->data);
      if (event->opcode == Opcode::close) {
        over_ = true;
        const int code = parse_close(event->data);
        core_->close(code == close_code::no_status ? close_code::normal : code, {});
      }
    }
    // What says why should arrive before the connection ends.
    if (!lost_) co_await linger();
    receiving_ = false;
    core_->end();
    co_return std::nullopt;
  }

  asio::awaitable<void> send(std::string data, bool text) override {
    const auto core = core_;
    if (core->push(make_frame(data, text))) {
      if (core->queued() > WebSocketCore::kLittle) co_await until_little();
      co_return;
    }
    throw Error(499, "request.clientGone", "The WebSocket is closed.");
  }

  asio::awaitable<void> close(int code, std::string reason) override {
    core_->close(code, reason);
    if (receiving_ || over_) co_return;
    while (co_await receive()) {
    }
  }

  void limit(std::size_t message_bytes) override {
    const auto most = core_->connection().options().max_message_bytes;
    reader_.limit(std::min(message_bytes, static_cast<std::size_t>(most)));
  }
  asio::any_io_executor executor() override { return core_->executor(); }
  std::shared_ptr<WebSocketSender> sender() override { return core_; }

 private:
  asio::awaitable<void> read_more() {
    const auto core = core_;
    auto& socket = core->connection().socket();
    buffer_ = std::string();
    std::size_t n = 0;
    if (socket.secure()) {
      buffer_ = std::string(filled_ ? kLargeReadBuffer : kReadBuffer, '\0');
      n = std::get<1>(co_await socket.async_read_some(asio::buffer(buffer_), kTuple));
      filled_ = n == buffer_.size();
      input_ = std::string_view(buffer_).substr(0, n);
    } else {
      const auto [ec] =
          co_await socket.lowest().async_wait(asio::ip::tcp::socket::wait_read, kTuple);
      if (!ec) n = read_plain(socket.lowest().native_handle());
      if (n == kNothingYet) co_return;
    }
    if (n == 0) {
      over_ = lost_ = true;
      co_return;
    }
    core->heard();
  }

  // Into memory of the thread: most connections are quiet, and hold none for what may come.
  std::size_t read_plain(int fd) {
    // On the heap: of a large thread_local each thread of the process would get its own.
    thread_local const auto memory = std::make_unique_for_overwrite<char[]>(kLargeReadBuffer);
    const ssize_t n = ::recv(fd, memory.get(), kLargeReadBuffer, MSG_DONTWAIT);
    if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? kNothingYet : 0;
    input_ = std::string_view(memory.get(), static_cast<std::size_t>(n));
    return input_.size();
  }

  // The thread's memory is the next reader's once this one returns.
  void keep_input() {
    receiving_ = false;
    if (input_.empty() || !buffer_.empty()) return;
    buffer_ = std::string(input_);
    input_ = buffer_;
  }

  asio::awaitable<void> until_little() {
    auto wait = [core = core_](auto handler) {
      core->when_little([resume = std::move(handler)]() mutable { std::move(resume)(); });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(wait, asio::use_awaitable);
  }

  // Until what was sent is gone and the peer hung up; the clock bounds it.
  asio::awaitable<void> linger() {
    const auto core = core_;
    constexpr std::size_t kMost = 64 * 1024 * 1024;
    core->finish_sending();
    buffer_ = std::string(kReadBuffer, '\0');
    lost_ = said_goodbye_ = true;
    if (core->connection().socket().secure()) {
      co_await until_little();
      co_return;
    }
    for (std::size_t total = 0; total < kMost;) {
      const auto [ec, n] =
          co_await core->connection().socket().async_read_some(asio::buffer(buffer_), kTuple);
      if (ec || n == 0) break;
      total += n;
    }
  }

  std::shared_ptr<WebSocketCore> core_;
  FrameReader reader_;
  std::string buffer_;
  std::string_view input_;  // of the buffer, not yet looked at
  bool filled_ = false;     // by the last read
  bool over_ = false;       // no more messages
  bool lost_ = false;       // nothing is read any more
  bool said_goodbye_ = false;
  bool receiving_ = false;
};

// Whether a header is a list that has the word, in any case.
bool lists(std::string_view header, std::string_view word) {
  while (!header.empty()) {
    const std::size_t comma = std::min(header.find(','), header.size());
    std::string_view part = header.substr(0, comma);
    header.remove_prefix(std::min(comma + 1, header.size()));
    while (part.starts_with(' ') || part.starts_with('\t')) part.remove_prefix(1);
    while (part.ends_with(' ') || part.ends_with('\t')) part.remove_suffix(1);
    if (same_name(part, word)) return true;
  }
  return false;
}

// Sec-WebSocket-Accept (RFC 6455, section 4.2.2).
std::string accept_of(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return base64_encode({reinterpret_cast<const char*>(digest), sizeof(digest)});
}

void check_upgrade(const Request& request) {
  std::string key;
  const bool fine = request.method == "GET" && lists(request.header("connection"), "upgrade") &&
                    lists(request.header("upgrade"), "websocket") &&
                    request.header("sec-websocket-version") == "13" &&
                    base64_decode(request.header("sec-websocket-key"), key) && key.size() == 16;
  if (!fine) {
    throw bad_request("request.notWebSocket",
                      "This address speaks WebSocket (RFC 6455): ask for an upgrade.");
  }
}

}  // namespace

std::string upgrade_head(const Request& request) {
  check_upgrade(request);
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         accept_of(request.header("sec-websocket-key")) + "\r\n\r\n";
}

std::unique_ptr<WebSocket> open_websocket(Connection& connection) {
  connection.release_buffer();
  return std::make_unique<ServerSocket>(
      std::make_shared<WebSocketCore>(connection.shared_from_this()));
}

}  // namespace ob::net
