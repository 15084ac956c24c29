#pragma once
#include "api/api.h"
#include "audit/audit.h"

namespace ob::audit {

// GET /api/v1/audit. `blocking` reads the entries of exports. Both must outlive the registry.
void register_api(api::Registry& registry, Audit& audit, Pool& blocking);

}  // namespace ob::audit
