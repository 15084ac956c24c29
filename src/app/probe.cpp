#include "app/probe.h"

#include "base/error.h"
#include "base/log.h"

namespace ob::app {

Probe::Probe(Pool& pool, HealthPart named, std::function<void(HealthPart&)> check)
    : pool_(pool), named_(std::move(named)), check_(std::move(check)) {}

std::uint64_t Probe::begin() {
  const std::lock_guard lock(mutex_);
  if (!running_) {
    running_ = true;
    begun_ = Clock::now();
    boost::asio::post(pool_.executor(), [self = shared_from_this()] { self->run(); });
  }
  return runs_ + 1;
}

void Probe::run() {
  HealthPart part = named_;
  try {
    check_(part);
  } catch (const Error& error) {
    part.state = "failing";
    part.text = error.what();
    log::warn("a check of health failed",
              {{"part", part.id.c_str()}, {"error", error.what()}, {"cause", error.cause()}});
  } catch (const std::exception& error) {
    part.state = "failing";
    part.text = "It could not be checked. The log of the server has the reason.";
    log::warn("a check of health failed", {{"part", part.id.c_str()}, {"cause", error.what()}});
  }
  {
    const std::lock_guard lock(mutex_);
    last_ = std::move(part);
    running_ = false;
    ++runs_;
  }
  ended_.notify_all();
}

HealthPart Probe::wait(std::uint64_t run, Clock::time_point until) {
  std::unique_lock lock(mutex_);
  if (ended_.wait_until(lock, until, [&] { return runs_ >= run; })) return last_;
  HealthPart late = named_;
  late.state = "failing";
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begun_).count();
  late.text =
      "It has not answered for " + std::to_string(std::max<std::int64_t>(1, seconds)) + " s.";
  return late;
}

}  // namespace ob::app
