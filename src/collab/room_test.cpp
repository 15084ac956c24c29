#include "collab/room.h"

#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <future>

#include "collab/protocol.h"

namespace {

using namespace ob::collab;
namespace asio = boost::asio;

// Writes when it is told to.
class HeldStore final : public Store {
 public:
  Position load(const std::string&, const Each&) override { return {}; }
  void append(const std::string&, std::int64_t after, std::vector<std::string> updates,
              Done done) override {
    const std::lock_guard lock(mutex);
    last = after + static_cast<std::int64_t>(updates.size());
    batches.push_back(std::move(updates));
    waiting.push_back(std::move(done));
    changed.notify_all();
  }
  void compact(const std::string&, std::int64_t, std::int64_t, std::string snapshot,
               Done done) override {
    {
      const std::lock_guard lock(mutex);
      snapshots.push_back(std::move(snapshot));
    }
    done({});
  }
  void remove(const std::string&, Done done) override { done({}); }
  void stop() override {}

  void until(std::size_t appends) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return batches.size() >= appends; });
  }
  void release(std::exception_ptr failure = nullptr) {
    std::vector<Done> ready;
    {
      const std::lock_guard lock(mutex);
      ready.swap(waiting);
    }
    for (auto& done : ready) done({.failure = failure, .last = last});
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::vector<std::string>> batches;
  std::vector<Done> waiting;
  std::vector<std::string> snapshots;
  std::int64_t last = 0;
};

class Sent final : public ob::net::WebSocketSender {
 public:
  bool push(ob::net::Frame frame) override {
    const std::lock_guard lock(mutex);
    all += *frame;
    frames.push_back(frame->substr(2));  // short frames: the head has two bytes
    changed.notify_all();
    return true;
  }
  bool ping(std::string_view) override { return true; }
  void close(int, std::string_view) override {}
  std::size_t queued() const override { return 0; }
  std::string at(std::size_t i) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return frames.size() > i; });
    return frames[i];
  }
  std::size_t count() {
    const std::lock_guard lock(mutex);
    return frames.size();
  }
  // All that was sent, once it holds `part` so often.
  std::string when(const std::string& part, int times) {
    std::unique_lock lock(mutex);
    const auto there = [&] {
      int found = 0;
      for (std::size_t at = 0; (at = all.find(part, at)) != std::string::npos; ++at) ++found;
      return found >= times;
    };
    changed.wait(lock, there);
    return all;
  }

 private:
  std::string all;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> frames;
};

class RoomTest : public testing::Test {
 protected:
  struct Client {
    std::shared_ptr<Sent> sent = std::make_shared<Sent>();
    std::shared_ptr<Peer> peer = std::make_shared<Peer>();
    std::promise<int> closed;
  };
  std::unique_ptr<Client> client(bool may_write = true) {
    auto out = std::make_unique<Client>();
    out->peer->out = out->sent;
    out->peer->user = "u";
    out->peer->may_write = may_write;
    out->peer->end = [c = out.get(), once = false](int code, const std::string&) mutable {
      if (!std::exchange(once, true)) c->closed.set_value(code);
    };
    room->join(out->peer);
    EXPECT_EQ(out->sent->at(0), sync_message(SyncType::step1, std::string(1, '\0')));
    return out;
  }
  void SetUp() override {
    room = std::make_shared<Room>(setup, "d", asio::any_io_executor(), Crdt(), Position());
  }
  void TearDown() override {
    store.release();
    pool.join();
  }
  // An update that writes the text.
  static std::string typed(const std::string& text) {
    Crdt crdt;
    return crdt.apply_delta("[{\"insert\":\"" + text + "\"}]");
  }
  std::string text() {
    std::promise<std::string> promise;
    room->read([&](const Crdt& crdt) { promise.set_value(crdt.text()); },
               [](const std::exception_ptr&) {});
    return promise.get_future().get();
  }

  asio::thread_pool pool{2};
  HeldStore store;
  Counters counters;
  std::promise<void> broken;
  Room::Setup setup{.store = store,
                    .counters = counters,
                    .compact_after_updates = Options().compact_after_updates,
                    .pool = pool.get_executor(),
                    .on_broken = [this](const std::string&) { broken.set_value(); }};
  std::shared_ptr<Room> room;
};

TEST_F(RoomTest, NobodySeesWhatIsNotStored) {
  const auto ann = client(), bob = client();
  const std::string update = typed("hello");
  room->receive(ann->peer, Room::Kind::update, update);
  store.until(1);
  EXPECT_EQ(store.batches[0], std::vector<std::string>{update});
  // One who asks what there is, waits, too.
  room->receive(bob->peer, Room::Kind::step1, std::string(1, '\0'));
  EXPECT_EQ(bob->sent->count(), 1U);
  store.release();
  EXPECT_EQ(bob->sent->at(1), sync_message(SyncType::update, update));
  EXPECT_EQ(bob->sent->at(2), sync_message(SyncType::step2, update));
  EXPECT_EQ(text(), "hello");
  EXPECT_EQ(ann->sent->count(), 1U);  // it is theirs
}

TEST_F(RoomTest, WhatComesMeanwhileSharesAFrame) {
  const auto ann = client(), bob = client(), eve = client();
  room->receive(ann->peer, Room::Kind::update, typed("a"));
  store.until(1);
  room->receive(ann->peer, Room::Kind::update, typed("b"));
  room->receive(bob->peer, Room::Kind::update, typed("c"));
  store.release();
  store.until(2);
  EXPECT_EQ(store.batches[1].size(), 1U);
  store.release();
  EXPECT_EQ(text().size(), 3U);
  EXPECT_EQ(eve->sent->count(), 3U);  // greeting, a, b with c
  EXPECT_EQ(counters.updates, 3);
}

TEST_F(RoomTest, AcknowledgementsAmongSeveralAllArrive) {
  const auto ann = client(), bob = client(), eve = client();
  Client quill;
  quill.peer->out = quill.sent;
  quill.peer->wire = Peer::Wire::hocuspocus;
  quill.peer->name = "d";
  quill.peer->may_write = true;
  room->join(quill.peer);
  const auto write = [&](const Client& who, const char* text, std::size_t append) {
    room->receive(who.peer, Room::Kind::update, typed(text));
    store.until(append);
    store.release();
  };
  const std::string applied(
      "\x82\x04\x01"
      "d\x08\x01",
      6);
  write(quill, "a", 1);
  write(quill, "b", 2);
  // Nobody else writes.
  quill.sent->when(applied, 2);
  write(quill, "c", 3);
  const std::string other = typed("e");
  room->receive(ann->peer, Room::Kind::update, other);
  store.until(4);
  store.release();
  const std::string all = quill.sent->when(applied, 3);
  EXPECT_NE(quill.sent->when(other, 1).find(other), std::string::npos);
  EXPECT_EQ(all.find(applied), 0U);
  EXPECT_EQ(text().size(), 4U);
}

TEST_F(RoomTest, MalformedUpdatesHarmOnlyTheirSender) {
  const auto ann = client(), bob = client();
  room->receive(ann->peer, Room::Kind::update, "\xff\xff\xff");
  room->receive(bob->peer, Room::Kind::update, typed("x"));
  EXPECT_EQ(ann->closed.get_future().get(), 4400);
  store.until(1);
  store.release();
  EXPECT_EQ(text(), "x");
}

TEST_F(RoomTest, ReadersChangeNothing) {
  const auto ann = client(false);
  room->receive(ann->peer, Room::Kind::update, typed("x"));
  EXPECT_EQ(ann->sent->at(1), denied_message("read only"));
  EXPECT_EQ(text(), "");
  EXPECT_TRUE(store.batches.empty());
}

TEST_F(RoomTest, WhatCannotBeStoredEndsTheRoom) {
  const auto ann = client(), bob = client();
  room->receive(ann->peer, Room::Kind::update, typed("x"));
  store.until(1);
  store.release(std::make_exception_ptr(ob::Error(507, "db.diskFull", "full")));
  EXPECT_EQ(ann->closed.get_future().get(), 1011);
  EXPECT_EQ(bob->closed.get_future().get(), 1011);
  broken.get_future().get();
  EXPECT_EQ(bob->sent->count(), 1U);
  EXPECT_FALSE(room->receive(ann->peer, Room::Kind::update, typed("y")));
}

TEST_F(RoomTest, AnUpdateThatWaitsForAnotherIsKept) {
  const auto ann = client();
  Crdt crdt;
  const std::string first = crdt.apply_delta(R"([{"insert":"a"}])");
  const std::string second = crdt.apply_delta(R"([{"retain":1},{"insert":"b"}])");
  room->receive(ann->peer, Room::Kind::update, second);
  store.until(1);
  EXPECT_EQ(store.batches[0], std::vector<std::string>{second});
  store.release();
  room->receive(ann->peer, Room::Kind::update, first);
  store.until(2);
  store.release();
  EXPECT_EQ(text(), "ab");
}

TEST_F(RoomTest, WhatWaitedReachesWhoBringsTheMissing) {
  const auto ann = client(), bob = client();
  Crdt crdt;
  const std::string first = crdt.apply_delta(R"([{"insert":"a"}])");
  const std::string second = crdt.apply_delta(R"([{"retain":1},{"insert":"b"}])");
  room->receive(bob->peer, Room::Kind::update, second);
  store.until(1);
  store.release();
  room->receive(ann->peer, Room::Kind::update, first);
  store.until(2);
  store.release();
  EXPECT_EQ(ann->sent->at(1), sync_message(SyncType::update, crdt.state()));
}

}  // namespace
