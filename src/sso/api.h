#pragma once
#include "api/api.h"
#include "sso/sso.h"

namespace ob::sso {

// What calls providers runs on `slow`, so that a provider that hangs keeps nothing else waiting;
// other streams work on `blocking`. The parts outlive the registry.
void register_api(api::Registry& registry, Service& service, Pool& blocking, Pool& slow);

}  // namespace ob::sso
