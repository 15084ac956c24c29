#include "base/error.h"
#include "base/ids.h"
#include "catalog/names.h"
#include "catalog/service.h"

namespace ob::catalog {

using identity::Privilege;

std::vector<Volume> CatalogService::volumes(const Caller& caller, const Name& schema) {
  const auto parent = require_schema(caller, Privilege::browse, schema);
  const auto rows = db_.reading([&](db::Tx& tx) { return store::volumes(tx, parent); });
  const bool all = identity_.permissions().may(caller, Privilege::browse, path_of(parent));
  std::vector<Volume> out;
  for (const auto& row : rows) {
    if (all || identity_.permissions().may(caller, Privilege::browse, path_of(row)))
      out.push_back(row.volume);
  }
  return out;
}

Volume CatalogService::volume(const Caller& caller, const Name& name, Privilege privilege) {
  return require_volume(caller, privilege, name).volume;
}

Volume CatalogService::create_volume(const Caller& caller, const Name& name,
                                     const std::string& comment, bool if_not_exists) {
  const auto parent = require_schema(caller, Privilege::create, name);
  check_part(name.object, "name");
  check_comment(comment);
  Volume volume;
  volume.id = new_uuid();
  volume.name = {parent.catalog.name, parent.schema.name, name.object};
  volume.owner = caller.user_id;
  volume.comment = comment;
  volume.root = "volumes/" + volume.id;
  volume.created_at = now_micros();
  try {
    db_.write([&](db::Tx& tx) {
      if (!store::schema_exists(tx, parent.schema.id)) {
        throw conflict("catalog.changed",
                       "The schema of " + volume.name.text() + " was dropped at the same time.");
      }
      store::insert_volume(tx, parent.schema.id, volume);
    });
  } catch (const db::UniqueViolation&) {
    if (!if_not_exists) {
      throw conflict("catalog.volumeExists",
                     "A volume named " + volume.name.text() + " is already there.");
    }
    return require_volume(caller, Privilege::browse, name).volume;
  }
  return volume;
}

void CatalogService::drop_volume(const Caller& caller, const Name& name, bool if_exists) {
  store::VolumeRow row;
  try {
    row = require_volume(caller, Privilege::manage, name);
  } catch (const Error& error) {
    if (if_exists && error.status() == 404) return;
    throw;
  }
  // The name goes first: a crash while the files are being deleted shows no half volume.
  db_.write([&](db::Tx& tx) {
    store::add_trash(tx, row.volume.root, now_micros());
    store::delete_volume(tx, row.volume.id);
  });
  forget(path_of(row));
  empty_trash(row.volume.root);
}

}  // namespace ob::catalog
