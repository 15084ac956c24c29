// Sign-in and refresh: what turns a password or a refresh token into tokens.
#include <algorithm>
#include <boost/json.hpp>

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "identity/account_store.h"
#include "identity/audited_accounts.h"
#include "identity/factor_store.h"
#include "identity/passkey_store.h"
#include "identity/service.h"
#include "identity/tickets.h"

namespace ob::identity {
namespace {

namespace json = boost::json;

constexpr std::string_view kRefreshPrefix = "obr_";
constexpr std::string_view kDevice = "identity.device";
constexpr std::size_t kMaxEmail = 254, kMaxAgent = 300;
constexpr Micros kSecond = 1'000'000;
constexpr Micros kChallenge = 300 * kSecond;
constexpr Micros kNetworkTrust = 180 * 86'400 * kSecond;

Error wrong_credentials() {
  return unauthenticated("identity.badCredentials", "The email or the password is wrong.");
}

Error bad_refresh() {
  return unauthenticated("identity.badRefreshToken",
                         "The refresh token is wrong, used or expired. Sign in again.");
}

Error bad_challenge() {
  return unauthenticated("identity.badChallenge",
                         "The sign-in took too long or was changed. Start again.");
}

// What others typed is kept as it can be shown and stored.
std::string printable(std::string text, std::size_t most) {
  text.resize(std::min(text.size(), most));
  std::erase_if(text, [](unsigned char c) { return c < 0x20 || c >= 0x7F; });
  return text;
}

}  // namespace

Tokens IdentityService::issue(db::Tx& tx, const store::UserRow& user, const std::string& session) {
  const Micros now = now_micros();
  Tokens tokens;
  tokens.refresh_token = std::string(kRefreshPrefix) + random_token(32);
  tokens.expires_in = options_.access_lifetime_s;
  store::insert_refresh_token(tx, sha256_hex(tokens.refresh_token),
                              {.session = session,
                               .user_id = user.user.id,
                               .expires_at = now + options_.refresh_lifetime_s * kSecond});
  tokens.access_token = signer_.sign({.user_id = user.user.id,
                                      .email = user.user.email,
                                      .admin = user.user.admin,
                                      .session = session,
                                      .epoch = user.epoch,
                                      .issued_s = now / kSecond,
                                      .expires_s = now / kSecond + options_.access_lifetime_s});
  return tokens;
}

std::string IdentityService::device_of(const std::string& device,
                                       const std::string& user_id) const {
  const auto content = open_object(box_, device, kDevice);
  if (!content || content->at("user").as_string() != user_id) return {};
  return std::string(content->at("id").as_string());
}

bool IdentityService::knows(db::Tx& tx, const std::string& user_id, const Origin& origin) const {
  return store::knows_network(tx, user_id, network_of(origin.address));
}

SignedIn IdentityService::start_session(db::Tx& tx, const store::UserRow& user,
                                        const Origin& origin) {
  const Micros now = now_micros();
  store::delete_expired_sessions(tx, now);
  store::delete_networks_unused(tx, now - kNetworkTrust);
  const std::string session = new_uuid();
  audit::about({"user", user.user.id, user.user.email});
  audit::acted_by(audit::ActorKind::user, user.user.id, user.user.email, session);
  store::insert_session(tx, {.id = session,
                             .user_id = user.user.id,
                             .address = origin.address,
                             .user_agent = printable(origin.user_agent, kMaxAgent),
                             .created_at = now,
                             .last_used_at = now,
                             .expires_at = now + options_.refresh_lifetime_s * kSecond,
                             .via = origin.via});
  store::remember_network(tx, user.user.id, network_of(origin.address), now);
  std::string device = device_of(origin.device, user.user.id);
  if (device.empty()) device = random_token(12);
  return {.tokens = issue(tx, user, session),
          .device = seal_object(box_, {{"user", user.user.id}, {"id", device}}, kDevice),
          .session = session};
}

std::string IdentityService::challenge(const std::string& what, const store::UserRow& user) const {
  return seal_object(box_,
                     {{"user", user.user.id},
                      {"epoch", user.epoch},
                      {"until", now_micros() + kChallenge},
                      {"for", sha256_hex(user.password_hash)}},
                     "identity.challenge:" + what);
}

store::UserRow IdentityService::read_challenge(db::Tx& tx, const std::string& what,
                                               const std::string& text) const {
  const auto content = open_object(box_, text, "identity.challenge:" + what);
  if (!content || content->at("until").as_int64() < now_micros()) throw bad_challenge();
  auto user = store::user_by_id(tx, std::string(content->at("user").as_string()));
  // A change of password or of anything that ends sessions ends a sign-in that is half done.
  if (!user || user->epoch != content->at("epoch").as_int64() ||
      sha256_hex(user->password_hash) != content->at("for").as_string()) {
    throw bad_challenge();
  }
  audit::about({"user", user->user.id, user->user.email});
  return std::move(*user);
}

void IdentityService::require_open(const store::UserRow& user) const {
  if (user.user.disabled) {
    throw forbidden("identity.disabled",
                    "This account is disabled. An administrator can enable it.");
  }
  if (options_.demand_verified && !user.user.verified) {
    throw forbidden("identity.unverified",
                    "Confirm your email address first: open the link in the letter that was sent "
                    "to you, or ask for a new one.");
  }
}

void IdentityService::require_own_password(const store::UserRow& user) const {
  if (!user.password_temporary) return;
  throw forbidden("identity.passwordChangeNeeded",
                  "An administrator set this password. Choose one of your own.")
      .with_member("challenge", challenge("password", user));
}

// To the cost that new hashes have; not when the password was changed meanwhile.
void IdentityService::upgrade(store::UserRow& user, const std::string& password, const Line& line) {
  if (!passwords_.outdated(user.password_hash)) return;
  const std::string fresh = passwords_.hash(password, line);
  const bool changed = db_.writing([&](db::Tx& tx) {
    const auto still = store::user_by_id(tx, user.user.id);
    if (!still || still->password_hash != user.password_hash) return false;
    store::set_hash(tx, user.user.id, fresh);
    return true;
  });
  if (changed) user.password_hash = fresh;
}

SignedIn IdentityService::sign_in(const std::string& email, const std::string& password,
                                  const Origin& origin) {
  auto event = event_of(origin, "auth.signIn");
  event.object = account_object(email);
  return audit::act(audit_, std::move(event),
                    [&](audit::Event&) { return check_password(email, password, origin); });
}

SignedIn IdentityService::check_password(const std::string& email, const std::string& password,
                                         const Origin& origin) {
  if (email.size() > kMaxEmail) throw wrong_credentials();
  require_password_sign_in(email);
  const std::string key = email_key(email);
  std::optional<store::UserRow> user;
  bool known = false;
  db_.read([&](db::Tx& tx) {
    user = store::user_by_email(tx, key);
    if (user && user->user.service) user.reset();  // those have no password
    known = knows(tx, user ? user->user.id : std::string(), origin);
  });
  if (user) audit::about({"user", user->user.id, user->user.email});
  const std::string device = device_of(origin.device, user ? user->user.id : "");
  auto attempt = guard_.begin({.account = key,
                               .address = origin.address,
                               .device = device,
                               .known = known || !device.empty()});
  if (!passwords_.verify(password, user ? user->password_hash : "", attempt.line())) {
    attempt.fail();
    log::info("sign-in failed", {{"address", boost::json::value(origin.address)}});
    throw wrong_credentials();
  }
  attempt.succeed();
  upgrade(*user, password, attempt.line());
  auto signed_in = db_.writing([&](db::Tx& tx) -> std::optional<SignedIn> {
    // Deleted, or its password changed, while bcrypt ran.
    const auto still = store::user_by_email(tx, key);
    if (!still || still->password_hash != user->password_hash) return std::nullopt;
    require_open(*still);
    if (store::has_second_factor(tx, still->user.id)) {
      auto needed = unauthenticated("identity.secondFactorNeeded",
                                    "Enter the code of your authenticator app, or a recovery code.")
                        .with_member("challenge", challenge("second-factor", *still));
      if (store::count_passkeys(tx, still->user.id) > 0) needed.with_member("passkeys", "true");
      throw needed;
    }
    require_own_password(*still);
    return start_session(tx, *still, origin);
  });
  if (!signed_in) throw wrong_credentials();
  return std::move(*signed_in);
}

Tokens IdentityService::sign_in(const std::string& email, const std::string& password,
                                const std::string& address) {
  return sign_in(email, password, Origin{.address = address}).tokens;
}

Tokens IdentityService::refresh(const std::string& refresh_token, const std::string& address) {
  return refresh(refresh_token, Origin{.address = address}).tokens;
}

SignedIn IdentityService::refresh(const std::string& refresh_token, const Origin& origin) {
  return audit::act(audit_, event_of(origin, "auth.refresh"),
                    [&](audit::Event&) { return check_refresh(refresh_token, origin); });
}

SignedIn IdentityService::check_refresh(const std::string& refresh_token, const Origin& origin) {
  if (!refresh_token.starts_with(kRefreshPrefix) || refresh_token.size() > 256) throw bad_refresh();
  const std::string hash = sha256_hex(refresh_token);
  const Micros now = now_micros();
  std::optional<std::string> stolen;  // the session of a token that was used twice
  auto out = db_.writing([&](db::Tx& tx) -> std::optional<SignedIn> {
    stolen.reset();
    const auto row = store::refresh_token(tx, hash);
    if (!row || row->expires_at <= now) return std::nullopt;
    const auto user = store::user_by_id(tx, row->user_id);
    if (!user) return std::nullopt;
    audit::about({"user", user->user.id, user->user.email});
    if (user->user.disabled) return std::nullopt;
    if (row->used) {
      store::delete_session(tx, row->session);
      store::revoke(tx, {.subject = row->session}, now);
      stolen = row->session;
      return std::nullopt;
    }
    audit::acted_by(audit::ActorKind::user, user->user.id, user->user.email, row->session);
    store::mark_used(tx, hash, now);
    store::touch_session(tx, {.id = row->session,
                              .address = origin.address,
                              .last_used_at = now,
                              .expires_at = now + options_.refresh_lifetime_s * kSecond});
    return SignedIn{.tokens = issue(tx, *user, row->session), .session = row->session};
  });
  if (stolen) {
    revocations_.add({{.subject = *stolen}}, now);
    if (audit::Event* event = audit::current()) {
      event->action = "auth.refreshTokenReused";
      event->session_id = *stolen;
      event->details["why"] =
          "A refresh token was used twice, so one of the two who had it stole it. The session and "
          "all its tokens were ended.";
    }
    log::warn("a refresh token was used twice; its session was ended",
              {{"address", boost::json::value(origin.address)}});
  }
  if (!out) throw bad_refresh();
  return std::move(*out);
}

store::UserRow IdentityService::reauthenticate(const Caller& caller, const std::string& password) {
  auto user = db_.reading([&](db::Tx& tx) { return store::user_by_id(tx, caller.user_id); });
  if (!user) throw no_such_user();
  // By account only: whoever stole a token must not guess from one address after the other.
  auto attempt = guard_.begin(
      {.account = "again", .address = "user:" + caller.user_id, .device = {}, .known = true});
  if (!passwords_.verify(password, user->password_hash, attempt.line())) {
    attempt.fail();
    throw forbidden("identity.badCredentials", "The current password is wrong.");
  }
  attempt.succeed();
  return std::move(*user);
}

void IdentityService::ended(const std::vector<store::Revocation>& revocations) {
  revocations_.add(revocations, now_micros());
  forget_credentials();
}

}  // namespace ob::identity
