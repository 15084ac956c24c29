#include "catalog/audited.h"

namespace ob::catalog {

using identity::ObjectType;
using identity::Privilege;

std::string AuditedCatalog::id_of(const Caller& caller, std::string_view type, const Name& name) {
  try {
    if (type == "catalog") return CatalogService::catalog(caller, name.catalog).id;
    if (type == "schema") return CatalogService::schema(caller, name).id;
    if (type == "table") return CatalogService::table(caller, name).id;
    if (type == "volume") return CatalogService::volume(caller, name, Privilege::browse).id;
    if (type == "function") return CatalogService::function(caller, name, Privilege::browse).id;
  } catch (const Error&) {
    return {};  // not there, or hidden: the act itself says so
  }
  return {};
}

template <class Fn>
auto AuditedCatalog::upon(const Caller& caller, const char* action, const char* type,
                          const Name& name, Fn fn) {
  audit_.require_working();
  auto event = audit::event_of(caller, action, {type, id_of(caller, type, name), name.text()});
  return audit::act(audit_, std::move(event), [&](audit::Event& e) { return fn(e); });
}

Catalog AuditedCatalog::create_catalog(const Caller& caller, const std::string& name,
                                       const std::string& comment, bool if_not_exists,
                                       const std::string& workspace) {
  auto event =
      audit::event_of(caller, "catalog.create", {"catalog", "", Name{name, "", ""}.text()});
  return audit::act(audit_, std::move(event), [&](audit::Event& e) {
    Catalog made = CatalogService::create_catalog(caller, name, comment, if_not_exists, workspace);
    e.object.id = made.id;
    return made;
  });
}

void AuditedCatalog::move_catalog(const Caller& caller, const std::string& name,
                                  const std::string& workspace) {
  upon(caller, "catalog.move", "catalog", {name, "", ""}, [&](audit::Event& e) {
    e.details["workspace"] = workspace;
    CatalogService::move_catalog(caller, name, workspace);
  });
}

void AuditedCatalog::rename_catalog(const Caller& caller, const std::string& name,
                                    const std::string& fresh) {
  upon(caller, "catalog.rename", "catalog", {name, "", ""}, [&](audit::Event& e) {
    e.details["name"] = fresh;
    CatalogService::rename_catalog(caller, name, fresh);
  });
}

void AuditedCatalog::drop_catalog(const Caller& caller, const std::string& name, bool if_exists,
                                  bool cascade) {
  upon(caller, "catalog.drop", "catalog", {name, "", ""}, [&](audit::Event& e) {
    e.details["cascade"] = cascade;
    CatalogService::drop_catalog(caller, name, if_exists, cascade);
  });
}

Schema AuditedCatalog::create_schema(const Caller& caller, const Name& name,
                                     const std::string& comment, bool if_not_exists) {
  auto event = audit::event_of(caller, "schema.create", {"schema", "", name.text()});
  return audit::act(audit_, std::move(event), [&](audit::Event& e) {
    Schema made = CatalogService::create_schema(caller, name, comment, if_not_exists);
    e.object.id = made.id;
    return made;
  });
}

void AuditedCatalog::rename_schema(const Caller& caller, const Name& name,
                                   const std::string& fresh) {
  upon(caller, "schema.rename", "schema", name, [&](audit::Event& e) {
    e.details["name"] = fresh;
    CatalogService::rename_schema(caller, name, fresh);
  });
}

void AuditedCatalog::drop_schema(const Caller& caller, const Name& name, bool if_exists,
                                 bool cascade) {
  upon(caller, "schema.drop", "schema", name, [&](audit::Event& e) {
    e.details["cascade"] = cascade;
    CatalogService::drop_schema(caller, name, if_exists, cascade);
  });
}

// Statements tell of their own reads and writes, with more about them.
Opened AuditedCatalog::open(const Caller& caller, const Name& name, Privilege privilege) {
  if (privilege == Privilege::browse || !caller.statement.empty() || caller.user_id == "system")
    return CatalogService::open(caller, name, privilege);
  auto event =
      audit::event_of(caller, privilege == Privilege::read ? "table.inspect" : "table.write",
                      {"table", "", name.text()});
  return audit::act(
      audit_, std::move(event),
      [&](audit::Event& e) {
        Opened opened = CatalogService::open(caller, name, privilege);
        e.object.id = opened.table.id;
        return opened;
      },
      privilege == Privilege::read ? audit::Kind::read : audit::Kind::change);
}

Table AuditedCatalog::create_table(const Caller& caller, const Name& name,
                                   const std::string& external_location, const std::string& comment,
                                   bool if_not_exists, bool or_replace,
                                   const std::function<void(delta::Table&)>& build) {
  auto event = audit::event_of(caller, "table.create", {"table", "", name.text()});
  if (or_replace) event.details["or_replace"] = true;
  if (!external_location.empty()) event.details["external"] = true;
  return audit::act(audit_, std::move(event), [&](audit::Event& e) {
    Table made = CatalogService::create_table(caller, name, external_location, comment,
                                              if_not_exists, or_replace, build);
    e.object.id = made.id;
    return made;
  });
}

Table AuditedCatalog::create_view(const Caller& caller, const Name& name, const std::string& sql,
                                  const Name& defaults, const std::string& comment,
                                  bool if_not_exists, bool or_replace) {
  auto event = audit::event_of(caller, "view.create", {"table", "", name.text()});
  if (or_replace) event.details["or_replace"] = true;
  return audit::act(audit_, std::move(event), [&](audit::Event& e) {
    Table made = CatalogService::create_view(caller, name, sql, defaults, comment, if_not_exists,
                                             or_replace);
    e.object.id = made.id;
    return made;
  });
}

void AuditedCatalog::rename_table(const Caller& caller, const Name& name, const Name& fresh) {
  upon(caller, "table.rename", "table", name, [&](audit::Event& e) {
    e.details["name"] = fresh.text();
    CatalogService::rename_table(caller, name, fresh);
  });
}

void AuditedCatalog::drop_table(const Caller& caller, const Name& name, bool if_exists,
                                std::optional<bool> view) {
  upon(caller, "table.drop", "table", name,
       [&](audit::Event&) { CatalogService::drop_table(caller, name, if_exists, view); });
}

void AuditedCatalog::undrop_table(const Caller& caller, const Name& name) {
  upon(caller, "table.undrop", "table", name, [&](audit::Event& e) {
    CatalogService::undrop_table(caller, name);
    e.object.id = id_of(caller, "table", name);
  });
}

void AuditedCatalog::comment(const Caller& caller, ObjectType type, const Name& name,
                             const std::string& text) {
  const std::string words(identity::to_text(type));
  const std::string action = words + ".comment";
  upon(caller, action.c_str(), words.c_str(), name,
       [&](audit::Event&) { CatalogService::comment(caller, type, name, text); });
}

Volume AuditedCatalog::create_volume(const Caller& caller, const Name& name,
                                     const std::string& comment, bool if_not_exists) {
  auto event = audit::event_of(caller, "volume.create", {"volume", "", name.text()});
  return audit::act(audit_, std::move(event), [&](audit::Event& e) {
    Volume made = CatalogService::create_volume(caller, name, comment, if_not_exists);
    e.object.id = made.id;
    return made;
  });
}

void AuditedCatalog::drop_volume(const Caller& caller, const Name& name, bool if_exists) {
  upon(caller, "volume.drop", "volume", name,
       [&](audit::Event&) { CatalogService::drop_volume(caller, name, if_exists); });
}

Function AuditedCatalog::create_function(const Caller& caller, const Function& function,
                                         bool if_not_exists, bool or_replace) {
  auto event = audit::event_of(caller, "function.create", {"function", "", function.name.text()});
  return audit::act(audit_, std::move(event), [&](audit::Event& e) {
    Function made = CatalogService::create_function(caller, function, if_not_exists, or_replace);
    e.object.id = made.id;
    return made;
  });
}

void AuditedCatalog::drop_function(const Caller& caller, const Name& name, bool if_exists) {
  upon(caller, "function.drop", "function", name,
       [&](audit::Event&) { CatalogService::drop_function(caller, name, if_exists); });
}

void AuditedCatalog::set_policy(const Caller& caller, const Name& table, const std::string& column,
                                const std::optional<Name>& function,
                                const std::vector<std::string>& columns) {
  upon(caller, column.empty() ? "table.setRowFilter" : "table.setColumnMask", "table", table,
       [&](audit::Event& e) {
         if (!column.empty()) e.details["column"] = column;
         e.details["function"] = function ? function->text() : "";
         CatalogService::set_policy(caller, table, column, function, columns);
       });
}

StorageCredential AuditedCatalog::create_storage_credential(const Caller& caller,
                                                            const std::string& name,
                                                            const std::vector<std::string>& urls,
                                                            const objects::Credentials& secrets) {
  auto event =
      audit::event_of(caller, "storageCredential.create", {"storage_credential", "", name});
  return audit::act(audit_, std::move(event), [&](audit::Event& e) {
    auto made = CatalogService::create_storage_credential(caller, name, urls, secrets);
    e.object.id = made.id;
    return made;
  });
}

StorageCredential AuditedCatalog::change_storage_credential(
    const Caller& caller, const std::string& name,
    const std::optional<std::vector<std::string>>& urls,
    const std::optional<objects::Credentials>& secrets) {
  return upon(caller, "storageCredential.change", "storage_credential", {name, "", ""},
              [&](audit::Event& e) {
                e.object.name = name;
                e.details["urls"] = urls.has_value();
                e.details["secrets"] = secrets.has_value();
                auto made = CatalogService::change_storage_credential(caller, name, urls, secrets);
                e.object.id = made.id;
                return made;
              });
}

std::vector<std::pair<std::string, std::optional<Error>>> AuditedCatalog::test_storage_credential(
    const Caller& caller, const std::string& name) {
  return upon(caller, "storageCredential.test", "storage_credential", {name, "", ""},
              [&](audit::Event& e) {
                e.object.name = name;
                return CatalogService::test_storage_credential(caller, name);
              });
}

void AuditedCatalog::drop_storage_credential(const Caller& caller, const std::string& name) {
  upon(caller, "storageCredential.drop", "storage_credential", {name, "", ""},
       [&](audit::Event& e) {
         e.object.name = name;
         CatalogService::drop_storage_credential(caller, name);
       });
}

void AuditedCatalog::share_catalog(const Caller& caller, const std::string& name,
                                   Privilege privilege) {
  upon(caller, "catalog.share", "catalog", {name, "", ""}, [&](audit::Event& e) {
    e.details["privilege"] = identity::to_text(privilege);
    CatalogService::share_catalog(caller, name, privilege);
  });
}

}  // namespace ob::catalog
