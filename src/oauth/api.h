#pragma once
#include "api/api.h"
#include "identity/device_flow.h"
#include "identity/service_accounts.h"
#include "oauth/oauth.h"

namespace ob::oauth {

// Who else gets tokens at the token endpoint: service accounts, and people's own programs.
struct Grants {
  identity::Identity& identity;
  identity::Accounts& accounts;
  identity::ServiceAccounts& service_accounts;
  identity::DeviceFlow& devices;
};

// The parts outlive the registry; `blocking` reads what applications send.
void register_api(api::Registry& registry, Service& service, const Grants& grants, Pool& blocking);

}  // namespace ob::oauth
