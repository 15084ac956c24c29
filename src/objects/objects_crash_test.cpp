// A writer is killed at random points: every object that it reported is whole, no other is half.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "objects/objects.h"

namespace ob::objects {
namespace {

constexpr std::size_t kSize = 300'000;

std::string content(std::int64_t n) {
  return std::string(kSize, static_cast<char>('a' + n % 26));
}

std::string key_of(std::int64_t n) {
  return "d" + std::to_string(n % 3) + "/" + std::to_string(n);
}

[[noreturn]] void write_until_killed(const std::string& url, std::int64_t first, int channel) {
  auto store = open(url);
  for (std::int64_t n = first;; ++n) {
    auto writer = store->create(key_of(n));
    const auto bytes = content(n);
    const auto all = std::as_bytes(std::span(bytes));
    writer->write(all.first(kSize / 2));
    writer->write(all.subspan(kSize / 2));
    if (n % 2 == 0) {
      writer->commit();
    } else if (!writer->commit_if_absent()) {
      _exit(2);
    }
    if (::write(channel, &n, sizeof n) != sizeof n) _exit(1);
  }
}

TEST(ObjectsCrash, AcknowledgedIsWholeAndNothingIsHalf) {
  char name[] = "/tmp/ob_objects_XXXXXX";
  const std::string root = mkdtemp(name);
  const std::string url = "file://" + root;
  std::mt19937 random(1);
  std::int64_t next = 0;
  for (int round = 0; round < 12; ++round) {
    int channel[2];
    ASSERT_EQ(pipe(channel), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_until_killed(url, next, channel[1]);
    close(channel[1]);
    usleep(5'000 + random() % 60'000);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    std::int64_t acknowledged = next - 1, n;
    while (::read(channel[0], &n, sizeof n) == sizeof n) acknowledged = n;
    close(channel[0]);

    auto store = open(url);
    for (n = next; n <= acknowledged; ++n) EXPECT_TRUE(store->head(key_of(n))) << n;
    for (const auto& info : store->list("", "", 100'000, false)) {
      const auto number = std::stoll(info.key.substr(3));
      EXPECT_EQ(store->get(info.key, kSize), content(number)) << info.key;
      next = std::max<std::int64_t>(next, number + 1);
    }
    EXPECT_LE(next, acknowledged + 2);
    EXPECT_TRUE(std::filesystem::is_empty(root + "/.openbricks-tmp"));
    for (const auto& info : store->list("", "", 100'000, false)) store->remove(info.key);
  }
  EXPECT_GT(next, 3);
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace ob::objects
