#pragma once
// What both kinds of bus share: who listens on this instance, and the thread that calls them.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "bus/bus.h"

namespace ob::bus::detail {

struct Entry {
  std::string channel;
  Bus::Handler handler;
  Bus::Gap gap;
  std::recursive_mutex running;  // held while one of them runs
  bool ended = false;            // guarded by `running`
};

class Core : public std::enable_shared_from_this<Core> {
 public:
  // Called with the lock held when the first one listens to a channel and when the last one left;
  // the first tells whether the channel is not ready yet.
  struct Hooks {
    std::function<void(const std::string& channel)> first, last;
    std::function<bool()> connected;
    // What else the thread does, soon after poke() and again in a while if it returns true.
    std::function<bool()> chore;
  };
  Core(const Options& options, Hooks hooks);
  ~Core();
  void start();
  void stop();  // joins the thread; nothing is called any more

  Subscription subscribe(const std::string& channel, Bus::Handler handler, Bus::Gap gap);
  void end(Entry& entry);
  bool wait(const Entry& entry, std::chrono::milliseconds most);

  bool listens(const std::string& channel) const;
  void deliver(const std::string& channel, std::string message);
  void gap(const std::string& channel);
  void gap_everywhere();
  void ready(const std::string& channel);  // Redis holds it; a gap where it did not all the time
  void lost();                             // Redis holds none any more
  void poke();

  void count_published();
  void count_dropped();
  Bus::Stats stats() const;

 private:
  using Entries = std::vector<std::shared_ptr<Entry>>;
  struct Channel {
    Entries entries;
    bool ready = false;
    bool whole = false;  // nothing can have been lost since the first one listened
    bool gap_queued = false;
  };
  struct Item {
    std::string channel, message;
    bool gap = false;
  };
  static std::size_t cost(const Item& item) {
    return sizeof(Item) + item.channel.size() + item.message.size();
  }
  void run();
  void take(std::unique_lock<std::mutex>& lock);
  void call(const Item& item, const Entries& entries);
  void queue_gap(const std::string& name, Channel& channel);

  const Options options_;
  Hooks hooks_;
  mutable std::mutex mutex_;
  std::condition_variable wake_, readiness_;
  std::unordered_map<std::string, Channel> channels_;
  std::deque<Item> queue_;
  std::size_t bytes_ = 0;
  bool stopping_ = false;
  std::optional<std::chrono::steady_clock::time_point> chore_at_;
  Bus::Stats stats_;
  std::thread thread_;
};

}  // namespace ob::bus::detail
