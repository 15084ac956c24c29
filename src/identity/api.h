#pragma once
#include "api/api.h"
#include "identity/identity.h"

namespace ob::identity {

// Sign-in, API keys and users. `identity` outlives the registry. The gateway fills
// Context::caller.address also for anonymous endpoints: wrong passwords are counted by it.
void register_api(api::Registry& registry, Identity& identity);

}  // namespace ob::identity
