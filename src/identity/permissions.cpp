// The one evaluator of permissions.
#include <algorithm>

#include "identity/service.h"

namespace ob::identity {
namespace {

constexpr std::string_view kEveryone = "everyone";

bool includes(Privilege held, Privilege wanted) {
  if (held == Privilege::manage || held == wanted || wanted == Privilege::browse) return true;
  return held == Privilege::write && wanted == Privilege::read;
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

Error no_such(const Securable& object) {
  const auto error = [&](const char* id, const std::string& what) {
    return not_found(id, "There is no " + what + " " + object.name + " that you may see.");
  };
  switch (object.type) {
    case ObjectType::server:
      return forbidden("identity.forbidden", "You may not see this server.");
    case ObjectType::catalog:
      return error("catalog.catalogNotFound", "catalog");
    case ObjectType::schema:
      return error("catalog.schemaNotFound", "schema");
    case ObjectType::table:
      return error("catalog.tableNotFound", "table or view");
    case ObjectType::volume:
      return error("catalog.volumeNotFound", "volume");
    case ObjectType::saved_query:
      return error("query.savedQueryNotFound", "saved query");
  }
  throw internal("unknown type of object");
}

}  // namespace

bool IdentityService::may(const Caller& caller, Privilege wanted, std::span<const Securable> path) {
  if (caller.user_id.empty() || path.empty()) return false;
  if (caller.admin) return true;
  const auto owned = [&](const Securable& object) { return object.owner == caller.user_id; };
  if (std::ranges::any_of(path, owned)) return true;
  const auto held =
      db_.reading([&](db::Tx& tx) { return store::privileges(tx, caller.user_id, path); });
  return std::ranges::any_of(held, [&](Privilege p) { return includes(p, wanted); });
}

void Identity::require(const Caller& caller, Privilege wanted, std::span<const Securable> path) {
  if (may(caller, wanted, path)) return;
  if (path.empty()) throw internal("no object to authorise");
  if (!may(caller, Privilege::browse, path)) throw no_such(path.front());
  throw forbidden("identity.forbidden", "You may not " + std::string(verb(wanted)) + " " +
                                            path.front().name +
                                            ". Its owner or an administrator can allow it.");
}

void IdentityService::grant(const Caller& caller, const std::string& principal, Privilege privilege,
                            std::span<const Securable> path) {
  require(caller, Privilege::manage, path);
  db_.write([&](db::Tx& tx) {
    if (principal != kEveryone && !store::user_by_id(tx, principal)) {
      throw not_found("identity.userNotFound", "There is no such user.");
    }
    store::insert_grant(tx, path.front(), principal, privilege, caller.user_id, now_micros());
  });
}

void IdentityService::forget(const Securable& object) {
  db_.write([&](db::Tx& tx) { store::delete_grants_on(tx, object.id); });
}

}  // namespace ob::identity
