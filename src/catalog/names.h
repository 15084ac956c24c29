#pragma once
// Rules of names: what a part may hold, and how two spellings compare.
#include <string>
#include <string_view>

#include "catalog/catalog.h"

namespace ob::catalog {

inline constexpr std::size_t kMaxNamePart = 255;   // bytes
inline constexpr std::size_t kMaxComment = 40000;  // bytes

// The key under which a name is unique: lower case by Unicode's simple mapping. Stored in the
// database; bytes that are not UTF-8 stay as they are (such a name never exists).
std::string fold(std::string_view text);

// Throws ob::Error 400 catalog.badName naming `field` when `part` may not name anything.
void check_part(std::string_view part, std::string_view field);
// As check_part, and refuses names that stand for built-in objects.
void check_new_catalog(std::string_view name);
void check_new_schema(std::string_view name);
// Throws ob::Error 400 catalog.badComment.
void check_comment(std::string_view text);

// Escapes text for LIKE … ESCAPE '\'.
std::string like_escape(std::string_view text);

}  // namespace ob::catalog
