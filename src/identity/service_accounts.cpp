#include "identity/service_accounts.h"

#include "base/ids.h"
#include "identity/account_store.h"
#include "identity/audited_accounts.h"
#include "identity/grants_store.h"
#include "identity/secret_store.h"
#include "identity/service.h"

namespace ob::identity {
namespace {

constexpr std::size_t kMaxName = 200, kMaxSecrets = 20, kMaxAccounts = 10'000, kShownPrefix = 12,
                      kMaxCredential = 256;
constexpr std::int64_t kLifetime = 900;  // seconds
constexpr Micros kTouch = 60'000'000;    // last use is written at most this often

Error no_such_account() {
  return not_found("identity.serviceAccountNotFound", "There is no such service account.");
}

Error name_taken() {
  return conflict("identity.nameTaken", "Another account or a group has that name.");
}

void check_service_name(const std::string& name) {
  check_name(name, kMaxName);
  // What stands for users or for all must not be taken for a service account.
  if (name.contains('@') || folded(name) == everyone) {
    throw bad_request("identity.badName",
                      "The name of a service account holds no '@', and 'everyone' is taken.");
  }
}

ServiceAccount to_account(const User& user) {
  return {user.id, user.name, user.created_at, user.disabled};
}

store::UserRow find(db::Tx& tx, const std::string& id) {
  auto user = store::user_by_id(tx, id);
  if (!user || !user->user.service) throw no_such_account();
  return std::move(*user);
}

class ServiceAccountsService final : public ServiceAccounts {
 public:
  explicit ServiceAccountsService(IdentityService& identity)
      : identity_(identity), db_(identity.database()) {}

  std::vector<ServiceAccount> list(const Caller& caller) override;
  ServiceAccount get(const Caller& caller, const std::string& id) override;
  ServiceAccount create(const Caller& caller, const std::string& name) override;
  ServiceAccount change(const Caller& caller, const std::string& id,
                        const ServiceAccountChange& change) override;
  void remove(const Caller& caller, const std::string& id) override;
  std::vector<ClientSecret> secrets(const Caller& caller, const std::string& id) override;
  std::pair<ClientSecret, std::string> create_secret(const Caller& caller, const std::string& id,
                                                     std::optional<Micros> expires_at) override;
  void delete_secret(const Caller& caller, const std::string& id,
                     const std::string& secret) override;
  Tokens token(const std::string& client_id, const std::string& client_secret,
               const std::string& scope, const Origin& origin) override;

 private:
  // Runs fn(event) as an act upon the account.
  template <class Fn>
  auto upon(const Caller& caller, const char* action, const std::string& id, Fn fn) {
    auto event =
        audit::event_of(caller, action, {"service_account", id, identity_.display_name(id)});
    return audit::act(identity_.audit(), std::move(event), fn);
  }
  Tokens checked_token(const std::string& client_id, const std::string& client_secret,
                       const std::string& scope);
  // Ends all tokens of the account; to be given to ended() after the transaction.
  static store::Revocation end_tokens(db::Tx& tx, const store::UserRow& user);

  IdentityService& identity_;
  db::Database& db_;
};

store::Revocation ServiceAccountsService::end_tokens(db::Tx& tx, const store::UserRow& user) {
  const store::Revocation revocation{user.user.id, user.epoch + 1};
  store::set_epoch(tx, user.user.id, revocation.epoch);
  store::revoke(tx, revocation, now_micros());
  return revocation;
}

std::vector<ServiceAccount> ServiceAccountsService::list(const Caller& caller) {
  std::vector<ServiceAccount> out;
  for (const User& user : identity_.users(caller)) {
    if (user.service) out.push_back(to_account(user));
  }
  return out;
}

ServiceAccount ServiceAccountsService::get(const Caller& caller, const std::string& id) {
  require_admin(caller);
  return to_account(db_.reading([&](db::Tx& tx) { return find(tx, id); }).user);
}

ServiceAccount ServiceAccountsService::create(const Caller& caller, const std::string& name) {
  auto event = audit::event_of(caller, "serviceAccount.create", {"service_account", "", name});
  return audit::act(identity_.audit(), std::move(event), [&](audit::Event& e) {
    require_admin(caller);
    check_service_name(name);
    const User user{
        .id = new_uuid(), .email = name, .name = name, .created_at = now_micros(), .service = true};
    try {
      db_.write([&](db::Tx& tx) {
        if (store::group_by_key(tx, folded(name))) throw name_taken();
        if (store::users(tx).size() >= kMaxAccounts) {
          throw conflict("identity.tooManyAccounts", "There are too many accounts already.");
        }
        store::insert_user(tx, user, email_key(name), "");
      });
    } catch (const db::UniqueViolation&) {
      throw name_taken();
    }
    e.object.id = user.id;
    return to_account(user);
  });
}

ServiceAccount ServiceAccountsService::change(const Caller& caller, const std::string& id,
                                              const ServiceAccountChange& change) {
  return upon(caller, "serviceAccount.change", id, [&](audit::Event& event) {
    require_admin(caller);
    if (change.name) {
      check_service_name(*change.name);
      event.details["name"] = *change.name;
    }
    if (change.disabled) event.details["disabled"] = *change.disabled;
    std::optional<store::Revocation> revocation;
    ServiceAccount out;
    try {
      db_.write([&](db::Tx& tx) {
        revocation.reset();
        const auto user = find(tx, id);
        if (change.name) {
          if (store::group_by_key(tx, folded(*change.name))) throw name_taken();
          store::set_service_name(tx, id, *change.name, email_key(*change.name));
        }
        if (change.disabled && *change.disabled != user.user.disabled) {
          store::set_disabled(tx, id,
                              *change.disabled ? std::optional(now_micros()) : std::nullopt);
          if (*change.disabled) revocation = end_tokens(tx, user);
        }
        out = to_account(find(tx, id).user);
      });
    } catch (const db::UniqueViolation&) {
      throw name_taken();
    }
    if (revocation) identity_.ended({*revocation});
    return out;
  });
}

void ServiceAccountsService::remove(const Caller& caller, const std::string& id) {
  upon(caller, "serviceAccount.delete", id, [&](audit::Event&) {
    require_admin(caller);
    const auto revocation = db_.writing([&](db::Tx& tx) {
      const auto ended = end_tokens(tx, find(tx, id));
      store::delete_user(tx, id);
      return ended;
    });
    identity_.ended({revocation});
  });
}

std::vector<ClientSecret> ServiceAccountsService::secrets(const Caller& caller,
                                                          const std::string& id) {
  require_admin(caller);
  return db_.reading([&](db::Tx& tx) {
    find(tx, id);
    return store::secrets_of(tx, id);
  });
}

std::pair<ClientSecret, std::string> ServiceAccountsService::create_secret(
    const Caller& caller, const std::string& id, std::optional<Micros> expires_at) {
  return upon(caller, "serviceAccount.createSecret", id, [&](audit::Event& event) {
    require_admin(caller);
    const Micros now = now_micros();
    if (expires_at && *expires_at <= now) {
      throw bad_request("identity.badExpiry", "The secret's expiry must lie in the future.");
    }
    const std::string secret = "obs_" + random_token(32);
    const store::SecretRow row{.secret = {.id = new_uuid(),
                                          .prefix = secret.substr(0, kShownPrefix),
                                          .created_at = now,
                                          .expires_at = expires_at},
                               .user_id = id};
    db_.write([&](db::Tx& tx) {
      find(tx, id);
      if (store::secrets_of(tx, id).size() >= kMaxSecrets) {
        throw conflict("identity.tooManySecrets",
                       "The service account has 20 secrets. Delete one first.");
      }
      store::insert_secret(tx, row, sha256_hex(secret));
    });
    event.details["secret_id"] = row.secret.id;
    return std::pair(row.secret, secret);
  });
}

void ServiceAccountsService::delete_secret(const Caller& caller, const std::string& id,
                                           const std::string& secret) {
  upon(caller, "serviceAccount.deleteSecret", id, [&](audit::Event& event) {
    require_admin(caller);
    event.details["secret_id"] = secret;
    const store::Revocation revocation{.subject = secret};
    db_.write([&](db::Tx& tx) {
      find(tx, id);
      if (!store::delete_secret(tx, id, secret)) {
        throw not_found("identity.secretNotFound", "The service account has no such secret.");
      }
      store::revoke(tx, revocation, now_micros());
    });
    identity_.ended({revocation});
  });
}

Tokens ServiceAccountsService::token(const std::string& client_id, const std::string& client_secret,
                                     const std::string& scope, const Origin& origin) {
  return audit::act(identity_.audit(), event_of(origin, "auth.clientCredentials"),
                    [&](audit::Event&) { return checked_token(client_id, client_secret, scope); });
}

Tokens ServiceAccountsService::checked_token(const std::string& client_id,
                                             const std::string& client_secret,
                                             const std::string& scope) {
  const auto wrong = [] {
    return GrantError(401, "invalid_client",
                      "The client id or the client secret is wrong, expired or disabled.");
  };
  if (client_id.size() > kMaxCredential || client_secret.size() > kMaxCredential) throw wrong();
  const Micros now = now_micros();
  // A secret is long and random: it is found by its hash, and there is nothing to guess.
  const auto [row, user] = db_.reading([&](db::Tx& tx) {
    auto found = store::secret_by_hash(tx, sha256_hex(client_secret));
    auto owner = found ? store::user_by_id(tx, found->user_id) : std::nullopt;
    return std::pair(std::move(found), std::move(owner));
  });
  if (!row || !user) throw wrong();
  audit::about({"service_account", user->user.id, user->user.name});
  const auto& expires = row->secret.expires_at;
  if (client_id != user->user.id || user->user.disabled || (expires && now >= *expires)) {
    throw wrong();
  }
  audit::acted_by(audit::ActorKind::service, user->user.id, user->user.name, "");
  Scopes scopes;
  try {
    scopes = Scopes::parse(store::words_of(scope));
  } catch (const Error& error) {
    throw GrantError(400, "invalid_scope", error.what());
  }
  if (now - row->secret.last_used_at.value_or(0) >= kTouch) {
    db_.write([&](db::Tx& tx) { store::touch_secret(tx, row->secret.id, now); });
  }
  Tokens out;
  out.expires_in = kLifetime;
  out.access_token = identity_.signer().sign({.user_id = user->user.id,
                                              .email = user->user.email,
                                              .admin = user->user.admin,
                                              .session = row->secret.id,
                                              .epoch = user->epoch,
                                              .issued_s = now / 1'000'000,
                                              .expires_s = now / 1'000'000 + kLifetime,
                                              .kind = Claims::Kind::service,
                                              .scope = store::joined(scopes.names()),
                                              .secret = row->secret.id});
  return out;
}

}  // namespace

std::unique_ptr<ServiceAccounts> open_service_accounts(Identity& identity) {
  return std::make_unique<ServiceAccountsService>(dynamic_cast<IdentityService&>(identity));
}

}  // namespace ob::identity
