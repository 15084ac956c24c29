#pragma once
#include <memory>
#include <string>

#include "db/db.h"

namespace ob::db {

// Opens (and creates, mode 0600) the file in WAL mode. Every commit is synced to the disk, or, when
// `relaxed`, all of a second together.
std::unique_ptr<Database> open_sqlite(const std::string& path, bool relaxed = false);

}  // namespace ob::db
