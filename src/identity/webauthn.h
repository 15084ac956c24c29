#pragma once
// What passkeys prove (W3C Web Authentication, level 3): the parts of it that need no database.
// Bytes are bytes here, not base64url.
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ob::identity::webauthn {

// For whom passkeys are made, and the only page that may use them.
struct RelyingParty {
  std::string id;      // "bricks.example.org"
  std::string origin;  // "https://bricks.example.org:8443"
};
// Of the address at which people reach the server. Browsers want a name, and TLS unless it is
// "localhost", which stands for the addresses of the own machine too; nullopt for others.
std::optional<RelyingParty> relying_party(const std::string& public_url);

// Why a proof is none; for the log and the audit log, not for whoever sent it.
class Refused : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Registered {
  std::string credential_id, public_key;  // the key as a COSE_Key (RFC 9052)
  std::uint32_t counter = 0;
  bool backed_up = false;
};
// A new credential, whose user was verified. Attestation statements are not looked at. Throws
// Refused.
Registered verify_registration(const RelyingParty& party, std::string_view challenge,
                               std::string_view client_data, std::string_view attestation_object);

struct Assertion {
  std::string_view client_data, authenticator_data, signature;
};
struct Asserted {
  std::uint32_t counter = 0;
  bool backed_up = false;
};
// `verified`: the authenticator must have verified its user. Throws Refused.
Asserted verify_assertion(const RelyingParty& party, std::string_view challenge,
                          const Assertion& assertion, std::string_view public_key, bool verified);

// A key that nobody has the other half of: for credentials that are unknown, so that a refusal
// takes as long.
const std::string& nobodys_key();

}  // namespace ob::identity::webauthn
