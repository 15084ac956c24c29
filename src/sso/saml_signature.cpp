// XML signatures of assertions. Whoever could send a document chose everything in it, so the form
// that a signature may have is narrow, and what is read later are the bytes that were digested.
#include <libxml/tree.h>
#include <libxml/valid.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/openssl/app.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

#include "base/error.h"
#include "base/ids.h"
#include "sso/errors.h"
#include "sso/saml_xml.h"

namespace ob::sso::xml {
namespace {

constexpr std::string_view kExclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
constexpr std::string_view kEnveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
constexpr std::array<std::string_view, 6> kSigning{
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"};
constexpr std::array<std::string_view, 3> kDigests{"http://www.w3.org/2001/04/xmlenc#sha256",
                                                   "http://www.w3.org/2001/04/xmldsig-more#sha384",
                                                   "http://www.w3.org/2001/04/xmlenc#sha512"};
constexpr int kLeastRsaBits = 2048, kLeastEcBits = 256;

struct FreeContext {
  void operator()(xmlSecDSigCtx* context) const { xmlSecDSigCtxDestroy(context); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

void init_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    xmlInitParser();
    if (xmlSecInit() < 0 || xmlSecOpenSSLInit() < 0) throw internal("xmlsec did not start");
    xmlSecErrorsSetCallback(
        [](const char*, int, const char*, const char*, const char*, int, const char*) {});
  });
}

std::string algorithm(const Element& parent, std::string_view name) {
  const auto found = parent.child(kSignature, name);
  return found ? found->attribute("Algorithm").value_or("") : "";
}

void check_transforms(const Element& reference) {
  const auto list = reference.child(kSignature, "Transforms");
  if (!list) throw untrusted("the signature's reference has no transforms");
  const auto all = list->children();
  const bool as_expected =
      all.size() == 2 && all[0].attribute("Algorithm") == std::string(kEnveloped) &&
      all[1].attribute("Algorithm") == std::string(kExclusive) &&
      std::ranges::all_of(all, [](const auto& one) { return one.is(kSignature, "Transform"); });
  if (!as_expected) throw untrusted("the signature's transforms are not allowed");
}

// The only form that is taken: one reference to the assertion by its ID, enveloped, exclusive.
void check_form(const Element& signature, const std::string& id) {
  const auto info = signature.child(kSignature, "SignedInfo");
  if (!info || !signature.children(kSignature, "Object").empty()) {
    throw untrusted("the signature has not the form that is allowed");
  }
  if (algorithm(*info, "CanonicalizationMethod") != kExclusive ||
      std::ranges::find(kSigning, algorithm(*info, "SignatureMethod")) == kSigning.end()) {
    throw untrusted("the signature's algorithm is not allowed");
  }
  const auto reference = info->child(kSignature, "Reference");
  if (!reference || reference->attribute("URI") != "#" + id) {
    throw untrusted("the signature does not refer to the assertion that holds it");
  }
  if (std::ranges::find(kDigests, algorithm(*reference, "DigestMethod")) == kDigests.end()) {
    throw untrusted("the signature's digest is not allowed");
  }
  check_transforms(*reference);
}

void count_ids(xmlNode* node, std::map<std::string, int>& ids) {
  for (; node; node = node->next) {
    if (node->type != XML_ELEMENT_NODE) continue;
    for (const xmlAttr* one = node->properties; one; one = one->next) {
      std::string name(reinterpret_cast<const char*>(one->name));
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
      if (name != "id") continue;
      xmlChar* value = xmlNodeListGetString(node->doc, one->children, 1);
      ++ids[value ? reinterpret_cast<const char*>(value) : ""];
      xmlFree(value);
    }
    count_ids(node->children, ids);
  }
}

// Makes the ID known to xmlsec, and only this one.
void register_id(Document& document, const Element& assertion, const std::string& id) {
  std::map<std::string, int> ids;
  count_ids(document.root().node(), ids);
  if (std::ranges::any_of(ids, [](const auto& one) { return one.second > 1; })) {
    throw untrusted("two elements have the same ID");
  }
  xmlAttr* attribute = xmlHasProp(assertion.node(), BAD_CAST "ID");
  const auto* name = reinterpret_cast<const xmlChar*>(id.c_str());
  if (!attribute || !xmlAddID(nullptr, document.get(), name, attribute)) {
    throw untrusted("the assertion's ID is not its own");
  }
  const xmlAttr* found = xmlGetID(document.get(), name);
  if (!found || found->parent != assertion.node()) {
    throw untrusted("the assertion's ID is not its own");
  }
}

// The digested bytes when the certificate's key made the signature.
std::optional<std::string> verified_bytes(const Element& signature,
                                          const std::string& certificate) {
  const std::unique_ptr<xmlSecDSigCtx, FreeContext> context(xmlSecDSigCtxCreate(nullptr));
  if (!context) throw std::bad_alloc();
  context->flags |= XMLSEC_DSIG_FLAGS_STORE_SIGNEDINFO_REFERENCES;
  context->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
  // The key is ours: whatever the document says of keys is not looked at.
  context->signKey =
      xmlSecOpenSSLAppKeyLoadMemory(reinterpret_cast<const xmlSecByte*>(certificate.data()),
                                    static_cast<xmlSecSize>(certificate.size()),
                                    xmlSecKeyDataFormatCertPem, nullptr, nullptr, nullptr);
  if (!context->signKey) return std::nullopt;
  if (xmlSecDSigCtxVerify(context.get(), signature.node()) < 0 ||
      context->status != xmlSecDSigStatusSucceeded ||
      xmlSecPtrListGetSize(&context->signedInfoReferences) != 1) {
    return std::nullopt;
  }
  auto* reference =
      static_cast<xmlSecDSigReferenceCtx*>(xmlSecPtrListGetItem(&context->signedInfoReferences, 0));
  if (!reference || reference->status != xmlSecDSigStatusSucceeded) return std::nullopt;
  xmlSecBuffer* digested = xmlSecDSigReferenceCtxGetPreDigestBuffer(reference);
  if (!digested) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(xmlSecBufferGetData(digested)),
                     xmlSecBufferGetSize(digested));
}

}  // namespace

std::string signed_assertion(Document& document, const std::vector<std::string>& certificates) {
  init_once();
  const auto everywhere = document.all(kAssertion, "Assertion");
  const auto assertion = document.root().child(kAssertion, "Assertion");
  if (everywhere.size() != 1 || !assertion) {
    throw untrusted("there is not exactly one assertion, right below the response");
  }
  const auto signature = assertion->child(kSignature, "Signature");
  if (!signature) throw untrusted("the assertion is not signed");
  const std::string id = assertion->attribute("ID").value_or("");
  if (id.empty()) throw untrusted("the assertion has no ID");
  check_form(*signature, id);
  register_id(document, *assertion, id);
  for (const auto& certificate : certificates) {
    if (auto bytes = verified_bytes(*signature, certificate)) return std::move(*bytes);
  }
  throw untrusted("the assertion's signature is wrong");
}

std::string checked_certificate(const std::string& text) {
  const auto wrong = [](const std::string& problem) {
    Error error(400, "request.invalid", "The request is not valid.");
    error.with_fields({{"settings.certificates", problem}});
    return error;
  };
  std::string pem = text;
  if (text.find("-----BEGIN") == text.npos) {
    // Metadata has the bare base64.
    std::string bare = text, bytes;
    std::erase_if(bare, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    if (!base64_decode(bare, bytes)) throw wrong("holds what is no certificate (PEM)");
    pem = "-----BEGIN CERTIFICATE-----\n";
    for (std::size_t at = 0; at < bare.size(); at += 64) pem += bare.substr(at, 64) + "\n";
    pem += "-----END CERTIFICATE-----\n";
  }
  const std::unique_ptr<BIO, FreeBio> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<X509, FreeX509> certificate(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!certificate) throw wrong("holds what is no certificate (PEM)");
  const EVP_PKEY* key = X509_get0_pubkey(certificate.get());
  const int kind = key ? EVP_PKEY_get_base_id(key) : 0;
  const int bits = key ? EVP_PKEY_get_bits(key) : 0;
  const bool strong = (kind == EVP_PKEY_RSA && bits >= kLeastRsaBits) ||
                      (kind == EVP_PKEY_EC && bits >= kLeastEcBits);
  if (!strong) throw wrong("holds a certificate that is neither RSA of 2048 bits nor EC of 256");
  return pem;
}

}  // namespace ob::sso::xml
