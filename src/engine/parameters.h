#pragma once
// JSON values as DuckDB's values, bound to a prepared statement.
#include <string>

#include "engine/duck.h"
#include "engine/engine.h"

namespace ob::engine {

// Throws ob::Error 400 sql.parameters when they do not fit the statement's.
void bind_parameters(duckdb_prepared_statement statement, const Parameters& parameters);

}  // namespace ob::engine
