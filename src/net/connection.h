#pragma once
// One connection: its socket, its buffer of unread bytes, its watchdog, and the loop over requests.
// Everything happens on the connection's strand; only drain(), abort() and kill() may be called
// from other threads.
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "base/error.h"
#include "net/net.h"
#include "net/proxies.h"
#include "net/socket.h"
#include "net/tls.h"

namespace ob::net {

class Connection;
class HttpExchange;

Error as_error(const std::exception_ptr& failure);

// What the server and its connections share; lives as long as any of them.
struct ServerState {
  ServerState(const ServerOptions& o, Server::Handler h)
      : options(o),
        handler(std::move(h)),
        proxies(o.trusted_proxies, o.forwarded_header, o.path_prefix) {}
  ServerOptions options;
  Server::Handler handler;
  Proxies proxies;
  std::optional<Tls> tls;
  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::shared_ptr<Connection>> connections;
  std::map<std::string, int> per_address;
  bool draining = false;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket socket, std::shared_ptr<ServerState> server, std::string address, bool trusted);

  // Serves requests; after an upgrade, there is a session, which goes on in coroutines of its own.
  asio::awaitable<void> run();
  bool has_session() const { return static_cast<bool>(session_); }
  asio::awaitable<void> start_session();
  asio::awaitable<void> finish();
  void drain();  // closes when idle, else after the running request
  void abort();  // cancels the running request
  void kill();   // closes the socket

  const std::string& address() const { return address_; }
  bool trusted() const { return trusted_; }  // a proxy of ours
  const Proxies& proxies() const { return server_->proxies; }
  const ServerOptions& options() const { return server_->options; }
  Socket& socket() { return socket_; }

  // Unread bytes.
  std::string_view data() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t n) { begin_ += n; }
  // Waits for more of them, while the buffer may grow to `limit`; false at the end of the input or
  // when the buffer is full.
  asio::awaitable<bool> fill(std::size_t limit);
  // Starts reading ahead while a handler runs, so that a client that goes away is noticed.
  void watch();
  bool reading() const { return reading_; }
  // Reads past the buffer, which must be empty.
  asio::awaitable<std::size_t> read_direct(std::span<std::byte> out);
  // Throws ob::Error 499 when the client is gone or takes nothing for write_idle_timeout_s.
  asio::awaitable<void> write_all(std::string_view first, std::string_view second = {});

  // The watchdog: when the time is over, pending operations are cancelled and timed_out() is true.
  void arm(int seconds);
  void disarm();
  bool timed_out() const { return timed_out_; }
  bool gone() const { return gone_; }
  void lose();  // nothing more can be written
  bool draining() const { return draining_; }
  void set_exchange(HttpExchange* exchange) { exchange_ = exchange; }
  // Gives the buffer's memory back, which must be empty; nothing is read here after that.
  void release_buffer() { buffer_ = std::vector<char>(); }
  // Called at drain() while a WebSocket has the connection.
  void set_goodbye(std::function<void()> goodbye);

 private:
  using Clock = std::chrono::steady_clock;
  asio::awaitable<bool> handshake();
  asio::awaitable<bool> read_head(class RequestParser& parser);
  asio::awaitable<bool> serve_one();
  asio::awaitable<void> refuse(const Error& error);
  asio::awaitable<void> linger();
  asio::awaitable<void> wait_for_read();
  void start_read(std::size_t limit);
  void on_read(error_code ec, std::size_t n);
  void watch_clock();
  void on_clock(error_code ec);

  Socket socket_;
  std::shared_ptr<ServerState> server_;
  std::string address_;
  bool trusted_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  bool reading_ = false, eof_ = false, idle_ = false, draining_ = false, timed_out_ = false,
       gone_ = false, clock_running_ = false;
  std::move_only_function<void()> waiter_;
  asio::steady_timer clock_;
  Clock::time_point deadline_ = Clock::time_point::max();
  HttpExchange* exchange_ = nullptr;
  std::function<void()> goodbye_;
  WebSocketSession session_;
};

}  // namespace ob::net
