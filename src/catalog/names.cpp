#include "catalog/names.h"

#include <clocale>
#include <cwctype>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"

namespace ob::catalog {
namespace {

// Mappings do not depend on where the server runs: glibc and musl carry C.UTF-8 built in.
locale_t unicode_locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (locale == nullptr) throw internal("the C library has no C.UTF-8 locale");
  return locale;
}

// Control characters, and those that reorder or break the lines that a name is shown in.
bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

std::optional<std::string> problem_of(std::string_view part) {
  if (part.empty()) return "must not be empty";
  if (part.size() > kMaxNamePart) return "must be at most 255 bytes of UTF-8";
  if (!valid_utf8(part)) return "must be UTF-8";
  for (std::size_t i = 0; i < part.size();) {
    const char32_t c = next_code_point(part, i);
    if (is_control(c)) return "must not hold control characters";
    if (c == '/' || c == '.') return "must not hold '/' or '.'";
  }
  if (part.front() == ' ' || part.back() == ' ') return "must not begin or end with a space";
  return std::nullopt;
}

Error bad_name(std::string_view field, const std::string& problem) {
  Error error = bad_request("catalog.badName", "The name cannot be used: it " + problem + ".");
  error.with_fields({{std::string(field), problem}});
  return error;
}

bool is_plain(std::string_view part) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (part.empty() || !letter(part.front())) return false;
  for (const char c : part) {
    if (!letter(c) && !(c >= '0' && c <= '9')) return false;
  }
  return true;
}

void append_quoted(std::string& out, std::string_view part) {
  if (!out.empty()) out += '.';
  if (is_plain(part)) {
    out += part;
    return;
  }
  out += '`';
  for (const char c : part) {
    if (c == '`') out += '`';
    out += c;
  }
  out += '`';
}

// Reads one part from `i` up to the dot or the end behind it.
std::string read_part(std::string_view text, std::size_t& i) {
  const auto skip_spaces = [&] {
    while (i < text.size() && text[i] == ' ') ++i;
  };
  skip_spaces();
  std::string part;
  if (i < text.size() && (text[i] == '`' || text[i] == '"')) {
    const char quote = text[i++];
    for (;; ++i) {
      if (i >= text.size()) throw bad_name("name", "must close its quotation mark");
      if (text[i] != quote) {
        part += text[i];
      } else if (i + 1 < text.size() && text[i + 1] == quote) {
        part += text[i++];
      } else {
        break;
      }
    }
    ++i;
    skip_spaces();
    if (i < text.size() && text[i] != '.') {
      throw bad_name("name", "must have a dot between its parts");
    }
    return part;
  }
  const std::size_t start = i;
  while (i < text.size() && text[i] != '.') {
    if (text[i] == '`' || text[i] == '"') {
      throw bad_name("name", "must quote a part as a whole where it holds quotation marks");
    }
    ++i;
  }
  std::size_t end = i;
  while (end > start && text[end - 1] == ' ') --end;
  part = text.substr(start, end - start);
  return part;
}

}  // namespace

std::string fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  if (!valid_utf8(text)) return std::string(text);
  for (std::size_t i = 0; i < text.size();) {
    const char32_t c = next_code_point(text, i);
    if (c < 0x80) {
      out += static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    } else {
      append_code_point(
          out, static_cast<char32_t>(towlower_l(static_cast<wint_t>(c), unicode_locale())));
    }
  }
  return out;
}

void check_part(std::string_view part, std::string_view field) {
  if (const auto problem = problem_of(part)) throw bad_name(field, *problem);
}

void check_new_catalog(std::string_view name) {
  check_part(name, "name");
  if (fold(name) == "system") throw bad_name("name", "is reserved for the system's own tables");
}

void check_new_schema(std::string_view name) {
  check_part(name, "name");
  if (fold(name) == "information_schema") {
    throw bad_name("name", "is reserved: every catalog has its information_schema");
  }
}

void check_comment(std::string_view text) {
  std::string problem;
  if (text.size() > kMaxComment) problem = "must be at most 40000 bytes";
  if (!valid_utf8(text)) problem = "must be UTF-8";
  if (text.find('\0') != std::string_view::npos) problem = "must not hold NUL characters";
  if (problem.empty()) return;
  Error error =
      bad_request("catalog.badComment", "The comment cannot be stored: it " + problem + ".");
  error.with_fields({{"comment", problem}});
  throw error;
}

std::string like_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string Name::text() const {
  std::string out;
  for (const std::string* part : {&catalog, &schema, &object}) {
    if (!part->empty()) append_quoted(out, *part);
  }
  return out;
}

Name parse_name(std::string_view text, std::size_t most) {
  // Three quoted parts at most, each of whose bytes may be a doubled quotation mark.
  if (text.size() > 3 * (2 * kMaxNamePart + 3)) throw bad_name("name", "is too long");
  std::vector<std::string> parts;
  std::size_t i = 0;
  for (;;) {
    parts.push_back(read_part(text, i));
    check_part(parts.back(), "name");
    if (i >= text.size()) break;
    ++i;  // the dot
    if (parts.size() == most) {
      throw bad_name("name", "must have at most " + std::string(most == 1   ? "one part"
                                                                : most == 2 ? "two parts"
                                                                            : "three parts"));
    }
  }
  Name name{"main", most > 1 ? "default" : "", ""};
  std::string* const fields[] = {&name.catalog, &name.schema, &name.object};
  for (std::size_t at = most; !parts.empty(); parts.pop_back()) *fields[--at] = parts.back();
  return name;
}

}  // namespace ob::catalog
