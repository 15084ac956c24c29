#include "db/db.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "db/testing.h"
#include "db/usage.h"

namespace ob::db {
namespace {

// What both dialects do alike.
class DbTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ob_db_XXXXXX";
    directory_ = mkdtemp(name);
    url_ = GetParam() == "postgres" ? testing::postgres().create_database()
                                    : "sqlite://" + directory_ + "/sub/a.db";
    database_ = open(url_);
    database_->migrate("test", kFirst);
  }
  void TearDown() override {
    database_.reset();
    std::filesystem::remove_all(directory_);
  }
  std::string url() const { return url_; }

  static constexpr Migration kFirst[] = {
      {1,
       "CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT UNIQUE, x DOUBLE PRECISION, b {blob});"
       "CREATE TABLE child (t BIGINT NOT NULL REFERENCES t (id))"}};
  std::string directory_, url_;
  std::unique_ptr<Database> database_;
};

INSTANTIATE_TEST_SUITE_P(, DbTest, ::testing::Values("sqlite", "postgres"),
                         [](const auto& test) { return test.param; });

TEST_P(DbTest, KeepsEveryType) {
  database_->write([](Tx& tx) {
    EXPECT_EQ(tx.execute("INSERT INTO t (b, x, name, id) VALUES ($4, $3, $2, $1)",
                         {std::int64_t{7}, "näme", 2.0, Blob{std::string("\0\1", 2)}}),
              1);
    tx.execute("INSERT INTO t (id, name) VALUES ($1, $2)", {std::int64_t{8}, nullptr});
  });
  database_->read([](Tx& tx) {
    auto rows = tx.query("SELECT id, name, x, b FROM t ORDER BY id");
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0].integer(0), 7);
    EXPECT_EQ(rows[0].text(1), "näme");
    EXPECT_EQ(rows[0].real(2), 2.0);
    EXPECT_EQ(rows[0].blob(3), std::string("\0\1", 2));
    EXPECT_TRUE(rows[1].is_null(1));
    EXPECT_EQ(rows[1].optional_text(1), std::nullopt);
    EXPECT_THROW(rows[1].text(0), Error);
    EXPECT_THROW(rows[1].text(9), Error);
  });
}

TEST_P(DbTest, Usage) {
  const Usage usage = usage_of(*database_);
  EXPECT_EQ(usage.kind, GetParam() == "postgres" ? "PostgreSQL" : "SQLite");
  EXPECT_TRUE(std::isdigit(static_cast<unsigned char>(usage.version.at(0)))) << usage.version;
  EXPECT_EQ(usage.version.find(' '), std::string::npos) << usage.version;
  EXPECT_GT(usage.bytes, 0);
  EXPECT_LE(usage.idle, usage.open);
  EXPECT_EQ(usage.most > 0, GetParam() == "postgres");
  if (usage.most == 0) return;
  // One that is lent is open and not idle.
  database_->read([&](Tx&) {
    const Usage inside = usage_of(*database_);
    EXPECT_GE(inside.open - inside.idle, 1);
  });
}

TEST_P(DbTest, ConstraintsAndRollback) {
  EXPECT_THROW(database_->write([](Tx& tx) {
    tx.execute("INSERT INTO t (id, name) VALUES ($1, $2)", {std::int64_t{1}, "a"});
    tx.execute("INSERT INTO t (id, name) VALUES ($1, $2)", {std::int64_t{2}, "a"});
  }),
               UniqueViolation);
  EXPECT_THROW(database_->write([](Tx& tx) { tx.execute("INSERT INTO child (t) VALUES (99)"); }),
               Error);
  auto count =
      database_->reading([](Tx& tx) { return tx.query_one("SELECT count(*) FROM t")->integer(0); });
  EXPECT_EQ(count, 0);
}

TEST_P(DbTest, MisuseIsNamed) {
  EXPECT_THROW(database_->read([](Tx& tx) { tx.execute("DELETE FROM t"); }), Error);
  EXPECT_THROW(database_->read([](Tx& tx) { tx.query("SELECT $1, $2", {"one"}); }), Error);
  EXPECT_THROW(database_->read([](Tx& tx) { tx.query("SELECT ?", {"one"}); }), Error);
  EXPECT_THROW(database_->read([](Tx& tx) { tx.query("SELECT 1; SELECT 2"); }), Error);
  EXPECT_THROW(database_->read([](Tx& tx) { tx.query("SELECT \"nothing\""); }), Error);
  EXPECT_THROW(database_->write([&](Tx&) { database_->write([](Tx&) {}); }), Error);
  database_->write([](Tx& tx) { tx.execute("INSERT INTO t (id) VALUES (1)"); });
}

// What aggregates, comparisons and literals are in PostgreSQL has other types than BIGINT.
TEST_P(DbTest, ExpressionsHaveTheSameTypes) {
  database_->write([](Tx& tx) {
    tx.execute("INSERT INTO t (id, x) VALUES (9000000000000000, 0.5), (-3, 1e300), (0, -2)");
  });
  database_->read([](Tx& tx) {
    const auto sums =
        tx.query_one("SELECT sum(id), max(id), count(*), sum(x) FROM t WHERE id <= 0");
    EXPECT_EQ(sums->integer(0), -3);
    EXPECT_EQ(sums->integer(1), 0);
    EXPECT_EQ(sums->integer(2), 2);
    EXPECT_EQ(sums->real(3), 1e300);
    EXPECT_EQ(tx.query_one("SELECT sum(id) FROM t")->integer(0), 8999999999999997);
    EXPECT_EQ(tx.query_one("SELECT sum(id) FROM t WHERE id = 0")->integer(0), 0);
    EXPECT_EQ(tx.query_one("SELECT sum(id) FROM t WHERE id = 20000")->optional_integer(0),
              std::nullopt);
    EXPECT_EQ(tx.query_one("SELECT 1, 'a' || 'b', 2 > 1, NULL")->integer(2), 1);
    EXPECT_EQ(tx.query_one("SELECT 1, 'a' || 'b', 2 > 1, NULL")->text(1), "ab");
    EXPECT_EQ(tx.query_one("SELECT EXISTS (SELECT 1 FROM t WHERE id = 5)")->integer(0), 0);
    EXPECT_EQ(
        tx.query_one("SELECT x FROM t WHERE x < $1 AND x > $2", {std::int64_t{1}, 0.25})->real(0),
        0.5);
    EXPECT_EQ(tx.query_one("SELECT count(*) FROM t WHERE $1 = '' OR name = $1", {""})->integer(0),
              3);
    EXPECT_EQ(tx.query("SELECT id FROM t ORDER BY id LIMIT $1 OFFSET $2",
                       {std::int64_t{1}, std::int64_t{1}})
                  .at(0)
                  .integer(0),
              0);
  });
}

// The same statement with NULL, then with a value.
TEST_P(DbTest, NullTakesTheTypeOfItsPlace) {
  const auto* sql = "INSERT INTO t (id, name, x, b) VALUES ($1, $2, $3, $4)";
  database_->write([&](Tx& tx) {
    tx.execute(sql, {std::int64_t{1}, nullptr, nullptr, nullptr});
    tx.execute(sql, {std::int64_t{2}, "two", 2.5, Blob{""}});
    tx.execute("UPDATE t SET x = coalesce($2, x), name = coalesce($3, name) WHERE id = $1",
               {std::int64_t{2}, nullptr, nullptr});
  });
  database_->read([](Tx& tx) {
    const auto row = tx.query_one("SELECT name, x, b FROM t WHERE id = 2");
    EXPECT_EQ(row->text(0), "two");
    EXPECT_EQ(row->real(1), 2.5);
    EXPECT_EQ(row->blob(2), "");
    EXPECT_EQ(tx.query_one("SELECT count(*) FROM t WHERE x IS NULL AND b IS NULL")->integer(0), 1);
  });
}

TEST_P(DbTest, TextIsOrderedByItsBytes) {
  database_->write([](Tx& tx) {
    std::int64_t id = 0;
    for (const auto* name : {"b", "B", "a_c", "ab", "a-c", "Z", "é", "~", "a c", "ä", "10", "9"}) {
      tx.execute("INSERT INTO t (id, name) VALUES ($1, $2)", {++id, name});
    }
  });
  database_->read([](Tx& tx) {
    std::vector<std::string> names;
    for (const auto& row : tx.query("SELECT name FROM t ORDER BY name"))
      names.push_back(row.text(0));
    EXPECT_TRUE(std::ranges::is_sorted(names));
    EXPECT_EQ(names.size(), 12u);
    EXPECT_EQ(tx.query_one("SELECT count(*) FROM t WHERE name > $1", {"Z"})->integer(0), 8);
    EXPECT_EQ(tx.query_one("SELECT max(name) FROM t")->text(0), "é");
  });
}

TEST_P(DbTest, TextThatOneOfThemCannotStoreIsRefused) {
  for (const auto& text :
       {std::string("a\0b", 3), std::string("\xff"), std::string("\xed\xa0\x80")}) {
    try {
      database_->write(
          [&](Tx& tx) { tx.execute("INSERT INTO t (id, name) VALUES (1, $1)", {text}); });
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.id(), "db.badText");
      EXPECT_EQ(error.status(), 400);
    }
  }
}

// Two that each look first and then write, so that only one may.
TEST_P(DbTest, WritesRunAsIfAlone) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        database_->write([](Tx& tx) {
          const auto next = tx.query_one("SELECT coalesce(max(id), 0) + 1 FROM t")->integer(0);
          tx.execute("INSERT INTO t (id) VALUES ($1)", {next});
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  database_->read([](Tx& tx) {
    const auto row = tx.query_one("SELECT count(*), max(id) FROM t");
    EXPECT_EQ(row->integer(0), 80);
    EXPECT_EQ(row->integer(1), 80);
  });
}

TEST_P(DbTest, AFailedStatementEndsTheTransaction) {
  EXPECT_THROW(database_->write([](Tx& tx) {
    tx.execute("INSERT INTO t (id) VALUES (1)");
    tx.query("SELECT nothing FROM nowhere");
  }),
               Error);
  EXPECT_EQ(database_->reading([](Tx& tx) { return tx.query("SELECT id FROM t").size(); }), 0u);
}

TEST_P(DbTest, MoreStatementsThanAreKept) {
  database_->write([](Tx& tx) {
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i < 300; ++i) {
        const auto number = std::to_string(i);
        EXPECT_EQ(tx.query_one("SELECT " + number)->integer(0), i);
      }
    }
  });
}

TEST_P(DbTest, ReadsAreSnapshots) {
  database_->read([&](Tx& reader) {
    EXPECT_EQ(reader.query_one("SELECT count(*) FROM t")->integer(0), 0);
    std::thread([&] {
      database_->write([](Tx& tx) { tx.execute("INSERT INTO t (id) VALUES (1)"); });
    }).join();
    EXPECT_EQ(reader.query_one("SELECT count(*) FROM t")->integer(0), 0);
    database_->read(
        [](Tx& inner) { EXPECT_EQ(inner.query_one("SELECT count(*) FROM t")->integer(0), 1); });
  });
}

TEST_P(DbTest, MigrationsRunOnceInOrder) {
  static constexpr Migration kNext[] = {kFirst[0],
                                        {2, "ALTER TABLE t ADD COLUMN extra TEXT DEFAULT 'e'"}};
  database_->migrate("test", kNext);
  database_ = open(url());
  database_->migrate("test", kNext);
  database_->read([](Tx& tx) {
    EXPECT_EQ(
        tx.query_one("SELECT count(*) FROM schema_migrations WHERE module='test'")->integer(0), 2);
  });
  EXPECT_THROW(database_->migrate("test", kFirst), Error);  // written by a newer release
  static constexpr Migration kGap[] = {{2, "SELECT 1"}};
  EXPECT_THROW(database_->migrate("other", kGap), Error);
}

TEST_P(DbTest, FailedMigrationLeavesNothing) {
  static constexpr Migration kBroken[] = {
      {1, "CREATE TABLE half (a BIGINT); CREATE TABLE half ()"}};
  EXPECT_THROW(database_->migrate("broken", kBroken), Error);
  static constexpr Migration kMended[] = {{1, "CREATE TABLE half (a BIGINT)"}};
  database_->migrate("broken", kMended);
}

TEST_P(DbTest, ManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        database_->write([&](Tx& tx) {
          tx.execute("INSERT INTO t (id) VALUES ($1)", {std::int64_t{t * 100 + i}});
        });
        database_->read([](Tx& tx) { tx.query("SELECT * FROM t"); });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  database_->read(
      [](Tx& tx) { EXPECT_EQ(tx.query_one("SELECT count(*) FROM t")->integer(0), 80); });
}

// A writer is killed at random points; every commit it reported is there afterwards.
TEST_P(DbTest, SurvivesKill) {
  database_.reset();
  std::int64_t id = 0;
  for (int round = 0; round < 5; ++round) {
    int channel[2];
    ASSERT_EQ(pipe(channel), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto mine = open(url());
      for (std::int64_t n = id + 1;; ++n) {
        mine->write([&](Tx& tx) { tx.execute("INSERT INTO t (id) VALUES ($1)", {n}); });
        if (::write(channel[1], &n, sizeof n) != sizeof n) _exit(1);
      }
    }
    close(channel[1]);
    usleep(20'000 + 7'000 * round);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    std::int64_t acknowledged = id, n;
    while (::read(channel[0], &n, sizeof n) == sizeof n) acknowledged = n;
    close(channel[0]);
    auto after = open(url());
    id = after->reading(
        [](Tx& tx) { return tx.query_one("SELECT coalesce(max(id), 0) FROM t")->integer(0); });
    EXPECT_GE(id, acknowledged);
    EXPECT_LE(id, acknowledged + 1);
  }
}

TEST(Sqlite, FileIsPrivate) {
  char name[] = "/tmp/ob_db_XXXXXX";
  const std::string directory = mkdtemp(name);
  open("sqlite://" + directory + "/sub/a.db");
  struct stat info;
  ASSERT_EQ(stat((directory + "/sub/a.db").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  std::filesystem::remove_all(directory);
}

TEST(DatabaseUrl, UnknownOnesAreRefused) {
  EXPECT_THROW(open("mysql://x"), Error);
  EXPECT_THROW(open("sqlite://relative.db"), Error);
  EXPECT_THROW(open("sqlite:///proc/nowhere/a.db"), Error);
}

}  // namespace
}  // namespace ob::db
