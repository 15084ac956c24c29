#pragma once
#include <atomic>
#include <shared_mutex>
#include <unordered_map>

#include "audit/audit.h"
#include "identity/accounts.h"
#include "identity/audited_permissions.h"
#include "identity/guard.h"
#include "identity/passwords.h"
#include "identity/store.h"
#include "identity/tokens.h"

namespace ob::identity {

// Access tokens that ended before their time.
class Revocations {
 public:
  void add(const std::vector<store::Revocation>& revocations, Micros now);
  void drop(Micros before);  // tokens from before then have expired
  bool covers(const Claims& claims) const;

 private:
  struct Entry {
    std::int64_t epoch = 0;
    Micros added_at = 0;
  };
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
};

class IdentityService : public Identity {
 public:
  IdentityService(db::Database& database, const SecretBox& box, const Options& options);

  std::optional<std::string> bootstrap(const std::string& admin_email,
                                       const std::string& admin_password) override;
  Tokens sign_in(const std::string& email, const std::string& password,
                 const std::string& address) override;
  Tokens refresh(const std::string& refresh_token, const std::string& address) override;
  SignedIn sign_in(const std::string& email, const std::string& password, const Origin& origin);
  SignedIn refresh(const std::string& refresh_token, const Origin& origin);
  void sign_out(const std::string& refresh_token, const Origin& origin) override;
  Caller authenticate(const std::string& bearer) override;
  bool knows_offhand(const std::string& bearer) const override;
  Caller renewed(const Caller&) override;
  std::int64_t generation() override;
  void change_password(const Caller&, const std::string& current,
                       const std::string& fresh) override;
  User me(const Caller&) override;
  std::vector<User> users(const Caller&) override;
  User create_user(const Caller&, const std::string& email, const std::string& name,
                   const std::string& password) override;
  void delete_user(const Caller&, const std::string& id) override;
  std::vector<ApiKey> keys(const Caller&) override;
  std::pair<ApiKey, std::string> create_key(const Caller&, const std::string& name,
                                            std::optional<Micros> expires_at,
                                            const Scopes& scopes) override;
  void delete_key(const Caller&, const std::string& id) override;
  Tokens view_as(const Caller&, const std::string& user_id) override;
  Permissions& permissions() override { return permissions_; }
  std::string display_name(const std::string& user_id) override;
  std::string seal(std::string_view secret, std::string_view context) const override {
    return box_.seal(secret, context);
  }
  std::string unseal(std::string_view sealed, std::string_view context) const override {
    return box_.open(sealed, context);
  }

  // For the other parts of this module.
  audit::Audit& audit() { return audit_; }
  db::Database& database() { return db_; }
  const SecretBox& box() const { return box_; }
  Passwords& passwords() { return passwords_; }
  Guard& guard() { return guard_; }
  TokenSigner& signer() { return signer_; }
  // Signs in whoever proved to be the user; `device` is that of an earlier sign-in or empty.
  SignedIn start_session(db::Tx& tx, const store::UserRow& user, const Origin& origin);
  // After the transaction that stored them.
  void ended(const std::vector<store::Revocation>& revocations);
  // The id of a device that signed in to this account before; empty for any other text.
  std::string device_of(const std::string& device, const std::string& user_id) const;
  bool knows(db::Tx& tx, const std::string& user_id, const Origin& origin) const;
  // Who it is, when the password is right; counts wrong ones. Throws 403 identity.badCredentials.
  store::UserRow reauthenticate(const Caller& caller, const std::string& password);
  // What a sign-in still lacks, as a text that only this server can read and make.
  std::string challenge(const std::string& what, const store::UserRow& user) const;
  // The user of a challenge that is not too old; throws 401 identity.badChallenge.
  store::UserRow read_challenge(db::Tx& tx, const std::string& what, const std::string& text) const;
  // Throws 403 for those who may not sign in although they proved who they are.
  void require_open(const store::UserRow& user) const;
  void require_own_password(const store::UserRow& user) const;
  // Asked before a password of the email is looked at or set; throws to refuse it.
  void set_password_gate(std::function<void(const std::string&)> gate) {
    password_gate_ = std::move(gate);
  }
  void require_password_sign_in(const std::string& email) const {
    if (password_gate_) password_gate_(email);
  }

 private:
  // A bearer credential that was found good.
  struct Known {
    Caller caller;
    std::optional<Claims> claims;      // of an access token
    std::optional<Micros> expires_at;  // of an API key
    Micros checked_at = 0;
  };

  void upgrade(store::UserRow& user, const std::string& password, const Line& line);
  Tokens issue(db::Tx& tx, const store::UserRow& user, const std::string& session);
  // Not when forget_credentials() came since `generation`.
  void remember(const std::string& digest, Known known, std::uint64_t generation);
  std::optional<Known> known(const std::string& digest, Micros now,
                             std::uint64_t& generation) const;
  Known check_token(const std::string& bearer, Micros now);
  Known check_key(const std::string& digest, Micros now);
  void forget_credentials();
  void load_revocations();
  void load_revocations_now(Micros now);
  std::int64_t token_lifetime_micros() const { return options_.access_lifetime_s * 1'000'000; }

  // What is inside the acts of the same names.
  SignedIn check_password(const std::string& email, const std::string& password,
                          const Origin& origin);
  void end(const std::string& refresh_token);
  SignedIn check_refresh(const std::string& refresh_token, const Origin& origin);

  db::Database& db_;
  const SecretBox box_;
  const Options options_;  // declared first: the parts below are made from it
  audit::Audit& audit_;
  TokenSigner signer_;
  Passwords passwords_;
  Guard guard_;
  AuditedPermissions permissions_;
  std::function<void(const std::string&)> password_gate_;
  Revocations revocations_;
  std::mutex loading_;
  std::atomic<Micros> loaded_at_ = 0;
  std::atomic<std::int64_t> generation_ = 0;
  mutable std::shared_mutex known_mutex_;
  std::unordered_map<std::string, Known> known_;
  std::uint64_t known_generation_ = 0;
  std::shared_mutex names_mutex_;
  std::unordered_map<std::string, std::pair<std::string, Micros>> names_;
};

// Shared checks of what people type. Throw ob::Error 400.
void check_email(const std::string& email);
void check_user_name(const std::string& name);
Error no_such_user();

// Of a checked email: one account whatever its spelling.
inline std::string email_key(const std::string& email) {
  return folded(email);
}

}  // namespace ob::identity
