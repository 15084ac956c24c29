// What the journal keeps through the end of a process: a copy of the folder is what a crash leaves.
#include "collab/journal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "base/error.h"
#include "base/ids.h"
#include "collab/store.h"

namespace {

using namespace ob::collab;
namespace fs = std::filesystem;

class JournalTest : public testing::Test {
 protected:
  JournalTest() {
    fs::create_directories(folder());
    open(folder());
  }
  ~JournalTest() override {
    close();
    fs::remove_all(root_);
  }
  fs::path folder() const { return root_ / "a"; }
  void open(const fs::path& at) {
    database_ = ob::db::open("sqlite://" + (at / "documents.db").string(), {.relaxed = true});
    store_ = open_journaled_store(*database_, {.journal = at.string()});
  }
  void close() {
    store_.reset();
    database_.reset();
  }
  // Goes on with what a crash at this moment would have left.
  void crash() {
    const fs::path copy = root_ / ob::new_uuid();
    fs::create_directories(copy);
    for (const auto& entry : fs::directory_iterator(at_.empty() ? folder() : at_))
      fs::copy_file(entry.path(), copy / entry.path().filename());
    close();
    at_ = copy;
    open(at_);
  }
  std::vector<fs::path> journals() const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(at_.empty() ? folder() : at_))
      if (entry.path().extension() == ".journal") out.push_back(entry.path());
    std::ranges::sort(out);
    return out;
  }
  template <class Call>
  Store::Written wait(Call call) {
    std::promise<Store::Written> promise;
    call([&promise](Store::Written written) { promise.set_value(std::move(written)); });
    return promise.get_future().get();
  }
  Store::Written append(const std::string& document, std::int64_t after,
                        std::vector<std::string> updates) {
    return wait([&](Store::Done done) {
      store_->append(document, after, std::move(updates), std::move(done));
    });
  }
  std::string all(const std::string& document) {
    std::string out;
    position_ = store_->load(document, [&](const std::vector<std::string_view>& updates) {
      for (const auto update : updates) out += std::string(update) + ",";
    });
    return out;
  }

  const fs::path root_ = fs::temp_directory_path() / ("ob_journal_" + ob::new_uuid());
  fs::path at_;
  std::unique_ptr<ob::db::Database> database_;
  std::unique_ptr<Store> store_;
  Position position_;
};

TEST_F(JournalTest, WhatWasWrittenIsThereAfterACrash) {
  append("d", 0, {"a", "b"});
  append("e", 0, {std::string("\0x\n", 3)});
  append("d", 2, {"c"});
  crash();
  EXPECT_EQ(all("d"), "a,b,c,");
  EXPECT_EQ(position_.last, 3);
  EXPECT_EQ(position_.since, 3);
  EXPECT_EQ(all("e"), std::string("\0x\n,", 4));
  // In the database, and once: the files that are still there bring nothing anew.
  append("d", 3, {"d"});
  EXPECT_EQ(all("d"), "a,b,c,d,");
  append("d", 4, {"e"});
  crash();
  crash();
  EXPECT_EQ(all("d"), "a,b,c,d,e,");
  EXPECT_EQ(position_.last, 5);
  EXPECT_EQ(append("d", 5, {"f"}).last, 6);
}

TEST_F(JournalTest, ASnapshotHoldsWhatCameBefore) {
  append("d", 0, {"a", "b", "c"});
  const auto made =
      wait([&](Store::Done done) { store_->compact("d", 0, 2, "AB", std::move(done)); });
  EXPECT_FALSE(made.failure || made.foreign);
  append("d", 3, {"d"});
  crash();
  EXPECT_EQ(all("d"), "AB,c,d,");
  EXPECT_EQ(position_.since, 2);
}

TEST_F(JournalTest, ARemovedDocumentDoesNotComeBack) {
  append("d", 0, {"a"});
  EXPECT_EQ(all("d"), "a,");  // the database has it, and so has the file
  append("d", 1, {"b"});
  wait([&](Store::Done done) { store_->remove("d", std::move(done)); });
  EXPECT_EQ(all("d"), "");
  EXPECT_FALSE(journals().empty());
  crash();
  EXPECT_EQ(all("d"), "");
  EXPECT_EQ(append("d", 0, {"anew"}).last, 1);
  crash();
  EXPECT_EQ(all("d"), "anew,");
}

// A compaction that was asked for before must not bring it back.
TEST_F(JournalTest, ARemovalMeetsACompaction) {
  append("d", 0, {"secret"});
  append("e", 0, {"kept"});
  std::promise<Store::Written> compacted, other;
  store_->compact("d", 0, 1, "SECRET",
                  [&](Store::Written w) { compacted.set_value(std::move(w)); });
  store_->compact("e", 0, 1, "KEPT", [&](Store::Written w) { other.set_value(std::move(w)); });
  EXPECT_FALSE(wait([&](Store::Done done) { store_->remove("d", std::move(done)); }).failure);
  EXPECT_TRUE(compacted.get_future().get().foreign);
  EXPECT_FALSE(other.get_future().get().foreign);
  EXPECT_EQ(all("d"), "");
  EXPECT_EQ(all("e"), "KEPT,");
  crash();
  EXPECT_EQ(all("d"), "");
}

// A database that cannot be written: what is appended waits in the journal, what needs the database
// is told at once, and all is there when it can be written again.
TEST_F(JournalTest, TheDatabaseIsAwayForAWhile) {
  append("d", 0, {"a"});
  EXPECT_EQ(all("d"), "a,");
  const auto run = [&](const char* sql) {
    database_->write([&](ob::db::Tx& tx) { tx.execute(sql); });
  };
  run("CREATE TRIGGER away BEFORE INSERT ON collab_updates BEGIN SELECT RAISE(ABORT, 'away'); END");
  EXPECT_FALSE(append("d", 1, {"b"}).failure);
  EXPECT_THROW(all("d"), std::exception);
  EXPECT_FALSE(append("d", 2, {"c"}).failure);
  EXPECT_FALSE(wait([&](Store::Done done) { store_->remove("e", std::move(done)); }).failure);
  run("DROP TRIGGER away");
  std::string found;
  for (int i = 0; i < 1000 && found.empty(); ++i) {
    try {
      found = all("d");
    } catch (const std::exception&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  EXPECT_EQ(found, "a,b,c,");
  store_->stop();
  EXPECT_TRUE(append("d", 3, {"late"}).failure);
  EXPECT_TRUE(wait([&](Store::Done done) { store_->remove("d", std::move(done)); }).failure);
}

TEST_F(JournalTest, ARecordThatWasNotWrittenWholeIsNobodys) {
  append("d", 0, {"a"});
  append("d", 1, {"b"});
  close();
  open(folder());
  append("d", 2, {"c"});
  append("d", 3, {"long enough to be cut"});
  const fs::path copy = root_ / "torn";
  fs::create_directories(copy);
  for (const auto& entry : fs::directory_iterator(folder()))
    fs::copy_file(entry.path(), copy / entry.path().filename());
  at_ = copy;
  fs::resize_file(journals().back(), fs::file_size(journals().back()) - 3);
  close();
  open(copy);
  EXPECT_EQ(all("d"), "a,b,c,");
  // A byte that changed is no such thing: the file is kept.
  append("d", 3, {"x"});
  append("d", 4, {"y"});
  crash();
  append("d", 5, {"z"});
  crash();
  EXPECT_EQ(all("d"), "a,b,c,x,y,z,");
}

TEST_F(JournalTest, AFileThatIsDamagedIsKept) {
  append("d", 0, {"a"});
  append("d", 1, {"b"});
  const fs::path copy = root_ / "damaged";
  fs::create_directories(copy);
  for (const auto& entry : fs::directory_iterator(folder()))
    fs::copy_file(entry.path(), copy / entry.path().filename());
  at_ = copy;
  const fs::path file = journals().back();
  {
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(10);
    out.put('!');
  }
  close();
  open(copy);
  EXPECT_EQ(all("d"), "b,");
  EXPECT_TRUE(std::ranges::any_of(fs::directory_iterator(copy), [](const auto& entry) {
    return entry.path().extension() == ".damaged";
  }));
}

TEST_F(JournalTest, AnOrderlyEndLeavesNoFiles) {
  append("d", 0, {"a"});
  EXPECT_FALSE(journals().empty());
  close();
  EXPECT_TRUE(journals().empty());
  open(folder());
  EXPECT_EQ(all("d"), "a,");
}

TEST_F(JournalTest, ManyWritersAndReaders) {
  constexpr int kThreads = 4, kEach = 3000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const std::string document = std::to_string(t);
      for (int i = 0; i < kEach; ++i) {
        EXPECT_EQ(append(document, i, {std::to_string(i)}).last, i + 1);
        if (i % 1000 != 999) continue;
        Position position = store_->load(document, [](const auto&) {});
        EXPECT_EQ(position.last, i + 1);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  crash();
  std::string expected;
  for (int i = 0; i < kEach; ++i) expected += std::to_string(i) + ",";
  for (int t = 0; t < kThreads; ++t) EXPECT_EQ(all(std::to_string(t)), expected);
}

// More than is held in memory: who writes then waits for the database.
TEST_F(JournalTest, MoreThanTheDatabaseTakes) {
  constexpr int kMany = 100;
  const std::string large(1 << 20, 'x');
  std::vector<std::future<Store::Written>> written;
  for (int i = 0; i < kMany; ++i) {
    auto promise = std::make_shared<std::promise<Store::Written>>();
    written.push_back(promise->get_future());
    store_->append("d" + std::to_string(i % 7), i / 7, {large},
                   [promise](Store::Written w) { promise->set_value(std::move(w)); });
  }
  for (int i = 0; i < kMany; ++i) {
    const auto one = written[static_cast<std::size_t>(i)].get();
    EXPECT_FALSE(one.failure);
    EXPECT_EQ(one.last, i / 7 + 1);
  }
  crash();
  EXPECT_EQ(all("d0").size(), 15 * (large.size() + 1));
}

}  // namespace
