#include "base/scopes.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace ob {
namespace {

Scopes of(const std::vector<std::string>& names) {
  return Scopes::parse(names);
}

TEST(Scopes, NoneGivenAllowsAll) {
  for (const auto& name : scope_names()) EXPECT_TRUE(Scopes::all().allow(name)) << name;
  EXPECT_FALSE(of({}).limited());
  EXPECT_FALSE(Scopes::all().read_only());
}

TEST(Scopes, EachAllowsItselfAndWhatItIncludesOnly) {
  for (const auto& given : scope_names()) {
    for (const auto& wanted : scope_names()) {
      const std::string area = wanted.substr(0, wanted.find(':'));
      const bool same = given == wanted, includes = given == area + ":write";
      EXPECT_EQ(of({given}).allow(wanted), same || includes) << given << " for " << wanted;
    }
  }
  EXPECT_TRUE(of({"admin"}).allow("admin:write"));
  EXPECT_FALSE(of({"sql:write"}).allow("nonsense"));
}

TEST(Scopes, ReadOnlyWithoutAnyWriting) {
  EXPECT_TRUE(of({"sql:read", "admin:read"}).read_only());
  EXPECT_FALSE(of({"sql:read", "files:write"}).read_only());
}

TEST(Scopes, NamesComeBackInOrderWithoutWhatOthersInclude) {
  EXPECT_EQ(of({"files:write", "sql:read", "files:read"}).names(),
            (std::vector<std::string>{"sql:read", "files:write"}));
  EXPECT_EQ(of(of({"admin", "sql:read"}).names()), of({"sql:read", "admin:write"}));
  EXPECT_TRUE(Scopes::all().names().empty());
}

TEST(Scopes, WithinTellsWhetherNothingIsAdded) {
  EXPECT_TRUE(of({"sql:read"}).within(of({"sql:write"})));
  EXPECT_FALSE(of({"sql:write"}).within(of({"sql:read"})));
  EXPECT_TRUE(of({"sql:write"}).within(Scopes::all()));
  EXPECT_FALSE(Scopes::all().within(of({"sql:write"})));
}

TEST(Scopes, UnknownNamesAreRefused) {
  for (const std::string name : {"sql", "sql:", "sql:all", "Sql:read", "", "admin:", "sql:readx"}) {
    EXPECT_THROW(of({name}), Error) << name;
  }
}

TEST(Scopes, EndpointsWithoutAnAreaAreAnAdministrators) {
  EXPECT_EQ(scope_of("queries", false), "sql:read");
  EXPECT_EQ(scope_of("files", true), "files:write");
  EXPECT_EQ(scope_of("something new", true), "admin:write");
}

}  // namespace
}  // namespace ob
