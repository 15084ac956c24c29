#pragma once
// What people do with their accounts beyond signing in: registration, invitations, passwords that
// were forgotten, email addresses, sessions, the second factor; and what administrators do with
// the accounts of others.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "identity/identity.h"
#include "mail/mail.h"

namespace ob::identity {

struct SignedIn {
  Tokens tokens;
  std::string device;   // to be sent again by this device: strangers cannot lock it out
  std::string session;  // id
};

struct Session {
  std::string id, address, user_agent;
  Micros created_at = 0, last_used_at = 0;
  bool current = false;
  std::string via;  // the provider of single sign-on, or a passkey; empty: a password
};

enum class Registration { open, invitation, off };

struct Invitation {
  std::string id, email;
  bool admin = false;
  std::string invited_by;  // email
  Micros created_at = 0, expires_at = 0;
  std::string link;  // to hand over, only just after it was made and where no mail server is set
};

struct SecondFactor {
  bool enabled = false;
  std::int64_t recovery_codes = 0;  // that are left
};
struct Enrolment {
  std::string secret;  // base32, to be typed
  std::string url;     // otpauth://, to be scanned
};

// The public half of a key that signs access tokens, as RFC 7517 names its parts.
struct PublicKey {
  std::string kty, crv, x, y, kid, use, alg;
};

struct UserChange {
  std::optional<std::string> name;
  std::optional<bool> admin, disabled;
};

struct AccountOptions {
  Registration registration = Registration::invitation;
  std::function<std::string()> public_url;  // "https://bricks.example.org", for links
};

// All methods block and are thread-safe. What needs no caller never tells whether there is an
// account, not by its answer and not by its time: letters do. Tokens in links work once, are stored
// as hashes, and expire: 24 h to confirm an email, 1 h to set a password, 7 days to accept an
// invitation; a wrong one is 400 identity.badLink.
class Accounts {
 public:
  virtual ~Accounts() = default;

  // The page's sign-in: throws 401 identity.badCredentials, 401 identity.secondFactorNeeded and
  // 403 identity.passwordChangeNeeded (both with a member "challenge", good for 5 minutes), 403
  // identity.unverified, identity.disabled, 429 Throttled.
  virtual SignedIn sign_in(const std::string& email, const std::string& password,
                           const Origin&) = 0;
  virtual SignedIn refresh(const std::string& refresh_token, const Origin&) = 0;
  // Completes a sign-in with a code of the app or a recovery code.
  virtual SignedIn second_factor(const std::string& challenge, const std::string& code,
                                 const Origin&) = 0;
  // Completes a sign-in with a temporary password.
  virtual SignedIn replace_password(const std::string& challenge, const std::string& password,
                                    const Origin&) = 0;

  // With which anybody can verify access tokens (iss "openbricks", aud "openbricks-api").
  virtual std::vector<PublicKey> public_keys() = 0;

  virtual Registration registration() const = 0;
  virtual bool has_mail() const = 0;
  // The origin of the page where passkeys work ("https://bricks.example.org"); empty: nowhere.
  virtual std::string passkey_origin() const = 0;
  virtual void register_account(const std::string& email, const std::string& name,
                                const std::string& password, const Origin&) = 0;
  virtual void resend(const std::string& email, const Origin&) = 0;
  virtual void verify(const std::string& token, const Origin& = {}) = 0;

  virtual Invitation invite(const Caller&, const std::string& email, bool admin) = 0;
  virtual std::vector<Invitation> invitations(const Caller&) = 0;
  virtual void revoke_invitation(const Caller&, const std::string& id) = 0;
  virtual Invitation invitation(const std::string& token) = 0;
  virtual SignedIn accept(const std::string& token, const std::string& name,
                          const std::string& password, const Origin&) = 0;

  virtual void forgot_password(const std::string& email, const Origin&) = 0;
  virtual void reset_password(const std::string& token, const std::string& password,
                              const Origin&) = 0;  // ends all sessions
  virtual void change_email(const Caller&, const std::string& password,
                            const std::string& email) = 0;
  virtual void confirm_email(const std::string& token, const Origin& = {}) = 0;
  virtual User rename(const Caller&, const std::string& name) = 0;
  virtual void delete_own_account(const Caller&, const std::string& password,
                                  const std::string& code) = 0;

  virtual std::vector<Session> sessions(const Caller&) = 0;
  virtual void end_session(const Caller&, const std::string& id) = 0;
  virtual void end_other_sessions(const Caller&) = 0;

  virtual SecondFactor second_factor_state(const Caller&) = 0;
  virtual Enrolment enrol(const Caller&, const std::string& password) = 0;
  virtual std::vector<std::string> confirm_enrolment(const Caller&, const std::string& code) = 0;
  virtual void disable_second_factor(const Caller&, const std::string& password,
                                     const std::string& code) = 0;

  // Administrators. Never the last one: 409 identity.lastAdministrator.
  virtual User change_user(const Caller&, const std::string& id, const UserChange&) = 0;
  virtual void set_temporary_password(const Caller&, const std::string& id,
                                      const std::string& password) = 0;
  virtual void send_reset(const Caller&, const std::string& id) = 0;
  virtual void reset_second_factor(const Caller&, const std::string& id) = 0;
};

// `identity` is one that identity::open made; it and `mail`, which is not started yet, outlive the
// result.
std::unique_ptr<Accounts> open_accounts(Identity& identity, mail::Mail& mail,
                                        AccountOptions options);

}  // namespace ob::identity
