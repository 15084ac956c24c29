#pragma once
#include "api/api.h"
#include "identity/accounts.h"
#include "identity/device_flow.h"
#include "identity/identity.h"
#include "identity/passkeys.h"

namespace ob::identity {

// API keys and users. `identity` outlives the registry. The gateway fills
// Context::caller.address also for anonymous endpoints: wrong passwords are counted by it.
void register_api(api::Registry& registry, Identity& identity);

// Sign-in, sessions, registration and all that accounts can do. What hashes passwords runs on
// `slow`, so that it never keeps other requests waiting.
void register_account_api(api::Registry& registry, Identity& identity, Accounts& accounts,
                          Pool& slow);

void register_device_api(api::Registry& registry, DeviceFlow& devices);
void register_passkey_api(api::Registry& registry, Passkeys& passkeys, Pool& slow);

// Parts of register_account_api.
void register_session_api(api::Registry& registry, Accounts& accounts, Pool& slow);
void register_admin_api(api::Registry& registry, Accounts& accounts, Pool& slow);

}  // namespace ob::identity
