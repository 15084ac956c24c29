#pragma once
#include "api/api.h"
#include "identity/permissions.h"

namespace ob::identity {

// Grants on objects, and why somebody may do something.
void register_permissions(api::Registry&, Permissions&);
// Groups, roles, and the search of principals.
void register_groups(api::Registry&, Permissions&);

}  // namespace ob::identity
