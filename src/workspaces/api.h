#pragma once
#include "api/api.h"
#include "workspaces/workspaces.h"

namespace ob::workspaces {

// `service` outlives the registry.
void register_api(api::Registry& registry, Service& service);

}  // namespace ob::workspaces
