#pragma once
// Plain text of documents, and the search in it.
#include <string>
#include <string_view>
#include <vector>

namespace ob::documents {

// Letters in lower case, a code point for each code point; of valid UTF-8.
std::string folded(std::string_view text);
// The text of a document as the search keeps it: no control characters, at most 100,000 bytes.
std::string searchable(std::string_view text);
// The words that are looked for: folded, at most 8.
std::vector<std::string> words_of(std::string_view query);
// Some of the text around the first of the words, on one line; its beginning when none is in it.
std::string snippet_of(const std::string& text, const std::vector<std::string>& words);
// "a%b" as a pattern of LIKE … ESCAPE '!' for what holds it.
std::string pattern_of(std::string_view word);
// The plain text of a JSON text {"ops":[…]}, embeds left out; empty for anything else.
std::string text_of_delta(const std::string& delta);

}  // namespace ob::documents
