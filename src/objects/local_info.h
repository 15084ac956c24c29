#pragma once
#include <sys/stat.h>

#include <optional>
#include <string>

#include "objects/files.h"
#include "objects/objects.h"

namespace ob::objects {

ObjectInfo to_info(std::string key, const struct stat& status);
// nullopt when no regular file stands there.
std::optional<ObjectInfo> file_info(const Tree& tree, const std::string& key);

}  // namespace ob::objects
