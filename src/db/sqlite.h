#pragma once
#include <memory>
#include <string>

#include "db/db.h"

namespace ob::db {

// Opens (and creates, mode 0600) the file in WAL mode. Every commit is synced to the disk.
std::unique_ptr<Database> open_sqlite(const std::string& path);

}  // namespace ob::db
