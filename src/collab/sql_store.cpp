#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "collab/failure.h"
#include "collab/protocol.h"
#include "collab/store.h"

namespace ob::collab {

namespace {

constexpr std::array<db::Migration, 3> kMigrations{{{1, R"sql(
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
)sql"},
                                                    // A row holds as many updates, the first of
                                                    // which has its number; several are written
                                                    // each behind its length.
                                                    {2, R"sql(
ALTER TABLE collab_updates ADD COLUMN updates BIGINT NOT NULL DEFAULT 1
)sql"},
                                                    // What of a large snapshot follows its bytes.
                                                    {3, R"sql(
ALTER TABLE collab_snapshots ADD COLUMN parts BIGINT NOT NULL DEFAULT 0;
CREATE TABLE collab_snapshot_parts (
  document TEXT NOT NULL,
  part BIGINT NOT NULL,
  bytes {blob} NOT NULL,
  PRIMARY KEY (document, part)
)
)sql"}}};

constexpr std::int64_t kRowsAtOnce = 5000;             // of a load, and of a removal of old ones
constexpr std::size_t kBytesAtOnce = 8 * 1024 * 1024;  // of a transaction
constexpr std::int64_t kMostInRow = 1000;              // updates
constexpr std::size_t kRowBytes = 64 * 1024;           // where no more are added to a row
constexpr std::size_t kPartBytes = 4 * 1024 * 1024;    // of a snapshot: rows are held in memory

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
  const auto of_updates = tx.query_one(
      "SELECT number + updates - 1 FROM collab_updates WHERE document = $1 ORDER BY number DESC "
      "LIMIT 1",
      {document});
  const auto of_snapshot =
      tx.query_one("SELECT last FROM collab_snapshots WHERE document = $1", {document});
  std::int64_t out = of_snapshot ? of_snapshot->integer(0) : 0;
  if (of_updates) out = std::max(out, of_updates->integer(0));
  return out;
}

class Sql final : public SqlStore {
 public:
  Sql(db::Database& database, StoreOptions options) : db_(database), options_(std::move(options)) {
    db_.migrate("collab", kMigrations);
    thread_ = std::thread([this] { run(); });
  }
  ~Sql() override { stop(); }

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
    bool late = false;
    {
      const std::lock_guard lock(mutex_);
      late = stop_;
      if (!late) appends_.push_back(std::move(one));
    }
    if (late) return one.done({.failure = std::make_exception_ptr(stopped())});
    wake_.notify_one();
  }

  std::int64_t last(const std::string& document) override {
    return db_.reading([&](db::Tx& tx) { return last_number(tx, document); });
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
          "collab_updates WHERE document = $1 AND number <= $2 AND number + updates - 1 <= $2 "
          "ORDER BY number LIMIT $3)",
          {document, last, kRowsAtOnce});
      return gone < kRowsAtOnce;
    };
    enqueue({.run = std::move(work), .done = std::move(done)});
  }

  void remove(const std::string& document, Done done) override {
    auto work = [document](db::Tx& tx, Written&, bool) {
      tx.execute("DELETE FROM collab_snapshots WHERE document = $1", {document});
      tx.execute("DELETE FROM collab_snapshot_parts WHERE document = $1", {document});
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
    if (const auto head = tx.query_one(
            "SELECT generation, last, bytes, parts FROM collab_snapshots WHERE document = $1",
            {document})) {
      const std::string snapshot = whole(tx, document, *head);
      out = {head->integer(0), head->integer(1), 0, static_cast<std::int64_t>(snapshot.size())};
      each({snapshot});
    }
    // As many rows at a time as make some megabytes.
    for (std::int64_t limit = 16;;) {
      // A row may begin before the snapshot's end and reach beyond it.
      const auto rows = tx.query(
          "SELECT number, updates, bytes FROM collab_updates WHERE document = $1 AND number > $2 "
          "AND number + updates - 1 > $3 ORDER BY number LIMIT $4",
          {document, out.last - kMostInRow, out.last, limit});
      if (rows.empty()) return out;
      std::vector<std::string_view> updates;
      std::int64_t bytes = 1;
      for (const auto& row : rows) {
        bytes += static_cast<std::int64_t>(row.blob(2).size());
        take_row(row, out, updates);
      }
      out.bytes += bytes - 1;
      const auto each_row =
          std::max<std::int64_t>(1, bytes / static_cast<std::int64_t>(rows.size()));
      limit = std::clamp<std::int64_t>(static_cast<std::int64_t>(kBytesAtOnce) / each_row, 1,
                                       kRowsAtOnce);
      each(updates);
    }
  }

  // Adds those after out.last.
  static void take_row(const db::Row& row, Position& out, std::vector<std::string_view>& updates) {
    const std::int64_t first = row.integer(0), count = row.integer(1);
    Reader reader(row.blob(2));
    for (std::int64_t number = first; number < first + count; ++number) {
      const std::string_view update = count == 1 ? reader.rest() : reader.bytes();
      if (number <= out.last) continue;
      updates.push_back(update);
      out.last = number;
      ++out.since;
    }
  }

  static std::string whole(db::Tx& tx, const std::string& document, const db::Row& head) {
    const std::int64_t parts = head.integer(3);
    std::string out;
    out.reserve(head.blob(2).size() + static_cast<std::size_t>(parts) * kPartBytes);
    out = head.blob(2);
    for (std::int64_t part = 1; part <= parts; ++part) {
      const auto row =
          tx.query_one("SELECT bytes FROM collab_snapshot_parts WHERE document = $1 AND part = $2",
                       {document, part});
      if (!row) throw internal("a part of a document's snapshot is missing");
      out += row->blob(0);
    }
    return out;
  }

  static bool put_snapshot(db::Tx& tx, const std::string& document, std::int64_t generation,
                           std::int64_t last, std::string_view bytes) {
    const auto parts =
        bytes.empty() ? 0 : static_cast<std::int64_t>((bytes.size() - 1) / kPartBytes);
    const auto part = [&](std::int64_t number) {
      const std::size_t begin = static_cast<std::size_t>(number) * kPartBytes;
      return db::Blob{std::string(bytes.substr(begin, kPartBytes))};
    };
    const bool put =
        generation > 0
            ? tx.execute(
                  "UPDATE collab_snapshots SET generation = $3, last = $4, bytes = $5, "
                  "parts = $6 WHERE document = $1 AND generation = $2",
                  {document, generation, generation + 1, last, part(0), parts}) == 1
            : tx.execute(
                  "INSERT INTO collab_snapshots (document, generation, last, bytes, parts) "
                  "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (document) DO NOTHING",
                  {document, generation + 1, last, part(0), parts}) == 1;
    if (!put) return false;
    tx.execute("DELETE FROM collab_snapshot_parts WHERE document = $1", {document});
    for (std::int64_t number = 1; number <= parts; ++number) {
      tx.execute("INSERT INTO collab_snapshot_parts (document, part, bytes) VALUES ($1, $2, $3)",
                 {document, number, part(number)});
    }
    return true;
  }

  void enqueue(Task task) {
    bool late = false;
    {
      const std::lock_guard lock(mutex_);
      late = stop_;
      if (!late) tasks_.push_back(std::move(task));
    }
    if (late) return task.done({.failure = std::make_exception_ptr(stopped())});
    wake_.notify_one();
  }

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return stop_ || !appends_.empty() || !tasks_.empty(); });
      if (stop_ && appends_.empty() && tasks_.empty()) return;
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
    for (std::size_t next = 0; next < append.updates.size();) {
      std::string bytes;
      const std::int64_t count = next_row(append.updates, next, bytes);
      // What the other wrote may be in a snapshot already, and the numbers free again.
      const auto put = tx.execute(
          "INSERT INTO collab_updates (document, number, updates, bytes) SELECT $1, $2, $3, $4 "
          "WHERE NOT EXISTS (SELECT 1 FROM collab_snapshots WHERE document = $1 AND last >= $2)",
          {append.document, after + 1, count, db::Blob{std::move(bytes)}});
      if (put != 1) throw db::UniqueViolation("a snapshot holds more than the writer knows");
      after += count;
    }
    return {.last = after};
  }

  // As many of the updates as share a row.
  static std::int64_t next_row(const std::vector<std::string>& updates, std::size_t& next,
                               std::string& bytes) {
    const std::size_t first = next, most = first + kMostInRow;
    std::size_t size = 0;
    do size += updates[next++].size();
    while (next < updates.size() && next < most && size + updates[next].size() <= kRowBytes);
    if (next - first == 1) {
      bytes = updates[first];
      return 1;
    }
    bytes.reserve(size + 4 * (next - first));
    for (std::size_t i = first; i < next; ++i) put_bytes(bytes, updates[i]);
    return static_cast<std::int64_t>(next - first);
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
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<SqlStore> open_sql_store(db::Database& database, StoreOptions options) {
  return std::make_unique<Sql>(database, std::move(options));
}

}  // namespace ob::collab
