#pragma once
#include <span>

#include "db/db.h"

namespace ob::storage {

std::span<const db::Migration> migrations();

}  // namespace ob::storage
