#pragma once
// The composition root: builds every part by constructor, lowest layer first, and runs it until a
// signal.
#include "base/config.h"

namespace ob::app {

// Blocks until SIGINT or SIGTERM. Returns the exit status. Throws ob::Error when something cannot
// start.
int run_server(const Config& config);

}  // namespace ob::app
