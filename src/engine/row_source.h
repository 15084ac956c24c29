#pragma once
#include <duckdb.h>

#include <optional>
#include <string_view>

#include "base/error.h"
#include "engine/registry.h"

namespace ob::engine {

// __ob_rows(id BIGINT), the rows of a RowSource.
void register_row_sources(duckdb_connection connection, Functions& functions);

// Fails a table function's call with an error that source_failure() gives back, and logs its cause,
// which goes no further.
void fail_source(duckdb_function_info info, const Error& error);

// The error of a source's that a message of DuckDB's is about.
std::optional<Error> source_failure(std::string_view message);

}  // namespace ob::engine
