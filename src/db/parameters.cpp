#include "db/parameters.h"

#include <algorithm>

#include "base/error.h"
#include "base/ids.h"

namespace ob::db {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Behind the string, quoted name or comment that begins at `i`; `i` itself when none does.
std::size_t skip_quoted(std::string_view sql, std::size_t i) {
  const auto end_of = [&](std::string_view mark, std::size_t from) {
    const auto at = sql.find(mark, from);
    return at == sql.npos ? sql.size() : at + mark.size();
  };
  if (sql[i] == '\'' || sql[i] == '"') return end_of(sql.substr(i, 1), i + 1);
  if (sql.substr(i).starts_with("--")) return end_of("\n", i + 2);
  if (sql.substr(i).starts_with("/*")) return end_of("*/", i + 2);
  return i;
}

}  // namespace

void check_text(const std::vector<Value>& parameters) {
  for (const Value& value : parameters) {
    const auto* text = std::get_if<std::string>(&value);
    if (!text || (text->find('\0') == text->npos && valid_utf8(*text))) continue;
    throw bad_request("db.badText",
                      "A text holds a NUL character or is not valid UTF-8, so it cannot be looked "
                      "up or stored. Remove what is wrong in it and try again.");
  }
}

std::size_t highest_parameter(std::string_view sql) {
  std::size_t highest = 0;
  for (std::size_t i = 0; i < sql.size();) {
    if (const auto behind = skip_quoted(sql, i); behind != i) {
      i = behind;
      continue;
    }
    if (sql[i++] != '$') continue;
    std::size_t n = 0;
    for (; i < sql.size() && is_digit(sql[i]) && n < 100'000; ++i) {
      n = n * 10 + static_cast<std::size_t>(sql[i] - '0');
    }
    highest = std::max(highest, n);
  }
  return highest;
}

}  // namespace ob::db
