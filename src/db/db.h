#pragma once
// Relational metadata: one interface for SQLite and PostgreSQL. Statements use $1, $2 … and only
// SQL that both understand (no AUTOINCREMENT, no rowid, no REPLACE; upsert is INSERT … ON CONFLICT
// … DO UPDATE). Column types: TEXT (capitals in migrations; ordered by its bytes), BIGINT (also
// booleans 0/1 and instants in microseconds), DOUBLE PRECISION, BLOB (written {blob} in
// migrations). Where the two differ: NULLs sort first in SQLite and last in PostgreSQL, LIKE
// ignores ASCII case in SQLite only (store folded text), and a parameter has one type throughout
// its statement. Text is UTF-8 without NUL; other text is refused with db.badText (400). All calls
// block: run them on a Pool. Thread-safe.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ob::db {

struct Blob {
  std::string bytes;
};
using Value = std::variant<std::nullptr_t, std::int64_t, double, std::string, Blob>;

class Row {
 public:
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
  std::size_t size() const { return values_.size(); }
  bool is_null(std::size_t i) const {
    return std::holds_alternative<std::nullptr_t>(values_.at(i));
  }
  std::int64_t integer(std::size_t i) const;
  double real(std::size_t i) const;
  const std::string& text(std::size_t i) const;
  const std::string& blob(std::size_t i) const;
  std::optional<std::string> optional_text(std::size_t i) const;
  std::optional<std::int64_t> optional_integer(std::size_t i) const;

 private:
  std::vector<Value> values_;
};

// A unique or primary key constraint refused a write. The transaction cannot go on: let it leave
// fn.
class UniqueViolation : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Inside one transaction.
class Tx {
 public:
  virtual ~Tx() = default;
  virtual std::vector<Row> query(std::string_view sql, std::vector<Value> parameters = {}) = 0;
  std::optional<Row> query_one(std::string_view sql, std::vector<Value> parameters = {});
  // Rows changed.
  virtual std::int64_t execute(std::string_view sql, std::vector<Value> parameters = {}) = 0;
};

struct Migration {
  int version;           // 1, 2, 3 … within a module
  std::string_view sql;  // several statements, separated by ;
};

class Database {
 public:
  virtual ~Database() = default;
  // Applies each missing migration of a module in order, each in a transaction; before listening.
  virtual void migrate(std::string_view module, std::span<const Migration> migrations) = 0;
  // fn runs in a read transaction (consistent snapshot), in parallel with others and with writers.
  // May be run again when the connection was lost: no side effects outside the database.
  virtual void read(const std::function<void(Tx&)>& fn) = 0;
  // fn runs in a write transaction that commits durably when it returns and rolls back when it
  // throws, as if it ran alone. May be run again after a conflict with another transaction or a
  // lost connection: no side effects outside the database but plain results, which it sets anew.
  // Not inside another write of the same thread.
  virtual void write(const std::function<void(Tx&)>& fn) = 0;

  template <class Fn>
  auto reading(Fn fn) {
    std::optional<std::invoke_result_t<Fn, Tx&>> out;
    read([&](Tx& tx) { out.emplace(fn(tx)); });
    return std::move(*out);
  }
  template <class Fn>
  auto writing(Fn fn) {
    std::optional<std::invoke_result_t<Fn, Tx&>> out;
    write([&](Tx& tx) { out.emplace(fn(tx)); });
    return std::move(*out);
  }
};

struct Options {
  // A commit is written but not yet on the disk when write() returns; it is there within a second.
  // It survives the end of the process, and the last second not that of the machine.
  bool relaxed = false;
  // Of PostgreSQL:
  int connections = 16;                // at most, at a time
  std::int64_t wait_ms = 10'000;       // for a free connection, another's lock, a lost commit
  std::int64_t statement_ms = 30'000;  // one statement
};

// url: "sqlite:///absolute/path.db" or "postgresql://user:password@host:port/database?sslmode=…",
// with what else libpq takes in such a URL. Throws ob::Error for a scheme it does not know.
//
// Errors of read and write beside those of fn, all ob::Error: db.unavailable (503, no connection),
// db.busy (503, nothing free or too many conflicts for `wait_ms`), db.timeout (503), db.diskFull
// (507), and db.commitUnknown (503): the connection was lost during COMMIT, and whether it came
// about could not be learned for `wait_ms`.
std::unique_ptr<Database> open(const std::string& url, const Options& options = {});

}  // namespace ob::db
