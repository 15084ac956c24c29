#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>
#include <set>
#include <thread>

#include "delta/testing.h"

namespace ob::delta {
namespace {

using ::testing::ElementsAre;
using testing::error_id;
using testing::error_text;
using testing::field;
using testing::file;
using ::testing::HasSubstr;
using testing::read_file;
using testing::TableTest;

class CommitTest : public TableTest {
 protected:
  boost::json::object info(std::int64_t version) {
    return table->history(1, version + 1).at(0).info.json;
  }
  std::string commit_id(const CommitRequest& request) {
    return error_id([&] { table->commit(request); });
  }
};

TEST_F(CommitTest, SaysWhatItDid) {
  create();
  auto request = append_request({file("a"), file("b")});
  request.parameters = {{"mode", "Append"}, {"partitionBy", boost::json::array{"x"}}, {"n", 5}};
  request.metrics = {{"numFiles", 2}, {"numOutputRows", "7"}};
  request.user_id = "u1";
  table->commit(request);
  const auto i = info(1);
  EXPECT_EQ(i.at("operation"), "WRITE");
  EXPECT_EQ(i.at("operationParameters"),
            (boost::json::object{{"mode", "Append"}, {"partitionBy", "[\"x\"]"}, {"n", "5"}}));
  EXPECT_EQ(i.at("operationMetrics"),
            (boost::json::object{{"numFiles", "2"}, {"numOutputRows", "7"}}));
  EXPECT_EQ(i.at("engineInfo"), "OpenBricks/0.1.0");
  EXPECT_EQ(i.at("isBlindAppend"), true);
  EXPECT_EQ(i.at("readVersion"), 0);
  EXPECT_EQ(i.at("isolationLevel"), "Serializable");
  EXPECT_EQ(i.at("userId"), "u1");
  EXPECT_TRUE(i.at("txnId").is_string());
  EXPECT_GT(i.at("timestamp").as_int64(), 1'600'000'000'000);
  EXPECT_EQ(info(0).at("isBlindAppend"), false);
  EXPECT_FALSE(info(0).contains("readVersion"));
}

TEST_F(CommitTest, AppendsRebaseOverAppends) {
  create();
  const auto base = table->snapshot();
  append("a");
  append("b");
  EXPECT_EQ(open()->commit(append_request({file("c")}, base)), 3);
  EXPECT_THAT(paths(table->snapshot()), ElementsAre("a", "b", "c"));
  EXPECT_EQ(info(3).at("readVersion"), 0);
}

TEST_F(CommitTest, RebasesWhenTheRaceIsLostAtTheLastMoment) {
  create();
  auto other = open();
  spy->before_put = [&] { other->commit(append_request({file("first")}, other->snapshot())); };
  EXPECT_EQ(append("second"), 2);
  EXPECT_THAT(paths(table->snapshot()), ElementsAre("first", "second"));
}

TEST_F(CommitTest, ConflictsFollowSparksRules) {
  create();
  append("a");
  append("b");
  const auto base = table->snapshot();
  const auto metadata = [&](const char* key) {
    auto m = table->snapshot()->metadata();
    m.configuration[key] = "1";
    return m;
  };
  CommitRequest whole = append_request({file("w")}, base);
  whole.reads.whole_table = true;

  append("c");
  EXPECT_EQ(commit_id(whole), "delta.conflict");
  EXPECT_THAT(error_text([&] { table->commit(whole); }), HasSubstr("version 3"));
  EXPECT_EQ(commit_id(remove_request("a", base)), "");  // an append does not matter to it
  EXPECT_EQ(commit_id(remove_request("a", base)), "delta.conflict");  // delete and delete
  EXPECT_EQ(commit_id(remove_request("b", base)), "");                // another file
  EXPECT_EQ(commit_id(append_request({file("d")}, base)), "");

  const auto later = table->snapshot();
  CommitRequest rename{.operation = "SET", .actions = {metadata("x.one")}, .base = later};
  append("e");
  EXPECT_EQ(commit_id(rename), "");  // a metadata change that read no rows follows an append
  EXPECT_EQ(commit_id(rename), "delta.conflict");
  EXPECT_EQ(commit_id(append_request({file("f")}, later)), "delta.conflict");

  const auto third = table->snapshot();
  CommitRequest txn{.operation = "STREAM", .actions = {Txn{"app", 1, {}}}, .base = third};
  EXPECT_EQ(commit_id(txn), "");
  EXPECT_EQ(commit_id(txn), "delta.conflict");
  EXPECT_EQ(table->snapshot()->txn("app"), 1);

  // Rearranging alone is under snapshot isolation: it does not mind new rows.
  const auto fourth = table->snapshot();
  append("g");
  auto compact = remove_request("c", fourth);
  std::get<Remove>(compact.actions[0]).data_change = false;
  auto merged = file("h");
  merged.data_change = false;
  compact.actions.emplace_back(merged);
  EXPECT_EQ(commit_id(compact), "");
  CommitRequest overwrite{.operation = "WRITE", .base = fourth, .reads = {.whole_table = true}};
  for (const auto& f : fourth->files()) overwrite.actions.emplace_back(Remove{.path = f.path});
  EXPECT_EQ(commit_id(overwrite), "delta.conflict");
}

TEST_F(CommitTest, OnlyRowsThatMayHaveBeenReadConflict) {
  create();
  const auto with_values = [](const std::string& path, int low, int high) {
    auto add = file(path);
    add.stats = boost::json::serialize(boost::json::object{{"numRecords", 2},
                                                           {"minValues", {{"a", low}}},
                                                           {"maxValues", {{"a", high}}},
                                                           {"nullCount", {{"a", 0}}}});
    return add;
  };
  append("a");
  append("b");
  const auto base = table->snapshot();
  const auto reading = [&](const std::string& path, std::vector<Predicate> predicates) {
    auto request = remove_request(path, base);
    request.reads.predicates = std::move(predicates);
    return request;
  };
  const auto a_below = [](const std::string& n) {
    return std::vector{Predicate{"a", Predicate::Op::lt, {n}}};
  };
  table->commit(append_request({with_values("new", 10, 20)}, base));
  EXPECT_EQ(commit_id(reading("a", {})), "delta.conflict");
  EXPECT_EQ(commit_id(reading("a", a_below("11"))), "delta.conflict");
  EXPECT_EQ(commit_id(reading("a", a_below("10"))), "");
  auto check = base->metadata();
  check.configuration["x"] = "y";
  CommitRequest constraint{.operation = "ADD CONSTRAINT", .actions = {check}, .base = base};
  constraint.reads.predicates.emplace();
  EXPECT_EQ(commit_id(constraint), "delta.conflict");  // the new rows were not checked
}

TEST_F(CommitTest, LostAnswersAreLookedUp) {
  create();
  spy->lose_answer = true;
  EXPECT_EQ(append("a"), 1);
  EXPECT_THAT(paths(open()->snapshot()), ElementsAre("a"));
  // Nothing came of the first put, so that the second is the commit.
  spy->fail_puts = 1;
  EXPECT_EQ(append("b"), 2);
  // The disk is full: the store knows that nothing was written.
  spy->failure = Error(507, "objects.diskFull", "full");
  spy->fail_puts = 1;
  EXPECT_EQ(commit_id(append_request({file("c")})), "objects.diskFull");
  EXPECT_EQ(table->snapshot()->version(), 2);
}

TEST_F(CommitTest, ALinkInTheWayEndsNothingInALoop) {
  create();
  testing::fs::create_symlink("/dev/zero", commit_path(1));
  const auto text = error_text([&] { append("a"); });
  EXPECT_THAT(text, HasSubstr("00000000000000000001.json"));
  testing::fs::remove(commit_path(1));
  append("a");
  EXPECT_EQ(table->snapshot()->version(), 1);
}

TEST_F(CommitTest, SaysWhenTheOutcomeIsUnknown) {
  create();
  spy->fail_puts = 1000;
  EXPECT_EQ(commit_id(append_request({file("a")})), kUnknownOutcome);
  spy->fail_puts = 0;
  EXPECT_EQ(table->snapshot()->version(), 0);
  // The put took effect, but nobody can look.
  spy->lose_answer = true;
  spy->fail_heads = [](const std::string& key) { return key.ends_with("1.json"); };
  spy->before_put = [&] { spy->blind = true; };
  EXPECT_EQ(commit_id(append_request({file("b")})), kUnknownOutcome);
  spy->blind = false;
  EXPECT_THAT(paths(table->snapshot()), ElementsAre("b"));
}

TEST_F(CommitTest, APutThatIsLateIsNotDoubled) {
  create();
  // The first put fails and takes effect while we look for it.
  spy->fail_puts = 1;
  spy->late = true;
  EXPECT_EQ(append("a"), 1);
  EXPECT_THAT(paths(open()->snapshot()), ElementsAre("a"));
  EXPECT_EQ(open()->snapshot()->version(), 1);
  // Another writer took the version in between.
  spy->fail_puts = 1;
  auto other = open();
  spy->before_put = [&] {
    spy->fail_puts = 0;
    other->commit(append_request({file("theirs")}, other->snapshot()));
    spy->fail_puts = 1;
  };
  EXPECT_EQ(append("b"), 3);
  EXPECT_THAT(paths(open()->snapshot()), ElementsAre("a", "theirs", "b"));
}

TEST_F(CommitTest, OneTableIsCreatedOnce) {
  create();
  EXPECT_EQ(error_id([&] { create(); }), "delta.conflict");
  EXPECT_EQ(error_id([&] { open()->commit({.operation = "CREATE TABLE"}); }), "delta.badCommit");
}

TEST_F(CommitTest, ChecksWhatItIsGiven) {
  create({field("a", "BIGINT"), field("p", "STRING")}, {}, {"P"});
  EXPECT_THAT(table->snapshot()->metadata().partition_columns, ElementsAre("p"));
  const auto id = [&](Add add) { return commit_id(append_request({std::move(add)})); };
  EXPECT_EQ(id(file("x")), "delta.badCommit");
  EXPECT_EQ(id(file("x", 1, {{"q", "1"}})), "delta.badCommit");
  EXPECT_EQ(id(file("../x", 1, {{"p", "1"}})), "delta.badPath");
  EXPECT_EQ(id(file("x", 1, {{"p", ""}})), "");
  EXPECT_EQ(table->snapshot()->files().front().partition_values[0].second, std::nullopt);
  EXPECT_EQ(id(file("%78", 1, {{"p", "1"}})), "delta.badCommit");  // "x" is there already
  auto vector = file("y", 1, {{"p", "1"}});
  vector.deletion_vector = DeletionVector{"i", "x", {}, 1, 1};
  EXPECT_EQ(id(vector), "delta.unsupportedFeature");
  EXPECT_EQ(commit_id(append_request({file("z", 1, {{"p", "1"}}), file("z", 1, {{"p", "1"}})})),
            "delta.badCommit");
  EXPECT_EQ(commit_id(remove_request("nope")), "delta.conflict");
  auto m = table->snapshot()->metadata();
  m.partition_columns.clear();
  EXPECT_EQ(commit_id({.operation = "X", .actions = {m}, .base = table->snapshot()}),
            "delta.badSchema");
  auto remove = remove_request("x");
  remove.actions.emplace_back(m);
  EXPECT_EQ(commit_id(remove), "");
}

TEST_F(CommitTest, AppendOnlyAndChangeFeed) {
  create({field("a", "BIGINT")}, {{"delta.appendOnly", "true"}});
  append("a");
  EXPECT_EQ(commit_id(remove_request("a")), "delta.appendOnly");
  auto rearrange = remove_request("a");
  std::get<Remove>(rearrange.actions[0]).data_change = false;
  EXPECT_EQ(commit_id(rearrange), "");
  table = open_table(store, "t2", parquet);
  create({field("a", "BIGINT")}, {{"delta.enableChangeDataFeed", "true"}});
  EXPECT_EQ(table->snapshot()->protocol().min_writer, 4);
  EXPECT_EQ(append("a"), 1);
  EXPECT_EQ(commit_id(remove_request("a")), "delta.unsupportedFeature");
}

TEST_F(CommitTest, UpgradesTheProtocolWithTheSchema) {
  create({field("a", "BIGINT")}, {{"delta.feature.domainMetadata", "supported"}});
  EXPECT_TRUE(table->snapshot()->metadata().configuration.empty());
  EXPECT_THAT(table->snapshot()->protocol().writer_features,
              ElementsAre("appendOnly", "domainMetadata", "invariants"));
  auto m = table->snapshot()->metadata();
  m.schema.push_back(field("t", "TIMESTAMP_NTZ"));
  table->commit({.operation = "ADD COLUMNS", .actions = {m}, .base = table->snapshot()});
  const auto p = open()->snapshot()->protocol();
  EXPECT_EQ(p.min_reader, 3);
  EXPECT_THAT(p.reader_features, ElementsAre("timestampNtz"));
  EXPECT_EQ(error_id([&] {
              table = open_table(store, "t3", parquet);
              create({field("a", "BIGINT")}, {{"delta.columnMapping.mode", "name"}});
            }),
            "delta.unsupportedFeature");
  EXPECT_EQ(
      error_id([&] { create({field("a", "BIGINT")}, {{"delta.feature.nope", "supported"}}); }),
      "delta.unsupportedFeature");
}

TEST_F(CommitTest, RefusesTablesOfUnknownFeatures) {
  create();
  testing::write_file(commit_path(1),
                      "{\"protocol\":{\"minReaderVersion\":3,\"minWriterVersion\":7,"
                      "\"readerFeatures\":[\"variantType\"],"
                      "\"writerFeatures\":[\"variantType\",\"rowTracking\"]}}");
  const auto s = table->snapshot();
  EXPECT_THAT(error_text([&] { s->require_readable(); }), HasSubstr("variantType"));
  EXPECT_THAT(error_text([&] { table->commit(append_request({file("a")})); }),
              HasSubstr("rowTracking"));
  EXPECT_EQ(s->version(), 1);
}

// Every append of every thread is in the table once, and versions have no gap.
void race(const std::vector<std::shared_ptr<Table>>& tables, int each) {
  std::vector<std::jthread> threads;
  std::atomic<int> failures{0};
  std::mutex mutex;
  std::vector<std::int64_t> versions;
  for (std::size_t t = 0; t < tables.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        try {
          CommitRequest request{.operation = "WRITE", .base = tables[t]->snapshot()};
          request.actions.emplace_back(file("f-" + std::to_string(t) + "-" + std::to_string(i), 2));
          const auto v = tables[t]->commit(request);
          const std::lock_guard lock(mutex);
          versions.push_back(v);
        } catch (const std::exception& e) {
          ADD_FAILURE() << e.what();
          ++failures;
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(failures, 0);
  const auto total = static_cast<std::size_t>(each) * tables.size();
  ASSERT_EQ(versions.size(), total);
  // No version is left out; those who shared a commit were told the same one.
  const std::set<std::int64_t> distinct(versions.begin(), versions.end());
  EXPECT_EQ(*distinct.begin(), 1);
  EXPECT_EQ(*distinct.rbegin(), static_cast<std::int64_t>(distinct.size()));
}

TEST_F(CommitTest, EightThreadsOnOneTable) {
  create();
  race(std::vector<std::shared_ptr<Table>>(8, table), 25);
  EXPECT_EQ(open()->snapshot()->files().size(), 200u);
  EXPECT_EQ(open()->snapshot()->row_count(), 400);
}

TEST_F(CommitTest, EightWritersThatKnowNothingOfEachOther) {
  create();
  std::vector<std::shared_ptr<Table>> tables;
  for (int i = 0; i < 8; ++i) tables.push_back(open());
  race(tables, 12);
  EXPECT_EQ(table->snapshot()->files().size(), 96u);
  EXPECT_EQ(open()->snapshot()->row_count(), 192);
}

}  // namespace
}  // namespace ob::delta
