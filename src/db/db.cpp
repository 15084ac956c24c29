#include "db/db.h"

#include "base/error.h"
#include "db/postgres.h"
#include "db/sqlite.h"
#include "db/usage.h"

namespace ob::db {
namespace {

template <class T>
const T& as(const std::vector<Value>& values, std::size_t i, const char* wanted) {
  if (i >= values.size()) throw internal("column " + std::to_string(i) + " is not in the row");
  const T* value = std::get_if<T>(&values[i]);
  if (!value) throw internal("column " + std::to_string(i) + " is not " + wanted);
  return *value;
}

}  // namespace

std::int64_t Row::integer(std::size_t i) const {
  return as<std::int64_t>(values_, i, "an integer");
}

double Row::real(std::size_t i) const {
  if (i < values_.size()) {
    if (const auto* whole = std::get_if<std::int64_t>(&values_[i])) {
      return static_cast<double>(*whole);
    }
  }
  return as<double>(values_, i, "a number");
}

const std::string& Row::text(std::size_t i) const {
  return as<std::string>(values_, i, "text");
}

const std::string& Row::blob(std::size_t i) const {
  return as<Blob>(values_, i, "binary").bytes;
}

std::optional<std::string> Row::optional_text(std::size_t i) const {
  return is_null(i) ? std::nullopt : std::optional(text(i));
}

std::optional<std::int64_t> Row::optional_integer(std::size_t i) const {
  return is_null(i) ? std::nullopt : std::optional(integer(i));
}

std::optional<Row> Tx::query_one(std::string_view sql, std::vector<Value> parameters) {
  auto rows = query(sql, std::move(parameters));
  if (rows.empty()) return std::nullopt;
  if (rows.size() > 1) throw internal("more than one row for: " + std::string(sql));
  return std::move(rows.front());
}

Usage usage_of(Database& database) {
  return dynamic_cast<Measured&>(database).usage();
}

std::unique_ptr<Database> open(const std::string& url, const Options& options) {
  constexpr std::string_view kSqlite = "sqlite://";
  if (url.starts_with(kSqlite) && url.size() > kSqlite.size() + 1 && url[kSqlite.size()] == '/') {
    return open_sqlite(url.substr(kSqlite.size()), options.relaxed);
  }
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
    return open_postgres(url, options);
  }
  // The rest of the URL may hold a password.
  const auto colon = url.find(':');
  throw bad_request("db.badUrl",
                    "The database URL " +
                        (colon == url.npos ? "has no scheme"
                                           : "with the scheme '" + url.substr(0, colon) +
                                                 "' is not known or its path is not absolute") +
                        "; write sqlite:///absolute/path.db or "
                        "postgresql://user:password@host:port/database.");
}

}  // namespace ob::db
