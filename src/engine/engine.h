#pragma once
// SQL execution in process: confined DuckDB instances behind an interface without its header.
// Streams results. Everything blocks: run it on a Pool. An Engine is thread-safe; a Connection is
// used by one thread at a time, except interrupt() and progress(), which any thread may call.
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "delta/delta.h"
#include "delta/maintenance.h"

struct ArrowSchema;
struct ArrowArray;

namespace ob::relay {
class Relay;
}

namespace ob::engine {

// A fault at a known place of the SQL that the engine was given.
class StatementError : public Error {
 public:
  // offset: bytes from the start of that SQL.
  StatementError(const Error& error, std::size_t offset, std::string word)
      : Error(error), offset_(offset), word_(std::move(word)) {}
  std::size_t offset() const { return offset_; }
  // The word or sign there; of a dotted name the last part, without quotes.
  const std::string& word() const { return word_; }

 private:
  std::size_t offset_;
  std::string word_;
};

struct Options {
  std::vector<std::string>
      allowed_directories;        // the only places that files are read from and written to
  std::string temp_directory;     // for spilling; inside it only
  std::int64_t memory_bytes = 0;  // 0: DuckDB's default (80 % of the machine)
  int threads = 0;                // 0: all cores
  // For files in cloud stores: what serves them (outlives the engine), and DuckDB's extension
  // "httpfs" as a file. Without it there are none.
  relay::Relay* relay = nullptr;
  std::string httpfs;
};

struct Column {
  std::string name;
  std::string type;  // DuckDB's spelling, e.g. "BIGINT", "DECIMAL(10,2)", "STRUCT(a INTEGER)"
};

// Up to some 100,000 rows of a result.
class Batch {
 public:
  virtual ~Batch() = default;
  virtual std::int64_t rows() const = 0;
  // Appends rows first..last (excluded) as JSON arrays "[…],[…]": 64-bit integers as numbers,
  // decimals, HUGEINT beyond 64 bits and non-finite floats as strings, BLOB as base64, dates and
  // times as ISO text, TIMESTAMPTZ with Z, nested as JSON.
  virtual void append_json(std::string& out, std::int64_t first, std::int64_t last) const = 0;
  // Appends CSV lines (RFC 4180).
  virtual void append_csv(std::string& out) const = 0;
  // One value as text (nullopt: NULL), for small internal results.
  virtual std::optional<std::string> text(std::int64_t row, std::size_t column) const = 0;
  // The values of a BIGINT column without NULLs; they live as long as the batch.
  virtual std::span<const std::int64_t> integers(std::size_t column) const = 0;
};

class Result {
 public:
  virtual ~Result() = default;
  virtual const std::vector<Column>& columns() const = 0;
  virtual std::unique_ptr<Batch> next() = 0;  // null at the end; throws on errors while running
  // Arrow IPC stream instead of batches (choose one): appends the schema message, then a record
  // batch a call, then the end-of-stream marker; false, and nothing appended, when all has been
  // given. Buffers go out as they are, without per-value work.
  virtual bool next_arrow(std::string& out) = 0;
};

// Whole numbers with their columns' names: what a statement reports of its work.
using Counts = std::vector<std::pair<std::string, std::int64_t>>;
// Them as a result of one row (BIGINT columns), which no query has to make.
std::unique_ptr<Result> result_of(const Counts& counts);

// A named value for a parameter: JSON null, bool, number, string, array or object.
using Parameters = boost::json::value;  // array (positional $1…) or object (named $name) or null

class Connection {
 public:
  virtual ~Connection() = default;
  // DuckDB's syntax tree of one or more SELECT statements (json_serialize_sql), and back to SQL.
  // Throws ob::Error 400 sql.syntax, as a StatementError where DuckDB knows the place.
  virtual boost::json::value parse(std::string_view sql) = 0;
  virtual std::string unparse(const boost::json::value& tree) = 0;
  // Streams; memory does not grow with the result. Throws ob::Error: 400 sql.* for the statement's
  // own faults (message cleaned of paths and of values of protected scans), 408 query.timeout, 499
  // query.cancelled, 507 query.memory; a StatementError where DuckDB knows the place.
  virtual std::unique_ptr<Result> execute(const std::string& sql,
                                          const Parameters& parameters = nullptr) = 0;
  // The same for a small statement with a small result, which memory then holds: execute() plans it
  // twice, and this once.
  virtual std::unique_ptr<Result> execute_at_once(const std::string& sql) = 0;
  // Small internal results at once: rows of text values.
  std::vector<std::vector<std::optional<std::string>>> rows(const std::string& sql,
                                                            const Parameters& parameters = nullptr);
  virtual void interrupt() = 0;
  virtual double progress() = 0;  // 0…100, -1 when unknown
  // False when a new connection would reach more: the first store in the cloud came after this one.
  virtual bool current() const { return true; }
};

struct WrittenFile {
  delta::Add add;  // path relative to the table, encoded; size; partition values; stats
  std::int64_t rows = 0;
};

// A value of an INSERT as it was written. now() is the instant of the statement.
struct Literal {
  enum class Kind { null, number, text, truth, date, timestamp, now };
  Kind kind = Kind::null;
  std::string text;  // of a number with its sign; of others without quotes
};
using LiteralRows = std::vector<std::vector<Literal>>;

struct WriteOptions {
  // Rows stay in the order that the SELECT gives them, in one file a partition; else they are
  // written in parallel, into files of even size.
  bool ordered = false;
  // The rows stand in the SELECT, which has no parameters: one file takes them.
  bool literal = false;
  // Those rows, as many values each as there are `columns`; null: not kept. With them small files
  // are written without DuckDB where that gives the same.
  std::shared_ptr<const LiteralRows> rows;
  // A file that passes this is closed and another one begun, unless the rows are ordered or the
  // table is partitioned; 0: a good size for most tables.
  std::int64_t file_bytes = 0;
  // About how much is written, where that is known: much goes to disk while more is made.
  std::int64_t expected_bytes = 0;
  // Names of the query's columns in order; empty: DuckDB is asked, which plans the query once more.
  std::vector<std::string> columns;
};

// How a scan of a snapshot is narrowed.
struct ScanOptions {
  std::vector<delta::Predicate> conjuncts;  // for skipping files only; the query still filters
  // Names of the scan's own parameters: prefix and number, so that they differ from the query's.
  std::string parameter_prefix = "files";
  std::size_t first_parameter = 1;
  // Two more columns at the end, BIGINT, of these names: the position of a row's file in
  // snapshot->files(), and the row's in its file.
  struct Places {
    std::string file, row;
  };
  std::optional<Places> places;
  // The files at these positions, ascending, instead of those that the conjuncts leave.
  std::optional<std::vector<std::int64_t>> only;
};

// Rows that another part of the server has, for SQL that reads them a piece at a time. Thread-safe.
class RowSource {
 public:
  struct Column {
    std::string name;
    enum class Type { text, integer, instant } type = Type::text;  // an instant is microseconds
  };
  // Where a reader puts the values; rows count from 0 in each piece.
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void null(std::size_t column, std::size_t row) = 0;
    virtual void integer(std::size_t column, std::size_t row, std::int64_t value) = 0;
    virtual void text(std::size_t column, std::size_t row, std::string_view value) = 0;
  };
  class Reader {
   public:
    virtual ~Reader() = default;
    // Puts at most this many rows; returns how many, 0 at the end.
    virtual std::size_t next(Sink& sink, std::size_t most) = 0;
  };
  virtual ~RowSource() = default;
  virtual const std::vector<Column>& columns() const = 0;
  // The values of these columns, which the sink counts from 0.
  virtual std::unique_ptr<Reader> read(std::vector<std::size_t> columns) = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::unique_ptr<Connection> connect() = 0;
  virtual delta::ParquetIo& parquet() = 0;
  // A FROM item that gives the source's rows, for as long as the returned handle lives.
  virtual std::pair<std::string, std::shared_ptr<void>> add_source(std::shared_ptr<RowSource>) = 0;

  // A SELECT (in parentheses-free SQL) that yields the snapshot's rows with its logical column
  // names and types: column mapping by field id or physical name, missing columns as NULL,
  // partition values joined in, deletion vectors applied. An empty table yields typed empty rows.
  // Self-contained: any Connection of this engine runs it; state it refers to (deletion vectors)
  // lives as long as the returned handle.
  // The lists of files are parameters: DuckDB plans a prepared statement over Parquet files twice
  // unless a parameter without a value keeps it from the first time, and parses long lists slowly.
  struct Scan {
    std::string sql;
    boost::json::object parameters;  // name → array of locations
    std::size_t files = 0, files_skipped = 0;
    std::int64_t bytes = 0;
    std::shared_ptr<void> keep_alive;
  };
  virtual Scan scan(delta::Table& table, const delta::SnapshotPtr& snapshot,
                    const ScanOptions& options) = 0;

  // Runs `select_sql` on `connection` and writes its rows as Parquet files of `table` (nothing is
  // committed), cast to the schema by name (case-insensitive; missing columns NULL; NOT NULL
  // checked: ob::Error 400 delta.notNull). Files are durable (fsync) when it returns; on an
  // exception those written are removed.
  virtual std::vector<WrittenFile> write(Connection& connection, const std::string& select_sql,
                                         const engine::Parameters& parameters, delta::Table& table,
                                         const delta::Schema& schema,
                                         const std::vector<std::string>& partition_columns,
                                         const WriteOptions& options = {}) = 0;

  // Writes data files of the snapshot anew without these rows, nor those of their deletion vectors:
  // they are cut out of the pages, whose values stay encoded as they are as far as possible. The
  // rest as of write(). One a file, in order: nothing where the file has to be written by write()
  // after all, as it is in a store, would be empty, is broken or of a kind that is not known here.
  // `files` have all rows that are gone afterwards, ascending.
  virtual std::vector<std::optional<WrittenFile>> remove_rows(
      delta::Table& table, const delta::Snapshot& snapshot,
      std::vector<delta::RowsToDelete>& files) = 0;

  // A FROM item for a user's file: read_csv/read_json/read_parquet with safe options. `format` is
  // csv, json, parquet, or empty to tell from the name and the first bytes. Throws ob::Error 400
  // file.* (unknown format, not UTF-8, broken).
  struct FileScan {
    std::string sql;     // "read_csv('…', …)"
    std::string format;  // what it is
    std::vector<Column> columns;
  };
  virtual FileScan scan_file(Connection& connection, const std::string& location,
                             const std::string& format, const boost::json::object& options) = 0;
  // Writes a query's result to one Parquet file at `location` (for downloads).
  virtual void export_parquet(Connection& connection, const std::string& select_sql,
                              const Parameters& parameters, const std::string& location) = 0;
};

std::unique_ptr<Engine> open(const Options& options);

// A scalar function in every connection that gives back its BIGINT, which the optimiser cannot know
// beforehand.
inline constexpr std::string_view unforeseen_function = "__ob_unforeseen";

// SQL text helpers.
std::string quote_identifier(std::string_view name);  // "a""b"
std::string quote_literal(std::string_view text);     // 'a''b'

}  // namespace ob::engine
