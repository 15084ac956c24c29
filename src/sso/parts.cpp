#include "sso/parts.h"

#include "sso/api_parts.h"
#include "sso/migrations/migrations.h"

namespace ob::sso {

std::unique_ptr<Service> open(db::Database& database, identity::Identity& identity,
                              identity::Accounts& accounts, identity::External& external,
                              Options options) {
  database.migrate("sso", migrations());
  return std::make_unique<Parts>(database, identity, accounts, external, options);
}

void register_api(api::Registry& registry, Service& service, Pool& blocking, Pool& slow) {
  auto& parts = dynamic_cast<Parts&>(service);
  register_sign_in_api(registry, parts.sign_on, blocking, slow);
  register_admin_api(registry, parts.sign_on, parts.scim, slow);
  register_scim_api(registry, parts.scim, blocking);
}

}  // namespace ob::sso
