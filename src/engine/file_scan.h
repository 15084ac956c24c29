#pragma once
// Users' files: CSV, JSON and Parquet.
#include "engine/session.h"

namespace ob::engine {

Engine::FileScan make_file_scan(DuckConnection& connection, const std::string& location,
                                const std::string& format, const boost::json::object& options);

}  // namespace ob::engine
