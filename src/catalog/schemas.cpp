#include "base/error.h"
#include "base/ids.h"
#include "catalog/names.h"
#include "catalog/service.h"

namespace ob::catalog {
namespace {

using identity::Privilege;

Error exists(const Name& name) {
  return conflict("catalog.schemaExists", "A schema named " + name.text() + " is already there.");
}

}  // namespace

std::vector<Schema> CatalogService::schemas(const Caller& caller, const std::string& catalog) {
  const Catalog parent = require_catalog(caller, Privilege::browse, catalog);
  const auto rows = db_.reading([&](db::Tx& tx) { return store::schemas(tx, parent); });
  const bool all = identity_.permissions().may(caller, Privilege::browse, path_of(parent));
  std::vector<Schema> out;
  for (const auto& row : rows) {
    if (all || visible(caller, row)) out.push_back(row.schema);
  }
  return out;
}

Schema CatalogService::schema(const Caller& caller, const Name& name) {
  return require_schema(caller, Privilege::browse, name).schema;
}

Schema CatalogService::create_schema(const Caller& caller, const Name& name,
                                     const std::string& comment, bool if_not_exists) {
  const Catalog parent = require_catalog(caller, Privilege::create, name.catalog);
  check_new_schema(name.schema);
  check_comment(comment);
  Schema schema{new_uuid(), parent.name, name.schema, caller.user_id, comment, now_micros()};
  try {
    db_.write([&](db::Tx& tx) {
      const auto still = store::find_catalog(tx, fold(parent.name));
      if (!still || still->id != parent.id) {
        throw conflict("catalog.changed",
                       "The catalog was dropped or renamed at the same time. Try again.");
      }
      store::insert_schema(tx, parent.id, schema);
    });
  } catch (const db::UniqueViolation&) {
    if (!if_not_exists) throw exists({parent.name, name.schema, ""});
    return require_schema(caller, Privilege::browse, name).schema;
  }
  return schema;
}

void CatalogService::rename_schema(const Caller& caller, const Name& name,
                                   const std::string& fresh) {
  const auto row = require_schema(caller, Privilege::manage, name);
  check_new_schema(fresh);
  try {
    db_.write([&](db::Tx& tx) { store::rename_schema(tx, row.schema.id, fresh); });
  } catch (const db::UniqueViolation&) {
    throw exists({row.catalog.name, fresh, ""});
  }
}

void CatalogService::drop_schema(const Caller& caller, const Name& name, bool if_exists,
                                 bool cascade) {
  store::SchemaRow row;
  try {
    row = require_schema(caller, Privilege::manage, name);
  } catch (const Error& error) {
    if (if_exists && error.status() == 404) return;
    throw;
  }
  Contents dropped;
  db_.write([&](db::Tx& tx) {
    dropped = {};
    if (!cascade && !(store::tables(tx, row).empty() && store::volumes(tx, row).empty() &&
                      store::functions(tx, row).empty())) {
      throw conflict("catalog.notEmpty", "The schema " +
                                             Name{name.catalog, name.schema, ""}.text() +
                                             " is not empty. Drop what it holds, or drop it "
                                             "with CASCADE.");
    }
    drop_contents(tx, row, now_micros(), dropped);
  });
  after_drop(dropped);
}

void CatalogService::drop_contents(db::Tx& tx, const store::SchemaRow& row, Micros now,
                                   Contents& dropped) {
  for (const auto& table : store::tables(tx, row)) {
    store::drop_table(tx, table, now);
    dropped.tables.push_back(table);
  }
  for (const auto& volume : store::volumes(tx, row)) {
    store::add_trash(tx, volume.volume.root, now);
    store::delete_volume(tx, volume.volume.id);
    dropped.volumes.push_back(volume);
  }
  for (const auto& function : store::functions(tx, row)) {
    store::delete_function(tx, function.function.id);
    dropped.functions.push_back(function);
  }
  store::delete_schema(tx, row.schema.id);
  dropped.schemas.push_back(row);
}

// Dropped tables keep their grants, for UNDROP.
void CatalogService::after_drop(const Contents& dropped) {
  for (const auto& table : dropped.tables) cache_.erase(table.table.id);
  for (const auto& volume : dropped.volumes) {
    forget(path_of(volume));
    empty_trash(volume.volume.root);
  }
  for (const auto& function : dropped.functions) forget(path_of(function));
  for (const auto& schema : dropped.schemas) forget(path_of(schema));
}

}  // namespace ob::catalog
