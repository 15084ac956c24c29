// DROP, UNDROP, ALTER, COMMENT, SHOW and DESCRIBE.
#include "base/error.h"
#include "query/parser.h"

namespace ob::query {
namespace {

ObjectKind object_kind(Cursor& cursor, std::string_view verb) {
  if (cursor.accept("table")) return ObjectKind::table;
  if (cursor.accept("view")) return ObjectKind::view;
  if (cursor.accept("schema") || cursor.accept("database")) return ObjectKind::schema;
  if (cursor.accept("catalog")) return ObjectKind::catalog;
  if (cursor.accept("volume")) return ObjectKind::volume;
  if (cursor.done()) cursor.fail("TABLE, VIEW, SCHEMA, CATALOG or VOLUME");
  statement_not_allowed(std::string(verb) + " " + upper(cursor.peek().value));
}

std::string show_pattern(Cursor& cursor) {
  if (!cursor.accept("like") && cursor.peek().kind != TokenKind::string) return {};
  return cursor.text_literal("a pattern");
}

std::optional<QualifiedName> show_in(Cursor& cursor) {
  if (!cursor.accept("in") && !cursor.accept("from")) return std::nullopt;
  return cursor.qualified_name("a name");
}

Statement show_list(Cursor& cursor, Show::What what) {
  Show show;
  show.what = what;
  show.in = show_in(cursor);
  show.pattern = show_pattern(cursor);
  cursor.expect_end("SHOW");
  return show;
}

Statement show_table(Cursor& cursor, Show::What what) {
  Show show;
  show.what = what;
  show.in = cursor.qualified_name("a table");
  if (what == Show::What::columns && (cursor.accept("in") || cursor.accept("from"))) {
    QualifiedName schema = cursor.qualified_name("a schema");
    schema.parts.push_back(show.in->parts.back());
    show.in = schema;
  }
  if (what == Show::What::properties && cursor.accept_symbol("(")) {
    show.pattern = cursor.property_key();
    cursor.expect_symbol(")");
  }
  cursor.expect_end("SHOW");
  return show;
}

Statement alter_table(Cursor& cursor, QualifiedName name) {
  SetProperties set{std::move(name), {}};
  if (cursor.accept_words("set tblproperties")) {
    for (auto& [key, value] : cursor.property_list()) set.properties.emplace(key, value);
  } else if (cursor.accept_words("unset tblproperties")) {
    cursor.accept_words("if exists");
    cursor.expect_symbol("(");
    do {
      set.properties.emplace(cursor.property_key(), std::nullopt);
    } while (cursor.accept_symbol(","));
    cursor.expect_symbol(")");
  } else {
    if (cursor.done()) cursor.fail("RENAME TO or SET TBLPROPERTIES");
    std::string what = "ALTER TABLE … " + upper(cursor.peek().value);
    if (cursor.peek(1).kind == TokenKind::word) what += " " + upper(cursor.peek(1).value);
    not_supported_yet(what);
  }
  cursor.expect_end("ALTER TABLE");
  return set;
}

}  // namespace

Statement parse_drop(Cursor& cursor) {
  if (cursor.accept("undrop")) {
    cursor.expect("table");
    Undrop undrop{cursor.qualified_name("a table")};
    cursor.expect_end("UNDROP TABLE");
    return undrop;
  }
  cursor.skip();
  Drop drop;
  drop.kind = object_kind(cursor, "DROP");
  drop.if_exists = cursor.accept_words("if exists");
  drop.name = cursor.qualified_name("a name");
  if (cursor.accept("cascade")) {
    drop.cascade = true;
  } else if (!cursor.accept("restrict")) {
    cursor.accept("purge");
  }
  cursor.expect_end("DROP");
  return drop;
}

Statement parse_alter(Cursor& cursor) {
  cursor.skip();
  const ObjectKind kind = object_kind(cursor, "ALTER");
  QualifiedName name = cursor.qualified_name("a name");
  if (cursor.accept_words("rename to")) {
    Rename rename{kind, std::move(name), cursor.qualified_name("the new name")};
    cursor.expect_end("ALTER … RENAME");
    return rename;
  }
  if (kind == ObjectKind::table) return alter_table(cursor, std::move(name));
  if (cursor.done()) cursor.fail("RENAME TO");
  not_supported_yet("ALTER … " + upper(cursor.peek().value));
}

Statement parse_comment(Cursor& cursor) {
  cursor.skip();
  cursor.expect("on");
  if (cursor.next_is("column")) not_supported_yet("COMMENT ON COLUMN");
  Comment comment;
  comment.kind = object_kind(cursor, "COMMENT ON");
  comment.name = cursor.qualified_name("a name");
  cursor.expect("is");
  if (!cursor.accept("null")) comment.text = cursor.text_literal("a comment");
  cursor.expect_end("COMMENT ON");
  return comment;
}

Statement parse_show(Cursor& cursor) {
  cursor.skip();
  if (cursor.accept("catalogs")) return show_list(cursor, Show::What::catalogs);
  if (cursor.accept("schemas") || cursor.accept("databases"))
    return show_list(cursor, Show::What::schemas);
  if (cursor.accept("tables")) return show_list(cursor, Show::What::tables);
  if (cursor.accept("views")) return show_list(cursor, Show::What::views);
  if (cursor.accept("volumes")) return show_list(cursor, Show::What::volumes);
  if (cursor.accept("columns")) {
    if (!cursor.accept("in") && !cursor.accept("from")) cursor.fail("IN and a table");
    return show_table(cursor, Show::What::columns);
  }
  if (cursor.accept_words("create table")) return show_table(cursor, Show::What::create_table);
  if (cursor.accept("tblproperties")) return show_table(cursor, Show::What::properties);
  for (std::string_view later : {"grants", "partitions", "functions"})
    if (cursor.next_is(later)) not_supported_yet("SHOW " + upper(later));
  if (cursor.done()) cursor.fail("TABLES, SCHEMAS, CATALOGS, VIEWS, VOLUMES or COLUMNS");
  statement_not_allowed("SHOW " + upper(cursor.peek().value));
}

Statement parse_describe(Cursor& cursor) {
  const std::size_t begin = cursor.mark();
  cursor.skip();
  for (std::string_view word : {"select", "with", "from", "values"})
    if (cursor.next_is(word)) return SelectStatement{cursor.rest_from(begin)};
  if (cursor.next_is_symbol("(")) return SelectStatement{cursor.rest_from(begin)};
  if (cursor.next_is("query")) {
    const std::size_t at = cursor.rest_from(begin).find_first_not_of(" \n");
    cursor.skip();
    std::string text = cursor.rest();
    if (!text.empty()) text.replace(at, 4, "DESC");
    return SelectStatement{std::move(text)};
  }

  Describe describe;
  const bool named = cursor.peek(1).kind != TokenKind::end && !cursor.peek(1).is_symbol(".");
  if (named && cursor.accept("detail")) {
    describe.what = Describe::What::detail;
  } else if (named && cursor.accept("history")) {
    describe.what = Describe::What::history;
  } else if (named && (cursor.accept("schema") || cursor.accept("database"))) {
    describe.what = Describe::What::schema;
  } else if (named && cursor.accept("catalog")) {
    describe.what = Describe::What::catalog;
  } else if (named) {
    cursor.accept("table");
  }
  if (cursor.peek(1).kind != TokenKind::end && !cursor.peek(1).is_symbol("."))
    describe.extended = cursor.accept("extended") || cursor.accept("formatted");
  describe.name = cursor.qualified_name("a name");
  if (describe.what == Describe::What::history && cursor.accept("limit"))
    describe.limit = cursor.integer_literal("a number after LIMIT");
  cursor.expect_end("DESCRIBE");
  return describe;
}

}  // namespace ob::query
