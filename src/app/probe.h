#pragma once
// A check of something that may hang, apart from those who wait for the answer.
#include <boost/asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "app/health_types.h"
#include "base/pool.h"

namespace ob::app {

// Thread-safe. However many ask, one run is under way at a time. Held by shared_ptr, since a run
// may outlast those who asked.
class Probe : public std::enable_shared_from_this<Probe> {
 public:
  using Clock = std::chrono::steady_clock;
  // check: fills in state, text and facts; what it throws is told as a failing part.
  Probe(Pool& pool, HealthPart named, std::function<void(HealthPart&)> check);

  // Starts a run unless one is under way, and gives its number.
  std::uint64_t begin();
  // The outcome of that run; failing when it does not come until then.
  HealthPart wait(std::uint64_t run, Clock::time_point until);

 private:
  void run();
  Pool& pool_;
  const HealthPart named_;
  const std::function<void(HealthPart&)> check_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool running_ = false;
  std::uint64_t runs_ = 0;  // that have ended
  Clock::time_point begun_;
  HealthPart last_;
};

}  // namespace ob::app
