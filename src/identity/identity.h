#pragma once
// Accounts, sessions and API keys; who may do what is in permissions.h.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/error.h"
#include "base/time.h"
#include "db/db.h"
#include "identity/caller.h"
#include "identity/permissions.h"

namespace ob::audit {
class Audit;
}

namespace ob::identity {

// Where a request comes from. `device` is what SignedIn::device was at an earlier sign-in there.
struct Origin {
  std::string address, user_agent, device;
  std::string request_id;
  std::string via = {};  // the provider that vouched; empty: a password
};

struct Tokens {
  std::string access_token;   // JWT, ES256, at least 15 minutes
  std::string refresh_token;  // opaque, rotates on use
  std::string token_type = "Bearer";
  std::int64_t expires_in = 0;  // seconds
};

struct User {
  std::string id, email, name;
  bool admin = false;
  Micros created_at = 0;
  bool verified = true;  // the email is theirs: a link sent there came back, or an admin made it
  bool disabled = false;
  bool service = false;  // a service account; its email is its name
};

struct ApiKey {
  std::string id, name, prefix;
  Micros created_at = 0;
  std::optional<Micros> expires_at, last_used_at;
  Scopes scopes;  // what it is limited to
};

// 429 after too many wrong passwords; the answer carries Retry-After.
class Throttled : public Error {
 public:
  explicit Throttled(std::int64_t seconds)
      : Error(429, "identity.throttled",
              "Too many sign-ins failed. Try again in " + std::to_string(seconds) + " s."),
        retry_after_s(seconds) {}
  std::int64_t retry_after_s;
};

// All methods block (authenticate only where knows_offhand says no) and are thread-safe. Emails
// compare case-insensitively. A password has at least 10 characters and at most 72 bytes (bcrypt's
// limit). What signs out, deletes or changes a password stops the tokens in question at once in
// this process, within 5 s in others that share the database.
class Identity {
 public:
  virtual ~Identity() = default;

  // First run: creates the admin. Returns the password when it was made up here, so that `serve`
  // prints it once.
  virtual std::optional<std::string> bootstrap(const std::string& admin_email,
                                               const std::string& admin_password) = 0;

  virtual Tokens sign_in(const std::string& email, const std::string& password,
                         const std::string& address) = 0;
  virtual Tokens refresh(const std::string& refresh_token, const std::string& address) = 0;
  virtual void sign_out(const std::string& refresh_token, const Origin& = {}) = 0;
  // Bearer credential (access token or API key "obk_…") to a caller; throws 401
  // identity.badToken. Cheap: no database look-up for a JWT. request_id and address are the
  // gateway's to fill.
  virtual Caller authenticate(const std::string& bearer) = 0;
  // Whether authenticate answers without the database, so that an I/O thread may ask.
  virtual bool knows_offhand(const std::string&) const { return false; }
  // Who asked earlier, as they are now: for connections that outlast a request. Throws 401
  // identity.badToken when their sign-in, key or account has ended.
  virtual Caller renewed(const Caller&) = 0;
  // Grows when credentials end, here or in another process. Asks the database, and what ended has
  // ended here then.
  virtual std::int64_t generation() = 0;
  virtual void change_password(const Caller&, const std::string& current,
                               const std::string& fresh) = 0;

  virtual User me(const Caller&) = 0;
  virtual std::vector<User> users(const Caller&) = 0;  // admin
  virtual User create_user(const Caller&, const std::string& email, const std::string& name,
                           const std::string& password) = 0;  // admin
  virtual void delete_user(const Caller&, const std::string& id) = 0;

  virtual std::vector<ApiKey> keys(const Caller&) = 0;
  // A key made with a limited credential must lie within its limits: 403 identity.keyTooWide.
  virtual std::pair<ApiKey, std::string> create_key(const Caller&, const std::string& name,
                                                    std::optional<Micros> expires_at,
                                                    const Scopes& scopes = {}) = 0;
  virtual void delete_key(const Caller&, const std::string& id) = 0;

  // A token for administrators who are signed in, with which they see what the user sees and can
  // change nothing; it lives 15 minutes, and no longer than their session.
  virtual Tokens view_as(const Caller&, const std::string& user_id) = 0;

  // Who may do what: the one evaluator, groups, roles and grants.
  virtual Permissions& permissions() = 0;

  // Encrypts a secret of another part's at rest under the master key; the context says what it is
  // of, and must be the same to open it.
  virtual std::string seal(std::string_view secret, std::string_view context) const = 0;
  virtual std::string unseal(std::string_view sealed, std::string_view context) const = 0;

  // The server acting on its own (samples, start-up).
  static Caller system();
  // Readable name of an owner for display; the id when unknown.
  virtual std::string display_name(const std::string& user_id) = 0;
};

// data_dir holds the master key file when master_key_file is empty (created with mode 0600); it
// encrypts the token signing key at rest (AES-256-GCM).
struct Options {
  std::int64_t access_lifetime_s = 3600;            // at least 900
  std::int64_t refresh_lifetime_s = 30 * 86'400;    // of a session that is not used
  std::int64_t signing_key_period_s = 30 * 86'400;  // then a new key signs access tokens
  int bcrypt_cost = 12;           // of new hashes; older ones are made anew at sign-in
  std::string master_key;         // instead of a file, as load_master_key (secrets.h) takes it
  bool demand_verified = false;   // who did not confirm the email cannot sign in
  audit::Audit* audit = nullptr;  // outlives it; null: nothing is recorded
};
std::unique_ptr<Identity> open(db::Database& database, const std::string& data_dir,
                               const std::string& master_key_file, const Options& options = {});

}  // namespace ob::identity
