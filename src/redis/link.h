#pragma once
// A connection to Redis that is made anew whenever it is lost, on a thread of its own.
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "redis/connection.h"

namespace ob::redis {

class Link {
 public:
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

 protected:
  // away: what the log says, once, when the connection is lost.
  Link(Address address, Options options, const char* away);
  ~Link() = default;
  void start();  // when what derives is whole
  void end();    // before its parts go: no hook is called any more then

  bool is_up() const { return up_.load(std::memory_order_acquire); }
  const Options& options() const { return options_; }
  boost::asio::io_context& io() { return io_; }

  // All below on the thread.
  virtual void opened() = 0;
  virtual void received(Reply reply) = 0;  // what it throws ends the connection
  virtual void lost(bool was_up) = 0;      // nothing is left to be written; also at the end
  bool stopping() const { return stopping_; }
  void write(const std::string& bytes);
  void close();  // the connection: it is made anew

 private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> listen();
  boost::asio::awaitable<void> flush();
  boost::asio::awaitable<void> rest(std::chrono::milliseconds pause);

  const Address address_;
  const Options options_;
  const char* const away_;
  std::atomic<bool> up_ = false;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer pause_, limit_;
  std::optional<Connection> connection_;
  std::string out_, sending_;
  bool writing_ = false, stopping_ = false, told_ = false;
  std::thread thread_;
};

}  // namespace ob::redis
