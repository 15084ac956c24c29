#pragma once
// page.html and page.css, compiled in.
#include <string_view>

namespace ob::documents {

std::string_view page_text();
std::string_view page_style();

}  // namespace ob::documents
