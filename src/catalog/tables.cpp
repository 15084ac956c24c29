#include "base/error.h"
#include "base/ids.h"
#include "catalog/names.h"
#include "catalog/service.h"

namespace ob::catalog {
namespace {

using identity::Privilege;

constexpr std::size_t kMaxViewSql = 1024 * 1024;

Error taken(const Name& name) {
  return conflict("catalog.tableExists",
                  "A table or view named " + name.text() + " is already there.");
}

Error changed(const Name& name) {
  return conflict("catalog.changed",
                  name.text() + " was changed or dropped at the same time. Try again.");
}

}  // namespace

std::vector<Table> CatalogService::tables(const Caller& caller, const Name& schema, bool dropped) {
  const auto parent = require_schema(caller, Privilege::browse, schema);
  std::vector<Table> out;
  if (dropped) {
    const auto rows = db_.reading([&](db::Tx& tx) {
      return store::dropped_tables(tx, fold(parent.catalog.name), fold(parent.schema.name),
                                   parent.schema.id, now_micros() - kRestorable);
    });
    for (const auto& row : rows) {
      if (identity_.permissions().may(caller, Privilege::browse, path_of_dropped(row, parent))) {
        out.push_back(row.table);
      }
    }
    return out;
  }
  const auto rows = db_.reading([&](db::Tx& tx) { return store::tables(tx, parent); });
  const bool all = identity_.permissions().may(caller, Privilege::browse, path_of(parent));
  for (const auto& row : rows) {
    if (all || identity_.permissions().may(caller, Privilege::browse, path_of(row)))
      out.push_back(row.table);
  }
  return out;
}

Table CatalogService::table(const Caller& caller, const Name& name) {
  return require_table(caller, Privilege::browse, name).table;
}

Opened CatalogService::open(const Caller& caller, const Name& name, Privilege privilege) {
  Opened opened{require_table(caller, privilege, name).table, nullptr};
  if (opened.table.kind == TableKind::view) {
    throw bad_request("catalog.isView", name.text() + " is a view, and this needs a table.");
  }
  opened.delta = delta_of(opened.table);
  return opened;
}

Table CatalogService::create_view(const Caller& caller, const Name& name, const std::string& sql,
                                  const Name& defaults, const std::string& comment,
                                  bool if_not_exists, bool or_replace) {
  const auto parent = require_schema(caller, Privilege::create, name);
  check_part(name.object, "name");
  check_comment(comment);
  if (sql.size() > kMaxViewSql) {
    throw too_large("catalog.viewTooLong", "The text of a view may be at most 1 MiB long.");
  }
  const auto existing = db_.reading([&](db::Tx& tx) {
    return store::find_table(tx, fold(name.catalog), fold(name.schema), fold(name.object));
  });
  const Micros now = now_micros();
  if (existing) {
    if (if_not_exists && existing->table.kind == TableKind::view) return existing->table;
    if (!or_replace || existing->table.kind != TableKind::view) throw taken(existing->table.name);
    require_privilege(caller, Privilege::manage, path_of(*existing));
    Table view = existing->table;
    view.view_sql = sql;
    view.view_defaults = {defaults.catalog, defaults.schema, ""};
    view.comment = comment;
    view.updated_at = now;
    if (!db_.writing([&](db::Tx& tx) { return store::replace_view(tx, view); })) {
      throw changed(name);
    }
    return view;
  }
  Table view;
  view.id = new_uuid();
  view.name = {parent.catalog.name, parent.schema.name, name.object};
  view.kind = TableKind::view;
  view.owner = caller.user_id;
  view.comment = comment;
  view.view_sql = sql;
  view.view_defaults = {defaults.catalog, defaults.schema, ""};
  view.created_at = view.updated_at = now;
  try {
    return publish(view, parent);
  } catch (const db::UniqueViolation&) {
    throw taken(view.name);
  }
}

void CatalogService::rename_table(const Caller& caller, const Name& name, const Name& fresh) {
  const auto row = require_table(caller, Privilege::manage, name);
  if (fold(fresh.catalog) != fold(row.catalog.name)) {
    throw bad_request("catalog.otherCatalog",
                      "A table can be moved to another schema of its catalog, not to another "
                      "catalog. Create it there with CREATE TABLE … AS SELECT instead.");
  }
  check_part(fresh.object, "name");
  store::SchemaRow target{row.schema, row.catalog};
  if (fold(fresh.schema) != fold(row.schema.name)) {
    target = require_schema(caller, Privilege::create, fresh);
  }
  const Name full{target.catalog.name, target.schema.name, fresh.object};
  try {
    db_.write([&](db::Tx& tx) {
      if (!store::schema_exists(tx, target.schema.id) ||
          !store::rename_table(tx, row.table.id, target.schema.id, fresh.object, now_micros())) {
        throw changed(name);
      }
    });
  } catch (const db::UniqueViolation&) {
    throw taken(full);
  }
}

void CatalogService::drop_table(const Caller& caller, const Name& name, bool if_exists,
                                std::optional<bool> view) {
  store::TableRow row;
  try {
    row = require_table(caller, Privilege::manage, name);
  } catch (const Error& error) {
    if (if_exists && error.status() == 404) return;
    throw;
  }
  const bool is_view = row.table.kind == TableKind::view;
  if (view && *view != is_view) {
    throw bad_request(is_view ? "catalog.isView" : "catalog.isTable",
                      is_view ? name.text() + " is a view. Use DROP VIEW."
                              : name.text() + " is a table. Use DROP TABLE.");
  }
  db_.write([&](db::Tx& tx) {
    if (!store::drop_table(tx, row, now_micros()) && !if_exists) throw changed(name);
  });
  cache_.erase(row.table.id);
}

// A schema or catalog that was made anew under the old name gives no rights over what was dropped
// with the old one.
Path CatalogService::path_of_dropped(const store::DroppedRow& row, const store::SchemaRow& parent) {
  Path path{{identity::ObjectType::table, row.table.id,
             Name{parent.catalog.name, parent.schema.name, row.table.name.object}.text(),
             row.table.owner}};
  if (row.schema_id == parent.schema.id) {
    for (auto& p : path_of(parent)) path.push_back(std::move(p));
  } else if (row.catalog_id == parent.catalog.id) {
    for (auto& p : path_of(parent.catalog)) path.push_back(std::move(p));
  }
  return path;
}

void CatalogService::undrop_table(const Caller& caller, const Name& name) {
  const Micros since = now_micros() - kRestorable;
  const auto parent = db_.reading(
      [&](db::Tx& tx) { return store::find_schema(tx, fold(name.catalog), fold(name.schema)); });
  const store::SchemaRow place = parent.value_or(
      store::SchemaRow{{"", name.catalog, name.schema, "", "", 0}, {"", name.catalog, "", "", 0}});
  auto rows = db_.reading([&](db::Tx& tx) {
    auto found =
        store::dropped_tables(tx, fold(name.catalog), fold(name.schema), place.schema.id, since);
    std::erase_if(found, [&](const store::DroppedRow& r) {
      return fold(r.table.name.object) != fold(name.object);
    });
    return found;
  });
  std::erase_if(rows, [&](const store::DroppedRow& r) {
    return !identity_.permissions().may(caller, Privilege::manage, path_of_dropped(r, place));
  });
  if (rows.empty()) {
    throw not_found("catalog.nothingToRestore", "No table " + name.text() +
                                                    " that you may restore was dropped within the "
                                                    "last 7 days.");
  }
  if (!parent) {
    throw conflict("catalog.schemaDropped",
                   "The schema of " + name.text() + " was dropped or renamed. Create schema " +
                       Name{name.catalog, name.schema, ""}.text() + ", then restore the table.");
  }
  require_privilege(caller, Privilege::create, path_of(place));
  try {
    db_.write([&](db::Tx& tx) {
      if (!store::schema_exists(tx, place.schema.id) ||
          !store::undrop_table(tx, rows.front().table.id, place.schema.id, now_micros())) {
        throw changed(name);
      }
    });
  } catch (const db::UniqueViolation&) {
    throw conflict("catalog.tableExists", "A table or view named " + name.text() +
                                              " is there now. Rename or drop it, then restore "
                                              "the dropped one.");
  }
}

}  // namespace ob::catalog
