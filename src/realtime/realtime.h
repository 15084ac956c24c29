#pragma once
// The hub of events: whoever may subscribes to topics over one WebSocket or event stream, and every
// part of the server publishes. docs/realtime.md tells the protocol.
#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "api/authenticator.h"
#include "base/caller.h"
#include "bus/bus.h"
#include "redis/redis.h"

namespace ob::realtime {

// Who subscribes: what they signed in with, and the share link that they came by.
struct Asker : Caller {
  std::string share;
};
// Whether they may hear "<prefix><rest>" now. Blocks; thread-safe. Says no, or throws ob::Error
// 401, 403 or 404, whose text they are told.
using Allow = std::function<bool(const Asker& asker, const std::string& rest)>;

struct Stats {
  std::uint64_t published = 0;  // events, by this instance
  std::uint64_t delivered = 0;  // messages to clients
  std::uint64_t slow = 0;       // clients that were cut off since they did not read
  std::uint64_t gaps = 0;       // told to clients: something was lost
  std::size_t connections = 0, topics = 0, subscriptions = 0;
};

struct Options {
  // What is kept of a topic for those who come back.
  std::size_t events = 256, bytes = 512 << 10;
  std::size_t total_bytes = 64 << 20;  // of all topics
  std::int64_t keep_s = 600;           // events, and topics that nobody listens to
  std::size_t event_bytes = 32 << 10;  // a larger one is told as a gap
  std::size_t client_bytes = 1 << 20;  // that wait for one client
  std::size_t topics_per_client = 256;
  std::int64_t check_ms = 250;    // how often `generation` is asked
  std::int64_t again_s = 60;      // credentials are looked at again though it did not move
  std::int64_t heartbeat_s = 15;  // of event streams
};

// Thread-safe.
class Hub {
 public:
  virtual ~Hub() = default;
  // Returns at once. Those who listen get the events of a topic in one order with growing numbers,
  // whichever instance published them.
  virtual void publish(const std::string& topic, const boost::json::value& data) = 0;
  // Who may hear the topics that begin with it ("document:"); before serving.
  virtual void allow(std::string prefix, Allow may) = 0;
  // Sends all clients away, who connect again elsewhere; new ones, too.
  virtual void stop() = 0;
  virtual Stats stats() const = 0;
};

// All outlive the hub.
struct Needs {
  api::Authenticator& authenticator;
  bus::Bus& bus;
  redis::Client* redis = nullptr;  // where the bus is shared: numbers and past of the topics
  // Grows whenever an answer of an Allow may have changed on this instance. May block. Empty:
  // never.
  std::function<std::uint64_t()> generation;
};
std::unique_ptr<Hub> open(Needs needs, const Options& options = {});

}  // namespace ob::realtime
