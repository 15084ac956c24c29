// Codes for tokens, and what tokens are good for.
#include <openssl/evp.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/ids.h"
#include "base/log.h"
#include "oauth/service.h"

namespace ob::oauth {
namespace {

namespace json = boost::json;

constexpr Micros kSecond = 1'000'000;
constexpr std::int64_t kAccess = 3600, kIdToken = 3600, kRefresh = 30 * 86'400;  // seconds
constexpr std::string_view kAccessPrefix = "oba_", kRefreshPrefix = "obf_";
constexpr std::size_t kMaxToken = 200;

std::string at(const Provider::Form& form, const char* name) {
  const auto found = form.find(name);
  return found == form.end() ? "" : found->second;
}

std::string sha256(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr) != 1) {
    throw internal("SHA-256 failed");
  }
  return {reinterpret_cast<const char*>(digest), size};
}

Refusal bad_grant() {
  return {"invalid_grant", "The code or token is wrong, used or expired, or of another client."};
}

Refusal bad_token() {
  return {"invalid_token", "The access token is wrong or has expired.", 401};
}

}  // namespace

store::Client Provider::authenticated(db::Tx& tx, const Credentials& credentials) const {
  const auto client = store::client(tx, credentials.client_id);
  const Refusal wrong("invalid_client", "The client's id or secret is wrong.", 401);
  if (!client || credentials.secret.size() > kMaxToken) throw wrong;
  const bool right = client->secret_hash.empty()
                         ? credentials.secret.empty()
                         : constant_time_equal(client->secret_hash, sha256_hex(credentials.secret));
  if (!right) throw wrong;
  return *client;
}

std::optional<identity::User> Provider::open_user(db::Tx& tx, const std::string& user_id) const {
  const auto account = external_.by_id(tx, user_id);
  if (!account || account->user.disabled) return std::nullopt;
  return account->user;
}

json::object Provider::claims(const identity::User& user,
                              const std::set<std::string>& scopes) const {
  json::object out{{"sub", user.id}};
  if (scopes.contains("email")) {
    out["email"] = user.email;
    out["email_verified"] = user.verified;
  }
  if (scopes.contains("profile")) out["name"] = user.name;
  if (scopes.contains("groups")) {
    json::array groups;
    const Caller person{.user_id = user.id, .email = user.email};
    for (const auto& one : identity_.permissions().groups_of(person)) groups.emplace_back(one);
    out["groups"] = std::move(groups);
  }
  return out;
}

json::object Provider::issue(db::Tx& tx, const store::Token& base, const std::string& nonce) {
  const auto user = open_user(tx, base.user_id);
  if (!user) throw bad_grant();
  const Micros now = now_micros();
  const auto scopes = words_of(base.scope);
  const auto make = [&](std::string_view kind, std::string_view prefix, std::int64_t seconds) {
    const std::string secret = std::string(prefix) + random_token(32);
    store::Token token = base;
    token.hash = sha256_hex(secret);
    token.kind = kind;
    token.created_at = now;
    token.expires_at = now + seconds * kSecond;
    store::insert_token(tx, token);
    return secret;
  };
  const std::string access = make("access", kAccessPrefix, kAccess);
  json::object id_token = claims(*user, scopes);
  id_token["iss"] = issuer();
  id_token["aud"] = base.client_id;
  id_token["iat"] = now / kSecond;
  id_token["exp"] = now / kSecond + kIdToken;
  id_token["auth_time"] = base.auth_time / kSecond;
  id_token["at_hash"] = base64url_encode(sha256(access).substr(0, 16));
  if (!nonce.empty()) id_token["nonce"] = nonce;
  json::object out{{"access_token", access},
                   {"token_type", "Bearer"},
                   {"expires_in", kAccess},
                   {"scope", base.scope},
                   {"id_token", external_.sign(json::serialize(id_token))}};
  if (scopes.contains("offline_access")) {
    out["refresh_token"] = make("refresh", kRefreshPrefix, kRefresh);
  }
  return out;
}

json::object Provider::exchange_code(const Form& form, const Credentials& credentials) {
  const std::string hash = sha256_hex(at(form, "code"));
  std::string stolen;
  auto out = db_.writing([&](db::Tx& tx) -> std::optional<json::object> {
    stolen.clear();
    const auto client = authenticated(tx, credentials);
    const auto code = store::code(tx, hash);
    if (!code || code->client_id != client.id || code->expires_at < now_micros()) {
      return std::nullopt;
    }
    if (code->used) {
      // Somebody else has it too: what came of it ends (RFC 6749, 4.1.2).
      store::delete_grant(tx, code->grant_id);
      stolen = code->client_id;
      return std::nullopt;
    }
    const std::string verifier = at(form, "code_verifier");
    const bool proved =
        code->challenge.empty()
            ? verifier.empty()
            : constant_time_equal(base64url_encode(sha256(verifier)), code->challenge);
    if (!proved || at(form, "redirect_uri") != code->redirect_uri) return std::nullopt;
    store::mark_code(tx, hash);
    return issue(tx,
                 {.grant_id = code->grant_id,
                  .client_id = code->client_id,
                  .user_id = code->user_id,
                  .scope = code->scope,
                  .auth_time = code->auth_time},
                 code->nonce);
  });
  if (!stolen.empty()) log::warn("an authorization code was used twice", {{"client", stolen}});
  if (!out) throw bad_grant();
  return std::move(*out);
}

json::object Provider::refresh(const Form& form, const Credentials& credentials) {
  const std::string hash = sha256_hex(at(form, "refresh_token"));
  std::string stolen;
  auto out = db_.writing([&](db::Tx& tx) -> std::optional<json::object> {
    stolen.clear();
    const auto client = authenticated(tx, credentials);
    const auto token = store::token(tx, hash);
    if (!token || token->kind != "refresh" || token->client_id != client.id ||
        token->expires_at < now_micros()) {
      return std::nullopt;
    }
    if (token->used) {
      store::delete_grant(tx, token->grant_id);
      stolen = token->client_id;
      return std::nullopt;
    }
    // A smaller scope than what was granted is no business of ours here; a larger one is refused.
    const auto granted = words_of(token->scope);
    if (!std::ranges::includes(granted, words_of(at(form, "scope")))) {
      throw Refusal("invalid_scope", "The scope is larger than what was granted.");
    }
    store::mark_token(tx, hash);
    return issue(tx, *token, "");
  });
  if (!stolen.empty()) log::warn("a client's refresh token was used twice", {{"client", stolen}});
  if (!out) throw bad_grant();
  return std::move(*out);
}

json::object Provider::exchange(const Form& form, const Credentials& credentials) {
  const std::string type = at(form, "grant_type");
  if (type == "authorization_code") return exchange_code(form, credentials);
  if (type == "refresh_token") return refresh(form, credentials);
  throw Refusal("unsupported_grant_type", "There are no such grants here.");
}

void Provider::refuse_grant(const Credentials& credentials) {
  db_.read([&](db::Tx& tx) { authenticated(tx, credentials); });
  throw Refusal("unauthorized_client", "The application is not registered for this grant.");
}

json::object Provider::userinfo(const std::string& access_token) {
  if (access_token.size() > kMaxToken) throw bad_token();
  const auto [user, scope] = db_.reading([&](db::Tx& tx) {
    const auto token = store::token(tx, sha256_hex(access_token));
    if (!token || token->kind != "access" || token->expires_at < now_micros()) throw bad_token();
    auto found = open_user(tx, token->user_id);
    if (!found) throw bad_token();
    return std::pair(std::move(*found), token->scope);
  });
  return claims(user, words_of(scope));
}

void Provider::revoke(const Form& form, const Credentials& credentials) {
  db_.write([&](db::Tx& tx) {
    const auto client = authenticated(tx, credentials);
    const auto token = store::token(tx, sha256_hex(at(form, "token")));
    if (!token || token->client_id != client.id) return;  // RFC 7009, 2.2
    if (token->kind == "refresh") {
      store::delete_grant(tx, token->grant_id);
    } else {
      store::delete_token(tx, token->hash);
    }
  });
}

json::object Provider::introspect(const Form& form, const Credentials& credentials) {
  return db_.reading([&](db::Tx& tx) -> json::object {
    const auto client = authenticated(tx, credentials);
    if (client.secret_hash.empty()) {
      throw Refusal("invalid_client", "A public application cannot ask this.", 401);
    }
    const auto token = store::token(tx, sha256_hex(at(form, "token")));
    const auto user = token ? open_user(tx, token->user_id) : std::nullopt;
    if (!user || token->client_id != client.id || token->used || token->expires_at < now_micros()) {
      return {{"active", false}};
    }
    return {{"active", true},
            {"client_id", token->client_id},
            {"sub", token->user_id},
            {"username", user->email},
            {"scope", token->scope},
            {"token_type", token->kind == "access" ? "Bearer" : "refresh_token"},
            {"iss", issuer()},
            {"iat", token->created_at / kSecond},
            {"exp", token->expires_at / kSecond}};
  });
}

}  // namespace ob::oauth
