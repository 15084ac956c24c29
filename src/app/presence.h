#pragma once
// Tells the other instances in Redis that this one is there, and lists them all.
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/health_types.h"
#include "redis/redis.h"

namespace ob::app {

// Writes every few seconds; one that did not leave is told as away for an hour.
class Presence {
 public:
  // describe: this instance as it is now, but for its state; called on the thread of this.
  Presence(redis::Client& redis, std::function<HealthInstance()> describe);
  ~Presence() { leave(); }
  void leave();

 private:
  void run();
  void write();

  redis::Client& redis_;
  const std::function<HealthInstance()> describe_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

// Those that are there or were within the hour, by host; nullopt while Redis does not answer.
std::optional<std::vector<HealthInstance>> list_instances(redis::Client& redis);

}  // namespace ob::app
