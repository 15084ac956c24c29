#pragma once
// Publish and subscribe between instances: in process, or on Redis. Messages may be lost (Redis is
// away, somebody is too slow), but never silently: who subscribes is then told of a gap and loads
// anew what it needs. Nothing that must not be lost may travel here alone.
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "redis/redis.h"

namespace ob::bus {

namespace detail {
class Core;
struct Entry;
}  // namespace detail

// Ends with the object, whose destruction waits for a running handler, unless that destroys it.
class Subscription {
 public:
  Subscription() = default;
  Subscription(std::shared_ptr<detail::Core> core, std::shared_ptr<detail::Entry> entry)
      : core_(std::move(core)), entry_(std::move(entry)) {}
  ~Subscription();
  Subscription(Subscription&&) noexcept = default;
  Subscription& operator=(Subscription&& other) noexcept;

  // Blocks, at most that long, until what other instances publish from then on is delivered. False
  // when that could not be had (Redis is away): a gap is told when it can.
  bool wait(std::chrono::milliseconds most) const;
  explicit operator bool() const { return entry_ != nullptr; }

 private:
  std::shared_ptr<detail::Core> core_;
  std::shared_ptr<detail::Entry> entry_;
};

// Thread-safe, binary-safe. What one thread publishes to a channel arrives in its order, also at
// the instance itself, which hears it without Redis. All handlers run on one thread of the bus, one
// after the other, and must not block.
class Bus {
 public:
  using Handler = std::function<void(std::string_view message)>;
  using Gap = std::function<void()>;

  virtual ~Bus() = default;  // subscriptions may outlive it; they hear nothing more
  // Returns at once. What does not fit into the bounded queues is dropped, and told as a gap.
  virtual void publish(const std::string& channel, std::string message) = 0;
  // `gap`: messages of this channel were lost, or may have been, before those that come now.
  [[nodiscard]] virtual Subscription subscribe(const std::string& channel, Handler handler,
                                               Gap gap) = 0;
  // How many instances listen to a channel, as far as that is known now. Blocks.
  virtual std::optional<std::int64_t> listeners(const std::string& channel) = 0;
  virtual bool shared() const = 0;     // other instances can hear
  virtual bool connected() const = 0;  // and do so now; in process: always
  struct Stats {
    std::uint64_t published = 0, delivered = 0, dropped = 0, gaps = 0;
  };
  virtual Stats stats() const = 0;
};

struct Options {
  std::size_t queue_bytes = 64 << 20;    // of messages that wait for handlers
  std::size_t sending_bytes = 64 << 20;  // of messages on their way to Redis
  std::size_t message_bytes = 32 << 20;  // larger ones are dropped
};

std::unique_ptr<Bus> in_process(const Options& options = {});
// Two connections of its own to that Redis, made in the background.
std::unique_ptr<Bus> on_redis(const std::string& url, const std::string& ca_file = {},
                              const Options& options = {});

}  // namespace ob::bus
