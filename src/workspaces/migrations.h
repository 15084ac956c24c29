#pragma once
#include <span>

#include "db/db.h"

namespace ob::workspaces {

std::span<const db::Migration> migrations();

}  // namespace ob::workspaces
