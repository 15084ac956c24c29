// INSERT.
#include "base/error.h"
#include "query/parser.h"

namespace ob::query {
namespace {

// A literal's text, for a cast; nullopt: NULL.
std::optional<std::string> literal_text(Cursor& cursor) {
  if (cursor.accept("null")) return std::nullopt;
  if (cursor.next_is("date") || cursor.next_is("timestamp") || cursor.next_is("timestamp_ntz"))
    cursor.skip();
  const std::string sign = cursor.accept_symbol("-") ? "-" : "";
  const Token& token = cursor.peek();
  if (token.kind != TokenKind::string && token.kind != TokenKind::number &&
      !token.is_word("true") && !token.is_word("false"))
    cursor.fail("a literal");
  std::string text = sign + token.value;
  cursor.skip();
  return text;
}

std::vector<PartitionColumn> partition(Cursor& cursor) {
  std::vector<PartitionColumn> out;
  cursor.expect_symbol("(");
  do {
    PartitionColumn column{cursor.identifier("a partition column"), false, {}};
    column.fixed = cursor.accept_symbol("=");
    if (column.fixed) column.value = literal_text(cursor);
    out.push_back(std::move(column));
  } while (cursor.accept_symbol(","));
  cursor.expect_symbol(")");
  return out;
}

bool starts_query(const Cursor& cursor, std::size_t ahead) {
  for (std::string_view word : {"select", "with", "from", "values", "table", "pivot", "unpivot"})
    if (cursor.next_is(word, ahead)) return true;
  return cursor.peek(ahead).is_symbol("(");
}

void columns(Cursor& cursor, Insert& insert) {
  insert.by_name = cursor.accept_words("by name");
  if (insert.by_name || !cursor.next_is_symbol("(")) return;
  if (!starts_query(cursor, 1)) insert.columns = cursor.identifier_list("a column");
  if (cursor.next_is("by")) cursor.fail("either a list of columns or BY NAME");
}

}  // namespace

Statement parse_insert(Cursor& cursor) {
  cursor.skip();
  Insert insert;
  insert.evolve = cursor.accept_words("with schema evolution");
  insert.overwrite = cursor.accept("overwrite");
  if (!insert.overwrite) {
    if (cursor.next_is("or")) statement_not_allowed("INSERT OR …");
    cursor.expect("into");
  } else {
    cursor.accept("into");
  }
  cursor.accept("table");
  insert.name = cursor.qualified_name("a table");
  if (cursor.accept("partition")) insert.partition = partition(cursor);
  columns(cursor, insert);
  if (cursor.next_is("replace")) {
    if (!cursor.accept_words("replace where")) not_supported_yet("INSERT … REPLACE without WHERE");
    if (insert.overwrite || !insert.partition.empty())
      throw bad_request("sql.syntax", "REPLACE WHERE goes with INSERT INTO, without PARTITION.");
    insert.replace_where =
        cursor.expression("a condition", {"select", "with", "values", "table", "by"}, false);
    if (!insert.by_name && insert.columns.empty()) columns(cursor, insert);
  }
  if (cursor.next_is("default")) not_supported_yet("INSERT … DEFAULT VALUES");
  if (!starts_query(cursor, 0)) cursor.fail("a query or VALUES");
  insert.query = insert.replace_where.empty() ? cursor.rest() : cursor.rest_numbered();
  return insert;
}

}  // namespace ob::query
