// Contents of documents for other modules.
#include "base/error.h"
#include "collab/mirror.h"
#include "collab/rooms.h"

namespace ob::collab {

namespace {

constexpr int kTries = 3;  // a document may leave memory between finding and using it
constexpr int kGone = 4404;

Error closed() {
  return {503, "collab.unavailable",
          "The document cannot be reached at the moment. Try again shortly."};
}

}  // namespace

// Asks a room until one takes what is asked of it, and waits for its answer.
template <class Ask>
void Rooms::ask(const std::string& document, Ask ask) {
  for (int i = 0; i < kTries; ++i) {
    const auto room = open(document);
    auto promise = std::make_shared<std::promise<void>>();
    auto future = promise->get_future();
    auto done = [promise](const std::exception_ptr& failure) {
      failure ? promise->set_exception(failure) : promise->set_value();
    };
    promise.reset();
    if (!ask(room, std::move(done))) {
      forget(document, room.get());
      continue;
    }
    try {
      return future.get();
    } catch (const std::future_error&) {
      throw closed();  // the room went
    }
  }
  throw closed();
}

Crdt Rooms::stored(const std::string& document) {
  Crdt out;
  store_->load(document, [&](const std::vector<std::string_view>& updates) {
    if (!out.load(updates))
      throw internal("a stored update of document " + document + " is malformed");
  });
  return out;
}

void Rooms::read(const std::string& document, const std::function<void(const Crdt&)>& read) {
  // Nobody was told of more than is stored.
  if (elsewhere(document)) return read(stored(document));
  ask(document, [&](const std::shared_ptr<Room>& room, Room::Done done) {
    return room->read([&read](const Crdt& crdt) { read(crdt); }, std::move(done));
  });
}

void Rooms::change(const std::string& document, const std::function<Room::Made(Crdt&)>& make,
                   const std::string& user) {
  for (int i = 0; i < kTries; ++i) {
    const auto holder = elsewhere(document);
    if (!holder) break;
    Crdt crdt = stored(document);
    const std::string update = make(crdt).update;
    if (update.empty() || update == kNoUpdate) return;
    try {
      return cluster_->apply(document, *holder, update, user);
    } catch (const Error&) {
      if (i + 1 == kTries) throw;
    }
  }
  ask(document, [&](const std::shared_ptr<Room>& room, Room::Done done) {
    return room->change([&make](Crdt& crdt) { return make(crdt); }, user, std::move(done));
  });
}

std::string Rooms::delta(const std::string& document) {
  std::string out;
  read(document, [&](const Crdt& crdt) { out = "{\"ops\":" + crdt.delta() + "}"; });
  return out;
}

std::string Rooms::text(const std::string& document) {
  std::string out;
  read(document, [&](const Crdt& crdt) { out = crdt.text(); });
  return out;
}

void Rooms::apply(const std::string& document, const std::string& update, const std::string& user) {
  change(
      document,
      [&update](Crdt& crdt) -> Room::Made {
        const std::string_view views[] = {update};
        auto applied = crdt.apply(views, true);
        if (!applied.refused.empty())
          throw bad_request("collab.badUpdate", "The update is malformed.");
        return {applied.pending ? update : applied.update, applied.delta};
      },
      user);
}

void Rooms::apply_delta(const std::string& document, const std::string& delta,
                        const std::string& user) {
  const std::string ops = ops_of_delta(delta);
  change(document, [&ops](Crdt& crdt) -> Room::Made { return {crdt.apply_delta(ops), ops}; }, user);
}

void Rooms::set_delta(const std::string& document, const std::string& delta,
                      const std::string& user) {
  const std::string content = ops_of_delta(delta);
  change(
      document,
      [&content](Crdt& crdt) -> Room::Made {
        const std::string ops = crdt.change_to(content);
        return {crdt.apply_delta(ops), ops};
      },
      user);
}

namespace {

class FollowingRoom final : public Following {
 public:
  FollowingRoom(std::shared_ptr<Room> room, std::shared_ptr<Follower> follower)
      : room_(std::move(room)), follower_(std::move(follower)) {}
  ~FollowingRoom() override { room_->unfollow(follower_); }

  void change(std::move_only_function<std::string()> make, std::string user,
              std::function<void(const Error&)> failed) override {
    auto apply = [make = std::move(make)](Crdt& crdt) mutable -> Room::Made {
      std::string ops = make();
      if (ops.empty() || ops == "[]") return {};
      std::string update = crdt.apply_delta(ops);
      return {std::move(update), std::move(ops)};
    };
    auto done = [failed](const std::exception_ptr& failure) {
      if (!failure) return;
      try {
        std::rethrow_exception(failure);
      } catch (const Error& e) {
        failed(e);
      } catch (const std::exception& e) {
        failed(internal(e.what()));
      }
    };
    if (!room_->change(std::move(apply), std::move(user), std::move(done), follower_.get()))
      failed(closed());
  }

 private:
  const std::shared_ptr<Room> room_;
  const std::shared_ptr<Follower> follower_;
};

}  // namespace

std::unique_ptr<Following> Rooms::follow(const std::string& document,
                                         std::shared_ptr<Follower> follower,
                                         std::function<void(const std::string&)> begin) {
  if (elsewhere(document)) return mirror(find(document), document, std::move(follower), begin);
  std::shared_ptr<Room> followed;
  ask(document, [&](const std::shared_ptr<Room>& room, Room::Done done) {
    followed = room;
    return room->follow(
        follower, [begin](const Crdt& crdt) { begin(crdt.delta()); }, std::move(done));
  });
  return std::make_unique<FollowingRoom>(std::move(followed), std::move(follower));
}

void Rooms::remove(const std::string& document) {
  const auto holder = elsewhere(document);
  holder ? cluster_->remove(document, *holder) : remove_here(document);
}

// What its clients sent before they were sent away is stored, and goes with the rest.
void Rooms::close_and_wait(const Loading& loading) {
  std::shared_ptr<Room> room;
  try {
    room = loading.get();
  } catch (const std::exception&) {
    return;  // it could not be loaded: whoever asked for it is told
  }
  const auto promise = std::make_shared<std::promise<void>>();
  auto future = promise->get_future();
  room->close(kGone, "the document was removed",
              [promise](const std::exception_ptr&) { promise->set_value(); });
  constexpr auto kPatience = std::chrono::seconds(5);
  future.wait_for(kPatience);
}

void Rooms::remove_here(const std::string& document) {
  Loading loading;
  {
    const std::lock_guard lock(mutex_);
    const auto found = rooms_.find(document);
    if (found != rooms_.end()) {
      loading = found->second;
      rooms_.erase(found);
    }
  }
  if (cluster_) cluster_->release(document);
  if (loading.valid()) close_and_wait(loading);
  std::promise<void> promise;
  store_->remove(document, [&promise](Store::Written written) {
    written.failure ? promise.set_exception(written.failure) : promise.set_value();
  });
  promise.get_future().get();
}

}  // namespace ob::collab
