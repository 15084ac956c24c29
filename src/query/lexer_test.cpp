#include "query/lexer.h"

#include <gtest/gtest.h>

#include <random>

#include "base/error.h"
#include "query/normalise.h"
#include "query/statements.h"

namespace ob::query {
namespace {

std::string kinds(std::string_view sql) {
  std::string out;
  for (const Token& token : tokenize(sql)) {
    static constexpr std::string_view letters = "wisnpo.";
    out += letters[static_cast<std::size_t>(token.kind)];
  }
  return out;
}

std::string error_of(std::string_view sql) {
  try {
    tokenize(sql);
  } catch (const Error& error) {
    return error.id() + ": " + error.what();
  }
  return "none";
}

TEST(Lexer, Kinds) {
  EXPECT_EQ(kinds("select a.b, 'x', 1.5e-3 from \"T\" where `c d` >= $1"), "wwowosonwiwiop.");
  EXPECT_EQ(kinds("  "), ".");
  EXPECT_EQ(kinds("?1 ? $name :x"), "pppow.");
  EXPECT_EQ(kinds("1..2"), "non.");
}

TEST(Lexer, CommentsAndNestedComments) {
  EXPECT_EQ(kinds("a -- b ; '\n c"), "ww.");
  EXPECT_EQ(kinds("a /* b /* ' */ ; */ c"), "ww.");
  EXPECT_EQ(kinds("-- only"), ".");
  EXPECT_EQ(kinds("a--\rb"), "ww.");
  EXPECT_EQ(error_of("a\n /* b"),
            "sql.syntax: The comment has no end, which began at line 2, column 2.");
}

TEST(Lexer, Texts) {
  EXPECT_EQ(tokenize("'it''s'")[0].value, "it's");
  EXPECT_EQ(tokenize("e'a\\n\\x41\\u00e9\\''")[0].value, "a\nA\xC3\xA9'");
  EXPECT_EQ(tokenize("$$a ' ; b$$")[0].value, "a ' ; b");
  EXPECT_EQ(tokenize("$t$a $$ b$t$")[0].value, "a $$ b");
  EXPECT_EQ(tokenize("`a``b`")[0].value, "a`b");
  EXPECT_EQ(tokenize("\"a\"\"b\"")[0].value, "a\"b");
}

TEST(Lexer, Refusals) {
  EXPECT_TRUE(error_of("'a").starts_with("sql.syntax"));
  EXPECT_TRUE(error_of("\"a").starts_with("sql.syntax"));
  EXPECT_TRUE(error_of("`a").starts_with("sql.syntax"));
  EXPECT_TRUE(error_of("\"\"").starts_with("sql.syntax"));
  EXPECT_TRUE(error_of("$x$ a").starts_with("sql.syntax"));
  EXPECT_TRUE(error_of("e'\\uD800'").starts_with("sql.syntax"));
  EXPECT_TRUE(error_of(std::string_view("a\0b", 3)).starts_with("sql.encoding"));
  EXPECT_TRUE(error_of("a \xFF").starts_with("sql.encoding"));
  EXPECT_TRUE(error_of(std::string(max_sql_bytes + 1, ' ')).starts_with("sql.tooLong"));
  EXPECT_TRUE(error_of("select " + std::string(10'000, '(')).starts_with("sql.tooDeep"));
  EXPECT_EQ(error_of("select '" + std::string(10'000, '(') + "'"), "none");
}

TEST(Lexer, UnicodeSpacesAndNames) {
  EXPECT_EQ(kinds("select\xC2\xA0"
                  "a\xE3\x80\x80"
                  "from t"),
            "wwww.");
  EXPECT_EQ(tokenize("größe")[0].value, "größe");
}

struct Fix {
  const char *from, *to;
};

TEST(Normalise, SparkSpellings) {
  const Fix fixes[] = {
      {"select `a b` from `t`", "select \"a b\" from \"t\""},
      {"select '`a`' -- `b`\n", "select '`a`' -- `b`\n"},
      {"from default.t", "from \"default\".t"},
      {"from main.default.t", "from main.\"default\".t"},
      {"select * from t version as of 5", "select * from t AT (VERSION => 5)"},
      {"select * from t VERSION AS OF 5 x where 1=1",
       "select * from t x AT (VERSION => 5) where 1=1"},
      {"select * from t FOR VERSION AS OF $1 AS `x y` join u",
       "select * from t AS \"x y\" AT (VERSION => $1) join u"},
      {"from t timestamp as of '2026-01-01'", "from t AT (TIMESTAMP => '2026-01-01')"},
      {"from t timestamp as of now() - interval 1 day, u",
       "from t AT (TIMESTAMP => now() - interval 1 day), u"},
      {"from t timestamp as of timestamp '2026-01-01 00:00:00' as x",
       "from t as x AT (TIMESTAMP => timestamp '2026-01-01 00:00:00')"},
      {"from t at (version => 1) as x", "from t as x at (version => 1)"},
      {"from t as x at (version => 1)", "from t as x at (version => 1)"},
      {"select version as of from t", "select version as of from t"},
      {"select timestamp as of from t", "select timestamp as of from t"},
      {"where a = :name and b > :other", "where a = $name and b > $other"},
      {"select a[1:x], {'k':v}, b::int", "select a[1:x], {'k':v}, b::int"},
      {"cast(a as array<int>)", "cast(a as INTEGER[])"},
      {"select a at time zone 'UTC'", "select a at time zone 'UTC'"},
  };
  for (const Fix& fix : fixes) EXPECT_EQ(normalise_query(fix.from), fix.to);
}

// Random texts and damaged statements: only ob::Error may come out.
TEST(Lexer, FuzzLexerAndParser) {
  std::mt19937 random(7);
  const std::string_view pieces[] = {"select ",
                                     "create table ",
                                     "insert into ",
                                     "t",
                                     "(",
                                     ")",
                                     "'",
                                     "\"",
                                     "`",
                                     "--",
                                     "/*",
                                     "*/",
                                     "$$",
                                     "$1",
                                     ";",
                                     ",",
                                     ".",
                                     "as ",
                                     "values ",
                                     "1",
                                     "e'\\",
                                     "\xC3\xA9",
                                     "\xFF",
                                     "version as of ",
                                     "drop ",
                                     "alter table ",
                                     "rename to ",
                                     "comment on ",
                                     "show ",
                                     "describe ",
                                     "pivot ",
                                     "on ",
                                     "default.",
                                     "array<",
                                     ">",
                                     "::",
                                     ":x",
                                     "\n",
                                     "partitioned by ",
                                     "not null ",
                                     "is ",
                                     "like ",
                                     "delete from ",
                                     "update ",
                                     "set ",
                                     "merge into ",
                                     "using ",
                                     "when matched ",
                                     "when not matched ",
                                     "then ",
                                     "where ",
                                     "case ",
                                     "end ",
                                     "?",
                                     "= ",
                                     "[",
                                     "}",
                                     "partition",
                                     "replace where ",
                                     "add constraint ",
                                     "check",
                                     "alter column "};
  for (int round = 0; round < 40'000; ++round) {
    std::string sql;
    const auto length = random() % 24;
    for (std::size_t i = 0; i < length; ++i) sql += pieces[random() % std::size(pieces)];
    try {
      normalise_query(sql);
      parse_statement(sql);
    } catch (const Error& error) {
      EXPECT_LT(error.status(), 500) << sql;
    }
  }
}

}  // namespace
}  // namespace ob::query
