#include "identity/audited_identity.h"

namespace ob::identity {

void AuditedIdentity::change_password(const Caller& caller, const std::string& current,
                                      const std::string& fresh) {
  audit::act(audit(),
             audit::event_of(caller, "auth.changePassword", {"user", caller.user_id, caller.email}),
             [&](audit::Event&) { IdentityService::change_password(caller, current, fresh); });
}

User AuditedIdentity::create_user(const Caller& caller, const std::string& email,
                                  const std::string& name, const std::string& password) {
  return audit::act(audit(), audit::event_of(caller, "admin.createUser", account_object(email)),
                    [&](audit::Event& event) {
                      User made = IdentityService::create_user(caller, email, name, password);
                      event.object.id = made.id;
                      return made;
                    });
}

void AuditedIdentity::delete_user(const Caller& caller, const std::string& id) {
  audit::act(audit(), audit::event_of(caller, "admin.deleteUser", {"user", id, display_name(id)}),
             [&](audit::Event&) { IdentityService::delete_user(caller, id); });
}

std::pair<ApiKey, std::string> AuditedIdentity::create_key(const Caller& caller,
                                                           const std::string& name,
                                                           std::optional<Micros> expires_at,
                                                           const Scopes& scopes) {
  auto event = audit::event_of(caller, "key.create", {"key", "", name});
  if (expires_at) event.details["expires_at"] = format_instant(*expires_at);
  boost::json::array limits;
  for (const auto& scope : scopes.names()) limits.emplace_back(scope);
  if (scopes.limited()) event.details["scopes"] = std::move(limits);
  return audit::act(audit(), std::move(event), [&](audit::Event& e) {
    auto made = IdentityService::create_key(caller, name, expires_at, scopes);
    e.object.id = made.first.id;
    return made;
  });
}

Tokens AuditedIdentity::view_as(const Caller& caller, const std::string& user_id) {
  return audit::act(
      audit(), audit::event_of(caller, "admin.viewAs", {"user", user_id, display_name(user_id)}),
      [&](audit::Event&) { return IdentityService::view_as(caller, user_id); });
}

void AuditedIdentity::delete_key(const Caller& caller, const std::string& id) {
  audit::act(audit(), audit::event_of(caller, "key.delete", {"key", id, ""}),
             [&](audit::Event&) { IdentityService::delete_key(caller, id); });
}

}  // namespace ob::identity
