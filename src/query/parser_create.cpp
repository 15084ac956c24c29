// CREATE and INSERT.
#include <utility>

#include "base/error.h"
#include "query/parser.h"

namespace ob::query {
namespace {

void refuse_column_option(Cursor& cursor) {
  for (std::string_view option :
       {"default", "generated", "primary", "unique", "references", "collate"})
    if (cursor.next_is(option))
      not_supported_yet("The column option " + upper(option) + " in CREATE TABLE");
}

void add_check(Cursor& cursor, CreateTable& create) {
  Constraint check = parse_check(cursor);
  if (check.name.empty()) check.name = "check_" + std::to_string(create.constraints.size() + 1);
  create.constraints.push_back(std::move(check));
}

ColumnDefinition column_definition(Cursor& cursor, CreateTable& create) {
  for (std::string_view constraint : {"primary", "unique", "foreign"})
    if (cursor.next_is(constraint) && (cursor.next_is("key", 1) || cursor.peek(1).is_symbol("(")))
      not_supported_yet("The table constraint " + upper(constraint) + " in CREATE TABLE");
  ColumnDefinition column;
  column.name = cursor.identifier("a column");
  cursor.accept_symbol(":");
  column.type = cursor.type_text();
  for (;;) {
    refuse_column_option(cursor);
    if (cursor.accept_words("not null")) {
      column.nullable = false;
    } else if (cursor.accept("comment")) {
      column.comment = cursor.text_literal("a comment");
    } else if (cursor.next_is("check") || cursor.next_is("constraint")) {
      add_check(cursor, create);
    } else if (!cursor.accept("null")) {
      return column;
    }
  }
}

bool starts_query(const Cursor& cursor) {
  for (std::string_view word : {"select", "with", "from", "values", "table", "pivot", "unpivot"})
    if (cursor.next_is(word)) return true;
  return cursor.next_is_symbol("(");
}

void table_clauses(Cursor& cursor, CreateTable& create) {
  while (!cursor.done()) {
    if (cursor.accept("using")) {
      const std::string format = cursor.identifier("a format");
      if (!equals_ignoring_case(format, "delta"))
        throw bad_request("sql.notSupportedYet",
                          "Tables are stored as Delta: USING " + upper(format) +
                              " is not supported. Leave USING out or write USING DELTA.");
    } else if (cursor.accept_words("partitioned by")) {
      create.partition_columns = cursor.identifier_list("a partition column");
    } else if (cursor.accept("location")) {
      create.location = cursor.text_literal("a location");
    } else if (cursor.accept("comment")) {
      create.comment = cursor.text_literal("a comment");
    } else if (cursor.accept("tblproperties")) {
      create.properties = cursor.property_list();
    } else if (cursor.next_is("cluster") || cursor.next_is("clustered")) {
      not_supported_yet("CLUSTER BY in CREATE TABLE");
    } else {
      const bool as = cursor.accept("as");
      if (!starts_query(cursor)) cursor.fail(as ? "a query after AS" : "AS and a query");
      create.query = cursor.rest();
    }
  }
}

Statement create_table(Cursor& cursor, bool or_replace) {
  CreateTable create;
  create.or_replace = or_replace;
  create.if_not_exists = cursor.accept_words("if not exists");
  if (create.or_replace && create.if_not_exists)
    throw bad_request("sql.syntax", "OR REPLACE and IF NOT EXISTS exclude each other.");
  create.name = cursor.qualified_name("the table's name");
  if (cursor.next_is("like") || cursor.next_is("shallow") || cursor.next_is("deep"))
    not_supported_yet("CREATE TABLE … " + upper(cursor.peek().value));
  if (cursor.next_is_symbol("(")) {
    cursor.skip();
    do {
      const bool check = (cursor.next_is("check") && cursor.peek(1).is_symbol("(")) ||
                         (cursor.next_is("constraint") && cursor.next_is("check", 2));
      if (check) {
        add_check(cursor, create);
      } else {
        create.columns.push_back(column_definition(cursor, create));
      }
    } while (cursor.accept_symbol(","));
    cursor.expect_symbol(")");
  }
  table_clauses(cursor, create);
  if (!create.query.empty() && !create.columns.empty())
    throw bad_request("sql.syntax",
                      "CREATE TABLE … AS takes its columns from the query: leave the list out.");
  return create;
}

Statement create_view(Cursor& cursor, bool or_replace) {
  CreateView create;
  create.or_replace = or_replace;
  create.if_not_exists = cursor.accept_words("if not exists");
  if (create.or_replace && create.if_not_exists)
    throw bad_request("sql.syntax", "OR REPLACE and IF NOT EXISTS exclude each other.");
  create.name = cursor.qualified_name("the view's name");
  if (cursor.accept_symbol("(")) {
    do {
      create.columns.push_back(cursor.identifier("a column"));
      if (cursor.accept("comment")) cursor.text_literal("a comment");
    } while (cursor.accept_symbol(","));
    cursor.expect_symbol(")");
  }
  if (cursor.accept("comment")) create.comment = cursor.text_literal("a comment");
  cursor.expect("as");
  if (!starts_query(cursor)) cursor.fail("a query after AS");
  create.query = cursor.rest();
  return create;
}

Statement create_container(Cursor& cursor, ObjectKind kind, std::string_view what) {
  CreateContainer create;
  create.kind = kind;
  create.if_not_exists = cursor.accept_words("if not exists");
  create.name = cursor.qualified_name("the name");
  if (cursor.accept("comment")) create.comment = cursor.text_literal("a comment");
  if (cursor.next_is("location") || cursor.next_is("managed"))
    not_supported_yet("LOCATION in CREATE " + std::string(what));
  cursor.expect_end("CREATE " + std::string(what));
  return create;
}

}  // namespace

Statement parse_create(Cursor& cursor) {
  cursor.skip();
  const bool or_replace = cursor.accept_words("or replace");
  if (cursor.accept("table")) return create_table(cursor, or_replace);
  if (cursor.accept("view")) return create_view(cursor, or_replace);
  if (cursor.accept("function")) return parse_create_function(cursor, or_replace);
  if (or_replace && !cursor.done())
    statement_not_allowed("CREATE OR REPLACE " + upper(cursor.peek().value));
  if (cursor.accept("catalog")) return create_container(cursor, ObjectKind::catalog, "CATALOG");
  if (cursor.accept("schema") || cursor.accept("database"))
    return create_container(cursor, ObjectKind::schema, "SCHEMA");
  if (cursor.accept("volume")) return create_container(cursor, ObjectKind::volume, "VOLUME");
  if (cursor.done()) cursor.fail("TABLE, VIEW, FUNCTION, SCHEMA, CATALOG or VOLUME");
  statement_not_allowed("CREATE " + upper(cursor.peek().value));
}

Constraint parse_check(Cursor& cursor) {
  Constraint out;
  if (cursor.accept("constraint")) out.name = cursor.identifier("the constraint's name");
  cursor.expect("check");
  cursor.expect_symbol("(");
  out.condition = cursor.expression("a condition", {}, false);
  cursor.expect_symbol(")");
  return out;
}

}  // namespace ob::query
