#include "gateway/limits.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "redis/testing.h"

namespace {

namespace asio = boost::asio;
using ob::gateway::class_of;
using ob::gateway::LimitBy;
using ob::gateway::limited_address;
using ob::gateway::Limits;
using ob::gateway::parse_limits;
using ob::gateway::RouteClass;
using ob::gateway::Verdict;
using ob::redis::test::becomes;
using ob::redis::test::Server;
using std::chrono::milliseconds;

// The client's thread may still be about to leave it when its work is done, so it stays.
asio::io_context& io_of_thread() {
  static std::mutex mutex;
  static std::deque<asio::io_context> all;
  static thread_local asio::io_context* mine = nullptr;
  if (!mine) {
    const std::lock_guard lock(mutex);
    mine = &all.emplace_back();
  }
  return *mine;
}

Verdict admit(Limits& limits, const std::string& id, std::optional<RouteClass> of = std::nullopt,
              LimitBy by = LimitBy::address) {
  asio::io_context& io = io_of_thread();
  io.restart();
  auto done = asio::co_spawn(io, limits.admit(of, by, id), asio::use_future);
  io.run();
  return done.get();
}

int admitted(Limits& limits, const std::string& id, int tries) {
  int out = 0;
  for (int i = 0; i < tries; ++i) out += admit(limits, id).admitted ? 1 : 0;
  return out;
}

TEST(Limits, Rules) {
  const auto rules = parse_limits(" auth.address=100/s,any.user=600/m:50 , upload.key=2/h,");
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_EQ(rules[0].of, RouteClass::auth);
  EXPECT_EQ(rules[0].burst, 100);
  EXPECT_EQ(rules[1].of, std::nullopt);
  EXPECT_EQ(rules[1].by, LimitBy::user);
  EXPECT_EQ(rules[1].per_second, 10);
  EXPECT_EQ(rules[1].burst, 50);
  EXPECT_EQ(rules[1].window_s, 5);
  EXPECT_EQ(rules[2].window_s, 3600);
  for (const char* bad :
       {"x", "any.address", "any.address=5", "all.address=5/s", "any.ip=5/s", "any.key=0/s",
        "any.key=5/d", "any.key=5/s:", "any.key=5/s:x", "any.key=-5/s", "any.key=nan/s",
        "any=5/s.key", "any.key:5=5/s", "any.key=1e99/s"}) {
    EXPECT_THROW(parse_limits(bad), ob::Error) << bad;
  }
}

TEST(Limits, Classes) {
  EXPECT_EQ(class_of("POST", "/api/v1/auth/login", true), RouteClass::auth);
  EXPECT_EQ(class_of("POST", "/api/v1/oauth/token", true), RouteClass::auth);
  EXPECT_EQ(class_of("GET", "/api/v1/auth/settings", true), RouteClass::read);
  EXPECT_EQ(class_of("POST", "/api/v1/auth/password", false), RouteClass::write);
  EXPECT_EQ(class_of("GET", "/api/v1/tables", false), RouteClass::read);
  EXPECT_EQ(class_of("POST", "/api/v1/query", false), RouteClass::query);
  EXPECT_EQ(class_of("PUT", "/api/v1/files/{catalog}/{path...}", false), RouteClass::upload);
  EXPECT_EQ(class_of("PATCH", "/api/v1/uploads/{id}", false), RouteClass::upload);
  EXPECT_EQ(class_of("DELETE", "/api/v1/uploads/{id}", false), RouteClass::write);
  EXPECT_EQ(limited_address("1.2.3.4"), "1.2.3.4");
  EXPECT_EQ(limited_address("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
}

TEST(Limits, RefillsAndForgets) {
  Limits limits(parse_limits("any.address=2/s"));
  const auto& rule = limits.rules()[0];
  auto now = Limits::Clock::now();
  EXPECT_TRUE(limits.admit_here(rule, "a", now).admitted);
  EXPECT_TRUE(limits.admit_here(rule, "a", now).admitted);
  const Verdict none = limits.admit_here(rule, "a", now);
  EXPECT_FALSE(none.admitted);
  EXPECT_EQ(none.next_in_s, 0.5);
  EXPECT_EQ(none.full_in_s, 1);
  EXPECT_TRUE(limits.admit_here(rule, "b", now).admitted);
  EXPECT_TRUE(limits.admit_here(rule, "a", now + milliseconds(600)).admitted);
  for (int i = 0; i < 200'000; ++i) limits.admit_here(rule, std::to_string(i), now);
  EXPECT_EQ(admitted(limits, "c", 10), 2);
  EXPECT_EQ(limits.refused(), 8u);
}

TEST(Limits, OthersKeepTheirBuckets) {
  Limits limits(parse_limits("any.address=3/h, auth.address=1/h, any.user=1/h"));
  EXPECT_EQ(admitted(limits, "a", 10), 3);
  EXPECT_TRUE(admit(limits, "a", RouteClass::auth).admitted);
  EXPECT_FALSE(admit(limits, "a", RouteClass::auth).admitted);
  EXPECT_EQ(admit(limits, "a", RouteClass::read).rule, nullptr);
  EXPECT_TRUE(admit(limits, "a", RouteClass::read, LimitBy::user).admitted);
  EXPECT_FALSE(admit(limits, "a", RouteClass::write, LimitBy::user).admitted);
}

TEST(Limits, HoldAcrossInstances) {
  Server server;
  const auto first = ob::redis::open(server.url());
  const auto second = ob::redis::open(server.url());
  ASSERT_TRUE(becomes(*first, true) && becomes(*second, true));
  const std::string text = "any.address=100/h";
  Limits one(parse_limits(text), first.get()), two(parse_limits(text), second.get());
  int through = 0;
  for (int i = 0; i < 100; ++i) {
    through += admit(one, "a").admitted ? 1 : 0;
    through += admit(two, "a").admitted ? 1 : 0;
  }
  EXPECT_EQ(through, 100);
  const Verdict refused = admit(two, "a");
  EXPECT_FALSE(refused.admitted);
  EXPECT_GT(refused.next_in_s, 30);
  EXPECT_EQ(admit(two, "b").remaining, 99);
  EXPECT_EQ(ob::redis::ask_now(*first, {"TTL", "openbricks:limit:any.address:a"})->integer / 10,
            360);
}

TEST(Limits, TakesAheadWhereMuchIsAllowed) {
  Server server;
  const auto client = ob::redis::open(server.url());
  ASSERT_TRUE(becomes(*client, true));
  Limits limits(parse_limits("any.address=1000/s"), client.get());
  EXPECT_GE(admitted(limits, "a", 1000), 1000);
  const auto calls = ob::redis::ask_now(*client, {"INFO", "commandstats"})->text;
  const auto at = calls.find("cmdstat_evalsha:calls=") + 22;
  EXPECT_LT(std::stoi(calls.substr(at)), 30);
}

TEST(Limits, NoTokenIsGivenTwice) {
  Server server;
  const auto first = ob::redis::open(server.url());
  const auto second = ob::redis::open(server.url());
  ASSERT_TRUE(becomes(*first, true) && becomes(*second, true));
  const auto rules = parse_limits("any.address=500/s");
  Limits one(rules, first.get()), two(rules, second.get());
  const auto begin = Limits::Clock::now();
  std::atomic<int> through = 0;
  std::vector<std::thread> threads;
  for (Limits* limits : {&one, &two, &one, &two}) {
    threads.emplace_back([&through, limits] { through += admitted(*limits, "a", 1500); });
  }
  for (auto& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Limits::Clock::now() - begin).count();
  EXPECT_LE(through, 500 + 500 * seconds + 1);
  EXPECT_GE(through, 400);
}

TEST(Limits, GoesOnWithoutRedis) {
  Server server;
  const auto client = ob::redis::open(server.url());
  ASSERT_TRUE(becomes(*client, true));
  Limits limits(parse_limits("any.address=5/h"), client.get());
  EXPECT_EQ(admitted(limits, "a", 10), 5);
  server.signal(SIGSTOP);
  EXPECT_TRUE(admit(limits, "b").admitted);  // waits for Redis once, then counts here
  server.stop();
  ASSERT_TRUE(becomes(*client, false));
  EXPECT_EQ(admitted(limits, "b", 10), 4);
  server.start();  // empty, and it does not know the script
  ASSERT_TRUE(becomes(*client, true));
  EXPECT_EQ(admitted(limits, "c", 10), 5);
}

TEST(Limits, RedisThatRefusesIsNotAsked) {
  Server server;
  const auto client = ob::redis::open(server.url());
  ASSERT_TRUE(becomes(*client, true));
  ob::redis::ask_now(*client, {"SET", "openbricks:limit:any.address:a", "another kind"});
  Limits limits(parse_limits("any.address=5/h"), client.get());
  EXPECT_EQ(admitted(limits, "a", 10), 5);
}

}  // namespace
