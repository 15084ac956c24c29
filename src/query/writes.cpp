#include "query/writes.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/error.h"
#include "base/time.h"
#include "delta/maintenance.h"
#include "query/lexer.h"
#include "query/literal_values.h"

namespace ob::query {

namespace json = boost::json;

namespace {

// A family of types between which a value may be stored with a cast that can only fail on values.
int family(const delta::DataType& type) {
  if (type.is("string")) return 0;
  if (type.is("date") || type.is("timestamp") || type.is("timestamp_ntz")) return 2;
  if (type.is("boolean")) return 3;
  if (type.is("binary")) return 4;
  if (type.is("struct")) return 5;
  if (type.is("array")) return 6;
  if (type.is("map")) return 7;
  return 1;  // numbers
}

// Whether each field of a struct, at any depth, has a place: DuckDB's casts drop those that have
// none.
bool keeps_fields(const delta::DataType& from, const delta::DataType& to) {
  if (from.is("struct") && to.is("struct"))
    return std::ranges::all_of(from.fields, [&](const delta::Field& field) {
      const auto* place = delta::find_field(to.fields, field.name);
      return place && keeps_fields(field.type, place->type);
    });
  if (from.name != to.name || !from.is_nested()) return true;
  return (!from.key || keeps_fields(*from.key, *to.key)) &&
         keeps_fields(*from.element, *to.element);
}

}  // namespace

std::int64_t now_millis() {
  return now_micros() / 1000;
}

std::optional<std::int64_t> live_rows(const delta::Add& add) {
  boost::system::error_code failed;
  const json::value stats = json::parse(add.stats, failed);
  if (failed || !stats.is_object()) return std::nullopt;
  const json::value* rows = stats.as_object().if_contains("numRecords");
  if (!rows || !rows->is_int64()) return std::nullopt;
  return rows->get_int64() - (add.deletion_vector ? add.deletion_vector->cardinality : 0);
}

void remove_all(const delta::SnapshotPtr& snapshot, delta::CommitRequest& request) {
  for (const delta::Add& add : snapshot->files()) {
    request.actions.emplace_back(delta::removal_of(add, true));
    request.reads.removed_paths.push_back(add.path);
  }
  request.reads.whole_table = true;
}

std::int64_t add_files(std::vector<engine::WrittenFile> files, delta::CommitRequest& request) {
  std::int64_t rows = 0, bytes = 0;
  for (engine::WrittenFile& file : files) {
    rows += file.rows;
    bytes += file.add.size;
    request.actions.emplace_back(std::move(file.add));
  }
  request.metrics = {{"numFiles", std::to_string(files.size())},
                     {"numOutputRows", std::to_string(rows)},
                     {"numOutputBytes", std::to_string(bytes)}};
  return rows;
}

std::string json_list(const std::vector<std::string>& names) {
  json::array list;
  for (const std::string& name : names) list.emplace_back(name);
  return json::serialize(list);
}

namespace {

template <std::size_t N>
bool names_any(const std::string& expression, const std::array<std::string_view, N>& words) {
  return std::ranges::any_of(tokenize(expression), [&](const Token& token) {
    return (token.kind == TokenKind::word || token.kind == TokenKind::identifier) &&
           std::ranges::any_of(words,
                               [&](auto word) { return equals_ignoring_case(token.value, word); });
  });
}

}  // namespace

bool has_volatile_function(const std::string& expression) {
  static constexpr std::array<std::string_view, 5> names = {"random", "uuid", "uuidv4", "uuidv7",
                                                            "gen_random_uuid"};
  return names_any(expression, names);
}

bool holds_query(const std::string& expression) {
  static constexpr std::array<std::string_view, 9> queries = {
      "select", "with", "from", "values", "table", "pivot", "unpivot", "describe", "summarize"};
  return names_any(expression, queries);
}

bool repeatable(const std::string& expression) {
  static constexpr std::array<std::string_view, 14> clocks = {"now",
                                                              "today",
                                                              "age",
                                                              "current_date",
                                                              "current_time",
                                                              "current_timestamp",
                                                              "localtime",
                                                              "localtimestamp",
                                                              "current_localtime",
                                                              "current_localtimestamp",
                                                              "get_current_time",
                                                              "get_current_timestamp",
                                                              "transaction_timestamp",
                                                              "ago"};
  return !has_volatile_function(expression) && !holds_query(expression) &&
         !names_any(expression, clocks);
}

bool storable(const delta::DataType& from, const delta::DataType& to) {
  if (from.is("void")) return true;
  if (family(from) == family(to)) return keeps_fields(from, to);
  if (from.is("string")) return family(to) < 5;  // a text such as '2026-01-01' is checked by value
  return to.is("string") && !from.is_nested() && !from.is("binary");
}

bool all_storable(const std::vector<engine::Column>& given,
                  const std::vector<const delta::Field*>& fields) {
  for (std::size_t i = 0; i < given.size(); ++i)
    if (given[i].type != untyped_null &&
        !storable(delta::from_duckdb(given[i].type), fields[i]->type))
      return false;
  return true;
}

void check_types(const std::vector<engine::Column>& given,
                 const std::vector<const delta::Field*>& fields, const std::vector<bool>& nulls) {
  std::string problems;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const delta::DataType from = delta::from_duckdb(given[i].type);
    if (nulls[i] || storable(from, fields[i]->type)) continue;
    problems += (problems.empty() ? "" : "; ") + fields[i]->name + " is " +
                delta::to_sql(fields[i]->type) + ", not " + delta::to_sql(from);
  }
  if (!problems.empty())
    throw bad_request("delta.schemaMismatch",
                      "The query's columns do not fit the table: " + problems + ".");
}

}  // namespace ob::query
