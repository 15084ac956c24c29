#pragma once
// The roles that are always there.
#include <optional>
#include <span>

#include "db/db.h"
#include "identity/permissions.h"

namespace ob::identity {

std::span<const Role> built_in_roles();
// Built in, or made by an administrator.
std::optional<Role> find_role(db::Tx&, const std::string& id);

}  // namespace ob::identity
