#include "collab/relay.h"

#include <algorithm>

namespace ob::collab {

namespace {

constexpr int kAgain = 1012;
constexpr std::uint64_t kMayWrite = 1, kHocuspocus = 2;
constexpr std::uint64_t kTellTaken = 256 * 1024;

}  // namespace

// ---- where the clients are

bool Relay::join(std::shared_ptr<Peer> peer) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  peer->id = ++cluster_.next_;
  const bool may_write = peer->may_write;
  const std::uint64_t flags =
      (may_write ? kMayWrite : 0) | (peer->wire == Peer::Wire::hocuspocus ? kHocuspocus : 0);
  cluster_.send(holder_, {.kind = Envelope::Kind::join,
                          .document = document_,
                          .client = peer->id,
                          .n = flags,
                          .a = peer->name,
                          .b = peer->user});
  const std::uint64_t id = peer->id;
  clients_.emplace(id, Client{std::move(peer), may_write});
  return true;
}

void Relay::leave(std::shared_ptr<Peer> peer) {
  {
    const std::lock_guard lock(mutex_);
    if (clients_.erase(peer->id) == 0) return;
    cluster_.send(holder_,
                  {.kind = Envelope::Kind::leave, .document = document_, .client = peer->id});
    closed_ = clients_.empty();
    if (!closed_) return;
  }
  cluster_.forget(this);
}

bool Relay::receive(const std::shared_ptr<Peer>& peer, Kind kind, std::string data) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = clients_.find(peer->id);
    if (closed_ || found == clients_.end()) return false;
    // Who may not write any more is closed in a moment; the holder does not know it.
    const bool writes = kind == Kind::update || kind == Kind::stateless;
    if (writes && found->second.may_write && !peer->may_write) return true;
  }
  waiting_ += static_cast<std::int64_t>(data.size());
  cluster_.send(holder_, {.kind = Envelope::Kind::receive,
                          .document = document_,
                          .client = peer->id,
                          .n = static_cast<std::uint64_t>(kind),
                          .a = std::move(data)});
  return true;
}

std::size_t Relay::waiting() const {
  return static_cast<std::size_t>(std::max<std::int64_t>(waiting_, 0));
}

std::shared_ptr<Peer> Relay::find(std::uint64_t client) const {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(client);
  return found == clients_.end() ? nullptr : found->second.peer;
}

void Relay::heard(const Envelope& envelope) {
  switch (envelope.kind) {
    case Envelope::Kind::message:
      if (const auto peer = find(envelope.client)) {
        const net::Frame frame = peer->frame(envelope.a);
        for (std::uint64_t i = 0; i < envelope.n; ++i) peer->out->push(frame);
      }
      break;
    case Envelope::Kind::broadcast:
      broadcast(envelope.a, envelope.client);
      break;
    case Envelope::Kind::end:
      if (const auto peer = find(envelope.client)) {
        peer->end(static_cast<int>(envelope.n), envelope.a);
      }
      break;
    case Envelope::Kind::taken:
      waiting_ -= static_cast<std::int64_t>(envelope.n);
      break;
    case Envelope::Kind::reset:
      close(envelope.a);
      break;
    default:
      break;
  }
}

void Relay::broadcast(const std::string& message, std::uint64_t except) {
  std::vector<std::shared_ptr<Peer>> peers;
  {
    const std::lock_guard lock(mutex_);
    peers.reserve(clients_.size());
    for (const auto& [id, client] : clients_)
      if (id != except) peers.push_back(client.peer);
  }
  net::Frame plain, named;
  for (const auto& peer : peers) {
    if (peer->wire == Peer::Wire::yjs) {
      if (!plain) plain = peer->frame(message);
      peer->out->push(plain);
    } else if (peer->name == document_) {
      if (!named) named = peer->frame(message);
      peer->out->push(named);
    } else {
      peer->out->push(peer->frame(message));
    }
  }
}

void Relay::close(const std::string& why) {
  std::map<std::uint64_t, Client> clients;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    clients.swap(clients_);
  }
  for (const auto& [id, client] : clients) {
    client.peer->end(kAgain, why);
    // The holder may be alive all the same.
    cluster_.send(holder_, {.kind = Envelope::Kind::leave, .document = document_, .client = id});
  }
  cluster_.forget(this);
}

bool Relay::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

// ---- where it is held

void Hosted::heard(Envelope envelope) {
  {
    const std::lock_guard lock(mutex_);
    if (dropped_) return;
    if (!room_) {
      early_.push_back(std::move(envelope));
      return;
    }
    if (take(envelope)) {
      if (!peers_.empty()) return;
      dropped_ = true;
    } else {
      give_back();
    }
  }
  cluster_.forget(this);
}

void Hosted::ready(std::shared_ptr<Room> room) {
  {
    const std::lock_guard lock(mutex_);
    if (dropped_) return;
    room_ = std::move(room);
    bool held = true;
    for (; held && !early_.empty(); early_.pop_front()) held = take(early_.front());
    if (held && !peers_.empty()) return;
    held ? static_cast<void>(dropped_ = true) : give_back();
  }
  cluster_.forget(this);
}

bool Hosted::take(const Envelope& envelope) {
  if (envelope.kind == Envelope::Kind::join) {
    join(envelope);
    return peers_.contains(envelope.client);
  }
  const auto found = peers_.find(envelope.client);
  if (found == peers_.end()) return true;
  if (envelope.kind == Envelope::Kind::leave) {
    room_->leave(found->second);
    peers_.erase(found);
    return true;
  }
  const std::size_t bytes = envelope.a.size();
  if (!room_->receive(found->second, static_cast<Place::Kind>(envelope.n), envelope.a))
    return false;
  taken_ += bytes;
  if (taken_ >= kTellTaken) {
    cluster_.send(
        instance_,
        {.kind = Envelope::Kind::taken, .document = document_, .n = std::exchange(taken_, 0)});
  }
  return true;
}

void Hosted::join(const Envelope& envelope) {
  auto peer = std::make_shared<Peer>();
  peer->id = envelope.client;
  peer->name = envelope.a;
  peer->user = envelope.b;
  peer->may_write = (envelope.n & kMayWrite) != 0;
  peer->wire = (envelope.n & kHocuspocus) != 0 ? Peer::Wire::hocuspocus : Peer::Wire::yjs;
  peer->via = shared_from_this();
  peer->end = [weak = weak_from_this(), id = envelope.client](int code, const std::string& reason) {
    const auto self = weak.lock();
    if (!self) return;
    self->cluster_.send(self->instance_, {.kind = Envelope::Kind::end,
                                          .document = self->document_,
                                          .client = id,
                                          .n = static_cast<std::uint64_t>(code),
                                          .a = reason});
  };
  if (room_->join(peer)) peers_.emplace(envelope.client, std::move(peer));
}

// The instance's clients connect again, to whoever holds it then.
void Hosted::give_back() {
  dropped_ = true;
  for (const auto& [id, peer] : peers_) room_->leave(peer);
  peers_.clear();
  cluster_.send(instance_, {.kind = Envelope::Kind::reset,
                            .document = document_,
                            .a = "the document moved: connect again"});
}

void Hosted::drop() {
  const std::lock_guard lock(mutex_);
  dropped_ = true;
  early_.clear();
  for (const auto& [id, peer] : peers_) room_->leave(peer);
  peers_.clear();
}

void Hosted::send(std::uint64_t client, std::string_view message, int times) {
  cluster_.send(instance_, {.kind = Envelope::Kind::message,
                            .document = document_,
                            .client = client,
                            .n = static_cast<std::uint64_t>(times),
                            .a = std::string(message)});
}

void Hosted::broadcast(std::string_view message, std::uint64_t except) {
  cluster_.send(instance_, {.kind = Envelope::Kind::broadcast,
                            .document = document_,
                            .client = except,
                            .a = std::string(message)});
}

}  // namespace ob::collab
