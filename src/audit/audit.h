#pragma once
// Who did what, to which object, from where, and with which result. Entries stand in the metadata
// database; docs/audit.md lists the actions. Never put a secret into one.
#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/caller.h"
#include "base/error.h"
#include "base/time.h"
#include "db/db.h"

namespace ob::audit {

enum class ActorKind { user, service, key, anonymous, system };
// denied: not allowed (401, 403, 404, 429). failed: allowed, but it did not come about.
enum class Outcome { allowed, denied, failed };

struct Object {
  std::string type, id, name;  // "table", its uuid, "main.sales.orders"; what is not known is empty
};

struct Event {
  std::string action;  // "table.read"
  Object object;
  Micros time = 0;  // 0: when it is recorded
  ActorKind actor_kind = ActorKind::anonymous;
  std::string actor_id, actor;          // who really acts: email, or name
  std::string acting_as_id, acting_as;  // whom an administrator looks at the server as
  std::string credential;               // id of the API key or client secret that was used
  std::string address, user_agent, request_id, session_id, statement_id;
  Outcome outcome = Outcome::allowed;
  int status = 0;     // of the error, 0 without
  std::string error;  // its id
  boost::json::object details;
  std::shared_ptr<Noted> noted;

  // What an error that ends the act says of its outcome.
  void fail(const Error& error);
};

Event event_of(const Caller& caller, std::string action, Object object = {});

struct Entry {
  std::string id;  // sorts by time
  Event event;
};
// Empty: any. A text with '*' at its end stands for all that begin so.
struct Filter {
  std::string actor;  // id, email or name
  std::string action;
  std::string object;  // id or full name
  std::string address;
  std::optional<Outcome> outcome;
  std::optional<Micros> from, to;  // to: excluded
};
// A place between two entries.
struct Position {
  Micros time = 0;
  std::string id;
};
// A column of system.access.audit.
struct Column {
  std::string name;
  enum class Type { text, integer, instant } type = Type::text;
};
const std::vector<Column>& columns();

// 503 audit.unavailable, or 507 where the disk is full: what cannot be recorded is not done, and
// not answered.
class Unrecorded : public Error {
 public:
  Unrecorded()
      : Error(503, "audit.unavailable",
              "The audit log cannot be written now, and nothing is done without it. Try again.") {}
  explicit Unrecorded(const Error& why) : Error(why) {}
};

struct Options {
  std::int64_t days = 365;           // that entries are kept; 0: for ever
  std::size_t waiting = 10'000;      // entries on their way to the database, at most
  std::int64_t gather_ms = 100;      // how long entries that nobody waits for are gathered
  std::int64_t patience_ms = 5'000;  // while the database is away; then 503 audit.unavailable
};

// Thread-safe. Entries are committed by a thread of its own, many at a time.
class Audit {
 public:
  virtual ~Audit() = default;
  // Durable within some 200 ms. Blocks only while too many entries wait; throws ob::Error 503
  // audit.unavailable when the database takes none for `patience_ms`.
  virtual void record(Event event) = 0;
  // Returns when it is durable; throws the same.
  virtual void record_durably(Event event) = 0;
  // Throws the same, at once, while the database takes no entries: before an act that could not be
  // recorded.
  virtual void require_working() = 0;

  // Newest first, from after `after` on.
  virtual std::vector<Entry> list(const Filter& filter, const std::optional<Position>& after,
                                  std::size_t limit) = 0;
  // Oldest first, from after `after` on, entries before `end`: the values of some columns().
  virtual std::vector<db::Row> scan(const std::vector<std::size_t>& columns, const Position& after,
                                    Micros end, std::size_t limit) = 0;
  // Deletes what is older than it is to be kept, a part at a time; returns how many. Blocks.
  virtual std::int64_t clean_up(const std::function<bool()>& stopped) = 0;
  // Writes what waits, and ends the thread; nothing may be recorded afterwards.
  virtual void stop() = 0;
};

std::unique_ptr<Audit> open(db::Database& database, const Options& options = {});
// Takes entries and keeps none: for tools and tests that do not look at them.
Audit& nowhere();

// The act that runs on this thread, for what learns more of it than where it began; null: none.
Event* current();
// Who it proved to be, and what it is about; nothing happens when there is no act.
void acted_by(ActorKind kind, const std::string& id, const std::string& name,
              const std::string& session);
void about(Object object);

class Acting {
 public:
  explicit Acting(Event& event);
  ~Acting();
  Acting(const Acting&) = delete;
  Acting& operator=(const Acting&) = delete;

 private:
  Event* before_;
};

// Of an act that came to nothing. A refusal is durable, but nobody who sends too much waits for the
// disk; that something failed is told whether or not it can be recorded.
void record_failure(Audit& audit, Event event);

// For what changes nothing: the answer need not wait for the disk.
enum class Kind { change, read };

// Runs fn(event), which may tell more of it, and records what came of it: durably when it returns,
// but for a read that succeeds.
template <class Fn>
auto act(Audit& audit, Event event, Fn fn, Kind kind = Kind::change)
    -> std::invoke_result_t<Fn, Event&> {
  audit.require_working();
  const auto failed = [&](const Error& error) {
    event.fail(error);
    record_failure(audit, std::move(event));
  };
  const auto done = [&] {
    kind == Kind::read ? audit.record(std::move(event)) : audit.record_durably(std::move(event));
  };
  const auto run = [&] {
    const Acting acting(event);
    return fn(event);
  };
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Fn, Event&>>) {
      run();
      done();
    } else {
      auto result = run();
      done();
      return result;
    }
  } catch (const Unrecorded&) {
    throw;
  } catch (const Error& error) {
    failed(error);
    throw;
  } catch (const std::exception& error) {
    failed(internal(error.what()));
    throw;
  }
}

}  // namespace ob::audit
