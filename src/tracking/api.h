#pragma once
#include "api/api.h"
#include "tracking/tracking.h"

namespace ob::tracking {

// `tracker`: null where errors are told to nobody; what pages tell is logged all the same.
void register_api(api::Registry& registry, Tracker* tracker);

}  // namespace ob::tracking
