// Several instances on one database and one Redis, in one process.
#include "collab/cluster.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>

#include "collab/protocol.h"
#include "collab/socket.h"
#include "db/testing.h"
#include "redis/testing.h"

namespace ob::collab {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

template <class Fn>
bool eventually(Fn fn) {
  for (int i = 0; i < 3000 && !fn(); ++i) std::this_thread::sleep_for(10ms);
  return fn();
}

class AllMay final : public Gatekeeper {
 public:
  Access access(const Caller& caller, const std::string&, const std::string&) override {
    return caller.user_id == "reader" ? Access::read : Access::write;
  }
  std::uint64_t generation() override { return 0; }
};

class Nobody final : public api::Authenticator {
 public:
  asio::awaitable<Caller> sign_in(Caller request, std::string) override { co_return request; }
  Caller sign_in_now(const Caller& caller, const std::string&) override { return caller; }
  Caller again(const Caller& caller, const std::string&) override { return caller; }
};

// Redis and the bus of an instance, which can be cut off from the others.
class Wire final : public redis::Client, public bus::Bus {
 public:
  explicit Wire(const std::string& url) : redis_(redis::open(url)), bus_(bus::on_redis(url)) {}
  void send(const redis::Command& command, Done done) override {
    cut ? done(std::nullopt) : redis_->send(command, std::move(done));
  }
  bool up() const override { return !cut && redis_->up(); }
  void publish(const std::string& channel, std::string message) override {
    if (channel == "collab:all") ++resets;
    if (!cut) bus_->publish(channel, std::move(message));
  }
  bus::Subscription subscribe(const std::string& channel, Handler handler, Gap gap) override {
    {
      const std::lock_guard lock(mutex_);
      gaps_.push_back(gap);
    }
    return bus_->subscribe(
        channel,
        [this, handler = std::move(handler)](std::string_view message) {
          if (deaf) ++lost;
          if (!cut && !deaf) handler(message);
        },
        std::move(gap));
  }
  std::optional<std::int64_t> listeners(const std::string& channel) override {
    return cut ? std::nullopt : bus_->listeners(channel);
  }
  bool shared() const override { return true; }
  bool connected() const override { return up() && bus_->connected(); }
  bus::Bus::Stats stats() const override { return bus_->stats(); }

  // As the bus does after messages were lost.
  void tell_gap() {
    const std::lock_guard lock(mutex_);
    for (const Gap& gap : gaps_) gap();
  }

  std::atomic<bool> cut = false, deaf = false;
  std::atomic<int> lost = 0;    // while it is deaf
  std::atomic<int> resets = 0;  // that all were told of

 private:
  std::mutex mutex_;
  std::vector<Gap> gaps_;
  std::unique_ptr<redis::Client> redis_;
  std::unique_ptr<bus::Bus> bus_;
};

class Instance {
 public:
  Instance(db::Database& database, const std::string& redis)
      : wire(redis),
        rooms([&](StoreOptions options) { return open_sql_store(database, std::move(options)); },
              {}) {
    EXPECT_TRUE(eventually([&] { return wire.connected(); }));
    rooms.set_gatekeeper(gatekeeper_, authenticator_);
    rooms.share(wire, wire);
    rooms.start(loops_);
    thread_ = std::thread([this] { loops_.run(); });
  }
  ~Instance() {
    rooms.stop();
    loops_.stop();
    thread_.join();
  }
  std::int64_t held() { return rooms.metrics().documents; }

  Wire wire;
  Rooms rooms;

 private:
  AllMay gatekeeper_;
  Nobody authenticator_;
  net::Loops loops_{2};
  std::thread thread_;
};

// A client with its own copy, which connects again by itself when it is sent away.
class Editor final : public net::WebSocketSender, public std::enable_shared_from_this<Editor> {
 public:
  static std::shared_ptr<Editor> open(Instance& instance, const std::string& user = "u") {
    auto out = std::make_shared<Editor>();
    out->user_ = user;
    out->connect(instance);
    // It and its peer hold one another while it is there.
    return {out.get(), [out](Editor* editor) mutable {
              editor->leave();
              out.reset();
            }};
  }
  // As a client of y-websocket does.
  void connect(Instance& instance) {
    leave();
    code_ = 0;
    auto peer = std::make_shared<Peer>();
    peer->out = shared_from_this();
    peer->end = [self = weak_from_this()](int code, const std::string&) {
      if (const auto editor = self.lock()) editor->code_ = code;
    };
    Visitor visitor;
    visitor.caller.user_id = user_;
    const auto attached = std::make_shared<Attached>(instance.rooms, visitor, "d", peer);
    std::string vector;
    {
      const std::lock_guard lock(mutex_);
      attached_ = attached;
      vector = crdt_.state_vector();
    }
    asio::io_context io;
    auto joined = asio::co_spawn(io, attached->join(), asio::use_future);
    io.run();
    joined.get();
    attached->receive(Place::Kind::step1, vector);
  }
  // Puts a word at the front.
  void type(const std::string& word) {
    std::string update;
    {
      const std::lock_guard lock(mutex_);
      update = crdt_.apply_delta(R"([{"insert":")" + word + R"( "}])");
    }
    say(Place::Kind::update, update);
  }
  void present(const std::string& state) { say(Place::Kind::awareness, state); }
  int code() const { return code_; }
  std::string text() {
    const std::lock_guard lock(mutex_);
    return crdt_.text();
  }
  bool has(const std::string& word) { return text().find(word + " ") != std::string::npos; }
  int awareness() const { return awareness_; }
  void leave() {
    std::shared_ptr<Attached> attached;  // ends without the lock
    const std::lock_guard lock(mutex_);
    attached.swap(attached_);
  }

  bool push(net::Frame frame) override {
    std::string_view message = *frame;
    const auto size = static_cast<unsigned char>(message[1]) & 0x7F;
    message.remove_prefix(size == 127 ? 10 : size == 126 ? 4 : 2);
    Reader reader(message);
    if (reader.number() == 1) ++awareness_;
    if (message[0] != 0) return true;
    const auto type = static_cast<SyncType>(reader.number());
    std::string answer;
    {
      const std::lock_guard lock(mutex_);
      if (type != SyncType::step1) {
        const std::string_view update[] = {reader.bytes()};
        crdt_.apply(update);
        return true;
      }
      answer = crdt_.diff(reader.bytes());
    }
    say(Place::Kind::update, answer);
    return true;
  }
  bool ping(std::string_view) override { return true; }
  void close(int code, std::string_view) override { code_ = code; }
  std::size_t queued() const override { return 0; }

 private:
  void say(Place::Kind kind, const std::string& data) {
    std::shared_ptr<Attached> attached;
    {
      const std::lock_guard lock(mutex_);
      attached = attached_;
    }
    if (attached) attached->receive(kind, data);
  }

  std::string user_;
  std::shared_ptr<Attached> attached_;
  std::mutex mutex_;
  Crdt crdt_;
  std::atomic<int> code_ = 0, awareness_ = 0;
};

class ClusterTest : public testing::Test {
 protected:
  ClusterTest() {
    char name[] = "/tmp/ob_cluster_XXXXXX";
    directory_ = mkdtemp(name);
    database_ = db::open(db::testing::url_in(directory_));
    a_ = std::make_unique<Instance>(*database_, redis_.url());
    b_ = std::make_unique<Instance>(*database_, redis_.url());
  }

 public:
  ~ClusterTest() override {
    b_.reset();
    a_.reset();
    database_.reset();
    std::filesystem::remove_all(directory_);
  }

 protected:
  // What is stored, as an instance that just started sees it.
  std::string stored() {
    Instance fresh(*database_, redis_.url());
    return fresh.rooms.text("d");
  }
  static bool same(std::initializer_list<std::shared_ptr<Editor>> editors,
                   std::initializer_list<const char*> words) {
    return eventually([&] {
      for (const auto& editor : editors) {
        if (editor->text() != (*editors.begin())->text()) return false;
        for (const char* word : words)
          if (!editor->has(word)) return false;
      }
      return true;
    });
  }

  redis::test::Server redis_;
  std::string directory_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<Instance> a_, b_;
};

TEST_F(ClusterTest, OneHoldsItAndAllEdit) {
  const auto ann = Editor::open(*a_), bob = Editor::open(*b_), eve = Editor::open(*b_);
  ann->type("ann");
  bob->type("bob");
  eve->type("eve");
  EXPECT_TRUE(same({ann, bob, eve}, {"ann", "bob", "eve"}));
  // The document is in one memory only.
  EXPECT_EQ(a_->held(), 1);
  EXPECT_EQ(b_->held(), 0);
  // Contents are the same on both, and changes by modules reach all.
  EXPECT_EQ(a_->rooms.text("d"), b_->rooms.text("d"));
  b_->rooms.apply_delta("d", R"({"ops":[{"insert":"module "}]})", "u");
  EXPECT_TRUE(same({ann, bob, eve}, {"module"}));
  // One who may only read is told so there, too.
  const auto reader = Editor::open(*b_, "reader");
  EXPECT_TRUE(same({ann, reader}, {"ann"}));
  reader->type("forbidden");
  ann->type("after");
  EXPECT_TRUE(same({ann, bob, eve}, {"after"}));
  EXPECT_FALSE(ann->has("forbidden"));
}

// After Redis was away the holder listens again a moment later than the others ask it.
TEST_F(ClusterTest, WhoWasNotHeardIsSentAway) {
  const auto ann = Editor::open(*a_);
  ann->type("ann");
  EXPECT_TRUE(eventually([&] { return ann->has("ann"); }));
  a_->wire.deaf = true;
  const auto bob = Editor::open(*b_);
  EXPECT_TRUE(eventually([&] { return a_->wire.lost > 0; }));
  a_->wire.deaf = false;
  a_->wire.tell_gap();
  EXPECT_TRUE(eventually([&] { return bob->code() == 1012; }));
  bob->connect(*b_);
  EXPECT_TRUE(same({ann, bob}, {"ann"}));
}

TEST_F(ClusterTest, AGapOfBothChannelsIsOneReset) {
  const auto ann = Editor::open(*a_);
  for (int n = 1; n <= 2; ++n) {
    const auto bob = Editor::open(*b_);
    a_->wire.tell_gap();
    // A second reset of the first gap would come before the one of the second.
    EXPECT_TRUE(eventually([&] { return a_->wire.resets >= n && bob->code() == 1012; }));
    EXPECT_EQ(a_->wire.resets, n);
  }
}

TEST_F(ClusterTest, WhoIsThereIsKnownEverywhere) {
  const auto ann = Editor::open(*a_), bob = Editor::open(*b_);
  // One client, number 5, clock 1, {"a":1}.
  bob->present(std::string("\x01\x05\x01\x07", 4) + R"({"a":1})");
  EXPECT_TRUE(eventually([&] { return ann->awareness() == 1; }));
  bob->leave();
  EXPECT_TRUE(eventually([&] { return ann->awareness() == 2; }));
}

TEST_F(ClusterTest, AStoppedHolderIsFollowed) {
  const auto ann = Editor::open(*a_), bob = Editor::open(*b_);
  ann->type("ann");
  EXPECT_TRUE(same({ann, bob}, {"ann"}));
  ann->leave();
  a_.reset();
  EXPECT_TRUE(eventually([&] { return bob->code() == 1012; }));
  bob->type("meanwhile");
  bob->connect(*b_);
  ann->connect(*b_);
  EXPECT_TRUE(same({ann, bob}, {"ann", "meanwhile"}));
  EXPECT_EQ(b_->held(), 1);
}

// The holder is cut off, but goes on; another takes over. Both write, and nothing is lost.
TEST_F(ClusterTest, TwoHoldersLoseNothing) {
  const auto ann = Editor::open(*a_), bob = Editor::open(*b_);
  ann->type("before");
  EXPECT_TRUE(same({ann, bob}, {"before"}));
  a_->wire.cut = true;
  EXPECT_TRUE(eventually([&] { return bob->code() == 1012; }));
  bob->connect(*b_);
  EXPECT_EQ(b_->held(), 1);
  bob->type("two");
  ann->type("one");
  EXPECT_TRUE(eventually([&] { return stored().find("one ") != std::string::npos; }));
  // Whoever learns of the other sends its clients away; they all meet again.
  a_->wire.cut = false;
  const auto meet = [&](const std::shared_ptr<Editor>& editor, Instance& at) {
    if (editor->code() != 0) editor->connect(at);
    return editor->has("one") && editor->has("two");
  };
  EXPECT_TRUE(eventually([&] {
    const bool first = meet(ann, *a_), second = meet(bob, *b_);
    return first && second;
  }));
  ann->type("last");
  EXPECT_TRUE(eventually([&] {
    meet(ann, *a_);
    meet(bob, *b_);
    return bob->has("last");
  }));
  const std::string all = stored();
  for (const char* word : {"before ", "one ", "two ", "last "})
    EXPECT_NE(all.find(word), all.npos) << word;
  EXPECT_TRUE(eventually([&] { return a_->held() + b_->held() == 1; }));
}

TEST_F(ClusterTest, WithoutRedisAllGoOn) {
  const auto ann = Editor::open(*a_), bob = Editor::open(*b_);
  ann->type("before");
  EXPECT_TRUE(same({ann, bob}, {"before"}));
  redis_.stop();
  EXPECT_TRUE(eventually([&] { return bob->code() == 1012; }));
  bob->connect(*b_);
  bob->type("bob");
  ann->type("ann");
  redis_.start();
  EXPECT_TRUE(eventually([&] {
    if (ann->code() != 0) ann->connect(*a_);
    if (bob->code() != 0) bob->connect(*b_);
    return ann->has("bob") && bob->has("ann");
  }));
}

class Told final : public Follower {
 public:
  void changed(const std::string& ops) override {
    const std::lock_guard lock(mutex_);
    ops_ += ops;
  }
  void stored() override { ++stored_; }
  void ended(int code, const std::string&) override { code_ = code; }
  bool has(const std::string& word) {
    const std::lock_guard lock(mutex_);
    return ops_.find(word) != std::string::npos;
  }
  int stored_count() const { return stored_; }
  int code() const { return code_; }

 private:
  std::mutex mutex_;
  std::string ops_;
  std::atomic<int> stored_ = 0, code_ = 0;
};

TEST_F(ClusterTest, AFollowerElsewhere) {
  const auto ann = Editor::open(*a_);
  ann->type("before");
  EXPECT_TRUE(eventually([&] { return a_->rooms.text("d") == "before "; }));
  const auto told = std::make_shared<Told>();
  std::string begun;
  const auto following = b_->rooms.follow("d", told, [&](const std::string& ops) { begun = ops; });
  EXPECT_EQ(begun, R"([{"insert":"before "}])");
  ann->type("then");
  EXPECT_TRUE(eventually([&] { return told->has("then "); }));
  const int stored = told->stored_count();
  following->change([] { return R"([{"insert":"mine "}])"; }, "u", [](const Error&) { FAIL(); });
  EXPECT_TRUE(eventually([&] { return ann->has("mine") && told->stored_count() > stored; }));
  EXPECT_FALSE(told->has("mine"));
  std::atomic<bool> failed = false;
  following->change([] { return R"([{"retain":900},{"insert":"x"}])"; }, "u",
                    [&](const Error&) { failed = true; });
  EXPECT_TRUE(failed);
  a_->rooms.remove("d");
  EXPECT_TRUE(eventually([&] { return told->code() == 4404; }));
}

TEST_F(ClusterTest, RemovedEverywhere) {
  const auto ann = Editor::open(*a_), bob = Editor::open(*b_);
  ann->type("gone");
  EXPECT_TRUE(same({ann, bob}, {"gone"}));
  b_->rooms.remove("d");
  EXPECT_TRUE(eventually([&] { return ann->code() == 4404 && bob->code() == 4404; }));
  EXPECT_EQ(b_->rooms.text("d"), "");
  EXPECT_EQ(a_->rooms.text("d"), "");
}

}  // namespace
}  // namespace ob::collab
