#pragma once
// SAML 2.0, the browser's way: requests by HTTP-Redirect, signed assertions by HTTP-POST.
#include <functional>
#include <string>

#include "base/time.h"
#include "sso/provider.h"

namespace ob::sso::saml {

// What we are called at the provider.
struct Ourselves {
  std::string entity_id;  // the address of our metadata
  std::string consumer;   // the address that assertions are posted to
  // What assertions are encrypted for (xml::KeyPair); asked for where it is needed only.
  std::function<std::string()> certificate, key;
};

std::string metadata(const Ourselves&);

std::string request_id(const std::string& state);
// The address at the provider that begins a sign-in.
std::string authorize(const Provider&, const Ourselves&, const Flow&);

struct Assertion {
  std::string id, in_response_to;  // the latter empty when the provider began
  Micros until = 0;                // when it must be forgotten at the earliest
  Proof proof;
};
// Of the form's SAMLResponse (base64). Throws sso.untrusted, sso.refused, sso.providerFailed.
Assertion read(const Provider&, const Ourselves&, const std::string& response, Micros now);

}  // namespace ob::sso::saml
