#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/error.h"
#include "realtime/core.h"
#include "redis/testing.h"

namespace ob::realtime {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

template <class Fn>
bool eventually(Fn fn) {
  for (int i = 0; i < 2000 && !fn(); ++i) std::this_thread::sleep_for(10ms);
  return fn();
}

class FakeAuthenticator final : public api::Authenticator {
 public:
  boost::asio::awaitable<Caller> sign_in(Caller request, std::string) override {
    co_return request;
  }
  Caller sign_in_now(const Caller& caller, const std::string&) override { return caller; }
  Caller again(const Caller& caller, const std::string& bearer) override {
    if (ended && bearer == "ends") throw unauthenticated("identity.badToken", "It ended.");
    return caller;
  }
  std::atomic<bool> ended = false;
};

// What a client was told: "subscribed 5", "event 6 data", "gap 7", "refused", "closed 4401".
class FakeClient final : public Client {
 public:
  bool tell(const Message& message) override { return tell(message.json); }
  bool tell(const std::string& text) override {
    const json::object told = json::parse(text).as_object();
    std::string line(told.at("type").as_string());
    if (told.contains("sequence")) {
      line += " " + std::to_string(told.at("sequence").as_int64() - base(told));
    }
    if (told.contains("data")) line += " " + json::serialize(told.at("data"));
    const std::scoped_lock lock(mutex_);
    lines_.push_back(line);
    return !full;
  }
  void close(int code, const std::string&) override {
    const std::scoped_lock lock(mutex_);
    lines_.push_back("closed " + std::to_string(code));
  }
  std::size_t queued() const override { return queued_bytes; }
  bool slow() const override { return full; }

  // Waits for that many, and gives them.
  std::vector<std::string> lines(std::size_t count) const {
    eventually([&] { return all().size() >= count; });
    return all();
  }
  std::vector<std::string> all() const {
    const std::scoped_lock lock(mutex_);
    return lines_;
  }
  // Numbers are told from the first one on.
  std::int64_t first(const std::string& topic) const {
    const std::scoped_lock lock(mutex_);
    return bases_.at(topic);
  }
  void set_first(const std::string& topic, std::int64_t number) { bases_[topic] = number; }

  std::atomic<bool> full = false;
  std::atomic<std::size_t> queued_bytes = 0;

 private:
  std::int64_t base(const json::object& told) {
    const std::scoped_lock lock(mutex_);
    return bases_.emplace(std::string(told.at("topic").as_string()), told.at("sequence").as_int64())
        .first->second;
  }
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  std::map<std::string, std::int64_t> bases_;
};

using Lines = std::vector<std::string>;

Asker who(const std::string& id) {
  Asker out;
  out.user_id = id;
  return out;
}

class RealtimeTest : public testing::Test {
 protected:
  std::unique_ptr<Core> make(bus::Bus& bus, redis::Client* redis, Options options = {}) {
    Needs needs{authenticator_, bus, redis, [this] { return generation_.load(); }};
    auto core = std::make_unique<Core>(std::move(needs), options);
    core->allow("open:", [](const Asker&, const std::string&) { return true; });
    core->allow("mine:", [this](const Asker& asker, const std::string& rest) {
      if (rest == "broken") throw Error(503, "x", "Away.");
      return !denied_ && asker.user_id == rest;
    });
    return core;
  }
  static std::shared_ptr<FakeClient> join(Core& core, const Asker& asker = who("u"),
                                          const std::string& bearer = "t") {
    auto client = std::make_shared<FakeClient>();
    core.join(client, asker, bearer);
    return client;
  }

  std::atomic<std::uint64_t> generation_ = 0;
  std::atomic<bool> denied_ = false;
  FakeAuthenticator authenticator_;
  std::unique_ptr<bus::Bus> local_ = bus::in_process();
};

TEST_F(RealtimeTest, EventsInOrderAndOnceMore) {
  const auto core = make(*local_, nullptr);
  const auto a = join(*core), b = join(*core);
  core->publish("open:x", 0);  // nobody hears it
  core->subscribe(a, "open:x", {}, 1);
  EXPECT_EQ(a->lines(1), Lines{"subscribed 0"});
  for (int i = 1; i <= 3; ++i) core->publish("open:x", {{"n", i}});
  core->publish("open:y", 9);
  EXPECT_EQ(a->lines(4),
            (Lines{"subscribed 0", "event 1 {\"n\":1}", "event 2 {\"n\":2}", "event 3 {\"n\":3}"}));
  // Another one goes on from where it was.
  b->set_first("open:x", a->first("open:x"));
  core->subscribe(b, "open:x", a->first("open:x") + 1, 1);
  EXPECT_EQ(b->lines(3), (Lines{"subscribed 1", "event 2 {\"n\":2}", "event 3 {\"n\":3}"}));
  core->unsubscribe(a, "open:x");
  EXPECT_EQ(a->lines(5).back(), "unsubscribed");
  core->publish("open:x", 4);
  EXPECT_EQ(b->lines(4).back(), "event 4 4");
  EXPECT_EQ(a->all().size(), 5u);
  EXPECT_EQ(core->stats().subscriptions, 1u);
  core->leave(b);
  EXPECT_TRUE(eventually([&] { return core->stats().connections == 1; }));
  EXPECT_EQ(core->stats().subscriptions, 0u);
}

TEST_F(RealtimeTest, WhatIsGoneIsAGap) {
  const auto core = make(*local_, nullptr, {.events = 3});
  const auto a = join(*core), b = join(*core), c = join(*core), d = join(*core);
  core->subscribe(a, "open:x", {}, 1);
  a->lines(1);
  for (int i = 1; i <= 5; ++i) core->publish("open:x", i);
  a->lines(6);
  const std::int64_t first = a->first("open:x");
  for (const auto& client : {b, c, d}) client->set_first("open:x", first);
  core->subscribe(b, "open:x", first + 1, 1);
  EXPECT_EQ(b->lines(2), (Lines{"subscribed 5", "gap 5"}));
  core->subscribe(c, "open:x", first + 2, 1);
  EXPECT_EQ(c->lines(4), (Lines{"subscribed 2", "event 3 3", "event 4 4", "event 5 5"}));
  core->subscribe(d, "open:x", first + 6, 1);  // of another time
  EXPECT_EQ(d->lines(2), (Lines{"subscribed 5", "gap 5"}));
  EXPECT_EQ(core->stats().gaps, 2u);
  // Too much to tell at once.
  const auto e = join(*core);
  e->set_first("open:x", first);
  e->queued_bytes = 600 << 10;
  core->subscribe(e, "open:x", first + 4, 1);
  EXPECT_EQ(e->lines(2), (Lines{"subscribed 5", "gap 5"}));
  // And what is too large to be told at all.
  core->publish("open:x", json::value(std::string(100000, 'x')));
  core->publish("open:x", 7);
  EXPECT_EQ(c->lines(6).back(), "event 7 7");
  EXPECT_EQ(c->all()[4], "gap 6");
}

TEST_F(RealtimeTest, BoundedByBytesAndAge) {
  const auto core = make(*local_, nullptr, {.bytes = 10'000, .total_bytes = 30'000, .keep_s = 1});
  const auto a = join(*core);
  for (int t = 0; t < 10; ++t) core->subscribe(a, "open:" + std::to_string(t), {}, 1);
  a->lines(10);
  for (int i = 0; i < 100; ++i) {
    for (int t = 0; t < 10; ++t)
      core->publish("open:" + std::to_string(t), json::value(json::string(1000, 'x')));
  }
  a->lines(1010);
  const auto b = join(*core);
  b->set_first("open:0", a->first("open:0"));
  core->subscribe(b, "open:0", a->first("open:0") + 99, 1);
  EXPECT_EQ(b->lines(2)[0], "subscribed 99");
  core->subscribe(b, "open:0", a->first("open:0") + 90, 1);
  EXPECT_EQ(b->lines(4)[3], "gap 100");
  // Topics that nobody listens to are forgotten, old events too.
  core->leave(a);
  EXPECT_TRUE(eventually([&] { return core->stats().topics == 1; }));
  core->subscribe(b, "open:0", a->first("open:0") + 99, 1);
  EXPECT_EQ(b->lines(6)[5], "gap 100");
}

TEST_F(RealtimeTest, SlowClientsAreDropped) {
  const auto core = make(*local_, nullptr);
  const auto a = join(*core), b = join(*core);
  core->subscribe(a, "open:x", {}, 1);
  core->subscribe(b, "open:x", {}, 1);
  a->lines(1);
  b->lines(1);
  b->full = true;
  core->publish("open:x", 1);
  core->publish("open:x", 2);
  EXPECT_EQ(a->lines(3).size(), 3u);
  EXPECT_EQ(b->all().size(), 2u);
  EXPECT_EQ(core->stats().slow, 1u);
  EXPECT_EQ(core->stats().connections, 1u);
}

TEST_F(RealtimeTest, WhoMay) {
  const auto core = make(*local_, nullptr, {.check_ms = 10});
  EXPECT_FALSE(core->refusal(who("u"), "open:x"));
  EXPECT_FALSE(core->refusal(who("u"), "mine:u"));
  EXPECT_TRUE(core->refusal(who("u"), "mine:v"));
  EXPECT_TRUE(core->refusal(who("u"), "other:u"));
  EXPECT_THROW(core->refusal(who("u"), "mine:broken"), Error);

  const auto a = join(*core);
  core->subscribe(a, "mine:u", {}, core->generation());
  core->subscribe(a, "open:x", {}, core->generation());
  a->lines(2);
  denied_ = true;
  generation_ = 1;
  EXPECT_EQ(a->lines(3)[2], "refused");
  core->publish("mine:u", "secret");
  core->publish("open:x", "public");
  EXPECT_EQ(a->lines(4)[3], "event 1 \"public\"");
  // Allowed before the rights changed, heard of after: looked at again.
  core->subscribe(a, "mine:u", {}, 1);
  EXPECT_EQ(a->lines(6)[5], "refused");
}

TEST_F(RealtimeTest, EndedCredentials) {
  const auto core = make(*local_, nullptr, {.check_ms = 10});
  const auto a = join(*core, who("u"), "ends"), b = join(*core);
  core->subscribe(a, "open:x", {}, core->generation());
  core->subscribe(b, "open:x", {}, core->generation());
  a->lines(1);
  b->lines(1);
  authenticator_.ended = true;
  generation_ = 1;
  EXPECT_EQ(a->lines(2)[1], "closed 4401");
  EXPECT_TRUE(eventually([&] { return core->stats().connections == 1; }));
  core->stop();
  EXPECT_EQ(b->lines(2)[1], "closed 1001");
  EXPECT_EQ(join(*core)->lines(1), Lines{"closed 1001"});
}

// ---- two instances

class Instance {
 public:
  explicit Instance(const std::string& url) : redis(redis::open(url)), bus(bus::on_redis(url)) {}
  bool up() const { return redis->up() && bus->connected(); }
  std::unique_ptr<redis::Client> redis;
  std::unique_ptr<bus::Bus> bus;
};

class SharedTest : public RealtimeTest {
 protected:
  SharedTest() {
    EXPECT_TRUE(eventually([&] { return one_.up() && two_.up(); }));
    // More than any test publishes at once: who falls behind by more is rightly told a gap.
    a_ = make(*one_.bus, one_.redis.get(), {.events = 1000});
    b_ = make(*two_.bus, two_.redis.get(), {.events = 1000});
  }
  redis::test::Server server_;
  Instance one_{server_.url()}, two_{server_.url()};
  std::unique_ptr<Core> a_, b_;
};

TEST_F(SharedTest, OneNumberingAndOnePast) {
  const auto on_a = join(*a_), on_b = join(*b_);
  a_->subscribe(on_a, "open:x", {}, 1);
  on_a->lines(1);
  const std::int64_t first = on_a->first("open:x");
  on_b->set_first("open:x", first);
  b_->subscribe(on_b, "open:x", {}, 1);
  EXPECT_EQ(on_b->lines(1), Lines{"subscribed 0"});
  constexpr int kEach = 300;
  std::thread other([&] {
    for (int i = 0; i < kEach; ++i) b_->publish("open:x", "b");
  });
  for (int i = 0; i < kEach; ++i) a_->publish("open:x", "a");
  other.join();
  // Both hear the same, in the same order, without a gap.
  EXPECT_EQ(on_a->lines(2 * kEach + 1).size(), 2u * kEach + 1);
  EXPECT_EQ(on_a->all(), on_b->lines(2 * kEach + 1));
  EXPECT_TRUE(on_a->all().back().starts_with("event 600 "));
  EXPECT_EQ(a_->stats().gaps + b_->stats().gaps, 0u);
  // An instance that never heard of the topic knows its past.
  Instance third(server_.url());
  ASSERT_TRUE(eventually([&] { return third.up(); }));
  const auto c = make(*third.bus, third.redis.get());
  const auto on_c = join(*c);
  on_c->set_first("open:x", first);
  c->subscribe(on_c, "open:x", first + 2 * kEach - 5, 1);
  const Lines all = on_a->all(), last = on_c->lines(6);
  ASSERT_EQ(last.size(), 6u);
  EXPECT_TRUE(std::equal(last.begin() + 1, last.end(), all.end() - 5));
  const auto late = join(*c);
  late->set_first("open:x", first);
  c->subscribe(late, "open:x", first + 1, 1);
  EXPECT_EQ(late->lines(2), (Lines{"subscribed 600", "gap 600"}));
}

TEST_F(SharedTest, WithoutRedisAndWithItAgain) {
  const auto on_a = join(*a_), on_b = join(*b_);
  a_->subscribe(on_a, "open:x", {}, 1);
  b_->subscribe(on_b, "open:x", {}, 1);
  on_a->lines(1);
  on_b->lines(1);
  a_->publish("open:x", 1);
  on_a->lines(2);
  on_b->lines(2);
  server_.stop();
  ASSERT_TRUE(eventually([&] { return !one_.up() && !two_.up(); }));
  // Each goes on by itself …
  a_->publish("open:x", "alone");
  EXPECT_EQ(on_a->lines(3)[2], "event 2 \"alone\"");
  const auto fresh = join(*b_);
  b_->subscribe(fresh, "open:new", {}, 1);
  EXPECT_EQ(fresh->lines(1), Lines{"subscribed 0"});
  server_.start();
  // … and then both are told that something is missing.
  const auto has_gap = [](const FakeClient& client) {
    return std::ranges::any_of(client.all(), [](auto& l) { return l.starts_with("gap"); });
  };
  EXPECT_TRUE(eventually([&] { return has_gap(*on_a) && has_gap(*on_b) && has_gap(*fresh); }));
  ASSERT_TRUE(eventually([&] { return one_.up() && two_.up(); }));
  const auto ends = [](const FakeClient& client, const char* text) {
    return client.all().back().ends_with(text);
  };
  a_->publish("open:x", "together");
  EXPECT_TRUE(
      eventually([&] { return ends(*on_a, "\"together\"") && ends(*on_b, "\"together\""); }));
  b_->publish("open:x", "and back");
  EXPECT_TRUE(
      eventually([&] { return ends(*on_a, "\"and back\"") && ends(*on_b, "\"and back\""); }));
  a_->publish("open:new", 1);
  EXPECT_TRUE(eventually([&] { return ends(*fresh, " 1"); }));
}

TEST_F(SharedTest, RedisLosesItsMemory) {
  const auto on_a = join(*a_);
  a_->subscribe(on_a, "open:x", {}, 1);
  on_a->lines(1);
  a_->publish("open:x", 1);
  on_a->lines(2);
  ASSERT_TRUE(redis::ask_now(*one_.redis, {"FLUSHALL"}));
  b_->publish("open:x", 2);
  const auto lines = on_a->lines(4);
  EXPECT_TRUE(lines[2].starts_with("gap "));
  EXPECT_TRUE(lines[3].starts_with("event ") && lines[3].ends_with(" 2"));
}

}  // namespace
}  // namespace ob::realtime
