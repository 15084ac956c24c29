// Creation of tables. Order, so that a crash at any point shows nothing half made: the directory
// and its first commit come first, the row that publishes them last. What a crash leaves is a
// directory that no row names, which purge() deletes.
#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "catalog/names.h"
#include "catalog/service.h"

namespace ob::catalog {
namespace {

using identity::Privilege;

Error taken(const Name& name) {
  return conflict("catalog.tableExists",
                  "A table or view named " + name.text() +
                      " is already there. Choose another name, or use OR REPLACE or IF NOT "
                      "EXISTS.");
}

// Another table's files must never come under this one's VACUUM, nor the other way round. The same
// directory may be registered again when it holds a Delta table.
void refuse_overlap(db::Tx& tx, const std::string& path, bool has_log) {
  for (const auto& other : store::external_locations(tx)) {
    if (!overlaps(path, other) || (path == other && has_log)) continue;
    throw conflict("catalog.locationTaken",
                   "The location lies over the directory of another table. Choose one that "
                   "neither holds nor lies inside it.");
  }
}

bool has_delta_log(const Locations::Place& place) {
  const std::string log = place.root + "/_delta_log/";
  return !place.store->list(log, "", 1, false).empty();
}

// Keeps a directory in the making from purge() while it is being filled.
class Reservation {
 public:
  Reservation(std::mutex& mutex, std::set<std::string>& roots, std::string root)
      : mutex_(mutex), roots_(roots), root_(std::move(root)) {
    const std::lock_guard lock(mutex_);
    roots_.insert(root_);
  }
  ~Reservation() {
    const std::lock_guard lock(mutex_);
    roots_.erase(root_);
  }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

 private:
  std::mutex& mutex_;
  std::set<std::string>& roots_;
  const std::string root_;
};

}  // namespace

std::shared_ptr<delta::Table> CatalogService::delta_of(const Table& table) {
  if (table.kind == TableKind::external) {
    auto place = locations_.place(table.location);
    return cache_.get(table.id, place.store, [&] {
      return delta::open_table(place.store, place.root, parquet_, housekeeper_.get());
    });
  }
  return cache_.get(table.id, objects_, [&] {
    return delta::open_table(objects_, table.location, parquet_, housekeeper_.get());
  });
}

Table CatalogService::publish(const Table& table, const store::SchemaRow& parent) {
  db_.write([&](db::Tx& tx) {
    if (!store::schema_exists(tx, parent.schema.id)) {
      throw conflict("catalog.changed",
                     "The schema of " + table.name.text() + " was dropped at the same time.");
    }
    store::insert_table(tx, parent.schema.id, table);
  });
  return table;
}

Table CatalogService::create_table(const Caller& caller, const Name& name,
                                   const std::string& external_location, const std::string& comment,
                                   bool if_not_exists, bool or_replace,
                                   const std::function<void(delta::Table&)>& build) {
  const auto parent = require_schema(caller, Privilege::create, name);
  if (!external_location.empty()) require_privilege(caller, Privilege::create, server_path());
  check_part(name.object, "name");
  check_comment(comment);
  const auto existing = db_.reading([&](db::Tx& tx) {
    return store::find_table(tx, fold(name.catalog), fold(name.schema), fold(name.object));
  });
  if (existing) {
    const bool is_view = existing->table.kind == TableKind::view;
    if (if_not_exists && !is_view) return existing->table;
    if (or_replace && !is_view) {
      return replace_table(caller, *existing, external_location, comment, build);
    }
    throw taken(existing->table.name);
  }
  Table table;
  table.id = new_uuid();
  table.name = {parent.catalog.name, parent.schema.name, name.object};
  table.owner = caller.user_id;
  table.comment = comment;
  if (!external_location.empty()) {
    return create_external(table, parent, external_location, if_not_exists, build);
  }
  return create_managed(table, parent, if_not_exists, build);
}

Table CatalogService::create_managed(Table table, const store::SchemaRow& parent,
                                     bool if_not_exists,
                                     const std::function<void(delta::Table&)>& build) {
  table.kind = TableKind::managed;
  table.location = "tables/" + table.id;
  const Reservation reservation(creating_mutex_, creating_, table.location);
  auto delta = delta::open_table(objects_, table.location, parquet_, housekeeper_.get());
  delta::SnapshotPtr snapshot;
  try {
    build(*delta);
    snapshot = delta->snapshot();
  } catch (...) {
    discard(table);
    throw;
  }
  table.created_at = table.updated_at = now_micros();
  try {
    publish(table, parent);
  } catch (const db::UniqueViolation&) {
    discard(table);
    return lost_race(table, if_not_exists);
  } catch (...) {
    discard(table);
    throw;
  }
  cache_.get(table.id, objects_, [&] { return delta; });
  note_schema(table.id, *snapshot);
  return table;
}

Table CatalogService::create_external(Table table, const store::SchemaRow& parent,
                                      const std::string& external_location, bool if_not_exists,
                                      const std::function<void(delta::Table&)>& build) {
  table.kind = TableKind::external;
  table.location = locations_.resolve(external_location);
  const auto place = locations_.place(table.location);
  const bool had_log = has_delta_log(place);
  db_.read([&](db::Tx& tx) { refuse_overlap(tx, table.location, had_log); });
  auto delta = delta::open_table(place.store, place.root, parquet_, housekeeper_.get());
  build(*delta);
  const auto snapshot = delta->snapshot();
  table.created_at = table.updated_at = now_micros();
  try {
    db_.write([&](db::Tx& tx) {
      if (!store::schema_exists(tx, parent.schema.id)) {
        throw conflict("catalog.changed",
                       "The schema of " + table.name.text() + " was dropped at the same time.");
      }
      refuse_overlap(tx, table.location, had_log);
      store::insert_table(tx, parent.schema.id, table);
    });
  } catch (const db::UniqueViolation&) {
    return lost_race(table, if_not_exists);
  }
  cache_.get(table.id, place.store, [&] { return delta; });
  note_schema(table.id, *snapshot);
  return table;
}

// Another creation of the same name was first: that table for IF NOT EXISTS, else a conflict.
Table CatalogService::lost_race(const Table& table, bool if_not_exists) {
  const Name& name = table.name;
  const auto winner = db_.reading([&](db::Tx& tx) {
    return store::find_table(tx, fold(name.catalog), fold(name.schema), fold(name.object));
  });
  if (if_not_exists && winner && winner->table.kind != TableKind::view) return winner->table;
  throw taken(name);
}

// Deletes what a failed creation wrote, unless the row got through although writing it reported an
// error. What cannot be deleted now is left to purge().
void CatalogService::discard(const Table& table) {
  try {
    if (db_.reading([&](db::Tx& tx) { return store::table_id_known(tx, table.id); })) return;
    remove_prefix(table.location);
  } catch (const std::exception& error) {
    log::warn("files of a failed table creation stay until the next purge",
              {{"root", boost::json::string(table.location)},
               {"error", boost::json::string(error.what())}});
  }
}

Table CatalogService::replace_table(const Caller& caller, const store::TableRow& row,
                                    const std::string& external_location,
                                    const std::string& comment,
                                    const std::function<void(delta::Table&)>& build) {
  require_privilege(caller, Privilege::manage, path_of(row));
  Table table = row.table;
  if (!external_location.empty() && (table.kind != TableKind::external ||
                                     locations_.resolve(external_location) != table.location)) {
    throw conflict("catalog.otherLocation",
                   table.name.text() + " is kept at another location. Drop it first.");
  }
  const auto delta = delta_of(table);
  build(*delta);
  table.comment = comment;
  table.updated_at = now_micros();
  db_.write([&](db::Tx& tx) {
    store::set_comment(tx, identity::ObjectType::table, table.id, table.name.object, comment,
                       table.updated_at);
  });
  note_schema(table.id, *delta->snapshot());
  return table;
}

}  // namespace ob::catalog
