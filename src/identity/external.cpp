#include "identity/external.h"

#include "base/ids.h"
#include "identity/account_store.h"
#include "identity/service.h"

namespace ob::identity {
namespace {

Error email_taken() {
  return conflict("identity.emailTaken", "There is already a user with that email.");
}

class ExternalService final : public External {
 public:
  explicit ExternalService(IdentityService& identity) : identity_(identity) {}

  std::optional<ExternalAccount> by_id(db::Tx& tx, const std::string& user_id) override {
    return account(store::user_by_id(tx, user_id));
  }

  std::optional<ExternalAccount> by_email(db::Tx& tx, const std::string& email) override {
    return account(store::user_by_email(tx, email_key(email)));
  }

  User create(db::Tx& tx, const std::string& email, const std::string& name) override {
    check_email(email);
    check_user_name(name);
    if (store::user_by_email(tx, email_key(email))) throw email_taken();
    const User user{.id = new_uuid(), .email = email, .name = name, .created_at = now_micros()};
    store::insert_user(tx, user, email_key(email), "");
    return user;
  }

  void change(db::Tx& tx, const std::string& user_id, const std::string& email,
              const std::string& name) override {
    check_email(email);
    check_user_name(name);
    const auto user = store::user_by_id(tx, user_id);
    if (!user || user->user.service) throw no_such_user();
    if (name != user->user.name) store::rename_user(tx, user_id, name);
    if (email == user->user.email) return;
    const auto other = store::user_by_email(tx, email_key(email));
    if (other && other->user.id != user_id) throw email_taken();
    store::set_email(tx, user_id, email, email_key(email), now_micros());
  }

  SignedIn sign_in(db::Tx& tx, const std::string& user_id, const Origin& origin,
                   const std::string& via) override {
    const auto user = store::user_by_id(tx, user_id);
    if (!user || user->user.service) throw no_such_user();
    identity_.require_open(*user);
    Origin from = origin;
    from.via = via;
    return identity_.start_session(tx, *user, from);
  }

  bool is_session(db::Tx& tx, const std::string& session) override {
    return store::is_session(tx, session);
  }

  void set_password_gate(std::function<void(const std::string&)> gate) override {
    identity_.set_password_gate(std::move(gate));
  }

  std::string sign(const std::string& payload) override {
    return identity_.signer().sign_payload(payload, now_micros() / 1'000'000);
  }

 private:
  static std::optional<ExternalAccount> account(const std::optional<store::UserRow>& row) {
    // A service account is nobody's, whatever a provider calls a person.
    if (!row || row->user.service) return std::nullopt;
    return ExternalAccount{row->user, !row->password_hash.empty()};
  }

  IdentityService& identity_;
};

}  // namespace

std::unique_ptr<External> open_external(Identity& identity) {
  return std::make_unique<ExternalService>(dynamic_cast<IdentityService&>(identity));
}

}  // namespace ob::identity
