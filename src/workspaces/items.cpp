// Folders, and the objects that lie in them.
#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/ids.h"
#include "workspaces/service.h"
#include "workspaces/store.h"

namespace ob::workspaces {
namespace {

constexpr std::int64_t kMostInFolder = 10'000;
constexpr std::int64_t kMostOwned = 10'000;  // of one type, by one account

ItemPage page_of(std::vector<Item> items, std::size_t limit) {
  ItemPage page{std::move(items), ""};
  if (page.items.size() > limit) {
    page.items.resize(limit);
    page.next = page.items.back().id;
  }
  return page;
}

}  // namespace

Error no_such_item(std::optional<ObjectType> type) {
  if (type == ObjectType::saved_query)
    return not_found("query.savedNotFound", "There is no saved query that you may see there.");
  if (type == ObjectType::document)
    return not_found("documents.documentNotFound", "There is no document that you may see there.");
  return not_found("workspaces.itemNotFound",
                   "There is no folder or object that you may see there.");
}

Path WorkspaceService::path_of(db::Tx& tx, ObjectType type, const std::string& id) {
  Path out;
  std::string workspace;
  for (const Item& item : store::chain(tx, id)) {
    out.push_back({item.type, item.id, item.name, item.owner, {}});
    workspace = item.place.workspace;
  }
  if (out.empty() || out.front().type != type) return {};
  out.back().workspace = workspace;
  return out;
}

WorkspaceService::Found WorkspaceService::require_item(const Caller& caller, Privilege wanted,
                                                       const std::string& id,
                                                       std::optional<ObjectType> type) {
  auto found = db_.reading([&](db::Tx& tx) -> std::optional<Found> {
    auto item = store::find_item(tx, id);
    if (!item || (type && item->type != *type)) return std::nullopt;
    auto path = path_of(tx, item->type, id);
    return Found{std::move(*item), std::move(path)};
  });
  if (!found || !permissions().may(caller, Privilege::browse, found->path))
    throw no_such_item(type);
  permissions().require(caller, wanted, found->path);
  return std::move(*found);
}

void WorkspaceService::require_place(const Caller& caller, const Place& place) {
  if (!place.folder.empty()) {
    const auto folder = require_item(caller, Privilege::create, place.folder, ObjectType::folder);
    if (folder.item.place.workspace != place.workspace)
      throw bad_request("workspaces.badPlace", "The folder lies in another workspace.");
  } else if (!place.workspace.empty()) {
    require_workspace(caller, Privilege::create, place.workspace);
  }
}

ItemPage WorkspaceService::items(const Caller& caller, const Place& place, const Filter& filter) {
  // A search looks into all folders of the workspace.
  if (place.folder.empty()) {
    require_workspace(caller, Privilege::browse, place.workspace);
    return page_of(db_.reading([&](db::Tx& tx) {
      return filter.text.empty() ? store::items(tx, place, filter)
                                 : store::items_anywhere(tx, place.workspace, filter);
    }),
                   filter.limit);
  }
  const auto folder = require_item(caller, Privilege::browse, place.folder, ObjectType::folder);
  return page_of(db_.reading([&](db::Tx& tx) {
    return store::items(tx, {folder.item.place.workspace, place.folder}, filter);
  }),
                 filter.limit);
}

ItemPage WorkspaceService::shared(const Caller& caller, const Filter& filter) {
  auto found = db_.reading(
      [&](db::Tx& tx) { return store::items_by_id(tx, permissions().granted_objects(caller)); });
  std::erase_if(found, [&](const Item& item) {
    const auto workspace = directory_.find(item.place.workspace);
    const bool member = workspace && permissions().may(caller, Privilege::browse,
                                                       std::span(&workspace->container.object, 1));
    return member || item.trashed_at || item.owner == caller.user_id ||
           (filter.type && item.type != *filter.type) ||
           !store::key_of(item.name).contains(store::key_of(filter.text));
  });
  const auto order = [](const Item& item) {
    return std::tuple(item.type != ObjectType::folder, store::key_of(item.name), item.id);
  };
  std::ranges::sort(found, {}, order);
  if (const auto after = std::ranges::find(found, filter.after, &Item::id); after != found.end())
    found.erase(found.begin(), after + 1);
  return page_of(std::move(found), filter.limit);
}

Item WorkspaceService::item(const Caller& caller, const std::string& id) {
  return require_item(caller, Privilege::browse, id).item;
}

std::vector<Item> WorkspaceService::folders_above(const Caller& caller, const std::string& id) {
  require_item(caller, Privilege::browse, id);
  auto chain = db_.reading([&](db::Tx& tx) { return store::chain(tx, id); });
  if (!chain.empty()) chain.erase(chain.begin());
  // Who was granted something deep in a workspace is not told what lies around it.
  std::vector<Item> out;
  for (const Item& folder : chain) {
    const auto path =
        db_.reading([&](db::Tx& tx) { return path_of(tx, ObjectType::folder, folder.id); });
    if (!permissions().may(caller, Privilege::browse, path)) break;
    out.insert(out.begin(), folder);
  }
  return out;
}

// Inside the transaction that puts `moved` there.
void WorkspaceService::check_room(db::Tx& tx, const Item& moved, const Place& place) {
  if (place.workspace.empty()) return;
  if (store::items_at(tx, place) >= kMostInFolder)
    throw conflict("workspaces.folderFull", "There are 10,000 things in that folder already.");
  if (place.folder.empty()) return;
  const auto chain = store::chain(tx, place.folder);
  if (chain.empty() || chain.front().place.workspace != place.workspace)
    throw conflict("workspaces.changed", "The folder was moved or deleted at the same time.");
  if (std::ranges::find(chain, moved.id, &Item::id) != chain.end())
    throw bad_request("workspaces.badPlace", "A folder cannot be moved into itself.");
  // What lies below a moved folder counts too, but folders above 32 are not walked: see chain().
  std::size_t below = 0;
  std::vector<std::string> level{moved.id};
  while (moved.type == ObjectType::folder && !level.empty() && below <= store::kDeepest) {
    std::vector<std::string> next;
    for (const auto& id : level)
      for (const Item& item : store::inside(tx, id))
        if (item.type == ObjectType::folder) next.push_back(item.id);
    level = std::move(next);
    ++below;
  }
  if (chain.size() + std::max<std::size_t>(below, 1) >= store::kDeepest)
    throw conflict("workspaces.tooDeep", "Folders lie at most 30 deep in each other.");
}

Item WorkspaceService::create_folder(const Caller& caller, const Place& place,
                                     const std::string& name) {
  if (place.workspace.empty())
    throw bad_request("workspaces.badPlace", "A folder belongs to a workspace: name one.");
  return add(caller, ObjectType::folder, name, place, [](db::Tx&, const Item&) {});
}

Item WorkspaceService::add(const Caller& caller, ObjectType type, const std::string& name,
                           const Place& place, const std::function<void(db::Tx&, const Item&)>& fn,
                           const std::string& id) {
  if (caller.read_only) throw forbidden("identity.forbidden", "This sign-in may only read.");
  check_name(name);
  require_place(caller, place);
  const Micros now = now_micros();
  const Item item{type, id.empty() ? new_uuid() : id, place, name, caller.user_id, now, now, {}};
  db_.write([&](db::Tx& tx) {
    if (!id.empty() && store::find_item(tx, id))
      throw conflict("workspaces.idTaken", "Something else has that id.");
    if (store::items_owned(tx, type, caller.user_id) >= kMostOwned)
      throw conflict("workspaces.tooMany", "You own 10,000 of these: delete some first.");
    check_room(tx, item, place);
    store::insert_item(tx, item);
    fn(tx, item);
  });
  return item;
}

Item WorkspaceService::require(const Caller& caller, Privilege wanted, ObjectType type,
                               const std::string& id) {
  return require_item(caller, wanted, id, type).item;
}

Item WorkspaceService::change_item(const Caller& caller, ObjectType type, const std::string& id,
                                   const std::string& name,
                                   const std::function<void(db::Tx&)>& fn) {
  check_name(name);
  require_item(caller, Privilege::write, id, type);
  return db_.writing([&](db::Tx& tx) {
    auto item = store::find_item(tx, id);
    if (!item) throw no_such_item(type);
    item->name = name;
    item->updated_at = now_micros();
    put_back(tx, *item);
    fn(tx);
    return *item;
  });
}

Item WorkspaceService::rename(const Caller& caller, const std::string& id,
                              const std::string& name) {
  const auto type = item(caller, id).type;
  return change_item(caller, type, id, name, [](db::Tx&) {});
}

Item WorkspaceService::move(const Caller& caller, const std::string& id, const Place& place) {
  const auto found = require_item(caller, Privilege::write, id);
  // Other people see it then.
  if (found.item.place.workspace != place.workspace)
    permissions().require(caller, Privilege::manage, found.path);
  if (place.workspace.empty() && found.item.type == ObjectType::folder)
    throw bad_request("workspaces.badPlace", "A folder belongs to a workspace: name one.");
  require_place(caller, place);
  return db_.writing([&](db::Tx& tx) {
    auto item = store::find_item(tx, id);
    if (!item) throw no_such_item();
    if (item->place == place) return *item;
    check_room(tx, *item, place);
    if (item->place.workspace != place.workspace) {
      std::vector<std::string> folders{id};
      while (!folders.empty()) {
        const std::string folder = std::move(folders.back());
        folders.pop_back();
        for (const Item& inner : store::inside(tx, folder)) {
          store::set_workspace(tx, inner.id, place.workspace);
          if (inner.type == ObjectType::folder) folders.push_back(inner.id);
        }
      }
    }
    item->place = place;
    item->updated_at = now_micros();
    put_back(tx, *item);
    store::raise(tx);
    return *item;
  });
}

void WorkspaceService::remove_tree(db::Tx& tx, const Item& item, bool for_ever,
                                   std::vector<identity::Securable>& gone) {
  store::raise(tx);
  std::vector<Item> waiting{item};
  while (!waiting.empty()) {
    Item next = std::move(waiting.back());
    waiting.pop_back();
    if (!for_ever && kept_.at(next.type).trash) {
      if (next.id != item.id) next.place.folder.clear();
      if (!next.trashed_at) next.trashed_at = now_micros();
      put_back(tx, next);
      continue;
    }
    if (next.type == ObjectType::folder)
      for (Item& inner : store::inside(tx, next.id)) waiting.push_back(std::move(inner));
    kept_.at(next.type).remove(tx, next.id);
    store::delete_item(tx, next.id);
    gone.push_back({next.type, next.id, next.name, next.owner, {}});
  }
}

void WorkspaceService::remove_item(const Caller& caller, const std::string& id, bool with_content) {
  const auto found = require_item(caller, Privilege::write, id);
  std::vector<identity::Securable> gone;
  db_.write([&](db::Tx& tx) {
    gone.clear();
    if (!with_content && store::any_inside(tx, id))
      throw conflict("workspaces.folderNotEmpty",
                     "The folder is not empty: delete what is in it, or delete it with that.");
    if (store::find_item(tx, id)) remove_tree(tx, found.item, false, gone);
  });
  for (const auto& object : gone) permissions().forget(object);
}

std::vector<Item> WorkspaceService::visible(const Caller& caller, ObjectType type,
                                            std::size_t limit) {
  const auto workspaces = readable_workspaces(caller);
  auto out = db_.reading([&](db::Tx& tx) {
    auto found = store::items_of_type(tx, type, caller.user_id, workspaces, limit);
    std::set<std::string> known;
    for (const Item& item : found) known.insert(item.id);
    for (Item& item : store::items_by_id(tx, permissions().granted_objects(caller)))
      if (item.type == type && !item.trashed_at && known.insert(item.id).second &&
          permissions().may(caller, Privilege::read, path_of(tx, type, item.id)))
        found.push_back(std::move(item));
    return found;
  });
  std::ranges::sort(out, std::ranges::greater{},
                    [](const Item& item) { return std::pair(item.updated_at, item.id); });
  if (out.size() > limit) out.resize(limit);
  return out;
}

void WorkspaceService::transfer_item(const identity::Securable& object, const std::string& owner) {
  db_.write([&](db::Tx& tx) {
    auto item = store::find_item(tx, object.id);
    if (!item) throw no_such_item();
    item->owner = owner;
    item->updated_at = now_micros();
    put_back(tx, *item);
    store::raise(tx);
  });
}

void WorkspaceService::keep(ObjectType type, Keep keep) {
  kept_[type] = std::move(keep);
  permissions().set_resolver(type, [this, type](const Caller& caller, const std::string& id) {
    return require_item(caller, Privilege::browse, id, type).path;
  });
  permissions().set_transfer(
      type, [this](const auto& object, const auto& owner) { transfer_item(object, owner); });
}

}  // namespace ob::workspaces
