#include "db/postgres.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <random>
#include <thread>
#include <vector>

#include "base/ids.h"
#include "base/log.h"
#include "base/time.h"
#include "db/migrate.h"
#include "db/postgres_pool.h"
#include "db/usage.h"

namespace ob::db {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using Failure = PostgresConnection::Failure;

constexpr int kOldestServer = 130000;                      // pg_current_xact_id()
constexpr std::int64_t kMigrationLock = 0x6f62'6d69'6772;  // any number, but always the same
constexpr int kMigrationLockMs = 600'000;

// Each write leaves a row with an id that sorts by time. It tells whether a COMMIT whose answer was
// lost came about; PostgreSQL's own transaction ids do not, since a crashed server gives the same
// ones again. Such a commit that is found missing is noted itself, as fenced, so that it cannot
// come about afterwards. Old rows are deleted now and then.
constexpr Migration kCommits[] = {
    {1, "CREATE TABLE db_commits (id UUID PRIMARY KEY, fenced BIGINT NOT NULL)"}};
constexpr Micros kCommitsKept = Micros{3600} * 1'000'000;
constexpr std::uint64_t kWritesPerPrune = 1'000;

class PostgresTx : public MigrationTx {
 public:
  explicit PostgresTx(PostgresConnection& connection) : connection_(connection) {}
  std::vector<Row> query(std::string_view sql, std::vector<Value> parameters) override {
    return connection_.query(sql, parameters);
  }
  std::int64_t execute(std::string_view sql, std::vector<Value> parameters) override {
    return connection_.execute(sql, parameters);
  }
  void script(std::string_view sql) override { connection_.script(sql, true); }

 private:
  PostgresConnection& connection_;
};

// The transactions that this thread is inside of, of any database.
struct Inside {
  const void* database;
  bool writing;
};
thread_local std::vector<Inside> inside;

class Entered {
 public:
  Entered(const void* database, bool writing) { inside.push_back({database, writing}); }
  ~Entered() { inside.pop_back(); }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;
};

// The lowest id of version 7 of a time.
std::string uuid_floor(Micros time) {
  const auto ms = static_cast<unsigned long long>(time / 1'000);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%08llx-%04llx-7000-8000-000000000000", ms >> 16,
                ms & 0xffff);
  return text.data();
}

// Waits 1 ms, 2 ms … 128 ms, each times a random part, so that rivals do not meet again.
void back_off(int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const double longest = 1'000.0 * (1 << std::min(attempt, 7));
  std::uniform_real_distribution<double> part(0.2, 1.0);
  std::this_thread::sleep_for(
      std::chrono::microseconds(static_cast<std::int64_t>(longest * part(random))));
}

class PostgresDatabase : public Database, public Measured {
 public:
  PostgresDatabase(const std::string& url, const Options& options)
      : options_(options), pool_(url, options) {
    check_server();
    migrate("db", kCommits);
  }

  void migrate(std::string_view module, std::span<const Migration> migrations) override {
    const Dialect dialect{.blob_type = "BYTEA",
                          .text_type = "TEXT COLLATE \"C\"",
                          .exclusively = [this](const auto& fn) { exclusive(fn); }};
    run_migrations(dialect, module, migrations);
  }

  void read(const std::function<void(Tx&)>& fn) override {
    const bool nested = is_inside(false);
    const Entered entered(this, false);
    for (bool again = true;; again = false) {
      if (try_read(fn, nested, again)) return;
    }
  }

  void write(const std::function<void(Tx&)>& fn) override {
    if (is_inside(true)) {
      throw internal("a write transaction was begun inside another on the same thread");
    }
    const bool nested = is_inside(false);
    const Entered entered(this, true);
    Attempts attempts{.until = Clock::now() + milliseconds(options_.wait_ms)};
    while (!try_write(fn, nested, attempts)) {
    }
  }

  Usage usage() override {
    Usage out{.kind = "PostgreSQL", .most = options_.connections};
    read([&](Tx& tx) {
      const auto row = tx.query_one(
          "SELECT pg_database_size(current_database()), current_setting('server_version')");
      out.bytes = row->integer(0);
      out.version = row->text(1).substr(0, row->text(1).find(' '));
    });
    const auto connections = pool_.use();
    out.open = connections.open;
    out.idle = connections.idle;
    return out;
  }

 private:
  // How often a write was run, and why.
  struct Attempts {
    Clock::time_point until;
    int conflicts = 0;
    bool lost = false, constraint = false;
  };

  // Whether this thread is in a transaction of this database; `writing`: in one that writes.
  bool is_inside(bool writing) const {
    return std::ranges::any_of(inside, [&](const Inside& one) {
      return one.database == this && (one.writing || !writing);
    });
  }

  void check_server();
  bool try_read(const std::function<void(Tx&)>& fn, bool nested, bool may_repeat);
  bool try_write(const std::function<void(Tx&)>& fn, bool nested, Attempts& attempts);
  bool repeat(const PostgresConnection& connection, Attempts& attempts);
  bool committed(const std::string& id);
  void prune(PostgresConnection& connection);
  void exclusive(const std::function<void(MigrationTx&)>& fn);

  const Options options_;
  PostgresPool pool_;
  std::atomic<std::uint64_t> writes_ = 0;
};

void PostgresDatabase::check_server() {
  auto connection = pool_.borrow(false);
  connection->begin_read();
  const auto rows = connection->query(
      "SELECT current_setting('server_version_num')::bigint, current_setting('server_encoding')",
      {});
  connection->end_read();
  if (rows.at(0).integer(0) < kOldestServer) {
    throw Error(500, "db.oldServer", "The metadata database needs PostgreSQL 13 or newer.");
  }
  if (rows.at(0).text(1) != "UTF8") {
    throw Error(500, "db.badEncoding",
                "The metadata database's encoding is " + rows.at(0).text(1) +
                    " and must be UTF8: create it with ENCODING 'UTF8' TEMPLATE template0.");
  }
}

// False: run it again.
bool PostgresDatabase::try_read(const std::function<void(Tx&)>& fn, bool nested, bool may_repeat) {
  auto connection = pool_.borrow(nested);
  try {
    connection->begin_read();
    PostgresTx tx(*connection);
    fn(tx);
  } catch (...) {
    connection->roll_back();
    if (connection->failure() != Failure::lost) throw;
    pool_.drop_idle();
    if (!may_repeat) throw;
    return false;
  }
  // All was read; whether the transaction's end arrives changes nothing.
  try {
    connection->end_read();
  } catch (const Error& error) {
    log::debug("a connection was lost after a read", {{"cause", error.cause()}});
  }
  return true;
}

bool PostgresDatabase::try_write(const std::function<void(Tx&)>& fn, bool nested,
                                 Attempts& attempts) {
  const std::string id = new_uuid();
  {
    auto connection = pool_.borrow(nested);
    connection->begin_write("INSERT INTO db_commits (id, fenced) VALUES ('" + id + "', 0)");
    try {
      PostgresTx tx(*connection);
      fn(tx);
      connection->commit();
      if (writes_++ % kWritesPerPrune == 0) prune(*connection);
      return true;
    } catch (...) {
      connection->roll_back();
      if (!connection->commit_sent() || connection->failure() != Failure::lost) {
        if (repeat(*connection, attempts)) return false;
        throw;
      }
    }
  }
  // The answer to COMMIT was lost.
  pool_.drop_idle();
  if (committed(id)) return true;
  if (attempts.lost) {
    throw Error(503, "db.unavailable",
                "The metadata database cannot be reached at the moment. Try again shortly.",
                "the connection was lost twice");
  }
  attempts.lost = true;
  return false;
}

// Whether a transaction that certainly did not commit should run again.
bool PostgresDatabase::repeat(const PostgresConnection& connection, Attempts& attempts) {
  switch (connection.failure()) {
    case Failure::none:
    case Failure::other:
      return false;
    case Failure::lost:
      pool_.drop_idle();
      return !std::exchange(attempts.lost, true);
    case Failure::constraint:
      // It may have been refused for a row that a concurrent transaction wrote after this one had
      // looked; alone it would have seen that row. The second refusal is meant.
      return !std::exchange(attempts.constraint, true);
    case Failure::conflict:
      if (Clock::now() >= attempts.until) return false;
      back_off(attempts.conflicts++);
      return true;
  }
  throw internal("unknown kind of failure");
}

// Asks the server, once it is back, whether a transaction committed; if not, it never will. Throws
// db.commitUnknown when the server does not say.
bool PostgresDatabase::committed(const std::string& id) {
  const auto until = Clock::now() + milliseconds(options_.wait_ms);
  std::string cause = "the answer to COMMIT was lost";
  while (Clock::now() < until) {
    try {
      const auto connection = pool_.connect();
      // Waits while the transaction is still under way.
      connection->script("INSERT INTO db_commits (id, fenced) VALUES ('" + id +
                         "', 1) ON CONFLICT (id) DO NOTHING");
      const auto rows =
          connection->query("SELECT fenced FROM db_commits WHERE id = '" + id + "'", {});
      return rows.at(0).integer(0) == 0;
    } catch (const Error& error) {
      cause = error.cause();
    }
    std::this_thread::sleep_for(milliseconds(100));
  }
  throw Error(503, "db.commitUnknown",
              "The connection to the metadata database was lost while a change was being saved, so "
              "it may or may not have been made. Look before you try again.",
              cause);
}

void PostgresDatabase::prune(PostgresConnection& connection) {
  try {
    connection.script("DELETE FROM db_commits WHERE id < '" +
                      uuid_floor(now_micros() - kCommitsKept) + "'");
  } catch (const Error& error) {
    log::warn("notes of old commits stay for now", {{"cause", error.cause()}});
  }
}

// Not serializable: the lock is waited for first, and each statement sees what was committed then.
void PostgresDatabase::exclusive(const std::function<void(MigrationTx&)>& fn) {
  if (is_inside(true)) {
    throw internal("a migration was begun inside a write transaction on the same thread");
  }
  auto connection = pool_.borrow(is_inside(false));
  const Entered entered(this, true);
  connection->begin_script(
      "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 0; "
      "SET LOCAL lock_timeout = " +
      std::to_string(kMigrationLockMs) + "; SELECT pg_advisory_xact_lock(" +
      std::to_string(kMigrationLock) + ")");
  try {
    PostgresTx tx(*connection);
    fn(tx);
    connection->commit();
  } catch (...) {
    connection->roll_back();
    throw;
  }
}

}  // namespace

std::unique_ptr<Database> open_postgres(const std::string& url, const Options& options) {
  struct Freer {
    void operator()(PQconninfoOption* o) const { PQconninfoFree(o); }
    void operator()(char* text) const { PQfreemem(text); }
  };
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, Freer> parsed(PQconninfoParse(url.c_str(), &problem));
  const std::unique_ptr<char, Freer> freed(problem);  // not shown: it quotes the URL
  if (!parsed) {
    throw bad_request("db.badUrl",
                      "The database URL cannot be read; write postgresql://user:password@host:port/"
                      "database, with % and two digits for special characters of the password.");
  }
  return std::make_unique<PostgresDatabase>(url, options);
}

}  // namespace ob::db
