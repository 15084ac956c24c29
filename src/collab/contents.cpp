// Contents of documents for other modules.
#include <boost/json.hpp>

#include "base/error.h"
#include "collab/rooms.h"

namespace ob::collab {

namespace json = boost::json;

namespace {

constexpr int kTries = 3;  // a document may leave memory between finding and using it
constexpr int kGone = 4404;

Error closed() {
  return {503, "collab.unavailable",
          "The document cannot be reached at the moment. Try again shortly."};
}

// The array of ops of {"ops": […]} or […].
std::string ops_of(const std::string& delta) {
  boost::system::error_code code;
  json::parse_options options;
  constexpr std::size_t kDepth = 64;
  options.max_depth = kDepth;
  const json::value value = json::parse(delta, code, {}, options);
  const json::value* ops = code ? nullptr : &value;
  if (ops && ops->is_object()) ops = ops->get_object().if_contains("ops");
  if (!ops || !ops->is_array()) {
    throw bad_request("collab.badDelta",
                      "The content must be a Quill delta: {\"ops\": [{\"insert\": \"text\"}, …]}.");
  }
  return json::serialize(*ops);
}

}  // namespace

void Rooms::read(const std::string& document, const std::function<void(const Crdt&)>& read) {
  for (int i = 0; i < kTries; ++i) {
    const auto room = open(document);
    auto promise = std::make_shared<std::promise<void>>();
    auto future = promise->get_future();
    const bool taken =
        room->read([&read](const Crdt& crdt) { read(crdt); },
                   [promise](const std::exception_ptr& failure) {
                     failure ? promise->set_exception(failure) : promise->set_value();
                   });
    promise.reset();
    if (!taken) {
      forget(document, room.get());
      continue;
    }
    try {
      return future.get();
    } catch (const std::future_error&) {
      throw closed();
    }
  }
  throw closed();
}

void Rooms::change(const std::string& document, std::function<std::string(Crdt&)> change,
                   const std::string& user) {
  for (int i = 0; i < kTries; ++i) {
    const auto room = open(document);
    auto promise = std::make_shared<std::promise<void>>();
    auto future = promise->get_future();
    const bool taken = room->change(change, user, [promise](const std::exception_ptr& failure) {
      failure ? promise->set_exception(failure) : promise->set_value();
    });
    promise.reset();
    if (!taken) {
      forget(document, room.get());
      continue;
    }
    try {
      return future.get();
    } catch (const std::future_error&) {
      throw closed();
    }
  }
  throw closed();
}

std::string Rooms::state(const std::string& document) {
  std::string out;
  read(document, [&](const Crdt& crdt) { out = crdt.state(); });
  return out;
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
      [&update](Crdt& crdt) {
        const std::string_view views[] = {update};
        auto applied = crdt.apply(views);
        if (!applied.refused.empty())
          throw bad_request("collab.badUpdate", "The update is malformed.");
        return applied.pending ? update : applied.update;
      },
      user);
}

void Rooms::apply_delta(const std::string& document, const std::string& delta,
                        const std::string& user) {
  const std::string ops = ops_of(delta);
  change(document, [&ops](Crdt& crdt) { return crdt.apply_delta(ops); }, user);
}

void Rooms::set_delta(const std::string& document, const std::string& delta,
                      const std::string& user) {
  const std::string ops = ops_of(delta);
  change(document, [&ops](Crdt& crdt) { return crdt.set_delta(ops); }, user);
}

void Rooms::remove(const std::string& document) {
  std::shared_ptr<Room> room;
  {
    const std::lock_guard lock(mutex_);
    const auto found = rooms_.find(document);
    if (found != rooms_.end()) {
      room = found->second.get();
      rooms_.erase(found);
    }
  }
  if (room) room->close(kGone, "the document was removed");
  std::promise<void> promise;
  store_->remove(document, [&promise](Store::Written written) {
    written.failure ? promise.set_exception(written.failure) : promise.set_value();
  });
  promise.get_future().get();
}

}  // namespace ob::collab
