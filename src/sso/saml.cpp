#include "sso/saml.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/ids.h"
#include "base/text.h"
#include "sso/errors.h"
#include "sso/remote.h"
#include "sso/saml_xml.h"

namespace ob::sso::saml {
namespace {

using xml::Element;
using xml::kAssertion;
using xml::kProtocol;

constexpr Micros kSecond = 1'000'000, kSkew = 60 * kSecond;
constexpr Micros kLongest = 24 * 3600 * kSecond;  // that an assertion may hold
constexpr std::size_t kMaxResponse = 350 * 1024, kMaxSubject = 255, kMaxValues = 1000;
constexpr std::string_view kSuccess = "urn:oasis:names:tc:SAML:2.0:status:Success";
constexpr std::string_view kBearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
constexpr std::string_view kEmailFormat = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
constexpr std::string_view kTransient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
// What providers call these unless told otherwise.
constexpr std::array<std::string_view, 3> kEmails{
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "urn:oid:0.9.2342.19200300.100.1.3", "mail"};
constexpr std::array<std::string_view, 4> kNames{
    "displayName", "urn:oid:2.16.840.1.113730.3.1.241",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"};

Micros instant(const Element& element, const char* name, Micros fallback) {
  const auto text = element.attribute(name);
  if (!text) return fallback;
  const auto parsed = parse_instant(*text);
  if (!parsed) throw untrusted(std::string(name) + " is not a time");
  return *parsed;
}

void check_status(const Element& response, const Ourselves& us) {
  if (!response.is(kProtocol, "Response") || response.attribute("Version") != "2.0") {
    throw untrusted("it is not a response of SAML 2.0");
  }
  if (const auto destination = response.attribute("Destination");
      destination && *destination != us.consumer) {
    throw untrusted("the response is for another address");
  }
  const auto status = response.child(kProtocol, "Status");
  const auto code = status ? status->child(kProtocol, "StatusCode") : std::nullopt;
  if (!code) throw untrusted("the response has no status");
  if (code->attribute("Value") != std::string(kSuccess)) {
    Error error = refused_there();
    throw Error(error.status(), error.id(), error.what(),
                "status " + code->attribute("Value").value_or("").substr(0, 200));
  }
}

void check_conditions(const Element& assertion, const Ourselves& us, Micros now) {
  const auto conditions = assertion.child(kAssertion, "Conditions");
  if (!conditions) throw untrusted("the assertion has no conditions");
  if (now + kSkew < instant(*conditions, "NotBefore", now)) {
    throw untrusted("the assertion does not hold yet");
  }
  if (now - kSkew >= instant(*conditions, "NotOnOrAfter", now + kSecond)) {
    throw untrusted("the assertion has expired");
  }
  bool for_us = false;
  for (const auto& one : conditions->children()) {
    if (one.is(kAssertion, "OneTimeUse") || one.is(kAssertion, "ProxyRestriction")) continue;
    if (!one.is(kAssertion, "AudienceRestriction")) {
      throw untrusted("the assertion has a condition that is not known");
    }
    const auto audiences = one.children(kAssertion, "Audience");
    for_us = std::ranges::any_of(
        audiences, [&](const Element& audience) { return audience.text() == us.entity_id; });
    if (!for_us) throw untrusted("the assertion is for another audience");
  }
  if (!for_us) throw untrusted("the assertion names no audience");
}

void check_statement(const Element& assertion, Micros now) {
  const auto statements = assertion.children(kAssertion, "AuthnStatement");
  if (statements.empty()) throw untrusted("the assertion is not about a sign-in");
  for (const auto& one : statements) {
    if (now - kSkew >= instant(one, "SessionNotOnOrAfter", now + kSecond)) {
      throw untrusted("the sign-in at the provider has ended");
    }
  }
}

// The first confirmation that holds; what it says goes into `out`.
void check_subject(const Element& subject, const Ourselves& us, Micros now, Assertion& out) {
  std::string why = "the subject is not confirmed";
  for (const auto& one : subject.children(kAssertion, "SubjectConfirmation")) {
    const auto data = one.child(kAssertion, "SubjectConfirmationData");
    if (one.attribute("Method") != std::string(kBearer) || !data) continue;
    const Micros until = instant(*data, "NotOnOrAfter", 0);
    if (data->attribute("Recipient") != us.consumer) {
      why = "the assertion is for another recipient";
    } else if (until == 0 || now - kSkew >= until || until > now + kLongest) {
      why = "the confirmation of the subject has expired, or holds too long";
    } else if (now + kSkew < instant(*data, "NotBefore", now)) {
      why = "the confirmation of the subject does not hold yet";
    } else {
      out.in_response_to = data->attribute("InResponseTo").value_or("");
      out.until = until + kSkew;
      return;
    }
  }
  throw untrusted(why);
}

std::vector<std::string> values(const Element& assertion, std::string_view name) {
  std::vector<std::string> out;
  if (name.empty()) return out;
  for (const auto& statement : assertion.children(kAssertion, "AttributeStatement")) {
    for (const auto& one : statement.children(kAssertion, "Attribute")) {
      if (one.attribute("Name") != std::string(name) &&
          one.attribute("FriendlyName") != std::string(name)) {
        continue;
      }
      for (const auto& value : one.children(kAssertion, "AttributeValue")) {
        if (out.size() < kMaxValues) out.push_back(value.text());
      }
    }
  }
  return out;
}

template <std::size_t N>
std::string first_of(const Element& assertion, const std::string& configured,
                     const std::array<std::string_view, N>& usual) {
  if (const auto found = values(assertion, configured); !found.empty()) return found.front();
  for (const auto name : usual) {
    if (const auto found = values(assertion, name); !found.empty()) return found.front();
  }
  return {};
}

Proof proof_of(const Provider& provider, const Element& assertion, const Element& subject) {
  const Settings& settings = provider.settings;
  const auto name_id = subject.child(kAssertion, "NameID");
  if (!name_id) throw untrusted("the assertion has no NameID");
  const std::string format = name_id->attribute("Format").value_or("");
  Proof proof{.subject = name_id->text(),
              .email = first_of(assertion, settings.email_field, kEmails),
              .name = first_of(assertion, settings.name_field, kNames),
              .groups = values(assertion, settings.groups_claim)};
  if (format == kTransient) {
    throw broken("the NameID is a transient one: set the provider to send a persistent one");
  }
  if (proof.subject.empty() || proof.subject.size() > kMaxSubject) {
    throw untrusted("the NameID is empty or too long");
  }
  if (proof.email.empty() && format == kEmailFormat) proof.email = proof.subject;
  return proof;
}

std::string deflated(const std::string& text) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::bad_alloc();
  }
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) throw internal("deflate failed");
  return out;
}

}  // namespace

std::string metadata(const Ourselves& us) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"" +
         escape_markup(us.entity_id) +
         "\">\n"
         "  <md:SPSSODescriptor AuthnRequestsSigned=\"false\" WantAssertionsSigned=\"true\" "
         "protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\n"
         "    <md:KeyDescriptor use=\"encryption\">\n"
         "      <ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data>"
         "<ds:X509Certificate>" +
         us.certificate() +
         "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\n"
         "      <md:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#aes256-gcm\"/>\n"
         "      <md:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#aes128-gcm\"/>\n"
         "      <md:EncryptionMethod "
         "Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p\"/>\n"
         "    </md:KeyDescriptor>\n"
         "    <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
         "</md:NameIDFormat>\n"
         "    <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
         "</md:NameIDFormat>\n"
         "    <md:AssertionConsumerService index=\"0\" isDefault=\"true\" "
         "Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"" +
         escape_markup(us.consumer) +
         "\"/>\n"
         "  </md:SPSSODescriptor>\n"
         "</md:EntityDescriptor>\n";
}

std::string request_id(const std::string& state) {
  return "_" + state;  // an XML name does not begin with a digit
}

std::string authorize(const Provider& provider, const Ourselves& us, const Flow& flow) {
  const std::string now = format_instant(now_micros());
  const std::string request =
      "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" "
      "xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" Version=\"2.0\" ID=\"" +
      request_id(flow.state) + "\" IssueInstant=\"" + now.substr(0, 19) + "Z\" Destination=\"" +
      escape_markup(provider.settings.sign_on_url) +
      "\" ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" "
      "AssertionConsumerServiceURL=\"" +
      escape_markup(us.consumer) + "\"><saml:Issuer>" + escape_markup(us.entity_id) +
      "</saml:Issuer></samlp:AuthnRequest>";
  return with_query(
      provider.settings.sign_on_url,
      {{"SAMLRequest", base64_encode(deflated(request))}, {"RelayState", flow.state}});
}

Assertion read(const Provider& provider, const Ourselves& us, const std::string& response,
               Micros now) {
  std::string bare = response, text;
  std::erase_if(bare, [](char c) { return c == '\r' || c == '\n' || c == ' '; });
  if (bare.size() > kMaxResponse || !base64_decode(bare, text)) {
    throw untrusted("the response is not base64, or too large");
  }
  xml::Document document(text);
  check_status(document.root(), us);
  if (xml::has_encrypted_assertion(document)) xml::decrypt_assertion(document, us.key());
  // From here on nothing but the bytes that were signed is looked at.
  const xml::Document verified(xml::signed_assertion(document, provider.settings.certificates));
  const Element assertion = verified.root();
  if (!assertion.is(kAssertion, "Assertion") || assertion.attribute("Version") != "2.0") {
    throw untrusted("what was signed is not an assertion");
  }
  const auto issuer = assertion.child(kAssertion, "Issuer");
  if (!issuer || issuer->text() != provider.settings.entity_id) {
    throw untrusted("the assertion is of another issuer");
  }
  const auto subject = assertion.child(kAssertion, "Subject");
  if (!subject) throw untrusted("the assertion has no subject");
  Assertion out{.id = assertion.attribute("ID").value_or("")};
  check_subject(*subject, us, now, out);
  check_conditions(assertion, us, now);
  check_statement(assertion, now);
  out.proof = proof_of(provider, assertion, *subject);
  return out;
}

}  // namespace ob::sso::saml
