#include "identity/guard.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "db/testing.h"
#include "identity/gate.h"
#include "identity/identity.h"
#include "identity/migrations/migrations.h"
#include "identity/passwords.h"

namespace ob::identity {
namespace {

constexpr Micros kSecond = 1'000'000;

class GuardTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ob_guard_XXXXXX";
    directory_ = mkdtemp(name);
    database_ = db::open(db::testing::url_in(directory_));
    database_->migrate("identity", migrations());
    database_->migrate("accounts", account_migrations());
  }
  void TearDown() override {
    database_.reset();
    std::filesystem::remove_all(directory_);
  }
  Guard guard() {
    return Guard(*database_, [this] { return now_; });
  }
  // Whether the guess was let through; it was wrong then.
  static bool guess(Guard& guard, const std::string& address, const std::string& account = "a@b",
                    bool known = false) {
    try {
      guard.begin({.account = account, .address = address, .device = {}, .known = known}).fail();
      return true;
    } catch (const Throttled& e) {
      EXPECT_GE(e.retry_after_s, 1);
      return false;
    }
  }

  Micros now_ = 1'000'000 * kSecond;
  std::string directory_;
  std::unique_ptr<db::Database> database_;
};

TEST_F(GuardTest, TenThousandGuessesFromOneAddress) {
  Guard guard = this->guard();
  int tried = 0;
  for (int i = 0; i < 10'000; ++i, now_ += 360'000) tried += guess(guard, "6.6.6.6");
  EXPECT_GE(tried, 5);
  EXPECT_LT(tried, 20);
  // The owner, from an address that was never seen.
  EXPECT_TRUE(guess(guard, "1.2.3.4"));
}

TEST_F(GuardTest, TenThousandGuessesFromEverywhere) {
  Guard guard = this->guard();
  int tried = 0;
  for (int i = 0; i < 10'000; ++i, now_ += 360'000) {
    tried += guess(guard, "6." + std::to_string(i % 250) + "." + std::to_string(i / 250) + ".6");
  }
  EXPECT_LT(tried, 20);
  // The owner, from where they signed in before.
  EXPECT_TRUE(guess(guard, "1.2.3.4", "a@b", true));
  // Another account.
  EXPECT_TRUE(guess(guard, "6.6.6.6", "c@d"));
}

TEST_F(GuardTest, AGuesserInOnePlaceLeavesRoomForTheOwnerAtAnyTime) {
  Guard guard = this->guard();
  for (int hour = 0; hour < 6; ++hour) {
    for (int i = 0; i < 1000; ++i, now_ += 3'600'000) {
      guess(guard, "6.6.6." + std::to_string(i % 250));
    }
    EXPECT_TRUE(guess(guard, "1.2." + std::to_string(hour) + ".4")) << hour;
  }
}

TEST_F(GuardTest, AnIpv6NetworkIsOnePlace) {
  Guard guard = this->guard();
  int tried = 0;
  for (int i = 0; i < 1000; ++i) {
    char address[64];
    std::snprintf(address, sizeof address, "2001:db8:1:%x::1", i);
    tried += guess(guard, address);
  }
  EXPECT_LE(tried, 8);
  EXPECT_TRUE(guess(guard, "2001:db8:2::1"));
  EXPECT_EQ(network_of("2001:db8::1"), network_of("2001:db8::ffff"));
  EXPECT_NE(network_of("::ffff:1.2.3.4"), network_of("::ffff:1.2.3.5"));
}

TEST_F(GuardTest, AllProcessesShareTheBudgets) {
  Guard one = guard(), two = guard();
  int tried = 0;
  for (int i = 0; i < 200; ++i) {
    tried += guess(i % 2 ? one : two, std::to_string(i) + ".1.1.1");
  }
  EXPECT_LE(tried, 12);
}

TEST_F(GuardTest, RightOnesCostNothing) {
  Guard guard = this->guard();
  for (int i = 0; i < 100; ++i) {
    guard.begin({.account = "a@b", .address = "1.2.3.4", .device = {}, .known = false}).succeed();
  }
  EXPECT_TRUE(guess(guard, "1.2.3.4"));
}

TEST(GateTest, NetworksTakeTurns) {
  Gate gate(1, 100);
  std::mutex mutex;
  std::vector<std::string> order;
  std::vector<std::thread> threads;
  {
    const Line holder{.network = "holder"};
    const auto turn = gate.enter(holder);
    std::atomic<int> waiting = 0;
    const auto wait = [&](std::string network, bool known) {
      threads.emplace_back([&, network = std::move(network), known] {
        const Line line{.network = network, .known = known};
        ++waiting;
        const auto own = gate.enter(line);
        const std::scoped_lock lock(mutex);
        order.push_back(network);
      });
      // The one before has to stand in line before the next comes.
      while (waiting < static_cast<int>(threads.size())) std::this_thread::yield();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    };
    for (int i = 0; i < 3; ++i) wait("flood", false);
    wait("stranger", false);
    wait("owner", true);
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<std::string>{"owner", "flood", "stranger", "flood", "flood"}));
}

TEST(GateTest, AFloodOfOneNetworkIsRefused) {
  Gate gate(1, 2);
  const Line flood{.network = "flood"}, other{.network = "other"};
  std::vector<std::thread> threads;
  std::atomic<int> refused = 0;
  {
    const auto turn = gate.enter(other);
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        try {
          gate.enter(flood);
        } catch (const Error& e) {
          EXPECT_EQ(e.id(), "identity.busy");
          ++refused;
        }
      });
    }
    while (refused < 4) std::this_thread::yield();
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(refused, 4);
}

TEST(PasswordsTest, HashesOfOtherCosts) {
  Passwords low(4), high(6, 4);
  const auto hash = low.hash("a long password");
  EXPECT_EQ(Passwords::cost_of(hash), 4);
  EXPECT_EQ(Passwords::cost_of("plain"), 0);
  EXPECT_TRUE(high.verify("a long password", hash));
  EXPECT_FALSE(high.verify("another password", hash));
  EXPECT_TRUE(high.outdated(hash));
  EXPECT_FALSE(low.outdated(hash));
  EXPECT_FALSE(low.outdated(high.hash("a long password")));
}

}  // namespace
}  // namespace ob::identity
