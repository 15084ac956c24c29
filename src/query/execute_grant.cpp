// GRANT, REVOKE and SHOW GRANTS.
#include "base/error.h"
#include "query/core.h"

namespace ob::query {

using identity::ObjectType;
using identity::Permissions;
using identity::Securable;

namespace {

std::string upper_text(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

// The word that GRANT takes for it on this kind of object.
std::string action(identity::Privilege privilege, ObjectType type) {
  const bool volume = type == ObjectType::volume;
  switch (privilege) {
    case identity::Privilege::browse:
      return "BROWSE";
    case identity::Privilege::read:
      if (type == ObjectType::function) return "EXECUTE";
      return volume ? "READ VOLUME" : "SELECT";
    case identity::Privilege::write:
      return volume ? "WRITE VOLUME" : "MODIFY";
    case identity::Privilege::create:
      return "CREATE";
    case identity::Privilege::manage:
      return "MANAGE";
  }
  throw internal("unknown privilege");
}

// A role by its id or, as users know it, by its name.
std::string role_id(Permissions& permissions, const Caller& caller, const std::string& given) {
  for (const auto& role : permissions.roles(caller))
    if (role.id == given || upper_text(role.name) == upper_text(given)) return role.id;
  throw not_found("identity.roleNotFound", "There is no role '" + given + "'.");
}

}  // namespace

std::vector<Securable> Session::path_of(const ObjectOfGrants& object) {
  std::string name = "server";
  if (object.type == ObjectType::catalog) {
    name = object_name(ObjectKind::catalog, object.name).text();
  } else if (object.type == ObjectType::schema) {
    name = object_name(ObjectKind::schema, object.name).text();
  } else if (object.type != ObjectType::server) {
    name = table_name(object.name).text();
  }
  return core_.identity.permissions().resolve(caller_, object.type, name);
}

Plan Session::run(const ChangeGrants& statement) {
  Permissions& permissions = core_.identity.permissions();
  const auto path = path_of(statement.object);
  permissions.require(caller_, identity::Privilege::manage, path);
  identity::Granted granted = statement.granted;
  if (!granted.role.empty()) granted.role = role_id(permissions, caller_, granted.role);
  // All principals are looked up before anything is changed.
  std::vector<std::string> principals;
  for (const auto& name : statement.principals)
    principals.push_back(permissions.principal(caller_, name).id);
  std::int64_t changed = 0;
  for (const auto& principal : principals) {
    if (!statement.revoke) {
      permissions.grant(caller_, path, principal, granted);
      ++changed;
    } else if (permissions.revoke(caller_, path, principal, granted)) {
      ++changed;
    }
  }
  const std::string& name = path.front().name;
  if (!statement.revoke) return message_plan("Granted on " + name + ".");
  return message_plan(changed > 0 ? "Revoked on " + name + "."
                                  : "There was no such grant on " + name + " itself.");
}

Plan Session::run(const ShowGrants& show) {
  Permissions& permissions = core_.identity.permissions();
  const auto path = path_of(show.object);
  const auto grants = permissions.grants(caller_, path, true);
  const std::string only =
      show.principal.empty() ? "" : permissions.principal(caller_, show.principal).id;
  RowsBuilder rows({{"principal", "VARCHAR"},
                    {"action_type", "VARCHAR"},
                    {"object_type", "VARCHAR"},
                    {"object_key", "VARCHAR"}});
  for (const identity::Grant& grant : grants) {
    if (!only.empty() && grant.principal.id != only) continue;
    const std::string who =
        grant.principal.email.empty() ? grant.principal.name : grant.principal.email;
    const std::string type = upper_text(identity::to_text(grant.object.type));
    if (grant.role) rows.add({who, "ROLE " + grant.role->name, type, grant.object.name});
    for (const auto privilege : grant.privileges.list())
      rows.add({who, action(privilege, grant.object.type), type, grant.object.name});
  }
  return rows.plan();
}

}  // namespace ob::query
