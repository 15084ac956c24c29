// Workspaces themselves, and what identity is told of all that they hold.
#include "workspaces/service.h"

#include <algorithm>

#include "base/error.h"
#include "base/ids.h"
#include "workspaces/migrations.h"
#include "workspaces/store.h"

namespace ob::workspaces {
namespace {

constexpr std::int64_t kMostOwned = 100;
constexpr std::size_t kMaxName = 200, kMaxText = 4000;

void check_text(const std::string& text) {
  if (text.size() > kMaxText)
    throw bad_request("workspaces.badText", "A description has at most 4,000 bytes.");
}

}  // namespace

void check_name(const std::string& name) {
  const bool control = std::ranges::any_of(
      name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (name.empty() || name.size() > kMaxName || control || name.front() == ' ' ||
      name.back() == ' ') {
    throw bad_request(
        "workspaces.badName",
        "A name has 1 to 200 bytes, no control characters, and no space at its ends.");
  }
}

Error no_such_workspace() {
  return not_found("workspaces.workspaceNotFound", "There is no workspace that you may see there.");
}

WorkspaceService::WorkspaceService(db::Database& database, identity::Identity& identity,
                                   mail::Mail& mail, std::function<std::string()> public_url)
    : db_(database),
      identity_(identity),
      mail_(mail),
      public_url_(std::move(public_url)),
      directory_(database) {}

std::shared_ptr<const Directory::Entry> WorkspaceService::require_workspace(const Caller& caller,
                                                                            Privilege wanted,
                                                                            const std::string& id) {
  const auto found = directory_.find(id);
  if (!found) throw no_such_workspace();
  const std::span path(&found->container.object, 1);
  if (!permissions().may(caller, Privilege::browse, path)) throw no_such_workspace();
  permissions().require(caller, wanted, path);
  return found;
}

std::vector<Workspace> WorkspaceService::list(const Caller& caller, bool archived) {
  std::vector<Workspace> out;
  const auto all = directory_.all();
  for (const auto& [id, entry] : *all) {
    if (entry->container.archived == archived &&
        permissions().may(caller, Privilege::browse, std::span(&entry->container.object, 1)))
      out.push_back(entry->workspace);
  }
  std::ranges::sort(out, {},
                    [](const Workspace& w) { return std::pair(store::key_of(w.name), w.id); });
  return out;
}

Workspace WorkspaceService::get(const Caller& caller, const std::string& id) {
  return require_workspace(caller, Privilege::browse, id)->workspace;
}

identity::Privileges WorkspaceService::own(const Caller& caller, const std::string& id) {
  const auto found = require_workspace(caller, Privilege::browse, id);
  identity::Privileges out;
  for (const auto p : {Privilege::browse, Privilege::read, Privilege::write, Privilege::create,
                       Privilege::manage}) {
    if (permissions().may(caller, p, std::span(&found->container.object, 1))) out.add(p);
  }
  return out;
}

Workspace WorkspaceService::create(const Caller& caller, const std::string& name,
                                   const std::string& text) {
  if (caller.read_only) throw forbidden("identity.forbidden", "This sign-in may only read.");
  check_name(name);
  check_text(text);
  const Micros now = now_micros();
  Workspace workspace{new_uuid(), name, text, caller.user_id, now, now, {}};
  directory_.changing([&](db::Tx& tx) {
    if (store::workspaces_of(tx, caller.user_id) >= kMostOwned)
      throw conflict("workspaces.tooMany",
                     "You own 100 workspaces: delete one, or give one to somebody else.");
    store::insert_workspace(tx, workspace);
  });
  return workspace;
}

Workspace WorkspaceService::change(const Caller& caller, const std::string& id,
                                   const std::optional<std::string>& name,
                                   const std::optional<std::string>& text) {
  Workspace workspace = require_workspace(caller, Privilege::manage, id)->workspace;
  if (name) check_name(*name);
  if (text) check_text(*text);
  workspace.name = name.value_or(workspace.name);
  workspace.text = text.value_or(workspace.text);
  workspace.updated_at = now_micros();
  directory_.changing([&](db::Tx& tx) {
    if (!store::update_workspace(tx, workspace)) throw no_such_workspace();
  });
  return workspace;
}

Workspace WorkspaceService::archive(const Caller& caller, const std::string& id, bool archived) {
  Workspace workspace = require_workspace(caller, Privilege::manage, id)->workspace;
  if (workspace.archived_at.has_value() == archived) return workspace;
  workspace.updated_at = now_micros();
  workspace.archived_at = archived ? std::optional(workspace.updated_at) : std::nullopt;
  directory_.changing([&](db::Tx& tx) {
    if (!store::update_workspace(tx, workspace)) throw no_such_workspace();
  });
  return workspace;
}

void WorkspaceService::remove(const Caller& caller, const std::string& id) {
  const auto found = require_workspace(caller, Privilege::manage, id);
  if (!found->workspace.archived_at)
    throw conflict("workspaces.notArchived", "Archive the workspace first, then delete it.");
  if (const auto catalogs = catalog_count_ ? catalog_count_(id) : 0; catalogs > 0)
    throw conflict("workspaces.hasCatalogs",
                   std::to_string(catalogs) +
                       " catalogs belong to the workspace: restore it, then move or drop them.");
  std::vector<identity::Securable> gone{found->container.object};
  directory_.changing([&](db::Tx& tx) {
    gone.resize(1);
    for (;;) {
      const auto top = store::at_top(tx, id, 500);
      if (top.empty()) break;
      for (const Item& item : top) remove_tree(tx, item, true, gone);
    }
    store::delete_workspace(tx, id);
  });
  for (const auto& object : gone) permissions().forget(object);
}

void WorkspaceService::set_catalog_count(std::function<std::int64_t(const std::string&)> count) {
  catalog_count_ = std::move(count);
}

void WorkspaceService::transfer_workspace(const identity::Securable& object,
                                          const std::string& owner) {
  const auto found = directory_.find(object.id);
  if (!found) throw no_such_workspace();
  Workspace workspace = found->workspace;
  workspace.owner = owner;
  workspace.updated_at = now_micros();
  directory_.changing([&](db::Tx& tx) {
    if (!store::update_workspace(tx, workspace)) throw no_such_workspace();
  });
}

std::string WorkspaceService::owner_name(const std::string& id) {
  return identity_.display_name(id);
}

void WorkspaceService::tell(const std::vector<mail::Letter>& letters) {
  if (letters.empty()) return;
  db_.write([&](db::Tx& tx) {
    for (const auto& letter : letters) mail_.post(tx, letter);
  });
  mail_.wake();
}

void WorkspaceService::name_objects() {
  permissions().set_containers([this](const std::string& id) {
    const auto entry = directory_.find(id);
    return entry ? std::shared_ptr<const identity::Container>(entry, &entry->container) : nullptr;
  });
  permissions().set_resolver(
      ObjectType::workspace, [this](const Caller& caller, const std::string& id) {
        return Path{require_workspace(caller, Privilege::browse, id)->container.object};
      });
  permissions().set_transfer(ObjectType::workspace, [this](const auto& object, const auto& owner) {
    transfer_workspace(object, owner);
  });
  keep(ObjectType::folder, {.remove = [](db::Tx&, const std::string&) {}});
}

std::unique_ptr<Service> open(db::Database& database, identity::Identity& identity,
                              mail::Mail& mail, std::function<std::string()> public_url) {
  database.migrate("workspaces", migrations());
  auto service =
      std::make_unique<WorkspaceService>(database, identity, mail, std::move(public_url));
  service->name_objects();
  service->handle_notes();
  return service;
}

}  // namespace ob::workspaces
