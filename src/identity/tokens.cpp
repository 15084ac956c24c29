#include "identity/tokens.h"

#include <boost/json.hpp>
#include <cstring>
extern "C" {
#include <cjose/cjose.h>
}

#include <algorithm>

#include "base/error.h"
#include "base/ids.h"
#include "identity/store.h"

namespace ob::identity {
namespace {

namespace json = boost::json;

constexpr std::string_view kIssuer = "openbricks", kAudience = "openbricks-api";
constexpr std::size_t kMaxToken = 4096;
constexpr std::int64_t kSkew = 5;  // seconds that clocks of two servers may differ

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

std::string to_json(const KeyPtr& key) {
  cjose_err error{};
  char* text = cjose_jwk_to_json(key.get(), true, &error);
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
  return Claims{*user, *email, admin->get_bool(), *session, *epoch, *issued, *expires};
}

}  // namespace

struct TokenSigner::Key {
  std::string kid;
  KeyPtr jwk;
};

TokenSigner::TokenSigner(db::Database& database, const SecretBox& box)
    : key_(std::make_unique<Key>()) {
  cjose_err error{};
  const auto stored = database.writing([&](db::Tx& tx) {
    if (auto found = store::newest_signing_key(tx)) return *found;
    KeyPtr fresh(cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error));
    if (!fresh) fail("making the signing key", error);
    store::SigningKey key{.kid = random_token(12)};
    key.sealed = box.seal(to_json(fresh), context_of(key.kid));
    store::insert_signing_key(tx, key, now_micros());
    return key;
  });
  const std::string text = box.open(stored.sealed, context_of(stored.kid));
  key_->kid = stored.kid;
  key_->jwk.reset(cjose_jwk_import(text.data(), text.size(), &error));
  if (!key_->jwk) fail("import of the signing key", error);
}

TokenSigner::~TokenSigner() = default;

std::string TokenSigner::sign(const Claims& claims) {
  const std::string payload = json::serialize(json::object{{"iss", kIssuer},
                                                           {"aud", kAudience},
                                                           {"sub", claims.user_id},
                                                           {"email", claims.email},
                                                           {"admin", claims.admin},
                                                           {"sid", claims.session},
                                                           {"epoch", claims.epoch},
                                                           {"iat", claims.issued_s},
                                                           {"nbf", claims.issued_s},
                                                           {"exp", claims.expires_s}});
  std::lock_guard lock(mutex_);
  cjose_err error{};
  HeaderPtr header(cjose_header_new(&error));
  if (!header || !cjose_header_set(header.get(), CJOSE_HDR_ALG, CJOSE_HDR_ALG_ES256, &error) ||
      !cjose_header_set(header.get(), CJOSE_HDR_KID, key_->kid.c_str(), &error) ||
      !cjose_header_set(header.get(), "typ", "JWT", &error)) {
    fail("token header", error);
  }
  JwsPtr jws(cjose_jws_sign(key_->jwk.get(), header.get(),
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
  // The token does not choose its algorithm or key: one pair is right.
  if (!header || header_text(header, CJOSE_HDR_ALG) != CJOSE_HDR_ALG_ES256 ||
      header_text(header, CJOSE_HDR_KID) != key_->kid || header_has(header, "crit")) {
    return std::nullopt;
  }
  uint8_t* payload = nullptr;  // owned by jws
  std::size_t size = 0;
  if (!cjose_jws_verify(jws.get(), key_->jwk.get(), &error) ||
      !cjose_jws_get_plaintext(jws.get(), &payload, &size, &error)) {
    return std::nullopt;
  }
  return parse_claims({reinterpret_cast<const char*>(payload), size}, now);
}

}  // namespace ob::identity
