#pragma once
// Where documents' updates are kept: a snapshot of each, and the updates since.
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "db/db.h"

namespace ob::collab {

// What was read of a document.
struct Position {
  std::int64_t generation = 0;  // of its snapshot, 0: none
  std::int64_t last = 0;        // number of its last update
  std::int64_t since = 0;       // updates after the snapshot
  std::int64_t bytes = 0;       // all of it
};

// Thread-safe. `done` runs once, on a thread of the store's or before append() returns, and must
// not block; with an error, nothing was written.
class Store {
 public:
  virtual ~Store() = default;
  // In the order in which they were written, some thousands at a time; blocks. The views are good
  // during the call. Where others compact meanwhile, what came may come again in their snapshot.
  using Each = std::function<void(const std::vector<std::string_view>& updates)>;
  virtual Position load(const std::string& document, const Each& each) = 0;

  struct Written {
    std::exception_ptr failure;
    std::int64_t last = 0;  // the number that the update got
    bool foreign = false;   // somebody else wrote to the document, too
  };
  using Done = std::move_only_function<void(Written)>;
  // `after`: the number of the document's last update that the caller knows. Appends come into the
  // log in the order of the calls.
  virtual void append(const std::string& document, std::int64_t after,
                      std::vector<std::string> updates, Done done) = 0;
  // Puts a snapshot of generation + 1 in the place of the updates up to `last`, unless somebody
  // else did so since: then `foreign`, and the document is to be loaded anew.
  virtual void compact(const std::string& document, std::int64_t generation, std::int64_t last,
                       std::string snapshot, Done done) = 0;
  virtual void remove(const std::string& document, Done done) = 0;
  virtual void stop() = 0;  // after what was asked for is done
};

struct StoreOptions {
  std::string journal;                     // a folder; empty: append() waits for the database
  std::function<void(double)> on_written;  // seconds that an append() took
};
// In a database, which outlives it.
class SqlStore : public Store {
 public:
  virtual std::int64_t last(const std::string& document) = 0;  // number of its last update; blocks
};
std::unique_ptr<SqlStore> open_sql_store(db::Database&, StoreOptions = {});
// For one process that has the database to itself: append() writes to a file in `journal`, and
// what it wrote goes to the database some seconds later, many updates at once. Throws where what an
// earlier process left there cannot be read.
std::unique_ptr<Store> open_journaled_store(db::Database&, StoreOptions);
// Throws where the table cannot be used or made.
struct DynamoPlace;
std::unique_ptr<Store> open_dynamo_store(const DynamoPlace& place, StoreOptions = {});

}  // namespace ob::collab
