#pragma once
// Change of the master key: what is sealed under an older key is sealed anew under the newest.
#include "base/config.h"

namespace ob::app {

// With `new_key`, first puts a new key into the master key file; no server may run then. Without,
// servers that know all the keys may run. Prints what it did; returns the exit status. Throws
// ob::Error when a secret is under none of the keys, and has changed nothing then.
int run_reseal(const Config& config, bool new_key);

}  // namespace ob::app
