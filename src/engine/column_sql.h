#pragma once
// SQL for a table's columns over the columns of its files, and the other way round.
#include <string>

#include "delta/schema.h"

namespace ob::engine {

// The DuckDB type with the names that are used inside the files.
std::string physical_type(const delta::DataType& type, bool mapped);

// `source` (an expression of the physical type) as a value of the logical type: names of struct
// fields, at any depth, changed from physical to logical.
std::string to_logical(const delta::DataType& type, const std::string& source, bool mapped);
// And back, for writing.
std::string to_physical(const delta::DataType& type, const std::string& source);

}  // namespace ob::engine
