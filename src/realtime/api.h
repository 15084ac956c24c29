#pragma once
#include "api/api.h"
#include "realtime/realtime.h"

namespace ob::realtime {

// GET /ws/events and GET /api/v1/events. `hub` is one that open() made.
void register_api(api::Registry& registry, Hub& hub, Pool& blocking);

}  // namespace ob::realtime
