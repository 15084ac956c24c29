#pragma once
#include <string_view>

namespace ob::api {

// What stands behind "Bearer " in the header Authorization; empty where it is of another kind.
std::string_view bearer_of(std::string_view header);

}  // namespace ob::api
