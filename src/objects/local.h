#pragma once
#include <memory>
#include <string>

#include "objects/files.h"
#include "objects/objects.h"

namespace ob::objects {

inline constexpr std::string_view kTemporary = ".openbricks-tmp";
inline constexpr std::string_view kStaged = ".openbricks-staged";

std::unique_ptr<Store> open_local(const std::string& path);

// Store::list over a tree.
std::vector<ObjectInfo> list_tree(const Tree& tree, const std::string& prefix,
                                  const std::string& after, std::size_t limit, bool delimited);

}  // namespace ob::objects
