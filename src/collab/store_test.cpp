#include "collab/store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "base/ids.h"
#include "collab/dynamo.h"
#include "db/testing.h"
#include "objects/test_s3.h"

namespace {

using namespace ob::collab;
namespace fs = std::filesystem;

// The same of every store: "sql", "journal" before it, or "dynamo" with OPENBRICKS_TEST_S3.
class StoreTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "dynamo" && !std::getenv("OPENBRICKS_TEST_S3"))
      GTEST_SKIP() << "DynamoDB is tested by `./dev test cpp`";
    directory = (fs::temp_directory_path() / ("ob_collab_" + ob::new_uuid())).string();
    fs::create_directories(directory);
    open();
  }
  void TearDown() override {
    store.reset();
    database.reset();
    fs::remove_all(directory);
  }
  void open() {
    store.reset();
    if (GetParam() == "dynamo") {
      store = open_dynamo_store({.region = "us-east-1",
                                 .table = fs::path(directory).filename(),
                                 .endpoint = ob::objects::test::s3_endpoint(),
                                 .access_key = "test",
                                 .secret_key = "very-secret",
                                 .plain_http = true});
      return;
    }
    database = ob::db::open(ob::db::testing::url_in(directory), {.relaxed = true});
    if (GetParam() == "journal") {
      store = open_journaled_store(*database, {.journal = directory});
    } else {
      store = open_sql_store(*database);
    }
  }
  template <class Call>
  Store::Written wait(Call call) {
    std::promise<Store::Written> promise;
    auto future = promise.get_future();
    call([&promise](Store::Written written) { promise.set_value(std::move(written)); });
    return future.get();
  }
  Store::Written append(const std::string& document, std::int64_t after,
                        std::vector<std::string> updates) {
    return wait([&](Store::Done done) {
      store->append(document, after, std::move(updates), std::move(done));
    });
  }
  Store::Written compact(const std::string& document, std::int64_t generation, std::int64_t last,
                         const std::string& snapshot) {
    return wait([&](Store::Done done) {
      store->compact(document, generation, last, snapshot, std::move(done));
    });
  }
  std::string all(const std::string& document) {
    std::string out;
    position = store->load(document, [&](const std::vector<std::string_view>& updates) {
      for (const auto update : updates) out += std::string(update) + ",";
    });
    return out;
  }

  std::string directory;
  std::unique_ptr<ob::db::Database> database;
  std::unique_ptr<Store> store;
  Position position;
};

TEST_P(StoreTest, UpdatesComeBackInOrderAfterARestart) {
  EXPECT_EQ(append("d", 0, {"a", "b"}).last, 2);
  EXPECT_EQ(append("d", 2, {"c"}).last, 3);
  EXPECT_EQ(append("e", 0, {"x"}).last, 1);
  open();
  EXPECT_EQ(all("d"), "a,b,c,");
  EXPECT_EQ(position.last, 3);
  EXPECT_EQ(position.since, 3);
  EXPECT_EQ(all("e"), "x,");
  EXPECT_EQ(all("none"), "");
}

TEST_P(StoreTest, SnapshotsMayBeLarge) {
  const auto large = [](std::size_t size, char first) {
    std::string out(size, first);
    for (std::size_t i = 0; i < size; i += 1000) out[i] = static_cast<char>('a' + i / 1000 % 26);
    return out;
  };
  const std::string one = large(9'000'000, 'x'), two = large(8 << 20, 'y');
  append("d", 0, {"a"});
  compact("d", 0, 1, one);
  append("d", 1, {"b"});
  EXPECT_TRUE(all("d") == one + ",b,");
  EXPECT_GE(position.bytes, 9'000'000);
  compact("d", 1, 2, two);
  EXPECT_TRUE(all("d") == two + ",");
  compact("d", 2, 2, "small");
  EXPECT_EQ(all("d"), "small,");
  compact("d", 3, 2, one);
  wait([&](Store::Done done) { store->remove("d", std::move(done)); });
  EXPECT_EQ(all("d"), "");
  if (!database) return;
  EXPECT_TRUE(database->reading(
      [](ob::db::Tx& tx) { return tx.query("SELECT part FROM collab_snapshot_parts").empty(); }));
}

TEST_P(StoreTest, ASnapshotTakesThePlaceOfWhatItHolds) {
  append("d", 0, {"a", "b"});
  append("d", 2, {"c"});
  EXPECT_FALSE(compact("d", 0, 2, "AB").foreign);
  EXPECT_EQ(all("d"), "AB,c,");
  EXPECT_EQ(position.generation, 1);
  EXPECT_EQ(position.since, 1);
  EXPECT_FALSE(compact("d", 1, 3, "ABC").foreign);
  EXPECT_EQ(all("d"), "ABC,");
  EXPECT_EQ(append("d", position.last, {"d"}).last, 4);
}

TEST_P(StoreTest, TwoWritersLoseNothing) {
  append("d", 0, {"a"});
  // Another that knew of nothing: its update gets the next number, and it is told.
  const auto second = append("d", 0, {"b"});
  EXPECT_EQ(second.last, 2);
  EXPECT_TRUE(second.foreign);
  EXPECT_EQ(all("d"), "a,b,");
  EXPECT_FALSE(compact("d", 0, 2, "AB").foreign);
  // Whoever did not see that snapshot must not put theirs in its place.
  EXPECT_TRUE(compact("d", 0, 1, "A").foreign);
  EXPECT_EQ(all("d"), "AB,");
}

// One that was away while another wrote, and made a snapshot: the numbers that it knows are free.
TEST_P(StoreTest, AWriterFromThePastLosesNothing) {
  for (const char* text : {"a", "b", "c"}) append("d", append("d", 0, {text}).last, {text});
  const std::int64_t last = append("d", 100, {"z"}).last;
  EXPECT_FALSE(compact("d", 0, last, "S").foreign);
  const auto late = append("d", 1, {"late"});
  EXPECT_TRUE(late.foreign);
  EXPECT_GT(late.last, last);
  EXPECT_EQ(all("d"), "S,late,");
}

TEST_P(StoreTest, OnesTroubleIsNotTheOthers) {
  append("d", 0, {"a"});
  std::vector<std::future<Store::Written>> written;
  for (int i = 0; i < 20; ++i) {
    auto promise = std::make_shared<std::promise<Store::Written>>();
    written.push_back(promise->get_future());
    store->append(i % 2 ? "d" : "e" + std::to_string(i), 0, {std::to_string(i)},
                  [promise](Store::Written w) { promise->set_value(std::move(w)); });
  }
  for (auto& one : written) EXPECT_FALSE(one.get().failure);
  EXPECT_EQ(all("d"), "a,1,3,5,7,9,11,13,15,17,19,");
  EXPECT_EQ(all("e4"), "4,");
}

TEST_P(StoreTest, ManyUpdatesGoInSlices) {
  constexpr int kMany = 12'000;
  std::vector<std::string> updates(kMany, "u");
  EXPECT_EQ(append("d", 0, updates).last, kMany);
  EXPECT_EQ(all("d").size(), 2U * kMany);
  EXPECT_FALSE(compact("d", 0, kMany - 1, "S").foreign);
  EXPECT_EQ(all("d"), "S,u,");
  wait([&](Store::Done done) { store->remove("d", std::move(done)); });
  EXPECT_EQ(all("d"), "");
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreTest, testing::Values("sql", "journal", "dynamo"),
                         [](const auto& info) { return info.param; });

}  // namespace
