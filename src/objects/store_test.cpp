// What every store has to do, on each of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>

#include "base/error.h"
#include "objects/test_s3.h"

namespace ob::objects {
namespace {

using testing::ElementsAre;

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string pattern(std::size_t size, unsigned seed) {
  std::string out(size, '\0');
  for (auto& c : out) c = static_cast<char>((seed = seed * 1103515245 + 12345) >> 16);
  return out;
}

class StoreTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ob_store_XXXXXX";
    root_ = mkdtemp(name);
    prefix_ = "run " + random_token(9) + "/ü";
    store_ = reopen();
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(root_);
  }
  std::unique_ptr<Store> reopen() {
    if (GetParam() == "local") return open("file://" + root_);
    if (GetParam() == "s3") return test::open_s3(prefix_);
    if (GetParam() == "gcs") return test::open_gcs(prefix_);
    return open("az://test/" + prefix_ + "?account=devstoreaccount1",
                {.account_key = std::getenv("OPENBRICKS_TEST_AZURE_KEY"),
                 .endpoint = std::getenv("OPENBRICKS_TEST_AZURE")},
                test::quick());
  }
  std::vector<std::string> keys(const std::string& prefix, const std::string& after = "",
                                std::size_t limit = 1000, bool delimited = false) {
    std::vector<std::string> out;
    for (const auto& info : store_->list(prefix, after, limit, delimited)) out.push_back(info.key);
    return out;
  }
  std::string refusal(const std::function<void()>& fn) {
    try {
      fn();
    } catch (const Error& e) {
      return e.id();
    }
    return "";
  }

  std::string root_, prefix_;
  std::unique_ptr<Store> store_;
};

// The emulator of Azure is too large for every run; the README tells how to use it.
std::vector<std::string> stores() {
  std::vector<std::string> names = {"local", "s3", "gcs"};
  if (std::getenv("OPENBRICKS_TEST_AZURE")) names.emplace_back("azure");
  return names;
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreTest, testing::ValuesIn(stores()),
                         [](const auto& it) { return it.param; });

TEST_P(StoreTest, PutsReadsAndReplaces) {
  const std::string key = "a/b/ü 1%41+&=?#'\"<>*[]{}|^`~$,;:@!().txt";
  store_->put(key, "hello");
  EXPECT_EQ(store_->get(key, 5), "hello");
  EXPECT_EQ(refusal([&] { store_->get(key, 4); }), "objects.tooLarge");
  const auto before = *store_->head(key);
  EXPECT_EQ(before.key, key);
  EXPECT_EQ(before.size, 5);
  EXPECT_GT(before.modified, Micros{1'600'000'000} * 1'000'000);
  EXPECT_EQ(before.version.find_first_not_of("0123456789abcdef-"), std::string::npos);
  EXPECT_FALSE(before.version.empty());
  EXPECT_EQ(store_->list("a/", "", 10, false).at(0).version, before.version);
  store_->put(key, "other");
  EXPECT_NE(store_->head(key)->version, before.version);
  store_->put("empty", "");
  EXPECT_EQ(store_->get("empty", 0), "");
  EXPECT_FALSE(store_->head("nothing"));
  EXPECT_EQ(refusal([&] { store_->get("nothing", 1); }), "objects.notFound");
  EXPECT_EQ(refusal([&] { store_->open("nothing"); }), "objects.notFound");
  EXPECT_TRUE(store_->location("a/b").ends_with("/a/b"));
}

TEST_P(StoreTest, RefusesBadKeys) {
  for (const std::string& key :
       {std::string(""), std::string("/a"), std::string("a/"), std::string("a//b"),
        std::string("a/../b"), std::string("a\0b", 3), std::string(".openbricks-tmp/x"),
        std::string(".openbricks-staged")}) {
    EXPECT_EQ(refusal([&] { store_->put(key, "x"); }), "objects.badKey") << key;
    EXPECT_EQ(refusal([&] { store_->head(key); }), "objects.badKey") << key;
    EXPECT_EQ(refusal([&] { store_->create(key); }), "objects.badKey") << key;
    EXPECT_EQ(refusal([&] { store_->move("a", key); }), "objects.badKey") << key;
    EXPECT_EQ(refusal([&] { store_->location(key); }), "objects.badKey") << key;
  }
  EXPECT_EQ(refusal([&] { store_->list("../", "", 1, false); }), "objects.badKey");
}

TEST_P(StoreTest, WritesLargeObjectsInParts) {
  const std::string data = pattern((12 << 20) + 7, 1);
  {
    auto writer = store_->create("big");
    writer->write(bytes(data));
    EXPECT_FALSE(store_->head("big"));
    EXPECT_TRUE(writer->commit_if_absent());
  }
  auto reader = store_->open("big");
  ASSERT_EQ(reader->size(), std::ssize(data));
  std::string got(data.size() + 100, '\0');
  const auto out = std::as_writable_bytes(std::span(got));
  EXPECT_EQ(reader->read(0, out), data.size());
  got.resize(data.size());
  EXPECT_TRUE(got == data);
  auto writer = store_->create("big");
  writer->write(bytes(pattern(11 << 20, 2)));
  EXPECT_FALSE(writer->commit_if_absent());
  EXPECT_EQ(store_->head("big")->version, reader->info().version);
  writer = store_->create("big");
  for (int i = 0; i < 7; ++i) writer->write(bytes(std::string(1 << 20, 'x')));
  writer->commit();
  EXPECT_EQ(store_->get("big", 8 << 20), std::string(7 << 20, 'x'));
}

TEST_P(StoreTest, ReadsAnyRange) {
  const std::string data = pattern((3 << 20) + 11, 3);
  store_->put("data", data);
  auto reader = store_->open("data");
  std::string whole;
  std::vector<std::byte> buffer(100'000);
  while (const auto n = reader->read(std::ssize(whole), buffer)) {  // sequential
    whole.append(reinterpret_cast<const char*>(buffer.data()), n);
  }
  EXPECT_TRUE(whole == data);
  unsigned seed = 4;
  for (int i = 0; i < 40; ++i) {
    seed = seed * 1103515245 + 12345;
    const std::size_t offset = (seed >> 4) % data.size(), size = 1 + (seed >> 20) % buffer.size();
    const auto n = reader->read(static_cast<std::int64_t>(offset), std::span(buffer).first(size));
    const auto expected = std::string_view(data).substr(offset, size);
    ASSERT_EQ(n, expected.size());
    ASSERT_TRUE(expected == std::string_view(reinterpret_cast<const char*>(buffer.data()), n));
  }
  EXPECT_EQ(reader->read(std::ssize(data), buffer), 0u);
  EXPECT_EQ(reader->read(std::ssize(data) + 5, buffer), 0u);
  store_->put("nothing", "");
  EXPECT_EQ(store_->open("nothing")->read(0, buffer), 0u);
}

TEST_P(StoreTest, NeverMixesVersionsInOneReading) {
  const std::string first(1 << 20, 'a'), second(1 << 20, 'b');
  store_->put("data", first);
  auto reader = store_->open("data");
  const auto version = reader->info().version;
  std::vector<std::byte> buffer(1 << 10);
  reader->read(0, buffer);
  store_->put("data", second);
  EXPECT_EQ(reader->info().version, version);
  try {
    for (std::int64_t at = 0; at < reader->size(); at += std::ssize(buffer)) {
      reader->read(at, buffer);
      ASSERT_EQ(static_cast<char>(buffer[0]), 'a');
    }
  } catch (const Error& e) {
    EXPECT_EQ(e.id(), "objects.changed");
    EXPECT_NE(GetParam(), "local");
  }
}

TEST_P(StoreTest, UncommittedLeavesNothing) {
  for (const std::size_t size : {std::size_t{10}, std::size_t{11} << 20}) {
    auto writer = store_->create("x/y");
    writer->write(bytes(std::string(size, 'x')));
    EXPECT_FALSE(store_->head("x/y"));
    writer.reset();
    EXPECT_THAT(keys(""), ElementsAre());
  }
}

TEST_P(StoreTest, ListsInByteOrderByPages) {
  for (const char* key : {"a/b/c", "a/b-d", "a/b0", "a/b/0/z", "a!", "ü"}) store_->put(key, "x");
  const std::vector<std::string> all = {"a!", "a/b-d", "a/b/0/z", "a/b/c", "a/b0", "ü"};
  EXPECT_EQ(keys(""), all);
  for (std::size_t limit = 1; limit < 8; ++limit) {
    std::vector<std::string> paged;
    while (true) {
      auto page = keys("", paged.empty() ? "" : paged.back(), limit);
      if (page.empty()) break;
      EXPECT_LE(page.size(), limit);
      paged.insert(paged.end(), page.begin(), page.end());
    }
    EXPECT_EQ(paged, all) << limit;
  }
  EXPECT_THAT(keys("a/b"), ElementsAre("a/b-d", "a/b/0/z", "a/b/c", "a/b0"));
  EXPECT_THAT(keys("a/b/"), ElementsAre("a/b/0/z", "a/b/c"));
  EXPECT_THAT(keys("a/", "", 10, true), ElementsAre("a/b-d", "a/b/", "a/b0"));
  EXPECT_THAT(keys("a/", "a/b-d", 1, true), ElementsAre("a/b/"));
  EXPECT_THAT(keys("a/", "a/b/", 10, true), ElementsAre("a/b0"));
  EXPECT_THAT(keys("a/", "a/b/0", 10, true), ElementsAre("a/b0"));
  EXPECT_THAT(keys("a/", "0", 10, true), ElementsAre("a/b-d", "a/b/", "a/b0"));
  EXPECT_THAT(keys("", "a/b/0", 10), ElementsAre("a/b/0/z", "a/b/c", "a/b0", "ü"));
  EXPECT_THAT(keys("nothing/"), ElementsAre());
  EXPECT_THAT(keys("", "", 0), ElementsAre());
  EXPECT_THAT(keys("", "", 10, true), ElementsAre("a!", "a/", "ü"));
  EXPECT_TRUE(store_->list("a/", "", 10, true)[1].is_prefix);
}

TEST_P(StoreTest, ListsMoreThanOnePageOfTheServer) {
  std::vector<std::string> all;
  std::vector<std::thread> threads;
  for (int i = 0; i < 1200; ++i) all.push_back("many/" + std::to_string(10'000 + i));
  for (std::size_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < all.size(); i += 8) store_->put(all[i], "");
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(keys("many/", "", 5000), all);
  EXPECT_EQ(keys("many/", "", 5000, true), all);
  EXPECT_THAT(keys("many/", all[1100], 2), ElementsAre(all[1101], all[1102]));
}

TEST_P(StoreTest, RemovesAndMoves) {
  store_->put("a/1", "one");
  store_->put("b/2", "two");
  EXPECT_FALSE(store_->move_if_absent("a/1", "b/2"));
  EXPECT_EQ(store_->get("b/2", 9), "two");
  EXPECT_TRUE(store_->move_if_absent("a/1", "c/d/3"));
  EXPECT_FALSE(store_->head("a/1"));
  store_->move("c/d/3", "b/2");
  EXPECT_EQ(store_->get("b/2", 9), "one");
  store_->move("b/2", "b/2");
  EXPECT_EQ(store_->get("b/2", 9), "one");
  EXPECT_EQ(refusal([&] { store_->move("a/1", "x"); }), "objects.notFound");
  EXPECT_EQ(refusal([&] { store_->move_if_absent("a/1", "x"); }), "objects.notFound");
  EXPECT_TRUE(store_->remove("b/2"));
  EXPECT_FALSE(store_->remove("b/2"));
  EXPECT_THAT(keys(""), ElementsAre());
}

TEST_P(StoreTest, MovesPrefixes) {
  store_->put("a/b/1", "one");
  store_->put("a/b/c/2", "two");
  store_->put("x/y/z", "z");
  EXPECT_FALSE(store_->move_prefix("a/b", "x/y"));
  EXPECT_FALSE(store_->move_prefix("a/b", "x/y/z"));
  EXPECT_EQ(refusal([&] { store_->move_prefix("a/b", "a/b/d"); }), "objects.keyConflict");
  EXPECT_EQ(refusal([&] { store_->move_prefix("nothing", "q"); }), "objects.notFound");
  EXPECT_TRUE(store_->move_prefix("a/b", "n/m"));
  EXPECT_THAT(keys(""), ElementsAre("n/m/1", "n/m/c/2", "x/y/z"));
}

TEST_P(StoreTest, StagedGrowAcrossRestartsAndArePublished) {
  EXPECT_EQ(store_->stage("up", false), nullptr);
  auto staged = store_->stage("up", true);
  EXPECT_EQ(staged->size(), 0);
  const std::string first = pattern(6 << 20, 5), second = pattern(100, 6);
  staged->append(bytes(first));
  EXPECT_EQ(staged->size(), std::ssize(first));
  staged->sync();
  staged.reset();
  store_ = reopen();
  EXPECT_THAT(store_->staged(), ElementsAre("up"));
  EXPECT_THAT(keys(""), ElementsAre());
  staged = store_->stage("up", false);
  ASSERT_EQ(staged->size(), std::ssize(first));
  staged->append(bytes(second));
  EXPECT_EQ(staged->size(), std::ssize(first + second));
  store_->put("to/file", "old");
  EXPECT_FALSE(staged->publish_if_absent("to/file"));
  EXPECT_EQ(store_->get("to/file", 10), "old");
  EXPECT_TRUE(staged->publish_if_absent("to/other"));
  EXPECT_TRUE(store_->get("to/other", 7 << 20) == first + second);
  EXPECT_THAT(store_->staged(), ElementsAre());
  EXPECT_FALSE(store_->drop_staged("up"));
  EXPECT_EQ(refusal([&] { store_->stage("a/b", true); }), "objects.badKey");

  staged = store_->stage("small", true);
  staged->append(bytes("abc"));
  staged->publish("to/file");
  EXPECT_EQ(store_->get("to/file", 10), "abc");
  store_->stage("dropped", true)->append(bytes("abc"));
  EXPECT_TRUE(store_->drop_staged("dropped"));
  EXPECT_THAT(store_->staged(), ElementsAre());
}

TEST_P(StoreTest, PutIfAbsentHasOneWinner) {
  for (int round = 0; round < 10; ++round) {
    const std::string key = "race/" + std::to_string(round) + "/log.json";
    std::atomic<int> winners = 0;
    std::atomic<char> winner = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        const char mine = static_cast<char>('a' + t);
        if (!store_->put_if_absent(key, std::string(1000, mine))) return;
        ++winners;
        winner = mine;
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(store_->get(key, 1000), std::string(1000, winner));
  }
}

TEST_P(StoreTest, EveryFieldOfAListingIsThatOfTheObject) {
  store_->put("a", "12345");
  const auto listed = store_->list("", "", 10, false).at(0);
  const auto head = *store_->head("a");
  EXPECT_EQ(listed.size, head.size);
  EXPECT_EQ(listed.version, head.version);
  EXPECT_EQ(store_->open("a")->info().version, head.version);
  EXPECT_EQ(listed.modified / 1'000'000, head.modified / 1'000'000);
}

}  // namespace
}  // namespace ob::objects
