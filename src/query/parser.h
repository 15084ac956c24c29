#pragma once
// The cursor over tokens that the statement parsers share.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/lexer.h"
#include "query/statements.h"

namespace ob::query {

class Cursor {
 public:
  Cursor(std::string_view sql, const std::vector<Token>& tokens, std::size_t end)
      : sql_(sql), tokens_(tokens), end_(end) {}

  const Token& peek(std::size_t ahead = 0) const;
  bool done() const { return at_ >= end_; }
  bool next_is(std::string_view word, std::size_t ahead = 0) const {
    return peek(ahead).is_word(word);
  }
  bool next_is_symbol(std::string_view text) const { return peek().is_symbol(text); }
  bool accept(std::string_view word);
  bool accept_symbol(std::string_view text);
  // accept_words("if not exists"): all of them or none.
  bool accept_words(std::string_view words);
  void expect(std::string_view word);
  void expect_symbol(std::string_view text);
  void expect_end(std::string_view what);  // nothing may follow
  void skip() { ++at_; }

  std::string identifier(std::string_view what);
  QualifiedName qualified_name(std::string_view what);
  std::string text_literal(std::string_view what);
  std::int64_t integer_literal(std::string_view what);
  std::vector<std::string> identifier_list(std::string_view what);  // with its brackets
  std::map<std::string, std::string> property_list();               // ('k' = 'v', k.l = 1)
  std::string property_key();
  std::string type_text();  // up to the next column, its options or the closing bracket
  // An expression: up to one of the words of `stops`, to a comma where `commas`, or to a bracket
  // that closes another one; brackets in it are balanced, so that it can stand in brackets.
  using Stops = std::initializer_list<std::string_view>;
  std::string expression(std::string_view what, Stops stops, bool commas);
  // As above without commas, with blanks for all that stands before it: places in it stay right.
  std::string placed_expression(std::string_view what, Stops stops);
  // "(…)" with what is in it.
  std::string bracketed();
  std::string between(std::size_t mark) const;  // what was passed since then
  // rest(), without the blanks, where another part of the statement may have parameters too.
  std::string rest_numbered();
  // The text of what is left, with blanks for what stands before it, so that lines and columns in
  // it are those of the statement.
  std::string rest();
  std::string rest_from(std::size_t mark) const;
  std::size_t mark() const { return at_; }
  [[noreturn]] void fail(const std::string& expected) const;

 private:
  std::string numbered(std::size_t first, std::size_t last) const;

  std::string_view sql_;
  const std::vector<Token>& tokens_;
  std::size_t at_ = 0, end_;
};

// [CONSTRAINT name] CHECK (condition); an empty name where none is given.
Constraint parse_check(Cursor& cursor);
std::vector<std::string> parse_column_path(Cursor& cursor);  // a.b.c

// One function a family; each is entered with the cursor at the statement's first word.
Statement parse_create(Cursor& cursor);
Statement parse_drop(Cursor& cursor);
Statement parse_create_function(Cursor& cursor, bool or_replace);  // after these words
Statement parse_drop_function(Cursor& cursor);                     // after these words
Statement parse_row_filter(Cursor& cursor, QualifiedName table);
Statement parse_mask(Cursor& cursor, QualifiedName table, std::string column);
Statement parse_grant(Cursor& cursor);
Statement parse_show_grants(Cursor& cursor);  // after these words
Statement parse_alter(Cursor& cursor);
Statement parse_comment(Cursor& cursor);
Statement parse_insert(Cursor& cursor);
Statement parse_optimize(Cursor& cursor);
Statement parse_vacuum(Cursor& cursor);
Statement parse_restore(Cursor& cursor);
Statement parse_delete(Cursor& cursor);
Statement parse_update(Cursor& cursor);
Statement parse_merge(Cursor& cursor);
Statement parse_show(Cursor& cursor);
Statement parse_describe(Cursor& cursor);

[[noreturn]] void not_supported_yet(std::string_view statement);
[[noreturn]] void statement_not_allowed(std::string_view statement);

}  // namespace ob::query
