#pragma once
#include "sso/scim.h"
#include "sso/service.h"

namespace ob::sso {

// All that the endpoints serve.
struct Parts final : Service {
  Parts(db::Database& database, identity::Identity& identity, identity::Accounts& accounts,
        identity::External& external, const Options& options)
      : sign_on(database, identity, external, options),
        scim(database, identity, accounts, external, options.public_url, options.audit) {}
  SignOn sign_on;
  scim::Scim scim;
};

}  // namespace ob::sso
