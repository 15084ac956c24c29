#pragma once
// All SQL of the catalog. Functions work inside the caller's transaction; writes that hit a taken
// name throw db::UniqueViolation. Keys are folded names (names.h).
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "db/db.h"

namespace ob::catalog::store {

struct SchemaRow {
  Schema schema;
  Catalog catalog;
};
struct TableRow {
  Table table;
  Schema schema;
  Catalog catalog;
};
// A dropped table with what it was in; `schema_id` may be gone.
struct DroppedRow {
  Table table;
  std::string schema_id, catalog_id;
};
struct VolumeRow {
  Volume volume;
  Schema schema;
  Catalog catalog;
};
struct FunctionRow {
  Function function;
  Schema schema;
  Catalog catalog;
};
struct Column {
  std::string name, type;
  bool operator==(const Column&) const = default;
};

// --- catalogs
std::vector<Catalog> catalogs(db::Tx&);
std::optional<Catalog> find_catalog(db::Tx&, const std::string& key);
void insert_catalog(db::Tx&, const Catalog&);
void rename_catalog(db::Tx&, const std::string& id, const std::string& name);
void delete_catalog(db::Tx&, const std::string& id);
void move_catalog(db::Tx&, const std::string& id, const std::string& workspace);
std::int64_t catalogs_of(db::Tx&, const std::string& workspace);
// Of any type here; false when the object is gone.
bool set_owner(db::Tx&, identity::ObjectType, const std::string& id, const std::string& owner);

// --- schemas
std::vector<SchemaRow> schemas(db::Tx&, const Catalog&);
std::optional<SchemaRow> find_schema(db::Tx&, const std::string& catalog_key,
                                     const std::string& schema_key);
bool schema_exists(db::Tx&, const std::string& id);
void insert_schema(db::Tx&, const std::string& catalog_id, const Schema&);
void rename_schema(db::Tx&, const std::string& id, const std::string& name);
void delete_schema(db::Tx&, const std::string& id);

// --- tables and views
std::vector<TableRow> tables(db::Tx&, const SchemaRow&);
std::optional<TableRow> find_table(db::Tx&, const std::string& catalog_key,
                                   const std::string& schema_key, const std::string& table_key);
void insert_table(db::Tx&, const std::string& schema_id, const Table&);
// False when the table is gone or dropped.
bool rename_table(db::Tx&, const std::string& id, const std::string& schema_id,
                  const std::string& name, Micros now);
bool replace_view(db::Tx&, const Table&);
// Marks as dropped, remembering where it was. False when it already is.
bool drop_table(db::Tx&, const TableRow&, Micros now);
// Dropped at or after `since`, newest first: of this schema, or of one of the same name.
std::vector<DroppedRow> dropped_tables(db::Tx&, const std::string& catalog_key,
                                       const std::string& schema_key, const std::string& schema_id,
                                       Micros since);
bool undrop_table(db::Tx&, const std::string& id, const std::string& schema_id, Micros now);
std::vector<DroppedRow> expired_tables(db::Tx&, Micros before);
void delete_table(db::Tx&, const std::string& id);
bool table_id_known(db::Tx&, const std::string& id);
// Locations of all external tables, also dropped ones that can come back.
std::vector<std::string> external_locations(db::Tx&);
// What search knows of a table's columns.
std::vector<Column> columns(db::Tx&, const std::string& table_id);
void replace_columns(db::Tx&, const std::string& table_id, const std::vector<Column>&);

// --- volumes
std::vector<VolumeRow> volumes(db::Tx&, const SchemaRow&);
std::optional<VolumeRow> find_volume(db::Tx&, const std::string& catalog_key,
                                     const std::string& schema_key, const std::string& volume_key);
void insert_volume(db::Tx&, const std::string& schema_id, const Volume&);
void delete_volume(db::Tx&, const std::string& id);

// False when the object is gone.
bool set_comment(db::Tx&, identity::ObjectType, const std::string& id, const std::string& name,
                 const std::string& comment, Micros now);

// --- functions and policies (function_store.cpp)
std::vector<FunctionRow> functions(db::Tx&, const SchemaRow&);
std::optional<FunctionRow> find_function(db::Tx&, const std::string& catalog_key,
                                         const std::string& schema_key,
                                         const std::string& function_key);
void insert_function(db::Tx&, const std::string& schema_id, const Function&);
void update_function(db::Tx&, const Function&);
void delete_function(db::Tx&, const std::string& id);
std::int64_t function_uses(db::Tx&, const std::string& id);
// Of policies whose function is gone, the function's id is empty.
std::vector<Policy> policies(db::Tx&, const std::string& table_id);
void set_policy(db::Tx&, const std::string& table_id, const Policy&);
bool delete_policy(db::Tx&, const std::string& table_id, const std::string& column);

// --- search: what holds `key` (folded) in its name or comment, best first. For columns, the
// table and the column that matches.
enum class HitKind { catalog, schema, table, volume, column };
struct Hit {
  HitKind kind;
  Catalog catalog;
  Schema schema;  // empty for catalogs
  Table table;    // tables and columns
  Volume volume;
  Column column;
};
std::vector<Hit> search(db::Tx&, HitKind, const std::string& key, std::int64_t offset,
                        std::int64_t limit);

// --- directories to delete
void add_trash(db::Tx&, const std::string& root, Micros now);
std::vector<std::string> trash(db::Tx&);
void delete_trash(db::Tx&, const std::string& root);

}  // namespace ob::catalog::store
