#include "sso/oidc.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/ids.h"
#include "sso/errors.h"
#include "sso/jose.h"
#include "sso/remote.h"

namespace ob::sso {
namespace {

namespace json = boost::json;

constexpr Micros kSecond = 1'000'000;
constexpr Micros kTrust = 600 * kSecond;        // how long the provider's configuration is kept
constexpr Micros kRefetchEvery = 30 * kSecond;  // then one more fetch of keys is free
constexpr double kMostRefetches = 5;
constexpr std::int64_t kSkew = 60;      // seconds that the provider's clock may differ
constexpr std::int64_t kOldest = 3600;  // seconds since an ID token was issued
constexpr std::size_t kMaxSubject = 255;

std::string required(const json::object& in, std::string_view name) {
  std::string out = text_of(in.if_contains(name));
  if (out.empty()) throw broken("the provider's configuration has no " + std::string(name));
  return out;
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::optional<std::int64_t> seconds(const json::object& claims, std::string_view name) {
  const auto* value = claims.if_contains(name);
  if (!value) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  if (value->is_double() && std::abs(value->get_double()) < 1e15) {
    return static_cast<std::int64_t>(value->get_double());
  }
  throw untrusted("the claim " + std::string(name) + " is not a time");
}

void check_audience(const Settings& settings, const json::object& claims) {
  const auto audience = list_of(claims.if_contains("aud"));
  if (!holds(audience, settings.client_id)) {
    throw untrusted("the token is for another audience");
  }
  const auto* party = claims.if_contains("azp");
  if ((audience.size() > 1 || party) && text_of(party) != settings.client_id) {
    throw untrusted("the token is for another party");
  }
}

}  // namespace

Oidc::KnownPtr Oidc::fetch_all(const Provider& provider) const {
  const std::string& issuer = provider.settings.issuer;
  auto out = std::make_shared<Known>();
  out->issuer = issuer;
  out->metadata = get_json(client_, without_slash(issuer) + "/.well-known/openid-configuration");
  if (text_of(out->metadata.if_contains("issuer")) != issuer) {
    throw broken("the configuration at " + issuer + " names another issuer: " +
                 text_of(out->metadata.if_contains("issuer")).substr(0, 300));
  }
  for (const char* name : {"authorization_endpoint", "token_endpoint", "jwks_uri"}) {
    client_.check(required(out->metadata, name));
  }
  out->keys = get_json(client_, required(out->metadata, "jwks_uri"));
  out->fetched_at = out->keys_at = out->refilled_at = clock_();
  out->refetches = kMostRefetches;
  return out;
}

Oidc::KnownPtr Oidc::known(const Provider& provider) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(provider.id);
    if (found != known_.end() && found->second->issuer == provider.settings.issuer &&
        clock_() - found->second->fetched_at < kTrust) {
      return found->second;
    }
  }
  auto fresh = fetch_all(provider);
  const std::lock_guard lock(mutex_);
  return known_[provider.id] = std::move(fresh);
}

Oidc::KnownPtr Oidc::with_fresh_keys(const Provider& provider) {
  auto out = std::make_shared<Known>(*known(provider));
  const Micros now = clock_();
  {
    // The token is taken first, so that many at a time do not fetch more.
    const std::lock_guard lock(mutex_);
    const auto& current = known_[provider.id];
    if (current) *out = *current;
    out->refetches =
        std::min(kMostRefetches, out->refetches + static_cast<double>(now - out->refilled_at) /
                                                      static_cast<double>(kRefetchEvery));
    out->refilled_at = now;
    const bool may = out->refetches >= 1;
    if (may) out->refetches -= 1;
    known_[provider.id] = std::make_shared<Known>(*out);
    if (!may) return out;
  }
  out->keys = get_json(client_, required(out->metadata, "jwks_uri"));
  out->keys_at = now;
  const std::lock_guard lock(mutex_);
  return known_[provider.id] = out;
}

void Oidc::forget(const std::string& provider_id) {
  const std::lock_guard lock(mutex_);
  known_.erase(provider_id);
}

void Oidc::check(const Provider& provider) {
  const auto fresh = fetch_all(provider);
  const auto* keys = fresh->keys.if_contains("keys");
  if (!keys || !keys->is_array() || keys->get_array().empty()) {
    throw broken("the provider publishes no keys");
  }
}

std::string Oidc::authorize(const Provider& provider, const Flow& flow,
                            const std::string& redirect_uri) {
  const auto known = this->known(provider);
  std::string scope = "openid";
  for (const auto& one : provider.settings.scopes) {
    if (one != "openid") scope += " " + one;
  }
  if (provider.settings.scopes.empty()) scope += " email profile";
  return with_query(required(known->metadata, "authorization_endpoint"),
                    {{"response_type", "code"},
                     {"client_id", provider.settings.client_id},
                     {"redirect_uri", redirect_uri},
                     {"scope", scope},
                     {"state", flow.state},
                     {"nonce", flow.nonce},
                     {"code_challenge", challenge_of(flow.verifier)},
                     {"code_challenge_method", "S256"}});
}

json::object Oidc::verified_claims(const Provider& provider, const std::string& token,
                                   std::string& algorithm) {
  Verified verified = verify_token(token, known(provider)->keys);
  if (verified.signature == Signature::unknown_key) {
    verified = verify_token(token, with_fresh_keys(provider)->keys);
  }
  if (verified.signature != Signature::good) throw untrusted("ID token: " + verified.why);
  algorithm = text_of(verified.header.if_contains("alg"));
  return std::move(verified.claims);
}

void Oidc::check_claims(const Provider& provider, const Flow& flow,
                        const json::object& claims) const {
  if (text_of(claims.if_contains("iss")) != provider.settings.issuer) {
    throw untrusted("the token is of another issuer");
  }
  check_audience(provider.settings, claims);
  const std::int64_t now = clock_() / kSecond;
  const auto expires = seconds(claims, "exp"), issued = seconds(claims, "iat"),
             not_before = seconds(claims, "nbf");
  if (!expires || now >= *expires + kSkew) throw untrusted("the token has expired");
  if (!issued || *issued > now + kSkew || *issued < now - kOldest) {
    throw untrusted("the token was issued at the wrong time");
  }
  if (not_before && now + kSkew < *not_before) throw untrusted("the token does not hold yet");
  if (!constant_time_equal(text_of(claims.if_contains("nonce")), flow.nonce)) {
    throw untrusted("the nonce is another");
  }
  const auto* subject = claims.if_contains("sub");
  if (!subject || !subject->is_string() || subject->get_string().empty() ||
      subject->get_string().size() > kMaxSubject) {
    throw untrusted("the token has no subject");
  }
}

void Oidc::add_userinfo(const Known& known, const json::object& tokens, json::object& claims) {
  const std::string endpoint = text_of(known.metadata.if_contains("userinfo_endpoint"));
  const std::string access = text_of(tokens.if_contains("access_token"));
  if (endpoint.empty() || access.empty()) return;
  const auto info = get_json(client_, endpoint, access);
  if (text_of(info.if_contains("sub")) != text_of(claims.if_contains("sub"))) {
    throw untrusted("userinfo is of another subject");
  }
  // Whether an email is verified is said where the email is.
  if (!claims.contains("email")) claims.erase("email_verified");
  for (const auto& [name, value] : info) {
    if (!claims.contains(name)) claims[name] = value;
  }
}

Proof Oidc::redeem(const Provider& provider, const std::string& secret, const Flow& flow,
                   const Answer& answer) {
  const auto known = this->known(provider);
  const Settings& settings = provider.settings;
  const bool names_issuer =
      is_true(known->metadata.if_contains("authorization_response_iss_parameter_supported"));
  if ((names_issuer || !answer.issuer.empty()) && answer.issuer != settings.issuer) {
    throw untrusted("the answer is of another issuer");
  }
  const auto methods =
      list_of(known->metadata.if_contains("token_endpoint_auth_methods_supported"));
  const bool basic = methods.empty() || holds(methods, "client_secret_basic");
  const auto tokens = exchange_code(client_, {.url = required(known->metadata, "token_endpoint"),
                                              .client_id = settings.client_id,
                                              .secret = secret,
                                              .code = answer.code,
                                              .redirect_uri = answer.redirect_uri,
                                              .verifier = flow.verifier,
                                              .basic = basic});
  std::string algorithm;
  json::object claims =
      verified_claims(provider, text_of(tokens.if_contains("id_token")), algorithm);
  check_claims(provider, flow, claims);
  if (const auto* hash = claims.if_contains("at_hash")) {
    const std::string access = text_of(tokens.if_contains("access_token"));
    if (text_of(hash) != half_hash(algorithm, access)) throw untrusted("at_hash does not fit");
  }
  const bool lacks = text_of(claims, settings.email_field).empty() ||
                     (!settings.groups_claim.empty() && !field(claims, settings.groups_claim));
  if (lacks) add_userinfo(*known, tokens, claims);
  return {.subject = text_of(claims.if_contains("sub")),
          .email = text_of(claims, settings.email_field),
          .name = text_of(claims, settings.name_field),
          .email_verified =
              settings.email_field == "email" && is_true(claims.if_contains("email_verified")),
          .groups = list_of(settings.groups_claim.empty() ? nullptr
                                                          : field(claims, settings.groups_claim))};
}

}  // namespace ob::sso
