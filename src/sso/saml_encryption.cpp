// Encrypted assertions (XML Encryption 1.1): a key for the content, wrapped by our RSA key. Only
// the forms that providers use: OAEP, and AES in GCM or CBC. What comes out is trusted as little as
// what came in clear: its signature counts.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/ids.h"
#include "sso/errors.h"
#include "sso/saml_xml.h"

namespace ob::sso::xml {
namespace {

constexpr std::string_view kEncryption = "http://www.w3.org/2001/04/xmlenc#";
constexpr std::string_view kEncryption11 = "http://www.w3.org/2009/xmlenc11#";
constexpr std::string_view kOaep = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
constexpr std::string_view kOaep11 = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
constexpr std::size_t kMostKeys = 3;  // one for each recipient
constexpr int kBits = 3072;
constexpr long kYears = 20;
constexpr int kTag = 16;

struct Cipher {
  std::string_view algorithm;
  const EVP_CIPHER* (*make)();
  bool gcm;
};
constexpr std::array<Cipher, 4> kCiphers{
    {{"http://www.w3.org/2009/xmlenc11#aes128-gcm", EVP_aes_128_gcm, true},
     {"http://www.w3.org/2009/xmlenc11#aes256-gcm", EVP_aes_256_gcm, true},
     {"http://www.w3.org/2001/04/xmlenc#aes128-cbc", EVP_aes_128_cbc, false},
     {"http://www.w3.org/2001/04/xmlenc#aes256-cbc", EVP_aes_256_cbc, false}}};

struct Digest {
  std::string_view algorithm, mask;  // as a digest, and in OAEP's mask
  const EVP_MD* (*make)();
};
constexpr std::array<Digest, 4> kDigests{
    {{"http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2009/xmlenc11#mgf1sha1",
      EVP_sha1},
     {"http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2009/xmlenc11#mgf1sha256",
      EVP_sha256},
     {"http://www.w3.org/2001/04/xmldsig-more#sha384", "http://www.w3.org/2009/xmlenc11#mgf1sha384",
      EVP_sha384},
     {"http://www.w3.org/2001/04/xmlenc#sha512", "http://www.w3.org/2009/xmlenc11#mgf1sha512",
      EVP_sha512}}};

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeKeyContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeKey>;
using BioPtr = std::unique_ptr<BIO, FreeBio>;

const unsigned char* bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::string contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

// The bytes that stand in the element, never elsewhere (CipherReference).
std::string cipher_value(const Element& encrypted) {
  const auto data = encrypted.child(kEncryption, "CipherData");
  const auto value = data ? data->child(kEncryption, "CipherValue") : std::nullopt;
  if (!value) throw untrusted("the encrypted assertion has no value");
  std::string text = value->text(), out;
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n' || c == ' ' || c == '\t'; });
  if (!base64_decode(text, out)) throw untrusted("the encrypted assertion is not base64");
  return out;
}

std::string method_of(const Element& encrypted) {
  const auto method = encrypted.child(kEncryption, "EncryptionMethod");
  return method ? method->attribute("Algorithm").value_or("") : "";
}

struct Oaep {
  const EVP_MD* digest;
  const EVP_MD* mask;
};

Oaep oaep_of(const Element& wrapped) {
  const std::string algorithm = method_of(wrapped);
  if (algorithm != kOaep && algorithm != kOaep11) {
    throw untrusted("the key of the encrypted assertion is not wrapped by RSA-OAEP");
  }
  const auto method = *wrapped.child(kEncryption, "EncryptionMethod");
  const auto digest = method.child(kSignature, "DigestMethod");
  const auto mask = method.child(kEncryption11, "MGF");
  const std::string named =
      digest ? digest->attribute("Algorithm").value_or("") : std::string(kDigests[0].algorithm);
  // The older algorithm's mask is always SHA-1's.
  const std::string masked = mask && algorithm == kOaep11
                                 ? mask->attribute("Algorithm").value_or("")
                                 : std::string(kDigests[0].mask);
  const auto found = std::ranges::find(kDigests, named, &Digest::algorithm);
  const auto found_mask = std::ranges::find(kDigests, masked, &Digest::mask);
  if (found == kDigests.end() || found_mask == kDigests.end() ||
      method.child(kEncryption, "OAEPparams")) {
    throw untrusted("the key of the encrypted assertion is wrapped in a way that is not known");
  }
  return {found->make(), found_mask->make()};
}

// nullopt when it was wrapped for somebody else.
std::optional<std::string> unwrapped(EVP_PKEY* key, const Element& wrapped) {
  const Oaep oaep = oaep_of(wrapped);
  const std::string value = cipher_value(wrapped);
  const std::unique_ptr<EVP_PKEY_CTX, FreeKeyContext> context(EVP_PKEY_CTX_new(key, nullptr));
  if (!context || EVP_PKEY_decrypt_init(context.get()) <= 0 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) <= 0 ||
      EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), oaep.digest) <= 0 ||
      EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), oaep.mask) <= 0) {
    throw internal("RSA-OAEP is not there");
  }
  std::string out(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
  std::size_t size = out.size();
  if (EVP_PKEY_decrypt(context.get(), bytes(out), &size, bytes(value), value.size()) <= 0) {
    return std::nullopt;
  }
  out.resize(size);
  return out;
}

std::string decrypted(const Cipher& cipher, const std::string& key, const std::string& value) {
  const EVP_CIPHER* made = cipher.make();
  const auto iv = static_cast<std::size_t>(EVP_CIPHER_get_iv_length(made));
  const std::size_t tag = cipher.gcm ? kTag : 0;
  const auto wrong = [] { return untrusted("the assertion cannot be decrypted"); };
  if (key.size() != static_cast<std::size_t>(EVP_CIPHER_get_key_length(made)) ||
      value.size() <= iv + tag) {
    throw wrong();
  }
  const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  const int length = static_cast<int>(value.size() - iv - tag);
  std::string out(value.size(), '\0');
  int written = 0, last = 0;
  std::string seal = value.substr(value.size() - tag);
  // CBC's padding is XML Encryption's own: only its last byte has a meaning.
  const bool done =
      context && EVP_DecryptInit_ex(context.get(), made, nullptr, bytes(key), bytes(value)) == 1 &&
      EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
      (!cipher.gcm ||
       EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTag, seal.data()) == 1) &&
      EVP_DecryptUpdate(context.get(), bytes(out), &written, bytes(value) + iv, length) == 1 &&
      EVP_DecryptFinal_ex(context.get(), bytes(out) + written, &last) == 1;
  if (!done) throw wrong();
  out.resize(static_cast<std::size_t>(written + last));
  if (cipher.gcm) return out;
  const std::size_t padding = out.empty() ? 0 : static_cast<unsigned char>(out.back());
  if (padding == 0 || padding > iv || padding > out.size()) throw wrong();
  out.resize(out.size() - padding);
  return out;
}

KeyPtr read_key(const std::string& pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key) throw internal("the key for assertions cannot be read");
  return key;
}

}  // namespace

bool has_encrypted_assertion(const Document& document) {
  return !document.all(kAssertion, "EncryptedAssertion").empty();
}

void decrypt_assertion(Document& document, const std::string& key_pem) {
  const auto everywhere = document.all(kAssertion, "EncryptedAssertion");
  const auto outer = document.root().child(kAssertion, "EncryptedAssertion");
  if (everywhere.size() != 1 || !outer || !document.all(kAssertion, "Assertion").empty()) {
    throw untrusted("there is not exactly one assertion, right below the response");
  }
  const auto data = outer->child(kEncryption, "EncryptedData");
  if (!data) throw untrusted("the encrypted assertion holds no data");
  const auto cipher = std::ranges::find(kCiphers, method_of(*data), &Cipher::algorithm);
  if (cipher == kCiphers.end()) {
    throw untrusted("the assertion is encrypted by an algorithm that is not allowed");
  }
  // Inside of the data, or beside it.
  const auto wrapped = document.all(kEncryption, "EncryptedKey");
  if (wrapped.empty() || wrapped.size() > kMostKeys) {
    throw untrusted("the encrypted assertion has no key, or too many");
  }
  const KeyPtr key = read_key(key_pem);
  for (const Element& one : wrapped) {
    if (const auto content_key = unwrapped(key.get(), one)) {
      document.replace(*outer, decrypted(*cipher, *content_key, cipher_value(*data)));
      return;
    }
  }
  throw untrusted("the assertion is encrypted for another key");
}

KeyPair make_key_pair() {
  const KeyPtr key(EVP_RSA_gen(kBits));
  const std::unique_ptr<X509, FreeX509> certificate(X509_new());
  if (!key || !certificate) throw internal("no key for assertions could be made");
  // Providers take the key out of it: nobody asks who signed it, nor until when.
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kYears * 365 * 86'400);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("OpenBricks"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  const BioPtr key_pem(BIO_new(BIO_s_mem())), der(BIO_new(BIO_s_mem()));
  if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0 ||
      PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1 ||
      i2d_X509_bio(der.get(), certificate.get()) != 1) {
    throw internal("no key for assertions could be made");
  }
  return {contents(key_pem.get()), base64_encode(contents(der.get()))};
}

}  // namespace ob::sso::xml
