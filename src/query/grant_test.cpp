#include <gtest/gtest.h>

#include "base/error.h"
#include "query/statements.h"

namespace ob::query {
namespace {

using identity::ObjectType;
using identity::Privilege;
using identity::Privileges;

template <class T>
T parsed(const std::string& sql) {
  return std::get<T>(parse_statement(sql));
}

std::string error_id(const std::string& sql) {
  try {
    parse_statement(sql);
    return "none";
  } catch (const Error& error) {
    return error.id();
  }
}

TEST(GrantParser, Words) {
  const auto grant = parsed<ChangeGrants>("GRANT SELECT, CREATE TABLE ON SCHEMA a.b TO `x@y`, g");
  EXPECT_FALSE(grant.revoke);
  EXPECT_EQ(grant.granted.privileges, (Privileges{Privilege::read, Privilege::create}));
  EXPECT_EQ(grant.object.type, ObjectType::schema);
  EXPECT_EQ(grant.object.name.parts, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(grant.principals, (std::vector<std::string>{"x@y", "g"}));
  const auto all = parsed<ChangeGrants>("revoke all privileges on t from account users");
  EXPECT_TRUE(all.revoke);
  EXPECT_FALSE(all.granted.privileges.has(Privilege::manage));
  EXPECT_TRUE(all.granted.privileges.has(Privilege::write));
  EXPECT_EQ(all.object.type, ObjectType::table);
  EXPECT_EQ(all.principals, std::vector<std::string>{"everyone"});
  EXPECT_EQ(parsed<ChangeGrants>("grant create catalog on server to a").object.type,
            ObjectType::server);
  EXPECT_EQ(parsed<ChangeGrants>("grant role `Data stewards` on volume v to a").granted.role,
            "Data stewards");
}

TEST(GrantParser, NamesLikeKeywords) {
  const auto named = parsed<ChangeGrants>("grant select on schema to a");
  EXPECT_EQ(named.object.type, ObjectType::table);
  EXPECT_EQ(named.object.name.parts, std::vector<std::string>{"schema"});
  EXPECT_EQ(parsed<ChangeGrants>("grant select on view.t to a").object.name.parts.size(), 2u);
}

TEST(GrantParser, Show) {
  EXPECT_EQ(parsed<ShowGrants>("show grants on catalog main").object.type, ObjectType::catalog);
  const auto whose = parsed<ShowGrants>("SHOW GRANTS `x@y` ON t");
  EXPECT_EQ(whose.principal, "x@y");
}

TEST(GrantParser, Refusals) {
  for (const char* sql :
       {"grant", "grant select", "grant select on t", "grant select on t to", "grant on t to a",
        "grant dance on t to a", "grant select on t from a", "revoke select on t to a",
        "grant select on t to a b", "show grants", "show grants on", "grant role on t to a"})
    EXPECT_EQ(error_id(sql), "sql.syntax") << sql;
}

}  // namespace
}  // namespace ob::query
