#pragma once
// Documents that many edit at once: Yjs documents (https://docs.yjs.dev) held by the server, one
// strand each, for clients of the y-websocket and Hocuspocus protocols and for other modules. What
// a document is called and whose it is, is for others to know: they answer as Gatekeeper.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/authenticator.h"
#include "base/caller.h"
#include "base/error.h"
#include "base/time.h"
#include "bus/bus.h"
#include "db/db.h"
#include "net/loops.h"
#include "redis/redis.h"

namespace ob::collab {

enum class Access { none, read, comment, write };

// With which a socket of a document is closed.
int close_code(const Error& error);

// Who may do what now. Thread-safe.
class Gatekeeper {
 public:
  virtual ~Gatekeeper() = default;
  // `link`: token of a share link; empty: none. An anonymous caller has no user_id. Blocks. Throws
  // Error 401, 403 or 404 (no such document, or the caller may not even see it).
  virtual Access access(const Caller&, const std::string& link, const std::string& document) = 0;
  // Grows whenever an answer of access(), or that a credential still holds, may have changed. Asked
  // several times a second; takes no lock.
  virtual std::uint64_t generation() = 0;
};

// What happened to a document since the last time it was told.
struct Change {
  std::string document;
  std::vector<std::string> users;  // who changed it, by id; "" is somebody anonymous
  std::int64_t updates = 0, bytes = 0;
  Micros at = 0;
  bool last_left = false;  // nobody is connected any more
};

// Contents of documents, for other modules. All block, are thread-safe, and return once what they
// changed is stored. Deltas are of the text "quill", as JSON {"ops": […]}
// (https://quilljs.com/docs/delta). Throw Error 400 for what is malformed, 503 collab.unavailable.
class Contents {
 public:
  virtual ~Contents() = default;
  virtual std::string delta(const std::string& document) = 0;
  virtual std::string text(const std::string& document) = 0;  // without formats
  virtual void apply(const std::string& document, const std::string& update,
                     const std::string& user) = 0;
  virtual void apply_delta(const std::string& document, const std::string& delta,
                           const std::string& user) = 0;
  // The least change that makes the content this one.
  virtual void set_delta(const std::string& document, const std::string& delta,
                         const std::string& user) = 0;
  // Closes all connections with 4404, and forgets the content.
  virtual void remove(const std::string& document) = 0;
};

// Hears of every change of a document's text as ops of deltas (a JSON array), in order. Called on
// one thread at a time, which must not be held up.
class Follower {
 public:
  virtual ~Follower() = default;
  // Nobody outside may see what changed before it is stored.
  virtual void changed(const std::string& ops) = 0;
  virtual void stored() = 0;
  virtual void ended(int code, const std::string& reason) = 0;  // the last call
};

// Ends with the object; a call may be under way then.
class Following {
 public:
  virtual ~Following() = default;
  // Calls `make` as it calls the follower, after all changes that it was told of; applies the ops
  // that it gives ("" or "[]": none), which the follower is not told of. `failed` is called instead
  // of stored() when they do not fit.
  virtual void change(std::move_only_function<std::string()> make, std::string user,
                      std::function<void(const Error&)> failed) = 0;
};

struct Metrics {
  std::int64_t connections = 0, documents = 0;  // open now
  std::int64_t updates = 0, bytes_in = 0, bytes_out = 0, refused = 0, compactions = 0;
  // From the arrival of an update to its being sent on: counts by upper bound in seconds.
  std::vector<std::pair<double, std::int64_t>> latency;
  double latency_sum = 0, store_seconds = 0;
  std::int64_t stores = 0;
};

class Service : public Contents {
 public:
  // Calls `begin` with the ops of the content, then tells of all that changes. Blocks until then.
  virtual std::unique_ptr<Following> follow(const std::string& document,
                                            std::shared_ptr<Follower> follower,
                                            std::function<void(const std::string&)> begin) = 0;
  // Calls `look` off the I/O threads whenever the gatekeeper's generation grew, while what it
  // answers lives. Throws Error 503 when there are too many.
  virtual std::shared_ptr<void> watch_rights(std::function<void()> look) = 0;
  // Before start(). `changed` is told at most every 2 s for a document, and when the last one left;
  // `opened` when somebody connects. Both may block.
  virtual void set_gatekeeper(Gatekeeper&, api::Authenticator&) = 0;
  // Several instances share the database: each document is held by one of them at a time, and the
  // others pass on what their clients say. Both outlive the service.
  virtual void share(bus::Bus&, redis::Client&) = 0;
  virtual void on_change(std::function<void(const Change&)> changed) = 0;
  virtual void on_open(std::function<void(const Caller&, const std::string& document)> opened) = 0;
  // Connections are served on the loops, until stop(); both are still there then.
  virtual void start(net::Loops& loops) = 0;
  virtual void stop() = 0;
  virtual Metrics metrics() = 0;
};

struct Options {
  std::size_t most_connections = 20'000;
  std::int64_t compact_after_updates = 500;  // stored since the last snapshot
  // A folder: the database is this process's alone, and updates go to a file there first. Empty:
  // they go to the database at once.
  std::string journal;
  std::int64_t idle_s = 30;  // then a document that nobody uses leaves memory
};
// The database may be a relaxed one (db::Options): an update is written before anybody sees it.
std::unique_ptr<Service> open(db::Database&, Options = {});
// In a table of DynamoDB (collab/dynamo_place.h) instead. Throws where it cannot be used or made.
struct DynamoPlace;
std::unique_ptr<Service> open(const DynamoPlace&, Options = {});

}  // namespace ob::collab
