#pragma once
// The explorer page of the API (docs_page.html and docs_page.js), compiled in.
#include <string_view>

namespace ob::gateway {

std::string_view docs_page();
std::string_view docs_script();

}  // namespace ob::gateway
