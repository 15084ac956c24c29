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
constexpr auto kImportAfter = std::chrono::seconds(5);
// The database syncs what it committed within a second; until then the files stay.
constexpr auto kKeepFiles = std::chrono::seconds(2);
constexpr auto kRetryAfter = std::chrono::seconds(1);
constexpr std::size_t kImportBytes = 4 << 20;
constexpr std::size_t kMostBytes = 32 << 20;  // with more, append() waits for the database
constexpr std::size_t kMostKnown = 100'000;   // documents

// Updates with consecutive numbers.
struct Run {
  std::int64_t after = 0;
  std::vector<std::string> updates;
  std::int64_t last() const { return after + static_cast<std::int64_t>(updates.size()); }
};

// Brings records to the database, those that it does not have. Blocks; throws the first failure.
class Importer {
 public:
  explicit Importer(SqlStore& to) : to_(to) {}

  void add(const Journal::Record& record) {
    const std::string document(record.document);
    if (record.updates.empty()) return remove(document);
    auto& runs = runs_[document];
    if (runs.empty() || runs.back().last() != record.after) runs.push_back({record.after, {}});
    for (const auto update : record.updates)
      bytes_ += runs.back().updates.emplace_back(update).size();
    if (bytes_ > kImportBytes) finish();
  }

  void finish() {
    std::vector<std::pair<const std::string*, Run>> todo;
    for (auto& [document, runs] : runs_) {
      const std::int64_t there = to_.last(document);
      for (Run& run : runs) {
        if (run.last() <= there) continue;
        const auto known = std::max<std::int64_t>(0, there - run.after);
        run.updates.erase(run.updates.begin(), run.updates.begin() + known);
        todo.emplace_back(&document, Run{run.after + known, std::move(run.updates)});
      }
    }
    std::mutex mutex;
    std::exception_ptr failure;
    std::latch written(static_cast<std::ptrdiff_t>(todo.size()));
    for (auto& [document, run] : todo) {
      to_.append(*document, run.after, std::move(run.updates), [&](Store::Written one) {
        if (one.failure) {
          const std::lock_guard lock(mutex);
          failure = one.failure;
        }
        written.count_down();
      });
    }
    written.wait();
    if (failure) std::rethrow_exception(failure);
    runs_.clear();
    bytes_ = 0;
  }

 private:
  void remove(const std::string& document) {
    finish();
    std::promise<Store::Written> gone;
    to_.remove(document, [&](Store::Written w) { gone.set_value(std::move(w)); });
    if (const auto written = gone.get_future().get(); written.failure)
      std::rethrow_exception(written.failure);
  }

  SqlStore& to_;
  std::unordered_map<std::string, std::vector<Run>> runs_;
  std::size_t bytes_ = 0;
};

class JournaledStore final : public Store {
 public:
  JournaledStore(db::Database& database, StoreOptions options)
      : options_(std::move(options)), inner_(open_sql_store(database)), journal_(options_.journal) {
    for (const std::int64_t file : journal_.files()) import(file);
    imported_ = journal_.current();
    journal_.next();
    files_.push_back({imported_, Clock::now() + kKeepFiles});
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
    if (!known_.contains(document)) know(document, {out.last, 0});
    return out;
  }

  void append(const std::string& document, std::int64_t after, std::vector<std::string> updates,
              Done done) override {
    const auto begin = Clock::now();
    Written written;
    std::vector<Task> in_vain;
    try {
      std::unique_lock lock(mutex_);
      if (stop_) throw stopped();
      if (!late_.empty() || bytes_ > kMostBytes) {
        late_.push_back({document, after, std::move(updates), std::move(done)});
        return;
      }
      written = put(lock, document, after, updates, in_vain);
    } catch (...) {
      written = {.failure = std::current_exception()};
    }
    if (options_.on_written)
      options_.on_written(std::chrono::duration<double>(Clock::now() - begin).count());
    done(std::move(written));
    for (auto& task : in_vain) task.done({.foreign = true});
  }

  void compact(const std::string& document, std::int64_t generation, std::int64_t last,
               std::string snapshot, Done done) override {
    {
      const std::lock_guard lock(mutex_);
      if (!stop_) {
        auto run = [this, document, generation, last,
                    bytes = std::move(snapshot)](Done then) mutable {
          inner_->compact(document, generation, last, std::move(bytes), std::move(then));
        };
        return after_import({document, std::move(run), std::move(done)});
      }
    }
    done({.failure = std::make_exception_ptr(stopped())});
  }

  // The record is the removal: a load waits until the database followed.
  void remove(const std::string& document, Done done) override {
    append(document, 0, {}, std::move(done));
  }

 private:
  // What is known of a document: the number of its last update, and the file that has it.
  struct Known {
    std::int64_t last = 0, file = 0;
  };
  struct Late {
    std::string document;
    std::int64_t after;
    std::vector<std::string> updates;
    Done done;
  };
  // A compaction, when all that was appended before it is in the database.
  struct Task {
    std::string document;
    std::move_only_function<void(Done)> run;
    Done done;
  };
  struct Flight {
    std::int64_t file;
    std::size_t bytes;
    std::vector<Task> tasks;
  };
  struct File {
    std::int64_t number;
    Clock::time_point at;
  };

  // ---- any thread, with the lock

  void know(const std::string& document, Known known) {
    if (known_.size() >= kMostKnown) {
      // The database knows of all others.
      std::erase_if(known_, [this](const auto& one) { return one.second.file <= imported_; });
    }
    known_[document] = known;
  }

  std::int64_t last_of(std::unique_lock<std::mutex>& lock, const std::string& document) {
    if (const auto found = known_.find(document); found != known_.end()) return found->second.last;
    lock.unlock();
    const std::int64_t stored = inner_->last(document);
    lock.lock();
    if (!known_.contains(document)) know(document, {stored, 0});
    return known_.at(document).last;
  }

  // Without updates: the document is removed; its compactions, which would bring it back, are
  // `in_vain` then.
  Written put(std::unique_lock<std::mutex>& lock, const std::string& document, std::int64_t after,
              const std::vector<std::string>& updates, std::vector<Task>& in_vain) {
    Written out;
    if (!updates.empty()) {
      const std::int64_t there = last_of(lock, document);
      out.foreign = there > after;
      after = std::max(there, after);
      out.last = after + static_cast<std::int64_t>(updates.size());
    }
    bytes_ += journal_.append(document, after, updates);
    know(document, {out.last, journal_.current()});
    if (updates.empty()) {
      const auto others = std::ranges::stable_partition(
          tasks_, [&](const Task& task) { return task.document != document; });
      std::ranges::move(others, std::back_inserter(in_vain));
      tasks_.erase(others.begin(), others.end());
    }
    touch();
    return out;
  }

  // Something was written to the journal.
  void touch() {
    const auto now = Clock::now();
    const bool first = !std::exchange(dirty_, true);
    if (first) sync_at_ = now + kSyncAfter;
    const bool new_import = !import_at_;
    if (new_import) import_at_ = now + kImportAfter;
    if (first || new_import || bytes_ > kImportBytes) wake_.notify_one();
  }

  void after_import(Task task) {
    tasks_.push_back(std::move(task));
    const auto at = Clock::now() + kTaskAfter;
    import_at_ = std::min(import_at_.value_or(at), at);
    wake_.notify_one();
  }

  // Blocks until what was written of a document is in the database.
  void settle(const std::string& document) {
    std::unique_lock lock(mutex_);
    const std::uint64_t failures = failures_;
    const auto found = known_.find(document);
    const std::int64_t file = found == known_.end() ? 0 : found->second.file;
    while (imported_ < file) {
      if (ended_) throw stopped();
      if (failures_ != failures) std::rethrow_exception(failure_);
      if (!flight_ || flight_->file < file) import_at_ = Clock::now();
      wake_.notify_one();
      settled_.wait(lock);
    }
  }

  // ---- the thread

  void import(std::int64_t file) {
    Importer importer(*inner_);
    journal_.read(file, [&](const Journal::Record& record) { importer.add(record); });
    importer.finish();
  }

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      const auto now = Clock::now();
      if (dirty_ && now >= sync_at_) sync(lock);
      if (stop_) {
        do import_all(lock);
        while (!retry_at_ && (bytes_ > 0 || !tasks_.empty()));
      } else if (import_due(now)) {
        import_all(lock);
      }
      for (; !files_.empty() && now >= files_.front().at; files_.pop_front())
        journal_.remove(files_.front().number);
      if (stop_) return finish(lock);
      if (import_due(Clock::now())) continue;
      const auto next = next_time();
      next ? static_cast<void>(wake_.wait_until(lock, *next)) : wake_.wait(lock);
    }
  }

  bool import_due(Clock::time_point now) const {
    if (retry_at_) return now >= *retry_at_;
    return bytes_ > kImportBytes || (import_at_ && now >= *import_at_);
  }

  std::optional<Clock::time_point> next_time() const {
    std::optional<Clock::time_point> out = retry_at_ ? retry_at_ : import_at_;
    const auto also = [&](Clock::time_point at) { out = out ? std::min(*out, at) : at; };
    if (dirty_) also(sync_at_);
    if (!files_.empty()) also(files_.front().at);
    return out;
  }

  void sync(std::unique_lock<std::mutex>& lock) {
    const int handle = journal_.handle();
    dirty_ = false;
    lock.unlock();
    const bool synced = handle >= 0 && ::fdatasync(handle) == 0;
    const int code = errno;
    if (handle >= 0) ::close(handle);
    lock.lock();
    if (synced) return;
    log::error("the journal of documents is not on the disk", {{"errno", code}});
    dirty_ = true;
    sync_at_ = Clock::now() + kSyncAfter;
  }

  // Goes on in a new file; what is in the one before is on the disk then.
  void begin_flight(std::unique_lock<std::mutex>& lock) {
    const int before = dirty_ ? journal_.handle() : -1;
    const std::int64_t file = journal_.current();
    journal_.next();
    flight_ = {file, bytes_, std::exchange(tasks_, {})};
    import_at_.reset();
    if (before < 0) return;
    dirty_ = false;
    lock.unlock();
    ::fdatasync(before);  // the database has its own copy in a moment
    ::close(before);
    lock.lock();
  }

  // Brings to the database what was written so far.
  void import_all(std::unique_lock<std::mutex>& lock) {
    try {
      if (!flight_) begin_flight(lock);
      const std::int64_t from = imported_, to = flight_->file;
      lock.unlock();
      // More than one, where a file was given up after a failed write.
      for (const std::int64_t file : journal_.files())
        if (file > from && file <= to) import(file);
      lock.lock();
    } catch (...) {
      if (!lock.owns_lock()) lock.lock();
      return put_off(lock);
    }
    if (retry_at_) log::info("documents go to their database again");
    retry_at_.reset();
    imported_ = flight_->file;
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
    std::vector<Task> in_vain;
    for (; !late_.empty() && bytes_ <= kMostBytes; late_.pop_front()) {
      Late& late = late_.front();
      Written one;
      try {
        one = put(lock, late.document, late.after, late.updates, in_vain);
      } catch (...) {
        one = {.failure = std::current_exception()};
      }
      written.emplace_back(std::move(late.done), std::move(one));
    }
    lock.unlock();
    for (auto& [done, one] : written) done(std::move(one));
    for (auto& task : in_vain) task.done({.foreign = true});
    lock.lock();
  }

  void fail_late(std::unique_lock<std::mutex>& lock) {
    auto late = std::exchange(late_, {});
    const auto failure = failure_;
    lock.unlock();
    for (auto& one : late) one.done({.failure = failure});
    lock.lock();
  }

  // What could not go to the database stays in the journal for the next start.
  void finish(std::unique_lock<std::mutex>& lock) {
    ended_ = true;
    settled_.notify_all();
    if (!retry_at_) return journal_.remove(journal_.current());
    fail_late(lock);
    auto tasks = std::exchange(tasks_, {});
    if (flight_) std::ranges::move(flight_->tasks, std::back_inserter(tasks));
    lock.unlock();
    for (auto& task : tasks) task.done({.failure = failure_});
    lock.lock();
  }

  const StoreOptions options_;
  const std::unique_ptr<SqlStore> inner_;
  std::mutex mutex_;
  std::condition_variable wake_, settled_;
  Journal journal_;
  std::unordered_map<std::string, Known> known_;
  std::int64_t imported_ = 0;     // all files up to it are in the database
  std::optional<Flight> flight_;  // the next one
  std::size_t bytes_ = 0;         // in that and the file after it
  std::deque<Late> late_;
  std::vector<Task> tasks_;  // wait for what is in the file of today
  bool dirty_ = false, stop_ = false, ended_ = false;
  Clock::time_point sync_at_;
  std::optional<Clock::time_point> import_at_, retry_at_;
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
