// How OPTIMIZE, VACUUM and RESTORE are written; what they do is in tests/api and tests/interop.
#include <gtest/gtest.h>

#include "base/error.h"
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

using Parts = std::vector<std::string>;

TEST(MaintenanceParser, Optimize) {
  EXPECT_EQ(parsed<Optimize>("optimize a.b.c;").name.parts, (Parts{"a", "b", "c"}));
  const auto all = parsed<Optimize>(
      "OPTIMIZE t WHERE d >= '2026-01-01' AND (zorder = 1 OR p IN ('x y')) ZORDER BY (a, `b c`)");
  EXPECT_EQ(all.where.substr(all.where.find_first_not_of(' ')),
            "d >= '2026-01-01' AND (zorder = 1 OR p IN ('x y'))");
  EXPECT_EQ(all.where.find_first_not_of(' '), 17U);  // places in it are those in the statement
  EXPECT_EQ(all.zorder, (Parts{"a", "b c"}));
  EXPECT_EQ(parsed<Optimize>("optimize t zorder by a, b").zorder, (Parts{"a", "b"}));
  EXPECT_EQ(parsed<Optimize>("optimize t where p = 1").zorder, Parts{});
  for (const char* bad : {"optimize", "optimize t where", "optimize t where zorder by a",
                          "optimize t zorder a", "optimize t zorder by", "optimize t zorder by ()",
                          "optimize t full", "optimize t zorder by a where p = 1"})
    EXPECT_EQ(error_id(bad), "sql.syntax") << bad;
}

TEST(MaintenanceParser, Vacuum) {
  EXPECT_FALSE(parsed<Vacuum>("vacuum t").hours);
  EXPECT_FALSE(parsed<Vacuum>("vacuum t").dry_run);
  const auto all = parsed<Vacuum>("VACUUM s.t RETAIN 0.5 HOURS DRY RUN");
  EXPECT_EQ(all.hours, 0.5);
  EXPECT_TRUE(all.dry_run);
  EXPECT_EQ(parsed<Vacuum>("vacuum t retain 1 hour").hours, 1);
  EXPECT_EQ(parsed<Vacuum>("vacuum vacuum").name.parts, Parts{"vacuum"});
  for (const char* bad :
       {"vacuum", "vacuum t retain", "vacuum t retain x hours", "vacuum t retain -1 hours",
        "vacuum t retain 5 days", "vacuum t dry", "vacuum t dry run retain 5 hours"})
    EXPECT_EQ(error_id(bad), "sql.syntax") << bad;
  EXPECT_EQ(error_id("vacuum t retain 1e30 hours"), "sql.badRetention");
}

TEST(MaintenanceParser, Restore) {
  const auto version = parsed<Restore>("RESTORE TABLE a.t TO VERSION AS OF 5");
  EXPECT_EQ(version.name.parts, (Parts{"a", "t"}));
  EXPECT_EQ(version.version, 5);
  const auto time = parsed<Restore>("restore t timestamp as of '2026-01-01 00:00:00'");
  EXPECT_EQ(time.timestamp, "2026-01-01 00:00:00");
  EXPECT_FALSE(time.version);
  EXPECT_EQ(parsed<Restore>("restore table to version as of 0").name.parts, Parts{"table"});
  for (const char* bad : {"restore", "restore t", "restore t to", "restore t to version 5",
                          "restore t to version as of x", "restore t to timestamp as of 5",
                          "restore t to version as of 5 6"})
    EXPECT_EQ(error_id(bad), "sql.syntax") << bad;
}

}  // namespace
}  // namespace ob::query
