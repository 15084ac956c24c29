#pragma once
// Work for later on a connection's strand.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "net/net.h"

namespace ob::net {

// Runs `work` once, after a time, on `executor`; never after its destruction, which must happen
// there, too.
class Later {
 public:
  Later(const boost::asio::any_io_executor& executor, std::chrono::milliseconds after,
        std::function<void()> work)
      : work_(std::make_shared<std::function<void()>>(std::move(work))), timer_(executor) {
    timer_.expires_after(after);
    // A timer that has run out may find this gone before its handler runs.
    timer_.async_wait([weak = std::weak_ptr<std::function<void()>>(work_)](
                          const boost::system::error_code& code) {
      if (const auto work = weak.lock(); work && !code) (*work)();
    });
  }

 private:
  const std::shared_ptr<std::function<void()>> work_;
  boost::asio::steady_timer timer_;
};

// A socket that asked for nothing for so long is closed with 4408.
inline constexpr std::chrono::seconds kOpeningTime{10};
inline constexpr int kNothingOpened = 4408;

// Closes a socket that has nothing open when its time is up, nor later. On its executor.
class Opening {
 public:
  // `useless`: nothing is open, and nothing is being opened.
  Opening(const boost::asio::any_io_executor& executor, std::shared_ptr<WebSocketSender> out,
          std::function<bool()> useless, std::string reason,
          std::chrono::milliseconds time = kOpeningTime)
      : out_(std::move(out)),
        useless_(std::move(useless)),
        reason_(std::move(reason)),
        later_(executor, time, [this] {
          up_ = true;
          look();
        }) {}
  // After each message: what was being opened when the time was up may have been refused.
  void look() {
    if (up_ && useless_()) out_->close(kNothingOpened, reason_);
  }

 private:
  const std::shared_ptr<WebSocketSender> out_;
  const std::function<bool()> useless_;
  const std::string reason_;
  bool up_ = false;
  const Later later_;
};

}  // namespace ob::net
