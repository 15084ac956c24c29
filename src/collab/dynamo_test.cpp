#include "collab/dynamo.h"

#include <gtest/gtest.h>

#include <future>

#include "base/error.h"
#include "base/ids.h"
#include "collab/crdt.h"
#include "collab/dynamo_items.h"
#include "collab/store.h"
#include "objects/test_s3.h"

namespace {

using namespace ob::collab;
using ob::objects::test::inject;

std::string problem(const std::string& url, bool allow_http = false) {
  try {
    parse_dynamo_url(url, allow_http);
    return "";
  } catch (const ob::Error& e) {
    return e.what();
  }
}

TEST(DynamoUrl, NamesATable) {
  const auto aws = parse_dynamo_url("dynamodb://eu-central-1/SocketDocuments", false);
  EXPECT_EQ(aws.region, "eu-central-1");
  EXPECT_EQ(aws.table, "SocketDocuments");
  EXPECT_EQ(aws.endpoint, "");
  const auto local =
      parse_dynamo_url("dynamodb://here/docs_1?endpoint=http%3A%2F%2F127.0.0.1%3A8000", false);
  EXPECT_EQ(local.endpoint, "http://127.0.0.1:8000");
  EXPECT_TRUE(local.plain_http);
}

TEST(DynamoUrl, OthersAreRefused) {
  for (const char* wrong :
       {"", "SocketDocuments", "s3://region/table", "dynamodb://region", "dynamodb://region/t",
        "dynamodb://key:secret@region/table", "dynamodb://region/table/more",
        "dynamodb://region/table?secret=x", "dynamodb://region/table?endpoint=ftp://x",
        "dynamodb://region/table?endpoint=http://user@127.0.0.1",
        "dynamodb://region/table?endpoint=http://10.0.0.1:8000"}) {
    EXPECT_NE(problem(wrong), "") << wrong;
  }
  EXPECT_EQ(problem("dynamodb://region/table?endpoint=http://10.0.0.1:8000", true), "");
  // What may be a secret is not repeated.
  EXPECT_EQ(problem("dynamodb://key:hidden@region/table").find("hidden"), std::string::npos);
}

class DynamoTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::getenv("OPENBRICKS_TEST_S3"))
      GTEST_SKIP() << "DynamoDB is tested by `./dev test cpp`";
    place = {.region = "us-east-1",
             .table = "test_" + ob::new_uuid(),
             .endpoint = ob::objects::test::s3_endpoint(),
             .access_key = "test",
             .secret_key = "very-secret",
             .plain_http = true,
             .attempts = 4,
             .attempt_timeout_ms = 2000,
             .backoff_ms = 5};
    forget();
    store = open_dynamo_store(place);
    table = std::make_unique<DynamoTable>(place);
  }
  void TearDown() override {
    if (store) forget();
  }
  static void forget() { ob::objects::test::ask_server("DELETE", "/_faults"); }

  template <class Call>
  static Store::Written wait(Call call) {
    std::promise<Store::Written> promise;
    auto future = promise.get_future();
    call([&promise](Store::Written written) { promise.set_value(std::move(written)); });
    return future.get();
  }
  Store::Written append(std::int64_t after, std::vector<std::string> updates) {
    return wait(
        [&](Store::Done done) { store->append("d", after, std::move(updates), std::move(done)); });
  }
  Store::Written compact(std::int64_t generation, std::int64_t last, const std::string& snapshot) {
    return wait([&](Store::Done done) {
      store->compact("d", generation, last, snapshot, std::move(done));
    });
  }
  std::vector<std::string> all(Store& from, const std::string& document = "d") {
    std::vector<std::string> out;
    position = from.load(document, [&](const std::vector<std::string_view>& updates) {
      out.insert(out.end(), updates.begin(), updates.end());
    });
    return out;
  }
  std::vector<std::string> all() { return all(*store); }
  // As another instance reads it.
  std::vector<std::string> stored() { return all(*open_dynamo_store(place)); }
  Head head() { return to_head(table->get("d")); }
  // A document of the service before.
  void put_old(const std::string& data) {
    table->put_many({{{"id", dynamo_text("d")}, {"Data", dynamo_text(data)}}});
  }
  std::string content() {
    Crdt crdt;
    store->load("d", [&](const std::vector<std::string_view>& updates) { crdt.apply(updates); });
    return crdt.delta();
  }

  DynamoPlace place;
  std::unique_ptr<Store> store;
  std::unique_ptr<DynamoTable> table;
  Position position;
};

using Texts = std::vector<std::string>;

// Of different bytes, so that pieces in a wrong order are noticed.
std::string large(std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += std::to_string(out.size()) + ",";
  return out;
}

TEST_F(DynamoTest, UpdatesLargerThanAnItemOrACommit) {
  const std::string one = large(1 << 20), two = large(5 << 20);
  EXPECT_EQ(append(0, {two, "b"}).last, 2);  // the document's first
  EXPECT_EQ(append(2, {one}).last, 3);
  EXPECT_EQ(append(3, {"x", two}).last, 5);
  EXPECT_EQ(stored(), Texts({two, "b", one, "x", two}));
  EXPECT_EQ(position.last, 5);
  EXPECT_EQ(position.since, 5);
  const auto before = head();
  EXPECT_EQ(before.sets.size(), 2U);
  // A part of an append stays behind the snapshot.
  EXPECT_FALSE(compact(0, 4, two + "SNAPSHOT").foreign);
  EXPECT_EQ(stored(), Texts({two + "SNAPSHOT", two}));
  EXPECT_EQ(position.since, 1);
  EXPECT_FALSE(compact(1, 5, "small").foreign);
  EXPECT_EQ(stored(), Texts({"small"}));
  // What they replaced is gone.
  EXPECT_EQ(head().sets.size(), 1U);
  for (std::int64_t i = 1; i <= before.record; ++i)
    EXPECT_FALSE(table->get(record_id("d", before.epoch, i))) << i;
  for (const auto& [name, set] : before.sets)
    for (const auto& id : piece_ids("d", name, set.pieces)) EXPECT_FALSE(table->get(id)) << id;
}

TEST_F(DynamoTest, AHundredUpdatesAreOneCommit) {
  all();
  forget();
  EXPECT_EQ(append(0, Texts(100, "update")).last, 100);
  EXPECT_EQ(ob::objects::test::seen("DynamoDB"), "POST");
  EXPECT_EQ(stored(), Texts(100, "update"));
}

TEST_F(DynamoTest, AnAnswerThatIsLostDoublesNothing) {
  append(0, {"a"});
  inject(R"([{"key": "TransactWriteItems", "fault": "lose"}])");
  const auto written = append(1, {"b"});
  EXPECT_FALSE(written.failure);
  EXPECT_FALSE(written.foreign);
  EXPECT_EQ(written.last, 2);
  inject(R"([{"key": "TransactWriteItems", "fault": "lose"}])");
  EXPECT_FALSE(compact(0, 2, "AB").foreign);
  EXPECT_EQ(append(2, {"c"}).last, 3);
  EXPECT_EQ(stored(), Texts({"AB", "c"}));
}

TEST_F(DynamoTest, ThrottlingIsWaitedFor) {
  append(0, {"a"});
  inject(R"([{"key": "TransactWriteItems", "fault": "throttle", "times": 2},
             {"key": "GetItem", "fault": "503", "times": 2},
             {"key": "BatchGetItem", "fault": "cut", "times": 2}])");
  EXPECT_FALSE(append(1, {"b"}).failure);
  EXPECT_EQ(stored(), Texts({"a", "b"}));
}

TEST_F(DynamoTest, WhatFailsIsNotThere) {
  append(0, {"a"});
  inject(R"([{"key": "TransactWriteItems", "fault": "throttle", "times": 4}])");
  EXPECT_TRUE(append(1, {"b"}).failure);
  inject(R"([{"key": "TransactWriteItems", "fault": "500", "times": 4}])");
  EXPECT_TRUE(compact(0, 1, "A").failure);
  EXPECT_EQ(stored(), Texts({"a"}));
  inject(R"([{"key": "GetItem", "fault": "500", "times": 4}])");
  EXPECT_THROW(stored(), ob::Error);
  EXPECT_EQ(append(1, {"b"}).last, 2);
  EXPECT_EQ(stored(), Texts({"a", "b"}));
}

TEST_F(DynamoTest, PiecesOfAFailedWriteAreSweptLater) {
  append(0, {"a"});
  inject(R"([{"key": "BatchWriteItem", "after": 1, "fault": "500", "times": 4}])");
  EXPECT_TRUE(append(1, {large(5 << 20)}).failure);
  forget();
  auto staged = head();
  ASSERT_EQ(staged.sets.size(), 1U);
  const auto& [name, set] = *staged.sets.begin();
  const std::string piece = piece_ids("d", name, set.pieces).front();
  EXPECT_TRUE(table->get(piece));
  EXPECT_EQ(stored(), Texts({"a"}));
  // Somebody may be at work on them: they stay for an hour.
  EXPECT_FALSE(compact(0, 1, "A").foreign);
  EXPECT_TRUE(table->get(piece));
  table->change({.id = "d",
                 .update = "SET #sets.#" + name + ".#at = :at",
                 .values = {{":at", dynamo_number(1)}}});
  EXPECT_FALSE(compact(1, 1, "A").foreign);
  EXPECT_FALSE(table->get(piece));
  EXPECT_EQ(head().sets.size(), 1U);
  EXPECT_EQ(stored(), Texts({"A"}));
}

TEST_F(DynamoTest, ManyWritersLoseNothing) {
  constexpr int kWriters = 4, kEach = 12;
  std::vector<std::future<void>> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.push_back(std::async(std::launch::async, [this, w] {
      const auto mine = open_dynamo_store(place);
      std::int64_t last = 0;
      for (int i = 0; i < kEach; ++i) {
        const auto written = wait([&](Store::Done done) {
          mine->append("d", last, {std::to_string(w) + ":" + std::to_string(i)}, std::move(done));
        });
        if (written.failure) std::rethrow_exception(written.failure);
        last = written.last;
      }
    }));
  }
  for (auto& writer : writers) writer.get();
  const Texts found = stored();
  EXPECT_EQ(position.last, kWriters * kEach);
  for (int w = 0; w < kWriters; ++w) {
    Texts mine, wanted;
    for (const auto& text : found)
      if (text.starts_with(std::to_string(w) + ":")) mine.push_back(text);
    for (int i = 0; i < kEach; ++i) wanted.push_back(std::to_string(w) + ":" + std::to_string(i));
    EXPECT_EQ(mine, wanted);
  }
}

// The records that it would write are free again.
TEST_F(DynamoTest, AWriterFromBeforeASnapshotLosesNothing) {
  append(0, {"a"});
  const auto other = open_dynamo_store(place);
  EXPECT_EQ(all(*other), Texts({"a"}));  // so that it knows the end
  append(1, {"b"});
  append(2, {"c"});
  EXPECT_FALSE(compact(0, 3, "ABC").foreign);
  const auto late = wait([&](Store::Done done) { other->append("d", 1, {"d"}, std::move(done)); });
  EXPECT_TRUE(late.foreign);
  EXPECT_EQ(late.last, 4);
  EXPECT_EQ(stored(), Texts({"ABC", "d"}));
}

// What is read may be compacted away by another instance meanwhile.
TEST_F(DynamoTest, ALoadMeetsACompaction) {
  append(0, {"a"});
  append(1, {"b"});
  const auto other = open_dynamo_store(place);
  inject(R"([{"key": "BatchGetItem", "fault": "hang", "after": 0}])");
  auto loading = std::async(std::launch::async, [&] { return all(*other); });
  while (ob::objects::test::seen("BatchGetItem").empty()) std::this_thread::yield();
  EXPECT_FALSE(compact(0, 2, "AB").foreign);
  EXPECT_EQ(loading.get(), Texts({"AB"}));
}

TEST_F(DynamoTest, AnIncompleteDocumentIsNotLoaded) {
  append(0, {"a"});
  append(1, {"b"});
  table->remove_many({record_id("d", head().epoch, 1)});
  EXPECT_THROW(stored(), ob::Error);
}

TEST_F(DynamoTest, ARemovedDocumentLeavesNothing) {
  append(0, {"a", large(5 << 20)});
  append(2, {"b"});
  compact(0, 2, large(4 << 20));
  const auto before = head();
  wait([&](Store::Done done) { store->remove("d", std::move(done)); });
  EXPECT_FALSE(table->get("d"));
  for (std::int64_t i = 1; i <= before.record; ++i)
    EXPECT_FALSE(table->get(record_id("d", before.epoch, i)));
  for (const auto& [name, set] : before.sets)
    for (const auto& id : piece_ids("d", name, set.pieces)) EXPECT_FALSE(table->get(id));
  // A snapshot that was under way does not bring it back; an edit makes it anew.
  EXPECT_TRUE(compact(1, 3, "ghost").foreign);
  EXPECT_EQ(all(), Texts());
  append(0, {"new"});
  EXPECT_EQ(stored(), Texts({"new"}));
}

TEST_F(DynamoTest, WhatASnapshotReplacedIsSweptByTheNext) {
  append(0, {"a"});
  append(1, {"b"});
  const auto before = head();
  inject(R"([{"key": "BatchWriteItem", "fault": "500", "times": 4}])");
  EXPECT_FALSE(compact(0, 2, "AB").failure);
  EXPECT_TRUE(table->get(record_id("d", before.epoch, 1)));
  EXPECT_EQ(stored(), Texts({"AB"}));
  append(2, {"c"});
  EXPECT_FALSE(compact(1, 3, "ABC").failure);
  for (std::int64_t i = 1; i <= 3; ++i) EXPECT_FALSE(table->get(record_id("d", before.epoch, i)));
  EXPECT_EQ(head().swept, 4);
  EXPECT_EQ(head().sets.size(), 1U);
  EXPECT_EQ(stored(), Texts({"ABC"}));
}

TEST_F(DynamoTest, ARemovalThatFailedIsFinishedByTheNext) {
  append(0, {"a"});
  const auto before = head();
  const auto take_away = [&] {
    return wait([&](Store::Done done) { store->remove("d", std::move(done)); });
  };
  inject(R"([{"key": "BatchWriteItem", "fault": "500", "times": 4}])");
  EXPECT_TRUE(take_away().failure);
  EXPECT_EQ(stored(), Texts());
  EXPECT_TRUE(table->get(record_id("d", before.epoch, 1)));
  EXPECT_FALSE(take_away().failure);
  EXPECT_FALSE(table->get(record_id("d", before.epoch, 1)));
  EXPECT_FALSE(table->get("d"));
}

TEST_F(DynamoTest, AnOldDocumentIsTakenOverOnce) {
  put_old(
      R"({"ops":[{"insert":"Hello "},{"insert":"world","attributes":{"bold":true}},{"insert":"\n"}]})");
  // Several read it at once; if each made updates of its own, the text would be there twice.
  std::vector<std::future<Texts>> readers;
  for (int i = 0; i < 4; ++i) {
    readers.push_back(std::async(std::launch::async, [this] {
      Texts out;
      open_dynamo_store(place)->load("d", [&](const std::vector<std::string_view>& updates) {
        out.insert(out.end(), updates.begin(), updates.end());
      });
      return out;
    }));
  }
  const Texts first = readers[0].get();
  EXPECT_EQ(first.size(), 1U);
  for (std::size_t i = 1; i < readers.size(); ++i) EXPECT_EQ(readers[i].get(), first);
  EXPECT_EQ(
      content(),
      R"([{"insert":"Hello "},{"attributes":{"bold":true},"insert":"world"},{"insert":"\n"}])");
  EXPECT_FALSE(head().data);
  EXPECT_EQ(append(1, {"x"}).last, 2);
}

TEST_F(DynamoTest, OldDocumentsWithNothingInThem) {
  put_old("");
  EXPECT_EQ(all(), Texts());
  EXPECT_EQ(append(0, {"a"}).last, 1);
  EXPECT_EQ(stored(), Texts({"a"}));
}

TEST_F(DynamoTest, AnOldDocumentThatIsNoDeltaStaysAsItIs) {
  put_old("not JSON");
  EXPECT_THROW(all(), ob::Error);
  EXPECT_TRUE(append(0, {"a"}).failure);
  EXPECT_EQ(head().data, "not JSON");
  wait([&](Store::Done done) { store->remove("d", std::move(done)); });
  EXPECT_FALSE(table->get("d"));
}

}  // namespace
