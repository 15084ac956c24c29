#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "collab/store.h"

namespace ob::collab {

namespace {

constexpr std::array<db::Migration, 1> kMigrations{{{1, R"sql(
CREATE TABLE collab_snapshots (
  document TEXT PRIMARY KEY,
  generation BIGINT NOT NULL,
  last BIGINT NOT NULL,
  bytes {blob} NOT NULL
);
CREATE TABLE collab_updates (
  document TEXT NOT NULL,
  number BIGINT NOT NULL,
  bytes {blob} NOT NULL,
  PRIMARY KEY (document, number)
)
)sql"}}};

constexpr std::int64_t kRowsAtOnce = 5000;             // of a load, and of a removal of old ones
constexpr std::size_t kBytesAtOnce = 8 * 1024 * 1024;  // of a transaction

struct Append {
  std::string document;
  std::int64_t after;
  std::vector<std::string> updates;
  std::size_t bytes;
  Store::Done done;
};
// Work of its own transaction; false: call again.
struct Task {
  std::function<bool(db::Tx&, Store::Written&, bool first)> run;
  Store::Done done;
  Store::Written written = {};
  bool first = true;
};

std::int64_t last_number(db::Tx& tx, const std::string& document) {
  const auto of_updates =
      tx.query_one("SELECT MAX(number) FROM collab_updates WHERE document = $1", {document});
  const auto of_snapshot =
      tx.query_one("SELECT last FROM collab_snapshots WHERE document = $1", {document});
  std::int64_t out = of_snapshot ? of_snapshot->integer(0) : 0;
  if (of_updates && !of_updates->is_null(0)) out = std::max(out, of_updates->integer(0));
  return out;
}

class SqlStore final : public Store {
 public:
  SqlStore(db::Database& database, StoreOptions options)
      : db_(database), options_(std::move(options)) {
    db_.migrate("collab", kMigrations);
    thread_ = std::thread([this] { run(); });
  }
  ~SqlStore() override { stop(); }

  void stop() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  Position load(const std::string& document, const Each& each) override {
    Position out;
    db_.read([&](db::Tx& tx) { out = read(tx, document, each); });
    return out;
  }

  void append(const std::string& document, std::int64_t after, std::vector<std::string> updates,
              Done done) override {
    std::size_t bytes = 0;
    for (const auto& update : updates) bytes += update.size();
    Append one{document, after, std::move(updates), bytes, std::move(done)};
    std::unique_lock lock(mutex_);
    appends_.push_back(std::move(one));
    if (busy_) return;
    if (!options_.write_in_place) return wake_.notify_one();
    // What comes meanwhile from others goes along, for a while.
    constexpr int kRounds = 4;
    busy_ = true;
    for (int i = 0; i < kRounds && !appends_.empty(); ++i) write_some(lock);
    busy_ = false;
    if (!appends_.empty() || !tasks_.empty() || stop_) wake_.notify_one();
  }

  void compact(const std::string& document, std::int64_t generation, std::int64_t last,
               std::string snapshot, Done done) override {
    auto work = [document, generation, last, bytes = std::move(snapshot)](
                    db::Tx& tx, Written& written, bool first) {
      if (first) {
        written.foreign = !put_snapshot(tx, document, generation, last, bytes);
        if (written.foreign) return true;
      }
      // In slices: others wait behind each.
      const auto gone = tx.execute(
          "DELETE FROM collab_updates WHERE document = $1 AND number IN (SELECT number FROM "
          "collab_updates WHERE document = $1 AND number <= $2 ORDER BY number LIMIT $3)",
          {document, last, kRowsAtOnce});
      return gone < kRowsAtOnce;
    };
    enqueue({.run = std::move(work), .done = std::move(done)});
  }

  void remove(const std::string& document, Done done) override {
    auto work = [document](db::Tx& tx, Written&, bool) {
      tx.execute("DELETE FROM collab_snapshots WHERE document = $1", {document});
      const auto gone = tx.execute(
          "DELETE FROM collab_updates WHERE document = $1 AND number IN (SELECT number FROM "
          "collab_updates WHERE document = $1 ORDER BY number LIMIT $2)",
          {document, kRowsAtOnce});
      return gone < kRowsAtOnce;
    };
    enqueue({.run = std::move(work), .done = std::move(done)});
  }

 private:
  static Position read(db::Tx& tx, const std::string& document, const Each& each) {
    Position out;
    const auto snapshot = tx.query_one(
        "SELECT generation, last, bytes FROM collab_snapshots WHERE document = $1", {document});
    if (snapshot) {
      out = {snapshot->integer(0), snapshot->integer(1), 0,
             static_cast<std::int64_t>(snapshot->blob(2).size())};
      each({snapshot->blob(2)});
    }
    // As many rows at a time as make some megabytes.
    std::int64_t limit = 16;
    for (;;) {
      const auto rows = tx.query(
          "SELECT number, bytes FROM collab_updates WHERE document = $1 AND number > $2 "
          "ORDER BY number LIMIT $3",
          {document, out.last, limit});
      std::vector<std::string_view> updates;
      std::int64_t bytes = 1;
      updates.reserve(rows.size());
      for (const auto& row : rows) {
        updates.emplace_back(row.blob(1));
        bytes += static_cast<std::int64_t>(row.blob(1).size());
      }
      out.bytes += bytes - 1;
      if (rows.empty()) return out;
      const auto each_row =
          std::max<std::int64_t>(1, bytes / static_cast<std::int64_t>(rows.size()));
      limit = std::clamp<std::int64_t>(static_cast<std::int64_t>(kBytesAtOnce) / each_row, 1,
                                       kRowsAtOnce);
      out.last = rows.back().integer(0);
      out.since += static_cast<std::int64_t>(rows.size());
      each(updates);
    }
  }

  static bool put_snapshot(db::Tx& tx, const std::string& document, std::int64_t generation,
                           std::int64_t last, const std::string& bytes) {
    if (generation > 0) {
      return tx.execute(
                 "UPDATE collab_snapshots SET generation = $3, last = $4, bytes = $5 "
                 "WHERE document = $1 AND generation = $2",
                 {document, generation, generation + 1, last, db::Blob{bytes}}) == 1;
    }
    return tx.execute(
               "INSERT INTO collab_snapshots (document, generation, last, bytes) "
               "VALUES ($1, 1, $2, $3) ON CONFLICT (document) DO NOTHING",
               {document, last, db::Blob{bytes}}) == 1;
  }

  void enqueue(Task task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
  }

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock,
                 [this] { return !busy_ && (stop_ || !appends_.empty() || !tasks_.empty()); });
      if (stop_ && appends_.empty() && tasks_.empty()) return;
      busy_ = true;
      // Somebody waits to see what is appended; a task only tidies up.
      if (!appends_.empty()) write_some(lock);
      if (!tasks_.empty()) {
        Task task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        const bool again = step(task);
        lock.lock();
        if (again) tasks_.push_front(std::move(task));
      }
      busy_ = false;
    }
  }

  void write_some(std::unique_lock<std::mutex>& lock) {
    std::vector<Append> appends = take();
    lock.unlock();
    write(appends);
    lock.lock();
  }

  std::vector<Append> take() {
    std::vector<Append> out;
    std::size_t bytes = 0;
    while (!appends_.empty() && (out.empty() || bytes + appends_.front().bytes <= kBytesAtOnce)) {
      bytes += appends_.front().bytes;
      out.push_back(std::move(appends_.front()));
      appends_.pop_front();
    }
    return out;
  }

  template <class Fn>
  void timed(Fn fn) {
    const auto begin = std::chrono::steady_clock::now();
    db_.write(fn);
    if (options_.on_written) {
      options_.on_written(
          std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
  }

  // Throws UniqueViolation where another instance wrote to the document since.
  static Written put(db::Tx& tx, const Append& append, std::int64_t after) {
    for (const auto& update : append.updates) {
      // What the other wrote may be in a snapshot already, and the numbers free again.
      const auto put = tx.execute(
          "INSERT INTO collab_updates (document, number, bytes) SELECT $1, $2, $3 WHERE NOT EXISTS "
          "(SELECT 1 FROM collab_snapshots WHERE document = $1 AND last >= $2)",
          {append.document, ++after, db::Blob{update}});
      if (put != 1) throw db::UniqueViolation("a snapshot holds more than the writer knows");
    }
    return {.last = after};
  }

  void write(std::vector<Append>& appends) {
    std::vector<Written> written(appends.size());
    try {
      timed([&](db::Tx& tx) {
        for (std::size_t i = 0; i < appends.size(); ++i)
          written[i] = put(tx, appends[i], appends[i].after);
      });
    } catch (...) {
      // One's trouble is not the others'.
      for (std::size_t i = 0; i < appends.size(); ++i) written[i] = write_alone(appends[i]);
    }
    for (std::size_t i = 0; i < appends.size(); ++i) appends[i].done(std::move(written[i]));
  }

  Written write_alone(const Append& append) {
    Written out;
    try {
      timed([&](db::Tx& tx) {
        const std::int64_t there = last_number(tx, append.document);
        out = put(tx, append, std::max(there, append.after));
        out.foreign = there > append.after;
      });
    } catch (...) {
      out = {.failure = std::current_exception()};
    }
    return out;
  }

  bool step(Task& task) {
    bool over = true;
    try {
      timed([&](db::Tx& tx) {
        task.written = {};
        over = task.run(tx, task.written, task.first);
      });
      task.first = false;
    } catch (...) {
      task.written = {.failure = std::current_exception()};
      over = true;
    }
    if (over) task.done(std::move(task.written));
    return !over;
  }

  db::Database& db_;
  const StoreOptions options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Append> appends_;
  std::deque<Task> tasks_;
  bool stop_ = false, busy_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Store> open_sql_store(db::Database& database, StoreOptions options) {
  return std::make_unique<SqlStore>(database, std::move(options));
}

}  // namespace ob::collab
