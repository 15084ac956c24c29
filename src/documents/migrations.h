#pragma once
#include <span>

#include "db/db.h"

namespace ob::documents {

std::span<const db::Migration> migrations();  // of the module "documents"

}  // namespace ob::documents
