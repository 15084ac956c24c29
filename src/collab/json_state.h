#pragma once
#include <string_view>

namespace ob::collab {

// Whether a text, which is valid UTF-8, is a JSON object or null, nested at most 64 deep, as a
// browser's JSON.parse takes it: also with halves of surrogate pairs, which clients may send where
// they cut a text. Takes no memory.
bool is_state(std::string_view text);

}  // namespace ob::collab
