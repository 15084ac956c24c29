#pragma once
// All SQL of permissions: grants, roles, groups.
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "db/db.h"
#include "identity/permissions.h"
#include "identity/rights.h"

namespace ob::identity::store {

// --- what one account holds
std::int64_t generation(db::Tx&);
std::int64_t raise_generation(db::Tx&);
Rights rights(db::Tx&, const std::string& user_id);

// --- principals
std::optional<Principal> principal_by_id(db::Tx&, const std::string& id);
std::optional<Principal> principal_by_email(db::Tx&, const std::string& email_key);
// `key`: folded. Of the names and emails that hold it; `within`: only those who share a group with
// this user.
std::vector<Principal> find_principals(db::Tx&, const std::string& key,
                                       const std::optional<std::string>& within,
                                       std::int64_t limit);
bool is_admin(db::Tx&, const std::string& user_id);
// Pairs (member, group) on all ways up from the user.
std::vector<std::pair<std::string, std::string>> ways_up(db::Tx&, const std::string& member);

// --- grants
struct GrantRow {
  std::string object_id, principal;
  std::optional<Privilege> privilege;
  std::string role;  // when there is no privilege
};
std::vector<GrantRow> grants_on(db::Tx&, std::span<const Securable> path);
void insert_grant(db::Tx&, const Securable&, const std::string& principal, Privilege,
                  const std::string& granted_by, Micros now);
void insert_role_grant(db::Tx&, const Securable&, const std::string& principal,
                       const std::string& role, const std::string& granted_by, Micros now);
bool delete_grant(db::Tx&, const std::string& object_id, const std::string& principal, Privilege);
bool delete_role_grant(db::Tx&, const std::string& object_id, const std::string& principal,
                       const std::string& role);
// All that the principal holds on this object; whether it held anything.
bool has_grants(db::Tx&, const std::string& object_id, const std::string& principal);
bool delete_grants(db::Tx&, const std::string& object_id, const std::string& principal);
void delete_grants_on(db::Tx&, const std::string& object_id);
void delete_grants_to(db::Tx&, const std::string& principal);  // memberships in groups, too

// --- groups; `key`: the folded name. Throw db::UniqueViolation when it is taken.
std::vector<Group> groups(db::Tx&, const std::optional<std::string>& with_member);
std::optional<Group> group_by_id(db::Tx&, const std::string& id);
std::optional<Group> group_by_key(db::Tx&, const std::string& key);
void insert_group(db::Tx&, const Group&, const std::string& key);
void rename_group(db::Tx&, const std::string& id, const std::string& name, const std::string& key);
void delete_group(db::Tx&, const std::string& id);
std::vector<Principal> members(db::Tx&, const std::string& group);
void insert_member(db::Tx&, const std::string& group, const std::string& member, Micros now);
bool delete_member(db::Tx&, const std::string& group, const std::string& member);

// --- roles that administrators made
std::vector<Role> roles(db::Tx&);
std::optional<Role> role_by_id(db::Tx&, const std::string& id);
void insert_role(db::Tx&, const Role&, const std::string& key, Micros now);
void update_role(db::Tx&, const Role&, const std::string& key);
std::int64_t role_uses(db::Tx&, const std::string& id);
void delete_role(db::Tx&, const std::string& id);

}  // namespace ob::identity::store
