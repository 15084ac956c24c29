#include "tracking/scrub.h"

#include <algorithm>
#include <cctype>

#include "base/ids.h"

namespace ob::tracking {
namespace {

constexpr std::size_t kMostText = 2000;
constexpr std::size_t kLongRun = 16;    // of letters and digits mixed
constexpr std::size_t kLongerRun = 32;  // of capital and small letters mixed
constexpr std::size_t kMostRoute = 200;

bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
}
bool in_run(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '+' ||
         c == '=' || c == '%';
}

// What stands in quotes may be anybody's data: "invalid input syntax: \"…\"".
std::string without_quoted(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    out += c;
    ++at;
    const bool opens = (c == '"' || c == '\'' || c == '`') && (at < 2 || !is_word(text[at - 2]));
    const bool value = c == '(' && out.ends_with("=(");  // PostgreSQL: Key (email)=(…)
    if (!opens && !value) continue;
    std::size_t end = text.find(value ? ')' : c, at);
    while (!value && end != text.npos && end + 1 < text.size() && is_word(text[end + 1]))
      end = text.find(c, end + 1);  // an apostrophe in it
    if (end == at) continue;
    out += "…";
    at = end;  // cut off texts lose the rest
  }
  return out;
}

bool like_token(std::string_view run) {
  const auto any = [&](auto test) {
    return std::ranges::any_of(run, [&](char c) { return test(static_cast<unsigned char>(c)); });
  };
  const bool digit = any([](int c) { return std::isdigit(c); });
  const bool letter = any([](int c) { return std::isalpha(c); });
  const bool both =
      any([](int c) { return std::isupper(c); }) && any([](int c) { return std::islower(c); });
  return (run.size() >= kLongRun && digit && letter) || (run.size() >= kLongerRun && both) ||
         (run.size() >= kLongRun && digit && !letter);
}

std::string without_tokens(std::string_view word) {
  std::string out;
  std::size_t at = 0;
  while (at < word.size()) {
    std::size_t end = at;
    while (end < word.size() && in_run(word[end])) ++end;
    if (const std::string_view run = word.substr(at, end - at); !run.empty())
      out += like_token(run) ? "[token]" : run;
    if (end < word.size()) out += word[end];
    at = end + 1;
  }
  return out;
}

std::string scrubbed_word(std::string_view word) {
  if (const auto scheme = word.find("://"); scheme != word.npos) {
    const auto begin = scheme + 3;
    const auto end = std::min(word.find_first_of("/?#", begin), word.size());
    const auto user = word.substr(begin, end - begin).rfind('@');
    const auto host = user == word.npos ? begin : begin + user + 1;
    return without_tokens(word.substr(0, begin)) + without_tokens(word.substr(host, end - host)) +
           (end < word.size() ? "/…" : "");
  }
  if (const auto at = word.find('@'); at != word.npos && at > 0 && at + 1 < word.size())
    return "[e-mail]";
  if (const auto query = word.find('?'); query != word.npos && word.find('=', query) != word.npos)
    return scrubbed_word(word.substr(0, query)) + "?…";
  if (const auto is = word.find('='); is != word.npos && is > 0 && is + 1 < word.size() &&
                                      is_word(word[is - 1]) && word[is + 1] != '=')
    return scrubbed_word(word.substr(0, is)) + "=…";
  const auto first = word.find_first_not_of("([{<,;:");
  if (first != word.npos && word[first] == '/' && first + 1 < word.size() &&
      is_word(word[first + 1]))
    return std::string(word.substr(0, first)) + "[path]";
  return without_tokens(word);
}

bool names_secret(std::string_view word) {
  while (!word.empty() && !is_word(word.back())) word.remove_suffix(1);
  std::string low(word);
  std::ranges::transform(low, low.begin(), [](unsigned char c) { return std::tolower(c); });
  return low == "bearer" || low == "basic" || low == "password" || low == "token" ||
         low == "secret" || low == "authorization";
}

}  // namespace

std::string_view shortened(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

std::string scrubbed(std::string_view text) {
  if (!valid_utf8(text)) return "[not text]";
  const std::string plain = without_quoted(shortened(text, kMostText));
  std::string out;
  std::size_t at = 0;
  bool secret = false;  // the word before names one: "password: x", "Bearer x"
  while (at < plain.size()) {
    std::size_t end = at;
    while (end < plain.size() && !is_space(plain[end])) ++end;
    const std::string_view word = std::string_view(plain).substr(at, end - at);
    if (!word.empty()) {
      const bool marks = names_secret(word);
      const bool value = secret && !marks && std::ranges::any_of(word, is_word);
      out += value ? "…" : scrubbed_word(word);
      secret = marks && (word.ends_with(':') || word.starts_with('B') || word.starts_with('b'));
    }
    while (end < plain.size() && is_space(plain[end])) out += plain[end++];
    at = end;
  }
  return std::string(shortened(out, kMostText));
}

std::string scrubbed_route(std::string_view route) {
  if (!valid_utf8(route)) return "[not text]";
  route = shortened(route, kMostRoute);
  route = route.substr(0, std::min(route.find_first_of("?#"), route.size()));
  return without_tokens(route);
}

}  // namespace ob::tracking
