// DELETE, UPDATE and MERGE.
#include "base/error.h"
#include "engine/engine.h"
#include "query/parser.h"

namespace ob::query {
namespace {

constexpr std::size_t max_clauses = 100;
constexpr std::size_t max_path_parts = 50;

bool is_name(const Token& token) {
  return token.kind == TokenKind::word || token.kind == TokenKind::identifier;
}

// [AS] alias, unless one of `stops` comes.
std::string alias(Cursor& cursor, std::initializer_list<std::string_view> stops) {
  const bool as = cursor.accept("as");
  if (!as && (cursor.done() || !is_name(cursor.peek()))) return {};
  for (std::string_view stop : stops) {
    if (!cursor.next_is(stop)) continue;
    if (as) cursor.fail("an alias");  // a forgotten one would make "AS WHERE" delete all rows
    return {};
  }
  return cursor.identifier("an alias");
}

std::vector<Assignment> assignments(Cursor& cursor, Cursor::Stops stops) {
  std::vector<Assignment> set;
  do {
    Assignment assignment;
    assignment.column = parse_column_path(cursor);
    cursor.expect_symbol("=");
    if (cursor.next_is("default")) not_supported_yet("SET … = DEFAULT");
    assignment.value = cursor.expression("a value", stops, true);
    set.push_back(std::move(assignment));
  } while (cursor.accept_symbol(","));
  return set;
}

std::string where(Cursor& cursor) {
  if (!cursor.accept("where")) return {};
  return cursor.expression("a condition", {}, false);
}

// USING t [VERSION AS OF n], USING (SELECT …)
void merge_source(Cursor& cursor, Merge& merge) {
  if (cursor.next_is_symbol("(")) {
    merge.source = cursor.bracketed();
  } else {
    const std::size_t begin = cursor.mark();
    merge.source_name = cursor.qualified_name("a table or a query in brackets");
    const std::size_t ahead = cursor.next_is("for") ? 1 : 0;
    if ((cursor.next_is("version", ahead) || cursor.next_is("timestamp", ahead)) &&
        cursor.next_is("as", ahead + 1) && cursor.next_is("of", ahead + 2))
      for (std::size_t i = 0; i < ahead + 4; ++i) cursor.skip();
    merge.source = cursor.between(begin);
  }
  merge.source_alias = alias(cursor, {"on"});
  if (merge.source_alias.empty() || !cursor.next_is_symbol("(")) return;
  std::string columns;  // AS s(a, b)
  for (const std::string& column : cursor.identifier_list("a column"))
    columns += (columns.empty() ? "" : ", ") + engine::quote_identifier(column);
  merge.source = "(SELECT * FROM " + merge.source + " AS __ob_columns(" + columns + "))";
  merge.source_name.parts.clear();
}

void merge_insert(Cursor& cursor, MergeClause& clause) {
  if (cursor.accept_symbol("*")) {
    clause.all = true;
    return;
  }
  cursor.expect_symbol("(");
  do {
    clause.set.push_back({parse_column_path(cursor), {}});
  } while (cursor.accept_symbol(","));
  cursor.expect_symbol(")");
  cursor.expect("values");
  cursor.expect_symbol("(");
  for (std::size_t i = 0; i < clause.set.size(); ++i) {
    if (i > 0) cursor.expect_symbol(",");
    if (cursor.next_is("default")) not_supported_yet("DEFAULT in MERGE");
    clause.set[i].value = cursor.expression("a value", {}, true);
  }
  cursor.expect_symbol(")");
}

void merge_action(Cursor& cursor, MergeClause& clause) {
  using enum MergeClause::When;
  if (clause.when == not_matched) {
    cursor.expect("insert");
    clause.then = MergeClause::Then::insert;
    return merge_insert(cursor, clause);
  }
  if (cursor.accept("delete")) {
    clause.then = MergeClause::Then::remove;
    return;
  }
  if (!cursor.accept("update")) cursor.fail("UPDATE or DELETE");
  cursor.expect("set");
  clause.then = MergeClause::Then::update;
  if (clause.when == matched && cursor.accept_symbol("*")) {
    clause.all = true;
  } else {
    clause.set = assignments(cursor, {"when"});
  }
}

MergeClause merge_clause(Cursor& cursor) {
  cursor.expect("when");
  MergeClause clause;
  using enum MergeClause::When;
  if (cursor.accept("matched")) {
    clause.when = matched;
  } else if (cursor.accept_words("not matched by source")) {
    clause.when = not_matched_by_source;
  } else if (cursor.accept_words("not matched")) {
    clause.when = not_matched;
    cursor.accept_words("by target");
  } else {
    cursor.fail("MATCHED or NOT MATCHED");
  }
  if (cursor.accept("and")) clause.condition = cursor.expression("a condition", {"then"}, false);
  cursor.expect("then");
  merge_action(cursor, clause);
  return clause;
}

// Only the last clause of a kind may be without a condition: those after it could never apply.
void check_reachable(const std::vector<MergeClause>& clauses) {
  for (std::size_t i = 0; i < clauses.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (clauses[j].when == clauses[i].when && clauses[j].condition.empty())
        throw bad_request("sql.syntax",
                          "A WHEN clause without a condition must be the last of its kind.");
}

}  // namespace

std::vector<std::string> parse_column_path(Cursor& cursor) {
  std::vector<std::string> parts;
  do {
    parts.push_back(cursor.identifier("a column"));
    if (parts.size() > max_path_parts) cursor.fail("a column's name of at most 50 parts");
  } while (cursor.accept_symbol("."));
  return parts;
}

Statement parse_delete(Cursor& cursor) {
  cursor.skip();
  cursor.expect("from");
  Delete statement;
  statement.table.name = cursor.qualified_name("a table");
  statement.table.alias = alias(cursor, {"where", "using"});
  if (cursor.next_is("using"))
    throw bad_request("sql.notSupportedYet",
                      "DELETE … USING is not supported: use WHERE EXISTS (…) or MERGE.");
  statement.where = where(cursor);
  cursor.expect_end("DELETE");
  return statement;
}

Statement parse_update(Cursor& cursor) {
  cursor.skip();
  if (cursor.next_is("extensions")) statement_not_allowed("UPDATE EXTENSIONS");
  Update statement;
  statement.table.name = cursor.qualified_name("a table");
  statement.table.alias = alias(cursor, {"set"});
  cursor.expect("set");
  statement.set = assignments(cursor, {"where", "from"});
  if (cursor.next_is("from"))
    throw bad_request("sql.notSupportedYet", "UPDATE … FROM is not supported: use MERGE.");
  statement.where = where(cursor);
  cursor.expect_end("UPDATE");
  return statement;
}

Statement parse_merge(Cursor& cursor) {
  cursor.skip();
  Merge merge;
  if (cursor.accept_words("with schema evolution")) merge.evolve = true;
  cursor.expect("into");
  merge.table.name = cursor.qualified_name("a table");
  merge.table.alias = alias(cursor, {"using"});
  cursor.expect("using");
  merge_source(cursor, merge);
  cursor.expect("on");
  merge.on = cursor.expression("a condition", {"when"}, false);
  do {
    merge.clauses.push_back(merge_clause(cursor));
    if (merge.clauses.size() > max_clauses)
      throw bad_request("sql.tooComplex", "MERGE takes at most 100 WHEN clauses.");
  } while (!cursor.done());
  check_reachable(merge.clauses);
  return merge;
}

}  // namespace ob::query
