#pragma once
// What every dialect checks before a statement is sent.
#include <cstddef>
#include <string_view>
#include <vector>

#include "db/db.h"

namespace ob::db {

// Throws ob::Error db.badText (400) for text with NUL or that is not UTF-8: PostgreSQL stores
// neither, so no dialect does.
void check_text(const std::vector<Value>& parameters);

// The highest n of the parameters $n, outside strings, quoted names and comments.
std::size_t highest_parameter(std::string_view sql);

}  // namespace ob::db
