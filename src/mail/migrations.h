#pragma once
#include <span>

#include "db/db.h"

namespace ob::mail {

std::span<const db::Migration> migrations();

}  // namespace ob::mail
