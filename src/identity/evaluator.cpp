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
constexpr std::array<TypeWords, 9> kTypes{{
    {ObjectType::server, "server", "server", "identity.serverNotFound"},
    {ObjectType::workspace, "workspace", "workspace", "workspaces.workspaceNotFound"},
    {ObjectType::folder, "folder", "folder", "workspaces.folderNotFound"},
    {ObjectType::catalog, "catalog", "catalog", "catalog.catalogNotFound"},
    {ObjectType::schema, "schema", "schema", "catalog.schemaNotFound"},
    {ObjectType::table, "table", "table or view", "catalog.tableNotFound"},
    {ObjectType::volume, "volume", "volume", "catalog.volumeNotFound"},
    {ObjectType::function, "function", "function", "catalog.functionNotFound"},
    {ObjectType::saved_query, "saved_query", "saved query", "query.savedQueryNotFound"},
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

bool PermissionsService::may(const Caller& caller, Privilege wanted,
                             std::span<const Securable> path) {
  if (caller.user_id.empty() || path.empty()) return false;
  if (caller.read_only && wanted != Privilege::browse && wanted != Privilege::read) return false;
  if (caller.admin) return true;
  if (std::ranges::find(path, caller.user_id, &Securable::owner) != path.end()) return true;
  const auto rights = rights_.of(caller.user_id);
  Privileges held;
  for (const Securable& object : path) {
    if (rights->principals.contains(object.owner)) return true;
    if (const auto found = rights->on_object.find(object.id); found != rights->on_object.end()) {
      held.add(found->second);
    }
  }
  return held.give(wanted);
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
  throw forbidden("identity.forbidden", "You may not " + std::string(verb(wanted)) + " " +
                                            object.name +
                                            ". Its owner or an administrator can allow it.");
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
