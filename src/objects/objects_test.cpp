#include "objects/objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "objects/files.h"

namespace ob::objects {
namespace {

using testing::ElementsAre;

class ObjectsTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ob_objects_XXXXXX";
    root_ = mkdtemp(name);
    store_ = open("file://" + root_);
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(root_);
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
  std::size_t drafts() {
    return std::distance(std::filesystem::directory_iterator(root_ + "/.openbricks-tmp"), {});
  }

  std::string root_;
  std::unique_ptr<Store> store_;
};

TEST_F(ObjectsTest, ATreeThatIsOnlyReadIsNotCreated) {
  const std::string missing = root_ + "/missing";
  EXPECT_EQ(refusal([&] { Tree(missing, true); }), "objects.cannotOpen");
  EXPECT_FALSE(std::filesystem::exists(missing));
  EXPECT_TRUE(Tree(missing).directory(""));
  EXPECT_TRUE(Tree(missing, true).directory(""));
}

TEST_F(ObjectsTest, PutsReadsAndReplaces) {
  store_->put("a/b/ü 1.txt", "hello");
  EXPECT_EQ(store_->get("a/b/ü 1.txt", 5), "hello");
  EXPECT_EQ(refusal([&] { store_->get("a/b/ü 1.txt", 4); }), "objects.tooLarge");
  const auto before = *store_->head("a/b/ü 1.txt");
  EXPECT_EQ(before.size, 5);
  auto reader = store_->open("a/b/ü 1.txt");
  store_->put("a/b/ü 1.txt", "other");
  EXPECT_NE(store_->head("a/b/ü 1.txt")->version, before.version);
  EXPECT_EQ(reader->info().version, before.version);  // still the old one
  char buffer[8];
  EXPECT_EQ(reader->read(1, std::as_writable_bytes(std::span(buffer))), 4u);
  EXPECT_EQ(std::string(buffer, 4), "ello");
  EXPECT_EQ(reader->read(5, std::as_writable_bytes(std::span(buffer))), 0u);
  store_->put("empty", "");
  EXPECT_EQ(store_->get("empty", 0), "");
  EXPECT_EQ(store_->location("a/b"), root_ + "/a/b");
}

TEST_F(ObjectsTest, UncommittedLeavesNothing) {
  {
    auto writer = store_->create("x/y");
    writer->write(std::as_bytes(std::span("data")));
    EXPECT_FALSE(store_->head("x/y"));
    EXPECT_EQ(drafts(), 1u);
  }
  EXPECT_EQ(drafts(), 0u);
  EXPECT_THAT(keys(""), ElementsAre());
  EXPECT_TRUE(store_->put_if_absent("x", "1"));
  EXPECT_FALSE(store_->put_if_absent("x", "2"));
  EXPECT_EQ(drafts(), 0u);
}

TEST_F(ObjectsTest, DraftsOfTheDeadAreClearedAtOpen) {
  std::ofstream(root_ + "/.openbricks-tmp/left") << "x";
  auto second = open("file://" + root_);  // the first is alive: nothing is touched
  EXPECT_EQ(drafts(), 1u);
  second.reset();
  store_.reset();
  store_ = open("file://" + root_);
  EXPECT_EQ(drafts(), 0u);
}

TEST_F(ObjectsTest, RefusesBadKeys) {
  for (const std::string& key :
       {std::string(""), std::string("/a"), std::string("a/"), std::string("a//b"),
        std::string(".."), std::string("a/../b"), std::string("./a"), std::string("a\0b", 3),
        std::string(256, 'x'), std::string(".openbricks-tmp/x"), std::string(".openbricks-staged"),
        std::string("a/") + std::string(200, 'x') + "/" + std::string(1000, 'y')}) {
    EXPECT_EQ(refusal([&] { store_->put(key, "x"); }), "objects.badKey") << key;
    EXPECT_EQ(refusal([&] { store_->head(key); }), "objects.badKey") << key;
    EXPECT_EQ(refusal([&] { store_->move("a", key); }), "objects.badKey") << key;
  }
  EXPECT_EQ(refusal([&] { store_->list("../", "", 1, false); }), "objects.badKey");
  EXPECT_EQ(refusal([&] { store_->get("nothing", 1); }), "objects.notFound");
  EXPECT_THROW(open("ftp://x"), Error);
}

TEST_F(ObjectsTest, FilesAndDirectoriesExclude) {
  store_->put("a/b", "x");
  EXPECT_EQ(refusal([&] { store_->put("a", "x"); }), "objects.keyConflict");
  EXPECT_EQ(refusal([&] { store_->put_if_absent("a", "x"); }), "objects.keyConflict");
  EXPECT_EQ(refusal([&] { store_->put("a/b/c", "x"); }), "objects.keyConflict");
  EXPECT_FALSE(store_->head("a"));
  EXPECT_FALSE(store_->head("a/b/c"));
  EXPECT_FALSE(store_->remove("a"));
  EXPECT_EQ(refusal([&] { store_->move("a", "z"); }), "objects.notFound");
}

TEST_F(ObjectsTest, NeverFollowsLinks) {
  std::filesystem::create_directory(root_ + "/dir");
  std::filesystem::create_symlink("/etc", root_ + "/dir/out");
  std::filesystem::create_symlink("/etc/passwd", root_ + "/dir/file");
  EXPECT_FALSE(store_->head("dir/out/passwd"));
  EXPECT_FALSE(store_->head("dir/file"));
  EXPECT_EQ(refusal([&] { store_->open("dir/out/passwd"); }), "objects.notFound");
  EXPECT_EQ(refusal([&] { store_->open("dir/file"); }), "objects.notFound");
  EXPECT_EQ(refusal([&] { store_->put("dir/out/x", "x"); }), "objects.keyConflict");
  EXPECT_THAT(keys("dir/"), ElementsAre());
  store_->put("dir/file", "mine");  // replaces the link itself
  EXPECT_EQ(store_->get("dir/file", 10), "mine");
  ASSERT_EQ(mkfifo((root_ + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(refusal([&] { store_->open("pipe"); }), "objects.notFound");
}

// The process has no openat2 from now on, as on an old kernel.
bool forbid_openat2() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog filter = {std::size(program), program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST_F(ObjectsTest, WalksWhereTheKernelCannotConfine) {
  std::filesystem::create_directory(root_ + "/dir");
  std::filesystem::create_symlink("/etc", root_ + "/dir/out");
  std::filesystem::create_symlink("/etc/passwd", root_ + "/dir/file");
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (!forbid_openat2()) _exit(9);
    store_->put("a/b/c", "x");
    if (store_->get("a/b/c", 1) != "x" || keys("a/").size() != 1) _exit(1);
    if (store_->head("dir/out/passwd") || store_->head("dir/file")) _exit(2);
    if (refusal([&] { store_->open("dir/out/passwd"); }) != "objects.notFound") _exit(3);
    if (refusal([&] { store_->open("dir/file"); }) != "objects.notFound") _exit(4);
    if (refusal([&] { store_->put("dir/out/x", "x"); }) != "objects.keyConflict") _exit(5);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 9) GTEST_SKIP() << "this machine allows no system call filter";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(ObjectsTest, RemovePrunesEmptyDirectories) {
  store_->put("a/b/c/d", "1");
  store_->put("a/x", "2");
  EXPECT_TRUE(store_->remove("a/b/c/d"));
  EXPECT_FALSE(store_->remove("a/b/c/d"));
  EXPECT_FALSE(std::filesystem::exists(root_ + "/a/b"));
  EXPECT_TRUE(store_->remove("a/x"));
  EXPECT_FALSE(std::filesystem::exists(root_ + "/a"));
}

TEST_F(ObjectsTest, ListsNoDirectoriesThatACrashLeft) {
  for (const char* key : {"a/b-d", "ü"}) store_->put(key, "x");
  std::filesystem::create_directories(root_ + "/ghost/inner");
  EXPECT_THAT(keys(""), ElementsAre("a/b-d", "ü"));
  EXPECT_THAT(keys("", "b", 10, true), ElementsAre("ü"));
}

TEST_F(ObjectsTest, EmptyDirectoriesDoNotCutAListing) {
  for (int i = 0; i < 5; ++i) std::filesystem::create_directories(root_ + "/" + char('a' + i));
  store_->put("z/1", "x");
  EXPECT_THAT(keys("", "", 1), ElementsAre("z/1"));
  EXPECT_THAT(keys("", "", 1, true), ElementsAre("z/"));
}

TEST_F(ObjectsTest, Moves) {
  store_->put("a/1", "one");
  store_->put("b/2", "two");
  EXPECT_FALSE(store_->move_if_absent("a/1", "b/2"));
  EXPECT_EQ(store_->get("b/2", 9), "two");
  EXPECT_TRUE(store_->move_if_absent("a/1", "c/d/3"));
  EXPECT_FALSE(std::filesystem::exists(root_ + "/a"));
  store_->move("c/d/3", "b/2");
  EXPECT_EQ(store_->get("b/2", 9), "one");
  store_->move("b/2", "b/2");
  EXPECT_EQ(store_->get("b/2", 9), "one");
  EXPECT_EQ(refusal([&] { store_->move("a/1", "x"); }), "objects.notFound");
}

TEST_F(ObjectsTest, MovesPrefixes) {
  store_->put("a/b/1", "one");
  store_->put("a/b/c/2", "two");
  store_->put("x/y/z", "z");
  EXPECT_FALSE(store_->move_prefix("a/b", "x/y"));
  EXPECT_FALSE(store_->move_prefix("a/b", "x/y/z"));
  EXPECT_EQ(refusal([&] { store_->move_prefix("a/b", "a/b/d"); }), "objects.keyConflict");
  EXPECT_EQ(refusal([&] { store_->move_prefix("nothing", "q"); }), "objects.notFound");
  std::filesystem::create_directories(root_ + "/n/m");  // empty, left by a crash
  EXPECT_TRUE(store_->move_prefix("a/b", "n/m"));
  EXPECT_THAT(keys(""), ElementsAre("n/m/1", "n/m/c/2", "x/y/z"));
  EXPECT_FALSE(std::filesystem::exists(root_ + "/a"));
  EXPECT_TRUE(store_->Store::move_prefix("n/m", "k"));  // the way of other stores
  EXPECT_THAT(keys(""), ElementsAre("k/1", "k/c/2", "x/y/z"));
  EXPECT_FALSE(store_->Store::move_prefix("k", "x/y"));
}

TEST_F(ObjectsTest, StagedGrowAndArePublished) {
  EXPECT_EQ(store_->stage("up", false), nullptr);
  store_->stage("up", true)->append(std::as_bytes(std::span("abc", 3)));
  auto staged = store_->stage("up", false);
  EXPECT_EQ(staged->size(), 3);
  staged->append(std::as_bytes(std::span("def", 3)));
  EXPECT_THAT(store_->staged(), ElementsAre("up"));
  EXPECT_THAT(keys(""), ElementsAre());
  store_->put("to/file", "old");
  EXPECT_FALSE(staged->publish_if_absent("to/file"));
  staged->publish("to/file");
  EXPECT_EQ(store_->get("to/file", 10), "abcdef");
  EXPECT_THAT(store_->staged(), ElementsAre());
  EXPECT_FALSE(store_->drop_staged("up"));
  EXPECT_EQ(refusal([&] { store_->stage("a/b", true); }), "objects.badKey");
  // A crash between link and unlink: publishing again succeeds.
  auto again = store_->stage("up2", true);
  std::filesystem::create_hard_link(root_ + "/.openbricks-staged/up2", root_ + "/linked");
  EXPECT_TRUE(again->publish_if_absent("linked"));
  EXPECT_THAT(store_->staged(), ElementsAre());
}

TEST_F(ObjectsTest, PutsSurviveConcurrentPruning) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string key = "p/q/" + std::to_string(t);
        store_->put(key, "x");
        EXPECT_TRUE(store_->remove(key));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(keys(""), ElementsAre());
}

}  // namespace
}  // namespace ob::objects
