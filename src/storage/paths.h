#pragma once
#include <string>
#include <string_view>

#include "catalog/catalog.h"

namespace ob::storage {

// The object that makes an empty directory be there; no file may have its name.
inline constexpr std::string_view kMarker = ".openbricks-directory";

// "/Volumes/<catalog>/<schema>/<volume>[/<path>]".
struct VolumePath {
  catalog::Name volume;
  std::string inside;  // "" is the volume itself; no slash at either end
};
// Throws ob::Error 400 storage.badPath. A slash at the end is dropped.
VolumePath parse_path(std::string_view text);
std::string to_text(const catalog::Name& volume, std::string_view inside);
// The same path from parts that came apart ("/files/{catalog}/{schema}/{volume}/{path...}").
std::string join_path(std::string_view catalog, std::string_view schema, std::string_view volume,
                      std::string_view inside);

}  // namespace ob::storage
