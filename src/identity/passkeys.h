#pragma once
// Passkeys (W3C Web Authentication): keys of people's devices that sign in without a password, or
// after one in place of a code. What the browser makes is base64url here, as it is sent.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "identity/accounts.h"

namespace ob::identity {

struct Passkey {
  std::string id, name;
  Micros created_at = 0;
  std::optional<Micros> last_used_at;
  bool backed_up = false;  // synced by its maker: it outlives the device
};
struct PasskeyReference {
  std::string credential_id;
  std::vector<std::string> transports;
};
// With which a browser makes a passkey. Challenges are good for five minutes, and once.
struct PasskeyCreation {
  std::string ticket;  // comes back with what the browser made
  std::string challenge, rp_id, rp_name, user_handle, user_name, display_name;
  std::vector<PasskeyReference> exclude;  // those that the account has
};
struct NewPasskey {
  std::string ticket, name, client_data, attestation;
  std::vector<std::string> transports;
};
// With which a browser uses one.
struct PasskeyRequest {
  std::string ticket, challenge, rp_id;
  std::vector<PasskeyReference> allow;  // empty: any that the device has for us
};
struct PasskeyProof {
  std::string ticket, credential_id, client_data, authenticator_data, signature, user_handle;
};

// All methods block and are thread-safe. 409 identity.noPasskeysHere where the address of the
// server is none that browsers allow them for. The caller's own need a session: 403
// identity.needsSession. Proof of identity is the password with the code of a second factor, where
// there is one; accounts without a password must have signed in within the last ten minutes: 403
// identity.freshSignInNeeded.
class Passkeys {
 public:
  virtual ~Passkeys() = default;

  virtual std::vector<Passkey> list(const Caller&) = 0;
  virtual bool proves_by_password(const Caller&) = 0;
  virtual PasskeyCreation begin(const Caller&, const std::string& password,
                                const std::string& code) = 0;
  // 400 identity.badPasskey, 409 identity.passkeyTaken and identity.tooManyPasskeys.
  virtual Passkey add(const Caller&, const NewPasskey&) = 0;
  virtual Passkey rename(const Caller&, const std::string& id, const std::string& name) = 0;
  // 409 identity.lastWayToSignIn.
  virtual void remove(const Caller&, const std::string& id, const std::string& password,
                      const std::string& code) = 0;
  virtual void remove_all(const Caller&, const std::string& user_id) = 0;  // for administrators

  // Sign-in with any passkey of the device, which stands for both factors. Throws 401
  // identity.badPasskey, whatever is wrong; then what a right password meets too.
  virtual PasskeyRequest ask() = 0;
  virtual SignedIn sign_in(const PasskeyProof&, const Origin&) = 0;
  // In place of the code that a sign-in still lacks. 404 identity.noPasskey for accounts without.
  virtual PasskeyRequest ask_second(const std::string& challenge) = 0;
  virtual SignedIn second_factor(const std::string& challenge, const PasskeyProof&,
                                 const Origin&) = 0;
};

// `identity` is one that identity::open made, `accounts` one of open_accounts; they outlive the
// result.
std::unique_ptr<Passkeys> open_passkeys(Identity& identity, Accounts& accounts);

}  // namespace ob::identity
