#pragma once
// Which of DuckDB's functions a statement may call: only those named here (a new version's new
// functions stay closed until reviewed).
#include <string>
#include <string_view>

namespace ob::query {

bool function_allowed(std::string_view name);  // scalar, aggregate, window, operator
// False when two calls on the same values in two statements may differ: random(), now(), …
bool function_repeatable(std::string_view name);
// True when its value depends on more than one row, or is more than one: aggregates, unnest.
bool function_takes_rows(std::string_view name);
bool table_function_allowed(std::string_view name);  // in FROM
// read_csv and its kin: allowed on a path in a volume, given to the engine's own scan.
bool is_file_reader(std::string_view name);
std::string file_reader_format(std::string_view name);  // "csv", "json", "parquet"

}  // namespace ob::query
