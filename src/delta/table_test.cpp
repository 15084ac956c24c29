#include <gmock/gmock.h>

#include <chrono>
#include <random>
#include <thread>

#include "base/time.h"
#include "delta/checkpoint.h"
#include "delta/log_files.h"
#include "delta/snapshot.h"
#include "delta/testing.h"

namespace ob::delta {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_id;
using testing::error_text;
using testing::field;
using testing::file;
using ::testing::HasSubstr;
using testing::read_file;
using testing::TableTest;
using testing::write_file;
namespace fs = std::filesystem;

class LogTest : public TableTest {
 protected:
  // Sets a commit file's time in milliseconds since the epoch.
  void set_time(std::int64_t version, std::int64_t millis) {
    const auto since = std::chrono::milliseconds(millis);
    fs::last_write_time(
        commit_path(version),
        std::chrono::file_clock::from_sys(std::chrono::sys_time<std::chrono::milliseconds>(since)));
  }
};

TEST_F(LogTest, EmptyPlaceIsNoTable) {
  EXPECT_EQ(error_id([&] { table->snapshot(); }), "delta.notATable");
}

TEST_F(LogTest, FollowsCommitsOfOthers) {
  EXPECT_EQ(create(), 0);
  EXPECT_EQ(append("a.parquet", 5), 1);
  auto other = open();
  EXPECT_EQ(other->snapshot()->version(), 1);
  EXPECT_EQ(other->snapshot()->row_count(), 5);
  append("b.parquet", 7);
  table->commit(remove_request("a.parquet"));
  const auto s = other->snapshot();
  EXPECT_EQ(s->version(), 3);
  EXPECT_THAT(paths(s), ElementsAre("b.parquet"));
  EXPECT_EQ(s->row_count(), 7);
  EXPECT_EQ(s->size_bytes(), 100);
  ASSERT_EQ(s->tombstones().size(), 1u);
  EXPECT_EQ(s->tombstones()[0].path, "a.parquet");
  EXPECT_THAT(paths(other->snapshot_at(1)), ElementsAre("a.parquet"));
  EXPECT_THAT(paths(other->snapshot_at(2)), ElementsAre("a.parquet", "b.parquet"));
  EXPECT_EQ(error_id([&] { other->snapshot_at(4); }), "delta.noSuchVersion");
  EXPECT_THAT(error_text([&] { other->snapshot_at(4); }), HasSubstr("0 to 3"));
  EXPECT_EQ(error_id([&] { other->snapshot_at(-1); }), "delta.noSuchVersion");
}

TEST_F(LogTest, MovesForwardByNewCommitsOnly) {
  create({field("a", "BIGINT")}, {{"delta.checkpointInterval", "100000"}});
  for (int i = 0; i < 20; ++i) append("f" + std::to_string(i));
  auto other = open();
  other->snapshot();
  append("x");
  append("y");
  const int gets = spy->gets, lists = spy->lists;
  EXPECT_EQ(other->snapshot()->files().size(), 22u);
  EXPECT_EQ(spy->gets - gets, 2);
  EXPECT_EQ(spy->lists - lists, 0);
  other->snapshot();
  EXPECT_EQ(spy->gets - gets, 2);
}

TEST_F(LogTest, ChecksPointEveryTenCommits) {
  create();
  for (int i = 0; i < 25; ++i) append("f" + std::to_string(i));
  EXPECT_TRUE(fs::exists(log(padded(10) + ".checkpoint.parquet")));
  EXPECT_TRUE(fs::exists(log(padded(20) + ".checkpoint.parquet")));
  EXPECT_THAT(read_file(log("_last_checkpoint")), HasSubstr("\"version\":20,\"size\":22,"));
  for (int v = 0; v < 20; ++v) fs::remove(commit_path(v));
  auto other = open();
  EXPECT_EQ(other->snapshot()->version(), 25);
  EXPECT_EQ(other->snapshot()->files().size(), 25u);
  EXPECT_EQ(other->snapshot_at(22)->files().size(), 22u);
  EXPECT_EQ(other->snapshot_at(10)->files().size(), 10u);
  EXPECT_EQ(error_id([&] { other->snapshot_at(12); }), "delta.badLog");
  EXPECT_EQ(error_id([&] { other->snapshot_at(3); }), "delta.noSuchVersion");
  EXPECT_EQ(other->history(100, std::nullopt).size(), 6u);
  // The hint is not trusted.
  write_file(log("_last_checkpoint"), "{\"version\":24,\"size\":1}");
  EXPECT_EQ(open()->snapshot()->version(), 25);
  write_file(log("_last_checkpoint"), "nonsense\xff");
  EXPECT_EQ(open()->snapshot()->version(), 25);
}

TEST_F(LogTest, CheckpointsMayFailWithoutHarm) {
  create();
  parquet.fail_writes = true;
  for (int i = 0; i < 11; ++i) append("f" + std::to_string(i));
  EXPECT_FALSE(fs::exists(log("_last_checkpoint")));
  EXPECT_EQ(open()->snapshot()->version(), 11);
}

TEST_F(LogTest, BrokenCheckpointsFallBack) {
  create();
  for (int i = 0; i < 21; ++i) append("f" + std::to_string(i));
  write_file(log(padded(20) + ".checkpoint.parquet"), "broken");
  EXPECT_EQ(open()->snapshot()->files().size(), 21u);  // from version 10
  for (int v = 0; v < 15; ++v) fs::remove(commit_path(v));
  const auto text = error_text([&] { open()->snapshot(); });
  EXPECT_THAT(text, HasSubstr(padded(20) + ".checkpoint.parquet"));
}

TEST_F(LogTest, CheckpointsTakeBoundedMemory) {
  create();
  for (int i = 0; i < 10; ++i) append("f" + std::to_string(i));
  for (int v = 0; v < 5; ++v) fs::remove(commit_path(v));
  parquet.bomb = true;
  EXPECT_THAT(error_text([&] { open()->snapshot(); }),
              AllOf(HasSubstr(padded(10) + ".checkpoint.parquet"), HasSubstr("memory")));
}

TEST_F(LogTest, MultiPartCheckpointsMustBeComplete) {
  create();
  for (int i = 0; i < 4; ++i) append("f" + std::to_string(i));
  const auto s = table->snapshot();
  parquet.write_checkpoint(log(padded(3) + ".checkpoint.0000000001.0000000002.parquet"),
                           {{.action = s->protocol()}, {.action = s->metadata()}});
  for (int v = 0; v < 3; ++v) fs::copy(commit_path(v), dir / std::to_string(v));
  fs::remove(commit_path(3));
  EXPECT_EQ(error_id([&] { open()->snapshot(); }), "delta.badLog");
  std::vector<CheckpointRow> rows;
  for (int i = 0; i < 3; ++i) rows.push_back({.action = file("f" + std::to_string(i))});
  parquet.write_checkpoint(log(padded(3) + ".checkpoint.0000000002.0000000002.parquet"), rows);
  EXPECT_THAT(paths(open()->snapshot()), ElementsAre("f0", "f1", "f2", "f3"));
}

TEST_F(LogTest, WritesAndReadsV2Checkpoints) {
  create({field("a", "BIGINT")},
         {{"delta.checkpointPolicy", "v2"}, {"delta.checkpointInterval", "3"}});
  EXPECT_THAT(table->snapshot()->protocol().reader_features, ElementsAre("v2Checkpoint"));
  for (int i = 0; i < 4; ++i) append("f" + std::to_string(i));
  table->commit(remove_request("f3"));
  int manifests = 0, sidecars = 0;
  for (const auto& e : fs::directory_iterator(log(""))) {
    manifests += e.path().filename().string().starts_with(padded(3) + ".checkpoint.");
  }
  for (const auto& e : fs::directory_iterator(log("_sidecars"))) sidecars += e.is_regular_file();
  EXPECT_EQ(manifests, 1);
  EXPECT_EQ(sidecars, 1);
  for (int v = 0; v < 3; ++v) fs::remove(commit_path(v));
  EXPECT_THAT(paths(open()->snapshot()), ElementsAre("f0", "f1", "f2"));
  // A sidecar elsewhere is refused.
  const auto s = table->snapshot();
  write_file(log(padded(5) + ".checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json"),
             "{\"checkpointMetadata\":{\"version\":5}}\n" + to_json_line(s->protocol()) + "\n" +
                 to_json_line(s->metadata()) + "\n{\"sidecar\":{\"path\":\"../../x.parquet\"," +
                 "\"sizeInBytes\":1,\"modificationTime\":1}}\n");
  fs::remove(commit_path(3));
  fs::remove(commit_path(4));
  EXPECT_EQ(error_id([&] { open()->snapshot(); }), "delta.badPath");
}

TEST_F(LogTest, CheckpointsForgetOldTombstones) {
  create({field("a", "BIGINT")}, {{"delta.deletedFileRetentionDuration", "interval 1 day"}});
  append("old");
  append("new");
  auto request = remove_request("old");
  std::get<Remove>(request.actions[0]).deletion_timestamp = 1000;
  table->commit(request);
  table->commit(remove_request("new"));
  table->checkpoint();
  const auto text = read_file(log(padded(4) + ".checkpoint.parquet"));
  EXPECT_THAT(text, HasSubstr("\"path\":\"new\""));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("\"path\":\"old\"")));
}

TEST_F(LogTest, NoticesAReplacedLog) {
  create();
  append("a");
  auto other = open();
  other->snapshot_at(0);
  other->snapshot();
  fs::remove_all(dir / "t");
  table = open();
  create({field("b", "STRING")});
  EXPECT_EQ(other->snapshot()->version(), 0);
  EXPECT_EQ(other->snapshot()->schema()[0].name, "b");
  append("c");
  EXPECT_THAT(paths(other->snapshot()), ElementsAre("c"));
  EXPECT_EQ(other->snapshot_at(0)->schema()[0].name, "b");
  fs::remove_all(dir / "t");
  EXPECT_EQ(error_id([&] { other->snapshot(); }), "delta.notATable");
}

TEST_F(LogTest, NamesBrokenLines) {
  create();
  append("a");
  const auto good = read_file(commit_path(1));
  const auto check = [&](const std::string& text, const std::string& expected) {
    write_file(commit_path(1), text);
    const auto message = error_text([&] { open()->snapshot(); });
    EXPECT_THAT(message, ::testing::AllOf(HasSubstr(padded(1) + ".json"), HasSubstr(expected)))
        << text;
    EXPECT_EQ(error_id([&] { open()->snapshot(); }), "delta.badLog");
  };
  check(good + "{\"add\":", "line 3");
  check(good + "\n\n{\"add\":{\"path\":\"x\"}}", "line 5");
  check("{\"add\":{\"path\":\"\xff\",\"size\":1}}", "line 1");
  check("{\"add\":{\"path\":1,\"size\":1}}", "\"path\"");
  check("{\"add\":{\"path\":\"x\",\"size\":-1}}", "\"size\"");
  check("{\"add\":{\"path\":\"x\",\"size\":1e400}}", "\"size\"");
  check("{\"metaData\":{\"schemaString\":\"{\"}}", "schema");
  check("{\"protocol\":{\"minReaderVersion\":1}}", "minWriterVersion");
  check("[1,2]", "line 1");
  check("{\"a\":1} x", "line 1");
  check("\"\\ud800\"", "line 1");
  check("{\"add\":{\"path\":\"x\",\"size\":1,\"deletionVector\":{\"storageType\":\"u\"}}}",
        "deletionVector");
  check("{\"add\":{\"path\":\"\\ud800\",\"size\":1}}", "line 1");
  // Unknown actions and fields are none of our business.
  write_file(commit_path(1), "{\"cdc\":{\"path\":1}}\r\n\r\n{\"new\":[1e999,{}]}\n" +
                                 std::string("{\"add\":{\"path\":\"x\",\"size\":1,\"odd\":"
                                             "123456789012345678901234567890,\"tags\":null}}"));
  EXPECT_THAT(paths(open()->snapshot()), ElementsAre("x"));
  fs::remove(commit_path(1));
  write_file(commit_path(2), good);
  EXPECT_THAT(error_text([&] { open()->snapshot(); }), HasSubstr(padded(1) + ".json"));
  write_file(commit_path(0), good);
  fs::remove(commit_path(2));
  EXPECT_EQ(error_id([&] { open()->snapshot(); }), "delta.badLog");
}

TEST_F(LogTest, DeepJsonIsAnErrorNotACrash) {
  create();
  std::string deep = "{\"commitInfo\":";
  for (int i = 0; i < 200'000; ++i) deep += "{\"a\":";
  write_file(commit_path(1), deep);
  EXPECT_EQ(error_id([&] { open()->snapshot(); }), "delta.badLog");
  std::string lists = "{\"x\":" + std::string(300'000, '[') + std::string(300'000, ']') + "}";
  write_file(commit_path(1), lists);
  error_id([&] { open()->snapshot(); });
}

TEST_F(LogTest, SurvivesNoise) {
  create({field("a", "BIGINT"), field("p", "STRING")}, {}, {"p"});
  auto add = file("p=x/f%20.parquet", 3, {{"p", "x\"\\\n"}});
  add.tags["k"] = "v";
  add.deletion_vector = DeletionVector{"u", "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6};
  std::string seed;
  for (const Action& a : std::vector<Action>{
           add, Remove{.path = "g", .deletion_timestamp = 5, .extended_file_metadata = true},
           Txn{"app", 4, 5}, DomainMetadata{"d", "{}", false}, table->snapshot()->metadata(),
           table->snapshot()->protocol(), CommitInfo{{{"timestamp", 5}, {"operation", "X"}}}}) {
    seed += to_json_line(a) + "\n";
  }
  int kept = 0;
  const auto count = [&](CheckpointRow) { ++kept; };
  parse_log(seed, "seed", {.commit_info = true}, count);
  EXPECT_EQ(kept, 7);
  std::mt19937 random(3);
  for (int i = 0; i < 8'000; ++i) {
    auto text = seed;
    for (int edits = 1 + static_cast<int>(random() % 5); edits > 0; --edits) {
      const auto at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, 1 + random() % 30);
          break;
        case 2:
          text.resize(1 + at);
          break;
        default:
          text.insert(at, seed.substr(random() % seed.size(), random() % 40));
      }
      if (text.empty()) text = "x";
    }
    const auto id = error_id(
        [&] { parse_log(text, "seed", {.commit_info = i % 2 == 0}, [](CheckpointRow) {}); });
    EXPECT_THAT(id, ::testing::AnyOf("", "delta.badLog"));
  }
}

TEST_F(LogTest, ReconcilesByPathAndVector) {
  create({field("a", "BIGINT")}, {{"delta.enableDeletionVectors", "true"}});
  append("x%20y", 10);
  auto with = file("x y", 10);  // the same file in another spelling
  with.deletion_vector = DeletionVector{
      "i", "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", std::nullopt, 44, 6};
  table->commit({.operation = "DELETE",
                 .actions = {Remove{.path = "x%20y"}, with},
                 .base = table->snapshot(),
                 .reads = {.removed_paths = {"x%20y"}}});
  const auto s = open()->snapshot();
  ASSERT_EQ(s->files().size(), 1u);
  EXPECT_EQ(s->row_count(), 4);
  EXPECT_THAT(open()->deleted_rows(*s->files().front().deletion_vector),
              ElementsAre(3, 4, 7, 11, 18, 29));
}

TEST_F(LogTest, TravelsInTime) {
  create();
  for (int i = 0; i < 5; ++i) append("f" + std::to_string(i));
  for (int v = 0; v <= 5; ++v) set_time(v, 1'000'000 + v * 1000);
  set_time(3, 1'000'500);  // a clock went backwards: 1,002,001 counts
  const auto at = [&](std::int64_t millis) {
    return open()->snapshot_before(millis * 1000)->version();
  };
  EXPECT_EQ(at(1'000'000), 0);
  EXPECT_EQ(at(1'001'999), 1);
  EXPECT_EQ(at(1'002'000), 2);
  EXPECT_EQ(at(1'002'001), 3);
  EXPECT_EQ(at(1'004'500), 4);
  EXPECT_EQ(at(9'000'000), 5);
  EXPECT_EQ(error_id([&] { at(999'999); }), "delta.noSuchVersion");
  const auto history = open()->history(2, std::nullopt);
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].version, 5);
  EXPECT_EQ(history[0].timestamp, 1'005'000'000);
  EXPECT_EQ(open()->history(10, 4)[0].version, 3);
  EXPECT_EQ(open()->history(10, 4)[0].timestamp, 1'002'001'000);
}

TEST_F(LogTest, InCommitTimestamps) {
  create();
  append("a");
  set_time(0, 1'000'000);
  set_time(1, 2'000'000);
  auto m = table->snapshot()->metadata();
  m.configuration["delta.enableInCommitTimestamps"] = "true";
  table->commit({.operation = "SET TBLPROPERTIES", .actions = {m}, .base = table->snapshot()});
  append("b");
  append("c");
  const auto s = open()->snapshot();
  EXPECT_THAT(s->protocol().writer_features, ::testing::Contains("inCommitTimestamp"));
  EXPECT_EQ(s->metadata().configuration.at("delta.inCommitTimestampEnablementVersion"), "2");
  const auto history = open()->history(10, std::nullopt);
  ASSERT_EQ(history.size(), 5u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(history[i].info.json.at("inCommitTimestamp").as_int64() * 1000, history[i].timestamp);
    EXPECT_GT(history[i].timestamp, history[i + 1].timestamp);
    set_time(history[i].version, 5'000'000);  // file times do not count any more
  }
  EXPECT_TRUE(read_file(commit_path(3)).starts_with("{\"commitInfo\":{\"inCommitTimestamp\":"));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(open()->snapshot_before(history[i].timestamp)->version(), history[i].version);
  }
  EXPECT_EQ(open()->snapshot_before(history[2].timestamp - 1000)->version(), 1);
}

TEST_F(LogTest, RefusesPathsThatLeaveTheTable) {
  create();
  const auto inside = table->location();
  EXPECT_EQ(table->file_location("a%20b/c%2525.parquet"), inside + "/a b/c%25.parquet");
  EXPECT_EQ(table->file_location(inside + "/x.parquet"), inside + "/x.parquet");
  for (const auto& path : std::vector<std::string>{"../x",
                                                   "a/../../x",
                                                   "%2e%2e/x",
                                                   "a/%2e%2e%2f%2e%2e/x",
                                                   "/etc/passwd",
                                                   "..",
                                                   inside + "/../x",
                                                   inside + "/%2e%2e/x",
                                                   inside + "x",
                                                   "file:///etc/passwd",
                                                   "file://" + inside + "/x",
                                                   "s3://bucket/x",
                                                   "a//b",
                                                   "",
                                                   "a\\b",
                                                   "a/./b",
                                                   "%00",
                                                   "a%0ab",
                                                   "%2Fetc/passwd",
                                                   inside,
                                                   inside + "/",
                                                   "a/"}) {
    EXPECT_EQ(error_id([&] { table->file_location(path); }), "delta.badPath") << path;
  }
}

TEST_F(LogTest, ScalesToManyFiles) {
  create({field("a", "BIGINT")}, {{"delta.checkpointInterval", "100000"}});
  std::vector<Add> many;
  for (int i = 0; i < 20'000; ++i) many.push_back(file("part-" + std::to_string(i), 3));
  table->commit(append_request(std::move(many)));
  const auto before = table->snapshot();
  append("one more");
  const auto after = table->snapshot();
  EXPECT_EQ(before->files().size(), 20'000u);
  EXPECT_EQ(after->files().size(), 20'001u);
  EXPECT_EQ(&before->files().front(), &after->files().front());  // shared, not copied
  EXPECT_EQ(after->row_count(), 60'001);
}

TEST(FileSet, BehavesLikeAMap) {
  std::mt19937 random(5);
  FileSet<Add> set;
  std::vector<std::string> expected;  // in order of addition
  std::vector<std::pair<FileSet<Add>, std::vector<std::string>>> versions;
  for (int round = 0; round < 400; ++round) {
    FileSet<Add>::Builder builder(set);
    for (int i = static_cast<int>(random() % 12); i > 0; --i) {
      const auto path = std::to_string(random() % 300);
      const bool there = std::erase(expected, path) > 0;
      if (random() % 2) {
        EXPECT_EQ(builder.put(std::make_shared<Add>(testing::file(path))) != nullptr, there);
        expected.push_back(path);
      } else {
        EXPECT_EQ(builder.erase(file_key(path, std::nullopt)) != nullptr, there);
      }
    }
    set = builder.build();
    if (round % 20 == 0) versions.emplace_back(set, expected);
  }
  versions.emplace_back(set, expected);
  for (const auto& [version, paths] : versions) {
    std::vector<std::string> got;
    for (const auto& a : version) got.push_back(a.path);
    EXPECT_EQ(got, paths);
    EXPECT_EQ(version.size(), paths.size());
    for (const auto& p : paths) EXPECT_NE(version.find(file_key(p, std::nullopt)), nullptr);
  }
}

TEST(Checkpoint, ReadsIntervals) {
  EXPECT_EQ(parse_interval("interval 1 week"), 7ll * 86400 * 1'000'000);
  EXPECT_EQ(parse_interval("INTERVAL 2 days 3 hours"), (2ll * 24 + 3) * 3600 * 1'000'000);
  EXPECT_EQ(parse_interval("168 hours"), 7ll * 86400 * 1'000'000);
  EXPECT_EQ(parse_interval("interval"), std::nullopt);
  EXPECT_EQ(parse_interval("interval x days"), std::nullopt);
  EXPECT_EQ(parse_interval("interval 3"), std::nullopt);
  EXPECT_EQ(parse_interval("interval 999999999 weeks 999999999 weeks 999999999 weeks"),
            std::nullopt);
}

}  // namespace
}  // namespace ob::delta
