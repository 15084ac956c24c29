#pragma once
// PIVOT … ON column without IN: its columns are the values that the column holds, which DuckDB
// finds by making a type first; here they are asked for and written into the statement.
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ob::query {

using ValueRows = std::vector<std::vector<std::optional<std::string>>>;

// Adds IN (…) to each ON column of a PIVOT statement that has none. `values` answers a query's
// rows. Throws ob::Error 400 sql.tooComplex for more than 1,000 values.
std::string with_pivot_values(const std::string& sql,
                              const std::function<ValueRows(const std::string&)>& values);

}  // namespace ob::query
