#include "identity/roles.h"

#include <algorithm>
#include <array>

#include "base/ids.h"
#include "identity/grants_store.h"
#include "identity/permissions_service.h"

namespace ob::identity {
namespace {

constexpr std::size_t kMaxName = 100, kMaxText = 1000, kMaxRoles = 1000;

Error name_taken() {
  return conflict("identity.roleExists", "There is already a role with that name.");
}

void check(const std::string& name, const std::string& text, Privileges privileges) {
  check_name(name, kMaxName);
  if (!text.empty()) check_name(text, kMaxText);
  if (privileges.empty()) {
    throw bad_request("identity.emptyRole",
                      "A role gives at least one of browse, read, write, create, manage.");
  }
  if (std::ranges::find(built_in_roles(), folded(name), &Role::id) != built_in_roles().end()) {
    throw name_taken();
  }
}

Error no_such_role() {
  return not_found("identity.roleNotFound", "There is no such role that was made here.");
}

}  // namespace

std::span<const Role> built_in_roles() {
  static const std::array<Role, 5> roles{{
      {"viewer", "Viewer", "Sees and reads everything in it.", {Privilege::read}, true},
      {"commenter",
       "Commenter",
       "Reads documents and comments on them; in a workspace or folder also adds things of their "
       "own.",
       {Privilege::read, Privilege::create},
       true},
      {"editor",
       "Editor",
       "Reads, changes and adds to it.",
       {Privilege::write, Privilege::create},
       true},
      {"admin",
       "Admin",
       "Does everything in it, and says who else may.",
       {Privilege::manage},
       true},
      {"owner",
       "Owner",
       "Does everything in it, as if it were their own.",
       {Privilege::manage},
       true},
  }};
  return roles;
}

std::optional<Role> find_role(db::Tx& tx, const std::string& id) {
  const auto built_in = built_in_roles();
  const auto found = std::ranges::find(built_in, id, &Role::id);
  return found == built_in.end() ? store::role_by_id(tx, id) : std::optional(*found);
}

std::vector<Role> PermissionsService::roles(const Caller&) {
  std::vector<Role> out(built_in_roles().begin(), built_in_roles().end());
  for (Role& role : db_.reading([](db::Tx& tx) { return store::roles(tx); })) {
    out.push_back(std::move(role));
  }
  return out;
}

Role PermissionsService::create_role(const Caller& caller, const std::string& name,
                                     const std::string& text, Privileges privileges) {
  require_admin(caller);
  check(name, text, privileges);
  const Role role{.id = new_uuid(), .name = name, .text = text, .privileges = privileges};
  try {
    db_.write([&](db::Tx& tx) {
      if (store::roles(tx).size() >= kMaxRoles) {
        throw conflict("identity.tooManyRoles", "There are 1000 roles. Delete one first.");
      }
      store::insert_role(tx, role, folded(name), now_micros());
    });
  } catch (const db::UniqueViolation&) {
    throw name_taken();
  }
  return role;
}

Role PermissionsService::change_role(const Caller& caller, const std::string& id,
                                     const std::string& name, const std::string& text,
                                     Privileges privileges) {
  require_admin(caller);
  check(name, text, privileges);
  const Role role{.id = id, .name = name, .text = text, .privileges = privileges};
  try {
    rights_.changing([&](db::Tx& tx) {
      if (!store::role_by_id(tx, id)) throw no_such_role();
      store::update_role(tx, role, folded(name));
    });
  } catch (const db::UniqueViolation&) {
    throw name_taken();
  }
  return role;
}

void PermissionsService::delete_role(const Caller& caller, const std::string& id) {
  require_admin(caller);
  db_.write([&](db::Tx& tx) {
    const auto role = store::role_by_id(tx, id);
    if (!role) throw no_such_role();
    if (const auto uses = store::role_uses(tx, id); uses > 0) {
      throw conflict("identity.roleInUse", "The role " + role->name + " is granted " +
                                               std::to_string(uses) +
                                               " times. Take it away first.");
    }
    store::delete_role(tx, id);
  });
}

}  // namespace ob::identity
