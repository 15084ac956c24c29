#pragma once
// Splits SQL text into tokens with positions: DuckDB's lexical rules plus Spark's backticks.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ob::query {

enum class TokenKind {
  word,        // keyword or bare identifier
  identifier,  // "…" or `…`, value without quotes
  string,      // '…', e'…', $$…$$, value decoded
  number,
  parameter,  // $1, $name, ?, :name; value without the sign
  symbol,     // operators and punctuation
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::size_t begin = 0, end = 0;              // bytes in the text
  std::string value;                           // text, decoded where quoted
  char quote = 0;                              // ", `, ', $ or e
  bool is_word(std::string_view upper) const;  // case-insensitive, bare words only
  bool is_symbol(std::string_view text) const { return kind == TokenKind::symbol && value == text; }
};

inline constexpr std::size_t max_sql_bytes = 1024 * 1024;
inline constexpr int max_bracket_depth = 250;

// The tokens without comments and spaces, `end` last. Throws ob::Error 400 sql.syntax (unclosed
// quote or comment), sql.encoding (not UTF-8, or a zero byte), sql.tooDeep (brackets nested deeper
// than max_bracket_depth), 413 sql.tooLong.
std::vector<Token> tokenize(std::string_view sql);

// "line 3, column 7" (counted in characters from 1) for a byte position.
std::string position_text(std::string_view sql, std::size_t offset);

bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII
std::string lower(std::string_view text);                           // ASCII
std::string upper(std::string_view text);                           // ASCII

}  // namespace ob::query
