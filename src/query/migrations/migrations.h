#pragma once
#include <span>

#include "db/db.h"

namespace ob::query {

std::span<const db::Migration> migrations();

}  // namespace ob::query
