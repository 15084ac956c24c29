#pragma once
#include <sys/socket.h>
#include <sys/uio.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/container/devector.hpp>
#include <cerrno>

#include "net/connection.h"
#include "net/frame.h"
#include "net/together.h"

namespace ob::net {

// What the two sides share. Any thread may send: on a plain socket it writes to the descriptor
// itself under the mutex, so that a message to many costs one system call each; with TLS, and when
// the socket takes no more, the connection's strand goes on.
class WebSocketCore final : public WebSocketSender,
                            public std::enable_shared_from_this<WebSocketCore> {
 public:
  static constexpr std::size_t kLittle = 1024 * 1024;  // queued bytes at which send() goes on

  explicit WebSocketCore(std::shared_ptr<Connection> connection)
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
    // What goes together is as good as gone.
    const std::size_t waiting = queued_ - together_;
    if (waiting > 0 && waiting + frame->size() > most_queued_) {
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

  // What became of a frame that went together with others' (Together): bytes, or an error number
  // below 0.
  void sent_together(Frame frame, ssize_t result) noexcept {
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
      try {
        if (!closed_) go_on_behind(std::move(frame), result);
      } catch (const std::exception&) {  // no memory
        fail();
      }
      together_ = 0;
    }
    together_.notify_all();
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
    for (auto bytes = together_.load(); bytes > 0; bytes = together_) together_.wait(bytes);
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
  static constexpr std::size_t kPiecesAtOnce = 64;           // frames of one system call
  static constexpr auto kGoodbye = std::chrono::seconds(3);  // for the peer to agree to a close

  // All below with the mutex held, but the completions.
  void enqueue(Frame frame) {
    const bool secure = connection_->socket().secure();
    if (!writing_ && !secure && Together::take(shared_from_this(), fd_, frame)) {
      writing_ = true;
      together_ = frame->size();
      queued_ += frame->size();
      return;
    }
    const std::size_t sent = writing_ || secure ? 0 : send_at_once(*frame);
    if (sent == frame->size()) return;
    queued_ += frame->size() - sent;
    queue_.push_back(std::move(frame));
    if (writing_) return;
    first_sent_ = sent;
    if (secure) {
      writing_ = true;
      asio::post(executor(), [self = shared_from_this()] { self->write_tls(); });
    } else {
      write_plain();
    }
  }

  // Nothing waits before it, as nearly always. Why it does not go is seen when it waits.
  std::size_t send_at_once(const std::string& frame) const {
    const ssize_t sent = ::send(fd_, frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }

  // … of which so much went.
  void go_on_behind(Frame frame, ssize_t result) {
    if (result == -ECANCELED) fail();  // nobody knows how much
    const bool wake = closed_ || last_ || queued_ > kLittle;
    if (wake) asio::post(executor(), [self = shared_from_this()] { self->wake_senders(); });
    if (closed_) return;
    first_sent_ = result < 0 ? 0 : static_cast<std::size_t>(result);
    queued_ -= first_sent_;
    if (first_sent_ < frame->size()) {
      queue_.push_front(std::move(frame));
    } else {
      first_sent_ = 0;
    }
    write_plain();
    hang_up();
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
        if (!self->closed_) {
          self->writing_ = false;
          self->write_plain();
          self->hang_up();
        }
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
  bool writing_ = false;                     // the strand goes on with the queue, or …
  std::atomic<std::size_t> together_ = 0;    // … a frame of so many bytes goes with others'
  bool last_ = false;                        // no frame follows those that wait
  bool closing_ = false;                     // a close frame is the last that is sent
  bool closed_ = false;                      // the descriptor is not touched any more

  asio::steady_timer clock_;
  std::chrono::steady_clock::duration idle_{};
  std::chrono::steady_clock::time_point heard_;
  bool closing_seen_ = false;
  std::vector<std::move_only_function<void()>> waiting_;
};

}  // namespace ob::net
