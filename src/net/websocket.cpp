#include "net/websocket.h"

#include <openssl/sha.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/container/devector.hpp>
#include <cerrno>
#include <memory>

#include "base/error.h"
#include "base/ids.h"
#include "net/frame.h"

namespace ob::net {

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
// Most connections are quiet most of the time; what is large comes in larger pieces.
constexpr std::size_t kReadBuffer = 1024, kLargeReadBuffer = 64 * 1024;
constexpr auto kNothingYet = static_cast<std::size_t>(-1);
constexpr std::size_t kPiecesAtOnce = 64;           // frames of one system call
constexpr std::size_t kLittle = 1024 * 1024;        // queued bytes at which send() goes on
constexpr auto kGoodbye = std::chrono::seconds(3);  // for the peer to agree to a close

// What the two sides share. Any thread may send: on a plain socket it writes to the descriptor
// itself under the mutex, so that a message to many costs one system call each; with TLS, and when
// the socket takes no more, the connection's strand goes on.
class Core final : public WebSocketSender, public std::enable_shared_from_this<Core> {
 public:
  explicit Core(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)),
        fd_(connection_->socket().lowest().native_handle()),
        most_queued_(static_cast<std::size_t>(connection_->options().max_queued_bytes)),
        clock_(executor()) {}

  asio::any_io_executor executor() { return connection_->socket().lowest().get_executor(); }
  Connection& connection() { return *connection_; }

  // ---- any thread

  bool push(Frame frame) override {
    const std::lock_guard lock(mutex_);
    if (closed_ || closing_) return false;
    if (queued_ > 0 && queued_ + frame->size() > most_queued_) {
      drop_waiting();
      end_with(close_code::try_again, "too slow: connect again to catch up");
      return false;
    }
    enqueue(std::move(frame));
    return true;
  }

  bool ping(std::string_view payload) override {
    const std::lock_guard lock(mutex_);
    if (closed_ || closing_) return false;
    enqueue(std::make_shared<const std::string>(encode_frame(Opcode::ping, payload)));
    return true;
  }

  void close(int code, std::string_view reason) override {
    const std::lock_guard lock(mutex_);
    if (!closed_ && !closing_) end_with(code, reason);
  }

  std::size_t queued() const override {
    const std::lock_guard lock(mutex_);
    return queued_;
  }

  bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_ || closing_;
  }

  // ---- the connection's strand

  void start_clock(std::chrono::seconds idle) {
    idle_ = idle;
    heard_ = std::chrono::steady_clock::now();
    watch(idle_ / 2);
  }
  void heard() { heard_ = std::chrono::steady_clock::now(); }

  // The answer to the peer's ping; not for one who asks without reading the answers.
  void pong(std::string_view payload) {
    const std::lock_guard lock(mutex_);
    if (closed_ || closing_ || queued_ > most_queued_ / 2) return;
    enqueue(std::make_shared<const std::string>(encode_frame(Opcode::pong, payload)));
  }

  // Nothing is sent any more; the descriptor may be closed after this.
  void end() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      queue_.clear();
      queued_ = 0;
    }
    clock_.cancel();
    for (auto& waiting : std::exchange(waiting_, {})) waiting();
  }

  // The peer is told that nothing more comes, once all is sent.
  void finish_sending() {
    const std::lock_guard lock(mutex_);
    last_ = true;
    hang_up();
  }

  // Runs `resume` on the strand once little is queued (nothing, after finish_sending) or the socket
  // is closed.
  void when_little(std::move_only_function<void()> resume) {
    const bool wait = [&] {
      const std::lock_guard lock(mutex_);
      return !closed_ && queued_ > enough();
    }();
    if (wait) {
      waiting_.push_back(std::move(resume));
    } else {
      asio::post(executor(), std::move(resume));
    }
  }

 private:
  // All below with the mutex held, but the completions.
  void enqueue(Frame frame) {
    queued_ += frame->size();
    queue_.push_back(std::move(frame));
    if (writing_) return;
    if (connection_->socket().secure()) {
      writing_ = true;
      asio::post(executor(), [self = shared_from_this()] { self->write_tls(); });
    } else {
      write_plain();
    }
  }

  void end_with(int code, std::string_view reason) {
    closing_ = true;
    enqueue(std::make_shared<const std::string>(encode_close(code, reason)));
    asio::post(executor(), [self = shared_from_this()] {
      self->closing_seen_ = true;
      self->watch(kGoodbye);
    });
  }

  // All but the frame of which a part may be on its way.
  void drop_waiting() {
    while (queue_.size() > 1) {
      queued_ -= queue_.back()->size();
      queue_.pop_back();
    }
  }

  std::size_t enough() const { return last_ ? 0 : kLittle; }

  void hang_up() {
    const bool plain = !connection_->socket().secure();  // TLS says goodbye itself, later
    if (plain && last_ && !closed_ && queue_.empty() && !writing_) ::shutdown(fd_, SHUT_WR);
  }

  void taken(std::size_t bytes) {
    queued_ -= bytes;
    bytes += first_sent_;
    while (!queue_.empty() && bytes >= queue_.front()->size()) {
      bytes -= queue_.front()->size();
      queue_.pop_front();
    }
    first_sent_ = bytes;
  }

  std::size_t gather(iovec (&pieces)[kPiecesAtOnce]) const {
    std::size_t count = 0;
    for (const Frame& frame : queue_) {
      if (count == kPiecesAtOnce) break;
      const std::size_t skip = count == 0 ? first_sent_ : 0;
      pieces[count++] = {const_cast<char*>(frame->data()) + skip, frame->size() - skip};
    }
    return count;
  }

  void write_plain() {
    while (!queue_.empty()) {
      iovec pieces[kPiecesAtOnce];
      msghdr message{};
      message.msg_iov = pieces;
      message.msg_iovlen = gather(pieces);
      const ssize_t sent = ::sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent >= 0) {
        taken(static_cast<std::size_t>(sent));
        continue;
      }
      if (errno == EINTR) continue;
      writing_ = true;
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        asio::post(executor(), [self = shared_from_this()] { self->wait_writable(); });
      } else {
        fail();
      }
      return;
    }
  }

  // The reader notices, since the socket is shut down.
  void fail() {
    closed_ = true;
    queue_.clear();
    queued_ = 0;
    ::shutdown(fd_, SHUT_RDWR);
  }

  // ---- completions on the strand

  void wait_writable() {
    auto ready = [self = shared_from_this()](error_code) {
      {
        const std::lock_guard lock(self->mutex_);
        if (self->closed_) return;
        self->writing_ = false;
        self->write_plain();
        self->hang_up();
      }
      self->wake_senders();
    };
    connection_->socket().lowest().async_wait(asio::ip::tcp::socket::wait_write, std::move(ready));
  }

  void write_tls() {
    auto batch = std::make_shared<std::string>();
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || queue_.empty()) {
        writing_ = false;
        hang_up();
        return;
      }
      constexpr std::size_t kMost = 64 * 1024;
      while (!queue_.empty() &&
             (batch->empty() || batch->size() + queue_.front()->size() <= kMost)) {
        *batch += *queue_.front();
        queue_.pop_front();
      }
    }
    auto done = [self = shared_from_this(), batch](error_code ec, std::size_t) {
      {
        const std::lock_guard lock(self->mutex_);
        self->queued_ -= std::min(self->queued_, batch->size());
        if (ec && !self->closed_) self->fail();
      }
      self->wake_senders();
      self->write_tls();
    };
    asio::async_write(*connection_->socket().tls(), asio::buffer(*batch), std::move(done));
  }

  void wake_senders() {
    if (waiting_.empty()) return;
    {
      const std::lock_guard lock(mutex_);
      if (!closed_ && queued_ > enough()) return;
    }
    for (auto& waiting : std::exchange(waiting_, {})) asio::post(executor(), std::move(waiting));
  }

  void watch(std::chrono::steady_clock::duration after) {
    clock_.expires_after(after);
    clock_.async_wait([weak = weak_from_this()](error_code ec) {
      if (const auto self = weak.lock(); self && !ec) self->on_clock();
    });
  }

  void on_clock() {
    const auto silence = std::chrono::steady_clock::now() - heard_;
    if (closing_seen_ || silence >= idle_) {
      const std::lock_guard lock(mutex_);
      if (!closed_) fail();
      return;
    }
    if (silence >= idle_ / 2) ping({});
    watch(idle_ / 2);
  }

  const std::shared_ptr<Connection> connection_;
  const int fd_;
  const std::size_t most_queued_;

  mutable std::mutex mutex_;
  boost::container::devector<Frame> queue_;  // takes no memory while it is empty
  std::size_t first_sent_ = 0;               // bytes of the first frame that are gone
  std::size_t queued_ = 0;                   // bytes that did not go yet
  bool writing_ = false;                     // the strand goes on with the queue
  bool last_ = false;                        // no frame follows those that wait
  bool closing_ = false;                     // a close frame is the last that is sent
  bool closed_ = false;                      // the descriptor is not touched any more

  asio::steady_timer clock_;
  std::chrono::steady_clock::duration idle_{};
  std::chrono::steady_clock::time_point heard_;
  bool closing_seen_ = false;
  std::vector<std::move_only_function<void()>> waiting_;
};

class ServerSocket final : public WebSocket {
 public:
  explicit ServerSocket(std::shared_ptr<Core> core)
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
      // What comes after we said goodbye counts no more.
      if (event->opcode != Opcode::close && core_->closed()) continue;
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
      if (core->queued() > kLittle) co_await until_little();
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

  std::shared_ptr<Core> core_;
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
  return std::make_unique<ServerSocket>(std::make_shared<Core>(connection.shared_from_this()));
}

}  // namespace ob::net
