#include "base/error.h"
#include "catalog/audited.h"
#include "catalog/migrations/migrations.h"
#include "catalog/names.h"
#include "catalog/service.h"

namespace ob::catalog {
namespace {

using identity::ObjectType;
using identity::Privilege;

std::string privilege_text(Privilege privilege) {
  switch (privilege) {
    case Privilege::browse:
      return "see";
    case Privilege::read:
      return "read";
    case Privilege::write:
      return "write to";
    case Privilege::create:
      return "create anything in";
    case Privilege::manage:
      return "manage";
  }
  throw internal("unknown privilege");
}

}  // namespace

Path path_of(const Catalog& c) {
  return {{ObjectType::catalog, c.id, Name{c.name, "", ""}.text(), c.owner, c.workspace}};
}

Path path_of(const store::SchemaRow& row) {
  const Schema& s = row.schema;
  Path path{{ObjectType::schema, s.id, Name{row.catalog.name, s.name, ""}.text(), s.owner}};
  for (auto& parent : path_of(row.catalog)) path.push_back(std::move(parent));
  return path;
}

Path path_of(const store::TableRow& row) {
  const Table& t = row.table;
  Path path{{ObjectType::table, t.id, t.name.text(), t.owner}};
  for (auto& parent : path_of(store::SchemaRow{row.schema, row.catalog})) {
    path.push_back(std::move(parent));
  }
  return path;
}

Path path_of(const store::VolumeRow& row) {
  const Volume& v = row.volume;
  Path path{{ObjectType::volume, v.id, v.name.text(), v.owner}};
  for (auto& parent : path_of(store::SchemaRow{row.schema, row.catalog})) {
    path.push_back(std::move(parent));
  }
  return path;
}

Path path_of(const store::FunctionRow& row) {
  const Function& f = row.function;
  Path path{{ObjectType::function, f.id, f.name.text(), f.owner}};
  for (auto& parent : path_of(store::SchemaRow{row.schema, row.catalog})) {
    path.push_back(std::move(parent));
  }
  return path;
}

Path server_path() {
  return {{ObjectType::server, "server", "this server", "system"}};
}

namespace {

// What locations in this store start with, when it is in the cloud; else "".
std::string remote_root(const objects::Store& store) {
  auto inside = store.location("x");
  if (!relay::is_remote(inside)) return "";
  inside.pop_back();
  return inside;
}

}  // namespace

CatalogService::CatalogService(db::Database& database, identity::Identity& identity,
                               std::shared_ptr<objects::Store> objects, delta::ParquetIo& parquet,
                               const Options& options)
    : db_(database),
      identity_(identity),
      objects_(std::move(objects)),
      parquet_(parquet),
      credentials_(database, identity, options.relay, remote_root(*objects_)),
      locations_(options.data_dir, options.external_locations, &credentials_) {}

void CatalogService::require_privilege(const Caller& caller, Privilege privilege,
                                       const Path& path) {
  if (identity_.permissions().may(caller, privilege, path)) return;
  identity_.permissions().require_unarchived(privilege, path);
  throw forbidden("catalog.forbidden", "You may not " + privilege_text(privilege) + " " +
                                           path.front().name +
                                           ". Its owner or an administrator can allow it.");
}

bool CatalogService::visible(const Caller& caller, const store::SchemaRow& row) {
  if (identity_.permissions().may(caller, Privilege::browse, path_of(row))) return true;
  const auto [tables, volumes] = db_.reading(
      [&](db::Tx& tx) { return std::pair(store::tables(tx, row), store::volumes(tx, row)); });
  for (const auto& table : tables) {
    if (identity_.permissions().may(caller, Privilege::browse, path_of(table))) return true;
  }
  for (const auto& volume : volumes) {
    if (identity_.permissions().may(caller, Privilege::browse, path_of(volume))) return true;
  }
  return false;
}

bool CatalogService::visible(const Caller& caller, const Catalog& catalog) {
  if (identity_.permissions().may(caller, Privilege::browse, path_of(catalog))) return true;
  const auto schemas = db_.reading([&](db::Tx& tx) { return store::schemas(tx, catalog); });
  for (const auto& schema : schemas) {
    if (visible(caller, schema)) return true;
  }
  return false;
}

Catalog CatalogService::require_catalog(const Caller& caller, Privilege privilege,
                                        const std::string& name) {
  const auto found = db_.reading([&](db::Tx& tx) { return store::find_catalog(tx, fold(name)); });
  if (!found || !visible(caller, *found)) {
    throw not_found("catalog.catalogNotFound",
                    "There is no catalog " + Name{name, "", ""}.text() + " that you may see.");
  }
  if (privilege != Privilege::browse) require_privilege(caller, privilege, path_of(*found));
  return *found;
}

store::SchemaRow CatalogService::require_schema(const Caller& caller, Privilege privilege,
                                                const Name& name) {
  const auto found = db_.reading(
      [&](db::Tx& tx) { return store::find_schema(tx, fold(name.catalog), fold(name.schema)); });
  if (!found || !visible(caller, *found)) {
    throw not_found(
        "catalog.schemaNotFound",
        "There is no schema " + Name{name.catalog, name.schema, ""}.text() + " that you may see.");
  }
  if (privilege != Privilege::browse) require_privilege(caller, privilege, path_of(*found));
  return *found;
}

store::TableRow CatalogService::require_table(const Caller& caller, Privilege privilege,
                                              const Name& name) {
  const auto found = db_.reading([&](db::Tx& tx) {
    return store::find_table(tx, fold(name.catalog), fold(name.schema), fold(name.object));
  });
  if (!found || !identity_.permissions().may(caller, Privilege::browse, path_of(*found))) {
    throw not_found("catalog.tableNotFound",
                    "There is no table or view " + name.text() + " that you may see.");
  }
  if (privilege != Privilege::browse) require_privilege(caller, privilege, path_of(*found));
  return *found;
}

store::VolumeRow CatalogService::require_volume(const Caller& caller, Privilege privilege,
                                                const Name& name) {
  const auto found = db_.reading([&](db::Tx& tx) {
    return store::find_volume(tx, fold(name.catalog), fold(name.schema), fold(name.object));
  });
  if (!found || !identity_.permissions().may(caller, Privilege::browse, path_of(*found))) {
    throw not_found("catalog.volumeNotFound",
                    "There is no volume " + name.text() + " that you may see.");
  }
  if (privilege != Privilege::browse) require_privilege(caller, privilege, path_of(*found));
  return *found;
}

void CatalogService::require(const Caller& caller, Privilege privilege, ObjectType type,
                             const Name& name) {
  switch (type) {
    case ObjectType::server:
      return require_privilege(caller, privilege, server_path());
    case ObjectType::catalog:
      require_catalog(caller, privilege, name.catalog);
      return;
    case ObjectType::schema:
      require_schema(caller, privilege, name);
      return;
    case ObjectType::table:
      require_table(caller, privilege, name);
      return;
    case ObjectType::volume:
      require_volume(caller, privilege, name);
      return;
    default:
      break;
  }
  throw internal("the catalog does not hold this type of object");
}

std::vector<Privilege> CatalogService::table_privileges(const Caller& caller, const Name& name) {
  const auto path = path_of(require_table(caller, Privilege::browse, name));
  std::vector<Privilege> out;
  for (const auto privilege : {Privilege::read, Privilege::write, Privilege::manage})
    if (identity_.permissions().may(caller, privilege, path)) out.push_back(privilege);
  return out;
}

void CatalogService::comment(const Caller& caller, ObjectType type, const Name& name,
                             const std::string& text) {
  check_comment(text);
  std::string id, own_name;
  switch (type) {
    case ObjectType::catalog: {
      const Catalog found = require_catalog(caller, Privilege::manage, name.catalog);
      id = found.id, own_name = found.name;
      break;
    }
    case ObjectType::schema: {
      const Schema found = require_schema(caller, Privilege::manage, name).schema;
      id = found.id, own_name = found.name;
      break;
    }
    case ObjectType::table: {
      const Table found = require_table(caller, Privilege::manage, name).table;
      id = found.id, own_name = found.name.object;
      break;
    }
    case ObjectType::volume: {
      const Volume found = require_volume(caller, Privilege::manage, name).volume;
      id = found.id, own_name = found.name.object;
      break;
    }
    default:
      throw internal("the catalog keeps no comment on this type of object");
  }
  db_.write([&](db::Tx& tx) { store::set_comment(tx, type, id, own_name, text, now_micros()); });
}

std::string CatalogService::owner_name(const std::string& user_id) {
  return identity_.display_name(user_id);
}

void CatalogService::forget(const Path& path) {
  identity_.permissions().forget(path.front());
}

// Tells identity what users call the objects of the catalog.
void CatalogService::name_objects() {
  identity::Permissions& permissions = identity_.permissions();
  permissions.set_resolver(ObjectType::server, [this](const Caller& caller, const std::string&) {
    auto path = server_path();
    identity_.permissions().require(caller, Privilege::browse, path);
    return path;
  });
  permissions.set_resolver(
      ObjectType::catalog, [this](const Caller& caller, const std::string& name) {
        return path_of(require_catalog(caller, Privilege::browse, parse_name(name, 1).catalog));
      });
  permissions.set_resolver(
      ObjectType::schema, [this](const Caller& caller, const std::string& name) {
        return path_of(require_schema(caller, Privilege::browse, parse_name(name, 2)));
      });
  permissions.set_resolver(
      ObjectType::table, [this](const Caller& caller, const std::string& name) {
        return path_of(require_table(caller, Privilege::browse, parse_name(name)));
      });
  permissions.set_resolver(
      ObjectType::function, [this](const Caller& caller, const std::string& name) {
        return path_of(require_function(caller, Privilege::browse, parse_name(name)));
      });
  permissions.set_resolver(
      ObjectType::volume, [this](const Caller& caller, const std::string& name) {
        return path_of(require_volume(caller, Privilege::browse, parse_name(name)));
      });
  for (const auto type : {ObjectType::catalog, ObjectType::schema, ObjectType::table,
                          ObjectType::volume, ObjectType::function}) {
    permissions.set_transfer(type, [this, type](const auto& object, const auto& owner) {
      const bool there =
          db_.writing([&](db::Tx& tx) { return store::set_owner(tx, type, object.id, owner); });
      if (!there) throw conflict("catalog.changed", object.name + " was dropped meanwhile.");
    });
  }
}

std::unique_ptr<Service> open(db::Database& database, identity::Identity& identity,
                              std::shared_ptr<objects::Store> objects, delta::ParquetIo& parquet,
                              const Options& options) {
  database.migrate("catalog", migrations());
  auto service =
      std::make_unique<AuditedCatalog>(database, identity, std::move(objects), parquet, options);
  service->claim_store();
  service->ensure_main();
  service->open_credentials();
  service->name_objects();
  return service;
}

}  // namespace ob::catalog
