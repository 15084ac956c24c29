#pragma once
#include <array>
#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

namespace ob::gateway {

// A token bucket an address: `rate` requests a second, and as many at once. Thread-safe.
class Limiter {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Limiter(int rate) : rate_(rate) {}
  // Takes a token; false when there is none. Always true when the rate is 0.
  bool admit(const std::string& address, Clock::time_point now = Clock::now());

 private:
  struct Bucket {
    double tokens;
    Clock::time_point at;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, Bucket> buckets;
  };
  void forget_idle(Shard& shard, Clock::time_point now) const;
  int rate_;
  std::array<Shard, 16> shards_;
};

}  // namespace ob::gateway
