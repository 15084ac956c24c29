#pragma once
// For tests: an authenticator in software.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "identity/passkeys.h"

namespace ob::identity::webauthn {

inline std::string cbor_head(unsigned major, std::size_t value) {
  const auto top = static_cast<unsigned char>(major << 5);
  if (value < 24) return {static_cast<char>(top | value)};
  if (value < 256) return {static_cast<char>(top | 24), static_cast<char>(value)};
  return {static_cast<char>(top | 25), static_cast<char>(value >> 8), static_cast<char>(value)};
}
inline std::string cbor_integer(std::int64_t value) {
  return value < 0 ? cbor_head(1, static_cast<std::size_t>(-1 - value))
                   : cbor_head(0, static_cast<std::size_t>(value));
}
inline std::string cbor_bytes(std::string_view bytes) {
  return cbor_head(2, bytes.size()).append(bytes);
}
inline std::string cbor_text(std::string_view text) {
  return cbor_head(3, text.size()).append(text);
}

class Authenticator {
 public:
  enum class Kind { es256, rs256, eddsa };
  enum Flag : unsigned { present = 1, verified = 4, eligible = 8, backed_up = 16, more = 128 };

  explicit Authenticator(Kind kind = Kind::es256) : kind_(kind) {
    base64url_decode(random_token(16), credential_id);
    switch (kind) {
      case Kind::es256:
        key_ = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
        break;
      case Kind::rs256:
        key_ = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048});
        break;
      case Kind::eddsa:
        key_ = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
        break;
    }
  }
  ~Authenticator() { EVP_PKEY_free(key_); }
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  std::string client_data(std::string_view type, std::string_view challenge) const {
    return std::string(R"({"type":")")
        .append(type)
        .append(R"(","challenge":")")
        .append(base64url_encode(challenge))
        .append(R"(","origin":")")
        .append(origin)
        .append(R"(")")
        .append(more_client_data)
        .append("}");
  }
  std::string cose() const {
    switch (kind_) {
      case Kind::es256: {
        unsigned char* point = nullptr;
        const std::size_t size = EVP_PKEY_get1_encoded_public_key(key_, &point);
        const std::string all(reinterpret_cast<char*>(point), size);
        OPENSSL_free(point);
        return cbor_head(5, 5) + cbor_integer(1) + cbor_integer(2) + cbor_integer(3) +
               cbor_integer(-7) + cbor_integer(-1) + cbor_integer(1) + cbor_integer(-2) +
               cbor_bytes(all.substr(1, 32)) + cbor_integer(-3) + cbor_bytes(all.substr(33));
      }
      case Kind::rs256:
        return cbor_head(5, 4) + cbor_integer(1) + cbor_integer(3) + cbor_integer(3) +
               cbor_integer(-257) + cbor_integer(-1) + cbor_bytes(number(OSSL_PKEY_PARAM_RSA_N)) +
               cbor_integer(-2) + cbor_bytes(number(OSSL_PKEY_PARAM_RSA_E));
      case Kind::eddsa: {
        std::string raw(32, '\0');
        std::size_t size = raw.size();
        EVP_PKEY_get_raw_public_key(key_, reinterpret_cast<unsigned char*>(raw.data()), &size);
        return cbor_head(5, 4) + cbor_integer(1) + cbor_integer(1) + cbor_integer(3) +
               cbor_integer(-8) + cbor_integer(-1) + cbor_integer(6) + cbor_integer(-2) +
               cbor_bytes(raw);
      }
    }
    return {};
  }
  std::string data(bool attested) const {
    std::string out(32, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(rp_id.data()), rp_id.size(),
           reinterpret_cast<unsigned char*>(out.data()));
    out += static_cast<char>(flags | (attested ? 64U : 0U));
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(counter >> shift);
    if (attested) {
      out.append(16, '\0');
      out += static_cast<char>(credential_id.size() >> 8);
      out += static_cast<char>(credential_id.size());
      out += credential_id + cose();
    }
    return out + tail;
  }
  std::string attestation() const {
    return cbor_head(5, 3) + cbor_text("fmt") + cbor_text("none") + cbor_text("attStmt") +
           cbor_head(5, 0) + cbor_text("authData") + cbor_bytes(data(true));
  }
  std::string sign(const std::string& data, const std::string& client_data) const {
    std::string hash(32, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(client_data.data()), client_data.size(),
           reinterpret_cast<unsigned char*>(hash.data()));
    const std::string all = data + hash;
    const auto* bytes = reinterpret_cast<const unsigned char*>(all.data());
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    std::string out(512, '\0');
    std::size_t size = out.size();
    EVP_DigestSignInit(context, nullptr, kind_ == Kind::eddsa ? nullptr : EVP_sha256(), nullptr,
                       key_);
    const int done = EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &size,
                                    bytes, all.size());
    EVP_MD_CTX_free(context);
    return done == 1 ? out.substr(0, size) : std::string();
  }

  std::string credential_id;
  std::string rp_id = "ob.example", origin = "https://ob.example";
  std::string more_client_data = R"(,"crossOrigin":false)";
  std::string tail;  // of the authenticator data
  unsigned flags = present | verified;
  std::uint32_t counter = 0;

 private:
  std::string number(const char* name) const {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(key_, name, &value);
    std::string out(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
    BN_bn2bin(value, reinterpret_cast<unsigned char*>(out.data()));
    BN_free(value);
    return out;
  }

  Kind kind_;
  EVP_PKEY* key_ = nullptr;
};

inline std::string bytes(const std::string& text) {
  std::string out;
  base64url_decode(text, out);
  return out;
}

// What a browser sends of a passkey that the device made, and of its use.
inline NewPasskey made(const Authenticator& device, const PasskeyCreation& asked) {
  const std::string client = device.client_data("webauthn.create", bytes(asked.challenge));
  return {.ticket = asked.ticket,
          .name = "Phone",
          .client_data = base64url_encode(client),
          .attestation = base64url_encode(device.attestation()),
          .transports = {"internal", "hybrid", "a secret way"}};
}
inline PasskeyProof proof(const Authenticator& device, const PasskeyRequest& asked,
                          const std::string& user_id) {
  const std::string client = device.client_data("webauthn.get", bytes(asked.challenge));
  const std::string data = device.data(false);
  return {.ticket = asked.ticket,
          .credential_id = base64url_encode(device.credential_id),
          .client_data = base64url_encode(client),
          .authenticator_data = base64url_encode(data),
          .signature = base64url_encode(device.sign(data, client)),
          .user_handle = base64url_encode(user_id)};
}

}  // namespace ob::identity::webauthn
