#pragma once
#include <string>
#include <string_view>

namespace ob {

// The UTF-8 of a code point (RFC 3629).
void append_code_point(std::string& out, char32_t c);
// Decodes one code point of valid UTF-8 and moves `i` behind it.
char32_t next_code_point(std::string_view s, std::size_t& i);

// For the content and the quoted attributes of HTML and XML.
std::string escape_markup(std::string_view text);

}  // namespace ob
