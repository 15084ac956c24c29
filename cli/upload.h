#pragma once
// Bytes from here into a volume. Files over some megabytes go in parts, so that a lost connection
// or an interrupted command costs only the last part: the same command again goes on where it was.
#include <boost/json/value.hpp>
#include <filesystem>
#include <istream>

#include "cli/names.h"
#include "cli/session.h"

namespace ob::cli {

// Returns the server's answer {path, bytes, modified_at}. Throws ob::Error; Interrupted.
boost::json::value upload_file(Session& session, const std::filesystem::path& file,
                               const VolumePath& target, bool overwrite);
// From a pipe: in one go.
boost::json::value upload_stream(Session& session, std::istream& in, const VolumePath& target,
                                 bool overwrite);

}  // namespace ob::cli
