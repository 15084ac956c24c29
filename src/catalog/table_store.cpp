// SQL on tables and views; the rest is in store.cpp.
#include "base/error.h"
#include "catalog/names.h"
#include "catalog/rows.h"
#include "catalog/store.h"

namespace ob::catalog::store {
namespace {

TableKind kind_of(const std::string& text) {
  if (text == "managed") return TableKind::managed;
  if (text == "external") return TableKind::external;
  if (text == "view") return TableKind::view;
  throw internal("catalog_tables holds the unknown kind " + text);
}

std::vector<DroppedRow> read_dropped(const std::vector<db::Row>& rows) {
  std::vector<DroppedRow> out;
  for (const auto& row : rows) {
    out.push_back({read_table(row, 0, row.text(kTableWidth + 2), row.text(kTableWidth + 3)),
                   row.text(kTableWidth), row.text(kTableWidth + 1)});
  }
  return out;
}

constexpr const char* kDroppedColumns =
    ", t.schema_id, t.dropped_catalog_id, t.dropped_catalog_key, t.dropped_schema_key ";

}  // namespace

std::string kind_text(TableKind kind) {
  switch (kind) {
    case TableKind::managed:
      return "managed";
    case TableKind::external:
      return "external";
    case TableKind::view:
      return "view";
  }
  throw internal("unknown kind of table");
}

Table read_table(const db::Row& row, std::size_t i, const std::string& catalog,
                 const std::string& schema) {
  Table table;
  table.id = row.text(i);
  table.name = {catalog, schema, row.text(i + 1)};
  table.kind = kind_of(row.text(i + 2));
  table.owner = row.text(i + 3);
  table.comment = row.text(i + 4);
  table.location = row.text(i + 5);
  table.view_sql = row.text(i + 6);
  table.view_defaults = {row.text(i + 7), row.text(i + 8), ""};
  table.created_at = row.integer(i + 9);
  table.updated_at = row.integer(i + 10);
  table.dropped_at = row.optional_integer(i + 11);
  table.guarded = row.integer(i + 12) != 0;
  return table;
}

std::vector<TableRow> tables(db::Tx& tx, const SchemaRow& parent) {
  std::vector<TableRow> out;
  for (const auto& row :
       tx.query(std::string("SELECT ") + kTableColumns +
                    " FROM catalog_tables t WHERE t.schema_id = $1 AND t.dropped_at IS NULL "
                    "ORDER BY t.name_key",
                {parent.schema.id})) {
    out.push_back({read_table(row, 0, parent.catalog.name, parent.schema.name), parent.schema,
                   parent.catalog});
  }
  return out;
}

std::optional<TableRow> find_table(db::Tx& tx, const std::string& catalog_key,
                                   const std::string& schema_key, const std::string& table_key) {
  const auto row = tx.query_one(
      std::string("SELECT ") + kTableColumns + ", " + kSchemaColumns + ", " + kCatalogColumns +
          " FROM catalog_catalogs c JOIN catalog_schemas s ON s.catalog_id = c.id "
          "JOIN catalog_tables t ON t.schema_id = s.id "
          "WHERE c.name_key = $1 AND s.name_key = $2 AND t.name_key = $3 "
          "AND t.dropped_at IS NULL",
      {catalog_key, schema_key, table_key});
  if (!row) return std::nullopt;
  const Catalog catalog = read_catalog(*row, kTableWidth + kSchemaWidth);
  const Schema schema = read_schema(*row, kTableWidth, catalog);
  return TableRow{read_table(*row, 0, catalog.name, schema.name), schema, catalog};
}

void insert_table(db::Tx& tx, const std::string& schema_id, const Table& table) {
  tx.execute(
      "INSERT INTO catalog_tables (id, schema_id, name, name_key, kind, owner, comment, "
      "search_text, location, view_sql, view_catalog, view_schema, created_at, updated_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
      {table.id, schema_id, table.name.object, fold(table.name.object), kind_text(table.kind),
       table.owner, table.comment, search_text(table.name.object, table.comment), table.location,
       table.view_sql, table.view_defaults.catalog, table.view_defaults.schema, table.created_at,
       table.updated_at});
}

bool rename_table(db::Tx& tx, const std::string& id, const std::string& schema_id,
                  const std::string& name, Micros now) {
  const auto row = tx.query_one("SELECT comment FROM catalog_tables WHERE id = $1", {id});
  if (!row) return false;
  return tx.execute(
             "UPDATE catalog_tables SET schema_id = $2, name = $3, name_key = $4, "
             "search_text = $5, updated_at = $6 WHERE id = $1 AND dropped_at IS NULL",
             {id, schema_id, name, fold(name), search_text(name, row->text(0)), now}) > 0;
}

bool replace_view(db::Tx& tx, const Table& view) {
  return tx.execute(
             "UPDATE catalog_tables SET comment = $2, search_text = $3, view_sql = $4, "
             "view_catalog = $5, view_schema = $6, updated_at = $7 "
             "WHERE id = $1 AND dropped_at IS NULL",
             {view.id, view.comment, search_text(view.name.object, view.comment), view.view_sql,
              view.view_defaults.catalog, view.view_defaults.schema, view.updated_at}) > 0;
}

bool drop_table(db::Tx& tx, const TableRow& row, Micros now) {
  return tx.execute(
             "UPDATE catalog_tables SET dropped_at = $2, dropped_catalog_id = $3, "
             "dropped_catalog_key = $4, dropped_schema_key = $5 "
             "WHERE id = $1 AND dropped_at IS NULL",
             {row.table.id, now, row.catalog.id, fold(row.catalog.name), fold(row.schema.name)}) >
         0;
}

std::vector<DroppedRow> dropped_tables(db::Tx& tx, const std::string& catalog_key,
                                       const std::string& schema_key, const std::string& schema_id,
                                       Micros since) {
  return read_dropped(
      tx.query(std::string("SELECT ") + kTableColumns + kDroppedColumns +
                   "FROM catalog_tables t WHERE t.dropped_at >= $4 AND (t.schema_id = $3 OR "
                   "(t.dropped_catalog_key = $1 AND t.dropped_schema_key = $2)) "
                   "ORDER BY t.dropped_at DESC, t.id DESC",
               {catalog_key, schema_key, schema_id, since}));
}

bool undrop_table(db::Tx& tx, const std::string& id, const std::string& schema_id, Micros now) {
  return tx.execute(
             "UPDATE catalog_tables SET schema_id = $2, updated_at = $3, dropped_at = NULL, "
             "dropped_catalog_id = NULL, dropped_catalog_key = NULL, dropped_schema_key = NULL "
             "WHERE id = $1 AND dropped_at IS NOT NULL",
             {id, schema_id, now}) > 0;
}

std::vector<DroppedRow> expired_tables(db::Tx& tx, Micros before) {
  return read_dropped(tx.query(std::string("SELECT ") + kTableColumns + kDroppedColumns +
                                   "FROM catalog_tables t WHERE t.dropped_at < $1",
                               {before}));
}

void delete_table(db::Tx& tx, const std::string& id) {
  tx.execute("DELETE FROM catalog_columns WHERE table_id = $1", {id});
  tx.execute("DELETE FROM catalog_policies WHERE table_id = $1", {id});
  tx.execute("DELETE FROM catalog_tables WHERE id = $1", {id});
}

bool table_id_known(db::Tx& tx, const std::string& id) {
  return tx.query_one("SELECT 1 FROM catalog_tables WHERE id = $1", {id}).has_value();
}

std::vector<std::string> external_locations(db::Tx& tx) {
  std::vector<std::string> out;
  for (const auto& row :
       tx.query("SELECT DISTINCT location FROM catalog_tables WHERE kind = 'external' "
                "ORDER BY location")) {
    out.push_back(row.text(0));
  }
  return out;
}

std::vector<Column> columns(db::Tx& tx, const std::string& table_id) {
  std::vector<Column> out;
  for (const auto& row :
       tx.query("SELECT name, type FROM catalog_columns WHERE table_id = $1 ORDER BY position",
                {table_id})) {
    out.push_back({row.text(0), row.text(1)});
  }
  return out;
}

void replace_columns(db::Tx& tx, const std::string& table_id, const std::vector<Column>& columns) {
  tx.execute("DELETE FROM catalog_columns WHERE table_id = $1", {table_id});
  std::int64_t position = 0;
  for (const auto& column : columns) {
    tx.execute(
        "INSERT INTO catalog_columns (table_id, position, name, search_text, type) "
        "VALUES ($1, $2, $3, $4, $5)",
        {table_id, position++, column.name, fold(column.name), column.type});
  }
}

}  // namespace ob::catalog::store
