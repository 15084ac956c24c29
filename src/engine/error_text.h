#pragma once
// DuckDB's error texts, for the engine's own sources.
#include <optional>
#include <string_view>

#include "base/error.h"

namespace ob::engine {

// The ob::Error for a message of DuckDB's (structured JSON, since errors_as_json is set), without
// paths.
Error error_from(std::string_view raw);

// Throws that, as a StatementError if the message tells a place in `sql`. Of DuckDB's two kinds of
// places, those from its parser count characters and those from its binder bytes.
enum class PlaceIn { characters, bytes };
[[noreturn]] void throw_error(std::string_view raw, std::string_view sql, PlaceIn unit);

// 507 query.diskFull when the system's message tells so.
std::optional<Error> disk_full(std::string_view message);

// 409 for a file that has been removed since the statement found its name, which the cause tells.
Error file_gone(std::string cause);

// What a path calls the file, without anything of the machine or values in directories' names.
std::string own_name(std::string_view path);

}  // namespace ob::engine
