#pragma once
// Single sign-on: providers that vouch for people (OpenID Connect, OAuth 2, SAML), whom they let
// in, and how they keep accounts up to date (SCIM).
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "db/db.h"
#include "identity/accounts.h"
#include "identity/external.h"
#include "identity/identity.h"

namespace ob::sso {

struct Options {
  std::function<std::string()> public_url;  // "https://bricks.example.org"
  // Of providers inside the own network (fetch/fetch.h).
  std::vector<std::string> private_hosts;
  bool enforce = true;            // false: passwords work whatever the providers' settings say
  audit::Audit* audit = nullptr;  // outlives the service; null: nothing is recorded
};

// What the endpoints serve (sso/api.h).
class Service {
 public:
  virtual ~Service() = default;
};

// The parts outlive the result.
std::unique_ptr<Service> open(db::Database& database, identity::Identity& identity,
                              identity::Accounts& accounts, identity::External& external,
                              Options options);

}  // namespace ob::sso
