// Grants: who was given what on which object, and why somebody may do something.
#include <algorithm>
#include <map>

#include "identity/grants_store.h"
#include "identity/permissions_service.h"
#include "identity/roles.h"

namespace ob::identity {
namespace {

// From the user up to each principal that it is, the shortest way.
std::map<std::string, std::vector<std::string>> ways(db::Tx& tx, const std::string& user) {
  const auto steps = store::ways_up(tx, user);
  std::map<std::string, std::vector<std::string>> out{{user, {user}}};
  std::vector<std::string> reached{user};
  for (std::size_t next = 0; next < reached.size(); ++next) {
    const std::string member = reached[next];
    for (const auto& [from, to] : steps) {
      if (from != member || out.contains(to)) continue;
      out[to] = out[member];
      out[to].push_back(to);
      reached.push_back(to);
    }
  }
  out.try_emplace(std::string(everyone), std::vector<std::string>{user, std::string(everyone)});
  return out;
}

std::vector<Principal> named(db::Tx& tx, const std::vector<std::string>& ids) {
  std::vector<Principal> out;
  for (const auto& id : ids) {
    if (auto found = store::principal_by_id(tx, id)) out.push_back(std::move(*found));
  }
  return out;
}

// Who manages an object may see its grants, also with a credential that changes nothing.
Caller looking(Caller caller) {
  caller.read_only = false;
  return caller;
}

void check(db::Tx& tx, const Granted& granted) {
  if (granted.role.empty() == granted.privileges.empty()) {
    throw bad_request("identity.badGrant", "Give either a role or at least one privilege.");
  }
  if (!granted.role.empty() && !find_role(tx, granted.role)) {
    throw not_found("identity.roleNotFound", "There is no role '" + granted.role + "'.");
  }
}

void insert(db::Tx& tx, const Caller& caller, const Securable& object, const Principal& to,
            const Granted& granted) {
  if (!store::principal_by_id(tx, to.id)) {
    throw conflict("identity.changed", "The principal was deleted at the same time.");
  }
  const Micros now = now_micros();
  if (!granted.role.empty()) {
    store::insert_role_grant(tx, object, to.id, granted.role, caller.user_id, now);
  }
  for (const Privilege p : granted.privileges.list()) {
    store::insert_grant(tx, object, to.id, p, caller.user_id, now);
  }
}

}  // namespace

void PermissionsService::grant(const Caller& caller, std::span<const Securable> path,
                               const std::string& reference, const Granted& granted) {
  require(caller, Privilege::manage, path);
  const Principal to = principal(caller, reference);
  const auto around = whole(path);
  const bool fresh = rights_.changing([&](db::Tx& tx) {
    check(tx, granted);
    const bool had = store::has_grants(tx, path.front().id, to.id);
    insert(tx, caller, path.front(), to, granted);
    if (!had) tell(tx, caller, around, to);
    return !had;
  });
  if (fresh) told(to);
}

void PermissionsService::set_grant(const Caller& caller, std::span<const Securable> path,
                                   const std::string& reference, const Granted& granted) {
  require(caller, Privilege::manage, path);
  const Principal to = principal(caller, reference);
  const bool any = !granted.role.empty() || !granted.privileges.empty();
  const auto around = whole(path);
  const bool fresh = rights_.changing([&](db::Tx& tx) {
    if (any) check(tx, granted);
    const bool had = store::delete_grants(tx, path.front().id, to.id);
    if (!any && !had) {
      throw not_found("identity.grantNotFound",
                      to.name + " was granted nothing on " + path.front().name + " itself.");
    }
    insert(tx, caller, path.front(), to, granted);
    const bool first = any && !had;
    if (first) tell(tx, caller, around, to);
    return first;
  });
  if (fresh) told(to);
}

void PermissionsService::watch(Watcher watcher) {
  watcher_ = std::move(watcher);
}

void PermissionsService::tell(db::Tx& tx, const Caller& caller, std::span<const Securable> path,
                              const Principal& to) const {
  if (watcher_.granted && to.kind == PrincipalKind::user) watcher_.granted(tx, caller, path, to);
}

void PermissionsService::told(const Principal& to) const {
  if (watcher_.done && to.kind == PrincipalKind::user) watcher_.done(to);
}

bool PermissionsService::revoke(const Caller& caller, std::span<const Securable> path,
                                const std::string& reference, const Granted& granted) {
  require(caller, Privilege::manage, path);
  const Principal from = principal(caller, reference);
  const std::string& object = path.front().id;
  return rights_.changing([&](db::Tx& tx) {
    check(tx, granted);
    bool any = !granted.role.empty() && store::delete_role_grant(tx, object, from.id, granted.role);
    for (const Privilege p : granted.privileges.list()) {
      any = store::delete_grant(tx, object, from.id, p) || any;
    }
    return any;
  });
}

std::vector<Grant> PermissionsService::grants(const Caller& caller, std::span<const Securable> path,
                                              bool inherited) {
  require(looking(caller), Privilege::manage, path);
  const auto objects = inherited ? whole(path) : std::vector<Securable>{path.front()};
  return db_.reading([&](db::Tx& tx) {
    const auto rows = store::grants_on(tx, objects);
    std::vector<Grant> out;
    for (const Securable& object : objects) {
      const std::size_t first = out.size();
      for (const auto& row : rows) {
        if (row.object_id != object.id) continue;
        const auto same = [&](const Grant& g) {
          return !g.role && g.principal.id == row.principal;
        };
        const auto begin = out.begin() + static_cast<std::ptrdiff_t>(first);
        auto held = row.privilege ? std::find_if(begin, out.end(), same) : out.end();
        if (held == out.end()) {
          auto whose = store::principal_by_id(tx, row.principal);
          if (!whose) continue;  // deleted, with its grants, while this was read
          held = out.insert(out.end(),
                            {.principal = *whose, .object = object, .privileges = {}, .role = {}});
          if (!row.privilege) held->role = find_role(tx, row.role);
        }
        if (row.privilege) held->privileges.add(*row.privilege);
      }
    }
    return out;
  });
}

std::vector<Reason> PermissionsService::explain(const Caller& caller, const std::string& reference,
                                                Privilege wanted,
                                                std::span<const Securable> inner) {
  const Principal user = principal(caller, reference);
  const bool own = user.id == caller.user_id;
  require(looking(caller), own ? Privilege::browse : Privilege::manage, inner);
  const auto path = whole(inner);
  return db_.reading([&](db::Tx& tx) {
    std::vector<Reason> out;
    if (store::is_admin(tx, user.id)) {
      out.push_back({Reason::Kind::administrator, {}, {user}, wanted, {}});
    }
    const auto up = ways(tx, user.id);
    for (const Securable& object : path) {
      if (const auto found = up.find(object.owner); found != up.end()) {
        out.push_back({Reason::Kind::owner, object, named(tx, found->second), wanted, {}});
      }
    }
    for (const auto& row : store::grants_on(tx, path)) {
      const auto holder = up.find(row.principal);
      if (holder == up.end()) continue;
      const auto object = std::ranges::find(path, row.object_id, &Securable::id);
      const auto role = row.privilege ? std::nullopt : find_role(tx, row.role);
      const Privileges gives = row.privilege ? Privileges{*row.privilege}
                               : role        ? role->privileges
                                             : Privileges{};
      if (!gives.give(wanted)) continue;
      out.push_back({role ? Reason::Kind::role : Reason::Kind::privilege, *object,
                     named(tx, holder->second), row.privilege.value_or(wanted), role});
    }
    return out;
  });
}

void PermissionsService::forget(const Securable& object) {
  rights_.changing([&](db::Tx& tx) {
    store::delete_grants_on(tx, object.id);
    if (watcher_.gone) watcher_.gone(tx, object);
  });
}

}  // namespace ob::identity
