#pragma once
#include "catalog/api.h"

namespace ob::catalog {

void register_credentials(api::Registry& registry, Service& service);

}  // namespace ob::catalog
