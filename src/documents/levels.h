#pragma once
// The words for levels: of people ("viewer"), and of links ("view").
#include <string_view>

#include "documents/documents.h"

namespace ob::documents {

std::string_view link_text(Level);           // off, view, comment or edit
Level level_of_link(std::string_view text);  // throws for other texts

}  // namespace ob::documents
