#include "audit/service.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <iterator>
#include <map>

#include "audit/migrations.h"
#include "audit/store.h"
#include "base/ids.h"
#include "base/log.h"

namespace ob::audit {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kBatch = 2'000;
constexpr std::size_t kShort = 300, kLong = 1'200, kDetails = 8'000;
constexpr Micros kDay = 86'400LL * 1'000'000;
constexpr Micros kHiccup = 1'000'000;  // so long a failing database is not taken for away
constexpr milliseconds kRetry{250};
constexpr milliseconds kLastTries{5'000};

// What others typed, as it can be stored and shown.
void clean(std::string& text, std::size_t most) {
  const bool broken = !valid_utf8(text);
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (broken && byte >= 0x80)) c = '?';
  }
  if (text.size() <= most) return;
  text.resize(most);
  while (!text.empty() && !valid_utf8(text)) text.pop_back();
}

void clean(Event& event) {
  for (std::string* text : {&event.action, &event.actor_id, &event.acting_as_id, &event.object.type,
                            &event.credential, &event.address, &event.user_agent, &event.request_id,
                            &event.session_id, &event.statement_id, &event.error})
    clean(*text, kShort);
  for (std::string* text : {&event.actor, &event.acting_as, &event.object.id, &event.object.name})
    clean(*text, kLong);
  const std::string details = boost::json::serialize(event.details);
  if (details.size() > kDetails || details.find("\\u0000") != std::string::npos ||
      !valid_utf8(details))
    event.details = {{"left_out", "the details were too long"}};
}

// A flood of the same refusal (guesses of a password) makes one entry a batch, which counts them.
std::vector<Entry> condensed(std::vector<Entry> batch) {
  std::map<std::string, std::pair<std::size_t, std::int64_t>> seen;  // its place, how many
  std::vector<Entry> out;
  out.reserve(batch.size());
  for (Entry& entry : batch) {
    const Event& e = entry.event;
    if (e.actor_kind == ActorKind::anonymous && e.outcome == Outcome::denied) {
      std::string key;
      for (const std::string* part :
           {&e.action, &e.object.id, &e.object.name, &e.address, &e.error})
        key += *part + '\n';
      const auto [known, fresh] = seen.try_emplace(std::move(key), out.size(), 0);
      if (++known->second.second; !fresh) continue;
    }
    out.push_back(std::move(entry));
  }
  for (const auto& [key, place] : seen)
    if (place.second > 1) out[place.first].event.details["times"] = place.second;
  return out;
}

class Nowhere final : public Audit {
 public:
  void record(Event) override {}
  void record_durably(Event) override {}
  void require_working() override {}
  std::vector<Entry> list(const Filter&, const std::optional<Position>&, std::size_t) override {
    return {};
  }
  std::vector<db::Row> scan(const std::vector<std::size_t>&, const Position&, Micros,
                            std::size_t) override {
    return {};
  }
  std::int64_t clean_up(const std::function<bool()>&) override { return 0; }
  void stop() override {}
};

thread_local Event* running = nullptr;

}  // namespace

Event* current() {
  return running;
}

void acted_by(ActorKind kind, const std::string& id, const std::string& name,
              const std::string& session) {
  if (!running) return;
  running->actor_kind = kind;
  running->actor_id = id;
  running->actor = name;
  running->session_id = session;
}

void about(Object object) {
  if (running) running->object = std::move(object);
}

Acting::Acting(Event& event) : before_(running) {
  running = &event;
}

Acting::~Acting() {
  running = before_;
}

void Event::fail(const Error& failure) {
  status = failure.status();
  error = failure.id();
  const bool refused = status == 401 || status == 403 || status == 404 || status == 429;
  outcome = refused ? Outcome::denied : Outcome::failed;
}

Event event_of(const Caller& caller, std::string action, Object object) {
  Event event{.action = std::move(action), .object = std::move(object)};
  const bool viewed = !caller.viewer_id.empty();
  event.actor_id = viewed ? caller.viewer_id : caller.user_id;
  event.actor = viewed ? caller.viewer_email : caller.email;
  if (viewed) {
    event.acting_as_id = caller.user_id;
    event.acting_as = caller.email;
  }
  if (caller.user_id.empty()) {
    event.actor_kind = ActorKind::anonymous;
  } else if (caller.credential == "system") {
    event.actor_kind = ActorKind::system;
  } else if (caller.service) {
    event.actor_kind = ActorKind::service;
  } else {
    event.actor_kind = caller.credential.starts_with("key:") ? ActorKind::key : ActorKind::user;
  }
  if (const auto colon = caller.credential.find(':'); colon != std::string::npos)
    event.credential = caller.credential.substr(colon + 1);
  event.address = caller.address;
  event.user_agent = caller.user_agent;
  event.request_id = caller.request_id;
  event.session_id = caller.session;
  event.statement_id = caller.statement;
  event.noted = caller.noted;
  return event;
}

AuditService::AuditService(db::Database& database, const Options& options)
    : db_(database), options_(options), writer_([this] { work(); }) {}

void AuditService::give_up() const {
  if (failure_) throw Unrecorded(*failure_);
  throw Unrecorded();
}

bool AuditService::away() const {
  return failing_since_ != 0 && now_micros() - failing_since_ > kHiccup;
}

std::uint64_t AuditService::enqueue(std::unique_lock<std::mutex>& lock, Event event) {
  if (event.noted)
    (event.outcome == Outcome::allowed ? event.noted->done : event.noted->refused) = true;
  clean(event);
  const bool room = progress_.wait_for(lock, milliseconds(options_.patience_ms), [&] {
    return stopping_ || (waiting_.size() < options_.waiting && !away());
  });
  if (stopping_ || !room) give_up();
  if (event.time == 0) event.time = now_micros();
  waiting_.push_back({new_uuid(), std::move(event)});
  return ++taken_;
}

void AuditService::record(Event event) {
  std::unique_lock lock(mutex_);
  enqueue(lock, std::move(event));
  if (waiting_.size() == 1 || waiting_.size() >= kBatch) work_.notify_one();
}

void AuditService::record_durably(Event event) {
  std::unique_lock lock(mutex_);
  const std::uint64_t number = enqueue(lock, std::move(event));
  // Its own thread writes where no other does: waking one up takes as long as a small write.
  if (!writing_ && in_hand_.empty()) write_batch(lock);
  ++urgent_;
  if (stored_ < number) work_.notify_one();
  const bool stored = progress_.wait_for(lock, milliseconds(options_.patience_ms),
                                         [&] { return stored_ >= number; });
  --urgent_;
  if (!stored) give_up();
}

void AuditService::require_working() {
  const std::lock_guard lock(mutex_);
  if (away()) give_up();
}

bool AuditService::store(const std::vector<Entry>& batch, std::optional<Error>& failure) {
  try {
    db_.write([&](db::Tx& tx) { store::insert(tx, batch); });
    return true;
  } catch (const std::exception& error) {
    const auto* told = dynamic_cast<const Error*>(&error);
    if (told && told->status() == 507) failure = Error(507, told->id(), told->what());
    log::error("the audit log cannot be written",
               {{"entries", static_cast<std::int64_t>(batch.size())},
                {"error", std::string_view(error.what())},
                {"cause", std::string_view(told ? told->cause() : "")}});
    return false;
  }
}

bool AuditService::write_batch(std::unique_lock<std::mutex>& lock) {
  if (in_hand_.empty()) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kBatch));
    in_hand_.assign(std::make_move_iterator(waiting_.begin()),
                    std::make_move_iterator(waiting_.begin() + count));
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    taken_in_hand_ = in_hand_.size();
    in_hand_ = condensed(std::move(in_hand_));
  }
  writing_ = true;
  lock.unlock();
  std::optional<Error> failure;
  const bool stored = store(in_hand_, failure);
  lock.lock();
  writing_ = false;
  failure_ = std::move(failure);
  if (stored) {
    failing_since_ = 0;
    stored_ += taken_in_hand_;
    in_hand_.clear();
    progress_.notify_all();
  } else if (failing_since_ == 0) {
    failing_since_ = now_micros();
  }
  if (stopping_ || !in_hand_.empty() || !waiting_.empty()) work_.notify_one();
  return stored;
}

void AuditService::work() {
  std::unique_lock lock(mutex_);
  auto last_try = std::chrono::steady_clock::time_point::max();
  for (;;) {
    work_.wait(lock,
               [&] { return !writing_ && (stopping_ || !in_hand_.empty() || !waiting_.empty()); });
    if (in_hand_.empty()) {
      work_.wait_for(lock, milliseconds(options_.gather_ms),
                     [&] { return stopping_ || urgent_ > 0 || waiting_.size() >= kBatch; });
      if (writing_) continue;  // somebody who could not wait
      if (in_hand_.empty() && waiting_.empty()) {
        if (stopping_) return;
        continue;
      }
    }
    if (write_batch(lock)) continue;
    if (stopping_) {
      const auto now = std::chrono::steady_clock::now();
      if (last_try == std::chrono::steady_clock::time_point::max()) last_try = now + kLastTries;
      if (now >= last_try) {
        log::error("the audit log ends without its last entries",
                   {{"entries", static_cast<std::int64_t>(in_hand_.size() + waiting_.size())}});
        return;
      }
    }
    work_.wait_for(lock, kRetry);
  }
}

std::vector<Entry> AuditService::list(const Filter& filter, const std::optional<Position>& after,
                                      std::size_t limit) {
  return db_.reading([&](db::Tx& tx) { return store::list(tx, filter, after, limit); });
}

std::vector<db::Row> AuditService::scan(const std::vector<std::size_t>& wanted,
                                        const Position& after, Micros end, std::size_t limit) {
  return db_.reading([&](db::Tx& tx) { return store::scan(tx, wanted, after, end, limit); });
}

std::int64_t AuditService::clean_up(const std::function<bool()>& stopped) {
  if (options_.days == 0) return 0;
  const Micros edge = now_micros() - options_.days * kDay;
  std::int64_t total = 0;
  while (!stopped()) {
    const auto deleted = db_.writing([&](db::Tx& tx) { return store::delete_before(tx, edge); });
    total += deleted;
    if (deleted == 0) break;
  }
  return total;
}

void AuditService::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  progress_.notify_all();
  if (writer_.joinable()) writer_.join();
}

void record_failure(Audit& audit, Event event) {
  if (event.outcome == Outcome::denied) {
    // Nor does who is nobody and names nothing: such refusals are counted together. Whether an
    // account is there must not be told by the time that this takes, so names count as they came.
    const bool nobody = event.actor_kind == ActorKind::anonymous && event.object.id.empty() &&
                        event.object.name.empty();
    event.status == 429 || nobody ? audit.record(std::move(event))
                                  : audit.record_durably(std::move(event));
    return;
  }
  const std::string action = event.action, request = event.request_id;
  try {
    audit.record(std::move(event));
  } catch (const Unrecorded&) {
    log::error("a failure is not in the audit log",
               {{"action", action.c_str()}, {"request_id", request.c_str()}});
  }
}

std::unique_ptr<Audit> open(db::Database& database, const Options& options) {
  database.migrate("audit", migrations());
  return std::make_unique<AuditService>(database, options);
}

Audit& nowhere() {
  static Nowhere none;
  return none;
}

}  // namespace ob::audit
