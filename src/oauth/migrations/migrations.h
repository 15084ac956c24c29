#pragma once
#include <span>

#include "db/db.h"

namespace ob::oauth {

std::span<const db::Migration> migrations();

}  // namespace ob::oauth
