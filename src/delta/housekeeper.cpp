#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "delta/delta.h"

namespace ob::delta {
namespace {

using Clock = std::chrono::steady_clock;

// After a piece of work it rests so many times as long, when more waits.
constexpr int kRest = 4;
constexpr auto kLongestRest = std::chrono::seconds(10);

class Thread final : public Housekeeper {
 public:
  Thread() : thread_([this](const std::stop_token& stop) { run(stop); }) {}

  void add(const std::string& key, std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    for (auto& item : items_) {
      if (item.first != key) continue;
      item.second = std::move(work);
      return;
    }
    items_.emplace_back(key, std::move(work));
    changed_.notify_all();
  }

  void wait_until_idle() override {
    std::unique_lock lock(mutex_);
    hurried_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return items_.empty() && !busy_; });
    hurried_ = false;
  }

 private:
  void run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !items_.empty(); })) {
      auto [key, work] = std::move(items_.front());
      items_.pop_front();
      busy_ = true;
      lock.unlock();
      const auto started = Clock::now();
      try {
        work();
      } catch (const std::exception& e) {
        log::warn("A table's checkpoint or the clean-up of its log failed; its commits stand",
                  {{"table", key.c_str()}, {"cause", e.what()}});
      }
      work = nullptr;  // it may hold the last reference to a table
      const auto rest = std::min<Clock::duration>(kRest * (Clock::now() - started), kLongestRest);
      lock.lock();
      busy_ = false;
      changed_.notify_all();
      changed_.wait_for(lock, stop, rest, [this] { return hurried_; });
      if (stop.stop_requested()) return;
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::pair<std::string, std::function<void()>>> items_;
  bool busy_ = false, hurried_ = false;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace

std::unique_ptr<Housekeeper> make_housekeeper() {
  return std::make_unique<Thread>();
}

}  // namespace ob::delta
