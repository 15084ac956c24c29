#pragma once
#include <span>

#include "db/db.h"

namespace ob::identity {

std::span<const db::Migration> migrations();

}  // namespace ob::identity
