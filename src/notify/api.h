#pragma once
#include "api/api.h"
#include "notify/notify.h"

namespace ob::notify {

// `inbox` outlives the registry.
void register_api(api::Registry& registry, Inbox& inbox);

}  // namespace ob::notify
