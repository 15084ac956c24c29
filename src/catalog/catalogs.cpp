#include "base/error.h"
#include "base/ids.h"
#include "catalog/names.h"
#include "catalog/service.h"

namespace ob::catalog {
namespace {

using identity::Privilege;

Error exists(const std::string& name) {
  return conflict("catalog.catalogExists",
                  "A catalog named " + Name{name, "", ""}.text() + " is already there.");
}

// Other parts rely on it, and unqualified names refer to it.
void refuse_main(const Catalog& catalog, const char* what) {
  if (fold(catalog.name) == "main") {
    throw bad_request(
        "catalog.isDefault",
        std::string("The catalog main is the default one and cannot be ") + what + ".");
  }
}

// The administrator who set the server up owns what is there from the start.
std::string first_owner(identity::Identity& identity) {
  const identity::User* first = nullptr;
  const auto users = identity.users(identity::Identity::system());
  for (const auto& user : users) {
    if (user.admin && (first == nullptr || user.created_at < first->created_at)) first = &user;
  }
  return first != nullptr ? first->id : identity::Identity::system().user_id;
}

}  // namespace

void CatalogService::ensure_main() {
  const auto present =
      db_.reading([&](db::Tx& tx) { return store::find_catalog(tx, "main").has_value(); });
  if (present) return;
  const std::string owner = first_owner(identity_);
  const Micros now = now_micros();
  const Catalog catalog{new_uuid(), "main", owner, "", now, ""};
  const Schema schema{new_uuid(), "main", "default", owner, "", now};
  db_.write([&](db::Tx& tx) {
    if (store::find_catalog(tx, "main")) return;  // another process was quicker
    store::insert_catalog(tx, catalog);
    store::insert_schema(tx, catalog.id, schema);
  });
}

std::vector<Catalog> CatalogService::catalogs(const Caller& caller) {
  auto all = db_.reading([](db::Tx& tx) { return store::catalogs(tx); });
  std::erase_if(all, [&](const Catalog& c) { return !visible(caller, c); });
  return all;
}

Catalog CatalogService::catalog(const Caller& caller, const std::string& name) {
  return require_catalog(caller, Privilege::browse, name);
}

Catalog CatalogService::create_catalog(const Caller& caller, const std::string& name,
                                       const std::string& comment, bool if_not_exists,
                                       const std::string& workspace) {
  require_catalog_place(caller, workspace);
  check_new_catalog(name);
  check_comment(comment);
  const Micros now = now_micros();
  const Catalog catalog{new_uuid(), name, caller.user_id, comment, now, workspace};
  const Schema schema{new_uuid(), name, "default", caller.user_id, "", now};
  try {
    db_.write([&](db::Tx& tx) {
      store::insert_catalog(tx, catalog);
      store::insert_schema(tx, catalog.id, schema);
    });
  } catch (const db::UniqueViolation&) {
    if (!if_not_exists) throw exists(name);
    return require_catalog(caller, Privilege::browse, name);
  }
  return catalog;
}

void CatalogService::require_catalog_place(const Caller& caller, const std::string& workspace) {
  if (workspace.empty()) return require_privilege(caller, Privilege::create, server_path());
  require_privilege(
      caller, Privilege::create,
      identity_.permissions().resolve(caller, identity::ObjectType::workspace, workspace));
}

void CatalogService::move_catalog(const Caller& caller, const std::string& name,
                                  const std::string& workspace) {
  const Catalog catalog = require_catalog(caller, Privilege::manage, name);
  if (catalog.workspace == workspace) return;
  require_catalog_place(caller, workspace);
  db_.write([&](db::Tx& tx) { store::move_catalog(tx, catalog.id, workspace); });
}

std::int64_t CatalogService::catalogs_of(const std::string& workspace) {
  return db_.reading([&](db::Tx& tx) { return store::catalogs_of(tx, workspace); });
}

void CatalogService::rename_catalog(const Caller& caller, const std::string& name,
                                    const std::string& fresh) {
  const Catalog catalog = require_catalog(caller, Privilege::manage, name);
  check_new_catalog(fresh);
  refuse_main(catalog, "renamed");
  try {
    db_.write([&](db::Tx& tx) { store::rename_catalog(tx, catalog.id, fresh); });
  } catch (const db::UniqueViolation&) {
    throw exists(fresh);
  }
}

void CatalogService::drop_catalog(const Caller& caller, const std::string& name, bool if_exists,
                                  bool cascade) {
  Catalog catalog;
  try {
    catalog = require_catalog(caller, Privilege::manage, name);
  } catch (const Error& error) {
    if (if_exists && error.status() == 404) return;
    throw;
  }
  refuse_main(catalog, "dropped");
  Contents dropped;
  db_.write([&](db::Tx& tx) {
    dropped = {};
    for (const auto& schema : store::schemas(tx, catalog)) {
      // The schema `default` comes with the catalog, and goes with it when it is empty.
      const bool own = fold(schema.schema.name) == "default" && store::tables(tx, schema).empty() &&
                       store::volumes(tx, schema).empty() && store::functions(tx, schema).empty();
      if (!cascade && !own) {
        throw conflict("catalog.notEmpty", "The catalog " + Name{name, "", ""}.text() +
                                               " is not empty. Drop what it holds, or drop it "
                                               "with CASCADE.");
      }
      drop_contents(tx, schema, now_micros(), dropped);
    }
    store::delete_catalog(tx, catalog.id);
  });
  after_drop(dropped);
  forget(path_of(catalog));
}

void CatalogService::share_catalog(const Caller& caller, const std::string& name,
                                   Privilege privilege) {
  const Catalog catalog = require_catalog(caller, Privilege::manage, name);
  identity_.permissions().grant(caller, path_of(catalog), std::string(identity::everyone),
                                {.privileges = {privilege}});
}

}  // namespace ob::catalog
