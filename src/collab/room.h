#pragma once
// One document in memory, and who is connected to it. What comes in waits in an inbox, which one
// thread at a time empties: updates that came meanwhile are applied, stored and sent on together.
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "collab/awareness.h"
#include "collab/collab.h"
#include "collab/counters.h"
#include "collab/crdt.h"
#include "collab/store.h"
#include "net/net.h"

namespace ob::collab {

// Another instance's clients in a document that is held here.
class Via {
 public:
  virtual ~Via() = default;
  virtual void send(std::uint64_t client, std::string_view message, int times) = 0;
  virtual void broadcast(std::string_view message, std::uint64_t except) = 0;  // 0: to all
};

// A client's connection to one document.
struct Peer {
  enum class Wire { yjs, hocuspocus };
  std::shared_ptr<net::WebSocketSender> out;
  Wire wire = Wire::yjs;
  std::string name;  // what a Hocuspocus client calls the document
  std::string user;  // "" when anonymous
  std::atomic<bool> may_write = false;
  std::function<void(int code, const std::string& reason)> end;  // closes it; any thread
  // The room's own:
  bool own_name = false;  // the name is the document's id, and nothing else
  bool told_read_only = false;
  int acks = 0;  // of the batch that is being stored
  int owed = 0;  // … of what is stored, which go with the next message
  // Of a client of another instance, which has no `out`:
  std::shared_ptr<Via> via;
  std::uint64_t id = 0;

  // `message`: of the y-protocols.
  net::Frame frame(std::string_view message) const;
  void send(std::string_view message) const {
    via ? via->send(id, message, 1) : static_cast<void>(out->push(frame(message)));
  }
};

// Where a connection takes part in a document: here, or by way of the instance that holds it. All
// any thread; false once it is closed.
class Place {
 public:
  virtual ~Place() = default;
  enum class Kind { step1, step1_answered, update, awareness, query_awareness, stateless };
  virtual bool join(std::shared_ptr<Peer> peer) = 0;
  virtual void leave(std::shared_ptr<Peer> peer) = 0;
  virtual bool receive(const std::shared_ptr<Peer>& peer, Kind kind, std::string data) = 0;
  // Bytes that wait to be looked at: who sends on should wait when they are many.
  virtual std::size_t waiting() const = 0;
};

inline constexpr std::int64_t kLarge = 4 << 20;  // bytes of a document

class Room final : public Place, public std::enable_shared_from_this<Room> {
 public:
  // The same of all rooms.
  struct Setup {
    Store& store;
    Counters& counters;
    std::int64_t compact_after_updates;
    boost::asio::any_io_executor pool;  // where the inbox of a large document is emptied
    std::function<void(const std::string&)> on_broken;  // it must be loaded anew
    // Another instance wrote to the store, too; may be empty.
    std::function<void(const std::string&)> on_foreign = {};
  };
  // loop: where the inbox is emptied while the document is small; any of net::Loops does it when it
  // puts something there. Empty: it is always emptied in the pool.
  Room(const Setup& setup, std::string document, boost::asio::any_io_executor loop, Crdt crdt,
       Position position);

  const std::string& document() const { return document_; }

  // All any thread; false once the room is closed.
  bool join(std::shared_ptr<Peer> peer) override;
  void leave(std::shared_ptr<Peer> peer) override;
  bool receive(const std::shared_ptr<Peer>& peer, Kind kind, std::string data) override;
  // Runs `read` on what is stored, or stores what `change` made of the document (an update), and
  // calls `done` then.
  using Done = std::move_only_function<void(std::exception_ptr)>;
  struct Made {
    std::string update, ops;  // both of the same change
  };
  using Make = std::move_only_function<Made(Crdt&)>;
  bool read(std::move_only_function<void(const Crdt&)> read, Done done);
  // `except` is not told of it.
  bool change(Make make, std::string user, Done done, const Follower* except = nullptr);
  // `begin` is called with the content before the follower is told anything.
  bool follow(std::shared_ptr<Follower> follower, std::function<void(const Crdt&)> begin,
              Done done);
  void unfollow(std::shared_ptr<Follower> follower);
  std::size_t waiting() const override { return waiting_bytes_.load(std::memory_order_relaxed); }

  // What changed, once it is old enough or nobody is there any more.
  std::optional<Change> take_change(std::chrono::milliseconds age);
  // Closes the room if nobody used it for so long; then it may be forgotten.
  bool close_if_idle(std::chrono::seconds idle);
  // `done` is called when what came before is stored.
  void close(int code, const std::string& reason, Done done = [](const std::exception_ptr&) {});
  // Lets go of everybody, once no thread works for it any more: they may hold it in turn.
  void abandon();

 private:
  using Clock = std::chrono::steady_clock;
  struct Input {
    std::shared_ptr<Peer> peer;
    std::optional<Kind> kind;
    bool joins = false, leaves = false;
    std::string data;  // of a change: the user
    std::move_only_function<void(const Crdt&)> read;
    Make change;
    std::shared_ptr<Follower> follower;  // joins with `begin`, leaves without
    std::function<void(const Crdt&)> begin;
    const Follower* except = nullptr;
    Done done;
    Clock::time_point at = {};
  };
  // What is to be sent once a batch is stored.
  struct Batch {
    std::vector<std::string> to_send;  // updates
    std::vector<std::string> to_store;
    std::shared_ptr<Peer> origin;  // of all updates, if they have one
    std::vector<std::shared_ptr<Peer>> acks;
    std::vector<Input> requests;  // steps 1 and reads
    std::vector<Done> done;
    std::set<std::string> users;
    Clock::time_point at;
    std::int64_t updates = 0;
    std::size_t stored = 0;  // of to_store, which the store has taken
    std::int64_t bytes = 0;  // … and theirs
  };

  bool come();  // somebody more is here; false once the room is closed
  void go();
  bool submit(Input input);
  void schedule(Clock::duration wait);
  Clock::duration gathering() const;
  void drain();
  bool process(std::vector<Input> inputs);  // false: goes on when it is stored
  void take_in(Input& input, Batch& batch, std::vector<Input>& updates);
  bool writable(const std::shared_ptr<Peer>& peer);
  void apply(std::vector<Input>& updates, Batch& batch);
  void make(Input& input, Batch& batch);
  void start_following(Input& input, Batch& batch);
  void tell(const std::string& ops, const Follower* except);
  bool store(Batch batch);                           // true: it is stored already
  bool stored(Batch batch, Store::Written written);  // false: the room broke down
  void send_out(Batch& batch);
  void acknowledge(const std::shared_ptr<Peer>& peer, int times);
  void acknowledge_rest();
  void answer(Input& request);
  void greet(const std::shared_ptr<Peer>& peer);
  void broadcast(const std::string& message, const Peer* except);
  void drop(const std::shared_ptr<Peer>& peer);
  void note(const Batch& batch);
  void maybe_compact(bool now);
  void compacted(Store::Written written, std::int64_t covered, std::size_t bytes);
  void break_down(const std::string& why, const std::exception_ptr& failure);

  const boost::asio::any_io_executor& place() const { return small_ ? loop_ : setup_.pool; }

  const Setup& setup_;
  const std::string document_;
  const boost::asio::any_io_executor loop_;
  std::unique_ptr<boost::asio::steady_timer> gather_, owed_;  // null until needed
  mutable std::mutex mutex_;
  std::vector<Input> inbox_;
  bool running_ = false, closed_ = false;
  std::atomic<std::size_t> waiting_bytes_ = 0;
  Change change_;  // since the last time it was told
  std::set<std::string> change_users_;
  std::optional<Clock::time_point> change_since_;
  bool last_left_ = false;
  std::size_t people_ = 0;
  std::size_t last_batch_ = 0;  // updates of it
  Clock::time_point used_ = Clock::now();
  bool compacting_ = false;

  // Of the thread that empties the inbox:
  Crdt crdt_;
  Position position_;
  std::int64_t since_bytes_ = 0, snapshot_bytes_ = 0;
  std::atomic<bool> small_;  // work on it takes no time that others on an I/O thread would notice
  bool stale_ = false;       // somebody else wrote to the store
  Awareness awareness_;
  std::vector<std::shared_ptr<Peer>> peers_;
  bool owing_ = false;  // acknowledgements, until owed_ expires
  std::vector<std::shared_ptr<Follower>> followers_;
};

}  // namespace ob::collab
