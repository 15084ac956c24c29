#pragma once
// Providers of plain OAuth 2 (RFC 6749), such as GitHub: who signed in is asked of their API.
#include "fetch/fetch.h"
#include "sso/oidc.h"

namespace ob::sso::oauth2 {

std::string authorize(const Provider&, const Flow&, const std::string& redirect_uri);
// Throws as Oidc::redeem.
Proof redeem(const fetch::Client&, const Provider&, const std::string& secret, const Flow&,
             const Answer&);

}  // namespace ob::sso::oauth2
