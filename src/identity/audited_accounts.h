#pragma once
#include "audit/audit.h"
#include "identity/account_service.h"

namespace ob::identity {

// Accounts whose changes stand in the audit log. Sign-in and refresh tell of themselves.
class AuditedAccounts final : public AccountsService {
 public:
  AuditedAccounts(IdentityService& identity, mail::Mail& mail, AccountOptions options)
      : AccountsService(identity, mail, std::move(options)), audit_(identity.audit()) {}

  SignedIn second_factor(const std::string& challenge, const std::string& code,
                         const Origin&) override;
  SignedIn replace_password(const std::string& challenge, const std::string& password,
                            const Origin&) override;
  void register_account(const std::string& email, const std::string& name,
                        const std::string& password, const Origin&) override;
  void resend(const std::string& email, const Origin&) override;
  void verify(const std::string& token, const Origin&) override;
  Invitation invite(const Caller&, const std::string& email, bool admin) override;
  void revoke_invitation(const Caller&, const std::string& id) override;
  SignedIn accept(const std::string& token, const std::string& name, const std::string& password,
                  const Origin&) override;
  void forgot_password(const std::string& email, const Origin&) override;
  void reset_password(const std::string& token, const std::string& password,
                      const Origin&) override;
  void change_email(const Caller&, const std::string& password, const std::string& email) override;
  void confirm_email(const std::string& token, const Origin&) override;
  User rename(const Caller&, const std::string& name) override;
  void delete_own_account(const Caller&, const std::string& password,
                          const std::string& code) override;
  void end_session(const Caller&, const std::string& id) override;
  void end_other_sessions(const Caller&) override;
  Enrolment enrol(const Caller&, const std::string& password) override;
  std::vector<std::string> confirm_enrolment(const Caller&, const std::string& code) override;
  void disable_second_factor(const Caller&, const std::string& password,
                             const std::string& code) override;
  User change_user(const Caller&, const std::string& id, const UserChange&) override;
  void set_temporary_password(const Caller&, const std::string& id,
                              const std::string& password) override;
  void send_reset(const Caller&, const std::string& id) override;
  void reset_second_factor(const Caller&, const std::string& id) override;

 private:
  // Runs fn() as an act of the caller's upon their own account, or upon that of another user.
  template <class Fn>
  auto own(const Caller& caller, const char* action, Fn fn);
  template <class Fn>
  auto upon(const Caller& caller, const char* action, const std::string& user, Fn fn,
            boost::json::object details = {});
  // Of somebody who is not signed in.
  template <class Fn>
  auto from(const Origin& origin, const char* action, Fn fn, const std::string& email = {});

  audit::Audit& audit_;
};

// What strangers give for an email is kept only where it is one: people type passwords there.
audit::Object account_object(const std::string& email);
audit::Event event_of(const Origin& origin, const char* action);

}  // namespace ob::identity
