#pragma once
#include "identity/accounts.h"
#include "identity/link_store.h"
#include "identity/service.h"

namespace ob::identity {

class AccountsService : public Accounts {
 public:
  AccountsService(IdentityService& identity, mail::Mail& mail, AccountOptions options);

  SignedIn sign_in(const std::string& email, const std::string& password,
                   const Origin& origin) override {
    return identity_.sign_in(email, password, origin);
  }
  SignedIn refresh(const std::string& refresh_token, const Origin& origin) override {
    return identity_.refresh(refresh_token, origin);
  }
  SignedIn second_factor(const std::string& challenge, const std::string& code,
                         const Origin&) override;
  SignedIn replace_password(const std::string& challenge, const std::string& password,
                            const Origin&) override;

  std::vector<PublicKey> public_keys() override { return identity_.signer().public_keys(); }

  Registration registration() const override { return options_.registration; }
  bool has_mail() const override { return mail_.has_server(); }
  std::string passkey_origin() const override;
  void register_account(const std::string& email, const std::string& name,
                        const std::string& password, const Origin&) override;
  void resend(const std::string& email, const Origin&) override;
  void verify(const std::string& token, const Origin&) override;

  Invitation invite(const Caller&, const std::string& email, bool admin) override;
  std::vector<Invitation> invitations(const Caller&) override;
  void revoke_invitation(const Caller&, const std::string& id) override;
  Invitation invitation(const std::string& token) override;
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

  std::vector<Session> sessions(const Caller&) override;
  void end_session(const Caller&, const std::string& id) override;
  void end_other_sessions(const Caller&) override;

  SecondFactor second_factor_state(const Caller&) override;
  Enrolment enrol(const Caller&, const std::string& password) override;
  std::vector<std::string> confirm_enrolment(const Caller&, const std::string& code) override;
  void disable_second_factor(const Caller&, const std::string& password,
                             const std::string& code) override;

  User change_user(const Caller&, const std::string& id, const UserChange&) override;
  void set_temporary_password(const Caller&, const std::string& id,
                              const std::string& password) override;
  void send_reset(const Caller&, const std::string& id) override;
  void reset_second_factor(const Caller&, const std::string& id) override;

  // For the other parts of this module.
  // Throws 403 unless the password is right, and the code where there is a second factor.
  void prove(const Caller&, const std::string& password, const std::string& code);
  // A letter, unless the address had too many of late or is none that letters go to; it goes out
  // once the transaction has ended and wake() is called.
  void post(db::Tx&, const mail::Letter& letter);
  void wake() { mail_.wake(); }
  std::string public_url() const { return options_.public_url(); }

 private:
  std::string page(const std::string& path, const std::string& token = {}) const;
  // A fresh link of the kind, in the transaction; its address.
  std::string make_link(db::Tx&, store::LinkRow row, const std::string& path);
  void defer(const std::string& kind, const std::string& note, const Origin&);
  void take_request(db::Tx&, const Origin&);  // throws Throttled

  // Of notes that requests left.
  void on_register(db::Tx&, const std::string& note);
  void on_resend(db::Tx&, const std::string& email);
  void on_forgot(db::Tx&, const std::string& email);
  void on_change_email(db::Tx&, const std::string& note);

  void post_reset(db::Tx&, const User& user);
  // Whether the code is right; uses it up.
  bool use_code(db::Tx&, const std::string& user_id, const std::string& code);
  // Throws 403 identity.badCode unless the caller has no second factor or the code is right.
  void require_code(const Caller&, const std::string& code);
  // Ends what was signed in so far, sessions too; to be given to ended() after the transaction.
  store::Revocation end_everything(db::Tx&, const store::UserRow& user);

 protected:
  IdentityService& identity_;

 private:
  db::Database& db_;
  mail::Mail& mail_;
  const AccountOptions options_;
};

// 400 identity.badLink.
Error bad_link();

}  // namespace ob::identity
