// What the housekeeper does: checkpoints behind the commits, and the clean-up of the log.
#include <gmock/gmock.h>

#include <chrono>
#include <latch>

#include "base/time.h"
#include "delta/log_cleanup.h"
#include "delta/snapshot.h"
#include "delta/testing.h"

namespace ob::delta {
namespace {

using testing::error_id;
using testing::field;
using testing::file;
using testing::TableTest;
using testing::write_file;
namespace fs = std::filesystem;

constexpr Micros kDay = Micros{86'400} * 1'000'000;

class CleanupTest : public TableTest {
 protected:
  static void set_age(const fs::path& path, Micros age) {
    const std::chrono::microseconds since(now_micros() - age);
    fs::last_write_time(path, std::chrono::file_clock::from_sys(
                                  std::chrono::sys_time<std::chrono::microseconds>(since)));
  }
  // A table with commits 0 … last; commit v is (last - v) * age old.
  void aged(std::int64_t last, Micros age, std::map<std::string, std::string> configuration) {
    create({field("a", "BIGINT")}, std::move(configuration));
    for (std::int64_t v = 1; v <= last; ++v) append("f" + std::to_string(v));
    for (std::int64_t v = 0; v <= last; ++v) set_age(commit_path(v), (last - v) * age);
    table = open();
  }
  bool has(std::int64_t version) { return fs::exists(commit_path(version)); }
};

TEST_F(CleanupTest, RemovesWhatNoRetainedVersionNeeds) {
  aged(35, kDay, {{"delta.logRetentionDuration", "interval 10 days"}});
  write_file(log(padded(4) + ".crc"), "{}");
  write_file(log(padded(24) + ".crc"), "{}");
  EXPECT_TRUE(has(0));
  table->snapshot();
  for (int i = 36; i <= 40; ++i) append("f" + std::to_string(i));  // the checkpoint of 40 cleans
  // Version 25, and perhaps 24, is the oldest to keep; it needs the checkpoint of 20.
  EXPECT_FALSE(has(0));
  EXPECT_FALSE(has(19));
  EXPECT_FALSE(fs::exists(log(padded(10) + ".checkpoint.parquet")));
  EXPECT_FALSE(fs::exists(log(padded(4) + ".crc")));
  EXPECT_TRUE(fs::exists(log(padded(24) + ".crc")));
  EXPECT_TRUE(has(20));
  EXPECT_TRUE(fs::exists(log(padded(20) + ".checkpoint.parquet")));
  const auto other = open();
  EXPECT_EQ(other->snapshot()->files().size(), 40u);
  EXPECT_EQ(other->snapshot_at(20)->files().size(), 20u);
  EXPECT_EQ(other->snapshot_at(27)->files().size(), 27u);
  EXPECT_EQ(error_id([&] { other->snapshot_at(19); }), "delta.noSuchVersion");
  EXPECT_EQ(other->snapshot_before(now_micros() - 9 * kDay)->version(), 26);
}

TEST_F(CleanupTest, KeepsAllThatMayBeAskedFor) {
  aged(29, kDay, {});  // thirty days by default
  table->snapshot();
  append("x");
  EXPECT_TRUE(has(0));
}

TEST_F(CleanupTest, NothingGoesForABrokenCheckpoint) {
  aged(35, kDay, {{"delta.logRetentionDuration", "interval 10 days"}});
  write_file(log(padded(20) + ".checkpoint.parquet"), "broken");
  table->snapshot();
  for (int i = 36; i <= 40; ++i) append("f" + std::to_string(i));
  EXPECT_TRUE(fs::exists(log(padded(40) + ".checkpoint.parquet")));
  EXPECT_TRUE(has(0));
  EXPECT_EQ(open()->snapshot_at(22)->files().size(), 22u);
}

TEST_F(CleanupTest, CanBeTurnedOff) {
  aged(9, 100 * kDay, {{"delta.enableExpiredLogCleanup", "false"}});
  append("x");
  EXPECT_TRUE(fs::exists(log(padded(10) + ".checkpoint.parquet")));
  EXPECT_TRUE(has(0));
}

TEST_F(CleanupTest, WithoutAnOldCheckpointNothingGoes) {
  aged(9, 100 * kDay, {});
  append("x");
  EXPECT_TRUE(has(0));
  EXPECT_EQ(open()->snapshot_at(0)->files().size(), 0u);
}

TEST_F(CleanupTest, SidecarsGoWithTheirCheckpoints) {
  aged(29, 10 * kDay,
       {{"delta.checkpointPolicy", "v2"}, {"delta.logRetentionDuration", "interval 60 days"}});
  const auto sidecars = [&] {
    int out = 0;
    for (const auto& e : fs::directory_iterator(log("_sidecars"))) out += e.is_regular_file();
    return out;
  };
  EXPECT_EQ(sidecars(), 2);
  for (const auto& e : fs::directory_iterator(log("_sidecars"))) set_age(e.path(), 3 * kDay);
  table->snapshot();
  append("x");
  EXPECT_FALSE(has(19));
  EXPECT_TRUE(has(20));
  EXPECT_EQ(sidecars(), 2);  // those of 20 and 30
  EXPECT_EQ(open()->snapshot_at(20)->files().size(), 20u);
  EXPECT_EQ(open()->snapshot()->files().size(), 30u);
}

TEST_F(CleanupTest, TheHousekeeperWorksBehindTheCommits) {
  const auto housekeeper = make_housekeeper();
  std::latch begin(1);
  housekeeper->add("other", [&] { begin.wait(); });
  table = open_table(store, "t", parquet, housekeeper.get());
  create();
  for (int i = 0; i < 35; ++i) append("f" + std::to_string(i));
  EXPECT_EQ(parquet.writes, 0);  // no commit waited for it
  begin.count_down();
  housekeeper->wait_until_idle();
  EXPECT_EQ(parquet.writes, 1);  // three were due: the newest stands for all
  for (int v = 0; v < 35; ++v) fs::remove(commit_path(v));
  EXPECT_EQ(open()->snapshot()->files().size(), 35u);
}

TEST_F(CleanupTest, TheHousekeeperOutlivesFailures) {
  const auto housekeeper = make_housekeeper();
  std::atomic<int> done = 0;
  housekeeper->add("a", [] { throw Error(500, "internal", "no room"); });
  housekeeper->add("b", [&] { ++done; });
  housekeeper->wait_until_idle();
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace ob::delta
