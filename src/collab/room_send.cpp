// What a room sends to those who are connected.
#include <algorithm>

#include "collab/protocol.h"
#include "collab/room.h"
#include "net/together.h"

namespace ob::collab {

namespace asio = boost::asio;

namespace {

constexpr int kMalformed = 4400;
constexpr std::string_view kApplied{"\x08\x01", 2};  // SyncStatus

// `frame` and the acknowledgements that the peer is owed, to be sent at once.
net::Frame with_owed(Peer& peer, std::string_view frame) {
  const net::Frame one = peer.frame(kApplied);
  const int times = std::exchange(peer.owed, 0);
  if (times == 1 && frame.empty()) return one;
  std::string all;
  all.reserve(frame.size() + one->size() * static_cast<std::size_t>(times));
  all += frame;
  for (int i = 0; i < times; ++i) all += *one;
  return std::make_shared<const std::string>(std::move(all));
}

}  // namespace

net::Frame Peer::frame(std::string_view message) const {
  if (wire == Wire::yjs) return net::make_frame(message, false);
  std::string named;
  named.reserve(name.size() + message.size() + 2);
  put_bytes(named, name);
  named += message;
  return net::make_frame(named, false);
}

void Room::send_out(Batch& batch) {
  // A single change that somebody else made, too, goes to all.
  const Peer* except = batch.to_send.size() == 1 ? batch.origin.get() : nullptr;
  for (const auto& update : batch.to_send)
    broadcast(sync_message(SyncType::update, update), except);
  if (batch.at != Clock::time_point::max()) setup_.counters.took(Clock::now() - batch.at);
  for (const auto& peer : batch.acks) acknowledge(peer, std::exchange(peer->acks, 0));
  for (const auto& follower : followers_) follower->stored();
  for (Input& request : batch.requests) answer(request);
  for (auto& done : batch.done) done(nullptr);
}

// To one of several the acknowledgement goes with what the others write next, if that comes soon:
// it would cost as much as the update to one of them.
void Room::acknowledge(const std::shared_ptr<Peer>& peer, int times) {
  constexpr std::size_t kSeveral = 4;
  constexpr auto kSoon = std::chrono::milliseconds(100);
  if (peer->wire != Peer::Wire::hocuspocus) return;
  if (peer->via) return peer->via->send(peer->id, kApplied, times);
  peer->owed += times;
  if (peers_.size() < kSeveral) return static_cast<void>(peer->out->push(with_owed(*peer, {})));
  if (std::exchange(owing_, true)) return;
  if (!owed_) owed_ = std::make_unique<asio::steady_timer>(place());
  owed_->expires_after(kSoon);
  owed_->async_wait([self = shared_from_this()](boost::system::error_code) {
    self->read([self](const Crdt&) { self->acknowledge_rest(); }, [](const std::exception_ptr&) {});
  });
}

void Room::acknowledge_rest() {
  owing_ = false;
  for (const auto& peer : peers_)
    if (peer->owed > 0) peer->out->push(with_owed(*peer, {}));
}

void Room::answer(Input& request) {
  if (request.read) {
    std::exception_ptr failure;
    try {
      request.read(crdt_);
    } catch (const Error&) {
      failure = std::current_exception();
    }
    return request.done(failure);
  }
  try {
    // What it is made of goes first: it may be large.
    const std::string content = sync_message(SyncType::step2, crdt_.diff(request.data));
    request.peer->send(content);
    const bool ask = request.peer->wire == Peer::Wire::hocuspocus && request.kind == Kind::step1;
    if (ask) request.peer->send(sync_message(SyncType::step1, crdt_.state_vector()));
  } catch (const Error&) {
    setup_.counters.count(setup_.counters.refused);
    request.peer->end(kMalformed, "a state vector is malformed");
  }
}

void Room::greet(const std::shared_ptr<Peer>& peer) {
  peer->own_name = peer->name == document_;
  peers_.push_back(peer);
  if (peer->wire == Peer::Wire::yjs)
    peer->send(sync_message(SyncType::step1, crdt_.state_vector()));
  if (const auto all = awareness_.all(); !all.empty()) peer->send(awareness_message(all));
}

void Room::broadcast(const std::string& message, const Peer* except) {
  net::Frame plain, named;
  constexpr std::size_t kLittle = 4096;
  std::int64_t bytes = 0;
  std::vector<const Via*> told;  // other instances: once each
  for (const auto& peer : peers_) {
    if (!peer->via || std::find(told.begin(), told.end(), peer->via.get()) != told.end()) continue;
    told.push_back(peer->via.get());
    peer->via->broadcast(message, except && except->via == peer->via ? except->id : 0);
  }
  net::Together together(message.size() <= net::Together::kLargest ? peers_.size() : 0);
  for (const auto& peer : peers_) {
    if (peer->via || peer.get() == except) continue;
    net::Frame frame;
    if (peer->wire == Peer::Wire::yjs) {
      if (!plain) plain = peer->frame(message);
      frame = plain;
    } else if (peer->own_name) {
      if (!named) named = peer->frame(message);
      frame = named;
    } else {
      frame = peer->frame(message);
    }
    bytes += static_cast<std::int64_t>(frame->size());
    // A large frame is not copied for each of them.
    const bool in_one = peer->owed > 0 && frame->size() <= kLittle;
    if (peer->owed > 0 && !in_one) peer->out->push(with_owed(*peer, {}));
    together.make_room();
    peer->out->push(in_one ? with_owed(*peer, *frame) : std::move(frame));
  }
  setup_.counters.count(setup_.counters.bytes_out, bytes);
}

void Room::drop(const std::shared_ptr<Peer>& peer) {
  const auto found = std::find(peers_.begin(), peers_.end(), peer);
  if (found == peers_.end()) return;
  peers_.erase(found);
  if (const auto gone = awareness_.leave(peer.get()); !gone.empty())
    broadcast(awareness_message(gone), nullptr);
}

}  // namespace ob::collab
