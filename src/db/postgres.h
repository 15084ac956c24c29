#pragma once
#include <memory>
#include <string>

#include "db/db.h"

namespace ob::db {

// Connects once, so that a wrong URL ends the start. Errors never show the URL, which holds a
// password.
std::unique_ptr<Database> open_postgres(const std::string& url, const Options& options);

}  // namespace ob::db
