// Groups, and who there is.
#include <algorithm>

#include "base/ids.h"
#include "identity/grants_store.h"
#include "identity/permissions_service.h"

namespace ob::identity {
namespace {

constexpr std::size_t kMaxName = 200, kMaxSearch = 254;

Error name_taken() {
  return conflict("identity.groupExists",
                  "There is already a group, or a service account, with that name.");
}

Error no_such_group() {
  return not_found("identity.groupNotFound", "There is no such group that you may see.");
}

void check_group_name(const std::string& name) {
  check_name(name, kMaxName);
  // What stands for users or for all must not be taken for a group.
  if (name.contains('@') || folded(name) == everyone) {
    throw bad_request("identity.badName",
                      "The name of a group holds no '@', and 'everyone' is taken.");
  }
}

}  // namespace

Principal PermissionsService::principal(const Caller&, const std::string& reference) {
  auto found = db_.reading([&](db::Tx& tx) -> std::optional<Principal> {
    if (auto by_id = store::principal_by_id(tx, reference)) return by_id;
    if (auto by_email = store::principal_by_email(tx, folded(reference))) return by_email;
    const auto group = store::group_by_key(tx, folded(reference));
    return group ? store::principal_by_id(tx, group->id) : std::nullopt;
  });
  if (!found && folded(reference) == everyone) {
    return principal(Caller{}, std::string(everyone));
  }
  if (!found) {
    throw not_found("identity.principalNotFound",
                    "There is no user, service account or group '" + reference +
                        "'. Give a user's email, the name of a group, an id, or everyone.");
  }
  return *found;
}

std::optional<Principal> PermissionsService::find_by_id(const std::string& id) {
  return db_.reading([&](db::Tx& tx) { return store::principal_by_id(tx, id); });
}

std::vector<Principal> PermissionsService::find_principals(const Caller& caller,
                                                           const std::string& text,
                                                           std::size_t limit) {
  if (text.size() > kMaxSearch) return {};
  const std::string key = folded(text);
  const auto within = caller.admin ? std::nullopt : std::optional(caller.user_id);
  auto found = db_.reading([&](db::Tx& tx) {
    auto out = store::find_principals(tx, key, within, static_cast<std::int64_t>(limit));
    const auto exact = store::principal_by_email(tx, key);
    const auto known = [&](const Principal& p) { return exact && p.id == exact->id; };
    if (exact && std::ranges::none_of(out, known)) out.insert(out.begin(), *exact);
    return out;
  });
  if (std::string(everyone).contains(key)) {
    found.push_back({PrincipalKind::everyone, std::string(everyone), "Everyone", ""});
  }
  if (found.size() > limit) found.resize(limit);
  return found;
}

std::vector<Group> PermissionsService::groups(const Caller& caller) {
  const auto whose = caller.admin ? std::nullopt : std::optional(caller.user_id);
  return db_.reading([&](db::Tx& tx) { return store::groups(tx, whose); });
}

Group PermissionsService::group(const Caller& caller, const std::string& id) {
  const auto found = db_.reading([&](db::Tx& tx) { return store::group_by_id(tx, id); });
  const bool visible =
      found && (caller.admin || rights_.of(caller.user_id)->principals.contains(id));
  if (!visible) throw no_such_group();
  return *found;
}

Group PermissionsService::create_group(const Caller& caller, const std::string& name) {
  require_admin(caller);
  check_group_name(name);
  const Group group{.id = new_uuid(), .name = name, .created_at = now_micros()};
  try {
    db_.write([&](db::Tx& tx) {
      if (store::principal_by_email(tx, folded(name))) throw name_taken();
      store::insert_group(tx, group, folded(name));
    });
  } catch (const db::UniqueViolation&) {
    throw name_taken();
  }
  return group;
}

Group PermissionsService::rename_group(const Caller& caller, const std::string& id,
                                       const std::string& name) {
  require_admin(caller);
  check_group_name(name);
  try {
    return rights_.changing([&](db::Tx& tx) {
      auto group = store::group_by_id(tx, id);
      if (!group) throw no_such_group();
      if (store::principal_by_email(tx, folded(name))) throw name_taken();
      store::rename_group(tx, id, name, folded(name));
      group->name = name;
      return *group;
    });
  } catch (const db::UniqueViolation&) {
    throw name_taken();
  }
}

void PermissionsService::delete_group(const Caller& caller, const std::string& id) {
  require_admin(caller);
  rights_.changing([&](db::Tx& tx) {
    if (!store::group_by_id(tx, id)) throw no_such_group();
    store::delete_group(tx, id);
  });
}

std::vector<Principal> PermissionsService::members(const Caller& caller, const std::string& id) {
  group(caller, id);
  return db_.reading([&](db::Tx& tx) { return store::members(tx, id); });
}

void PermissionsService::add_member(const Caller& caller, const std::string& id,
                                    const std::string& reference) {
  require_admin(caller);
  const Principal member = principal(caller, reference);
  if (member.kind == PrincipalKind::everyone) {
    throw bad_request("identity.badMember",
                      "Everyone cannot be in a group: grant to everyone instead.");
  }
  rights_.changing([&](db::Tx& tx) {
    if (!store::group_by_id(tx, id)) throw no_such_group();
    const auto above = store::ways_up(tx, id);
    const bool circle = member.id == id || std::ranges::any_of(above, [&](const auto& way) {
                          return way.second == member.id;
                        });
    if (circle) {
      throw conflict("identity.groupCircle",
                     "The group " + member.name + " already contains this one.");
    }
    if (!store::principal_by_id(tx, member.id)) {
      throw conflict("identity.changed", "The member was deleted at the same time.");
    }
    store::insert_member(tx, id, member.id, now_micros());
  });
}

void PermissionsService::remove_member(const Caller& caller, const std::string& id,
                                       const std::string& reference) {
  require_admin(caller);
  const Principal member = principal(caller, reference);
  rights_.changing([&](db::Tx& tx) {
    if (!store::group_by_id(tx, id)) throw no_such_group();
    if (!store::delete_member(tx, id, member.id)) {
      throw not_found("identity.memberNotFound", member.name + " is not a member of this group.");
    }
  });
}

}  // namespace ob::identity
