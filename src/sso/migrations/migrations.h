#pragma once
#include <span>

#include "db/db.h"

namespace ob::sso {

std::span<const db::Migration> migrations();

}  // namespace ob::sso
