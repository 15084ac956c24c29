#pragma once
#include "api/api.h"
#include "identity/service_accounts.h"

namespace ob::identity {

// /api/v1/service-accounts; their tokens are the token endpoint's business (oauth).
void register_service_account_api(api::Registry& registry, ServiceAccounts& accounts);

}  // namespace ob::identity
