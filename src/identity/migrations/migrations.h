#pragma once
#include <span>

#include "db/db.h"

namespace ob::identity {

std::span<const db::Migration> migrations();
std::span<const db::Migration> account_migrations();   // after those
std::span<const db::Migration> external_migrations();  // after those
std::span<const db::Migration> passkey_migrations();   // after those

}  // namespace ob::identity
