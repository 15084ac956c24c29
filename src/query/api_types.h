#pragma once
// Wire types of the query endpoints.
#include <map>

#include "api/api.h"
#include "query/query.h"

namespace ob::query {

struct RunQuery {
  std::string sql;
  std::optional<boost::json::value> parameters;
  std::optional<bool> cache;
  std::optional<std::string> catalog, schema, query_id;
  std::int64_t page_rows = 10'000;
  std::optional<std::int64_t> row_limit, timeout_s;
};
BOOST_DESCRIBE_STRUCT(RunQuery, (),
                      (sql, parameters, cache, catalog, schema, query_id, page_rows, row_limit,
                       timeout_s))

struct ResultColumn {
  std::string name, type;
};
BOOST_DESCRIBE_STRUCT(ResultColumn, (), (name, type))
struct ResultStatistics {
  std::int64_t elapsed_ms = 0, files = 0, files_skipped = 0, bytes = 0;
  bool cached = false;
};
BOOST_DESCRIBE_STRUCT(ResultStatistics, (), (elapsed_ms, files, files_skipped, bytes, cached))
// Written by hand into the answer, as rows come as text from the engine; described for OpenAPI.
struct QueryResult {
  std::string query_id;
  std::vector<ResultColumn> columns;
  std::vector<std::vector<boost::json::value>> rows;
  std::optional<std::string> next;
  std::optional<bool> truncated;
  ResultStatistics statistics;
};
BOOST_DESCRIBE_STRUCT(QueryResult, (), (query_id, columns, rows, next, truncated, statistics))
struct QueryPage {
  std::vector<std::vector<boost::json::value>> rows;
  std::optional<std::string> next;
  std::optional<bool> truncated;
  ResultStatistics statistics;
};
BOOST_DESCRIBE_STRUCT(QueryPage, (), (rows, next, truncated, statistics))
struct PagePath {
  std::string cursor;
};
BOOST_DESCRIBE_STRUCT(PagePath, (), (cursor))
struct PreviewTable {
  std::string catalog, schema, table;
  std::optional<std::int64_t> version;
  std::int64_t limit = 100;
};
BOOST_DESCRIBE_STRUCT(PreviewTable, (), (catalog, schema, table, version, limit))

struct StatementError {
  std::string id, detail;
};
BOOST_DESCRIBE_STRUCT(StatementError, (), (id, detail))
struct StatementItem {
  std::string id, sql, state, user;
  wire::Instant started_at;
  std::int64_t elapsed_ms = 0;
  std::optional<std::int64_t> rows;
  std::optional<double> progress;
  std::optional<StatementError> error;
};
BOOST_DESCRIBE_STRUCT(StatementItem, (),
                      (id, sql, state, user, started_at, elapsed_ms, rows, progress, error))
struct StatementList {
  std::vector<StatementItem> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(StatementList, (), (items, next))
struct ListStatements {
  std::int64_t limit = 100;
  std::optional<std::string> after, state, user, text;
};
BOOST_DESCRIBE_STRUCT(ListStatements, (), (limit, after, state, user, text))
struct StatementPath {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(StatementPath, (), (id))

struct InferFile {
  std::string path;
  std::optional<std::string> format;
  std::map<std::string, boost::json::value> options;
};
BOOST_DESCRIBE_STRUCT(InferFile, (), (path, format, options))
struct InferredTable {
  std::string format;
  std::vector<ResultColumn> columns;
  std::vector<std::vector<boost::json::value>> rows;
};
BOOST_DESCRIBE_STRUCT(InferredTable, (), (format, columns, rows))
struct NewColumn {
  std::string name, type;
  std::optional<bool> nullable;
  std::optional<std::string> comment;
};
BOOST_DESCRIBE_STRUCT(NewColumn, (), (name, type, nullable, comment))
struct MakeTable {
  std::string name;
  std::optional<std::string> path, format;
  std::map<std::string, boost::json::value> options;
  std::vector<NewColumn> columns;
  std::vector<std::string> partition_by;
  std::optional<std::string> comment, location;
  std::string mode = "create";
};
BOOST_DESCRIBE_STRUCT(MakeTable, (),
                      (name, path, format, options, columns, partition_by, comment, location, mode))

}  // namespace ob::query

template <>
struct ob::wire::Rules<ob::query::RunQuery> {
  static constexpr auto value = rules(
      rule(&query::RunQuery::sql,
           {.min = 1, .max = 1024 * 1024, .text = "One statement; a closing ; is fine."}),
      rule(&query::RunQuery::parameters,
           {.text = "An array for $1, $2 … or ?, or an object for $name or :name."}),
      rule(&query::RunQuery::cache, {.text = "false: always compute."}),
      rule(&query::RunQuery::catalog, {.max = 255, .text = "Of unqualified names [main]."}),
      rule(&query::RunQuery::schema, {.max = 255, .text = "Of unqualified names [default]."}),
      rule(&query::RunQuery::query_id, {.max = 36, .text = "A UUID that names it for cancel."}),
      rule(&query::RunQuery::page_rows,
           {.min = 1, .max = 1'000'000, .optional = true, .text = "Rows of a JSON page."}),
      rule(&query::RunQuery::row_limit,
           {.min = 0, .max = 1'000'000'000, .text = "Rows beyond it are cut off."}),
      rule(&query::RunQuery::timeout_s, {.min = 1, .max = 24 * 3600}));
};
template <>
struct ob::wire::Rules<ob::query::PreviewTable> {
  static constexpr auto value =
      rules(rule(&query::PreviewTable::version, {.min = 0}),
            rule(&query::PreviewTable::limit, {.min = 1, .max = 10'000, .optional = true}));
};
template <>
struct ob::wire::Rules<ob::query::StatementItem> {
  static constexpr auto value = rules(rule(
      &query::StatementItem::state, {.values = {"running", "finished", "failed", "cancelled"}}));
};
template <>
struct ob::wire::Rules<ob::query::ListStatements> {
  static constexpr auto value =
      rules(rule(&query::ListStatements::limit, {.min = 1, .max = 1000, .optional = true}),
            rule(&query::ListStatements::state,
                 {.values = {"running", "finished", "failed", "cancelled"}}),
            rule(&query::ListStatements::user, {.max = 320, .text = "Of this email alone."}),
            rule(&query::ListStatements::text,
                 {.max = 1000, .text = "A part of the statement, in any case."}));
};
template <>
struct ob::wire::Rules<ob::query::InferFile> {
  static constexpr auto value =
      rules(rule(&query::InferFile::path, {.min = 1, .max = 4096}),
            rule(&query::InferFile::format, {.values = {"csv", "json", "parquet"}}),
            rule(&query::InferFile::options, {.max = 50, .optional = true}));
};
template <>
struct ob::wire::Rules<ob::query::NewColumn> {
  static constexpr auto value = rules(rule(&query::NewColumn::name, {.min = 1, .max = 255}),
                                      rule(&query::NewColumn::type, {.min = 1, .max = 10'000}));
};
template <>
struct ob::wire::Rules<ob::query::MakeTable> {
  static constexpr auto value =
      rules(rule(&query::MakeTable::name, {.min = 1, .max = 800, .text = "catalog.schema.table"}),
            rule(&query::MakeTable::path, {.min = 1, .max = 4096, .text = "A file in a volume."}),
            rule(&query::MakeTable::format, {.values = {"csv", "json", "parquet"}}),
            rule(&query::MakeTable::options, {.max = 50, .optional = true}),
            rule(&query::MakeTable::columns,
                 {.max = 10'000, .optional = true, .text = "Empty: as in the file."}),
            rule(&query::MakeTable::partition_by, {.max = 100, .optional = true}),
            rule(&query::MakeTable::comment, {.max = 10'000}),
            rule(&query::MakeTable::mode,
                 {.values = {"create", "append", "overwrite"}, .optional = true}));
};
