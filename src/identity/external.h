#pragma once
// For single sign-on: accounts whose owners prove elsewhere who they are.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/api.h"
#include "db/db.h"
#include "identity/accounts.h"
#include "identity/identity.h"

namespace ob::identity {

struct ExternalAccount {
  User user;
  bool has_password = false;
};

// Of people only: service accounts are not there. All methods but the last two belong into a
// transaction of the caller's. Thread-safe.
class External {
 public:
  virtual ~External() = default;
  virtual std::optional<ExternalAccount> by_id(db::Tx&, const std::string& user_id) = 0;
  virtual std::optional<ExternalAccount> by_email(db::Tx&, const std::string& email) = 0;
  // An account without a password, its email confirmed. Throws 400 identity.badEmail and
  // identity.badName, 409 identity.emailTaken.
  virtual User create(db::Tx&, const std::string& email, const std::string& name) = 0;
  // What somebody else keeps of the account (SCIM). Throws as create; 404 when it is gone.
  virtual void change(db::Tx&, const std::string& user_id, const std::string& email,
                      const std::string& name) = 0;
  // A session as after a password, but without asking for a second factor; `via` says in the list
  // of sessions how they signed in. Throws 403 identity.disabled and identity.unverified.
  virtual SignedIn sign_in(db::Tx&, const std::string& user_id, const Origin&,
                           const std::string& via) = 0;

  // Whether a sign-in still holds, so that what it began may be completed.
  virtual bool is_session(db::Tx&, const std::string& session) = 0;

  // Called with the email before a password is looked at, and throws to refuse it. Before the first
  // request.
  virtual void set_password_gate(std::function<void(const std::string& email)> gate) = 0;
  // A JSON Web Token with the payload (JSON), signed as access tokens are (ES256).
  virtual std::string sign(const std::string& payload) = 0;
};

// `identity` is one that identity::open made; it outlives the result.
std::unique_ptr<External> open_external(Identity& identity);

// Where a request comes from.
Origin origin_of(const api::Context& context);
// Signs a browser in: the cookies that the page's own sign-in sets.
void set_session_cookies(api::Context& context, const SignedIn& signed_in);
// Whether the browser speaks TLS to us, so that cookies may say Secure.
bool is_secure(const api::Context& context);
// The value of a cookie; empty when absent.
std::string cookie_of(const api::Context& context, std::string_view name);

}  // namespace ob::identity
