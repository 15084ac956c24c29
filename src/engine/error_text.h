#pragma once
// DuckDB's error texts, for the engine's own sources.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace ob::engine {

struct Position {
  std::size_t line = 1, column = 1;  // both from 1; columns count characters
};
Position position_of(std::string_view sql, std::size_t characters);

// The ob::Error for a message of DuckDB's (structured JSON, since errors_as_json is set), without
// paths. `sql` is the text that positions refer to; empty when the caller never saw it.

Error error_from(std::string_view raw, std::string_view sql);

}  // namespace ob::engine
