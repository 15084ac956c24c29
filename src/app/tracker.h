#pragma once
// The error tracker, as the configuration says, and its numbers.
#include <memory>

#include "base/config.h"
#include "gateway/gateway.h"
#include "tracking/tracking.h"

namespace ob::app {

std::unique_ptr<tracking::Tracker> open_tracker(const Config& config);
void add_tracking_metrics(gateway::Gateway& gateway, tracking::Tracker& tracker);

}  // namespace ob::app
