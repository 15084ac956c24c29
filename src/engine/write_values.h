#pragma once
// Few rows of literals as a data file, which DuckDB plans longer than it takes to write them.
#include "engine/database.h"

namespace ob::engine {

// Writes the rows, whose values go to the columns of these names, to a table on this machine that
// is not partitioned; the rest as of write_files(). nullopt, and nothing written, unless the file
// certainly holds what DuckDB's would.
std::optional<WrittenFile> write_values(Instance& instance, delta::Table& table,
                                        const delta::Schema& schema,
                                        const std::vector<std::string>& columns,
                                        const LiteralRows& rows, int indexed);

}  // namespace ob::engine
