// Functions of SQL, and the row filters and column masks made of them.
#include "base/error.h"
#include "query/parser.h"

namespace ob::query {

Statement parse_create_function(Cursor& cursor, bool or_replace) {
  CreateFunction create;
  create.or_replace = or_replace;
  create.if_not_exists = cursor.accept_words("if not exists");
  if (create.or_replace && create.if_not_exists)
    throw bad_request("sql.syntax", "OR REPLACE and IF NOT EXISTS exclude each other.");
  create.name = cursor.qualified_name("the function's name");
  cursor.expect_symbol("(");
  if (!cursor.accept_symbol(")")) {
    do {
      catalog::Function::Parameter parameter;
      parameter.name = cursor.identifier("a parameter");
      parameter.type = cursor.type_text();
      if (cursor.accept("comment")) cursor.text_literal("a comment");
      if (cursor.next_is("default")) not_supported_yet("DEFAULT of a parameter");
      create.parameters.push_back(std::move(parameter));
    } while (cursor.accept_symbol(","));
    cursor.expect_symbol(")");
  }
  for (;;) {
    if (cursor.accept("returns")) {
      if (cursor.next_is("table")) not_supported_yet("RETURNS TABLE");
      create.returns = cursor.type_text();
    } else if (cursor.accept("language")) {
      cursor.expect("sql");
    } else if (cursor.accept("comment")) {
      create.comment = cursor.text_literal("a comment");
    } else if (!cursor.accept("deterministic") && !cursor.accept_words("not deterministic") &&
               !cursor.accept_words("contains sql")) {
      break;
    }
  }
  cursor.expect("return");
  create.body = cursor.expression("an expression after RETURN", {}, false);
  cursor.expect_end("CREATE FUNCTION");
  return create;
}

Statement parse_drop_function(Cursor& cursor) {
  DropFunction drop;
  drop.if_exists = cursor.accept_words("if exists");
  drop.name = cursor.qualified_name("the function's name");
  cursor.expect_end("DROP FUNCTION");
  return drop;
}

Statement parse_row_filter(Cursor& cursor, QualifiedName table) {
  SetPolicy policy{std::move(table), "", {}, {}};
  if (cursor.accept_words("drop row filter")) {
    cursor.expect_end("DROP ROW FILTER");
    return policy;
  }
  cursor.expect("set");
  cursor.expect("row");
  cursor.expect("filter");
  policy.function = cursor.qualified_name("a function");
  cursor.expect("on");
  if (cursor.accept_symbol("(") && cursor.accept_symbol(")")) {
    cursor.expect_end("SET ROW FILTER");
    return policy;
  }
  policy.columns.push_back(cursor.identifier("a column"));
  while (cursor.accept_symbol(",")) policy.columns.push_back(cursor.identifier("a column"));
  cursor.expect_symbol(")");
  cursor.expect_end("SET ROW FILTER");
  return policy;
}

Statement parse_mask(Cursor& cursor, QualifiedName table, std::string column) {
  SetPolicy policy{std::move(table), std::move(column), {}, {}};
  policy.columns.push_back(policy.column);
  if (cursor.accept_words("drop mask")) {
    cursor.expect_end("DROP MASK");
    return policy;
  }
  cursor.expect("set");
  cursor.expect("mask");
  policy.function = cursor.qualified_name("a function");
  if (cursor.accept_words("using columns"))
    for (auto& name : cursor.identifier_list("a column")) policy.columns.push_back(std::move(name));
  cursor.expect_end("SET MASK");
  return policy;
}

}  // namespace ob::query
