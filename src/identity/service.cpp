// Accounts and API keys.
#include "identity/service.h"

#include <algorithm>

#include "base/ids.h"
#include "base/log.h"
#include "identity/account_store.h"
#include "identity/audited_identity.h"
#include "identity/migrations/migrations.h"

namespace ob::identity {
namespace {

constexpr std::size_t kMaxEmail = 254, kMaxName = 200, kMaxKeyName = 100, kMaxKeys = 200;
constexpr std::size_t kShownPrefix = 12;
constexpr std::int64_t kViewing = 900;  // seconds
constexpr Micros kNameTrust = 60'000'000;
constexpr std::size_t kMaxNames = 10'000;

bool has_control(const std::string& text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

}  // namespace

void check_email(const std::string& email) {
  const auto at = email.find('@');
  const bool ok = email.size() <= kMaxEmail && at != email.npos && at > 0 &&
                  at + 1 < email.size() && email.find('@', at + 1) == email.npos &&
                  email.find(' ') == email.npos && !has_control(email) && valid_utf8(email);
  if (!ok) {
    throw bad_request("identity.badEmail",
                      "That is not an email address of at most 254 characters.");
  }
}

void check_name(const std::string& name, std::size_t most) {
  if (name.empty() || name.size() > most || has_control(name) || !valid_utf8(name)) {
    throw bad_request("identity.badName", "A name has 1 to " + std::to_string(most) +
                                              " bytes of UTF-8 without control characters.");
  }
}

void check_user_name(const std::string& name) {
  check_name(name, kMaxName);
}

void require_admin(const Caller& caller) {
  if (!caller.admin) throw forbidden("identity.notAdmin", "Only an administrator may do this.");
}

Error no_such_user() {
  return not_found("identity.userNotFound", "There is no such user.");
}

std::string folded(const std::string& text) {
  std::string out = text;
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

IdentityService::IdentityService(db::Database& database, const SecretBox& box,
                                 const Options& options)
    : db_(database),
      box_(box),
      options_(options),
      audit_(options.audit ? *options.audit : audit::nowhere()),
      signer_(database, box_,
              {.period = options.signing_key_period_s * 1'000'000,
               .token_lifetime = options.access_lifetime_s * 1'000'000}),
      passwords_(options.bcrypt_cost,
                 database.reading([](db::Tx& tx) { return store::highest_cost(tx); })),
      guard_(database),
      permissions_(database, audit_) {
  if (options_.access_lifetime_s < 900) {
    throw bad_request("identity.badLifetime", "Access tokens live at least 900 s.");
  }
  load_revocations();
}

std::optional<std::string> IdentityService::bootstrap(const std::string& admin_email,
                                                      const std::string& admin_password) {
  if (db_.reading([](db::Tx& tx) { return store::count_users(tx); }) > 0) return std::nullopt;
  check_email(admin_email);
  std::optional<std::string> made;
  if (admin_password.empty()) made = random_token(15);
  const std::string hash = passwords_.hash(made.value_or(admin_password));
  const User admin{.id = new_uuid(),
                   .email = admin_email,
                   .name = "Administrator",
                   .admin = true,
                   .created_at = now_micros()};
  const bool created = db_.writing([&](db::Tx& tx) {
    if (store::count_users(tx) > 0) return false;  // another process was quicker
    store::insert_user(tx, admin, email_key(admin_email), hash);
    return true;
  });
  return created ? made : std::nullopt;
}

void IdentityService::change_password(const Caller& caller, const std::string& current,
                                      const std::string& fresh) {
  Passwords::check(fresh);
  const auto user = reauthenticate(caller, current);
  const std::string hash = passwords_.hash(fresh);
  const Micros now = now_micros();
  const auto revoked = db_.writing([&](db::Tx& tx) -> std::optional<store::Revocation> {
    const auto still = store::user_by_id(tx, caller.user_id);
    if (!still || still->password_hash != user.password_hash) return std::nullopt;
    store::Revocation revocation{caller.user_id, still->epoch + 1};
    store::set_password(tx, caller.user_id, hash, revocation.epoch);
    store::delete_sessions_of(tx, caller.user_id);
    store::revoke(tx, revocation, now);
    return revocation;
  });
  if (!revoked) {
    throw conflict("identity.changed", "The account was changed at the same time. Try again.");
  }
  revocations_.add({*revoked}, now);
}

User IdentityService::me(const Caller& caller) {
  if (caller.user_id == system().user_id) {
    return {.id = caller.user_id, .email = caller.email, .name = "System", .admin = true};
  }
  auto user = db_.reading([&](db::Tx& tx) { return store::user_by_id(tx, caller.user_id); });
  if (!user) throw no_such_user();
  return user->user;
}

std::vector<User> IdentityService::users(const Caller& caller) {
  require_admin(caller);
  return db_.reading([](db::Tx& tx) { return store::users(tx); });
}

User IdentityService::create_user(const Caller& caller, const std::string& email,
                                  const std::string& name, const std::string& password) {
  require_admin(caller);
  check_email(email);
  check_name(name, kMaxName);
  Passwords::check(password);
  const User user{
      .id = new_uuid(), .email = email, .name = name, .admin = false, .created_at = now_micros()};
  const std::string hash = passwords_.hash(password);
  try {
    db_.write([&](db::Tx& tx) { store::insert_user(tx, user, email_key(email), hash); });
  } catch (const db::UniqueViolation&) {
    throw conflict("identity.emailTaken", "There is already a user with that email.");
  }
  return user;
}

void IdentityService::delete_user(const Caller& caller, const std::string& id) {
  require_admin(caller);
  if (id == caller.user_id) {
    throw conflict("identity.ownAccount", "You cannot delete your own account.");
  }
  const Micros now = now_micros();
  const auto revoked = db_.writing([&](db::Tx& tx) -> std::optional<store::Revocation> {
    const auto user = store::user_by_id(tx, id);
    if (!user || user->user.service) return std::nullopt;
    store::Revocation revocation{id, user->epoch + 1};
    store::delete_user(tx, id);
    store::revoke(tx, revocation, now);
    return revocation;
  });
  if (!revoked) throw no_such_user();
  revocations_.add({*revoked}, now);
  forget_credentials();
}

std::vector<ApiKey> IdentityService::keys(const Caller& caller) {
  return db_.reading([&](db::Tx& tx) { return store::keys(tx, caller.user_id); });
}

std::pair<ApiKey, std::string> IdentityService::create_key(const Caller& caller,
                                                           const std::string& name,
                                                           std::optional<Micros> expires_at,
                                                           const Scopes& scopes) {
  check_name(name, kMaxKeyName);
  if (caller.service) {
    throw forbidden("identity.noKeys",
                    "A service account has no API keys: make another client secret instead.");
  }
  if (!scopes.within(caller.scopes)) {
    throw forbidden("identity.keyTooWide",
                    "A key made with a limited credential must not do more than that may: give "
                    "scopes among those of the credential.");
  }
  const Micros now = now_micros();
  if (expires_at && *expires_at <= now) {
    throw bad_request("identity.badExpiry", "The key's expiry must lie in the future.");
  }
  const std::string secret = "obk_" + random_token(32);
  store::KeyRow row{.key = {.id = new_uuid(),
                            .name = name,
                            .prefix = secret.substr(0, kShownPrefix),
                            .created_at = now,
                            .expires_at = expires_at,
                            .scopes = scopes},
                    .user_id = caller.user_id};
  db_.write([&](db::Tx& tx) {
    if (!store::user_by_id(tx, caller.user_id)) throw no_such_user();
    if (store::keys(tx, caller.user_id).size() >= kMaxKeys) {
      throw conflict("identity.tooManyKeys", "You have 200 API keys. Delete one first.");
    }
    // A key that was stolen must not give itself a longer life.
    if (caller.credential.starts_with("key:")) {
      const auto own = store::key_by_id(tx, caller.credential.substr(4));
      if (!own || (own->key.expires_at && (!expires_at || *expires_at > *own->key.expires_at))) {
        throw forbidden("identity.keyTooLong",
                        "A key made with an API key must not outlive it. Sign in to make one that "
                        "does, or give an earlier expiry.");
      }
    }
    store::insert_key(tx, row, sha256_hex(secret));
  });
  return {row.key, secret};
}

Tokens IdentityService::view_as(const Caller& caller, const std::string& user_id) {
  require_admin(caller);
  // Bound to a session, so that it ends with it; and never a step further.
  if (caller.session.empty() || !caller.viewer_id.empty()) {
    throw forbidden("identity.needsSession", "Sign in as yourself to view as somebody else.");
  }
  const auto [viewer, user] = db_.reading([&](db::Tx& tx) {
    return std::pair(store::user_by_id(tx, caller.user_id), store::user_by_id(tx, user_id));
  });
  if (!viewer || !user) throw no_such_user();
  const std::int64_t now = now_micros() / 1'000'000;
  Tokens out;
  out.expires_in = kViewing;
  out.access_token = signer_.sign({.user_id = user->user.id,
                                   .email = user->user.email,
                                   .admin = user->user.admin,
                                   .session = caller.session,
                                   .epoch = user->epoch,
                                   .issued_s = now,
                                   .expires_s = now + kViewing,
                                   .kind = Claims::Kind::view,
                                   .viewer_id = viewer->user.id,
                                   .viewer_email = viewer->user.email,
                                   .viewer_epoch = viewer->epoch});
  return out;
}

void IdentityService::delete_key(const Caller& caller, const std::string& id) {
  db_.write([&](db::Tx& tx) {
    const auto key = store::key_by_id(tx, id);
    if (!key || key->user_id != caller.user_id) {
      throw not_found("identity.keyNotFound", "You have no such API key.");
    }
    store::delete_key(tx, id);
  });
  forget_credentials();
}

std::string IdentityService::display_name(const std::string& user_id) {
  if (user_id == system().user_id) return "System";
  const Micros now = now_micros();
  {
    std::shared_lock lock(names_mutex_);
    const auto found = names_.find(user_id);
    if (found != names_.end() && now - found->second.second < kNameTrust) {
      return found->second.first;
    }
  }
  const auto user = db_.reading([&](db::Tx& tx) { return store::user_by_id(tx, user_id); });
  std::string name = user ? user->user.email : user_id;
  std::unique_lock lock(names_mutex_);
  if (names_.size() >= kMaxNames) names_.clear();
  names_[user_id] = {name, now};
  return name;
}

Caller Identity::system() {
  return {.user_id = "system",
          .email = "system",
          .admin = true,
          .credential = "system",
          .request_id = {},
          .address = {}};
}

std::unique_ptr<Identity> open(db::Database& database, const std::string& data_dir,
                               const std::string& master_key_file, const Options& options) {
  database.migrate("identity", migrations());
  database.migrate("accounts", account_migrations());
  database.migrate("external", external_migrations());
  database.migrate("passkeys", passkey_migrations());
  return std::make_unique<AuditedIdentity>(
      database, load_master_key(data_dir, master_key_file, options.master_key), options);
}

}  // namespace ob::identity
