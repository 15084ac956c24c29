#pragma once
// The catalog's endpoints (docs/API.md, "Catalog", except previews).
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/api.h"
#include "catalog/catalog.h"

namespace ob::catalog {

struct TableColumn {
  std::string name;
  std::string type;  // Spark's spelling; of views what DescribeView says
  bool nullable = true;
  std::string comment;
  std::optional<std::int64_t> partition_index;  // from 0, in the order of partition_columns
};
BOOST_DESCRIBE_STRUCT(TableColumn, (), (name, type, nullable, comment, partition_index))

// A table or view as lists show it …
struct TableItem {
  std::string id, catalog, schema, name, full_name, kind, owner, comment;
  wire::Instant created_at, updated_at;
  std::optional<wire::Instant> dropped_at;  // of those that can be restored
};
BOOST_DESCRIBE_STRUCT(TableItem, (),
                      (id, catalog, schema, name, full_name, kind, owner, comment, created_at,
                       updated_at, dropped_at))

// … and with what its log says of one version.
struct TableDetail : TableItem {
  std::string format;                   // delta, view
  std::optional<std::string> location;  // where other engines open it
  std::vector<TableColumn> columns;
  std::vector<std::string> partition_columns;
  std::optional<std::int64_t> version;
  std::optional<wire::Instant> timestamp;  // of that version
  std::optional<std::int64_t> rows, bytes, files;
  std::map<std::string, std::string> properties;
  std::vector<std::string> reader_features, writer_features;
  std::optional<std::int64_t> min_reader_version, min_writer_version;
  std::optional<std::string> view_sql, view_catalog, view_schema;
  std::optional<std::string> problem;   // why the columns of a view are not known
  std::vector<std::string> privileges;  // of the caller: read, write, manage
};
BOOST_DESCRIBE_STRUCT(TableDetail, (TableItem),
                      (format, location, columns, partition_columns, version, timestamp, rows,
                       bytes, files, properties, reader_features, writer_features,
                       min_reader_version, min_writer_version, view_sql, view_catalog, view_schema,
                       problem, privileges))

// Needs browse. `version`: of a table, an older one; nullopt for the newest.
TableDetail describe_table(Service&, const identity::Caller&, const Name&,
                           std::optional<std::int64_t> version, const DescribeView&);

// The service must outlive the registry. Without describe_view, views show no columns.
void register_api(api::Registry&, Service&, DescribeView describe_view = {});

}  // namespace ob::catalog

template <>
struct ob::wire::Rules<ob::catalog::TableItem> {
  static constexpr auto value = rules(
      rule(&catalog::TableItem::kind, {.values = {"managed", "external", "view"}}),
      rule(&catalog::TableItem::full_name, {.text = "As SQL writes it, quoted where needed."}));
};
template <>
struct ob::wire::Rules<ob::catalog::TableDetail> {
  static constexpr auto value = rules(
      rule(&catalog::TableDetail::format, {.values = {"delta", "view"}}),
      rule(&catalog::TableDetail::location, {.text = "Where other engines open the table."}),
      rule(&catalog::TableDetail::rows,
           {.text = "Absent when the statistics of some file do not tell."}),
      rule(&catalog::TableDetail::problem, {.text = "Why the columns of a view are not known."}));
};
