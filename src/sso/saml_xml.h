#pragma once
// XML of SAML: parsed without entities, and read only where a signature was verified.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct _xmlDoc;
struct _xmlNode;

namespace ob::sso::xml {

inline constexpr std::string_view kAssertion = "urn:oasis:names:tc:SAML:2.0:assertion";
inline constexpr std::string_view kProtocol = "urn:oasis:names:tc:SAML:2.0:protocol";
inline constexpr std::string_view kSignature = "http://www.w3.org/2000/09/xmldsig#";

// An element of a document that must outlive it.
class Element {
 public:
  explicit Element(_xmlNode* node) : node_(node) {}
  bool is(std::string_view space, std::string_view name) const;
  // An attribute without a namespace; nullopt when absent.
  std::optional<std::string> attribute(const char* name) const;
  std::string text() const;  // of it and all below, trimmed
  std::vector<Element> children() const;
  std::vector<Element> children(std::string_view space, std::string_view name) const;
  // The only child of that name; nullopt when there is none or more than one.
  std::optional<Element> child(std::string_view space, std::string_view name) const;
  _xmlNode* node() const { return node_; }

 private:
  _xmlNode* node_;
};

class Document {
 public:
  // Throws sso.untrusted for what is not well-formed UTF-8 without a document type, comments and
  // processing instructions. At most 256 KiB, and 100 attributes of an element.
  explicit Document(std::string_view text);
  Element root() const;
  // All elements of that name, wherever they stand.
  std::vector<Element> all(std::string_view space, std::string_view name) const;
  // XML takes the place of an element, as if it had stood there: one element, under the same rules
  // as all of the document.
  void replace(const Element& old, std::string_view text);
  _xmlDoc* get() const { return document_.get(); }

 private:
  struct Free {
    void operator()(_xmlDoc* document) const;
  };
  std::unique_ptr<_xmlDoc, Free> document_;
};

// The very bytes of the document's assertion that one of the certificates (PEM) signed. The
// document may hold no other assertion, nor two elements with the same ID. Throws sso.untrusted.
std::string signed_assertion(Document& document, const std::vector<std::string>& certificates);

// Puts the assertion in the place of an encrypted one. Throws sso.untrusted for what our key (PEM)
// does not open, or what is encrypted in a way that is not allowed.
bool has_encrypted_assertion(const Document& document);
void decrypt_assertion(Document& document, const std::string& key_pem);

// What assertions can be encrypted for.
struct KeyPair {
  std::string key_pem, certificate;  // the latter's DER in base64, as metadata has it
};
KeyPair make_key_pair();

// PEM of what people copy out of metadata or files; throws ob::Error 400 request.invalid for what
// is no certificate, or one of a weak key.
std::string checked_certificate(const std::string& text);

}  // namespace ob::sso::xml
