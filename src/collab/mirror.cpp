#include "collab/mirror.h"

#include <condition_variable>
#include <deque>

#include "base/error.h"
#include "collab/protocol.h"

namespace ob::collab {

namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr int kFailed = 1011;

Error unreachable() {
  return {503, "collab.unavailable",
          "The document cannot be reached at the moment. Try again shortly."};
}

// What a peer is sent goes to a function.
class Ear final : public net::WebSocketSender {
 public:
  explicit Ear(std::function<bool(const net::Frame&)> hear) : hear_(std::move(hear)) {}
  bool push(net::Frame frame) override { return hear_(frame); }
  bool ping(std::string_view) override { return true; }
  void close(int, std::string_view) override {}
  std::size_t queued() const override { return 0; }

 private:
  const std::function<bool(const net::Frame&)> hear_;
};

// A client of the Hocuspocus protocol, which is told when a change is stored, within the server.
class Copy final : public std::enable_shared_from_this<Copy> {
 public:
  Copy(std::shared_ptr<Place> place, std::string document, std::shared_ptr<Follower> follower)
      : place_(std::move(place)), document_(std::move(document)), follower_(std::move(follower)) {}

  // Returns once the content is here; `begin` was called with it then.
  void open(const std::function<void(const std::string&)>& begin) {
    peer_ = std::make_shared<Peer>();
    peer_->out = std::make_shared<Ear>([weak = weak_from_this()](const net::Frame& frame) {
      const auto self = weak.lock();
      try {
        return self && self->hear(frame);
      } catch (const std::exception&) {
        self->ended(kFailed, "the server failed to follow: connect again");
        return false;
      }
    });
    peer_->wire = Peer::Wire::hocuspocus;
    peer_->name = document_;
    peer_->may_write = true;  // whoever follows asks what its clients may
    peer_->end = [weak = weak_from_this()](int code, const std::string& reason) {
      if (const auto self = weak.lock()) self->ended(code, reason);
    };
    begin_ = begin;
    if (!place_->join(peer_)) throw unreachable();
    place_->receive(peer_, Place::Kind::step1_answered, Crdt().state_vector());
    std::unique_lock lock(mutex_);
    if (!came_.wait_for(lock, kPatience, [this] { return synced_ || over_; }) || over_) {
      over_ = true;
      lock.unlock();
      place_->leave(peer_);
      throw unreachable();
    }
  }

  void leave() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    place_->leave(peer_);
  }

  void change(std::move_only_function<std::string()> make,
              const std::function<void(const Error&)>& failed) {
    std::unique_lock lock(mutex_);
    if (over_) {
      lock.unlock();
      return failed(unreachable());
    }
    try {
      const std::string ops = make();
      const std::string update = ops.empty() || ops == "[]" ? "" : crdt_.apply_delta(ops);
      if (update.empty() || update == kNoUpdate) return follower_->stored();
      place_->receive(peer_, Place::Kind::update, update);
    } catch (const Error& e) {
      failed(e);
    }
  }

  // Frames as a client would get them.
  bool hear(const net::Frame& frame) {
    std::string_view message = *frame;
    const auto size = static_cast<unsigned char>(message.at(1)) & 0x7F;
    constexpr std::size_t kShort = 2, kMiddle = 4, kLong = 10;
    message.remove_prefix(size == 127 ? kLong : size == 126 ? kMiddle : kShort);
    Reader reader(message);
    reader.bytes();  // the name
    const auto type = static_cast<MessageType>(reader.number());
    const std::lock_guard lock(mutex_);
    if (over_) return false;
    if (type == MessageType::sync_status) {
      follower_->stored();
    } else if (type == MessageType::sync) {
      const auto step = static_cast<SyncType>(reader.number());
      if (step != SyncType::step1) take(step, reader.bytes());
    }
    return true;
  }

 private:
  // The content is an answer (step 2); what comes before it is a part of it.
  void take(SyncType step, std::string_view update) {
    const std::string_view one[] = {update};
    if (!synced_) {
      if (!crdt_.load(one)) throw internal("the content of a document came malformed");
      if (step != SyncType::step2) return;
      synced_ = true;
      begin_(crdt_.delta());
      begin_ = nullptr;
      came_.notify_all();
      return;
    }
    const auto applied = crdt_.apply(one, true);
    if (!applied.refused.empty()) throw internal("a change of a document could not be followed");
    if (applied.delta.empty()) return;
    follower_->changed(applied.delta);
    follower_->stored();
  }

  void ended(int code, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    const bool told = synced_ && !over_;
    over_ = true;
    came_.notify_all();
    if (told) follower_->ended(code, reason);
  }

  const std::shared_ptr<Place> place_;
  const std::string document_;
  const std::shared_ptr<Follower> follower_;
  std::shared_ptr<Peer> peer_;
  std::recursive_mutex mutex_;  // the follower may end within a call
  std::condition_variable_any came_;
  bool synced_ = false, over_ = false;
  std::function<void(const std::string&)> begin_;
  Crdt crdt_;
};

class Mirror final : public Following {
 public:
  explicit Mirror(std::shared_ptr<Copy> copy) : copy_(std::move(copy)) {}
  ~Mirror() override { copy_->leave(); }
  void change(std::move_only_function<std::string()> make, std::string,
              std::function<void(const Error&)> failed) override {
    copy_->change(std::move(make), failed);
  }

 private:
  const std::shared_ptr<Copy> copy_;
};

}  // namespace

std::unique_ptr<Following> mirror(std::shared_ptr<Place> place, const std::string& document,
                                  std::shared_ptr<Follower> follower,
                                  const std::function<void(const std::string&)>& begin) {
  auto copy = std::make_shared<Copy>(std::move(place), document, std::move(follower));
  copy->open(begin);
  return std::make_unique<Mirror>(std::move(copy));
}

}  // namespace ob::collab
