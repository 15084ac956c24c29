#pragma once
// Writing the rows of a query as a table's data files.
#include "engine/database.h"

namespace ob::engine {

std::vector<WrittenFile> write_files(Instance& instance, Connection& connection,
                                     const std::string& select_sql, const Parameters& parameters,
                                     delta::Table& table, const delta::Schema& schema,
                                     const std::vector<std::string>& partition_columns,
                                     const WriteOptions& options);

}  // namespace ob::engine
