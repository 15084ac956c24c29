#include "base/log.h"
#include "catalog/service.h"

namespace ob::catalog {
namespace {

// Age at which a directory that no row names is taken for what a crash left.
constexpr Micros kLeftoverAge = Micros{3600} * 1'000'000;
constexpr std::size_t kPage = 1000;

}  // namespace

void CatalogService::remove_prefix(const std::string& root) {
  for (;;) {
    const auto page = objects_->list(root + "/", "", kPage, false);
    std::size_t removed = 0;
    for (const auto& object : page) removed += objects_->remove(object.key) ? 1 : 0;
    if (page.size() < kPage && removed == page.size()) return;
    if (removed == 0) return;  // someone else deletes the same
  }
}

bool CatalogService::empty_trash(const std::string& root) {
  try {
    remove_prefix(root);
    db_.write([&](db::Tx& tx) { store::delete_trash(tx, root); });
    return true;
  } catch (const std::exception& error) {
    log::warn("dropped files stay until the next purge",
              {{"root", boost::json::string(root)}, {"error", boost::json::string(error.what())}});
    return false;
  }
}

std::size_t CatalogService::purge() {
  const std::lock_guard lock(purge_mutex_);
  const std::size_t tables = purge_expired();
  std::size_t directories = 0;
  for (const auto& root : db_.reading([](db::Tx& tx) { return store::trash(tx); })) {
    if (empty_trash(root)) ++directories;
  }
  return tables + directories + purge_leftovers();
}

// Tables whose time for UNDROP is over: the row goes and its directory joins the trash in one
// transaction. Answers how many had no directory of ours (views and external tables).
std::size_t CatalogService::purge_expired() {
  const Micros now = now_micros();
  const auto expired =
      db_.reading([&](db::Tx& tx) { return store::expired_tables(tx, now - kRestorable); });
  std::size_t without_files = 0;
  for (const auto& row : expired) {
    const bool managed = row.table.kind == TableKind::managed;
    db_.write([&](db::Tx& tx) {
      if (managed) store::add_trash(tx, row.table.location, now);
      store::delete_table(tx, row.table.id);
    });
    cache_.erase(row.table.id);
    identity_.permissions().forget(
        {identity::ObjectType::table, row.table.id, row.table.name.text(), row.table.owner});
    if (!managed) ++without_files;
  }
  return without_files;
}

std::size_t CatalogService::purge_leftovers() {
  const std::string base = "tables/";
  std::size_t purged = 0;
  std::string after;
  for (;;) {
    const auto page = objects_->list(base, after, kPage, true);
    for (const auto& entry : page) {
      after = entry.key;
      if (!entry.is_prefix) continue;
      const std::string root = entry.key.substr(0, entry.key.size() - 1);
      const std::string id = root.substr(base.size());
      if (is_leftover(root, id)) {
        remove_prefix(root);
        ++purged;
      }
    }
    if (page.size() < kPage) return purged;
  }
}

// No row names it, no creation is filling it, and nothing in it is younger than an hour.
bool CatalogService::is_leftover(const std::string& root, const std::string& id) {
  if (db_.reading([&](db::Tx& tx) { return store::table_id_known(tx, id); })) return false;
  {
    const std::lock_guard lock(creating_mutex_);
    if (creating_.contains(root)) return false;
  }
  const Micros young = now_micros() - kLeftoverAge;
  std::string after;
  for (;;) {
    const auto page = objects_->list(root + "/", after, kPage, false);
    for (const auto& object : page) {
      if (object.modified > young) return false;
      after = object.key;
    }
    if (page.size() < kPage) break;
  }
  // A creation may have been published since the first look.
  return !db_.reading([&](db::Tx& tx) { return store::table_id_known(tx, id); });
}

}  // namespace ob::catalog
