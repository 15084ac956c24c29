#include "redis/link.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "base/error.h"
#include "base/log.h"

namespace ob::redis {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kFirstPause{50}, kLongestPause{2000};

}  // namespace

Link::Link(Address address, Options options, const char* away)
    : address_(std::move(address)),
      options_(std::move(options)),
      away_(away),
      pause_(io_),
      limit_(io_) {}

void Link::start() {
  asio::co_spawn(io_, run(), [](const std::exception_ptr& failure) {
    if (failure) log::error("a connection to Redis is not kept any more");
  });
  thread_ = std::thread([this] { io_.run(); });
}

void Link::end() {
  asio::post(io_, [this] {
    stopping_ = true;
    pause_.cancel();
    close();
  });
  thread_.join();
}

asio::awaitable<void> Link::run() {
  milliseconds pause = kFirstPause;
  while (!stopping_) {
    std::string why;
    try {
      co_await listen();
    } catch (const Error& e) {
      why = e.cause();
    } catch (const std::exception& e) {
      why = e.what();
    }
    limit_.cancel();
    connection_->close();
    out_.clear();
    const bool was_up = up_.exchange(false);
    lost(was_up);
    if (stopping_) break;
    if (was_up) pause = kFirstPause;
    if (was_up || !told_) log::warn(away_, {{"cause", why.c_str()}});
    told_ = true;
    co_await rest(pause);
    pause = std::min(pause * 2, kLongestPause);
    // A write that failed must have ended before its connection goes.
    while (writing_) co_await rest(milliseconds(1));
  }
}

// One connection, until it is lost.
asio::awaitable<void> Link::listen() {
  connection_.emplace(io_, address_);
  limit_.expires_after(milliseconds(options_.connect_timeout_ms));
  limit_.async_wait([this](const boost::system::error_code& ec) {
    if (!ec && !is_up()) close();
  });
  co_await connection_->open();
  limit_.cancel();
  up_.store(true, std::memory_order_release);
  told_ = false;
  opened();
  while (true) received(co_await connection_->read());
}

asio::awaitable<void> Link::rest(milliseconds pause) {
  pause_.expires_after(pause);
  boost::system::error_code ignored;
  co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void Link::write(const std::string& bytes) {
  out_ += bytes;
  if (!writing_ && !out_.empty()) asio::co_spawn(io_, flush(), asio::detached);
}

asio::awaitable<void> Link::flush() {
  writing_ = true;
  try {
    while (!out_.empty() && is_up()) {
      sending_.swap(out_);
      out_.clear();
      co_await connection_->write(sending_);
    }
  } catch (const Error&) {
    close();  // the reader tells why
  }
  writing_ = false;
}

void Link::close() {
  if (connection_) connection_->close();
}

}  // namespace ob::redis
