#pragma once
#include <span>

#include "db/db.h"

namespace ob::audit {

std::span<const db::Migration> migrations();

}  // namespace ob::audit
