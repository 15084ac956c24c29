#include "delta/maintenance.h"

#include <gmock/gmock.h>

#include <chrono>

#include "base/time.h"
#include "delta/deletion_vector.h"
#include "delta/testing.h"

namespace ob::delta {
namespace {

using ::testing::ElementsAre;
using testing::error_id;
using testing::field;
using testing::file;
using testing::TableTest;
using testing::write_file;
namespace fs = std::filesystem;

constexpr Micros kHour = Micros{3600} * 1'000'000;

class MaintenanceTest : public TableTest {
 protected:
  fs::path data(const std::string& name) const { return dir / "t" / name; }
  void make(const std::string& name, Micros age = 0) {
    write_file(data(name), "x");
    set_age(data(name), age);
  }
  static void set_age(const fs::path& path, Micros age) {
    const std::chrono::microseconds at(now_micros() - age);
    fs::last_write_time(path, std::chrono::file_clock::from_sys(
                                  std::chrono::sys_time<std::chrono::microseconds>(at)));
  }
  std::int64_t add(const std::string& name, Micros age = 0) {
    make(name, age);
    const auto version = append(name);
    return version;
  }
  std::vector<std::string> vacuum(Micros retention) {
    return plan_vacuum(*table, {.cutoff = now_micros() - retention}).paths;
  }
  // The commit's file and its tombstones as if all had happened so long ago.
  void remove_long_ago(const std::string& name, Micros age) {
    auto request = remove_request(name);
    std::get<Remove>(request.actions[0]).deletion_timestamp = (now_micros() - age) / 1000;
    table->commit(request);
  }
};

TEST_F(MaintenanceTest, VacuumTakesWhatNoRetainedVersionNeeds) {
  create();
  for (const char* name : {"live", "gone", "lately"}) add(name, 300 * kHour);
  for (int v = 0; v <= 3; ++v) set_age(commit_path(v), 300 * kHour);
  remove_long_ago("gone", 200 * kHour);
  set_age(commit_path(4), 200 * kHour);
  remove_long_ago("lately", 100 * kHour);
  set_age(commit_path(5), 100 * kHour);
  make("orphan", 300 * kHour);
  make("young-orphan", 1 * kHour);
  make("staging-x/part", 300 * kHour);
  make("_hidden/a", 300 * kHour);
  make(".hidden", 300 * kHour);
  make("_p=1/orphan", 300 * kHour);
  make("_change_data/c", 300 * kHour);
  make("a/_odd", 300 * kHour);
  table = open();
  EXPECT_THAT(vacuum(168 * kHour),
              ElementsAre("_change_data/c", "_p=1/orphan", "gone", "orphan", "staging-x/part"));
  // Where more is to be retained, what was live then stays.
  EXPECT_THAT(vacuum(250 * kHour),
              ElementsAre("_change_data/c", "_p=1/orphan", "orphan", "staging-x/part"));
  EXPECT_THAT(vacuum(0), ElementsAre("_change_data/c", "_p=1/orphan", "gone", "lately", "orphan",
                                     "staging-x/part", "young-orphan"));
  const auto plan = plan_vacuum(*table, {.cutoff = now_micros() - 168 * kHour});
  EXPECT_EQ(plan.bytes, 5);
  EXPECT_EQ(plan.directories, 4u);  // its own, staging-x, _p=1, _change_data
  EXPECT_EQ(delete_files(*table, plan.paths, {}), 5u);
  EXPECT_TRUE(fs::exists(data("live")));
  EXPECT_TRUE(fs::exists(data("lately")));
  EXPECT_FALSE(fs::exists(data("gone")));
  EXPECT_FALSE(fs::exists(data("staging-x")));
  EXPECT_TRUE(fs::exists(commit_path(0)));
}

TEST_F(MaintenanceTest, VacuumKnowsNamesInEverySpelling) {
  create();
  make("a b%20c.parquet", 300 * kHour);
  make("d.parquet", 300 * kHour);
  append("a%20b%2520c.parquet");
  append(table->location() + "/d.parquet");
  EXPECT_THAT(vacuum(0), ElementsAre());
}

TEST_F(MaintenanceTest, VacuumKeepsDeletionVectorsInUse) {
  create({field("a", "BIGINT")}, {{"delta.enableDeletionVectors", "true"}});
  const DeletionVector used{"u", "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6};
  const auto path = *vector_path(used, table->location());
  make(path, 300 * kHour);
  make("deletion_vector_00000000-0000-0000-0000-000000000000.bin", 300 * kHour);
  auto with = file("x", 10);
  make("x", 300 * kHour);
  with.deletion_vector = used;
  table->commit(append_request({with}));
  EXPECT_THAT(vacuum(0), ElementsAre("deletion_vector_00000000-0000-0000-0000-000000000000.bin"));
  // A file elsewhere, which a hostile log names, is none of ours.
  testing::write_file(commit_path(2), to_json_line(Add{.path = "../../etc/passwd"}) + "\n");
  EXPECT_EQ(vacuum(0).size(), 1u);
}

TEST_F(MaintenanceTest, VacuumCanBeStopped) {
  create();
  for (int i = 0; i < 500; ++i) make("f" + std::to_string(i), 300 * kHour);
  const auto stop = [] { throw Error(499, "query.cancelled", "stop"); };
  EXPECT_EQ(error_id([&] { plan_vacuum(*table, {.cutoff = now_micros(), .check = stop}); }),
            "query.cancelled");
  EXPECT_EQ(error_id([&] { delete_files(*table, vacuum(0), stop); }), "query.cancelled");
  EXPECT_GT(vacuum(0).size(), 0u);
}

TEST_F(MaintenanceTest, RestoreGivesBackRowsAndSchema) {
  create();
  add("a");
  add("b");
  table->commit(remove_request("a"));
  add("c");
  auto wider = table->snapshot()->metadata();
  wider.schema.push_back(field("more", "STRING"));
  wider.configuration["x.y"] = "1";
  table->commit({.operation = "ADD COLUMNS", .actions = {wider}, .base = table->snapshot()});
  auto request = restore_request(*table, table->snapshot_at(2));
  EXPECT_EQ(request.metrics.at("numRestoredFiles"), 1);
  EXPECT_EQ(request.metrics.at("numRemovedFiles"), 1);
  EXPECT_EQ(request.metrics.at("numOfFilesAfterRestore"), 2);
  EXPECT_EQ(table->commit(request), 6);
  const auto now = open()->snapshot();
  EXPECT_THAT(paths(now), ::testing::UnorderedElementsAre("a", "b"));
  EXPECT_EQ(now->schema().size(), 1u);
  EXPECT_FALSE(now->metadata().configuration.contains("x.y"));
  // Nothing is left to do.
  EXPECT_TRUE(restore_request(*table, table->snapshot_at(2)).actions.empty());
  // Any change meanwhile matters to it.
  request = restore_request(*table, table->snapshot_at(4));
  append("meanwhile");
  EXPECT_EQ(error_id([&] { table->commit(request); }), "delta.conflict");
  fs::remove(data("c"));
  EXPECT_EQ(error_id([&] { restore_request(*table, table->snapshot_at(4)); }),
            "delta.filesVacuumed");
}

TEST_F(MaintenanceTest, FilesOfFailedCommitsAreDeleted) {
  create();
  add("old");
  const auto base = table->snapshot();
  table->commit(remove_request("old"));
  make("fresh");
  auto request = remove_request("old", base);
  request.actions.emplace_back(file("fresh"));
  EXPECT_EQ(error_id([&] { commit_or_discard(*table, request); }), "delta.conflict");
  EXPECT_FALSE(fs::exists(data("fresh")));
  EXPECT_TRUE(fs::exists(data("old")));
  // Who knows whether it will appear.
  make("maybe");
  spy->fail_puts = 1000;
  EXPECT_EQ(error_id([&] { commit_or_discard(*table, append_request({file("maybe")})); }),
            kUnknownOutcome);
  EXPECT_TRUE(fs::exists(data("maybe")));
  spy->fail_puts = 0;
  EXPECT_EQ(commit_or_discard(*table, append_request({file("maybe")})), 3);
  EXPECT_TRUE(fs::exists(data("maybe")));
}

TEST_F(MaintenanceTest, AVectorsCommitKeepsItsDataFile) {
  create({field("a", "BIGINT")}, {{"delta.enableDeletionVectors", "true"}});
  add("x");
  auto request = remove_request("x");
  auto with = file("x", 10);
  with.deletion_vector = DeletionVector{"u", "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6};
  const auto vector = *vector_path(*with.deletion_vector, table->location());
  make(vector);
  request.actions.emplace_back(with);
  discard_files(*table, request);
  EXPECT_TRUE(fs::exists(data("x")));
  EXPECT_FALSE(fs::exists(data(vector)));
}

std::vector<std::vector<std::string>> names(const std::vector<std::vector<const Add*>>& bins) {
  std::vector<std::vector<std::string>> out;
  for (const auto& bin : bins) {
    auto& list = out.emplace_back();
    for (const Add* add : bin) list.push_back(add->path);
  }
  return out;
}

TEST(Compaction, PacksPartitionsInOrder) {
  std::vector<Add> files;
  const auto sized = [&](const char* path, std::int64_t size, const char* p = "1") {
    auto add = file(path, 100, {{"p", p}});
    add.size = size;
    files.push_back(add);
  };
  sized("a", 40);
  sized("b", 30);
  sized("other", 10, "2");
  sized("large", 90);
  sized("c", 50);
  sized("d", 20);
  sized("lone", 60);
  std::vector<const Add*> all;
  for (const auto& add : files) all.push_back(&add);
  using Names = std::vector<std::vector<std::string>>;
  EXPECT_EQ(names(plan_compaction(all, 100, false)), (Names{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(names(plan_compaction(all, 100, true)),
            (Names{{"a", "b", "large", "c", "d", "lone"}, {"other"}}));
  // Many deleted rows are a reason of their own.
  files[3].deletion_vector = DeletionVector{"i", "x", {}, 1, 4};
  EXPECT_EQ(names(plan_compaction({&files[3]}, 100, false)), Names{});
  files[3].deletion_vector->cardinality = 5;
  EXPECT_EQ(names(plan_compaction({&files[3]}, 100, false)), (Names{{"large"}}));
}

TEST(Compaction, ReadsSizes) {
  EXPECT_EQ(parse_size("1000"), 1000);
  EXPECT_EQ(parse_size("128mb"), 128 << 20);
  EXPECT_EQ(parse_size("1 GB"), 1 << 30);
  EXPECT_EQ(parse_size("4k"), 4096);
  EXPECT_EQ(parse_size("5b"), 5);
  for (const char* bad : {"", "mb", "0", "-1", "1x", "99999999999999gb"}) {
    EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace ob::delta
