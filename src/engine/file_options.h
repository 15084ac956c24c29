#pragma once
// The options that a caller may give for reading a file, as arguments of DuckDB's functions.
#include <boost/json/object.hpp>
#include <string>

namespace ob::engine {

// ", header = true, …" for read_csv, read_json or read_parquet. Throws ob::Error 400
// file.badOption naming the option and what it may be.
std::string file_arguments(const std::string& format, const boost::json::object& options);

}  // namespace ob::engine
