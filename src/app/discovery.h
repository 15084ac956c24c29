#pragma once
// Tells Traefik of this instance, under the keys of its Redis provider.
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "redis/redis.h"

namespace ob::app {

// Writes the keys anew every few seconds; they expire soon after the process ends, however it ends.
class Discovery {
 public:
  // url: where the proxy reaches this instance. roles: those that answer requests; each is a
  // service openbricks-<role>.
  Discovery(redis::Client& redis, std::string url, const std::vector<std::string>& roles);
  ~Discovery() { leave(); }
  // Takes the instance out, before it stops to answer.
  void leave();

 private:
  using Pair = std::pair<std::string, std::string>;
  void run();
  void write();
  void check_notifications();

  redis::Client& redis_;
  std::vector<Pair> own_;     // of this instance alone
  std::vector<Pair> shared_;  // the same for all instances
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false, checked_ = false;
  std::thread thread_;
};

// Throws ob::Error config.badValue unless it is the http:// or https:// address of a server.
void check_advertised(const std::string& url);

}  // namespace ob::app
