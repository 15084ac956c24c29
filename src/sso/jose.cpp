#include "sso/jose.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <memory>
#include <optional>
#include <vector>
extern "C" {
#include <cjose/cjose.h>
}

#include "base/ids.h"

namespace ob::sso {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxToken = 32 * 1024, kMaxKeys = 100;
constexpr std::size_t kLeastRsaBytes = 2048 / 8;

struct Algorithm {
  std::string_view name, key_type, curve;
  const EVP_MD* (*digest)();
};
constexpr std::array<Algorithm, 9> kAlgorithms{{{"RS256", "RSA", "", EVP_sha256},
                                                {"RS384", "RSA", "", EVP_sha384},
                                                {"RS512", "RSA", "", EVP_sha512},
                                                {"PS256", "RSA", "", EVP_sha256},
                                                {"PS384", "RSA", "", EVP_sha384},
                                                {"PS512", "RSA", "", EVP_sha512},
                                                {"ES256", "EC", "P-256", EVP_sha256},
                                                {"ES384", "EC", "P-384", EVP_sha384},
                                                {"ES512", "EC", "P-521", EVP_sha512}}};

const Algorithm* find(std::string_view name) {
  const auto found = std::ranges::find(kAlgorithms, name, &Algorithm::name);
  return found == kAlgorithms.end() ? nullptr : &*found;
}

struct FreeKey {
  void operator()(cjose_jwk_t* k) const { cjose_jwk_release(k); }
};
struct FreeJws {
  void operator()(cjose_jws_t* j) const { cjose_jws_release(j); }
};
using KeyPtr = std::unique_ptr<cjose_jwk_t, FreeKey>;
using JwsPtr = std::unique_ptr<cjose_jws_t, FreeJws>;

std::string_view text(const json::object& in, std::string_view name) {
  const auto* value = in.if_contains(name);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

std::optional<json::object> parse_part(std::string_view part) {
  std::string bytes;
  if (!base64url_decode(part, bytes)) return std::nullopt;
  json::parse_options options;
  options.max_depth = 16;
  boost::system::error_code failed;
  json::value parsed = json::parse(bytes, failed, {}, options);
  if (failed || !parsed.is_object()) return std::nullopt;
  return std::move(parsed.get_object());
}

// Whether the key may verify tokens of the algorithm at all.
bool fits(const json::object& key, const Algorithm& algorithm) {
  if (text(key, "kty") != algorithm.key_type || key.contains("d")) return false;
  if (const auto use = text(key, "use"); !use.empty() && use != "sig") return false;
  if (const auto alg = text(key, "alg"); !alg.empty() && alg != algorithm.name) return false;
  if (const auto* operations = key.if_contains("key_ops")) {
    if (!operations->is_array()) return false;
    const auto& list = operations->get_array();
    if (std::ranges::none_of(list, [](const auto& one) { return one == "verify"; })) return false;
  }
  if (algorithm.key_type == "EC") return text(key, "crv") == algorithm.curve;
  std::string modulus;
  if (!base64url_decode(text(key, "n"), modulus)) return false;
  const auto zeros = modulus.find_first_not_of('\0');
  return zeros != modulus.npos && modulus.size() - zeros >= kLeastRsaBytes;
}

std::vector<const json::object*> fitting(const json::object& set, std::string_view kid,
                                         const Algorithm& algorithm) {
  std::vector<const json::object*> out;
  const auto* keys = set.if_contains("keys");
  if (!keys || !keys->is_array()) return out;
  std::size_t seen = 0;
  for (const auto& one : keys->get_array()) {
    if (++seen > kMaxKeys) break;
    const auto* key = one.if_object();
    if (!key || (!kid.empty() && text(*key, "kid") != kid)) continue;
    if (fits(*key, algorithm)) out.push_back(key);
  }
  return out;
}

// Only what cjose needs, so that nothing else of a stranger's key reaches it.
KeyPtr import(const json::object& key) {
  json::object plain;
  for (const char* name : {"kty", "n", "e", "crv", "x", "y"}) {
    if (const auto value = text(key, name); !value.empty()) plain[name] = value;
  }
  const std::string as_text = json::serialize(plain);
  cjose_err error{};
  return KeyPtr(cjose_jwk_import(as_text.data(), as_text.size(), &error));
}

bool signed_by(std::string_view token, const json::object& key, const Algorithm& algorithm) {
  cjose_err error{};
  const KeyPtr imported = import(key);
  if (!imported) return false;
  const JwsPtr jws(cjose_jws_import(token.data(), token.size(), &error));
  if (!jws) return false;
  // The library reads the header by itself: it must not see another algorithm than we did.
  const char* seen = cjose_header_get(cjose_jws_get_protected(jws.get()), CJOSE_HDR_ALG, &error);
  return seen && seen == algorithm.name && cjose_jws_verify(jws.get(), imported.get(), &error);
}

}  // namespace

bool known_algorithm(std::string_view algorithm) {
  return find(algorithm) != nullptr;
}

Verified verify_token(std::string_view token, const json::object& keys) {
  const auto bad = [](std::string why) {
    return Verified{.signature = Signature::bad, .why = std::move(why)};
  };
  if (token.size() > kMaxToken || std::ranges::count(token, '.') != 2) {
    return bad("it is not a signed token");
  }
  const auto dot = token.find('.');
  const auto header = parse_part(token.substr(0, dot));
  if (!header) return bad("its header is not JSON");
  const Algorithm* algorithm = find(text(*header, "alg"));
  if (!algorithm) return bad("its algorithm is not allowed");
  if (header->contains("crit")) return bad("it demands extensions");
  const std::string_view kid = text(*header, "kid");
  const auto candidates = fitting(keys, kid, *algorithm);
  if (candidates.empty()) return {.signature = Signature::unknown_key, .why = "its key is unknown"};
  const bool good = std::ranges::any_of(
      candidates, [&](const auto* key) { return signed_by(token, *key, *algorithm); });
  if (!good) return bad("its signature is wrong");
  auto claims = parse_part(token.substr(dot + 1, token.rfind('.') - dot - 1));
  if (!claims) return bad("its claims are not JSON");
  return {.signature = Signature::good, .header = *header, .claims = std::move(*claims)};
}

std::string half_hash(std::string_view algorithm, std::string_view text) {
  const Algorithm* known = find(algorithm);
  if (!known) return {};
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, known->digest(), nullptr) != 1) return {};
  return base64url_encode({reinterpret_cast<const char*>(digest), size / 2});
}

}  // namespace ob::sso
