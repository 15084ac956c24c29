#pragma once
// Numbers and past of topics in Redis, so that every instance counts alike and knows what came
// before. A topic there is a counter and a stream with the counter's numbers as ids.
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "redis/redis.h"

namespace ob::realtime {

class Journal {
 public:
  struct Entry {
    std::int64_t sequence = 0;
    bool gap = false;
    std::string data;
  };
  struct Past {
    std::int64_t last = 0;
    std::vector<Entry> entries;  // those after the number that was asked for
  };

  // events: kept of a topic. keep_s: how long after the last use.
  Journal(redis::Client& client, std::size_t events, std::int64_t keep_s)
      : client_(client), events_(std::to_string(events)), keep_ms_(std::to_string(keep_s * 1000)) {}
  ~Journal();  // waits for answers under way
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  bool up() const { return client_.up(); }
  // Gives the event the next number, which is greater than `beyond`. `done` may be called before
  // this returns, or on the client's thread; nullopt: not known whether it was done.
  void append(const std::string& topic, const Entry& entry, std::int64_t beyond,
              std::function<void(std::optional<std::int64_t>)> done);
  void read(const std::string& topic, std::int64_t after,
            std::function<void(std::optional<Past>)> done);
  // Another while.
  void touch(const std::string& topic);

 private:
  void send(const redis::Command& command,
            std::function<void(const std::optional<redis::Reply>&)> done);

  redis::Client& client_;
  const std::string events_, keep_ms_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::size_t asked_ = 0;
};

}  // namespace ob::realtime
