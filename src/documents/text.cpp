#include "documents/text.h"

#include <locale.h>
#include <wctype.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "documents/documents.h"

namespace ob::documents {

namespace json = boost::json;

namespace {

constexpr std::size_t kMostText = 100'000, kMostWords = 8, kMostWord = 100;
constexpr std::size_t kBefore = 60, kSnippet = 200;  // code points
constexpr char32_t kEmbed = 0xFFFC;

char32_t lower(char32_t c) {
  static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (c >= 'A' && c <= 'Z') return c + ('a' - 'A');
  if (c < 0x80 || utf8 == nullptr) return c;
  return static_cast<char32_t>(::towlower_l(static_cast<wint_t>(c), utf8));
}

bool is_space(char32_t c) {
  return c <= ' ' || c == 0xA0 || c == kEmbed || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x3000;
}

// At most so many bytes, not cut within a character.
std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

}  // namespace

std::string folded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) append_code_point(out, lower(next_code_point(text, i)));
  return out;
}

std::string searchable(std::string_view text) {
  std::string out;
  text = cut(text, kMostText);
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const char32_t c = next_code_point(text, i);
    if (c == '\n' || !is_space(c)) {
      append_code_point(out, c);
    } else if (!out.empty() && out.back() != ' ' && out.back() != '\n') {
      out += ' ';
    }
  }
  return out;
}

std::vector<std::string> words_of(std::string_view query) {
  std::vector<std::string> out;
  std::string word;
  const auto end = [&] {
    if (!word.empty() && out.size() < kMostWords) out.push_back(folded(cut(word, kMostWord)));
    word.clear();
  };
  for (std::size_t i = 0; i < query.size();) {
    const char32_t c = next_code_point(query, i);
    is_space(c) ? end() : append_code_point(word, c);
  }
  end();
  return out;
}

std::string snippet_of(const std::string& text, const std::vector<std::string>& words) {
  const std::string all = folded(text);
  std::size_t at = std::string::npos;
  for (const auto& word : words) at = std::min(at, all.find(word));
  if (at == std::string::npos) at = 0;
  // Folding may change how many bytes a character has, so both are walked.
  std::vector<std::size_t> starts;
  std::size_t hit = 0;
  for (std::size_t i = 0, f = 0; i < text.size();) {
    starts.push_back(i);
    if (f <= at) hit = starts.size() - 1;
    next_code_point(text, i);
    next_code_point(all, f);
  }
  const std::size_t from = hit > kBefore ? hit - kBefore : 0;
  std::string out = from > 0 ? "…" : "";
  bool space = true;
  const std::size_t to = std::min(from + kSnippet, starts.size());
  for (std::size_t n = from; n < to; ++n) {
    std::size_t i = starts[n];
    const char32_t c = next_code_point(text, i);
    if (!is_space(c)) append_code_point(out, c);
    if (is_space(c) && !space) out += ' ';
    space = is_space(c);
  }
  while (out.ends_with(' ')) out.pop_back();
  if (to < starts.size()) out += "…";
  return out;
}

std::string pattern_of(std::string_view word) {
  std::string out = "%";
  for (const char c : word) {
    if (c == '%' || c == '_' || c == '!') out += '!';
    out += c;
  }
  return out + '%';
}

std::int64_t count_words(std::string_view text) {
  std::int64_t out = 0;
  bool inside = false;
  for (std::size_t i = 0; i < text.size();) {
    const bool space = is_space(next_code_point(text, i));
    if (!space && !inside) ++out;
    inside = !space;
  }
  return out;
}

std::string text_of_delta(const std::string& delta) {
  boost::system::error_code failed;
  const json::value parsed = json::parse(delta, failed);
  const json::object* whole = failed ? nullptr : parsed.if_object();
  const json::value* ops = whole ? whole->if_contains("ops") : nullptr;
  std::string out;
  if (!ops || !ops->is_array()) return out;
  for (const json::value& op : ops->get_array()) {
    const json::object* one = op.if_object();
    const json::value* insert = one ? one->if_contains("insert") : nullptr;
    if (insert && insert->is_string()) out += std::string_view(insert->get_string());
    if (insert && !insert->is_string()) out += ' ';
  }
  return out;
}

}  // namespace ob::documents
