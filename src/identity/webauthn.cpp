#include "identity/webauthn.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <set>

#include "base/ids.h"
#include "identity/cbor.h"

namespace ob::identity::webauthn {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxCredentialId = 1023;  // of the specification
constexpr std::size_t kHash = 32, kAaguid = 16, kCoordinate = 32;
constexpr std::size_t kLeastRsa = 2048 / 8, kMostRsa = 4096 / 8, kMostExponent = 4;
constexpr std::int64_t kEs256 = -7, kEdDsa = -8, kRs256 = -257;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BN_free>>;

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string sha256(std::string_view bytes) {
  std::string out(kHash, '\0');
  SHA256(data_of(bytes), bytes.size(), reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

// The parts of a COSE_Key, by their labels; which are there depends on its type.
struct CoseKey {
  std::int64_t type = 0, algorithm = 0, curve = 0;
  std::string_view first, second, third;  // those with the labels -1, -2, -3
};

CoseKey read_cose(cbor::Reader& reader) {
  CoseKey out;
  std::set<std::int64_t> seen;
  for (std::size_t left = reader.map(); left > 0; --left) {
    const std::int64_t label = reader.integer();
    if (!seen.insert(label).second) throw Refused("the key has a part twice");
    const bool bytes = reader.next() == cbor::Type::bytes;
    if (label == 1) {
      out.type = reader.integer();
    } else if (label == 3) {
      out.algorithm = reader.integer();
    } else if (label == -1 && bytes) {
      out.first = reader.bytes();
    } else if (label == -1) {
      out.curve = reader.integer();
    } else if (label == -2) {
      out.second = reader.bytes();
    } else if (label == -3) {
      out.third = reader.bytes();
    } else {
      reader.skip();
    }
  }
  return out;
}

Key from_params(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    throw Refused("the key is none of its kind");
  }
  return Key(key);
}

Key es256_key(const CoseKey& key) {
  if (key.type != 2 || key.curve != 1 || key.second.size() != kCoordinate ||
      key.third.size() != kCoordinate) {
    throw Refused("the key is none on P-256");
  }
  const std::string point = std::string("\x04").append(key.second).append(key.third);
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    throw Refused("the key could not be read");
  }
  return from_params("EC", builder.get());  // refuses points that are not on the curve
}

Key rs256_key(const CoseKey& key) {
  if (key.type != 3 || key.first.size() < kLeastRsa || key.first.size() > kMostRsa ||
      key.first.front() == 0 || key.second.empty() || key.second.size() > kMostExponent) {
    throw Refused("the RSA key has a size that is not allowed");
  }
  const auto number = [](std::string_view bytes) {
    return Number(BN_bin2bn(data_of(bytes), static_cast<int>(bytes.size()), nullptr));
  };
  const Number n = number(key.first), e = number(key.second);
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !BN_is_odd(n.get()) || !BN_is_odd(e.get()) || BN_is_one(e.get()) || !builder ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    throw Refused("the RSA key is none");
  }
  return from_params("RSA", builder.get());
}

Key ed25519_key(const CoseKey& key) {
  constexpr std::size_t kSize = 32;
  if (key.type != 1 || key.curve != 6 || key.second.size() != kSize) {
    throw Refused("the key is none of Ed25519");
  }
  Key out(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, data_of(key.second),
                                      key.second.size()));
  if (!out) throw Refused("the key is none of Ed25519");
  return out;
}

struct Verifier {
  Key key;
  const EVP_MD* digest = nullptr;  // null where the algorithm has its own
};

Verifier verifier(const CoseKey& key) {
  switch (key.algorithm) {
    case kEs256:
      return {es256_key(key), EVP_sha256()};
    case kRs256:
      return {rs256_key(key), EVP_sha256()};
    case kEdDsa:
      return {ed25519_key(key), nullptr};
    default:
      throw Refused("the key is of an algorithm that was not asked for");
  }
}

void verify_signature(std::string_view public_key, std::string_view signed_bytes,
                      std::string_view signature) {
  cbor::Reader reader(public_key);
  const Verifier by = verifier(read_cose(reader));
  const DigestContext context(EVP_MD_CTX_new());
  if (!context ||
      EVP_DigestVerifyInit(context.get(), nullptr, by.digest, nullptr, by.key.get()) != 1 ||
      EVP_DigestVerify(context.get(), data_of(signature), signature.size(), data_of(signed_bytes),
                       signed_bytes.size()) != 1) {
    throw Refused("the signature is wrong");
  }
}

struct AuthenticatorData {
  bool present = false, verified = false, backed_up = false;
  std::uint32_t counter = 0;
  std::string_view credential_id, public_key;  // empty where there is no credential
};

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t out = 0;
  for (const char c : bytes) out = out << 8 | static_cast<unsigned char>(c);
  return out;
}

class Bytes {
 public:
  explicit Bytes(std::string_view left) : left_(left) {}
  std::string_view take(std::size_t size) {
    if (size > left_.size()) throw Refused("the authenticator data ends early");
    const auto out = left_.substr(0, size);
    left_.remove_prefix(size);
    return out;
  }
  std::string_view left() const { return left_; }

 private:
  std::string_view left_;
};

AuthenticatorData read_data(const RelyingParty& party, std::string_view bytes) {
  constexpr unsigned kPresent = 0x01, kVerified = 0x04, kEligible = 0x08, kBackedUp = 0x10,
                     kAttested = 0x40, kExtensions = 0x80;
  Bytes data(bytes);
  if (data.take(kHash) != sha256(party.id)) throw Refused("it is for another relying party");
  const auto flags = static_cast<unsigned char>(data.take(1)[0]);
  AuthenticatorData out{.present = (flags & kPresent) != 0,
                        .verified = (flags & kVerified) != 0,
                        .backed_up = (flags & kBackedUp) != 0,
                        .counter = big_endian(data.take(4))};
  if (out.backed_up && (flags & kEligible) == 0) throw Refused("its flags contradict each other");
  if ((flags & kAttested) != 0) {
    data.take(kAaguid);
    const std::size_t size = big_endian(data.take(2));
    if (size == 0 || size > kMaxCredentialId) throw Refused("the credential id has a wrong size");
    out.credential_id = data.take(size);
    cbor::Reader reader(data.left());
    reader.skip();
    out.public_key = data.take(reader.position());
  }
  if ((flags & kExtensions) != 0) {
    cbor::Reader reader(data.left());
    if (reader.next() != cbor::Type::map) throw Refused("its extensions are none");
    reader.skip();
    data.take(reader.position());
  }
  if (!data.left().empty()) throw Refused("the authenticator data has more than it should");
  if (!out.present) throw Refused("nobody was present");
  return out;
}

void check_client_data(const RelyingParty& party, std::string_view challenge,
                       std::string_view bytes, std::string_view type) {
  json::parse_options options;
  options.max_depth = 4;
  boost::system::error_code failed;
  const json::value parsed = json::parse(bytes, failed, {}, options);
  const auto* data = failed ? nullptr : parsed.if_object();
  if (!data) throw Refused("the client data is no JSON object");
  const auto text = [&](std::string_view name) {
    const auto* value = data->if_contains(name);
    return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
  };
  if (text("type") != type) throw Refused("the client data is of another type");
  if (!constant_time_equal(text("challenge"), base64url_encode(challenge))) {
    throw Refused("the challenge is another");
  }
  if (text("origin") != party.origin) throw Refused("it comes from another origin");
  const auto* cross = data->if_contains("crossOrigin");
  if ((cross && *cross != json::value(false)) || data->contains("topOrigin")) {
    throw Refused("it comes from within another page");
  }
}

// The data of an attestation object; its statement is not looked at.
std::string_view authenticator_data_of(std::string_view object) {
  cbor::Reader reader(object);
  std::set<std::string_view> seen;
  std::string_view out;
  for (std::size_t left = reader.map(); left > 0; --left) {
    const auto name = reader.text();
    if (!seen.insert(name).second) throw Refused("the attestation has a part twice");
    if (name == "authData") {
      out = reader.bytes();
    } else if (name == "fmt") {
      reader.text();
    } else {
      reader.skip();
    }
  }
  if (!reader.at_end() || seen != std::set<std::string_view>{"attStmt", "authData", "fmt"}) {
    throw Refused("the attestation has other parts than it should");
  }
  return out;
}

// What the reader of CBOR refuses is refused like the rest.
template <class Fn>
auto reading(Fn fn) {
  try {
    return fn();
  } catch (const cbor::Malformed& problem) {
    throw Refused(problem.what());
  }
}

std::string host_of(std::string_view authority) {
  if (authority.starts_with('[')) return std::string(authority.substr(1, authority.find(']') - 1));
  return std::string(authority.substr(0, authority.find(':')));
}

}  // namespace

std::optional<RelyingParty> relying_party(const std::string& public_url) {
  const bool tls = public_url.starts_with("https://");
  if (!tls && !public_url.starts_with("http://")) return std::nullopt;
  std::string authority = public_url.substr(tls ? 8 : 7);
  authority.resize(std::min(authority.size(), authority.find('/')));
  std::ranges::transform(authority, authority.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  std::string host = host_of(authority);
  std::string port = authority.substr(
      std::min(authority.size(), authority.starts_with('[') ? host.size() + 2 : host.size()));
  if (port == (tls ? ":443" : ":80") || port == ":") port.clear();
  in_addr v4{};
  in6_addr v6{};
  const bool is_v4 = ::inet_pton(AF_INET, host.c_str(), &v4) == 1;
  const bool is_v6 = ::inet_pton(AF_INET6, host.c_str(), &v6) == 1;
  if ((is_v4 && ntohl(v4.s_addr) >> 24 == 127) || (is_v6 && IN6_IS_ADDR_LOOPBACK(&v6))) {
    host = "localhost";
  } else if (is_v4 || is_v6 || host.empty()) {
    return std::nullopt;
  }
  if (!tls && host != "localhost" && !host.ends_with(".localhost")) return std::nullopt;
  return RelyingParty{host, (tls ? "https://" : "http://") + host + port};
}

Registered verify_registration(const RelyingParty& party, std::string_view challenge,
                               std::string_view client_data, std::string_view attestation_object) {
  check_client_data(party, challenge, client_data, "webauthn.create");
  return reading([&] {
    const auto data = read_data(party, authenticator_data_of(attestation_object));
    if (data.credential_id.empty()) throw Refused("there is no credential in it");
    if (!data.verified) throw Refused("the user was not verified");
    cbor::Reader key(data.public_key);
    verifier(read_cose(key));
    return Registered{.credential_id = std::string(data.credential_id),
                      .public_key = std::string(data.public_key),
                      .counter = data.counter,
                      .backed_up = data.backed_up};
  });
}

Asserted verify_assertion(const RelyingParty& party, std::string_view challenge,
                          const Assertion& assertion, std::string_view public_key, bool verified) {
  check_client_data(party, challenge, assertion.client_data, "webauthn.get");
  return reading([&] {
    const auto data = read_data(party, assertion.authenticator_data);
    if (verified && !data.verified) throw Refused("the user was not verified");
    verify_signature(public_key,
                     std::string(assertion.authenticator_data) + sha256(assertion.client_data),
                     assertion.signature);
    return Asserted{.counter = data.counter, .backed_up = data.backed_up};
  });
}

const std::string& nobodys_key() {
  // The generator of P-256: its other half is the number one, which proves nothing to anybody.
  static const std::string key = [] {
    std::string x, y;
    base64url_decode("axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY", x);
    base64url_decode("T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU", y);
    return std::string("\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20")
               .append(x)
               .append("\x22\x58\x20") +
           y;
  }();
  return key;
}

}  // namespace ob::identity::webauthn
