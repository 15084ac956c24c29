#include "audit/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>

#include "base/ids.h"
#include "db/testing.h"

namespace ob::audit {
namespace {

using ::testing::ElementsAre;

// A database that can be taken away.
class Breakable final : public db::Database {
 public:
  explicit Breakable(db::Database& inner) : inner_(inner) {}
  void migrate(std::string_view module, std::span<const db::Migration> all) override {
    inner_.migrate(module, all);
  }
  void read(const std::function<void(db::Tx&)>& fn) override { inner_.read(fn); }
  void write(const std::function<void(db::Tx&)>& fn) override {
    if (away) throw Error(503, "db.unavailable", "The database is away.");
    inner_.write(fn);
    ++commits;
  }
  std::atomic<bool> away = false;
  std::atomic<int> commits = 0;

 private:
  db::Database& inner_;
};

class AuditTest : public ::testing::Test {
 protected:
  void TearDown() override {
    audit_.reset();
    made_.reset();
    std::filesystem::remove_all(directory_);
  }
  void start(Options options = {}) { audit_ = open(database_, options); }
  static Event event(const std::string& action, const std::string& actor = "ada@example.org") {
    return {.action = action, .actor_kind = ActorKind::user, .actor_id = "", .actor = actor};
  }
  std::vector<std::string> actions(const Filter& filter = {}) {
    std::vector<std::string> out;
    for (const Entry& entry : audit_->list(filter, std::nullopt, 1'000))
      out.push_back(entry.event.action);
    return out;
  }

  const std::string directory_ =
      (std::filesystem::temp_directory_path() / ("ob-audit-" + new_uuid())).string();
  std::unique_ptr<db::Database> made_ = db::open(db::testing::url_in(directory_));
  Breakable database_{*made_};
  std::unique_ptr<Audit> audit_;
};

TEST_F(AuditTest, WhatIsDurableIsThereAtOnceAndWhole) {
  start();
  Caller caller{.user_id = "u1", .email = "ada@example.org", .credential = "key:k1"};
  caller.address = "192.0.2.1";
  caller.user_agent = "curl\n";
  caller.request_id = "r1";
  caller.viewer_id = "u2";
  caller.viewer_email = "boss@example.org";
  Event given = event_of(caller, "table.read", {"table", "t1", "main.sales.orders"});
  given.details = {{"version", 3}};
  audit_->record_durably(given);
  const auto entries = audit_->list({}, std::nullopt, 10);
  ASSERT_EQ(entries.size(), 1U);
  const Event& e = entries[0].event;
  EXPECT_EQ(e.actor, "boss@example.org");
  EXPECT_EQ(e.acting_as, "ada@example.org");
  EXPECT_EQ(e.credential, "k1");
  EXPECT_EQ(e.object.name, "main.sales.orders");
  EXPECT_EQ(e.user_agent, "curl?");
  EXPECT_EQ(e.details.at("version").as_int64(), 3);
  EXPECT_GT(e.time, 0);
}

TEST_F(AuditTest, EntriesThatNobodyWaitsForAreCommittedTogether) {
  start();
  const int before = database_.commits;
  for (int i = 0; i < 500; ++i) audit_->record(event("table.read"));
  audit_->stop();
  EXPECT_EQ(actions().size(), 500U);
  EXPECT_LT(database_.commits - before, 100);
}

TEST_F(AuditTest, ThoseWhoWaitShareACommit) {
  start();
  std::vector<std::future<void>> all;
  for (int i = 0; i < 64; ++i)
    all.push_back(std::async(std::launch::async, [&] { audit_->record_durably(event("a.b")); }));
  for (auto& one : all) one.get();
  EXPECT_EQ(actions().size(), 64U);
}

TEST_F(AuditTest, FiltersAndPages) {
  start();
  for (int i = 0; i < 5; ++i) audit_->record(event("table.read", i % 2 ? "bob" : "ada"));
  Event denied = event("table.write", "bob");
  denied.object = {"table", "", "main.sales.orders"};
  denied.fail(forbidden("catalog.forbidden", "no"));
  audit_->record_durably(denied);
  EXPECT_EQ(actions({.actor = "bob"}).size(), 3U);
  EXPECT_EQ(actions({.action = "table.*"}).size(), 6U);
  EXPECT_EQ(actions({.outcome = Outcome::denied}), std::vector<std::string>{"table.write"});
  EXPECT_EQ(actions({.object = "main.sales.*"}).size(), 1U);
  EXPECT_TRUE(actions({.object = "main.sal"}).empty());
  EXPECT_TRUE(actions({.to = 1}).empty());
  std::optional<Position> after;
  std::size_t total = 0;
  for (;;) {
    const auto page = audit_->list({}, after, 4);
    if (page.empty()) break;
    total += page.size();
    after = Position{page.back().event.time, page.back().id};
  }
  EXPECT_EQ(total, 6U);
}

TEST_F(AuditTest, AFloodOfTheSameRefusalIsCounted) {
  start();
  for (int i = 0; i < 1'000; ++i) {
    Event e{.action = "auth.signIn", .address = "192.0.2.9"};
    e.fail(Error(429, "identity.throttled", "wait"));
    audit_->record(std::move(e));
  }
  audit_->stop();
  const auto entries = audit_->list({}, std::nullopt, 1'000);
  EXPECT_LT(entries.size(), 100U);
  std::int64_t times = 0;
  for (const Entry& entry : entries) {
    const auto* many = entry.event.details.if_contains("times");
    times += many ? many->as_int64() : 1;
  }
  EXPECT_EQ(times, 1'000);
}

TEST_F(AuditTest, WithoutTheDatabaseNothingIsDone) {
  start({.patience_ms = 1'500});
  database_.away = true;
  EXPECT_THROW(audit_->record_durably(event("a.b")), Unrecorded);
  EXPECT_THROW(audit_->require_working(), Unrecorded);
  bool done = false;
  EXPECT_THROW(act(*audit_, event("c.d"), [&](Event&) { done = true; }), Unrecorded);
  EXPECT_FALSE(done);
  database_.away = false;
  // Back again: what waited is written, and who is patient waits for that.
  audit_->record(event("g.h"));
  act(*audit_, event("e.f"), [&](Event&) { done = true; });
  EXPECT_TRUE(done);
  EXPECT_THAT(actions(), ElementsAre("e.f", "g.h", "a.b"));
}

TEST_F(AuditTest, AnActThatFailsWithoutTheDatabaseSaysWhyItFailed) {
  start({.patience_ms = 100});
  try {
    act(*audit_, event("a.b"), [&](Event&) {
      database_.away = true;
      EXPECT_THROW(audit_->record_durably(event("c.d")), Unrecorded);
      throw Error(507, "db.diskFull", "The disk is full.");
    });
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "db.diskFull");
  }
  database_.away = false;
}

TEST_F(AuditTest, AFullQueueHoldsBackWhoComes) {
  start({.waiting = 10, .patience_ms = 300});
  database_.away = true;
  int taken = 0;
  EXPECT_THROW(for (; taken < 100; ++taken) audit_->record(event("table.read")), Unrecorded);
  EXPECT_GE(taken, 10);
  EXPECT_LT(taken, 30);
  database_.away = false;
  audit_->stop();
  EXPECT_EQ(actions().size(), static_cast<std::size_t>(taken));
}

TEST_F(AuditTest, ActsTellWhatCameOfThem) {
  start();
  const auto noted = std::make_shared<Noted>();
  Caller caller{.user_id = "u1", .email = "ada"};
  caller.noted = noted;
  EXPECT_EQ(act(*audit_, event_of(caller, "x.made"),
                [](Event& e) {
                  e.object.id = "7";
                  return 7;
                }),
            7);
  EXPECT_TRUE(noted->done);
  EXPECT_FALSE(noted->refused);
  const auto fail = [&](const Error& error) {
    EXPECT_THROW(act(*audit_, event_of(caller, "x.made"), [&](Event&) { throw error; }), Error);
    audit_->record_durably(event("a.marker"));  // a failure is not waited for
    return audit_->list({.action = "x.made"}, std::nullopt, 1).at(0).event;
  };
  EXPECT_EQ(fail(not_found("x.notFound", "")).outcome, Outcome::denied);
  EXPECT_TRUE(noted->refused);
  const Event failed = fail(conflict("x.taken", ""));
  EXPECT_EQ(failed.outcome, Outcome::failed);
  EXPECT_EQ(failed.error, "x.taken");
  EXPECT_EQ(failed.status, 409);
}

TEST_F(AuditTest, ManyRefusalsOfNobodyAreFewEntries) {
  start();
  for (int i = 0; i < 2'000; ++i) {
    const auto wrong = [](Event&) { throw unauthenticated("auth.wrong", ""); };
    EXPECT_THROW(act(*audit_, {.action = "auth.token", .address = "192.0.2.9"}, wrong), Error);
  }
  audit_->stop();
  EXPECT_LT(audit_->list({}, std::nullopt, 1'000).size(), 100U);
}

TEST_F(AuditTest, TextsOfStrangersCannotStopTheLog) {
  start();
  Event e = event("a.b", std::string("\xFF\0x", 3));
  e.object.name = std::string(5'000, 'x');
  e.user_agent = std::string(299, 'a') + "\xC3\xA4";
  e.details = {{"name", std::string("\0", 1)}};
  audit_->record_durably(e);
  const Event stored = audit_->list({}, std::nullopt, 1).at(0).event;
  EXPECT_EQ(stored.actor, "??x");
  EXPECT_EQ(stored.object.name.size(), 1'200U);
  EXPECT_EQ(stored.user_agent, std::string(299, 'a'));
}

TEST_F(AuditTest, OldEntriesAreDeletedInParts) {
  start({.days = 30});
  const Micros now = now_micros(), day = 86'400LL * 1'000'000;
  for (int i = 0; i < 12'000; ++i) {
    Event e = event("old");
    e.time = now - 31 * day + i;
    audit_->record(std::move(e));
  }
  Event kept = event("kept");
  kept.time = now - 29 * day;
  audit_->record_durably(kept);
  const int before = database_.commits;
  EXPECT_EQ(audit_->clean_up([] { return false; }), 12'000);
  EXPECT_GT(database_.commits - before, 2);
  EXPECT_EQ(actions(), std::vector<std::string>{"kept"});
}

TEST_F(AuditTest, ScansInOrderFromAPlaceOn) {
  start();
  for (const char* action : {"a", "b", "c"}) audit_->record(event(action));
  audit_->record_durably(event("d"));
  const Micros end = now_micros() + 1;
  auto rows = audit_->scan({0, 1, 2}, {}, end, 3);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[2].text(2), "c");
  rows = audit_->scan({2}, {rows[2].integer(0), rows[2].text(1)}, end, 3);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].text(0), "d");
}

}  // namespace
}  // namespace ob::audit
