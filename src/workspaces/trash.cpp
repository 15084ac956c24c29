// The trash of features whose objects can come back, and where somebody may find objects at all.
#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "workspaces/service.h"
#include "workspaces/store.h"

namespace ob::workspaces {
namespace {

// Lists in statements are bounded; who reaches more finds the rest in their folders.
constexpr std::size_t kMostWorkspaces = 500, kMostFolders = 2000, kMostObjects = 5000;

void cut(std::vector<std::string>& list, std::size_t most) {
  if (list.size() > most) list.resize(most);
}

}  // namespace

void WorkspaceService::put_back(db::Tx& tx, Item& item) {
  store::update_item(tx, item);
  if (const auto& changed = kept_.at(item.type).changed) changed(tx, item);
}

Item WorkspaceService::set_trashed(const Caller& caller, ObjectType type, const std::string& id,
                                   bool trashed) {
  require_item(caller, Privilege::write, id, type);
  return db_.writing([&](db::Tx& tx) {
    auto item = store::find_item(tx, id);
    if (!item) throw no_such_item(type);
    if (item->trashed_at.has_value() == trashed) return *item;
    item->trashed_at = trashed ? std::optional(now_micros()) : std::nullopt;
    put_back(tx, *item);
    store::raise(tx);
    return *item;
  });
}

Item WorkspaceService::trash(const Caller& caller, ObjectType type, const std::string& id) {
  return set_trashed(caller, type, id, true);
}

Item WorkspaceService::restore(const Caller& caller, ObjectType type, const std::string& id) {
  return set_trashed(caller, type, id, false);
}

void WorkspaceService::remove_trashed(const Caller& caller, ObjectType type,
                                      const std::string& id) {
  const auto found = require_item(caller, Privilege::manage, id, type);
  std::vector<identity::Securable> gone;
  db_.write([&](db::Tx& tx) {
    gone.clear();
    const auto item = store::find_item(tx, id);
    if (!item) throw no_such_item(type);
    if (!item->trashed_at)
      throw conflict("workspaces.notTrashed", "Put it into the trash first, then remove it.");
    remove_tree(tx, *item, true, gone);
  });
  for (const auto& object : gone) permissions().forget(object);
}

std::vector<Item> WorkspaceService::trashed_before(ObjectType type, Micros time,
                                                   std::size_t limit) {
  return db_.reading([&](db::Tx& tx) { return store::trashed_before(tx, type, time, limit); });
}

std::vector<std::string> WorkspaceService::readable_workspaces(const Caller& caller) {
  std::vector<std::string> out;
  const auto all = directory_.all();
  for (const auto& [id, entry] : *all)
    if (permissions().may(caller, Privilege::read, std::span(&entry->container.object, 1)))
      out.push_back(id);
  cut(out, kMostWorkspaces);
  return out;
}

Reach WorkspaceService::reach(const Caller& caller, ObjectType type) {
  Reach out{.owners = permissions().principals_of(caller),
            .workspaces = readable_workspaces(caller),
            .folders = {},
            .objects = {}};
  std::erase(out.owners, identity::everyone);
  const auto granted = permissions().granted_objects(caller);
  db_.read([&](db::Tx& tx) {
    out.folders.clear(), out.objects.clear();
    for (const Item& item : store::items_by_id(tx, granted)) {
      if (item.type == ObjectType::folder) out.folders.push_back(item.id);
      if (item.type == type) out.objects.push_back(item.id);
    }
    cut(out.objects, kMostObjects);
    cut(out.folders, kMostFolders);
    for (auto level = out.folders; !level.empty() && out.folders.size() < kMostFolders;) {
      level = store::folders_inside(tx, level);
      // A folder may have been granted as well as one above it.
      std::erase_if(level, [&](const auto& id) { return std::ranges::count(out.folders, id) > 0; });
      out.folders.insert(out.folders.end(), level.begin(), level.end());
      cut(out.folders, kMostFolders);
    }
  });
  return out;
}

std::vector<Path> WorkspaceService::paths(const std::vector<Item>& items) {
  return db_.reading([&](db::Tx& tx) {
    std::unordered_map<std::string, std::vector<Item>> chains;  // of folders
    std::vector<Path> out;
    for (const Item& item : items) {
      Path path{{item.type, item.id, item.name, item.owner, {}}};
      if (!item.place.folder.empty()) {
        auto& chain = chains[item.place.folder];
        if (chain.empty()) chain = store::chain(tx, item.place.folder);
        for (const Item& folder : chain)
          path.push_back({folder.type, folder.id, folder.name, folder.owner, {}});
      }
      path.back().workspace = item.place.workspace;
      out.push_back(std::move(path));
    }
    return out;
  });
}

}  // namespace ob::workspaces
