#include "bus/bus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "redis/testing.h"

namespace {

using namespace std::chrono_literals;
using ob::bus::Bus;
using ob::bus::Subscription;
using ob::redis::test::Server;

// Whether it comes to be so within 20 s.
template <class Fn>
bool eventually(Fn fn) {
  for (int i = 0; i < 2000 && !fn(); ++i) std::this_thread::sleep_for(10ms);
  return fn();
}

// What one subscription heard, "!" for a gap.
class Heard {
 public:
  Subscription on(Bus& bus, const std::string& channel) {
    return bus.subscribe(
        channel, [this](std::string_view m) { add(std::string(m)); }, [this] { add("!"); });
  }
  std::vector<std::string> all() const {
    const std::scoped_lock lock(mutex_);
    return all_;
  }
  std::size_t size() const { return all().size(); }
  bool has(const std::string& text) const { return std::ranges::count(all(), text) > 0; }

 private:
  void add(std::string text) {
    const std::scoped_lock lock(mutex_);
    all_.push_back(std::move(text));
  }
  mutable std::mutex mutex_;
  std::vector<std::string> all_;
};

TEST(Bus, InProcess) {
  const auto bus = ob::bus::in_process();
  EXPECT_FALSE(bus->shared());
  EXPECT_TRUE(bus->connected());
  Heard a, b, other;
  auto first = a.on(*bus, "x");
  auto second = b.on(*bus, "x");
  const auto third = other.on(*bus, "y");
  EXPECT_TRUE(first.wait(0ms));
  const std::string binary("a\0\r\nb", 5);
  bus->publish("x", "1");
  bus->publish("x", binary);
  EXPECT_TRUE(eventually([&] { return a.size() == 2 && b.size() == 2; }));
  EXPECT_EQ(a.all()[1], binary);
  first = {};
  bus->publish("x", "3");
  EXPECT_TRUE(eventually([&] { return b.size() == 3; }));
  EXPECT_EQ(a.size(), 2u);
  EXPECT_EQ(other.size(), 0u);
}

TEST(Bus, EndsInsideItsHandlerAndAfterTheBus) {
  auto bus = ob::bus::in_process();
  Subscription inner, outlives;
  std::atomic<int> calls = 0;
  inner = bus->subscribe(
      "x",
      [&](std::string_view) {
        ++calls;
        inner = {};
      },
      nullptr);
  outlives = bus->subscribe("x", [&](std::string_view) { calls += 10; }, nullptr);
  bus->publish("x", "1");
  bus->publish("x", "2");
  EXPECT_TRUE(eventually([&] { return calls == 21; }));
  bus.reset();
  EXPECT_FALSE(outlives.wait(0ms));
}

TEST(Bus, DestructionWaitsForTheHandler) {
  const auto bus = ob::bus::in_process();
  std::promise<void> begun;
  std::atomic<bool> ended = false;
  auto subscription = bus->subscribe(
      "x",
      [&](std::string_view) {
        begun.set_value();
        std::this_thread::sleep_for(50ms);
        ended = true;
      },
      nullptr);
  bus->publish("x", "1");
  begun.get_future().wait();
  subscription = {};
  EXPECT_TRUE(ended);
}

TEST(Bus, AFullQueueIsAGap) {
  const auto bus = ob::bus::in_process({.queue_bytes = 1 << 20});
  std::promise<void> go;
  std::shared_future<void> gate = go.get_future();
  std::vector<std::string> heard;
  std::atomic<bool> end = false;
  const auto subscription = bus->subscribe(
      "x",
      [&](std::string_view m) {
        gate.wait();
        heard.emplace_back(m.substr(0, 3));
        if (m == "end") end = true;
      },
      [&] { heard.emplace_back("!"); });
  for (int i = 0; i < 100; ++i) bus->publish("x", std::to_string(i) + std::string(50'000, '.'));
  for (int i = 0; i < 100'000; ++i) bus->publish("x", "");
  const auto stats = bus->stats();
  EXPECT_GT(stats.dropped, 70u);
  EXPECT_LT(stats.dropped, 100'100u);
  go.set_value();
  ASSERT_TRUE(eventually([&] { return bus->stats().gaps == 1; }));
  bus->publish("x", "end");
  ASSERT_TRUE(eventually([&] { return end.load(); }));
  EXPECT_EQ(heard[0], "0..");
  EXPECT_EQ(std::ranges::count(heard, "!"), 1);
  EXPECT_EQ(heard.back(), "end");
}

TEST(Bus, TwoInstances) {
  Server server;
  const auto a = ob::bus::on_redis(server.url());
  const auto b = ob::bus::on_redis(server.url());
  ASSERT_TRUE(eventually([&] { return a->connected() && b->connected(); }));
  EXPECT_TRUE(a->shared());
  EXPECT_EQ(a->listeners("x"), 0);
  Heard at_a, at_b, elsewhere;
  auto in_a = at_a.on(*a, "x");
  auto in_b = at_b.on(*b, "x");
  const auto in_c = elsewhere.on(*b, "x2");
  ASSERT_TRUE(in_a.wait(5s) && in_b.wait(5s) && in_c.wait(5s));
  const std::string binary("a\0\r\nb", 5);
  EXPECT_EQ(a->listeners("x"), 2);
  a->publish("x", binary);
  ASSERT_TRUE(eventually([&] { return at_b.size() == 1 && at_a.size() == 1; }));
  EXPECT_EQ(at_b.all()[0], binary);
  // Each publisher's order is kept, and each message comes once.
  std::vector<std::thread> threads;
  constexpr int kEach = 5000;
  for (Bus* bus : {a.get(), b.get()}) {
    for (const char* name : {"p", "q"}) {
      threads.emplace_back([bus, name, &a] {
        const std::string head = std::string(name) + (bus == a.get() ? "a" : "b");
        for (int i = 0; i < kEach; ++i) bus->publish("x", head + std::to_string(i));
      });
    }
  }
  for (auto& thread : threads) thread.join();
  ASSERT_TRUE(
      eventually([&] { return at_a.size() == 4 * kEach + 1 && at_b.size() == 4 * kEach + 1; }));
  for (const Heard* heard : {&at_a, &at_b}) {
    std::map<std::string, int> next;
    for (const auto& text : heard->all()) {
      if (text == binary) continue;
      EXPECT_EQ(next[text.substr(0, 2)]++, std::stoi(text.substr(2)));
    }
  }
  EXPECT_EQ(elsewhere.size(), 0u);
  // Again after it had ended, at once.
  in_b = {};
  Heard again;
  for (int i = 0; i < 20; ++i) in_b = again.on(*b, "x");
  ASSERT_TRUE(in_b.wait(5s));
  a->publish("x", "later");
  ASSERT_TRUE(eventually([&] { return again.has("later"); }));
  EXPECT_EQ(again.size(), 1u);
}

TEST(Bus, RedisGoesAndComesBack) {
  Server server;
  const auto a = ob::bus::on_redis(server.url());
  const auto b = ob::bus::on_redis(server.url());
  ASSERT_TRUE(eventually([&] { return a->connected() && b->connected(); }));
  Heard at_a, at_b, quiet;
  const auto in_a = at_a.on(*a, "x");
  const auto in_b = at_b.on(*b, "x");
  ASSERT_TRUE(in_a.wait(5s) && in_b.wait(5s));
  server.stop();
  ASSERT_TRUE(eventually([&] { return !a->connected() && !b->connected(); }));
  EXPECT_EQ(a->listeners("x"), std::nullopt);
  // The instance itself still hears; others are told of the loss.
  a->publish("x", "lost");
  ASSERT_TRUE(eventually([&] { return at_a.has("lost"); }));
  EXPECT_EQ(a->stats().dropped, 1u);
  // Who comes while Redis is away does not know what it misses.
  const auto in_quiet = quiet.on(*b, "late");
  EXPECT_FALSE(in_quiet.wait(10ms));
  server.start();
  ASSERT_TRUE(eventually([&] { return at_a.has("!") && at_b.has("!") && quiet.has("!"); }));
  EXPECT_TRUE(in_quiet.wait(5s));
  ASSERT_TRUE(eventually([&] { return a->connected(); }));
  a->publish("x", "found");
  ASSERT_TRUE(eventually([&] { return at_b.has("found"); }));
  EXPECT_FALSE(at_b.has("lost"));
}

TEST(Bus, AHungRedisIsAGap) {
  Server server;
  const auto a = ob::bus::on_redis(server.url());
  ASSERT_TRUE(eventually([&] { return a->connected(); }));
  Heard heard;
  const auto subscription = heard.on(*a, "x");
  ASSERT_TRUE(subscription.wait(5s));
  server.signal(SIGSTOP);
  EXPECT_TRUE(eventually([&] { return !a->connected(); }));
  server.signal(SIGCONT);
  EXPECT_TRUE(eventually([&] { return heard.has("!"); }));
}

// The publisher alone had no Redis: those who listened all the time are told all the same.
TEST(Bus, WhatAPublisherLostIsToldToOthers) {
  Server server;
  const auto a = ob::bus::on_redis(server.url(), {}, {.message_bytes = 1000});
  const auto b = ob::bus::on_redis(server.url());
  ASSERT_TRUE(eventually([&] { return a->connected() && b->connected(); }));
  Heard heard, other;
  const auto subscription = heard.on(*b, "x");
  const auto second = other.on(*b, "y");
  ASSERT_TRUE(subscription.wait(5s) && second.wait(5s));
  a->publish("x", std::string(2000, '.'));
  ASSERT_TRUE(eventually([&] { return heard.has("!"); }));
  a->publish("y", "1");
  ASSERT_TRUE(eventually([&] { return other.has("1"); }));
  EXPECT_FALSE(other.has("!"));
}

// Far more than fits: memory stays bounded, what was lost is told, and then all goes on.
TEST(Bus, AFlood) {
  Server server;
  constexpr std::size_t kBytes = 4 << 20;
  const ob::bus::Options small{.queue_bytes = kBytes, .sending_bytes = kBytes};
  const auto a = ob::bus::on_redis(server.url(), {}, small);
  const auto b = ob::bus::on_redis(server.url(), {}, small);
  ASSERT_TRUE(eventually([&] { return a->connected() && b->connected(); }));
  std::atomic<std::uint64_t> bytes = 0, gaps = 0;
  std::atomic<bool> end = false;
  const auto subscription = b->subscribe(
      "x",
      [&](std::string_view m) {
        bytes += m.size();
        if (m == "end") end = true;
      },
      [&] { ++gaps; });
  ASSERT_TRUE(subscription.wait(5s));
  constexpr int kMessages = 4000;
  const std::string message(64 << 10, 'x');
  for (int i = 0; i < kMessages; ++i) a->publish("x", message);
  ASSERT_TRUE(eventually([&] {
    a->publish("x", "end");
    return end.load();
  }));
  const bool all = bytes >= kMessages * message.size();
  EXPECT_TRUE(all || gaps > 0) << bytes << " bytes, " << gaps << " gaps";
  EXPECT_EQ(all, a->stats().dropped + b->stats().dropped == 0);
}

}  // namespace
