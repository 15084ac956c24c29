#pragma once
// Rate limits: token buckets by address, user and key, for all requests or for a class of them. In
// memory, or in Redis, so that several instances share each bucket.
#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "redis/redis.h"

namespace ob::gateway {

enum class RouteClass { auth, read, write, query, upload };
enum class LimitBy { address, user, key };

struct LimitRule {
  std::string name;              // "auth.address"
  std::optional<RouteClass> of;  // none: all
  LimitBy by = LimitBy::address;
  double per_second = 0;
  double burst = 0;  // so many at once
  int window_s = 1;  // the time in which an empty bucket fills
};

// "auth.address=100/s, any.user=600/m:50": class (any, auth, read, write, query, upload), whose
// bucket (address, user, key), how many a second, minute or hour, and after the colon how many at
// once (else as many as in a unit of time). Throws ob::Error config.badValue.
std::vector<LimitRule> parse_limits(const std::string& text);

RouteClass class_of(const std::string& method, const std::string& path, bool anonymous);

// The IPv6 addresses of a /64 are one client's.
std::string limited_address(const std::string& address);

struct Verdict {
  bool admitted = true;
  const LimitRule* rule = nullptr;  // the tightest; null: none applies
  double remaining = 0;
  double full_in_s = 0, next_in_s = 0;  // until the bucket is full; until there is one more
  double share() const { return rule ? remaining / rule->burst : 2; }
};

class TooMany : public Error {
 public:
  explicit TooMany(const Verdict& verdict);
  std::int64_t retry_after_s;
};

class Limits {
 public:
  using Clock = std::chrono::steady_clock;
  // shared: null, or lives longer.
  explicit Limits(std::vector<LimitRule> rules, redis::Client* shared = nullptr);

  // Takes a token from the bucket of each rule; stops at an empty one. `of` empty: the rules for
  // all requests only; else those of the class only, and for users and keys both.
  boost::asio::awaitable<Verdict> admit(std::optional<RouteClass> of, LimitBy by, std::string id);
  // Without Redis.
  Verdict admit_here(const LimitRule& rule, const std::string& id,
                     Clock::time_point now = Clock::now());
  const std::vector<LimitRule>& rules() const { return rules_; }
  std::uint64_t refused() const { return refused_; }

 private:
  // What this instance knows of a bucket. Of a shared one it holds some tokens ahead, so that few
  // requests wait for Redis.
  struct Bucket {
    double tokens = 0;
    Clock::time_point at;
    double held = 0, left = 0;  // of a shared one: here, and at last in Redis
    Clock::time_point held_until, empty_until;
    Clock::time_point asking_until;  // somebody else asks for tokens ahead
    Clock::time_point full_at;       // then it is as good as a new one
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, Bucket> buckets;
  };
  Shard& shard_of(const std::string& key);
  Bucket& bucket_of(Shard& shard, const LimitRule& rule, const std::string& key,
                    Clock::time_point now);
  // The verdict, or how many tokens to ask Redis for.
  struct Held {
    std::optional<Verdict> verdict;
    double want = 0;
  };
  Held admit_held(const LimitRule& rule, const std::string& id);
  boost::asio::awaitable<Verdict> admit_shared(const LimitRule& rule, std::string id, double want);
  std::optional<Verdict> settle(const LimitRule& rule, const std::string& id,
                                const std::optional<redis::Reply>& reply);
  const std::vector<const LimitRule*>& applying(std::optional<RouteClass> of, LimitBy by) const;

  static constexpr std::size_t kClasses = 5, kBys = 3;
  std::vector<LimitRule> rules_;
  redis::Client* shared_;
  std::array<std::array<std::vector<const LimitRule*>, kBys>, kClasses + 1> applying_;
  std::array<Shard, 16> shards_;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::int64_t> warned_s_ = 0;
};

}  // namespace ob::gateway
