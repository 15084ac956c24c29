#pragma once
// SQL over the catalog: statements are parsed, authorised, turned into DuckDB's SQL over Delta
// scans, and run with limits; results stream. Also query history, and tables made
// from files. All methods block unless they say otherwise: call them on pool().
#include <boost/json/value.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/api.h"
#include "base/pool.h"
#include "catalog/catalog.h"
#include "db/db.h"
#include "engine/engine.h"
#include "identity/identity.h"

namespace ob::audit {
class Audit;
}

namespace ob::query {

using identity::Caller;

// Files of volumes, bound to storage by the composition root.
class FileResolver {
 public:
  virtual ~FileResolver() = default;
  // Authorises reading "/Volumes/<catalog>/<schema>/<volume>/<path>" and gives the location that
  // the engine opens. Throws ob::Error 400, 403 or 404.
  virtual std::string readable_location(const Caller&, const std::string& path) = 0;
};

struct Options {
  std::string temp_directory;    // for downloads; one of the engine's allowed directories
  std::int64_t timeout_s = 300;  // of a statement that names none
  std::int64_t longest_timeout_s = 24 * 3600;
  int running_total = 8;  // more wait in a queue …
  int running_per_user = 4;
  int queued_total = 120;                      // … of this length; beyond it 429 query.tooMany
  std::int64_t result_cache_bytes = 64 << 20;  // of answers that are kept; 0: none
  // Whether VACUUM refuses a retention shorter than the table's delta.deletedFileRetentionDuration.
  bool vacuum_retention_check = true;
  audit::Audit* audit = nullptr;  // outlives it; null: nothing is recorded
  int cursors_per_user = 16;      // open pages; the oldest is closed for a new one
  std::int64_t cursor_idle_s = 300;
};

struct Request {
  std::string sql;
  boost::json::value parameters;          // null, array (positional) or object (named)
  std::string catalog, schema;            // of unqualified names; empty: main, default
  std::string query_id;                   // a UUID; empty: made up
  std::optional<std::int64_t> row_limit;  // rows beyond it are cut off
  std::optional<std::int64_t> timeout_s;
  bool in_history = true;
  bool cache = true;  // the answer may be one that was computed before
};

struct Statistics {
  std::int64_t elapsed_ms = 0;
  std::int64_t files = 0, files_skipped = 0;  // data files opened and pruned
  std::int64_t bytes = 0;                     // of the files that were opened
  bool cached = false;                        // the answer was known already
};

// A started statement whose rows are taken one way: next() or next_arrow(). Its
// destruction ends it. One thread at a time.
class Execution {
 public:
  virtual ~Execution() = default;
  virtual const std::string& id() const = 0;
  virtual const std::vector<engine::Column>& columns() const = 0;
  // Null at the end. At most row_limit rows in all.
  virtual std::unique_ptr<engine::Batch> next() = 0;
  // As engine::Result::next_arrow().
  virtual bool next_arrow(std::string& out) = 0;
  virtual bool truncated() const = 0;  // rows were cut off; known at the end
  virtual Statistics statistics() const = 0;
  // Between pages: gives its place to others and stops its clock, and back.
  virtual void park() = 0;
  virtual void resume() = 0;
};

struct HistoryItem {
  std::string id, sql, state, user_id, user;  // state: running, finished, failed, cancelled
  Micros started_at = 0;
  std::int64_t elapsed_ms = 0;
  std::optional<std::int64_t> rows;
  std::optional<double> progress;  // 0…100, of a running one
  std::string error_id, error_detail;
};

// Which statements of the history; empty: all.
struct HistoryFilter {
  std::string after;  // an id: those that started before it
  std::string state;
  std::string user;  // an email
  std::string text;  // a part of the statement, in any case
};

struct FileColumn {
  std::string name, type;
  bool nullable = true;
  std::string comment;
};
struct TableFromFile {
  std::string name;                 // catalog.schema.table
  std::string path;                 // "/Volumes/…"; empty: an empty table of `columns`
  std::string format;               // csv, json, parquet; empty: told from the file
  boost::json::object options;      // of the reader
  std::vector<FileColumn> columns;  // empty: as in the file
  std::vector<std::string> partition_by;
  std::string comment, location, mode = "create";  // create, append, overwrite
};
struct InferredFile {
  std::string format;
  std::vector<engine::Column> columns;  // Spark's spelling of types
  std::string rows_json;                // "[[…],…]", the first 50
};

// What the service does now, and what its cache of answers did since the start.
struct Load {
  int running = 0, waiting = 0;  // statements
  std::size_t answers = 0, answer_bytes = 0;
  std::uint64_t hits = 0, misses = 0;
};

class Service {
 public:
  virtual ~Service() = default;

  // Waits for a place, prepares and starts; commands have taken effect when it returns. Throws
  // ob::Error: 400 sql.*, 403, 404, 408 query.timeout, 429 query.tooMany, 499 query.cancelled, 507
  // query.memory and query.diskFull.
  // How the rows will be taken: as pages of JSON, which tell whether rows were cut off, as an
  // Arrow stream, or as batches of text.
  enum class Shape { pages, arrow, text };
  virtual std::unique_ptr<Execution> run(const Caller&, const Request&, Shape) = 0;
  // A statement of the server itself: runs to the end, forgets the rows, leaves the history alone.
  virtual void run_to_end(const Caller&, const std::string& sql) = 0;
  // Writes the rows as one Parquet file below temp_directory; the caller removes it.
  virtual std::string to_parquet(const Caller&, const Request&) = 0;

  virtual void cancel(const Caller&, const std::string& id) = 0;  // own; admins any; 404
  // The client has gone; never throws for an id that is not running.
  virtual void abandon(const std::string& id) noexcept = 0;

  // Newest first; own, for admins all. `after`: the id of the last item of the page before.
  virtual std::vector<HistoryItem> history(const Caller&, std::size_t limit,
                                           const HistoryFilter& filter) = 0;
  virtual HistoryItem history_item(const Caller&, const std::string& id) = 0;

  virtual InferredFile infer(const Caller&, const std::string& path, const std::string& format,
                             const boost::json::object& options) = 0;
  virtual catalog::Name table_from_file(const Caller&, const TableFromFile&) = 0;

  // Columns of a view as the caller may see them, types in Spark's spelling.
  virtual std::vector<std::pair<std::string, std::string>> describe_view(const Caller&,
                                                                         const catalog::Table&) = 0;

  virtual int running() const = 0;  // statements at work now
  virtual Load load() const = 0;
  virtual catalog::Service& catalog() = 0;
  virtual const Options& options() const = 0;
  // Where statements run, apart from the short work of other modules.
  virtual Pool& pool() = 0;
};

// All arguments must outlive the service. `providers` are asked in order for names that they may
// answer.
std::unique_ptr<Service> open(engine::Engine&, catalog::Service&, identity::Identity&,
                              db::Database&, std::vector<catalog::TableProvider*> providers,
                              FileResolver&, const Options&);

// The service must outlive the registry's use.
void register_api(api::Registry&, Service&);

}  // namespace ob::query
