#include "delta/commit_queue.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <latch>
#include <thread>

#include "delta/testing.h"

namespace ob::delta {
namespace {

using ::testing::ElementsAre;
using testing::error_id;
using testing::field;
using testing::file;
using testing::TableTest;

class QueueTest : public TableTest {
 protected:
  CommitRequest append_of(const std::string& path, const std::string& user = "u") {
    auto request = append_request({file(path)});
    request.metrics = {{"numFiles", "1"}, {"numOutputRows", "2"}};
    request.user_id = user;
    return request;
  }
  // Runs the requests so that all but the first wait until the first is being put; gives their
  // versions, or the ids of their errors.
  std::vector<std::string> run_together(std::vector<CommitRequest> requests) {
    std::vector<std::string> out(requests.size());
    std::vector<std::jthread> threads;
    std::latch putting(1), rest(1);
    spy->before_put = [&] {
      putting.count_down();
      rest.wait();
    };
    const auto run = [&](std::size_t i) {
      try {
        out[i] = std::to_string(table->commit(requests[i]));
      } catch (const Error& e) {
        out[i] = e.id();
      }
    };
    threads.emplace_back([&] { run(0); });
    putting.wait();
    for (std::size_t i = 1; i < requests.size(); ++i) {
      threads.emplace_back([&, i] { run(i); });
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // so that they come in order
    }
    rest.count_down();
    threads.clear();
    return out;
  }
};

TEST_F(QueueTest, AppendsThatWaitShareACommit) {
  create();
  std::vector<CommitRequest> requests;
  for (const char* name : {"a", "b", "c", "d"}) requests.push_back(append_of(name));
  EXPECT_THAT(run_together(requests), ElementsAre("1", "2", "2", "2"));
  EXPECT_THAT(paths(open()->snapshot()), ElementsAre("a", "b", "c", "d"));
  const auto info = table->history(1, std::nullopt).at(0).info.json;
  EXPECT_EQ(info.at("operation"), "WRITE");
  EXPECT_EQ(info.at("isBlindAppend"), true);
  EXPECT_EQ(info.at("userId"), "u");
  EXPECT_EQ(info.at("readVersion"), 0);
  EXPECT_EQ(info.at("operationMetrics"),
            (boost::json::object{{"numFiles", "3"}, {"numOutputRows", "6"}}));
}

TEST_F(QueueTest, OnlyLikeIsJoined) {
  create();
  auto overwrite = append_of("w");
  overwrite.reads.whole_table = true;
  auto txn = append_of("t");
  txn.actions.emplace_back(Txn{"app", 1, {}});
  auto other_mode = append_of("m");
  other_mode.parameters["mode"] = "Other";
  EXPECT_TRUE(may_join(append_of("x")));
  EXPECT_FALSE(may_join(overwrite));
  EXPECT_FALSE(may_join(txn));
  EXPECT_FALSE(may_join({.operation = "CREATE TABLE"}));
  EXPECT_FALSE(may_join(remove_request("x")));
  EXPECT_THAT(run_together({append_of("a"), append_of("b", "ann"), append_of("c", "bob"),
                            append_of("d", "ann"), txn, other_mode}),
              ElementsAre("1", "2", "3", "2", "4", "5"));
  EXPECT_THAT(paths(open()->snapshot()), ElementsAre("a", "b", "d", "c", "t", "m"));
}

TEST_F(QueueTest, OneBadRequestHarmsNoOther) {
  create({field("a", "BIGINT"), field("p", "STRING")}, {}, {"p"});
  const auto good = [&](const char* name) {
    auto request = append_of(name);
    request.actions = {file(name, 1, {{"p", "1"}})};
    return request;
  };
  EXPECT_THAT(run_together({good("a"), good("b"), append_of("no-partition"), good("c")}),
              ElementsAre("1", "2", "delta.badCommit", "3"));
  EXPECT_THAT(paths(open()->snapshot()), ElementsAre("a", "b", "c"));
}

TEST_F(QueueTest, EachIsCheckedAgainstAllThatItHasNotSeen) {
  create();
  const auto old = append_of("old");
  auto m = table->snapshot()->metadata();
  m.configuration["x.y"] = "1";
  table->commit({.operation = "SET TBLPROPERTIES", .actions = {m}, .base = table->snapshot()});
  // The schema may have changed under the old one, but not under the others.
  EXPECT_THAT(run_together({append_of("a"), append_of("b"), old, append_of("c")}),
              ElementsAre("2", "3", "delta.conflict", "4"));
}

TEST_F(QueueTest, AnUnknownOutcomeIsThatOfAll) {
  create();
  auto requests = std::vector{append_of("a"), append_of("b"), append_of("c")};
  std::latch begun(1), rest(1);
  int calls = 0;
  CommitQueue queue([&](const CommitRequest& request) -> std::int64_t {
    if (++calls == 1) {
      begun.count_down();
      rest.wait();
      return 1;
    }
    EXPECT_EQ(request.actions.size(), 2u);
    throw Error(503, std::string(kUnknownOutcome), "who knows");
  });
  std::vector<std::string> ids(3);
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] { ids[i] = error_id([&] { queue.run(requests[i]); }); });
    begun.wait();
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  rest.count_down();
  threads.clear();
  EXPECT_EQ(calls, 2);
  EXPECT_THAT(ids, ElementsAre("", kUnknownOutcome, kUnknownOutcome));
}

}  // namespace
}  // namespace ob::delta
