#include "collab/room.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "base/log.h"
#include "collab/failure.h"
#include "collab/protocol.h"
#include "net/loops.h"

namespace ob::collab {

namespace asio = boost::asio;

namespace {

constexpr int kMalformed = 4400, kFailed = 1011;
constexpr std::int64_t kWorthCompacting = 20;  // updates, when the document leaves memory

}  // namespace

Room::Room(const Setup& setup, std::string document, asio::any_io_executor loop, Crdt crdt,
           Position position)
    : setup_(setup),
      document_(std::move(document)),
      loop_(std::move(loop)),
      crdt_(std::move(crdt)),
      position_(position),
      since_bytes_(position.bytes),
      small_(static_cast<bool>(loop_) && position.bytes < kLarge) {}

// ---- any thread

bool Room::come() {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  ++people_;
  last_left_ = false;
  return true;
}

void Room::go() {
  const std::lock_guard lock(mutex_);
  if (--people_ > 0) return;
  last_left_ = true;
  used_ = Clock::now();
}

bool Room::join(std::shared_ptr<Peer> peer) {
  if (!come()) return false;
  Input input;
  input.peer = std::move(peer);
  input.joins = true;
  return submit(std::move(input));
}

void Room::leave(std::shared_ptr<Peer> peer) {
  go();
  Input input;
  input.peer = std::move(peer);
  input.leaves = true;
  submit(std::move(input));
}

bool Room::receive(const std::shared_ptr<Peer>& peer, Kind kind, std::string data) {
  Input input;
  input.peer = peer;
  input.kind = kind;
  input.data = std::move(data);
  input.at = Clock::now();
  return submit(std::move(input));
}

bool Room::read(std::move_only_function<void(const Crdt&)> read, Done done) {
  Input input;
  input.read = std::move(read);
  input.done = std::move(done);
  return submit(std::move(input));
}

bool Room::change(Make make, std::string user, Done done, const Follower* except) {
  Input input;
  input.change = std::move(make);
  input.except = except;
  input.data = std::move(user);
  input.done = std::move(done);
  input.at = Clock::now();
  return submit(std::move(input));
}

bool Room::follow(std::shared_ptr<Follower> follower, std::function<void(const Crdt&)> begin,
                  Done done) {
  if (!come()) return false;
  Input input;
  input.follower = std::move(follower);
  input.begin = std::move(begin);
  input.done = std::move(done);
  return submit(std::move(input));
}

void Room::unfollow(std::shared_ptr<Follower> follower) {
  go();
  Input input;
  input.follower = std::move(follower);
  submit(std::move(input));
}

bool Room::submit(Input input) {
  Clock::duration wait{};
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    if (input.data.size() > kLarge) small_ = false;
    waiting_bytes_.fetch_add(input.data.size(), std::memory_order_relaxed);
    inbox_.push_back(std::move(input));
    if (std::exchange(running_, true)) return true;
    wait = gathering();
  }
  schedule(wait);
  return true;
}

// For how long updates are still gathered into one frame: what a frame costs grows with those who
// get it, and so does what sharing saves. The first after a pause goes at once.
Room::Clock::duration Room::gathering() const {
  constexpr std::size_t kMany = 16;  // people
  constexpr std::size_t kBusy = 4;   // updates of a batch
  constexpr auto kEach = std::chrono::microseconds(10);
  constexpr auto kMost = std::chrono::milliseconds(10);
  if (people_ < kMany) return {};
  const auto window = std::min<Clock::duration>(
      kMost, kEach * people_ * std::max(last_batch_ / kBusy, std::size_t{1}));
  return std::max(Clock::duration(), used_ + window - Clock::now());
}

// Goes on with the inbox after a while; called by whoever set running_.
void Room::schedule(Clock::duration wait) {
  if (wait == Clock::duration()) {
    if (small_ && net::Loops::inside()) return drain();
    asio::dispatch(place(), [self = shared_from_this()] { self->drain(); });
    return;
  }
  if (!gather_) gather_ = std::make_unique<asio::steady_timer>(place());
  gather_->expires_after(wait);
  gather_->async_wait([self = shared_from_this()](boost::system::error_code) {
    asio::dispatch(self->place(), [self] { self->drain(); });
  });
}

std::optional<Change> Room::take_change(std::chrono::milliseconds age) {
  const std::lock_guard lock(mutex_);
  const bool due = change_since_ && (last_left_ || Clock::now() - *change_since_ >= age);
  if (!due) return std::nullopt;
  Change out = std::exchange(change_, {});
  out.document = document_;
  out.users.assign(change_users_.begin(), change_users_.end());
  out.last_left = people_ == 0;
  change_users_.clear();
  change_since_.reset();
  return out;
}

bool Room::close_if_idle(std::chrono::seconds idle) {
  {
    const std::lock_guard lock(mutex_);
    const bool unused = people_ == 0 && !running_ && inbox_.empty() && !compacting_ &&
                        !change_since_ && Clock::now() - used_ >= idle;
    if (!unused) return closed_;
    if (position_.since < kWorthCompacting || stale_) {
      closed_ = true;
      return true;
    }
    running_ = true;
  }
  // Once more around, when the snapshot is there.
  asio::dispatch(place(), [self = shared_from_this()] {
    try {
      self->maybe_compact(true);
    } catch (...) {
      return self->break_down("a document failed", std::current_exception());
    }
    self->drain();
  });
  return false;
}

void Room::close(int code, const std::string& reason, Done done) {
  Input input;
  input.read = [this, code, reason](const Crdt&) {
    for (const auto& peer : std::exchange(peers_, {})) peer->end(code, reason);
    for (const auto& follower : std::exchange(followers_, {})) follower->ended(code, reason);
    const std::lock_guard lock(mutex_);
    closed_ = true;
  };
  input.done = std::move(done);
  submit(std::move(input));
}

void Room::abandon() {
  std::vector<Input> inputs;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    inputs.swap(inbox_);
  }
  // What was being stored when the store stopped is still told to the people.
  const auto busy = [this] {
    const std::lock_guard lock(mutex_);
    return running_;
  };
  for (int i = 0; i < 1000 && busy(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  peers_.clear();
  followers_.clear();
}

// ---- one thread at a time

void Room::drain() {
  constexpr int kRounds = 4;  // then others on this thread have their turn
  for (int round = 0;; ++round) {
    if (round == kRounds)
      return asio::post(place(), [self = shared_from_this()] { self->drain(); });
    std::vector<Input> inputs;
    Clock::duration wait{};
    {
      const std::lock_guard lock(mutex_);
      if (inbox_.empty()) {
        running_ = false;
        return;
      }
      wait = round == 0 ? Clock::duration() : gathering();
      if (wait == Clock::duration()) {
        inputs.swap(inbox_);
        last_batch_ = inputs.size();
        used_ = Clock::now();
      }
    }
    if (inputs.empty()) return schedule(wait);
    try {
      if (!process(std::move(inputs))) return;
    } catch (...) {
      return break_down("a document failed", std::current_exception());
    }
  }
}

bool Room::process(std::vector<Input> inputs) {
  Batch batch;
  batch.at = Clock::time_point::max();
  std::vector<Input> updates;
  std::size_t bytes = 0;
  for (Input& input : inputs) {
    bytes += input.data.size();
    take_in(input, batch, updates);
  }
  waiting_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  if (!updates.empty()) apply(updates, batch);
  if (batch.to_store.empty()) {
    send_out(batch);
    return true;
  }
  return store(std::move(batch));
}

bool Room::store(Batch batch) {
  // Whether append() called back before it returned: then there is no need for another turn.
  struct Flight {
    Batch batch;
    std::atomic<std::thread::id> caller = std::this_thread::get_id();
    std::optional<Store::Written> at_once;
  };
  auto updates = std::move(batch.to_store);
  batch.stored = updates.size();
  for (const auto& update : updates) batch.bytes += static_cast<std::int64_t>(update.size());
  const auto flight = std::make_shared<Flight>();
  flight->batch = std::move(batch);
  setup_.store.append(document_, position_.last, std::move(updates),
                      [self = shared_from_this(), flight](Store::Written written) {
                        if (std::this_thread::get_id() == flight->caller) {
                          flight->at_once = std::move(written);
                          return;
                        }
                        asio::post(self->place(),
                                   [self, flight, written = std::move(written)]() mutable {
                                     if (self->stored(std::move(flight->batch), std::move(written)))
                                       self->drain();
                                   });
                      });
  flight->caller = std::thread::id();
  if (!flight->at_once) return false;
  return stored(std::move(flight->batch), std::move(*flight->at_once));
}

void Room::take_in(Input& input, Batch& batch, std::vector<Input>& updates) {
  if (input.joins) return greet(input.peer);
  if (input.leaves) return drop(input.peer);
  if (input.read) return batch.requests.push_back(std::move(input));
  if (input.change) return make(input, batch);
  if (input.follower) return start_following(input, batch);
  switch (*input.kind) {
    case Kind::update:
      if (writable(input.peer)) updates.push_back(std::move(input));
      break;
    case Kind::step1:
    case Kind::step1_answered:
      batch.requests.push_back(std::move(input));
      break;
    case Kind::awareness:
      try {
        const std::string changed =
            awareness_.update(input.peer.get(), input.peer->user, input.data);
        if (!changed.empty()) broadcast(awareness_message(changed), input.peer.get());
      } catch (const Error& e) {
        input.peer->end(kMalformed, e.what());
      }
      break;
    case Kind::query_awareness:
      if (const auto all = awareness_.all(); !all.empty()) input.peer->send(awareness_message(all));
      break;
    case Kind::stateless:
      if (!input.peer->may_write) break;
      for (const auto& peer : peers_)
        if (peer->wire == Peer::Wire::hocuspocus) peer->send(input.data);
      break;
  }
}

// Tells those who may only read; clients send what they have when they connect, which may be
// nothing new.
bool Room::writable(const std::shared_ptr<Peer>& peer) {
  if (peer->may_write) return true;
  setup_.counters.count(setup_.counters.refused);
  if (peer->wire == Peer::Wire::hocuspocus) {
    peer->send({"\x08\x00", 2});  // SyncStatus: not applied
  } else if (!std::exchange(peer->told_read_only, true)) {
    peer->send(denied_message("read only"));
  }
  return false;
}

void Room::apply(std::vector<Input>& updates, Batch& batch) {
  std::vector<std::string_view> views;
  views.reserve(updates.size());
  for (const Input& input : updates) views.emplace_back(input.data);
  const bool waited = crdt_.pending();
  Crdt::Applied applied = crdt_.apply(views, !followers_.empty());
  if (!applied.delta.empty()) tell(applied.delta, nullptr);
  std::vector<bool> refused(updates.size());
  for (const std::size_t i : applied.refused) {
    refused[i] = true;
    setup_.counters.count(setup_.counters.refused);
    updates[i].peer->end(kMalformed, "an update is malformed");
  }
  bool same_origin = true;
  for (std::size_t i = 0; i < updates.size(); ++i) {
    if (refused[i]) continue;
    const auto& peer = updates[i].peer;
    if (batch.updates++ == 0) batch.origin = peer;
    same_origin = same_origin && batch.origin == peer;
    batch.at = std::min(batch.at, updates[i].at);
    batch.users.insert(peer->user);
    if (peer->acks++ == 0) batch.acks.push_back(peer);
    // What waits for others is in no update of ours until they come.
    if (applied.pending) batch.to_store.push_back(std::move(updates[i].data));
  }
  // Of a refused one a part may have been applied.
  if (applied.pending && !applied.refused.empty() && !applied.update.empty())
    batch.to_store.push_back(applied.update);
  // What waited for this comes with it, and may be somebody else's.
  if (waited || !same_origin) batch.origin.reset();
  if (applied.update.empty()) return;
  if (!applied.pending) batch.to_store.push_back(applied.update);
  batch.to_send.push_back(std::move(applied.update));
}

// A change by another module.
void Room::make(Input& input, Batch& batch) {
  try {
    Made made = input.change(crdt_);
    if (!made.update.empty() && made.update != kNoUpdate) {
      tell(made.ops, input.except);
      batch.to_store.push_back(made.update);
      batch.to_send.push_back(std::move(made.update));
      batch.users.insert(input.data);
      batch.at = std::min(batch.at, input.at);
      ++batch.updates;
    }
    batch.done.push_back(std::move(input.done));
  } catch (const Error&) {
    input.done(std::current_exception());
  }
}

// What changed before is in no batch that waits: a batch is stored before the next is looked at,
// and what this one changed so far is in the content that the follower begins with.
void Room::start_following(Input& input, Batch& batch) {
  if (!input.begin) {
    std::erase(followers_, input.follower);
    return;
  }
  try {
    input.begin(crdt_);
  } catch (const std::exception&) {
    return input.done(std::current_exception());  // it is the follower's trouble alone
  }
  followers_.push_back(std::move(input.follower));
  batch.done.push_back(std::move(input.done));
}

void Room::tell(const std::string& ops, const Follower* except) {
  std::erase_if(followers_, [&](const std::shared_ptr<Follower>& follower) {
    if (follower.get() == except) return false;
    try {
      follower->changed(ops);
      return false;
    } catch (const std::exception& e) {
      log::error("a follower of a document failed",
                 {{"document", document_.c_str()}, {"error", std::string_view(e.what())}});
      follower->ended(kFailed, "the server failed to follow: connect again");
      return true;
    }
  });
}

bool Room::stored(Batch batch, Store::Written written) {
  if (written.failure) {
    for (auto& done : batch.done) done(written.failure);
    break_down("an update could not be stored", written.failure);
    return false;
  }
  position_.last = written.last;
  position_.since += static_cast<std::int64_t>(batch.stored);
  since_bytes_ += batch.bytes;
  if (since_bytes_ + snapshot_bytes_ > kLarge) small_ = false;
  if (written.foreign && !std::exchange(stale_, true) && setup_.on_foreign)
    setup_.on_foreign(document_);
  note(batch);
  try {
    send_out(batch);
    maybe_compact(false);
  } catch (...) {
    break_down("a document failed", std::current_exception());
    return false;
  }
  return true;
}

void Room::note(const Batch& batch) {
  setup_.counters.count(setup_.counters.updates, batch.updates);
  const std::lock_guard lock(mutex_);
  change_.updates += batch.updates;
  change_.bytes += batch.bytes;
  change_.at = now_micros();
  change_users_.insert(batch.users.begin(), batch.users.end());
  if (!change_since_) change_since_ = Clock::now();
}

// ---- the store

void Room::maybe_compact(bool now) {
  {
    const std::lock_guard lock(mutex_);
    // A large document is not written anew for a few small changes.
    constexpr std::int64_t kMuch = 64 << 20;  // bytes
    const bool many = position_.since >= setup_.compact_after_updates;
    const bool due = now || (many && since_bytes_ * 4 >= snapshot_bytes_) ||
                     (since_bytes_ >= kMuch && since_bytes_ >= snapshot_bytes_);
    if (compacting_ || !due || stale_) return;
    compacting_ = true;
  }
  std::string state = crdt_.state();
  const std::size_t bytes = state.size();
  setup_.store.compact(
      document_, position_.generation, position_.last, std::move(state),
      [self = shared_from_this(), covered = position_.since, bytes](Store::Written written) {
        auto go_on = [self, covered, bytes, written = std::move(written)](const Crdt&) mutable {
          self->compacted(std::move(written), covered, bytes);
        };
        self->read(std::move(go_on), [](const std::exception_ptr&) {});
      });
}

void Room::compacted(Store::Written written, std::int64_t covered, std::size_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    compacting_ = false;
  }
  if (written.failure) {
    log::error("a document could not be compacted",
               {{"document", document_.c_str()}, {"error", text_of(written.failure).c_str()}});
    // Tried again after as many updates.
    position_.since = 0;
    return;
  }
  if (written.foreign) {
    if (!std::exchange(stale_, true) && setup_.on_foreign) setup_.on_foreign(document_);
    return;
  }
  setup_.counters.count(setup_.counters.compactions);
  ++position_.generation;
  position_.since -= covered;
  since_bytes_ = 0;
  snapshot_bytes_ = static_cast<std::int64_t>(bytes);
}

// What is in memory may not be what is stored: all connect again, to the document as it is stored.
void Room::break_down(const std::string& why, const std::exception_ptr& failure) {
  log::error(why, {{"document", document_.c_str()}, {"error", text_of(failure).c_str()}});
  std::vector<Input> inputs;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    inputs.swap(inbox_);
  }
  setup_.on_broken(document_);
  for (auto& input : inputs)
    if (input.done) input.done(failure);
  for (const auto& follower : std::exchange(followers_, {}))
    follower->ended(kFailed, "the change could not be stored: connect again");
  for (const auto& peer : std::exchange(peers_, {}))
    peer->end(kFailed, "the change could not be stored: connect again");
}

}  // namespace ob::collab
