#include "collab/cluster.h"

#include <boost/asio/post.hpp>

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "collab/relay.h"

namespace ob::collab {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kBeat{400}, kWatch{200}, kRenew{2000}, kPatience{1000};
constexpr milliseconds kGather{50};  // a gap is told of each channel, a moment apart
constexpr milliseconds kAnswer{5000};
const std::string kAliveMs = "1500", kHeldMs = "60000";
const std::string kAlive = "openbricks:collab:alive:", kHolder = "openbricks:collab:holder:";
const std::string kChannel = "collab:", kAll = "all";

// Whoever holds it and lives, else who asks.
constexpr const char* kTake = R"(
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and redis.call('EXISTS', ARGV[2] .. holder) == 1 then return holder end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
redis.call('SET', ARGV[2] .. ARGV[1], '1', 'PX', ARGV[4])
return ARGV[1])";
// The holder, who is this one where nobody was.
constexpr const char* kRenewal = R"(
local holder = redis.call('GET', KEYS[1]) or ARGV[1]
if holder == ARGV[1] then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return holder)";
constexpr const char* kRelease = R"(
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1)";

Error unreachable() {
  return {503, "collab.unavailable",
          "The document cannot be reached at the moment. Try again shortly."};
}

}  // namespace

Cluster::Cluster(bus::Bus& bus, redis::Client& redis, Host& host)
    : bus_(bus), redis_(redis), host_(host), id_(random_token(12)) {
  const auto hear = [this](std::string_view message) { heard(message); };
  const auto gap = [this] {
    const std::lock_guard lock(mutex_);
    if (!gap_since_) gap_since_ = Clock::now();
  };
  inbox_ = bus_.subscribe(kChannel + id_, hear, gap);
  all_ = bus_.subscribe(kChannel + kAll, hear, gap);
  inbox_.wait(kPatience);  // others must not think that nobody is here
  beat();
  thread_ = std::thread([this] { run(); });
}

Cluster::~Cluster() {
  stop();
}

void Cluster::stop() {
  std::set<std::string> instances, documents;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stop_, true)) return;
    for (const auto& [key, hosted] : hosted_) instances.insert(key.first);
    documents = held_;
  }
  wake_.notify_all();
  thread_.join();
  inbox_ = {};
  all_ = {};
  for (const auto& document : documents) release(document);
  if (redis_.up()) redis::ask_now(redis_, {"DEL", kAlive + id_});
  for (const auto& instance : instances) {
    send(instance, {.kind = Envelope::Kind::reset, .document = "", .a = "an instance stops"});
  }
  silent_ = true;
  // They and their rooms hold one another.
  decltype(hosted_) hosted;
  {
    const std::lock_guard lock(mutex_);
    hosted.swap(hosted_);
  }
  for (const auto& [key, one] : hosted) one->drop();
  std::unique_lock lock(mutex_);
  for (auto& [number, question] : questions_) question.set_value(false);
  questions_.clear();
  wake_.wait(lock, [this] { return renewing_ == 0; });
}

// ---- who holds what

std::optional<std::string> Cluster::holder(const std::string& document) {
  const auto reply = redis::ask_now(
      redis_, {"EVAL", kTake, "1", kHolder + document, id_, kAlive, kHeldMs, kAliveMs});
  const bool known = reply && reply->kind == redis::Reply::Kind::text;
  if (known && reply->text != id_) return reply->text;
  // Without Redis this instance goes on by itself; the store keeps what all write.
  const std::lock_guard lock(mutex_);
  held_.insert(document);
  return std::nullopt;
}

void Cluster::release(const std::string& document) {
  {
    const std::lock_guard lock(mutex_);
    held_.erase(document);
  }
  redis_.send({"EVAL", kRelease, "1", kHolder + document, id_}, [](const auto&) {});
}

void Cluster::renew() {
  std::set<std::string> held;
  {
    const std::lock_guard lock(mutex_);
    held = held_;
  }
  for (const auto& document : held) {
    auto done = [this, document](const std::optional<redis::Reply>& reply) {
      const std::lock_guard lock(mutex_);
      --renewing_;
      wake_.notify_all();
      if (!reply || reply->kind != redis::Reply::Kind::text || reply->text == id_) return;
      if (stop_ || held_.erase(document) == 0) return;
      work_.emplace_back([this, document, holder = reply->text] {
        log::warn("another instance holds a document", {{"document", document.c_str()}});
        give_up(document, "another instance has the document: connect again");
        tell_stale(document, holder);
      });
    };
    {
      const std::lock_guard lock(mutex_);
      ++renewing_;
    }
    redis_.send({"EVAL", kRenewal, "1", kHolder + document, id_, kHeldMs}, std::move(done));
  }
}

// May wait for the document to be loaded.
void Cluster::give_up(const std::string& document, const std::string& why) {
  asio::post(host_.pool().executor(), [this, document, why] { host_.give_up(document, why); });
}

void Cluster::tell_stale(const std::string& document, const std::string& holder) {
  send(holder, {.kind = Envelope::Kind::stale, .document = document});
}

std::shared_ptr<Place> Cluster::relay(const std::string& document, const std::string& holder) {
  std::shared_ptr<Relay> before, out;
  {
    const std::lock_guard lock(mutex_);
    auto& relay = relays_[document];
    if (!relay || relay->closed() || relay->holder() != holder) {
      before = std::exchange(relay, std::make_shared<Relay>(*this, document, holder));
    }
    out = relay;
  }
  if (before) before->close("the document moved: connect again");
  return out;
}

// ---- messages

void Cluster::send(const std::string& to, Envelope envelope) {
  if (silent_) return;
  envelope.from = id_;
  bus_.publish(kChannel + to, envelope.encode());
}

// On the bus's thread.
void Cluster::heard(std::string_view message) {
  Envelope envelope{};
  try {
    envelope = Envelope::decode(message);
  } catch (const Error&) {
    return;
  }
  using Kind = Envelope::Kind;
  switch (envelope.kind) {
    case Kind::join:
    case Kind::leave:
    case Kind::receive:
      return heard_by_holder(envelope);
    case Kind::apply:
    case Kind::remove:
      return asio::post(host_.pool().executor(),
                        [this, envelope = std::move(envelope)] { serve(envelope); });
    case Kind::stale:
      return give_up(envelope.document, "the document changed elsewhere: connect again");
    case Kind::answer: {
      const std::lock_guard lock(mutex_);
      const auto found = questions_.find(envelope.client);
      if (found == questions_.end()) return;
      found->second.set_value(envelope.n == 1);
      questions_.erase(found);
      return;
    }
    default:
      return heard_by_relay(envelope);
  }
}

void Cluster::heard_by_holder(const Envelope& envelope) {
  const Key key{envelope.from, envelope.document};
  std::shared_ptr<Hosted> hosted;
  bool fresh = false;
  {
    const std::lock_guard lock(mutex_);
    if (stop_) return;
    const auto found = hosted_.find(key);
    if (found != hosted_.end()) hosted = found->second;
    if (!hosted && envelope.kind == Envelope::Kind::join) {
      hosted = std::make_shared<Hosted>(*this, envelope.from, envelope.document);
      hosted_[key] = hosted;
      fresh = true;
    }
  }
  if (!hosted) {
    if (envelope.kind == Envelope::Kind::leave) return;
    return send(envelope.from, {.kind = Envelope::Kind::reset,
                                .document = envelope.document,
                                .a = "the document moved: connect again"});
  }
  hosted->heard(envelope);
  if (!fresh) return;
  asio::post(host_.pool().executor(), [this, hosted] {
    try {
      if (holder(hosted->document())) throw unreachable();
      hosted->ready(host_.hold(hosted->document()));
    } catch (const std::exception&) {
      send(hosted->instance(), {.kind = Envelope::Kind::reset,
                                .document = hosted->document(),
                                .a = "the document moved: connect again"});
      hosted->drop();
      forget(hosted.get());
    }
  });
}

void Cluster::heard_by_relay(const Envelope& envelope) {
  std::vector<std::shared_ptr<Relay>> relays;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [document, relay] : relays_) {
      if (relay->holder() != envelope.from) continue;
      if (envelope.document.empty()) relays.push_back(relay);
    }
    const auto found = relays_.find(envelope.document);
    if (found != relays_.end() && found->second->holder() == envelope.from) {
      relays.push_back(found->second);
    }
  }
  for (const auto& relay : relays) relay->heard(envelope);
}

void Cluster::serve(const Envelope& envelope) {
  try {
    if (holder(envelope.document)) throw unreachable();
    if (envelope.kind == Envelope::Kind::remove) {
      host_.remove_here(envelope.document);
      return answer(envelope, true);
    }
    const auto room = host_.hold(envelope.document);
    auto change = [update = envelope.a](Crdt& crdt) -> Room::Made {
      const std::string_view views[] = {update};
      auto applied = crdt.apply(views, true);
      return {applied.pending ? update : applied.update, applied.delta};
    };
    auto done = [this, envelope](const std::exception_ptr& failure) { answer(envelope, !failure); };
    if (!room->change(std::move(change), envelope.b, std::move(done))) throw unreachable();
  } catch (const std::exception& e) {
    log::warn("a change by another instance failed",
              {{"document", envelope.document.c_str()}, {"error", std::string_view(e.what())}});
    answer(envelope, false);
  }
}

void Cluster::answer(const Envelope& question, bool done) {
  send(question.from, {.kind = Envelope::Kind::answer,
                       .document = question.document,
                       .client = question.client,
                       .n = done ? 1U : 0U});
}

void Cluster::ask(const std::string& holder, Envelope envelope) {
  std::future<bool> answer;
  envelope.client = ++next_;
  {
    const std::lock_guard lock(mutex_);
    if (stop_) throw unreachable();
    answer = questions_[envelope.client].get_future();
  }
  send(holder, envelope);
  const bool came = answer.wait_for(kAnswer) == std::future_status::ready;
  if (came && answer.get()) return;
  const std::lock_guard lock(mutex_);
  questions_.erase(envelope.client);
  throw unreachable();
}

void Cluster::apply(const std::string& document, const std::string& holder,
                    const std::string& update, const std::string& user) {
  ask(holder, {.kind = Envelope::Kind::apply, .document = document, .a = update, .b = user});
}

void Cluster::remove(const std::string& document, const std::string& holder) {
  ask(holder, {.kind = Envelope::Kind::remove, .document = document});
}

// ---- what goes wrong

void Cluster::forget(const Hosted* hosted) {
  const std::lock_guard lock(mutex_);
  const auto found = hosted_.find({hosted->instance(), hosted->document()});
  if (found != hosted_.end() && found->second.get() == hosted) hosted_.erase(found);
}

void Cluster::forget(const Relay* relay) {
  const std::lock_guard lock(mutex_);
  const auto found = relays_.find(relay->document());
  if (found != relays_.end() && found->second.get() == relay) relays_.erase(found);
}

// Everything between instances starts anew.
void Cluster::reset_all(const std::string& why) {
  std::set<std::string> instances;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, hosted] : hosted_) instances.insert(key.first);
    for (const auto& [document, relay] : relays_) instances.insert(relay->holder());
  }
  for (const auto& instance : instances) drop(instance, why);
  // There may be some that asked for a document and were not heard.
  send(kAll, {.kind = Envelope::Kind::reset, .document = "", .a = why});
  renew();
}

// An instance died, or is not to be trusted to have heard everything.
void Cluster::drop(const std::string& instance, const std::string& why) {
  std::vector<std::shared_ptr<Hosted>> hosted;
  std::vector<std::shared_ptr<Relay>> relays;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, one] : hosted_)
      if (key.first == instance) hosted.push_back(one);
    for (const auto& [document, one] : relays_)
      if (one->holder() == instance) relays.push_back(one);
  }
  for (const auto& one : hosted) {
    one->drop();
    forget(one.get());
  }
  for (const auto& one : relays) one->close(why);
  // It may live all the same: what it is not told of here it would wait for in vain.
  send(instance, {.kind = Envelope::Kind::reset, .document = "", .a = why});
}

void Cluster::beat() {
  redis_.send({"SET", kAlive + id_, "1", "PX", kAliveMs}, [](const auto&) {});
}

// Looks whether those that this one deals with live.
void Cluster::watch() {
  std::set<std::string> instances;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, hosted] : hosted_) instances.insert(key.first);
    for (const auto& [document, relay] : relays_) instances.insert(relay->holder());
  }
  std::erase_if(deaf_, [&](const auto& one) { return !instances.contains(one.first); });
  if (instances.empty()) {
    away_since_.reset();
    return;
  }
  redis::Command command{"MGET"};
  for (const auto& instance : instances) command.push_back(kAlive + instance);
  const auto reply = redis::ask_now(redis_, command);
  if (!reply || reply->items.size() != instances.size()) {
    // Nothing comes through: their clients are served here meanwhile.
    if (!away_since_) away_since_ = Clock::now();
    if (Clock::now() - *away_since_ < kPatience) return;
    for (const auto& instance : instances) drop(instance, "Redis is away: connect again");
    return;
  }
  away_since_.reset();
  std::size_t i = 0;
  for (const auto& instance : instances) {
    const bool alive = reply->items[i++].kind != redis::Reply::Kind::nil;
    if (!alive || !listens(instance)) {
      log::warn("an instance is gone; its documents move", {{"instance", instance.c_str()}});
      drop(instance, "an instance is gone: connect again");
    }
  }
}

// The connections of a process that is killed end with it, long before its sign of life. One that
// lives and hears nothing is no better: it finds out when it listens again.
bool Cluster::listens(const std::string& instance) {
  constexpr int kLooks = 2;
  const auto count = bus_.listeners(kChannel + instance);
  if (!count || *count > 0) {
    deaf_.erase(instance);
    return true;
  }
  if (++deaf_[instance] < kLooks) return true;
  deaf_.erase(instance);
  redis_.send({"DEL", kAlive + instance}, [](const auto&) {});
  return false;
}

void Cluster::later(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (stop_) return;
    work_.push_back(std::move(work));
  }
  wake_.notify_all();
}

void Cluster::run() {
  auto beaten = Clock::now(), watched = beaten, renewed = beaten;
  std::unique_lock lock(mutex_);
  while (!stop_) {
    wake_.wait_for(lock, kWatch, [this] { return stop_ || !work_.empty(); });
    if (stop_) return;
    auto work = std::exchange(work_, {});
    const auto now = Clock::now();
    const bool gap = gap_since_ && now - *gap_since_ >= kGather;
    if (gap) gap_since_.reset();
    lock.unlock();
    if (gap) reset_all("messages between instances were lost: connect again");
    for (const auto& one : work) one();
    if (now - beaten >= kBeat) {
      beat();
      beaten = now;
    }
    if (now - watched >= kWatch) {
      watch();
      watched = now;
    }
    if (now - renewed >= kRenew) {
      renew();
      renewed = now;
    }
    lock.lock();
  }
}

}  // namespace ob::collab
