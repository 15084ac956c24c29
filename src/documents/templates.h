#pragma once
#include <span>
#include <string_view>

namespace ob::documents {

struct BuiltIn {
  std::string_view id, title, text, delta;  // delta: JSON, {"ops":[…]}
};
std::span<const BuiltIn> built_in_templates();

}  // namespace ob::documents
