#include "query/literal_values.h"

#include <gtest/gtest.h>

namespace ob::query {
namespace {

std::string sql(std::string_view query) {
  const auto found = literal_values(query);
  return found ? found->sql : "none";
}

std::string types(std::string_view query) {
  std::string out;
  const auto found = literal_values(query);
  if (!found) return "none";
  for (const auto& column : found->columns)
    out += (out.empty() ? "" : ",") + column.name + " " + column.type;
  return out;
}

TEST(LiteralValues, AreMadeAnew) {
  EXPECT_EQ(sql("  values (1, -2.5e3, 'it''s', null, true), (+3, 4, $$x'y$$, 'a', false)"),
            "SELECT * FROM (VALUES (1, -2.5e3, 'it''s', NULL, TRUE), (+3, 4, 'x''y', 'a', FALSE))");
  EXPECT_EQ(types("values (1, 'a', null, true, date '2026-01-01', timestamp '2026-01-01', now())"),
            "col0 DOUBLE,col1 VARCHAR,col2 \"NULL\",col3 BOOLEAN,col4 DATE,col5 TIMESTAMP,"
            "col6 TIMESTAMP WITH TIME ZONE");
  EXPECT_EQ(types("VALUES (null), (null), (5), (null)"), "col0 DOUBLE");
  EXPECT_EQ(sql("values ('\\' /* no */) -- end"), "SELECT * FROM (VALUES ('\\'))");
}

TEST(LiteralValues, EverythingElseGoesTheLongWay) {
  for (const char* query : {"select 1",           "values",
                            "values ()",          "values (1) union all values (2)",
                            "values (1, 2), (3)", "values (1), (2, 3)",
                            "values (1), ('a')",  "values (1 + 1)",
                            "values (a)",         "values (\"a\")",
                            "values ((1))",       "values (read_text('x'))",
                            "values (now)",       "values (now(1))",
                            "values ($1)",        "values (-'a')",
                            "values (date)",      "values (interval '1' day)",
                            "values (1) limit 1", "values ([1])",
                            "values ('a' 'b')",   "values (1), ",
                            "values (1::text)"})
    EXPECT_EQ(sql(query), "none") << query;
}

}  // namespace
}  // namespace ob::query
