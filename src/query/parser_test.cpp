#include <gtest/gtest.h>

#include "base/error.h"
#include "query/normalise.h"
#include "query/statements.h"

namespace ob::query {
namespace {

template <class T>
T parsed(std::string_view sql) {
  Statement statement = parse_statement(sql);
  EXPECT_TRUE(std::holds_alternative<T>(statement)) << sql;
  return std::get<T>(std::move(statement));
}

std::string error_id(std::string_view sql) {
  try {
    parse_statement(sql);
  } catch (const Error& error) {
    return error.id();
  }
  return "none";
}

std::string error_text(std::string_view sql) {
  try {
    parse_statement(sql);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(Parser, CreateTable) {
  const auto create = parsed<CreateTable>(
      "CREATE TABLE IF NOT EXISTS main.sales.`order items` ("
      "  id BIGINT NOT NULL COMMENT 'the ''id''', tags ARRAY<STRING>,"
      "  s STRUCT<a: INT, b: DECIMAL(10, 2)>, m MAP<STRING, ARRAY<INT>> )"
      " USING DELTA PARTITIONED BY (id) COMMENT \"all\" TBLPROPERTIES ('a.b' = 'c', d.e = 5);");
  EXPECT_EQ(create.name.parts, (std::vector<std::string>{"main", "sales", "order items"}));
  EXPECT_TRUE(create.if_not_exists);
  ASSERT_EQ(create.columns.size(), 4U);
  EXPECT_FALSE(create.columns[0].nullable);
  EXPECT_EQ(create.columns[0].comment, "the 'id'");
  EXPECT_EQ(create.columns[2].type, "STRUCT<a: INT, b: DECIMAL(10, 2)>");
  EXPECT_EQ(create.columns[3].type, "MAP<STRING, ARRAY<INT>>");
  EXPECT_EQ(create.partition_columns, std::vector<std::string>{"id"});
  EXPECT_EQ(create.comment, "all");
  EXPECT_EQ(create.properties.at("d.e"), "5");
  const auto as =
      parsed<CreateTable>("create or replace table t partitioned by (a) as select 1 a, ';' b");
  EXPECT_TRUE(as.or_replace);
  // Blanks stand for what precedes a query, so that places in it are those in the statement.
  EXPECT_EQ(as.query, std::string(48, ' ') + "select 1 a, ';' b");
  EXPECT_EQ(parsed<CreateTable>("create table `ä` as\nselect 1").query,
            std::string(19, ' ') + "\nselect 1");
}

TEST(Parser, OtherStatements) {
  EXPECT_EQ(
      parsed<CreateView>("create view v (a, b comment 'x') comment 'y' as from t").columns.size(),
      2U);
  EXPECT_EQ(parsed<CreateContainer>("create database if not exists c.s comment 'x'").kind,
            ObjectKind::schema);
  EXPECT_TRUE(parsed<Drop>("drop schema if exists s cascade").cascade);
  EXPECT_EQ(parsed<Drop>("drop view v").kind, ObjectKind::view);
  EXPECT_EQ(parsed<Undrop>("undrop table a.b.c").name.parts.size(), 3U);
  EXPECT_EQ(parsed<Truncate>("truncate table t").name.parts[0], "t");
  EXPECT_EQ(parsed<Rename>("alter table t rename to u").fresh.parts[0], "u");
  EXPECT_EQ(parsed<Comment>("comment on table t is null").text, "");
  EXPECT_EQ(parsed<SetProperties>("alter table t set tblproperties ('a'='b')").properties.size(),
            1U);
  EXPECT_EQ(parsed<SetProperties>("alter table t unset tblproperties ('a')").properties.at("a"),
            std::nullopt);
  EXPECT_EQ(parsed<Show>("show tables in a.b like 'x*'").pattern, "x*");
  EXPECT_EQ(parsed<Show>("show columns in t in s").in->parts.size(), 2U);
  EXPECT_EQ(parsed<Describe>("describe history t limit 3").limit, 3);
  EXPECT_EQ(parsed<Describe>("desc history").what, Describe::What::table);
  EXPECT_EQ(parsed<Describe>("desc detail.t").what, Describe::What::table);
  EXPECT_TRUE(parsed<Describe>("describe table extended t").extended);
  EXPECT_EQ(parsed<Describe>("describe extended").name.parts[0], "extended");
  EXPECT_TRUE(parsed<Explain>("explain analyze select 1").analyze);
  EXPECT_EQ(parsed<SelectStatement>("describe select 1").sql, "describe select 1");
  EXPECT_EQ(parsed<SelectStatement>(" /* c */ with x as (select 1) from x ; ; ").sql,
            std::string(9, ' ') + "with x as (select 1) from x");
}

TEST(Parser, Insert) {
  EXPECT_EQ(parsed<Insert>("insert into t (a, b) values (1, 2)").columns.size(), 2U);
  EXPECT_EQ(parsed<Insert>("insert into t (select 1)").query, std::string(14, ' ') + "(select 1)");
  EXPECT_TRUE(parsed<Insert>("insert into table t by name select 1 a").by_name);
  EXPECT_TRUE(parsed<Insert>("insert overwrite t select 1").overwrite);
  EXPECT_TRUE(parsed<Insert>("insert overwrite table t values (1)").overwrite);
  const auto part = parsed<Insert>(
      "insert overwrite t partition (a = 'x', b = -1, c = null, d) (e, f) select 1, 2, 3");
  ASSERT_EQ(part.partition.size(), 4U);
  EXPECT_EQ(part.partition[0].value, "x");
  EXPECT_EQ(part.partition[1].value, "-1");
  EXPECT_TRUE(part.partition[2].fixed && !part.partition[2].value);
  EXPECT_FALSE(part.partition[3].fixed);
  EXPECT_EQ(part.columns.size(), 2U);
  EXPECT_EQ(part.query, std::string(67, ' ') + "select 1, 2, 3");
  const auto where = parsed<Insert>("insert into t replace where a > 1 and b in (1, 2) table u");
  EXPECT_EQ(where.replace_where, "a > 1 and b in (1, 2)");
  EXPECT_EQ(where.query, "table u");
  const auto asked = parsed<Insert>("insert into t replace where a > ? select ?, ?, 'x ? y'");
  EXPECT_EQ(asked.replace_where, "a > $1");
  EXPECT_EQ(asked.query, "select $2, $3, 'x ? y'");
  EXPECT_TRUE(parsed<Insert>("insert with schema evolution into t by name select 1 a").evolve);
  for (const char* wrong :
       {"insert into t partition (a = b) select 1", "insert into t partition () select 1",
        "insert overwrite t replace where a select 1", "insert into t replace where select 1",
        "insert into t replace where a = (1 select 1"})
    EXPECT_EQ(error_id(wrong), "sql.syntax") << wrong;
}

TEST(Parser, ConstraintsAndColumns) {
  const auto table = parsed<CreateTable>(
      "create table t (a int check (a > 0) not null, check int, constraint pos check (a < (9)))");
  EXPECT_EQ(table.columns.size(), 2U);
  EXPECT_FALSE(table.columns[0].nullable);
  ASSERT_EQ(table.constraints.size(), 2U);
  EXPECT_EQ(table.constraints[0].name, "check_1");
  EXPECT_EQ(table.constraints[0].condition, "a > 0");
  EXPECT_EQ(table.constraints[1].name, "pos");
  EXPECT_EQ(table.constraints[1].condition, "a < (9)");
  const auto add = parsed<AddConstraint>("alter table a.t add constraint c check (x in (1, 2))");
  EXPECT_EQ(add.constraint.condition, "x in (1, 2)");
  EXPECT_EQ(parsed<AddConstraint>("alter table t add constraint c check ( a -- b\n > 1 -- c\n )")
                .constraint.condition,
            "a -- b\n > 1");
  EXPECT_TRUE(parsed<DropConstraint>("alter table t drop constraint if exists c").if_exists);
  const auto columns = parsed<AddColumns>(
      "alter table t add columns (a int comment 'x' first, s.f array<int> after g, c string)");
  ASSERT_EQ(columns.columns.size(), 3U);
  EXPECT_TRUE(columns.columns[0].first);
  EXPECT_EQ(columns.columns[1].path.size(), 2U);
  EXPECT_EQ(columns.columns[1].definition.type, "array<int>");
  EXPECT_EQ(columns.columns[1].after, "g");
  EXPECT_EQ(parsed<AddColumns>("alter table t add column a int").columns.size(), 1U);
  EXPECT_EQ(parsed<ChangeColumn>("alter table t alter column a set not null").nullable, false);
  EXPECT_EQ(parsed<ChangeColumn>("alter table t change column a drop not null").nullable, true);
  EXPECT_EQ(parsed<ChangeColumn>("alter table t alter a type decimal(9, 2)").type, "decimal(9, 2)");
  EXPECT_EQ(error_id("alter table t add constraint check (a > 1)"), "sql.syntax");
  EXPECT_EQ(error_id("alter table t add check (a > 1)"), "sql.syntax");
  EXPECT_EQ(error_id("alter table t add constraint c check (a > 1) b"), "sql.syntax");
}

TEST(Parser, Delete) {
  const auto some = parsed<Delete>("delete from a.b.t as x where (x.a = 1 /* c */ or b[1] > 2) ;");
  EXPECT_EQ(some.table.name.parts.size(), 3U);
  EXPECT_EQ(some.table.alias, "x");
  EXPECT_EQ(some.where, "(x.a = 1 /* c */ or b[1] > 2)");
  EXPECT_EQ(parsed<Delete>("delete from t").where, "");
  EXPECT_EQ(parsed<Delete>("delete from t x").table.alias, "x");
  for (const char* wrong :
       {"delete t", "delete from t where", "delete from t where a = 1) or (true",
        "delete from t where a = (1", "delete from t where a = {'x': 1]", "delete from t as where",
        "delete from t where b = 1 )", "delete from t x y where true"})
    EXPECT_EQ(error_id(wrong), "sql.syntax") << wrong;
}

TEST(Parser, Update) {
  const auto update = parsed<Update>(
      "update t a set a.x = case when y then 1 end, `s p`.f.g = f(1, 2), z = [1, 2] where x in "
      "(select 1 from u where true)");
  ASSERT_EQ(update.set.size(), 3U);
  EXPECT_EQ(update.set[0].column, (std::vector<std::string>{"a", "x"}));
  EXPECT_EQ(update.set[0].value, "case when y then 1 end");
  EXPECT_EQ(update.set[1].column, (std::vector<std::string>{"s p", "f", "g"}));
  EXPECT_EQ(update.set[1].value, "f(1, 2)");
  EXPECT_EQ(update.where, "x in (select 1 from u where true)");
  const auto asked = parsed<Update>("update t set a = ?, b = f(?, '?') where c = ? and ? > d");
  EXPECT_EQ(asked.set[1].value, "f($2, '?')");
  EXPECT_EQ(asked.where, "c = $3 and $4 > d");
  EXPECT_EQ(error_id("update t set"), "sql.syntax");
  EXPECT_EQ(error_id("update t set a = 1,"), "sql.syntax");
  EXPECT_EQ(error_id("update t set a"), "sql.syntax");
  EXPECT_EQ(error_id("update t where true"), "sql.syntax");
}

TEST(Parser, Merge) {
  const auto merge = parsed<Merge>(
      "merge into a.t as t using (select 1 as id, ')' as b) s on t.id = s.id "
      "when matched and case when t.a then true else false end then update set t.a = s.a, b = 2 "
      "when matched then delete when not matched and s.id > 1 then insert (id, b) values (s.id, "
      "(1 + 2)) when not matched by target then insert * "
      "when not matched by source then update set a = 1");
  EXPECT_EQ(merge.table.alias, "t");
  EXPECT_EQ(merge.source, "(select 1 as id, ')' as b)");
  EXPECT_EQ(merge.source_alias, "s");
  EXPECT_EQ(merge.on, "t.id = s.id");
  ASSERT_EQ(merge.clauses.size(), 5U);
  EXPECT_EQ(merge.clauses[0].condition, "case when t.a then true else false end");
  EXPECT_EQ(merge.clauses[0].set.size(), 2U);
  EXPECT_EQ(merge.clauses[1].then, MergeClause::Then::remove);
  EXPECT_EQ(merge.clauses[2].set[1].value, "(1 + 2)");
  EXPECT_TRUE(merge.clauses[3].all);
  EXPECT_EQ(merge.clauses[4].when, MergeClause::When::not_matched_by_source);
  const auto named = parsed<Merge>(
      "merge into t using b.c.u version as of 3 as u on true when matched then update set *");
  EXPECT_EQ(named.source, "b.c.u version as of 3");
  EXPECT_EQ(named.source_name.parts.size(), 3U);
  EXPECT_EQ(named.source_alias, "u");
  EXPECT_TRUE(named.clauses[0].all);
  EXPECT_EQ(
      parsed<Merge>("merge into t using u s(a, `b c`) on true when matched then delete").source,
      "(SELECT * FROM u AS __ob_columns(\"a\", \"b c\"))");
  for (const char* wrong :
       {"merge into t using u on true", "merge into t using u when matched then delete",
        "merge into t using u on true when matched then insert *",
        "merge into t using u on true when not matched then delete",
        "merge into t using u on true when not matched by source then update set *",
        "merge into t using u on true when matched then delete when matched then delete",
        "merge into t using u on true when not matched then insert (a, b) values (1)",
        "merge into t using u on true when not matched then insert (a) values (1, 2)"})
    EXPECT_EQ(error_id(wrong), "sql.syntax") << wrong;
}

TEST(Parser, NotAllowed) {
  for (const char* sql : {"copy t to 'x'",
                          "attach 'x'",
                          "detach x",
                          "install httpfs",
                          "load httpfs",
                          "set x = 1",
                          "reset x",
                          "pragma version",
                          "call pragma_version()",
                          "export database 'x'",
                          "import database 'x'",
                          "checkpoint",
                          "force checkpoint",
                          "prepare p as select 1",
                          "execute p",
                          "deallocate p",
                          "begin",
                          "commit",
                          "rollback",
                          "start transaction",
                          "create secret s (type s3)",
                          "create macro m() as 1",
                          "create sequence s",
                          "create type t as int",
                          "create index i on t (a)",
                          "create temp table t (a int)",
                          "create or replace temporary view v as select 1",
                          "drop macro m",
                          "drop secret s",
                          "show settings",
                          "show all tables",
                          "use main",
                          "explain create table t (a int)",
                          "insert or replace into t values (1)",
                          "update extensions",
                          "CoPy t to 'x'",
                          "/**/attach 'x'"}) {
    const std::string id = error_id(sql);
    EXPECT_TRUE(id == "sql.statementNotAllowed" || (std::string_view(sql) == "update extensions"))
        << sql << " gave " << id;
  }
}

TEST(Parser, NotSupportedYet) {
  for (const char* sql :
       {"update t set a = default", "delete from t using u where true", "update t set a = 1 from u",
        "alter table t add column c int not null", "alter table t drop column c",
        "alter table t rename column c to d", "alter table t alter column c first",
        "alter table t add constraint c primary key (a)", "create table t (a int default 1)",
        "create table t (a int primary key)", "create table t (a int) using csv",
        "comment on column t.a is 'x'", "create table t like u",
        "insert into t replace using (a) select 1"})
    EXPECT_EQ(error_id(sql), "sql.notSupportedYet") << sql;
}

TEST(Parser, OneStatementOnly) {
  EXPECT_EQ(error_id("select 1; select 2"), "sql.multipleStatements");
  EXPECT_EQ(error_id("select 1; drop table t"), "sql.multipleStatements");
  EXPECT_EQ(error_id("select 1;;; -- end"), "none");
  EXPECT_EQ(error_id("select ';'; "), "none");
  EXPECT_EQ(error_id(""), "sql.empty");
  EXPECT_EQ(error_id(" ; "), "sql.empty");
  EXPECT_EQ(error_id("-- nothing"), "sql.empty");
}

TEST(Parser, SyntaxErrorsSayWhere) {
  EXPECT_EQ(error_text("drop table"),
            "Expected a name, but the statement ends at line 1, column 11.");
  EXPECT_EQ(error_text("create table t\n(a int"),
            "Expected \")\", but the statement ends at line 2, column 7.");
  EXPECT_EQ(error_id("sel 1"), "sql.syntax");
  EXPECT_EQ(error_id("drop table t u"), "sql.syntax");
  EXPECT_EQ(error_id("drop table a.b.c.d"), "sql.syntax");
  EXPECT_EQ(error_id("create table t (a int,)"), "sql.syntax");
  EXPECT_EQ(error_id("create table t (a int) as select 1"), "sql.syntax");
}

TEST(Parser, Bombs) {
  std::string types, values = "select 1", pivots;
  for (int i = 0; i < 20'000; ++i) types += "as array<";
  for (int i = 0; i < 300'000; ++i) values += ",1";
  EXPECT_EQ(error_id("select " + types), "none");
  EXPECT_EQ(error_id(values), "sql.tooComplex");
  EXPECT_NO_THROW(normalise_query("select " + types));
  for (const char* open : {"array<", "struct<a: ", "map<int, "}) {
    std::string type;
    for (int i = 0; i < 20'000; ++i) type += open;
    EXPECT_EQ(error_id("create table t (a " + type + ")"), "sql.syntax");
  }
  std::string ands = "select true", selects = "select 1";
  for (int i = 0; i < 6000; ++i) ands += " and true";
  for (int i = 0; i < 3000; ++i) selects += " union all select 1";
  EXPECT_EQ(error_id(ands), "sql.tooComplex");
  EXPECT_EQ(error_id(selects), "sql.tooComplex");
  EXPECT_EQ(error_id("select " + std::string(10'000, '(') + std::string(10'000, ')')),
            "sql.tooDeep");
}

}  // namespace
}  // namespace ob::query
