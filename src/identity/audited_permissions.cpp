#include "identity/audited_permissions.h"

#include <algorithm>

namespace ob::identity {
namespace {

boost::json::array words(const Privileges& privileges) {
  boost::json::array out;
  for (const Privilege one : privileges.list()) out.emplace_back(to_text(one));
  return out;
}

}  // namespace

audit::Event AuditedPermissions::grant_event(const Caller& caller, const char* action,
                                             std::span<const Securable> path,
                                             const std::string& principal, const Granted& granted) {
  const Securable& object = path.front();
  audit::Event event =
      audit::event_of(caller, action, {std::string(to_text(object.type)), object.id, object.name});
  event.details["principal"] = principal;
  try {
    const Principal whom = PermissionsService::principal(caller, principal);
    event.details["principal"] = whom.email.empty() ? whom.name : whom.email;
    event.details["principal_id"] = whom.id;
  } catch (const Error&) {
    // There is none: the act itself says so.
  }
  if (!granted.role.empty()) event.details["role"] = granted.role;
  if (!granted.privileges.empty()) event.details["privileges"] = words(granted.privileges);
  return event;
}

audit::Object AuditedPermissions::group_object(const Caller& caller, const std::string& id) {
  if (!caller.admin) return {"group", id, ""};
  const auto all = groups(caller);
  const auto found = std::ranges::find(all, id, &Group::id);
  return {"group", id, found == all.end() ? "" : found->name};
}

void AuditedPermissions::grant(const Caller& caller, std::span<const Securable> path,
                               const std::string& principal, const Granted& granted) {
  audit::act(audit_, grant_event(caller, "permission.grant", path, principal, granted),
             [&](audit::Event&) { PermissionsService::grant(caller, path, principal, granted); });
}

bool AuditedPermissions::revoke(const Caller& caller, std::span<const Securable> path,
                                const std::string& principal, const Granted& granted) {
  return audit::act(
      audit_, grant_event(caller, "permission.revoke", path, principal, granted),
      [&](audit::Event&) { return PermissionsService::revoke(caller, path, principal, granted); });
}

void AuditedPermissions::set_grant(const Caller& caller, std::span<const Securable> path,
                                   const std::string& principal, const Granted& granted) {
  const bool takes = granted.role.empty() && granted.privileges.empty();
  audit::act(
      audit_,
      grant_event(caller, takes ? "permission.revoke" : "permission.set", path, principal, granted),
      [&](audit::Event&) { PermissionsService::set_grant(caller, path, principal, granted); });
}

void AuditedPermissions::transfer(const Caller& caller, std::span<const Securable> path,
                                  const std::string& principal) {
  audit::act(audit_, grant_event(caller, "permission.transfer", path, principal, {}),
             [&](audit::Event&) { PermissionsService::transfer(caller, path, principal); });
}

Group AuditedPermissions::create_group(const Caller& caller, const std::string& name) {
  return audit::act(audit_, audit::event_of(caller, "group.create", {"group", "", name}),
                    [&](audit::Event& event) {
                      Group made = PermissionsService::create_group(caller, name);
                      event.object.id = made.id;
                      return made;
                    });
}

Group AuditedPermissions::rename_group(const Caller& caller, const std::string& id,
                                       const std::string& name) {
  auto event = audit::event_of(caller, "group.rename", group_object(caller, id));
  event.details["name"] = name;
  return audit::act(audit_, std::move(event), [&](audit::Event&) {
    return PermissionsService::rename_group(caller, id, name);
  });
}

void AuditedPermissions::delete_group(const Caller& caller, const std::string& id) {
  audit::act(audit_, audit::event_of(caller, "group.delete", group_object(caller, id)),
             [&](audit::Event&) { PermissionsService::delete_group(caller, id); });
}

void AuditedPermissions::add_member(const Caller& caller, const std::string& id,
                                    const std::string& principal) {
  auto event = audit::event_of(caller, "group.addMember", group_object(caller, id));
  event.details["member"] = principal;
  audit::act(audit_, std::move(event),
             [&](audit::Event&) { PermissionsService::add_member(caller, id, principal); });
}

void AuditedPermissions::remove_member(const Caller& caller, const std::string& id,
                                       const std::string& principal) {
  auto event = audit::event_of(caller, "group.removeMember", group_object(caller, id));
  event.details["member"] = principal;
  audit::act(audit_, std::move(event),
             [&](audit::Event&) { PermissionsService::remove_member(caller, id, principal); });
}

Role AuditedPermissions::create_role(const Caller& caller, const std::string& name,
                                     const std::string& text, Privileges privileges) {
  auto event = audit::event_of(caller, "role.create", {"role", "", name});
  event.details["privileges"] = words(privileges);
  return audit::act(audit_, std::move(event), [&](audit::Event& e) {
    Role made = PermissionsService::create_role(caller, name, text, privileges);
    e.object.id = made.id;
    return made;
  });
}

Role AuditedPermissions::change_role(const Caller& caller, const std::string& id,
                                     const std::string& name, const std::string& text,
                                     Privileges privileges) {
  auto event = audit::event_of(caller, "role.change", {"role", id, name});
  event.details["privileges"] = words(privileges);
  return audit::act(audit_, std::move(event), [&](audit::Event&) {
    return PermissionsService::change_role(caller, id, name, text, privileges);
  });
}

void AuditedPermissions::delete_role(const Caller& caller, const std::string& id) {
  audit::act(audit_, audit::event_of(caller, "role.delete", {"role", id, ""}),
             [&](audit::Event&) { PermissionsService::delete_role(caller, id); });
}

}  // namespace ob::identity
