// Updates go to a file at once and to the database some seconds later: of what an update costs, a
// transaction of its own would be half.
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <latch>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "base/error.h"
#include "base/log.h"
#include "collab/failure.h"
#include "collab/journal.h"
#include "collab/store.h"

namespace ob::collab {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kSyncAfter = std::chrono::seconds(1);
constexpr auto kTaskAfter = std::chrono::milliseconds(500);
constexpr auto kFlushAfter = std::chrono::seconds(5);
// The database syncs what it committed within a second; until then the files stay.
constexpr auto kKeepFiles = std::chrono::seconds(2);
constexpr auto kRetryAfter = std::chrono::seconds(1);
constexpr std::size_t kFlushBytes = 4 << 20;
constexpr std::size_t kMostBytes = 32 << 20;  // with more, append() waits for the database
constexpr std::size_t kMostKnown = 100'000;   // documents

// Updates with consecutive numbers.
struct Run {
  std::int64_t after = 0;
  std::vector<std::string> updates;
  std::int64_t last() const { return after + static_cast<std::int64_t>(updates.size()); }
};
using Runs = std::unordered_map<std::string, std::vector<Run>>;

std::int64_t add(std::vector<Run>& runs, std::int64_t after, std::vector<std::string> updates) {
  if (runs.empty() || runs.back().last() != after) {
    runs.push_back({after, std::move(updates)});
  } else {
    auto& all = runs.back().updates;
    all.insert(all.end(), std::make_move_iterator(updates.begin()),
               std::make_move_iterator(updates.end()));
  }
  return runs.back().last();
}

class JournaledStore final : public Store {
 public:
  JournaledStore(db::Database& database, StoreOptions options)
      : options_(std::move(options)), inner_(open_sql_store(database)), journal_(options_.journal) {
    replay();
    journal_.remove(journal_.next());
    thread_ = std::thread([this] { run(); });
  }
  ~JournaledStore() override { stop(); }

  void stop() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
    inner_->stop();
  }

  Position load(const std::string& document, const Each& each) override {
    settle(document);
    const Position out = inner_->load(document, each);
    const std::lock_guard lock(mutex_);
    know(document, std::max(out.last, known(document).value_or(0)));
    return out;
  }

  void append(const std::string& document, std::int64_t after, std::vector<std::string> updates,
              Done done) override {
    const auto begin = Clock::now();
    Written written;
    try {
      std::unique_lock lock(mutex_);
      if (stop_) throw Error(503, "collab.unavailable", "The server goes away. Connect again.");
      if (!late_.empty() || bytes_ > kMostBytes) {
        late_.push_back({document, after, std::move(updates), std::move(done)});
        return;
      }
      written = put(lock, document, after, std::move(updates));
    } catch (...) {
      written = {.failure = std::current_exception()};
    }
    if (options_.on_written)
      options_.on_written(std::chrono::duration<double>(Clock::now() - begin).count());
    done(std::move(written));
  }

  void compact(const std::string& document, std::int64_t generation, std::int64_t last,
               std::string snapshot, Done done) override {
    after_flush(
        [this, document, generation, last, snapshot = std::move(snapshot)](Done done) mutable {
          inner_->compact(document, generation, last, std::move(snapshot), std::move(done));
        },
        std::move(done), kTaskAfter);
  }

  void remove(const std::string& document, Done done) override {
    try {
      const std::lock_guard lock(mutex_);
      journal_.append(document, 0, {});
      touch();
      runs_.erase(document);
      known_.erase(document);
    } catch (...) {
      return done({.failure = std::current_exception()});
    }
    after_flush([this, document](Done done) { inner_->remove(document, std::move(done)); },
                std::move(done), {});
  }

 private:
  struct Late {
    std::string document;
    std::int64_t after;
    std::vector<std::string> updates;
    Done done;
  };
  struct Task {
    std::move_only_function<void(Done)> run;
    Done done;
  };

  // ---- with the lock

  bool flying(const std::string& document) const {
    return flight_ && flight_->runs.contains(document);
  }

  std::optional<std::int64_t> known(const std::string& document) const {
    const auto found = known_.find(document);
    return found == known_.end() ? std::nullopt : std::optional(found->second);
  }
  void know(const std::string& document, std::int64_t last) {
    if (known_.size() >= kMostKnown) {
      // The database knows of all others.
      std::erase_if(known_, [this](const auto& one) {
        return !runs_.contains(one.first) && !flying(one.first);
      });
    }
    known_[document] = last;
  }
  std::int64_t last_of(std::unique_lock<std::mutex>& lock, const std::string& document) {
    if (const auto there = known(document)) return *there;
    lock.unlock();
    const std::int64_t stored = inner_->last(document);
    lock.lock();
    if (!known(document)) know(document, stored);
    return *known(document);
  }

  Written put(std::unique_lock<std::mutex>& lock, const std::string& document, std::int64_t after,
              std::vector<std::string> updates) {
    const std::int64_t there = last_of(lock, document);
    Written out{.foreign = there > after};
    after = std::max(there, after);
    journal_.append(document, after, updates);
    for (const auto& update : updates) bytes_ += update.size();
    out.last = add(runs_[document], after, std::move(updates));
    know(document, out.last);
    touch();
    return out;
  }

  // Something was written to the journal.
  void touch() {
    if (!std::exchange(dirty_, true)) {
      sync_at_ = Clock::now() + kSyncAfter;
      if (!flush_at_) flush_at_ = Clock::now() + kFlushAfter;
      wake_.notify_one();
    } else if (bytes_ > kFlushBytes) {
      wake_.notify_one();
    }
  }

  // ---- any thread

  // Blocks until what is known of a document is in the database.
  void settle(const std::string& document) {
    std::unique_lock lock(mutex_);
    const std::uint64_t failures = failures_;
    const auto settled = [&] { return !runs_.contains(document) && !flying(document); };
    while (!settled()) {
      if (failures_ != failures) std::rethrow_exception(failure_);
      hurry_ = true;
      wake_.notify_one();
      settled_.wait(lock);
    }
  }

  void after_flush(std::move_only_function<void(Done)> run, Done done,
                   std::chrono::milliseconds wait) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back({std::move(run), std::move(done)});
      const auto at = Clock::now() + wait;
      flush_at_ = std::min(flush_at_.value_or(at), at);
    }
    wake_.notify_one();
  }

  // What an earlier process left.
  void replay() {
    Runs runs;
    const auto store = [&] {
      write(runs);
      runs.clear();
    };
    std::size_t bytes = 0;
    journal_.replay([&](const Journal::Record& record) {
      const std::string document(record.document);
      if (record.updates.empty()) {
        store();
        std::promise<Written> gone;
        inner_->remove(document, [&](Written w) { gone.set_value(std::move(w)); });
        if (const auto w = gone.get_future().get(); w.failure) std::rethrow_exception(w.failure);
        return;
      }
      std::vector<std::string> updates;
      for (const auto update : record.updates) bytes += updates.emplace_back(update).size();
      add(runs[document], record.after, std::move(updates));
      if (bytes < kMostBytes) return;
      store();
      bytes = 0;
    });
    store();
  }

  // Writes those that the database does not have; blocks, and throws the first failure.
  void write(const Runs& runs) {
    std::mutex mutex;
    std::exception_ptr failure;
    std::vector<Run> todo;
    std::vector<std::string> documents;
    for (const auto& [document, all] : runs) {
      const std::int64_t there = inner_->last(document);
      for (const Run& run : all) {
        if (run.last() <= there) continue;
        const auto skip = std::max<std::int64_t>(0, there - run.after);
        todo.push_back({run.after + skip, {run.updates.begin() + skip, run.updates.end()}});
        documents.push_back(document);
      }
    }
    std::latch written(static_cast<std::ptrdiff_t>(todo.size()));
    for (std::size_t i = 0; i < todo.size(); ++i) {
      inner_->append(documents[i], todo[i].after, std::move(todo[i].updates), [&](Written one) {
        if (one.failure) {
          const std::lock_guard lock(mutex);
          failure = one.failure;
        }
        written.count_down();
      });
    }
    written.wait();
    if (failure) std::rethrow_exception(failure);
  }

  // ---- the thread

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      const auto now = Clock::now();
      if (dirty_ && now >= sync_at_) sync(lock);
      if (stop_ || flush_due(now)) flush(lock);
      remove_files(now);
      if (stop_) return finish(lock);
      if (flush_due(Clock::now())) continue;
      const auto next = next_time();
      next ? static_cast<void>(wake_.wait_until(lock, *next)) : wake_.wait(lock);
    }
  }

  bool flush_due(Clock::time_point now) const {
    if (retry_at_) return now >= *retry_at_;
    return hurry_ || bytes_ > kFlushBytes || (flush_at_ && now >= *flush_at_);
  }

  std::optional<Clock::time_point> next_time() const {
    std::optional<Clock::time_point> out = retry_at_ ? retry_at_ : flush_at_;
    const auto also = [&](Clock::time_point at) { out = out ? std::min(*out, at) : at; };
    if (dirty_) also(sync_at_);
    if (!files_.empty()) also(files_.front().at);
    return out;
  }

  void sync(std::unique_lock<std::mutex>& lock) {
    const int handle = journal_.handle();
    dirty_ = false;
    lock.unlock();
    if (handle >= 0 && ::fdatasync(handle) != 0)
      log::error("the journal of documents is not on the disk", {{"errno", errno}});
    if (handle >= 0) ::close(handle);
    lock.lock();
  }

  // Brings to the database what was written so far.
  void flush(std::unique_lock<std::mutex>& lock) {
    try {
      if (!flight_) {
        if (dirty_) sync(lock);
        const std::int64_t file = journal_.next();
        flight_ = {std::exchange(runs_, {}), std::exchange(tasks_, {}), bytes_, file};
        hurry_ = false;
        flush_at_.reset();
      }
      lock.unlock();
      write(flight_->runs);
      lock.lock();
    } catch (...) {
      if (!lock.owns_lock()) lock.lock();
      return put_off(lock);
    }
    if (std::exchange(retry_at_, {})) log::info("documents go to their database again");
    bytes_ -= flight_->bytes;
    files_.push_back({flight_->file, Clock::now() + kKeepFiles});
    auto tasks = std::move(flight_->tasks);
    flight_.reset();
    settled_.notify_all();
    take_late(lock);
    lock.unlock();
    for (auto& task : tasks) task.run(std::move(task.done));
    lock.lock();
  }

  void put_off(std::unique_lock<std::mutex>& lock) {
    failure_ = std::current_exception();
    ++failures_;
    if (!retry_at_) {
      log::error("documents cannot go to their database, and wait in the journal",
                 {{"error", text_of(failure_).c_str()}});
    }
    retry_at_ = Clock::now() + kRetryAfter;
    settled_.notify_all();
    fail_late(lock);
  }

  void take_late(std::unique_lock<std::mutex>& lock) {
    std::vector<std::pair<Done, Written>> written;
    while (!late_.empty() && bytes_ <= kMostBytes) {
      Late late = std::move(late_.front());
      Written one;
      try {
        one = put(lock, late.document, late.after, std::move(late.updates));
      } catch (...) {
        one = {.failure = std::current_exception()};
      }
      late_.pop_front();
      written.emplace_back(std::move(late.done), std::move(one));
    }
    lock.unlock();
    for (auto& [done, one] : written) done(std::move(one));
    lock.lock();
  }

  void fail_late(std::unique_lock<std::mutex>& lock) {
    auto late = std::exchange(late_, {});
    const auto failure = failure_;
    lock.unlock();
    for (auto& one : late) one.done({.failure = failure});
    lock.lock();
  }

  void remove_files(Clock::time_point now) {
    for (; !files_.empty() && now >= files_.front().at; files_.pop_front())
      journal_.remove(files_.front().number);
  }

  // What could not go to the database stays in the journal for the next start.
  void finish(std::unique_lock<std::mutex>& lock) {
    if (!flight_ && runs_.empty()) return journal_.remove(std::numeric_limits<std::int64_t>::max());
    fail_late(lock);
    auto tasks = std::exchange(tasks_, {});
    if (flight_) std::ranges::move(flight_->tasks, std::back_inserter(tasks));
    lock.unlock();
    for (auto& task : tasks) task.done({.failure = failure_});
    lock.lock();
  }

  struct Flight {
    Runs runs;
    std::vector<Task> tasks;
    std::size_t bytes = 0;
    std::int64_t file = 0;
  };
  struct File {
    std::int64_t number;
    Clock::time_point at;
  };

  const StoreOptions options_;
  const std::unique_ptr<SqlStore> inner_;
  mutable std::mutex mutex_;
  std::condition_variable wake_, settled_;
  Journal journal_;
  Runs runs_;                                            // not in the database yet
  std::optional<Flight> flight_;                         // … and on its way there
  std::size_t bytes_ = 0;                                // of both
  std::unordered_map<std::string, std::int64_t> known_;  // numbers of the last updates
  std::deque<Late> late_;
  std::vector<Task> tasks_;  // wait for what was appended before them
  bool dirty_ = false, hurry_ = false, stop_ = false;
  Clock::time_point sync_at_;
  std::optional<Clock::time_point> flush_at_, retry_at_;
  std::exception_ptr failure_;
  std::uint64_t failures_ = 0;
  std::deque<File> files_;  // in the database, but maybe not on its disk
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Store> open_journaled_store(db::Database& database, StoreOptions options) {
  return std::make_unique<JournaledStore>(database, std::move(options));
}

}  // namespace ob::collab
