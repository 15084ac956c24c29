#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "sso/scim_filter.h"
#include "sso/scim_patch.h"

namespace ob::sso::scim {
namespace {

namespace json = boost::json;

const json::value kAda = json::parse(R"({
  "id": "7", "userName": "Ada@Example.org", "active": true, "externalId": "X",
  "name": {"familyName": "Lovelace"},
  "emails": [{"type": "work", "value": "ada@example.org", "primary": true},
             {"type": "home", "value": "ada@home.example"}],
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Maths"}
})");

bool holds(std::string_view filter) {
  return matches(*parse_filter(filter), kAda);
}

template <class Fn>
std::string refused(Fn fn) {
  try {
    fn();
  } catch (const Error& error) {
    return error.members().empty() ? "refused" : error.members().front().second;
  }
  return "";
}

TEST(ScimFilter, Comparisons) {
  for (const char* one :
       {R"(userName eq "ada@example.org")", R"(USERNAME Eq "ADA@example.org")",
        R"(userName sw "ada")", R"(userName co "EXAMPLE")", R"(userName ew ".org")",
        R"(userName ne "x")", R"(name.familyName eq "lovelace")", R"(active eq true)",
        R"(active eq True)", R"(emails eq "ada@home.example")", R"(emails.type eq "home")",
        R"(emails[type eq "work" and primary eq true])",
        R"(emails[type eq "home"].value co "home")", R"(userName pr)", R"(externalId eq "X")",
        R"(title ne "x")", R"(urn:ietf:params:scim:schemas:core:2.0:User:userName sw "a")",
        R"(urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "maths")",
        R"(not (userName eq "x") and (title pr or active eq true))"}) {
    EXPECT_TRUE(holds(one)) << one;
  }
  for (const char* one :
       {R"(userName eq "x")", R"(externalId eq "x")", R"(title pr)", R"(emails[type eq "other"])",
        R"(active eq false)", R"(active eq "true")", R"(userName eq null)",
        R"(emails[type eq "home" and primary eq true])", R"(userName pr and title pr)"}) {
    EXPECT_FALSE(holds(one)) << one;
  }
}

TEST(ScimFilter, WrongOnesAreRefused) {
  for (const std::string& one :
       {std::string(""), std::string("userName"), std::string("userName eq"),
        std::string("userName is \"x\""), std::string("userName eq \"x"),
        std::string("userName eq {}"), std::string("(userName pr"), std::string("userName pr)"),
        std::string("emails[type pr"), std::string("not userName pr"), std::string("and"),
        std::string(3000, 'a'), std::string(1000, '('), std::string("a pr or")}) {
    EXPECT_EQ(refused([&] { parse_filter(one); }), "invalidFilter") << one;
  }
  for (const char* one : {"", "a b", "emails[", "emails[type eq \"x\"] x", "1=1"}) {
    EXPECT_EQ(refused([&] { parse_path(one); }), "invalidPath") << one;
  }
}

json::object patched(std::string_view operations) {
  json::object out = kAda.as_object();
  patch(out, {{"Operations", json::parse(operations)}});
  return out;
}

TEST(ScimPatch, DialectsOfProviders) {
  // Okta: without a path.
  EXPECT_EQ(patched(R"([{"op": "replace", "value": {"active": false}}])").at("active"), false);
  // Entra: a capital, a text, filters in paths, several at a time, keys that are paths.
  const auto out = patched(R"([
    {"op": "Replace", "path": "active", "value": "False"},
    {"op": "Add", "path": "emails[type eq \"work\"].value", "value": "new@example.org"},
    {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1"},
    {"op": "Replace", "value": {"name.givenName": "A", "displayName": "D",
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "Physics"}},
    {"op": "Add", "path":
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", "value": "9"}
  ])");
  EXPECT_EQ(out.at("active"), "False");
  EXPECT_EQ(out.at("emails").at(0).at("value"), "new@example.org");
  EXPECT_EQ(out.at("emails").at(1).at("value"), "ada@home.example");
  EXPECT_EQ(out.at("phoneNumbers"), json::parse(R"([{"type": "mobile", "value": "1"}])"));
  EXPECT_EQ(out.at("name"), json::parse(R"({"familyName": "Lovelace", "givenName": "A"})"));
  const auto& extension = out.at("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User");
  EXPECT_EQ(extension, json::parse(R"({"department": "Physics", "employeeNumber": "9"})"));
}

TEST(ScimPatch, ListsGrowAndShrink) {
  json::object group = json::parse(R"({"members": [{"value": "1"}, {"value": "2"}]})").as_object();
  const auto apply = [&](std::string_view operations) {
    patch(group, {{"Operations", json::parse(operations)}});
    std::string out;
    if (group.at("members").is_null()) return out;
    for (const auto& one : group.at("members").as_array()) out += one.at("value").as_string();
    return out;
  };
  EXPECT_EQ(
      apply(R"([{"op": "add", "path": "members", "value": [{"value": "3"}, {"value": "1"}]}])"),
      "123");
  EXPECT_EQ(apply(R"([{"op": "remove", "path": "members[value eq \"2\"]"}])"), "13");
  EXPECT_EQ(apply(R"([{"op": "Remove", "path": "members", "value": [{"value": "1"}]}])"), "3");
  EXPECT_EQ(apply(R"([{"op": "replace", "path": "members", "value": [{"value": "4"}]}])"), "4");
  EXPECT_EQ(apply(R"([{"op": "remove", "path": "members"}])"), "");
  EXPECT_EQ(apply(R"([{"op": "add", "path": "members", "value": {"value": "5"}}])"), "5");
}

TEST(ScimPatch, WrongOnesAreRefused) {
  EXPECT_EQ(refused([] { patched(R"([{"op": "move", "path": "a"}])"); }), "invalidSyntax");
  EXPECT_EQ(refused([] { patched(R"([{"op": "remove"}])"); }), "noTarget");
  EXPECT_EQ(refused([] { patched(R"([{"op": "add", "path": "a"}])"); }), "invalidValue");
  EXPECT_EQ(refused([] { patched(R"([{"op": "add", "value": 1}])"); }), "invalidValue");
  EXPECT_EQ(refused([] { patched(R"([{"op": "add", "path": "a[", "value": 1}])"); }),
            "invalidPath");
  EXPECT_EQ(refused([] { patched(R"({})"); }), "invalidSyntax");
}

TEST(ScimPatch, ShortMessagesDoNotMakeMuch) {
  json::array emails;
  for (int i = 0; i < 10'000; ++i) emails.push_back({{"value", std::to_string(i)}});
  json::object resource{{"emails", emails}};
  const auto put = [](const std::string& path, const std::string& value) {
    return json::object{{"Operations", {{{"op", "replace"}, {"path", path}, {"value", value}}}}};
  };
  const std::string large(100'000, 'x');
  EXPECT_EQ(refused([&] { patch(resource, put("emails.display", large)); }), "tooMany");
  EXPECT_EQ(refused([&] { patch(resource, put("emails[value pr].display", large)); }), "tooMany");
  EXPECT_EQ(refused([&] { patch(resource, put("emails.display", "x")); }), "");
  json::array operations;
  for (int i = 0; i < 1000; ++i) {
    operations.push_back(
        {{"op", "replace"}, {"path", "emails.a" + std::to_string(i)}, {"value", "y"}});
  }
  EXPECT_EQ(refused([&] { patch(resource, {{"Operations", operations}}); }), "tooMany");
}

}  // namespace
}  // namespace ob::sso::scim
