#include "catalog/store.h"

#include "base/error.h"
#include "catalog/names.h"
#include "catalog/rows.h"

namespace ob::catalog::store {

// --- catalogs

std::vector<Catalog> catalogs(db::Tx& tx) {
  std::vector<Catalog> out;
  for (const auto& row : tx.query(std::string("SELECT ") + kCatalogColumns +
                                  " FROM catalog_catalogs c ORDER BY c.name_key")) {
    out.push_back(read_catalog(row, 0));
  }
  return out;
}

std::optional<Catalog> find_catalog(db::Tx& tx, const std::string& key) {
  const auto row = tx.query_one(
      std::string("SELECT ") + kCatalogColumns + " FROM catalog_catalogs c WHERE c.name_key = $1",
      {key});
  if (!row) return std::nullopt;
  return read_catalog(*row, 0);
}

void insert_catalog(db::Tx& tx, const Catalog& catalog) {
  tx.execute(
      "INSERT INTO catalog_catalogs (id, name, name_key, owner, comment, search_text, created_at, "
      "workspace_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      {catalog.id, catalog.name, fold(catalog.name), catalog.owner, catalog.comment,
       search_text(catalog.name, catalog.comment), catalog.created_at, catalog.workspace});
}

void rename_catalog(db::Tx& tx, const std::string& id, const std::string& name) {
  const auto row = tx.query_one("SELECT comment FROM catalog_catalogs WHERE id = $1", {id});
  if (!row) return;
  tx.execute("UPDATE catalog_catalogs SET name = $2, name_key = $3, search_text = $4 WHERE id = $1",
             {id, name, fold(name), search_text(name, row->text(0))});
}

void delete_catalog(db::Tx& tx, const std::string& id) {
  tx.execute("DELETE FROM catalog_catalogs WHERE id = $1", {id});
}

void move_catalog(db::Tx& tx, const std::string& id, const std::string& workspace) {
  tx.execute("UPDATE catalog_catalogs SET workspace_id = $2 WHERE id = $1", {id, workspace});
}

std::int64_t catalogs_of(db::Tx& tx, const std::string& workspace) {
  return tx.query("SELECT count(*) FROM catalog_catalogs WHERE workspace_id = $1", {workspace})
      .at(0)
      .integer(0);
}

bool set_owner(db::Tx& tx, identity::ObjectType type, const std::string& id,
               const std::string& owner) {
  using enum identity::ObjectType;
  const auto table_name = [&]() -> std::string {
    if (type == catalog) return "catalog_catalogs";
    if (type == schema) return "catalog_schemas";
    if (type == table) return "catalog_tables";
    if (type == volume) return "catalog_volumes";
    if (type == function) return "catalog_functions";
    throw internal("the catalog keeps no owner of this type of object");
  }();
  return tx.execute("UPDATE " + table_name + " SET owner = $2 WHERE id = $1", {id, owner}) > 0;
}

// --- schemas

std::vector<SchemaRow> schemas(db::Tx& tx, const Catalog& catalog) {
  std::vector<SchemaRow> out;
  for (const auto& row :
       tx.query(std::string("SELECT ") + kSchemaColumns +
                    " FROM catalog_schemas s WHERE s.catalog_id = $1 ORDER BY s.name_key",
                {catalog.id})) {
    out.push_back({read_schema(row, 0, catalog), catalog});
  }
  return out;
}

std::optional<SchemaRow> find_schema(db::Tx& tx, const std::string& catalog_key,
                                     const std::string& schema_key) {
  const auto row =
      tx.query_one(std::string("SELECT ") + kSchemaColumns + ", " + kCatalogColumns +
                       " FROM catalog_catalogs c JOIN catalog_schemas s ON s.catalog_id = c.id "
                       "WHERE c.name_key = $1 AND s.name_key = $2",
                   {catalog_key, schema_key});
  if (!row) return std::nullopt;
  const Catalog catalog = read_catalog(*row, kSchemaWidth);
  return SchemaRow{read_schema(*row, 0, catalog), catalog};
}

bool schema_exists(db::Tx& tx, const std::string& id) {
  return tx.query_one("SELECT 1 FROM catalog_schemas WHERE id = $1", {id}).has_value();
}

void insert_schema(db::Tx& tx, const std::string& catalog_id, const Schema& schema) {
  tx.execute(
      "INSERT INTO catalog_schemas "
      "(id, catalog_id, name, name_key, owner, comment, search_text, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      {schema.id, catalog_id, schema.name, fold(schema.name), schema.owner, schema.comment,
       search_text(schema.name, schema.comment), schema.created_at});
}

void rename_schema(db::Tx& tx, const std::string& id, const std::string& name) {
  const auto row = tx.query_one("SELECT comment FROM catalog_schemas WHERE id = $1", {id});
  if (!row) return;
  tx.execute("UPDATE catalog_schemas SET name = $2, name_key = $3, search_text = $4 WHERE id = $1",
             {id, name, fold(name), search_text(name, row->text(0))});
}

void delete_schema(db::Tx& tx, const std::string& id) {
  tx.execute("DELETE FROM catalog_schemas WHERE id = $1", {id});
}

// --- volumes

std::vector<VolumeRow> volumes(db::Tx& tx, const SchemaRow& parent) {
  std::vector<VolumeRow> out;
  for (const auto& row :
       tx.query(std::string("SELECT ") + kVolumeColumns +
                    " FROM catalog_volumes v WHERE v.schema_id = $1 ORDER BY v.name_key",
                {parent.schema.id})) {
    out.push_back({read_volume(row, 0, parent.schema), parent.schema, parent.catalog});
  }
  return out;
}

std::optional<VolumeRow> find_volume(db::Tx& tx, const std::string& catalog_key,
                                     const std::string& schema_key, const std::string& volume_key) {
  const auto row = tx.query_one(
      std::string("SELECT ") + kVolumeColumns + ", " + kSchemaColumns + ", " + kCatalogColumns +
          " FROM catalog_catalogs c JOIN catalog_schemas s ON s.catalog_id = c.id "
          "JOIN catalog_volumes v ON v.schema_id = s.id "
          "WHERE c.name_key = $1 AND s.name_key = $2 AND v.name_key = $3",
      {catalog_key, schema_key, volume_key});
  if (!row) return std::nullopt;
  const Catalog catalog = read_catalog(*row, kVolumeWidth + kSchemaWidth);
  const Schema schema = read_schema(*row, kVolumeWidth, catalog);
  return VolumeRow{read_volume(*row, 0, schema), schema, catalog};
}

void insert_volume(db::Tx& tx, const std::string& schema_id, const Volume& volume) {
  tx.execute(
      "INSERT INTO catalog_volumes "
      "(id, schema_id, name, name_key, owner, comment, search_text, root, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      {volume.id, schema_id, volume.name.object, fold(volume.name.object), volume.owner,
       volume.comment, search_text(volume.name.object, volume.comment), volume.root,
       volume.created_at});
}

void delete_volume(db::Tx& tx, const std::string& id) {
  tx.execute("DELETE FROM catalog_volumes WHERE id = $1", {id});
}

bool set_comment(db::Tx& tx, identity::ObjectType type, const std::string& id,
                 const std::string& name, const std::string& comment, Micros now) {
  using enum identity::ObjectType;
  const std::string text = search_text(name, comment);
  switch (type) {
    case table:
      return tx.execute(
                 "UPDATE catalog_tables SET comment = $2, search_text = $3, updated_at = $4 "
                 "WHERE id = $1 AND dropped_at IS NULL",
                 {id, comment, text, now}) > 0;
    case catalog:
      return tx.execute("UPDATE catalog_catalogs SET comment = $2, search_text = $3 WHERE id = $1",
                        {id, comment, text}) > 0;
    case schema:
      return tx.execute("UPDATE catalog_schemas SET comment = $2, search_text = $3 WHERE id = $1",
                        {id, comment, text}) > 0;
    case volume:
      return tx.execute("UPDATE catalog_volumes SET comment = $2, search_text = $3 WHERE id = $1",
                        {id, comment, text}) > 0;
    default:
      break;
  }
  throw internal("the catalog keeps no comment on this type of object");
}

// --- directories to delete

void add_trash(db::Tx& tx, const std::string& root, Micros now) {
  tx.execute(
      "INSERT INTO catalog_trash (root, created_at) VALUES ($1, $2) ON CONFLICT (root) DO NOTHING",
      {root, now});
}

std::vector<std::string> trash(db::Tx& tx) {
  std::vector<std::string> out;
  for (const auto& row : tx.query("SELECT root FROM catalog_trash ORDER BY created_at")) {
    out.push_back(row.text(0));
  }
  return out;
}

void delete_trash(db::Tx& tx, const std::string& root) {
  tx.execute("DELETE FROM catalog_trash WHERE root = $1", {root});
}

}  // namespace ob::catalog::store
