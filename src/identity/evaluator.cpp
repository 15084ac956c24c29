// The one evaluator of permissions, and the words for privileges and types of objects.
#include <algorithm>
#include <array>
#include <utility>

#include "identity/permissions_service.h"

namespace ob::identity {
namespace {

constexpr std::array<std::pair<Privilege, std::string_view>, 5> kPrivileges{{
    {Privilege::browse, "browse"},
    {Privilege::read, "read"},
    {Privilege::write, "write"},
    {Privilege::create, "create"},
    {Privilege::manage, "manage"},
}};

struct TypeWords {
  ObjectType type;
  std::string_view name, words, missing;  // missing: the id of the 404
};
constexpr std::array<TypeWords, 10> kTypes{{
    {ObjectType::server, "server", "server", "identity.serverNotFound"},
    {ObjectType::workspace, "workspace", "workspace", "workspaces.workspaceNotFound"},
    {ObjectType::folder, "folder", "folder", "workspaces.folderNotFound"},
    {ObjectType::catalog, "catalog", "catalog", "catalog.catalogNotFound"},
    {ObjectType::schema, "schema", "schema", "catalog.schemaNotFound"},
    {ObjectType::table, "table", "table or view", "catalog.tableNotFound"},
    {ObjectType::volume, "volume", "volume", "catalog.volumeNotFound"},
    {ObjectType::function, "function", "function", "catalog.functionNotFound"},
    {ObjectType::saved_query, "saved_query", "saved query", "query.savedQueryNotFound"},
    {ObjectType::document, "document", "document", "documents.documentNotFound"},
}};

const TypeWords& words_of(ObjectType type) {
  const auto found = std::ranges::find(kTypes, type, &TypeWords::type);
  if (found == kTypes.end()) throw internal("unknown type of object");
  return *found;
}

std::string_view verb(Privilege privilege) {
  switch (privilege) {
    case Privilege::browse:
      return "see";
    case Privilege::read:
      return "read";
    case Privilege::write:
      return "change the data of";
    case Privilege::create:
      return "create something in";
    case Privilege::manage:
      return "manage";
  }
  throw internal("unknown privilege");
}

bool changes(Privilege privilege) {
  return privilege != Privilege::browse && privilege != Privilege::read;
}

// Who manages a workspace may restore it.
bool lifts_archive(Privilege wanted, std::span<const Securable> path) {
  return wanted == Privilege::manage && path.front().type == ObjectType::workspace;
}

}  // namespace

std::string_view to_text(Privilege privilege) {
  return std::ranges::find(kPrivileges, privilege, &decltype(kPrivileges)::value_type::first)
      ->second;
}

std::optional<Privilege> privilege_named(std::string_view name) {
  const auto found =
      std::ranges::find(kPrivileges, name, &decltype(kPrivileges)::value_type::second);
  return found == kPrivileges.end() ? std::nullopt : std::optional(found->first);
}

std::string_view to_text(ObjectType type) {
  return words_of(type).name;
}

std::optional<ObjectType> object_type_named(std::string_view name) {
  const auto found = std::ranges::find(kTypes, name, &TypeWords::name);
  return found == kTypes.end() ? std::nullopt : std::optional(found->type);
}

std::vector<Privilege> Privileges::list() const {
  std::vector<Privilege> out;
  for (const auto& [privilege, name] : kPrivileges) {
    if (has(privilege)) out.push_back(privilege);
  }
  return out;
}

std::shared_ptr<const Container> PermissionsService::container(
    std::span<const Securable> path) const {
  const Securable& last = path.back();
  const std::string& id = last.type == ObjectType::workspace ? last.id : last.workspace;
  return id.empty() || !contain_ ? nullptr : contain_(id);
}

std::vector<Securable> PermissionsService::whole(std::span<const Securable> path) const {
  std::vector<Securable> out(path.begin(), path.end());
  if (path.empty() || path.back().type == ObjectType::workspace) return out;
  if (const auto around = container(path)) out.push_back(around->object);
  return out;
}

bool PermissionsService::may(const Caller& caller, Privilege wanted,
                             std::span<const Securable> path) {
  if (caller.user_id.empty() || path.empty()) return false;
  if (caller.read_only && changes(wanted)) return false;
  const auto around = container(path);
  if (around && around->archived && changes(wanted) && !lifts_archive(wanted, path)) return false;
  if (caller.admin) return true;
  if (std::ranges::find(path, caller.user_id, &Securable::owner) != path.end()) return true;
  const auto rights = rights_.of(caller.user_id);
  Privileges held;
  const auto owns = [&](const Securable& object) {
    if (const auto found = rights->on_object.find(object.id); found != rights->on_object.end()) {
      held.add(found->second);
    }
    return rights->principals.contains(object.owner);
  };
  for (const Securable& object : path) {
    if (owns(object)) return true;
  }
  if (around && path.back().type != ObjectType::workspace && owns(around->object)) return true;
  return held.give(wanted);
}

void PermissionsService::require_unarchived(Privilege wanted, std::span<const Securable> path) {
  if (path.empty() || !changes(wanted) || lifts_archive(wanted, path)) return;
  const auto around = container(path);
  if (!around || !around->archived) return;
  throw conflict("workspaces.archived",
                 "The workspace " + around->object.name +
                     " is archived. Restore it to change what belongs to it.");
}

std::vector<std::string> PermissionsService::granted_objects(const Caller& caller) {
  const auto rights = rights_.of(caller.user_id);
  std::vector<std::string> out;
  for (const auto& [id, held] : rights->on_object) out.push_back(id);
  return out;
}

std::vector<std::string> PermissionsService::principals_of(const Caller& caller) {
  const auto rights = rights_.of(caller.user_id);
  return {rights->principals.begin(), rights->principals.end()};
}

std::int64_t PermissionsService::generation() {
  return rights_.newest();
}

std::vector<std::string> PermissionsService::groups_of(const Caller& caller) {
  return rights_.of(caller.user_id)->groups;
}

void Permissions::require(const Caller& caller, Privilege wanted, std::span<const Securable> path) {
  if (may(caller, wanted, path)) return;
  if (path.empty()) throw internal("no object to authorise");
  const Securable& object = path.front();
  if (!may(caller, Privilege::browse, path)) {
    const TypeWords& words = words_of(object.type);
    throw not_found(std::string(words.missing), "There is no " + std::string(words.words) + " " +
                                                    object.name + " that you may see.");
  }
  require_unarchived(wanted, path);
  throw forbidden("identity.forbidden", "You may not " + std::string(verb(wanted)) + " " +
                                            object.name +
                                            ". Its owner or an administrator can allow it.");
}

void PermissionsService::set_containers(Contain contain) {
  contain_ = std::move(contain);
}

void PermissionsService::set_transfer(ObjectType type, Transfer transfer) {
  transfers_[type] = std::move(transfer);
}

void PermissionsService::transfer(const Caller& caller, std::span<const Securable> path,
                                  const std::string& reference) {
  require(caller, Privilege::manage, path);
  const Principal to = principal(caller, reference);
  if (to.kind == PrincipalKind::everyone) {
    throw bad_request("identity.badOwner", "An owner is a user, a service account or a group.");
  }
  const auto found = transfers_.find(path.front().type);
  if (found == transfers_.end()) {
    throw conflict("identity.fixedOwner", "The owner of this cannot be changed.");
  }
  found->second(path.front(), to.id);
}

void PermissionsService::set_resolver(ObjectType type, Resolve resolve) {
  resolvers_[type] = std::move(resolve);
}

std::vector<Securable> PermissionsService::resolve(const Caller& caller, ObjectType type,
                                                   const std::string& reference) {
  const auto found = resolvers_.find(type);
  if (found == resolvers_.end()) {
    throw bad_request("identity.badObject", "Permissions cannot be asked for on this type.");
  }
  return found->second(caller, reference);
}

}  // namespace ob::identity
