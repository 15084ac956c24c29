#pragma once
// How rows of the catalog's tables become its structs; shared by the files that hold SQL.
#include <string>

#include "catalog/catalog.h"
#include "catalog/names.h"
#include "db/db.h"

namespace ob::catalog::store {

inline constexpr const char* kCatalogColumns =
    "c.id, c.name, c.owner, c.comment, c.created_at, c.workspace_id";
inline constexpr std::size_t kCatalogWidth = 6;
inline constexpr const char* kSchemaColumns = "s.id, s.name, s.owner, s.comment, s.created_at";
inline constexpr std::size_t kSchemaWidth = 5;
inline constexpr const char* kTableColumns =
    "t.id, t.name, t.kind, t.owner, t.comment, t.location, t.view_sql, t.view_catalog, "
    "t.view_schema, t.created_at, t.updated_at, t.dropped_at, t.guarded";
inline constexpr std::size_t kTableWidth = 13;
inline constexpr const char* kVolumeColumns =
    "v.id, v.name, v.owner, v.comment, v.root, v.created_at";
inline constexpr std::size_t kVolumeWidth = 6;

inline std::string search_text(const std::string& name, const std::string& comment) {
  return fold(name) + "\n" + fold(comment);
}

inline Catalog read_catalog(const db::Row& row, std::size_t i) {
  return {row.text(i),     row.text(i + 1),    row.text(i + 2),
          row.text(i + 3), row.integer(i + 4), row.text(i + 5)};
}

inline Schema read_schema(const db::Row& row, std::size_t i, const Catalog& catalog) {
  return {row.text(i),     catalog.name,    row.text(i + 1),
          row.text(i + 2), row.text(i + 3), row.integer(i + 4)};
}

inline Volume read_volume(const db::Row& row, std::size_t i, const Schema& schema) {
  return {row.text(i),     {schema.catalog, schema.name, row.text(i + 1)},
          row.text(i + 2), row.text(i + 3),
          row.text(i + 4), row.integer(i + 5)};
}

std::string kind_text(TableKind kind);
Table read_table(const db::Row& row, std::size_t i, const std::string& catalog,
                 const std::string& schema);

}  // namespace ob::catalog::store
