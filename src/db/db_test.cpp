#include "db/db.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/error.h"

namespace ob::db {
namespace {

class DbTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ob_db_XXXXXX";
    directory_ = mkdtemp(name);
    database_ = open(url());
    database_->migrate("test", kFirst);
  }
  void TearDown() override {
    database_.reset();
    std::filesystem::remove_all(directory_);
  }
  std::string url() const { return "sqlite://" + directory_ + "/sub/a.db"; }

  static constexpr Migration kFirst[] = {
      {1,
       "CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT UNIQUE, x DOUBLE PRECISION, b {blob});"
       "CREATE TABLE child (t BIGINT NOT NULL REFERENCES t (id))"}};
  std::string directory_;
  std::unique_ptr<Database> database_;
};

TEST_F(DbTest, KeepsEveryType) {
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

TEST_F(DbTest, FileIsPrivate) {
  struct stat info;
  ASSERT_EQ(stat((directory_ + "/sub/a.db").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(DbTest, RefusesUnknownUrls) {
  EXPECT_THROW(open("mysql://x"), Error);
  EXPECT_THROW(open("sqlite://relative.db"), Error);
  EXPECT_THROW(open("sqlite:///proc/nowhere/a.db"), Error);
}

TEST_F(DbTest, ConstraintsAndRollback) {
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

TEST_F(DbTest, MisuseIsNamed) {
  EXPECT_THROW(database_->read([](Tx& tx) { tx.execute("DELETE FROM t"); }), Error);
  EXPECT_THROW(database_->read([](Tx& tx) { tx.query("SELECT $1, $2", {"one"}); }), Error);
  EXPECT_THROW(database_->read([](Tx& tx) { tx.query("SELECT ?", {"one"}); }), Error);
  EXPECT_THROW(database_->read([](Tx& tx) { tx.query("SELECT 1; SELECT 2"); }), Error);
  EXPECT_THROW(database_->read([](Tx& tx) { tx.query("SELECT \"nothing\""); }), Error);
  EXPECT_THROW(database_->write([&](Tx&) { database_->write([](Tx&) {}); }), Error);
  database_->write([](Tx& tx) { tx.execute("INSERT INTO t (id) VALUES (1)"); });
}

TEST_F(DbTest, ReadsAreSnapshots) {
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

TEST_F(DbTest, MigrationsRunOnceInOrder) {
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

TEST_F(DbTest, FailedMigrationLeavesNothing) {
  static constexpr Migration kBroken[] = {
      {1, "CREATE TABLE half (a BIGINT); CREATE TABLE half ()"}};
  EXPECT_THROW(database_->migrate("broken", kBroken), Error);
  static constexpr Migration kMended[] = {{1, "CREATE TABLE half (a BIGINT)"}};
  database_->migrate("broken", kMended);
}

TEST_F(DbTest, ManyThreads) {
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
TEST_F(DbTest, SurvivesKill) {
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

}  // namespace
}  // namespace ob::db
