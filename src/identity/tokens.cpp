#include "identity/tokens.h"

#include <boost/json.hpp>
#include <cstring>
extern "C" {
#include <cjose/cjose.h>
}

#include <algorithm>

#include "base/error.h"
#include "base/ids.h"
#include "identity/key_store.h"

namespace ob::identity {
namespace {

namespace json = boost::json;

constexpr std::string_view kIssuer = "openbricks", kAudience = "openbricks-api";
constexpr std::size_t kMaxToken = 4096;
constexpr std::int64_t kSkew = 5;         // seconds that clocks of two servers may differ
constexpr Micros kAhead = 60'000'000;     // from when a new key is stored until it signs
constexpr Micros kGrace = 3'600'000'000;  // an old key stays a bit longer than its last token

struct FreeKey {
  void operator()(cjose_jwk_t* k) const { cjose_jwk_release(k); }
};
struct FreeHeader {
  void operator()(cjose_header_t* h) const { cjose_header_release(h); }
};
struct FreeJws {
  void operator()(cjose_jws_t* j) const { cjose_jws_release(j); }
};
using KeyPtr = std::unique_ptr<cjose_jwk_t, FreeKey>;
using HeaderPtr = std::unique_ptr<cjose_header_t, FreeHeader>;
using JwsPtr = std::unique_ptr<cjose_jws_t, FreeJws>;

[[noreturn]] void fail(const char* what, const cjose_err& error) {
  throw internal(std::string(what) + ": " + (error.message ? error.message : "unknown"));
}

std::string context_of(const std::string& kid) {
  return "identity.signing_key:" + kid;
}

std::string to_json(const KeyPtr& key, bool with_private) {
  cjose_err error{};
  char* text = cjose_jwk_to_json(key.get(), with_private, &error);
  if (!text) fail("export of the signing key", error);
  std::string out(text);
  cjose_get_dealloc()(text);
  return out;
}

// Text of a header field; empty when absent or not a string.
std::string header_text(cjose_header_t* header, const char* name) {
  cjose_err error{};
  const char* value = cjose_header_get(header, name, &error);
  return value ? value : "";
}

bool header_has(cjose_header_t* header, const char* name) {
  cjose_err error{};
  char* raw = cjose_header_get_raw(header, name, &error);
  if (!raw) return false;
  cjose_get_dealloc()(raw);
  return true;
}

std::optional<Claims> parse_claims(std::string_view text, Micros now) {
  boost::system::error_code error;
  const json::value parsed = json::parse(text, error);
  if (error || !parsed.is_object()) return std::nullopt;
  const json::object& in = parsed.get_object();
  const auto string = [&](std::string_view name) -> std::optional<std::string> {
    const auto* value = in.if_contains(name);
    if (!value || !value->is_string()) return std::nullopt;
    return std::string(value->get_string());
  };
  const auto integer = [&](std::string_view name) -> std::optional<std::int64_t> {
    const auto* value = in.if_contains(name);
    if (!value || !value->is_int64()) return std::nullopt;
    return value->get_int64();
  };
  const auto user = string("sub"), email = string("email"), session = string("sid");
  const auto issued = integer("iat"), not_before = integer("nbf"), expires = integer("exp"),
             epoch = integer("epoch");
  const auto* admin = in.if_contains("admin");
  if (string("iss") != kIssuer || string("aud") != kAudience || !user || !email || !session ||
      !issued || !not_before || !expires || !epoch || !admin || !admin->is_bool()) {
    return std::nullopt;
  }
  const std::int64_t seconds = now / 1'000'000;
  if (seconds >= *expires || seconds + kSkew < *not_before) return std::nullopt;
  Claims claims{*user, *email, admin->get_bool(), *session, *epoch, *issued, *expires};
  claims.scope = string("scope").value_or("");
  if (!in.contains("kind")) return claims;
  if (string("kind") == "service") {
    claims.kind = Claims::Kind::service;
    claims.secret = string("secret").value_or("");
  } else if (string("kind") == "view") {
    const auto viewer = string("viewer"), viewer_email = string("viewer_email");
    const auto viewer_epoch = integer("viewer_epoch");
    if (!viewer || !viewer_email || !viewer_epoch) return std::nullopt;
    claims.kind = Claims::Kind::view;
    claims.viewer_id = *viewer;
    claims.viewer_email = *viewer_email;
    claims.viewer_epoch = *viewer_epoch;
  } else {
    return std::nullopt;
  }
  return claims;
}

json::object to_object(const Claims& claims) {
  json::object out{{"iss", kIssuer},         {"aud", kAudience},       {"sub", claims.user_id},
                   {"email", claims.email},  {"admin", claims.admin},  {"sid", claims.session},
                   {"epoch", claims.epoch},  {"iat", claims.issued_s}, {"nbf", claims.issued_s},
                   {"exp", claims.expires_s}};
  if (!claims.scope.empty()) out["scope"] = claims.scope;
  if (claims.kind == Claims::Kind::service) {
    out["kind"] = "service";
    out["secret"] = claims.secret;
  } else if (claims.kind == Claims::Kind::view) {
    out["kind"] = "view";
    out["viewer"] = claims.viewer_id;
    out["viewer_email"] = claims.viewer_email;
    out["viewer_epoch"] = claims.viewer_epoch;
  }
  return out;
}

}  // namespace

struct TokenSigner::Key {
  std::string kid;
  Micros active_from = 0;
  KeyPtr jwk;
};

TokenSigner::TokenSigner(db::Database& database, const SecretBox& box, const KeyTimes& times)
    : db_(database), box_(box), times_(times) {
  refresh(now_micros());
}

void TokenSigner::refresh(Micros now) {
  const auto due = [&](const std::vector<store::SigningKey>& keys) {
    return keys.empty() || now - keys.back().created_at >= times_.period;
  };
  // The second of two keys in a row tells when the first ceased to sign.
  const auto ended = [&](const store::SigningKey& next) {
    return now > next.active_from + times_.token_lifetime + kGrace;
  };
  auto stored = db_.reading([](db::Tx& tx) { return store::signing_keys(tx); });
  const bool old = stored.size() > 1 && ended(stored[1]);
  if (due(stored) || old) {
    stored = db_.writing([&](db::Tx& tx) {
      auto keys = store::signing_keys(tx);  // another process may have been quicker
      if (due(keys)) {
        insert_fresh(tx, now, keys.empty() ? now : now + kAhead);
        keys = store::signing_keys(tx);
      }
      while (keys.size() > 1 && ended(keys[1])) {
        store::delete_signing_key(tx, keys.front().kid);
        keys.erase(keys.begin());
      }
      return keys;
    });
  }
  const std::lock_guard lock(mutex_);
  std::vector<std::unique_ptr<Key>> keys;
  for (const auto& one : stored) {
    const auto known =
        std::ranges::find_if(keys_, [&](const auto& key) { return key && key->kid == one.kid; });
    if (known != keys_.end()) {
      keys.push_back(std::move(*known));
      continue;
    }
    cjose_err error{};
    const std::string text = box_.open(one.sealed, context_of(one.kid));
    auto key = std::make_unique<Key>(Key{one.kid, one.active_from, nullptr});
    key->jwk.reset(cjose_jwk_import(text.data(), text.size(), &error));
    if (!key->jwk) fail("import of the signing key", error);
    keys.push_back(std::move(key));
  }
  keys_ = std::move(keys);
}

void TokenSigner::insert_fresh(db::Tx& tx, Micros now, Micros active_from) {
  cjose_err error{};
  const KeyPtr fresh(cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error));
  if (!fresh) fail("making the signing key", error);
  store::SigningKey key{.kid = random_token(12), .created_at = now, .active_from = active_from};
  key.sealed = box_.seal(to_json(fresh, true), context_of(key.kid));
  store::insert_signing_key(tx, key);
}

std::vector<PublicKey> TokenSigner::public_keys() {
  const std::lock_guard lock(mutex_);
  std::vector<PublicKey> out;
  for (const auto& key : keys_) {
    const json::value parsed = json::parse(to_json(key->jwk, false));
    const auto text = [&](const char* name) { return std::string(parsed.at(name).as_string()); };
    out.push_back({.kty = text("kty"),
                   .crv = text("crv"),
                   .x = text("x"),
                   .y = text("y"),
                   .kid = key->kid,
                   .use = "sig",
                   .alg = CJOSE_HDR_ALG_ES256});
  }
  return out;
}

TokenSigner::~TokenSigner() = default;

std::string TokenSigner::sign(const Claims& claims) {
  return sign_payload(json::serialize(to_object(claims)), claims.issued_s);
}

std::string TokenSigner::sign_payload(const std::string& payload, std::int64_t issued_s) {
  std::lock_guard lock(mutex_);
  const Key* key = keys_.front().get();
  for (const auto& one : keys_) {
    if (one->active_from <= issued_s * 1'000'000) key = one.get();
  }
  cjose_err error{};
  HeaderPtr header(cjose_header_new(&error));
  if (!header || !cjose_header_set(header.get(), CJOSE_HDR_ALG, CJOSE_HDR_ALG_ES256, &error) ||
      !cjose_header_set(header.get(), CJOSE_HDR_KID, key->kid.c_str(), &error) ||
      !cjose_header_set(header.get(), "typ", "JWT", &error)) {
    fail("token header", error);
  }
  JwsPtr jws(cjose_jws_sign(key->jwk.get(), header.get(),
                            reinterpret_cast<const uint8_t*>(payload.data()), payload.size(),
                            &error));
  const char* compact = nullptr;  // owned by jws
  if (!jws || !cjose_jws_export(jws.get(), &compact, &error)) fail("signing a token", error);
  return compact;
}

std::optional<Claims> TokenSigner::verify(std::string_view token, Micros now) {
  if (token.size() > kMaxToken || std::ranges::count(token, '.') != 2) return std::nullopt;
  std::lock_guard lock(mutex_);
  cjose_err error{};
  JwsPtr jws(cjose_jws_import(token.data(), token.size(), &error));
  if (!jws) return std::nullopt;
  cjose_header_t* header = cjose_jws_get_protected(jws.get());  // owned by jws
  // The token does not choose its algorithm, and its key only among ours.
  if (!header || header_text(header, CJOSE_HDR_ALG) != CJOSE_HDR_ALG_ES256 ||
      header_has(header, "crit")) {
    return std::nullopt;
  }
  const std::string kid = header_text(header, CJOSE_HDR_KID);
  const auto key = std::ranges::find_if(keys_, [&](const auto& one) { return one->kid == kid; });
  if (key == keys_.end()) return std::nullopt;
  uint8_t* payload = nullptr;  // owned by jws
  std::size_t size = 0;
  if (!cjose_jws_verify(jws.get(), (*key)->jwk.get(), &error) ||
      !cjose_jws_get_plaintext(jws.get(), &payload, &size, &error)) {
    return std::nullopt;
  }
  return parse_claims({reinterpret_cast<const char*>(payload), size}, now);
}

}  // namespace ob::identity
