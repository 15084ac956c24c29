#pragma once
// Paths of data files: percent-encoding as in the log, and where they may lead.
#include <string>
#include <string_view>

#include "objects/objects.h"

namespace ob::delta {

// Decodes %XX once; a malformed escape stays as it is.
std::string decode_path(std::string_view path);

// Local path or URL of the directory of this key; the empty key is the store itself.
std::string directory_location(const objects::Store& store, const std::string& key);

// Path of a file inside the table, relative to it, decoded. `location` is the table's own place
// (local path or URL). Throws ob::Error 422 delta.badPath for anything that leaves the table.
std::string resolve_path(const std::string& path, const std::string& location);

}  // namespace ob::delta
