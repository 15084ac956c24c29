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

AddColumns::Column added_column(Cursor& cursor) {
  AddColumns::Column column;
  column.path = parse_column_path(cursor);
  column.definition.name = column.path.back();
  cursor.accept_symbol(":");
  column.definition.type = cursor.type_text();
  for (;;) {
    if (cursor.next_is("not") || cursor.next_is("default") || cursor.next_is("generated"))
      throw bad_request("sql.notSupportedYet",
                        "A column that is added takes NULL and has no default: rows that are "
                        "there have no value for it.");
    if (cursor.accept("comment")) {
      column.definition.comment = cursor.text_literal("a comment");
    } else if (cursor.accept("first")) {
      column.first = true;
    } else if (cursor.accept("after")) {
      column.after = cursor.identifier("a column");
    } else {
      return column;
    }
  }
}

Statement add_columns(Cursor& cursor, QualifiedName name) {
  AddColumns add{std::move(name), {}};
  if (!cursor.accept("columns")) cursor.accept("column");
  const bool list = cursor.accept_symbol("(");
  do {
    add.columns.push_back(added_column(cursor));
  } while (cursor.accept_symbol(","));
  if (list) cursor.expect_symbol(")");
  cursor.expect_end("ALTER TABLE … ADD COLUMNS");
  return add;
}

Statement change_column(Cursor& cursor, QualifiedName name) {
  cursor.accept("column");
  ChangeColumn change{std::move(name), parse_column_path(cursor), {}, {}, {}};
  if (cursor.accept_words("set not null")) {
    change.nullable = false;
  } else if (cursor.accept_words("drop not null")) {
    change.nullable = true;
  } else if (change.path.size() == 1 && cursor.next_is("mask", 1)) {
    return parse_mask(cursor, std::move(change.name), std::move(change.path[0]));
  } else if (cursor.accept("comment")) {
    change.comment = cursor.text_literal("a comment");
  } else if (cursor.accept("type")) {
    change.type = cursor.type_text();
  } else {
    if (cursor.done()) cursor.fail("TYPE, SET NOT NULL, DROP NOT NULL or COMMENT");
    not_supported_yet("ALTER COLUMN … " + upper(cursor.peek().value));
  }
  cursor.expect_end("ALTER COLUMN");
  return change;
}

Statement add_constraint(Cursor& cursor, QualifiedName name) {
  for (std::string_view other : {"primary", "foreign", "unique"})
    if (cursor.next_is(other, 2)) not_supported_yet("The constraint " + upper(other));
  AddConstraint add{std::move(name), parse_check(cursor)};
  if (add.constraint.name.empty()) cursor.fail("CONSTRAINT and a name before CHECK");
  cursor.expect_end("ADD CONSTRAINT");
  return add;
}

Statement alter_table(Cursor& cursor, QualifiedName name) {
  if (cursor.accept("add")) {
    const bool check = cursor.next_is("check") && cursor.peek(1).is_symbol("(");
    return check || cursor.next_is("constraint") ? add_constraint(cursor, std::move(name))
                                                 : add_columns(cursor, std::move(name));
  }
  if (cursor.accept_words("drop constraint")) {
    DropConstraint drop{std::move(name), {}, cursor.accept_words("if exists")};
    drop.constraint = cursor.identifier("the constraint's name");
    cursor.expect_end("DROP CONSTRAINT");
    return drop;
  }
  if (cursor.accept("alter") || cursor.accept("change"))
    return change_column(cursor, std::move(name));
  if (cursor.next_is("row", 1) && cursor.next_is("filter", 2))
    return parse_row_filter(cursor, std::move(name));
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
  if (cursor.accept("function")) return parse_drop_function(cursor);
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
  if (cursor.accept("grants") || cursor.accept("grant")) return parse_show_grants(cursor);
  if (cursor.accept("functions") || cursor.accept_words("user functions"))
    return show_list(cursor, Show::What::functions);
  if (cursor.next_is("partitions")) not_supported_yet("SHOW PARTITIONS");
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
