#pragma once
// Accounts of programs: they sign in with a client secret (OAuth2 client credentials, RFC 6749
// section 4.4), hold grants, are in groups and own objects as users do, and have no password.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "identity/grant_error.h"
#include "identity/identity.h"

namespace ob::identity {

struct ServiceAccount {
  std::string id;  // also its client id
  std::string name;
  Micros created_at = 0;
  bool disabled = false;
};

struct ClientSecret {
  std::string id, prefix;
  Micros created_at = 0;
  std::optional<Micros> expires_at, last_used_at;
};

struct ServiceAccountChange {
  std::optional<std::string> name;
  std::optional<bool> disabled;
};

// All methods block and are thread-safe. All but token() are for administrators. What disables or
// deletes one, or a secret of its, stops the tokens in question as in identity.h.
class ServiceAccounts {
 public:
  virtual ~ServiceAccounts() = default;
  virtual std::vector<ServiceAccount> list(const Caller&) = 0;
  virtual ServiceAccount get(const Caller&, const std::string& id) = 0;
  // A name holds no '@', and is that of no other account or group: 409 identity.nameTaken.
  virtual ServiceAccount create(const Caller&, const std::string& name) = 0;
  virtual ServiceAccount change(const Caller&, const std::string& id,
                                const ServiceAccountChange&) = 0;
  virtual void remove(const Caller&, const std::string& id) = 0;

  virtual std::vector<ClientSecret> secrets(const Caller&, const std::string& id) = 0;
  // With the secret itself, which is not stored.
  virtual std::pair<ClientSecret, std::string> create_secret(const Caller&, const std::string& id,
                                                             std::optional<Micros> expires_at) = 0;
  virtual void delete_secret(const Caller&, const std::string& id, const std::string& secret) = 0;

  // An access token, for 15 minutes and without a refresh token. `scope`: words; empty: no limit.
  // Throws GrantError.
  virtual Tokens token(const std::string& client_id, const std::string& client_secret,
                       const std::string& scope, const Origin&) = 0;
};

// `identity` is one that identity::open made.
std::unique_ptr<ServiceAccounts> open_service_accounts(Identity& identity);

}  // namespace ob::identity
