#include "collab/rooms.h"

#include <boost/asio/post.hpp>

#include "base/log.h"

namespace ob::collab {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kThreads = 4, kListeners = 2;
constexpr auto kTick = std::chrono::milliseconds(200);
constexpr auto kTellAfter = std::chrono::seconds(2);
// A document with more than this is worked on by other threads than those that serve connections.

Error unavailable(const std::string& cause) {
  return {503, "collab.unavailable",
          "The document cannot be reached at the moment. Try again shortly.", cause};
}

}  // namespace

std::unique_ptr<Service> open(db::Database& database, Options options) {
  return std::make_unique<Rooms>(
      [&](StoreOptions store) -> std::unique_ptr<Store> {
        if (!store.journal.empty()) return open_journaled_store(database, std::move(store));
        return open_sql_store(database, std::move(store));
      },
      options);
}

std::unique_ptr<Service> open(const DynamoPlace& place, Options options) {
  return std::make_unique<Rooms>(
      [&](StoreOptions store) { return open_dynamo_store(place, std::move(store)); }, options);
}

Rooms::Rooms(const OpenStore& open_store, Options options)
    : options_(std::move(options)),
      store_(open_store({options_.journal,
                         [this](double seconds) {
                           counters_.count(counters_.stores);
                           counters_.count(counters_.store_ns,
                                           static_cast<std::int64_t>(seconds * 1e9));
                         }})),
      pool_("collab", kThreads),
      listeners_("collab-listeners", kListeners),
      setup_{.store = *store_,
             .counters = counters_,
             .compact_after_updates = options_.compact_after_updates,
             .pool = pool_.executor().get_executor(),
             .on_broken = [this](const std::string& id) { forget(id, nullptr); }} {}

Rooms::~Rooms() {
  stop();
}

void Rooms::start(net::Loops& loops) {
  loops_ = &loops;
  ticker_ = std::thread([this] { tick(); });
}

void Rooms::share(bus::Bus& bus, redis::Client& redis) {
  Cluster::Host& host = *this;
  cluster_ = std::make_unique<Cluster>(bus, redis, host);
  setup_.on_foreign = [this](const std::string& id) {
    asio::post(pool_.executor(),
               [this, id] { give_up(id, "the document changed elsewhere: connect again"); });
  };
}

void Rooms::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stop_.exchange(true)) return;
  }
  wake_.notify_all();
  if (ticker_.joinable()) ticker_.join();
  if (cluster_) cluster_->stop();
  // What changed is told while rooms can still be asked.
  while (telling_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  tell_changes();
  listeners_.executor().join();
  pool_.executor().join();
  store_->stop();
  for (const auto& room : loaded()) room->abandon();
  const std::lock_guard lock(mutex_);
  rooms_.clear();
}

// ---- documents

std::optional<std::string> Rooms::elsewhere(const std::string& document) {
  if (!cluster_) return std::nullopt;
  {
    const std::lock_guard lock(mutex_);
    if (rooms_.contains(document)) return std::nullopt;
    if (stop_) throw unavailable("the server stops");
  }
  return cluster_->holder(document);
}

std::shared_ptr<Place> Rooms::find(const std::string& document) {
  if (const auto holder = elsewhere(document)) return cluster_->relay(document, *holder);
  return open(document);
}

// Clients connect again, to the document as it is stored.
void Rooms::give_up(const std::string& document, const std::string& why) {
  constexpr int kAgain = 1012;
  Loading loading;
  {
    const std::lock_guard lock(mutex_);
    const auto found = rooms_.find(document);
    if (found == rooms_.end()) return;
    loading = found->second;
  }
  std::shared_ptr<Room> room;
  try {
    room = loading.get();
  } catch (const std::exception&) {
    return;  // who asked for it is told
  }
  forget(document, room.get());
  room->close(kAgain, why);
}

std::shared_ptr<Room> Rooms::load(const std::string& document) {
  Crdt crdt;
  const auto apply = [&](const std::vector<std::string_view>& updates) {
    if (!crdt.load(updates))
      throw internal("a stored update of document " + document + " is malformed");
  };
  const Position position = store_->load(document, apply);
  return std::make_shared<Room>(setup_, document, loops_ ? loops_->next() : asio::any_io_executor(),
                                std::move(crdt), position);
}

std::shared_ptr<Room> Rooms::open(const std::string& document) {
  std::promise<std::shared_ptr<Room>> promise;
  Loading loading;
  bool mine = false;
  {
    const std::lock_guard lock(mutex_);
    if (stop_ && !rooms_.contains(document)) throw unavailable("the server stops");
    const auto [place, fresh] = rooms_.try_emplace(document);
    if (fresh) place->second = promise.get_future().share();
    loading = place->second;
    mine = fresh;
  }
  if (mine) {
    try {
      promise.set_value(load(document));
    } catch (...) {
      // Nothing is kept of it, so that the next one tries again.
      forget(document, nullptr);
      promise.set_exception(std::current_exception());
    }
  }
  try {
    return loading.get();
  } catch (const std::exception& e) {
    const auto* error = dynamic_cast<const Error*>(&e);
    log::error("a document could not be loaded", {{"document", document.c_str()},
                                                  {"error", std::string_view(e.what())},
                                                  {"cause", error ? error->cause().c_str() : ""}});
    throw unavailable(e.what());
  }
}

void Rooms::forget(const std::string& document, const Room* room) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = rooms_.find(document);
    if (found == rooms_.end()) return;
    // One that is still being loaded is another.
    const auto ready = std::future_status::ready;
    if (room && found->second.wait_for(std::chrono::seconds(0)) != ready) return;
    if (room && found->second.get().get() != room) return;
    rooms_.erase(found);
  }
  if (cluster_) cluster_->release(document);
}

std::vector<std::shared_ptr<Room>> Rooms::loaded() {
  std::vector<std::shared_ptr<Room>> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [document, loading] : rooms_) {
    if (loading.wait_for(std::chrono::seconds(0)) != std::future_status::ready) continue;
    try {
      out.push_back(loading.get());
    } catch (const std::exception&) {
      // Who asked for it is told, and forgets it.
    }
  }
  return out;
}

// ---- sockets

std::shared_ptr<const Visitor> Rooms::keep(Visitor visitor) {
  visitor.caller.request_id.clear();
  std::shared_ptr<const Visitor> there;  // its end takes the lock, too
  const std::lock_guard lock(visitors_mutex_);
  const auto found = visitors_.find({visitor.credentials.bearer, visitor.credentials.share});
  if (found != visitors_.end()) there = found->second.lock();
  if (there && there->caller == visitor.caller) return there;
  const auto forget = [this](const Visitor* gone) {
    {
      const std::lock_guard lock(visitors_mutex_);
      const auto kept = visitors_.find({gone->credentials.bearer, gone->credentials.share});
      if (kept != visitors_.end() && kept->first.first.data() == gone->credentials.bearer.data())
        visitors_.erase(kept);
    }
    delete gone;
  };
  const std::shared_ptr<const Visitor> out(new Visitor(std::move(visitor)), forget);
  if (found != visitors_.end()) visitors_.erase(found);
  visitors_.emplace(std::pair<std::string_view, std::string_view>(out->credentials.bearer,
                                                                  out->credentials.share),
                    out);
  return out;
}

void Rooms::add(const std::shared_ptr<Session>& session) {
  const std::lock_guard lock(mutex_);
  if (sessions_.size() >= options_.most_connections) {
    throw Error(503, "collab.tooManyConnections",
                "Too many connections are open. Try again in a moment.");
  }
  sessions_.insert_or_assign(session.get(), session);
  counters_.connections = static_cast<std::int64_t>(sessions_.size());
}

void Rooms::remove(const Session* session) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(session);
  counters_.connections = static_cast<std::int64_t>(sessions_.size());
}

std::shared_ptr<void> Rooms::watch_rights(std::function<void()> look) {
  class Watch final : public Session {
   public:
    Watch(Rooms& rooms, std::function<void()> look) : rooms_(rooms), look_(std::move(look)) {}
    ~Watch() override { rooms_.remove(this); }
    void recheck() override { look_(); }

   private:
    Rooms& rooms_;
    const std::function<void()> look_;
  };
  auto out = std::make_shared<Watch>(*this, std::move(look));
  add(out);
  return out;
}

// ---- what time brings

void Rooms::tick() {
  std::unique_lock lock(mutex_);
  for (int n = 0; !stop_; ++n) {
    wake_.wait_for(lock, kTick, [this] { return stop_.load(); });
    if (stop_) return;
    lock.unlock();
    constexpr int kSecond = 5;
    look_at_rights();
    tell_changes();
    if (n % kSecond == 0) forget_idle();
    lock.lock();
  }
}

void Rooms::look_at_rights() {
  if (!gatekeeper_ || looking_) return;
  const std::uint64_t now = gatekeeper_->generation();
  if (now == seen_generation_) return;
  seen_generation_ = now;
  looking_ = true;
  asio::post(pool_.executor(), [this] {
    std::vector<std::shared_ptr<Session>> sessions;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [key, weak] : sessions_)
        if (auto session = weak.lock()) sessions.push_back(std::move(session));
    }
    for (const auto& session : sessions) {
      try {
        session->recheck();
      } catch (const std::exception& e) {
        log::error("the rights of a connection could not be looked at",
                   {{"error", std::string_view(e.what())}});
      }
    }
    looking_ = false;
  });
}

void Rooms::tell_changes() {
  if (!changed_ || telling_.exchange(true)) return;
  std::vector<Change> changes;
  const bool all = stop_;
  for (const auto& room : loaded()) {
    if (auto change = room->take_change(all ? std::chrono::seconds(0) : kTellAfter))
      changes.push_back(std::move(*change));
  }
  if (changes.empty()) {
    telling_ = false;
    return;
  }
  asio::post(listeners_.executor(), [this, changes = std::move(changes)] {
    for (const Change& change : changes) {
      try {
        changed_(change);
      } catch (const std::exception& e) {
        log::error("what follows a change of a document failed",
                   {{"document", change.document.c_str()}, {"error", std::string_view(e.what())}});
      }
    }
    telling_ = false;
  });
}

void Rooms::forget_idle() {
  for (const auto& room : loaded()) {
    if (room->close_if_idle(std::chrono::seconds(options_.idle_s)))
      forget(room->document(), room.get());
  }
}

// ---- metrics

Metrics Rooms::metrics() {
  Metrics out;
  out.connections = counters_.connections;
  out.updates = counters_.updates;
  out.bytes_in = counters_.bytes_in;
  out.bytes_out = counters_.bytes_out;
  out.refused = counters_.refused;
  out.compactions = counters_.compactions;
  out.stores = counters_.stores;
  out.store_seconds = static_cast<double>(counters_.store_ns) / 1e9;
  out.latency_sum = static_cast<double>(counters_.latency_ns) / 1e9;
  for (std::size_t i = 0; i < Counters::kBounds.size(); ++i)
    out.latency.emplace_back(Counters::kBounds[i], counters_.latency[i]);
  out.latency.emplace_back(std::numeric_limits<double>::infinity(), counters_.latency.back());
  const std::lock_guard lock(mutex_);
  out.documents = static_cast<std::int64_t>(rooms_.size());
  return out;
}

}  // namespace ob::collab
