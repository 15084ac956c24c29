#include "identity/audited_accounts.h"

namespace ob::identity {

audit::Object account_object(const std::string& email) {
  try {
    check_email(email);
  } catch (const Error&) {
    return {"user", "", ""};
  }
  return {"user", "", email};
}

audit::Event event_of(const Origin& origin, const char* action) {
  audit::Event event{.action = action};
  event.address = origin.address;
  event.user_agent = origin.user_agent;
  event.request_id = origin.request_id;
  return event;
}

template <class Fn>
auto AuditedAccounts::own(const Caller& caller, const char* action, Fn fn) {
  return audit::act(audit_, audit::event_of(caller, action, {"user", caller.user_id, caller.email}),
                    [&](audit::Event&) { return fn(); });
}

template <class Fn>
auto AuditedAccounts::upon(const Caller& caller, const char* action, const std::string& user, Fn fn,
                           boost::json::object details) {
  auto event = audit::event_of(caller, action, {"user", user, identity_.display_name(user)});
  event.details = std::move(details);
  return audit::act(audit_, std::move(event), [&](audit::Event&) { return fn(); });
}

template <class Fn>
auto AuditedAccounts::from(const Origin& origin, const char* action, Fn fn,
                           const std::string& email) {
  auto event = event_of(origin, action);
  event.object = account_object(email);
  return audit::act(audit_, std::move(event), [&](audit::Event&) { return fn(); });
}

SignedIn AuditedAccounts::second_factor(const std::string& challenge, const std::string& code,
                                        const Origin& origin) {
  return from(origin, "auth.secondFactor",
              [&] { return AccountsService::second_factor(challenge, code, origin); });
}

SignedIn AuditedAccounts::replace_password(const std::string& challenge,
                                           const std::string& password, const Origin& origin) {
  return from(origin, "auth.replaceTemporaryPassword",
              [&] { return AccountsService::replace_password(challenge, password, origin); });
}

void AuditedAccounts::register_account(const std::string& email, const std::string& name,
                                       const std::string& password, const Origin& origin) {
  from(
      origin, "auth.register",
      [&] { AccountsService::register_account(email, name, password, origin); }, email);
}

void AuditedAccounts::resend(const std::string& email, const Origin& origin) {
  from(origin, "auth.resendVerification", [&] { AccountsService::resend(email, origin); }, email);
}

void AuditedAccounts::verify(const std::string& token, const Origin& origin) {
  from(origin, "auth.verifyEmail", [&] { AccountsService::verify(token, origin); });
}

Invitation AuditedAccounts::invite(const Caller& caller, const std::string& email, bool admin) {
  auto event = audit::event_of(caller, "admin.invite", {"invitation", "", email});
  event.details["admin"] = admin;
  return audit::act(audit_, std::move(event), [&](audit::Event& e) {
    Invitation made = AccountsService::invite(caller, email, admin);
    e.object.id = made.id;
    return made;
  });
}

void AuditedAccounts::revoke_invitation(const Caller& caller, const std::string& id) {
  audit::act(audit_, audit::event_of(caller, "admin.revokeInvitation", {"invitation", id, ""}),
             [&](audit::Event&) { AccountsService::revoke_invitation(caller, id); });
}

SignedIn AuditedAccounts::accept(const std::string& token, const std::string& name,
                                 const std::string& password, const Origin& origin) {
  return from(origin, "auth.acceptInvitation",
              [&] { return AccountsService::accept(token, name, password, origin); });
}

void AuditedAccounts::forgot_password(const std::string& email, const Origin& origin) {
  from(
      origin, "auth.forgotPassword", [&] { AccountsService::forgot_password(email, origin); },
      email);
}

void AuditedAccounts::reset_password(const std::string& token, const std::string& password,
                                     const Origin& origin) {
  from(origin, "auth.resetPassword",
       [&] { AccountsService::reset_password(token, password, origin); });
}

void AuditedAccounts::change_email(const Caller& caller, const std::string& password,
                                   const std::string& email) {
  own(caller, "auth.changeEmail", [&] { AccountsService::change_email(caller, password, email); });
}

void AuditedAccounts::confirm_email(const std::string& token, const Origin& origin) {
  from(origin, "auth.confirmEmail", [&] { AccountsService::confirm_email(token, origin); });
}

User AuditedAccounts::rename(const Caller& caller, const std::string& name) {
  return own(caller, "auth.rename", [&] { return AccountsService::rename(caller, name); });
}

void AuditedAccounts::delete_own_account(const Caller& caller, const std::string& password,
                                         const std::string& code) {
  own(caller, "auth.deleteAccount",
      [&] { AccountsService::delete_own_account(caller, password, code); });
}

void AuditedAccounts::end_session(const Caller& caller, const std::string& id) {
  audit::act(audit_, audit::event_of(caller, "session.end", {"session", id, ""}),
             [&](audit::Event&) { AccountsService::end_session(caller, id); });
}

void AuditedAccounts::end_other_sessions(const Caller& caller) {
  own(caller, "session.endOthers", [&] { AccountsService::end_other_sessions(caller); });
}

Enrolment AuditedAccounts::enrol(const Caller& caller, const std::string& password) {
  return own(caller, "auth.enrolSecondFactor",
             [&] { return AccountsService::enrol(caller, password); });
}

std::vector<std::string> AuditedAccounts::confirm_enrolment(const Caller& caller,
                                                            const std::string& code) {
  return own(caller, "auth.enableSecondFactor",
             [&] { return AccountsService::confirm_enrolment(caller, code); });
}

void AuditedAccounts::disable_second_factor(const Caller& caller, const std::string& password,
                                            const std::string& code) {
  own(caller, "auth.disableSecondFactor",
      [&] { AccountsService::disable_second_factor(caller, password, code); });
}

User AuditedAccounts::change_user(const Caller& caller, const std::string& id,
                                  const UserChange& change) {
  boost::json::object details;
  if (change.name) details["name"] = *change.name;
  if (change.admin) details["admin"] = *change.admin;
  if (change.disabled) details["disabled"] = *change.disabled;
  return upon(
      caller, "admin.changeUser", id,
      [&] { return AccountsService::change_user(caller, id, change); }, std::move(details));
}

void AuditedAccounts::set_temporary_password(const Caller& caller, const std::string& id,
                                             const std::string& password) {
  upon(caller, "admin.setPassword", id,
       [&] { AccountsService::set_temporary_password(caller, id, password); });
}

void AuditedAccounts::send_reset(const Caller& caller, const std::string& id) {
  upon(caller, "admin.sendReset", id, [&] { AccountsService::send_reset(caller, id); });
}

void AuditedAccounts::reset_second_factor(const Caller& caller, const std::string& id) {
  upon(caller, "admin.resetSecondFactor", id,
       [&] { AccountsService::reset_second_factor(caller, id); });
}

}  // namespace ob::identity
