#include "query/parser.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace ob::query {
namespace {

using Words = std::initializer_list<std::string_view>;

bool next_is_any(const Cursor& cursor, Words words) {
  return std::ranges::any_of(words, [&](std::string_view w) { return cursor.next_is(w); });
}

// Long chains cost DuckDB's parser quadratic time; no one writes them by hand.
void check_complexity(const std::vector<Token>& tokens) {
  std::size_t connectives = 0, selects = 0;
  for (const Token& token : tokens) {
    if (token.kind != TokenKind::word) continue;
    if (token.is_word("and") || token.is_word("or")) ++connectives;
    if (token.is_word("select") || token.is_word("from")) ++selects;
  }
  if (tokens.size() > 200'000)
    throw bad_request("sql.tooComplex",
                      "The statement has more than 200,000 words and values: load a file instead.");
  if (connectives > 5000 || selects > 2000)
    throw bad_request("sql.tooComplex",
                      "The statement has more than 5,000 AND or OR, or more than 2,000 SELECT or "
                      "FROM: use IN (…) or a table instead.");
}

// Index after the last token of the one statement.
std::size_t single_statement_end(const std::vector<Token>& tokens) {
  const auto semicolon = std::ranges::find_if(tokens, [](auto& t) { return t.is_symbol(";"); });
  const auto end = static_cast<std::size_t>(semicolon - tokens.begin());
  for (std::size_t i = end; i < tokens.size(); ++i)
    if (!tokens[i].is_symbol(";") && tokens[i].kind != TokenKind::end)
      throw bad_request("sql.multipleStatements",
                        "There is more than one statement: send each in a call of its own.");
  return std::min(end, tokens.size() - 1);
}

Statement parse_explain(Cursor& cursor) {
  cursor.skip();
  Explain explain;
  if (cursor.accept("analyze")) explain.analyze = true;
  for (std::string_view mode : {"extended", "formatted", "cost", "codegen"}) cursor.accept(mode);
  if (cursor.done()) cursor.fail("a query after EXPLAIN");
  if (!next_is_any(cursor, {"select", "with", "from", "values", "table", "pivot", "unpivot"}) &&
      !cursor.next_is_symbol("("))
    statement_not_allowed("EXPLAIN of anything but a query");
  explain.sql = cursor.rest();
  return explain;
}

void refuse(const Cursor& cursor) {
  for (std::string_view later :
       {"analyze", "refresh", "msck", "cache", "uncache", "clone", "replace"})
    if (cursor.next_is(later)) not_supported_yet(upper(later));
  if (cursor.next_is("use"))
    throw bad_request("sql.statementNotAllowed",
                      "USE has no effect, as each call stands alone: pass \"catalog\" and "
                      "\"schema\" with the query, or write whole names.");
  for (std::string_view never :
       {"copy",       "attach",     "detach",    "install", "load",
        "set",        "reset",      "pragma",    "call",    "export",
        "import",     "checkpoint", "force",     "prepare", "execute",
        "deallocate", "begin",      "start",     "commit",  "rollback",
        "abort",      "end",        "savepoint", "release", "declare",
        "listen",     "notify",     "unlisten",  "lock",    "do",
        "security",   "reindex",    "cluster",   "discard", "update_extensions"})
    if (cursor.next_is(never)) statement_not_allowed(upper(never));
}

Statement parse_first_word(Cursor& cursor) {
  if (cursor.next_is_symbol("(") ||
      next_is_any(cursor, {"select", "with", "from", "values", "table", "pivot", "pivot_wider",
                           "unpivot", "pivot_longer", "summarize"}))
    return SelectStatement{cursor.rest()};
  if (cursor.next_is("explain")) return parse_explain(cursor);
  if (cursor.next_is("create")) return parse_create(cursor);
  if (cursor.next_is("drop") || cursor.next_is("undrop")) return parse_drop(cursor);
  if (cursor.next_is("alter")) return parse_alter(cursor);
  if (cursor.next_is("comment")) return parse_comment(cursor);
  if (cursor.next_is("insert")) return parse_insert(cursor);
  if (cursor.next_is("optimize")) return parse_optimize(cursor);
  if (cursor.next_is("vacuum")) return parse_vacuum(cursor);
  if (cursor.next_is("restore")) return parse_restore(cursor);
  if (cursor.next_is("delete")) return parse_delete(cursor);
  if (cursor.next_is("update")) return parse_update(cursor);
  if (cursor.next_is("merge")) return parse_merge(cursor);
  if (cursor.next_is("grant") || cursor.next_is("revoke")) return parse_grant(cursor);
  if (cursor.next_is("show")) return parse_show(cursor);
  if (cursor.next_is("describe") || cursor.next_is("desc")) return parse_describe(cursor);
  if (cursor.accept("truncate")) {
    cursor.expect("table");
    Truncate truncate{cursor.qualified_name("a table")};
    cursor.expect_end("TRUNCATE TABLE");
    return truncate;
  }
  refuse(cursor);
  cursor.fail("a statement such as SELECT, CREATE TABLE or INSERT");
}

}  // namespace

void not_supported_yet(std::string_view statement) {
  throw bad_request("sql.notSupportedYet",
                    std::string(statement) + " is not supported in this version.");
}

void statement_not_allowed(std::string_view statement) {
  throw bad_request("sql.statementNotAllowed", std::string(statement) + " is not allowed here.");
}

Statement parse_statement(std::string_view sql) {
  const std::vector<Token> tokens = tokenize(sql);
  const std::size_t end = single_statement_end(tokens);
  if (end == 0) throw bad_request("sql.empty", "There is no statement.");
  check_complexity(tokens);
  Cursor cursor(sql, tokens, end);
  return parse_first_word(cursor);
}

}  // namespace ob::query
