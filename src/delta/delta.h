#pragma once
// Delta Lake tables: snapshots, commits, checkpoints, pruning. Usable without the server: it needs
// an object store for the log and a ParquetIo for checkpoints. Specification: Delta Transaction Log
// Protocol (PROTOCOL.md of delta-io/delta).
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delta/actions.h"
#include "delta/file_set.h"
#include "objects/objects.h"

namespace ob::delta {

// One row of a checkpoint file, whatever its layout: exactly one member is set. `sidecar` and
// `checkpoint_metadata` (its `version`) only in V2 manifests; `tags` of both are not kept.
struct CheckpointRow {
  std::optional<Action> action;
  std::optional<Sidecar> sidecar;
  std::optional<std::int64_t> checkpoint_metadata;
};

// Reading and writing of checkpoint Parquet files, implemented by the engine (DuckDB).
class ParquetIo {
 public:
  virtual ~ParquetIo() = default;
  // Calls sink for each row. When `add.stats` is absent and `add.stats_parsed` present, gives the
  // latter as JSON. Throws ob::Error delta.badCheckpoint naming the file.
  virtual void read_checkpoint(const std::string& location,
                               const std::function<void(CheckpointRow)>& sink) = 0;
  // Writes one Parquet checkpoint (classic layout, and the V2 rows when `sidecars`/v2 are asked
  // for) from the lines.
  virtual void write_checkpoint(const std::string& location,
                                const std::vector<CheckpointRow>& rows) = 0;
};

// The state of a table at one version. Immutable, shared between threads.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  virtual std::int64_t version() const = 0;
  virtual Micros timestamp()
      const = 0;  // of the commit (in-commit timestamp when enabled, else file time)
  virtual const Metadata& metadata() const = 0;
  virtual const Protocol& protocol() const = 0;
  // Live files in order of addition. A range (begin, end, size, empty), shared between versions;
  // references stay valid as long as any snapshot that holds the file.
  virtual const FileList& files() const = 0;
  virtual std::vector<Remove> tombstones() const = 0;
  virtual std::optional<std::int64_t> txn(const std::string& app_id) const = 0;
  // Row count from statistics less deleted rows; nullopt when a file lacks numRecords.
  virtual std::optional<std::int64_t> row_count() const = 0;
  virtual std::int64_t size_bytes() const = 0;

  const Schema& schema() const { return metadata().schema; }
  bool column_mapping() const;  // mode id or name
  bool column_mapping_by_id() const;
  // Whether rows are kept together by clustering columns (of a metadata domain; ours never are).
  bool clustered() const;
  bool deletion_vectors() const;  // whether statements may write them
  // Throws ob::Error 400 delta.unsupportedFeature naming each reader feature that this library
  // lacks.
  void require_readable() const;
  // As above for writers (and readers). A commit checks further what depends on its actions.
  void require_writable() const;
  // As above for statements that remove or change rows; also 400 delta.appendOnly.
  void require_removable() const;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

struct CommitRecord {
  std::int64_t version = 0;
  Micros timestamp = 0;
  CommitInfo info;
};

// A conjunct on one column that a file may be skipped by. Values are SQL literal text without
// quotes. For a string column only from string literals (in `s = 5` the column is cast, which text
// cannot tell); instants without a zone are taken with a day of slack.
struct Predicate {
  std::string column;  // logical name, dotted for struct fields
  enum class Op { eq, lt, le, gt, ge, in, is_null, is_not_null } op;
  std::vector<std::string> values;
};

// What a commit read, for conflict detection ("Conflict checking" as delta-spark does it).
struct ReadSet {
  bool whole_table = false;  // e.g. overwrite: conflicts with any concurrent add of data
  std::vector<std::string> removed_paths;  // files this commit removes: must still be there
  // All rows that may match these were read: conflicts with a concurrent add of data that may.
  std::optional<std::vector<Predicate>> predicates;
};

// Id of the error after which a commit may or may not have been written.
inline constexpr std::string_view kUnknownOutcome = "delta.unknownOutcome";

struct CommitRequest {
  std::string operation;           // "WRITE", "CREATE TABLE", "DELETE", …
  boost::json::object parameters;  // operationParameters
  boost::json::object metrics;     // operationMetrics
  std::string user_id, user_name;
  std::vector<Action> actions;  // Add, Remove, Metadata, Protocol, Txn, DomainMetadata
  SnapshotPtr base;             // null when the table is being created
  ReadSet reads;
};

// One table: its directory in a store. Thread-safe; keeps the newest snapshot and moves it forward
// by new commits.
class Table {
 public:
  virtual ~Table() = default;
  virtual const std::string& root()
      const = 0;  // key prefix of the table in its store, no trailing '/'
  virtual std::string location() const = 0;  // local path or URL that other engines open
  virtual objects::Store& store() = 0;       // where root() is
  virtual SnapshotPtr snapshot() = 0;        // newest; ob::Error 404 delta.notATable
  virtual SnapshotPtr snapshot_at(
      std::int64_t version) = 0;  // ob::Error 404 delta.noSuchVersion with the range
  virtual SnapshotPtr snapshot_before(
      Micros instant) = 0;  // newest whose timestamp ≤ instant; delta.noSuchVersion
  virtual std::vector<CommitRecord> history(std::size_t limit,
                                            std::optional<std::int64_t> before_version) = 0;
  // Writes the commit; rebases over concurrent commits where the protocol's rules allow, else
  // throws ob::Error 409 delta.conflict saying what changed. Returns the version that the actions
  // are in: appends that add files and do nothing else share one commit when they come at the same
  // time. After 503 delta.unknownOutcome (kUnknownOutcome) the store has not said whether the
  // commit was written, and it may still appear; after any other error it was not. A checkpoint
  // that is due (delta.checkpointInterval, default 10) is the housekeeper's work.
  virtual std::int64_t commit(const CommitRequest& request) = 0;
  virtual void checkpoint() = 0;  // of the newest snapshot
  // Row indexes deleted from a file by its deletion vector, sorted; checks magic, checksum, size
  // and cardinality.
  virtual std::vector<std::uint64_t> deleted_rows(const DeletionVector& dv) = 0;
  // Where a data file is for the engine: resolves relative paths and percent-encoding. Refuses
  // paths that leave the table's directory, and absolute ones that are not inside it: ob::Error
  // 422 delta.badPath. The name may hold any character, also ones that DuckDB takes for a glob.
  virtual std::string file_location(const std::string& path) const = 0;
};

// Work on tables that no statement waits for: checkpoints, and the clean-up of logs. One thread of
// its own, which leaves most of the machine's time to statements. Destruction waits for the work
// that runs and drops what has not begun.
class Housekeeper {
 public:
  virtual ~Housekeeper() = default;
  // Runs `work` soon. Work of the same key that has not begun is replaced. What it throws is
  // logged.
  virtual void add(const std::string& key, std::function<void()> work) = 0;
  virtual void wait_until_idle() = 0;
};
std::unique_ptr<Housekeeper> make_housekeeper();

// Without a housekeeper, which must outlive the use of the table, commit() itself does its work.
std::shared_ptr<Table> open_table(std::shared_ptr<objects::Store> store, std::string root,
                                  ParquetIo& parquet, Housekeeper* housekeeper = nullptr);

// --- pruning
// -----------------------------------------------------------------------------------------------------
// Files that may hold matching rows. Exact on partition values, conservative on statistics (types
// compared by the column's Delta type; anything doubtful keeps the file).
std::vector<const Add*> prune(const Snapshot& snapshot, const std::vector<Predicate>& conjuncts);
// Whether one file, of this snapshot or a later one with the same schema, may.
bool may_match(const Snapshot& snapshot, const Add& add, const std::vector<Predicate>& conjuncts);

// --- writing helpers
// --------------------------------------------------------------------------------------------- A
// column's statistics as the Parquet writer reports them (text as DuckDB prints it).
struct ColumnStats {
  std::vector<std::string> path;  // physical names from the top
  std::optional<std::string> min, max;
  std::optional<std::int64_t> null_count;
  bool has_nan = false;
};
// The `stats` JSON of an add action: numRecords, minValues, maxValues, nullCount, tightBounds;
// strings cut to 32 characters with a correct upper bound, timestamps to milliseconds (max rounded
// up), first 32 leaf columns.
// `indexed` is the table's delta.dataSkippingNumIndexedCols (indexed_columns()), -1 for all.
std::string make_stats(const Schema& schema, std::int64_t rows,
                       const std::vector<ColumnStats>& columns, int indexed = 32);
int indexed_columns(const Metadata& metadata);
// Protocol that a new table with this schema and configuration needs (timestamp_ntz, columnMapping,
// …).
Protocol protocol_for(const Schema& schema,
                      const std::map<std::string, std::string>& configuration);
// Text of a partition value as the protocol serialises it, from DuckDB's text; "" for null is
// nullopt.
std::optional<std::string> partition_text(const DataType& type,
                                          const std::optional<std::string>& duckdb_text);
// Directory part for a partitioned file ("a=1/b=x%20y"): hive escaping; the caller percent-encodes
// it for `path`.
std::string partition_directory(const PartitionValues& values);
std::string encode_path(const std::string& path);  // URI-encodes a relative path for `add.path`
// Checks that data of `incoming` may be written into `table` without evolution: names known
// (case-insensitive), missing columns nullable, types equal or safely widened. Throws ob::Error 400
// delta.schemaMismatch naming each column.
void enforce_schema(const Schema& table, const Schema& incoming);

}  // namespace ob::delta
