#include "identity/grants_store.h"

#include <algorithm>
#include <map>

#include "identity/roles.h"

namespace ob::identity::store {
namespace {

// The account or group, and the groups that it is in by any way; cycles end, as UNION keeps what is
// new. It starts with columns of tables, as PostgreSQL wants one collation throughout.
constexpr std::string_view kMine =
    "WITH RECURSIVE mine (id) AS (SELECT id FROM users WHERE id = $1 UNION "
    "SELECT id FROM user_groups WHERE id = $1 UNION "
    "SELECT m.group_id FROM group_members m JOIN mine ON m.member_id = mine.id) ";

constexpr std::string_view kUserPrincipal = "SELECT id, name, email, service FROM users ";
constexpr std::string_view kGroup =
    "SELECT g.id, g.name, g.created_at, "
    "(SELECT count(*) FROM group_members m WHERE m.group_id = g.id) FROM user_groups g ";

Principal to_user(const db::Row& row) {
  const bool service = row.integer(3) != 0;
  return {.kind = service ? PrincipalKind::service : PrincipalKind::user,
          .id = row.text(0),
          .name = row.text(1),
          .email = service ? "" : row.text(2)};
}

Principal to_principal(const Group& group) {
  return {.kind = PrincipalKind::group, .id = group.id, .name = group.name, .email = {}};
}

Group to_group(const db::Row& row) {
  return {row.text(0), row.text(1), row.integer(2), row.integer(3)};
}

Privilege to_privilege(const std::string& text) {
  const auto privilege = privilege_named(text);
  if (!privilege) throw internal("unknown privilege in the database: " + text);
  return *privilege;
}

Privileges to_privileges(const std::string& list) {
  Privileges out;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(' ', at), list.size());
    out.add(to_privilege(list.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

std::string to_list(Privileges privileges) {
  std::string out;
  for (const Privilege p : privileges.list()) {
    if (!out.empty()) out += ' ';
    out += to_text(p);
  }
  return out;
}

Role to_role(const db::Row& row) {
  return {.id = row.text(0),
          .name = row.text(1),
          .text = row.text(2),
          .privileges = to_privileges(row.text(3))};
}

// LIKE's wildcards in what a user types stand for themselves.
std::string holding(const std::string& key) {
  std::string out = "%";
  for (const char c : key) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out + "%";
}

}  // namespace

std::int64_t generation(db::Tx& tx) {
  return tx.query_one("SELECT value FROM permission_generation")->integer(0);
}

std::int64_t raise_generation(db::Tx& tx) {
  tx.execute("UPDATE permission_generation SET value = value + 1");
  return generation(tx);
}

Rights rights(db::Tx& tx, const std::string& user_id) {
  Rights out;
  out.generation = generation(tx);
  out.principals = {user_id, std::string(everyone)};
  for (const auto& row :
       tx.query(std::string(kMine) + "SELECT g.id, g.name FROM user_groups g JOIN mine "
                                     "ON g.id = mine.id ORDER BY g.name",
                {user_id})) {
    out.principals.insert(row.text(0));
    out.groups.push_back(row.text(1));
  }
  const std::string whose = " WHERE principal = 'everyone' OR principal IN (SELECT id FROM mine)";
  for (const auto& row : tx.query(
           std::string(kMine) + "SELECT object_id, privilege FROM grants" + whose, {user_id})) {
    out.on_object[row.text(0)].add(to_privilege(row.text(1)));
  }
  std::map<std::string, Privileges> roles;
  for (const Role& role : built_in_roles()) roles[role.id] = role.privileges;
  for (const Role& role : store::roles(tx)) roles[role.id] = role.privileges;
  for (const auto& row : tx.query(
           std::string(kMine) + "SELECT object_id, role FROM role_grants" + whose, {user_id})) {
    out.on_object[row.text(0)].add(roles[row.text(1)]);
  }
  return out;
}

std::optional<Principal> principal_by_id(db::Tx& tx, const std::string& id) {
  if (id == everyone) return Principal{PrincipalKind::everyone, id, "Everyone", ""};
  if (const auto row = tx.query_one(std::string(kUserPrincipal) + "WHERE id = $1", {id})) {
    return to_user(*row);
  }
  if (const auto group = group_by_id(tx, id)) return to_principal(*group);
  return std::nullopt;
}

std::optional<Principal> principal_by_email(db::Tx& tx, const std::string& email_key) {
  const auto row = tx.query_one(std::string(kUserPrincipal) + "WHERE email_key = $1", {email_key});
  return row ? std::optional(to_user(*row)) : std::nullopt;
}

std::vector<Principal> find_principals(db::Tx& tx, const std::string& key,
                                       const std::optional<std::string>& within,
                                       std::int64_t limit) {
  std::vector<Principal> out;
  std::vector<db::Value> parameters{within.value_or(""), holding(key), limit};
  const std::string among = within ? "id IN (SELECT member_id FROM group_members WHERE group_id IN "
                                     "(SELECT id FROM mine))"
                                   : "$1 = ''";
  for (const auto& row :
       tx.query(std::string(kMine) + std::string(kUserPrincipal) + "WHERE " + among +
                    " AND (lower(name) LIKE $2 ESCAPE '\\' OR email_key LIKE $2 ESCAPE '\\') "
                    "ORDER BY service, name, id LIMIT $3",
                parameters)) {
    out.push_back(to_user(row));
  }
  for (const auto& row :
       tx.query(std::string(kMine) + std::string(kGroup) + "WHERE " +
                    (within ? "g.id IN (SELECT id FROM mine)" : "$1 = ''") +
                    " AND g.name_key LIKE $2 ESCAPE '\\' ORDER BY g.name_key LIMIT $3",
                parameters)) {
    out.push_back(to_principal(to_group(row)));
  }
  return out;
}

bool is_admin(db::Tx& tx, const std::string& user_id) {
  const auto row = tx.query_one("SELECT admin FROM users WHERE id = $1", {user_id});
  return row && row->integer(0) != 0;
}

std::vector<std::pair<std::string, std::string>> ways_up(db::Tx& tx, const std::string& member) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& row :
       tx.query(std::string(kMine) + "SELECT m.member_id, m.group_id FROM group_members m "
                                     "JOIN mine ON m.member_id = mine.id",
                {member})) {
    out.emplace_back(row.text(0), row.text(1));
  }
  return out;
}

std::vector<GrantRow> grants_on(db::Tx& tx, std::span<const Securable> path) {
  std::vector<db::Value> ids;
  std::string list;
  for (const Securable& object : path) {
    ids.emplace_back(object.id);
    list += (list.empty() ? "$" : ", $") + std::to_string(ids.size());
  }
  std::vector<GrantRow> out;
  for (const auto& row : tx.query("SELECT object_id, principal, role FROM role_grants "
                                  "WHERE object_id IN (" +
                                      list + ") ORDER BY granted_at, principal, role",
                                  ids)) {
    out.push_back({row.text(0), row.text(1), std::nullopt, row.text(2)});
  }
  for (const auto& row : tx.query("SELECT object_id, principal, privilege FROM grants "
                                  "WHERE object_id IN (" +
                                      list + ") ORDER BY granted_at, principal, privilege",
                                  ids)) {
    out.push_back({row.text(0), row.text(1), to_privilege(row.text(2)), ""});
  }
  return out;
}

void insert_grant(db::Tx& tx, const Securable& object, const std::string& principal,
                  Privilege privilege, const std::string& granted_by, Micros now) {
  tx.execute(
      "INSERT INTO grants (object_id, principal, privilege, object_type, granted_by, granted_at) "
      "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (object_id, principal, privilege) DO NOTHING",
      {object.id, principal, std::string(to_text(privilege)), std::string(to_text(object.type)),
       granted_by, now});
}

void insert_role_grant(db::Tx& tx, const Securable& object, const std::string& principal,
                       const std::string& role, const std::string& granted_by, Micros now) {
  tx.execute(
      "INSERT INTO role_grants (object_id, principal, role, object_type, granted_by, granted_at) "
      "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (object_id, principal, role) DO NOTHING",
      {object.id, principal, role, std::string(to_text(object.type)), granted_by, now});
}

bool delete_grant(db::Tx& tx, const std::string& object_id, const std::string& principal,
                  Privilege privilege) {
  return tx.execute("DELETE FROM grants WHERE object_id = $1 AND principal = $2 AND privilege = $3",
                    {object_id, principal, std::string(to_text(privilege))}) > 0;
}

bool delete_role_grant(db::Tx& tx, const std::string& object_id, const std::string& principal,
                       const std::string& role) {
  return tx.execute("DELETE FROM role_grants WHERE object_id = $1 AND principal = $2 AND role = $3",
                    {object_id, principal, role}) > 0;
}

bool has_grants(db::Tx& tx, const std::string& object_id, const std::string& principal) {
  return tx
      .query_one(
          "SELECT 1 FROM (SELECT object_id, principal FROM grants UNION ALL SELECT object_id, "
          "principal FROM role_grants) AS held WHERE object_id = $1 AND principal = $2 LIMIT 1",
          {object_id, principal})
      .has_value();
}

bool delete_grants(db::Tx& tx, const std::string& object_id, const std::string& principal) {
  std::int64_t deleted = 0;
  for (const std::string table : {"grants", "role_grants"}) {
    deleted += tx.execute("DELETE FROM " + table + " WHERE object_id = $1 AND principal = $2",
                          {object_id, principal});
  }
  return deleted > 0;
}

void delete_grants_on(db::Tx& tx, const std::string& object_id) {
  tx.execute("DELETE FROM grants WHERE object_id = $1", {object_id});
  tx.execute("DELETE FROM role_grants WHERE object_id = $1", {object_id});
}

void delete_grants_to(db::Tx& tx, const std::string& principal) {
  tx.execute("DELETE FROM grants WHERE principal = $1", {principal});
  tx.execute("DELETE FROM role_grants WHERE principal = $1", {principal});
  tx.execute("DELETE FROM group_members WHERE member_id = $1", {principal});
}

std::vector<Group> groups(db::Tx& tx, const std::optional<std::string>& with_member) {
  std::vector<Group> out;
  const auto rows = with_member ? tx.query(std::string(kMine) + std::string(kGroup) +
                                               "WHERE g.id IN (SELECT id FROM mine) ORDER BY g.id",
                                           {*with_member})
                                : tx.query(std::string(kGroup) + "ORDER BY g.id");
  for (const auto& row : rows) out.push_back(to_group(row));
  return out;
}

std::optional<Group> group_by_id(db::Tx& tx, const std::string& id) {
  const auto row = tx.query_one(std::string(kGroup) + "WHERE g.id = $1", {id});
  return row ? std::optional(to_group(*row)) : std::nullopt;
}

std::optional<Group> group_by_key(db::Tx& tx, const std::string& key) {
  const auto row = tx.query_one(std::string(kGroup) + "WHERE g.name_key = $1", {key});
  return row ? std::optional(to_group(*row)) : std::nullopt;
}

void insert_group(db::Tx& tx, const Group& group, const std::string& key) {
  tx.execute("INSERT INTO user_groups (id, name, name_key, created_at) VALUES ($1, $2, $3, $4)",
             {group.id, group.name, key, group.created_at});
}

void rename_group(db::Tx& tx, const std::string& id, const std::string& name,
                  const std::string& key) {
  tx.execute("UPDATE user_groups SET name = $2, name_key = $3 WHERE id = $1", {id, name, key});
}

void delete_group(db::Tx& tx, const std::string& id) {
  delete_grants_to(tx, id);
  tx.execute("DELETE FROM group_members WHERE group_id = $1", {id});
  tx.execute("DELETE FROM user_groups WHERE id = $1", {id});
}

std::vector<Principal> members(db::Tx& tx, const std::string& group) {
  std::vector<Principal> out;
  for (const auto& row : tx.query("SELECT u.id, u.name, u.email, u.service FROM users u "
                                  "JOIN group_members m ON m.member_id = u.id "
                                  "WHERE m.group_id = $1 ORDER BY u.name, u.id",
                                  {group})) {
    out.push_back(to_user(row));
  }
  for (const auto& row :
       tx.query(std::string(kGroup) + "JOIN group_members m ON m.member_id = g.id "
                                      "WHERE m.group_id = $1 ORDER BY g.name_key",
                {group})) {
    out.push_back(to_principal(to_group(row)));
  }
  return out;
}

void insert_member(db::Tx& tx, const std::string& group, const std::string& member, Micros now) {
  tx.execute(
      "INSERT INTO group_members (group_id, member_id, added_at) VALUES ($1, $2, $3) "
      "ON CONFLICT (group_id, member_id) DO NOTHING",
      {group, member, now});
}

bool delete_member(db::Tx& tx, const std::string& group, const std::string& member) {
  return tx.execute("DELETE FROM group_members WHERE group_id = $1 AND member_id = $2",
                    {group, member}) > 0;
}

std::vector<Role> roles(db::Tx& tx) {
  std::vector<Role> out;
  for (const auto& row :
       tx.query("SELECT id, name, comment, privileges FROM roles ORDER BY name_key")) {
    out.push_back(to_role(row));
  }
  return out;
}

std::optional<Role> role_by_id(db::Tx& tx, const std::string& id) {
  const auto row =
      tx.query_one("SELECT id, name, comment, privileges FROM roles WHERE id = $1", {id});
  return row ? std::optional(to_role(*row)) : std::nullopt;
}

void insert_role(db::Tx& tx, const Role& role, const std::string& key, Micros now) {
  tx.execute(
      "INSERT INTO roles (id, name, name_key, comment, privileges, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6)",
      {role.id, role.name, key, role.text, to_list(role.privileges), now});
}

void update_role(db::Tx& tx, const Role& role, const std::string& key) {
  tx.execute(
      "UPDATE roles SET name = $2, name_key = $3, comment = $4, privileges = $5 WHERE id = $1",
      {role.id, role.name, key, role.text, to_list(role.privileges)});
}

std::int64_t role_uses(db::Tx& tx, const std::string& id) {
  return tx.query_one("SELECT count(*) FROM role_grants WHERE role = $1", {id})->integer(0);
}

void delete_role(db::Tx& tx, const std::string& id) {
  tx.execute("DELETE FROM roles WHERE id = $1", {id});
}

}  // namespace ob::identity::store
