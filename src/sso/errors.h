#pragma once
// Why a sign-in was refused. The ids are what the sign-in page has texts for.
#include <string>

#include "base/error.h"

namespace ob::sso {

inline Error no_such_provider() {
  return not_found("sso.noSuchProvider", "There is no such way to sign in here.");
}
// What the provider sent cannot be believed; `why` goes to the log.
inline Error untrusted(std::string why) {
  return {403, "sso.untrusted",
          "The provider's answer could not be verified. Try again; if it stays so, tell an "
          "administrator.",
          std::move(why)};
}
// The provider does not work as it is set up.
inline Error broken(std::string why) {
  return {502, "sso.providerFailed",
          "The provider did not complete the sign-in. Try again later, or tell an administrator.",
          std::move(why)};
}
inline Error bad_flow() {
  return bad_request("sso.badFlow",
                     "This sign-in was completed already, took too long or was begun in another "
                     "browser. Start again.");
}
inline Error refused_there() {
  return forbidden("sso.refused", "The provider did not sign you in.");
}

}  // namespace ob::sso
