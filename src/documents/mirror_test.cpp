#include "documents/mirror.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace ob::documents {
namespace {

Delta text(const char16_t* content) {
  return Delta().insert(content);
}
Delta typed(std::int64_t at, const char16_t* what) {
  Delta out;
  if (at > 0) out.retain(at);
  return out.insert(what);
}

// A client of the old protocol: applies what comes to what it has.
struct OldClient {
  Delta content;
  void receive(const Mirror::Send& sent) {
    if (sent.whole) {
      content = sent.delta;
      return;
    }
    // What lies beyond its end does nothing.
    Delta change;
    std::int64_t left = content.length();
    for (Op op : sent.delta.ops()) {
      if (op.kind != Op::Kind::insert) {
        op.count = std::min(op.count, left);
        left -= op.count;
        if (op.count == 0) continue;
      }
      change.push(std::move(op));
    }
    content = content.compose(change);
  }
};

TEST(Mirror, AClientGetsTheWholeFirstAndThenChanges) {
  Mirror mirror(text(u"abc"));
  const auto whole = mirror.next();
  ASSERT_TRUE(whole && whole->whole);
  EXPECT_EQ(whole->delta, text(u"abc"));
  mirror.changed(typed(1, u"X"));
  EXPECT_FALSE(mirror.next());  // nothing until the last has arrived
  mirror.received(whole->mark);
  const auto change = mirror.next();
  ASSERT_TRUE(change && !change->whole);
  EXPECT_EQ(change->delta, typed(1, u"X"));
  mirror.received(change->mark);
  EXPECT_FALSE(mirror.next());
}

TEST(Mirror, AChangeOfAnOlderTextIsTransformed) {
  Mirror mirror(text(u"abc"));
  mirror.received(mirror.next()->mark);
  mirror.changed(typed(0, u"12"));  // the client does not know of it
  EXPECT_EQ(mirror.take(typed(3, u"Z")), typed(5, u"Z"));
  EXPECT_EQ(mirror.server(), text(u"12abcZ"));
  EXPECT_EQ(mirror.next()->delta, typed(0, u"12"));
}

TEST(Mirror, CrossingMessagesAreMended) {
  Mirror mirror(text(u"abc"));
  OldClient client;
  auto sent = mirror.next();
  client.receive(*sent);
  mirror.received(sent->mark);
  mirror.changed(typed(3, u"!"));
  sent = mirror.next();
  // Typed before it arrived: the client puts "!" behind "c" of a text that is longer by then.
  client.content = client.content.compose(typed(0, u"Y"));
  mirror.take(typed(0, u"Y"));
  client.receive(*sent);
  EXPECT_EQ(client.content, text(u"Yab!c"));
  EXPECT_EQ(mirror.server(), text(u"Yabc!"));
  mirror.received(sent->mark);
  client.receive(*mirror.next());
  EXPECT_EQ(client.content, mirror.server());
}

TEST(Mirror, ASavedTextBringsWhatWasNotSent) {
  Mirror mirror(text(u"abc"));
  mirror.received(mirror.next()->mark);
  EXPECT_TRUE(mirror.take_whole(text(u"abc"), true).ops().empty());
  EXPECT_EQ(mirror.take_whole(text(u"abcd"), true), typed(3, u"d"));
  EXPECT_EQ(mirror.server(), text(u"abcd"));
  EXPECT_FALSE(mirror.next());
}

TEST(Mirror, ASavedOldTextTakesNothingBack) {
  Mirror mirror(text(u"abc"));
  mirror.received(mirror.next()->mark);
  mirror.changed(typed(0, u"new "));
  mirror.next();
  EXPECT_TRUE(mirror.take_whole(text(u"abc"), true).ops().empty());
  EXPECT_EQ(mirror.server(), text(u"new abc"));
}

TEST(Mirror, ASavedTextOfAMomentBeforeTellsNothing) {
  Mirror mirror(text(u"abc"));
  mirror.received(mirror.next()->mark);
  mirror.changed(typed(0, u"new "));
  mirror.received(mirror.next()->mark);
  // The pong was quicker than the client's own work.
  EXPECT_TRUE(mirror.take_whole(text(u"abc"), false).ops().empty());
  EXPECT_EQ(mirror.server(), text(u"new abc"));
}

TEST(Mirror, ASavedTextTellsWhatCrossingMade) {
  Mirror mirror(text(u"abc"));
  mirror.received(mirror.next()->mark);
  mirror.changed(typed(3, u"!"));
  const auto sent = mirror.next();
  mirror.take(typed(0, u"Y"));
  mirror.received(sent->mark);
  mirror.received(mirror.next()->mark);
  // It was applied in the other order after all.
  EXPECT_TRUE(mirror.take_whole(text(u"Yabc!!"), true).ops().empty());
  EXPECT_EQ(mirror.server(), text(u"Yabc!"));
  EXPECT_EQ(mirror.next()->delta, Delta().retain(5).remove(1));
}

TEST(Mirror, WhatIsBeyondTheTextBelongsToItsEnd) {
  Mirror mirror(text(u"abc"));
  mirror.received(mirror.next()->mark);
  EXPECT_EQ(mirror.take(typed(9, u"x")), typed(3, u"x"));
  EXPECT_EQ(mirror.server(), text(u"abcx"));
}

// Messages travel in order but slowly, both ways; everybody types at once.
TEST(Mirror, WhateverCrossesAllAgreeInTheEnd) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::int64_t n) {
      return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
    };
    Mirror mirror(text(u"the quick brown fox\n"));
    OldClient client;
    std::deque<Mirror::Send> down;
    struct Up {
      std::optional<Delta> change;
      std::uint64_t mark = 0;
    };
    std::deque<Up> up;
    std::size_t changes = 0;
    const auto edit = [&](const Delta& content) {
      const std::int64_t length = content.length();
      Delta out;
      const std::int64_t at = below(length);
      if (at > 0) out.retain(at);
      if (below(3) == 0 && at + 1 < length)
        return out.remove(1 + below(std::min<std::int64_t>(3, length - at - 1)));
      const char16_t letter[] = {static_cast<char16_t>(u'A' + below(26)), 0};
      return out.insert(letter);
    };
    const auto deliver_down = [&] {
      client.receive(down.front());
      up.push_back({std::nullopt, down.front().mark});
      down.pop_front();
    };
    const auto deliver_up = [&] {
      const Up one = std::move(up.front());
      up.pop_front();
      if (!one.change) return mirror.received(one.mark);
      mirror.take(*one.change);
    };
    for (int step = 0; step < 200; ++step) {
      switch (below(5)) {
        case 0:
          if (client.content.length() == 0) break;
          up.push_back({edit(client.content)});
          client.content = client.content.compose(*up.back().change);
          ++changes;
          break;
        case 1:
          mirror.changed(edit(mirror.server()));
          break;
        case 2:
          if (!down.empty()) deliver_down();
          break;
        case 3:
          if (!up.empty()) deliver_up();
          break;
        default:
          if (auto sent = mirror.next()) down.push_back(std::move(*sent));
      }
    }
    for (bool more = true; more;) {
      more = false;
      while (!down.empty()) deliver_down();
      while (!up.empty()) deliver_up();
      if (auto sent = mirror.next()) {
        down.push_back(std::move(*sent));
        more = true;
      }
    }
    EXPECT_EQ(client.content, mirror.server()) << "seed " << seed;
    EXPECT_GT(changes, 0U);
  }
}

}  // namespace
}  // namespace ob::documents
