#pragma once
// OpenBricks as an OAuth 2 and OpenID Connect provider of other applications.
#include <functional>
#include <memory>
#include <string>

#include "db/db.h"
#include "identity/accounts.h"
#include "identity/external.h"
#include "identity/identity.h"

namespace ob::oauth {

struct Options {
  std::function<std::string()> public_url;  // the issuer: "https://bricks.example.org"
};

// What the endpoints serve (oauth/api.h).
class Service {
 public:
  virtual ~Service() = default;
};

// The parts outlive the result.
std::unique_ptr<Service> open(db::Database& database, identity::Identity& identity,
                              identity::Accounts& accounts, identity::External& external,
                              Options options);

}  // namespace ob::oauth
