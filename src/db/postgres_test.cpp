// What only PostgreSQL does: connections that end, limits, conflicts.
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>

#include "base/error.h"
#include "db/db.h"
#include "db/testing.h"
#include "db/testing_proxy.h"

namespace ob::db {
namespace {

using testing::postgres;
using testing::Proxy;

constexpr Migration kTables[] = {{1,
                                  "CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT UNIQUE);"
                                  "CREATE TABLE child (t BIGINT NOT NULL REFERENCES t (id))"}};

class PostgresTest : public ::testing::Test {
 protected:
  void SetUp() override {
    url_ = postgres().create_database();
    database_ = open_with({});
    database_->migrate("test", kTables);
  }
  std::unique_ptr<Database> open_with(const Options& options) { return open(url_, options); }
  std::string sql(const std::string& text) { return postgres().run(url_, text); }
  static void insert(Database& database, std::int64_t id) {
    database.write([&](Tx& tx) { tx.execute("INSERT INTO t (id) VALUES ($1)", {id}); });
  }
  static std::int64_t count(Database& database) {
    return database.reading(
        [](Tx& tx) { return tx.query_one("SELECT count(*) FROM t")->integer(0); });
  }
  // Ends the sessions of the database but the one that asks.
  void end_sessions() {
    sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = "
        "current_database() AND pid <> pg_backend_pid()");
  }
  template <class Fn>
  static std::string error_of(Fn fn) {
    try {
      fn();
    } catch (const Error& error) {
      EXPECT_TRUE(error.status() != 500) << error.cause();
      return error.id();
    }
    return "none";
  }

  std::string url_;
  std::unique_ptr<Database> database_;
};

TEST_F(PostgresTest, SessionsAreNamedAndLimited) {
  std::string name, timeout, durable;
  database_->read([&](Tx& tx) {
    const auto row = tx.query_one(
        "SELECT current_setting('application_name'), current_setting('statement_timeout'), "
        "current_setting('synchronous_commit')");
    name = row->text(0), timeout = row->text(1), durable = row->text(2);
  });
  EXPECT_EQ(name, "openbricks");
  EXPECT_EQ(timeout, "30s");
  EXPECT_EQ(durable, "on");
}

TEST_F(PostgresTest, ADefaultOfTheServerDoesNotMakeCommitsLessDurable) {
  sql("ALTER ROLE admin SET synchronous_commit = off");
  auto fresh = open_with({});
  const auto durable = fresh->reading(
      [](Tx& tx) { return tx.query_one("SELECT current_setting('synchronous_commit')")->text(0); });
  sql("ALTER ROLE admin RESET synchronous_commit");
  EXPECT_EQ(durable, "on");
}

TEST_F(PostgresTest, EveryColumnOfTextIsOrderedByItsBytes) {
  EXPECT_EQ(sql("SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
                "WHERE c.relnamespace = 'public'::regnamespace AND a.attcollation <> 0 AND "
                "a.attcollation <> (SELECT oid FROM pg_collation WHERE collname = 'C')"),
            "0");
}

TEST_F(PostgresTest, WrongUrlsAndPasswordsAreNamedWithoutTheSecret) {
  const auto says = [](const std::string& url) {
    try {
      open(url);
    } catch (const Error& error) {
      return error.id() + " " + error.what() + " " + error.cause();
    }
    return std::string("nothing");
  };
  const std::string port = std::to_string(postgres().port());
  const auto wrong = says("postgresql://admin:hunter2@127.0.0.1:" + port + "/postgres");
  EXPECT_NE(wrong.find("db.unavailable"), wrong.npos) << wrong;
  EXPECT_NE(wrong.find("password authentication failed"), wrong.npos) << wrong;
  EXPECT_EQ(wrong.find("hunter2"), wrong.npos) << wrong;
  for (const auto* url : {"postgresql://admin:hunter2@[::1/x", "postgresql://u:hunter2@h/x?hunter2",
                          "hunter2:hunter2"}) {
    const auto said = says(url);
    EXPECT_TRUE(said.starts_with("db.badUrl ")) << said;
    if (!std::string_view(url).starts_with("hunter2")) {
      EXPECT_EQ(said.find("hunter2"), said.npos) << said;
    }
  }
}

TEST_F(PostgresTest, IdleConnectionsThatTheServerEndedAreReplaced) {
  insert(*database_, 1);
  end_sessions();
  insert(*database_, 2);
  end_sessions();
  EXPECT_EQ(count(*database_), 2);
}

TEST_F(PostgresTest, AReadThatLosesItsConnectionRunsAgainOnce) {
  int runs = 0;
  const auto lose = [&](int times) {
    runs = 0;
    return [&, times](Tx& tx) {
      tx.query("SELECT 1");
      if (runs++ < times) end_sessions();
      return tx.query_one("SELECT count(*) FROM t")->integer(0);
    };
  };
  EXPECT_EQ(database_->reading(lose(1)), 0);
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(error_of([&] { database_->reading(lose(2)); }), "db.unavailable");
  EXPECT_EQ(runs, 2);
}

TEST_F(PostgresTest, AWriteThatLosesItsConnectionBeforeCommitRunsAgainOnce) {
  int runs = 0;
  database_->write([&](Tx& tx) {
    tx.execute("INSERT INTO t (id) VALUES (1)");
    if (runs++ == 0) end_sessions();
  });
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(count(*database_), 1);
}

TEST_F(PostgresTest, ACommitWhoseAnswerWasLostIsLearned) {
  Proxy proxy(postgres().port());
  auto far = open(proxy.through(url_));
  int runs = 0;
  const auto write = [&](std::int64_t id) {
    runs = 0;
    far->write([&](Tx& tx) {
      ++runs;
      tx.execute("INSERT INTO t (id) VALUES ($1)", {id});
    });
  };
  proxy.cut_at("COMMIT", false);
  write(1);
  EXPECT_EQ(runs, 1);  // it had come about
  proxy.cut_at("COMMIT", true);
  write(2);
  EXPECT_EQ(runs, 2);  // it had not
  EXPECT_EQ(count(*far), 2);
}

TEST_F(PostgresTest, ACommitOfWhichNothingCanBeLearnedSaysSo) {
  Proxy proxy(postgres().port());
  auto far = open(proxy.through(url_), {.wait_ms = 300});
  EXPECT_EQ(error_of([&] {
              far->write([&](Tx& tx) {
                tx.execute("INSERT INTO t (id) VALUES (1)");
                proxy.cut_at("COMMIT", false);
                proxy.refuse(true);
              });
            }),
            "db.commitUnknown");
  EXPECT_EQ(error_of([&] { count(*far); }), "db.unavailable");
  proxy.refuse(false);
  std::this_thread::sleep_for(std::chrono::milliseconds(600));  // so long nobody tries again
  EXPECT_EQ(count(*far), 1);
}

TEST_F(PostgresTest, WhatALostBeginLeavesIsNotACommit) {
  Proxy proxy(postgres().port());
  auto far = open(proxy.through(url_));
  count(*far);
  for (const auto* words : {"BEGIN", "INSERT"}) {
    for (const bool before : {true, false}) {
      proxy.cut_at(words, before);
      far->write(
          [](Tx& tx) { tx.execute("INSERT INTO t (id) SELECT coalesce(max(id), 0) + 1 FROM t"); });
    }
  }
  EXPECT_EQ(count(*far), 4);
}

TEST_F(PostgresTest, CallersWaitForAConnectionAndThenGiveUp) {
  auto small = open_with({.connections = 2, .wait_ms = 300});
  std::barrier both(3);
  std::atomic<bool> go = false;
  std::vector<std::thread> holders;
  for (int i = 0; i < 2; ++i) {
    holders.emplace_back([&] {
      small->read([&](Tx& tx) {
        tx.query("SELECT 1");
        both.arrive_and_wait();
        while (!go) std::this_thread::yield();
        // A read inside a read does not wait for the one that waits for it.
        EXPECT_EQ(count(*small), 0);
      });
    });
  }
  both.arrive_and_wait();
  EXPECT_EQ(error_of([&] { count(*small); }), "db.busy");
  go = true;
  for (auto& holder : holders) holder.join();
  EXPECT_EQ(count(*small), 0);
  EXPECT_EQ(sql("SELECT count(*) <= 4 FROM pg_stat_activity WHERE datname = current_database() "
                "AND application_name = 'openbricks'"),
            "t");
}

TEST_F(PostgresTest, WhenTheServerHasNoConnectionLeft) {
  std::vector<std::unique_ptr<Database>> others;
  // Each holds one. The superuser's reserve is not for this role.
  sql("CREATE ROLE plain LOGIN PASSWORD 'x'; GRANT ALL ON SCHEMA public TO plain; "
      "GRANT ALL ON ALL TABLES IN SCHEMA public TO plain");
  const auto url = "postgresql://plain:x@127.0.0.1:" + std::to_string(postgres().port()) +
                   url_.substr(url_.rfind('/'));
  auto ours = open(url, {.wait_ms = 300});
  for (int i = 0; i < 25; ++i) {
    try {
      others.push_back(open(url));
    } catch (const Error& error) {
      EXPECT_EQ(error.id(), "db.busy");
      EXPECT_EQ(error.status(), 503);
      break;
    }
  }
  EXPECT_LT(others.size(), 20u);
  // Those that are there go on working, one after the other.
  std::vector<std::thread> threads;
  std::atomic<int> done = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { done += count(*ours) == 0 ? 1 : 0; });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done, 4);
  others.clear();
  EXPECT_EQ(count(*ours), 0);
}

TEST_F(PostgresTest, LongStatementsAndLocksEnd) {
  auto quick = open_with({.wait_ms = 200, .statement_ms = 300});
  EXPECT_EQ(error_of([&] { quick->read([](Tx& tx) { tx.query("SELECT pg_sleep(20)::text"); }); }),
            "db.timeout");
  database_->write([&](Tx& tx) {
    tx.execute("LOCK TABLE t");
    EXPECT_EQ(error_of([&] {
                std::jthread([&] { EXPECT_EQ(error_of([&] { insert(*quick, 1); }), "db.busy"); });
              }),
              "none");
  });
  insert(*quick, 1);
}

TEST_F(PostgresTest, AnErrorThatIsPassedOverCommitsNothing) {
  EXPECT_THROW(database_->write([](Tx& tx) {
    tx.execute("INSERT INTO t (id) VALUES (1)");
    EXPECT_THROW(tx.execute("INSERT INTO t (id) VALUES (1)"), UniqueViolation);
  }),
               Error);
  EXPECT_EQ(count(*database_), 0);
}

// The row that refuses the write came after it had looked: run again, it sees the row.
TEST_F(PostgresTest, AConstraintThatAnotherTransactionBrokeIsNoError) {
  int runs = 0;
  const bool inserted = database_->writing([&](Tx& tx) {
    ++runs;
    const bool absent = !tx.query_one("SELECT 1 FROM t WHERE name = 'a'");
    if (runs == 1) sql("INSERT INTO t (id, name) VALUES (7, 'a')");
    if (absent) tx.execute("INSERT INTO t (id, name) VALUES (1, 'a')");
    return absent;
  });
  EXPECT_FALSE(inserted);
  EXPECT_EQ(runs, 2);
  runs = 0;
  EXPECT_THROW(database_->write([&](Tx& tx) {
    ++runs;
    tx.execute("INSERT INTO t (id, name) VALUES (8, 'a')");
  }),
               UniqueViolation);
  EXPECT_EQ(runs, 2);
}

// Each reads what the other writes: one of the two has to run again.
TEST_F(PostgresTest, WriteSkewIsImpossible) {
  database_->write(
      [](Tx& tx) { tx.execute("INSERT INTO t (id, name) VALUES (1, 'on'), (2, 'x')"); });
  for (int round = 0; round < 10; ++round) {
    database_->write([](Tx& tx) { tx.execute("UPDATE t SET name = 'on' || id"); });
    const auto switch_off = [&](std::int64_t id) {
      database_->write([&](Tx& tx) {
        const auto on = tx.query_one("SELECT count(*) FROM t WHERE name LIKE 'on%'")->integer(0);
        if (on > 1) tx.execute("UPDATE t SET name = 'off' || id WHERE id = $1", {id});
      });
    };
    std::thread one([&] { switch_off(1); }), two([&] { switch_off(2); });
    one.join(), two.join();
    EXPECT_EQ(sql("SELECT count(*) FROM t WHERE name LIKE 'on%'"), "1");
  }
}

TEST_F(PostgresTest, DeadlocksRunAgain) {
  insert(*database_, 1), insert(*database_, 2);
  std::barrier both(2);
  std::atomic<int> runs = 0;
  const auto lock = [&](std::int64_t first, std::int64_t second) {
    bool waited = false;
    database_->write([&](Tx& tx) {
      ++runs;
      tx.execute("UPDATE t SET name = NULL WHERE id = $1", {first});
      if (!waited) both.arrive_and_wait();
      waited = true;
      tx.execute("UPDATE t SET name = NULL WHERE id = $1", {second});
    });
  };
  std::thread one([&] { lock(1, 2); }), two([&] { lock(2, 1); });
  one.join(), two.join();
  EXPECT_GT(runs, 2);
}

TEST_F(PostgresTest, InstancesMigrateOneAfterTheOther) {
  static constexpr Migration kSlow[] = {
      {1, "CREATE TABLE m (a TEXT); INSERT INTO m VALUES ('1'); SELECT pg_sleep(0.05)"},
      {2, "ALTER TABLE m ADD COLUMN b TEXT DEFAULT 'TEXT'; UPDATE m SET a = a || '2'"}};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      auto mine = open_with({});
      mine->migrate("slow", kSlow);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(sql("SELECT string_agg(a, ',') FROM m"), "12");
}

// An old instance goes on while a new one changes its tables.
TEST_F(PostgresTest, PlansThatAMigrationOutdatedAreMadeAnew) {
  const auto read = [&] {
    return database_->reading([](Tx& tx) { return tx.query("SELECT * FROM t").size(); });
  };
  insert(*database_, 1);
  EXPECT_EQ(read(), 1u);
  sql("ALTER TABLE t ADD COLUMN extra TEXT");
  EXPECT_EQ(read(), 1u);
}

TEST_F(PostgresTest, AKilledServerLosesNothingAndIsFoundAgain) {
  std::vector<std::thread> threads;
  std::vector<std::int64_t> acknowledged;
  std::vector<std::string> surprises;
  std::mutex mutex;
  std::atomic<bool> stop = false;
  std::atomic<std::int64_t> next = 0;
  std::atomic<int> refused = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (!stop) {
        const auto id = ++next;
        const auto error = error_of([&] { insert(*database_, id); });
        const std::lock_guard lock(mutex);
        if (error == "none") {
          acknowledged.push_back(id);
        } else if (error == "db.unavailable" || error == "db.commitUnknown") {
          ++refused;
        } else {
          surprises.push_back(error);
        }
      }
    });
  }
  for (int round = 0; round < 2; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    postgres().kill();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    postgres().start();
  }
  const auto how_many = [&] {
    const std::lock_guard lock(mutex);
    return acknowledged.size();
  };
  const auto before = how_many();
  while (how_many() < before + 20) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(surprises.empty()) << surprises.front();
  EXPECT_GT(acknowledged.size(), 20u);
  EXPECT_GT(refused, 0);
  database_->read([&](Tx& tx) {
    for (const auto id : acknowledged) {
      EXPECT_TRUE(tx.query_one("SELECT 1 FROM t WHERE id = $1", {id})) << id;
    }
  });
}

}  // namespace
}  // namespace ob::db
