// Who may do what: a table of scenarios over one tree.
#include "catalog/testing.h"

namespace ob::catalog {
namespace {

using identity::ObjectType;
using identity::Privilege;

class AccessTest : public CatalogFixture {
 protected:
  void SetUp() override {
    CatalogFixture::SetUp();
    service_->create_schema(admin_, {"main", "s", ""}, "", false);
    make("main.s.t");
    make("main.s.hidden");
    service_->create_volume(admin_, {"main", "s", "v"}, "", false);
    service_->create_catalog(admin_, "other", "", false);
  }
  std::string id_of(const std::string& object) {
    if (object == "server") return "server";
    if (object == "catalog") return service_->catalog(admin_, "main").id;
    if (object == "schema") return service_->schema(admin_, {"main", "s", ""}).id;
    if (object == "table") return service_->table(admin_, {"main", "s", "t"}).id;
    return service_->volume(admin_, {"main", "s", "v"}, Privilege::browse).id;
  }
  // What bob gets for each action: "" when allowed.
  std::string outcome(const std::string& action) {
    const Name t{"main", "s", "t"}, s{"main", "s", ""}, v{"main", "s", "v"};
    return error_of([&] {
      if (action == "see catalog") service_->catalog(bob_, "main");
      if (action == "see schema") service_->schema(bob_, s);
      if (action == "see table") service_->table(bob_, t);
      if (action == "see volume") service_->volume(bob_, v, Privilege::browse);
      if (action == "read") service_->open(bob_, t, Privilege::read);
      if (action == "write") service_->open(bob_, t, Privilege::write);
      if (action == "comment") service_->comment(bob_, ObjectType::table, t, "x");
      if (action == "rename") service_->rename_table(bob_, t, {"main", "s", "t"});
      if (action == "create table") {
        service_->create_table(bob_, {"main", "s", "fresh"}, "", "", true, false,
                               columns("a BIGINT"));
      }
      if (action == "create schema") service_->create_schema(bob_, {"main", "x", ""}, "", true);
      if (action == "create catalog") service_->create_catalog(bob_, "x", "", true);
      if (action == "drop schema") service_->drop_schema(bob_, s, false, false);
      if (action == "write volume") service_->volume(bob_, v, Privilege::write);
    });
  }
};

constexpr const char* kNoCatalog = "catalog.catalogNotFound";
constexpr const char* kNoSchema = "catalog.schemaNotFound";
constexpr const char* kNoTable = "catalog.tableNotFound";
constexpr const char* kNoVolume = "catalog.volumeNotFound";
constexpr const char* kForbidden = "catalog.forbidden";

TEST_F(AccessTest, Scenarios) {
  struct Scenario {
    std::vector<std::pair<std::string, Privilege>> grants;
    std::map<std::string, std::string> outcomes;
  };
  using enum Privilege;
  const Scenario scenarios[] = {
      {{},
       {{"see catalog", kNoCatalog},
        {"see schema", kNoSchema},
        {"see table", kNoTable},
        {"see volume", kNoVolume},
        {"read", kNoTable},
        {"write", kNoTable},
        {"comment", kNoTable},
        {"create table", kNoSchema},
        {"create schema", kNoCatalog},
        {"create catalog", kForbidden},
        {"drop schema", kNoSchema}}},
      {{{"server", create}}, {{"create catalog", ""}, {"see catalog", kNoCatalog}}},
      {{{"table", browse}},
       {{"see catalog", ""},
        {"see schema", ""},
        {"see table", ""},
        {"see volume", kNoVolume},
        {"read", kForbidden},
        {"comment", kForbidden},
        {"create table", kForbidden},
        {"create schema", kForbidden},
        {"drop schema", kForbidden}}},
      {{{"table", read}}, {{"see schema", ""}, {"read", ""}, {"write", kForbidden}}},
      {{{"table", write}}, {{"read", ""}, {"write", ""}, {"rename", kForbidden}}},
      {{{"table", manage}}, {{"write", ""}, {"rename", ""}, {"comment", ""}}},
      {{{"volume", read}},
       {{"see catalog", ""},
        {"see schema", ""},
        {"see volume", ""},
        {"see table", kNoTable},
        {"write volume", kForbidden}}},
      {{{"schema", create}},
       {{"see table", ""},
        {"read", kForbidden},
        {"create table", ""},
        {"create schema", kForbidden},
        {"drop schema", kForbidden}}},
      {{{"catalog", read}}, {{"read", ""}, {"write", kForbidden}, {"create table", kForbidden}}},
      {{{"catalog", create}}, {{"create schema", ""}, {"create table", ""}, {"read", kForbidden}}},
      {{{"catalog", manage}}, {{"drop schema", "catalog.notEmpty"}, {"write", ""}}},
  };
  for (const auto& scenario : scenarios) {
    take_all();
    std::string told;
    for (const auto& [object, privilege] : scenario.grants) {
      give("bob@localhost", privilege, id_of(object));
      told += object + " " + std::to_string(static_cast<int>(privilege)) + " ";
    }
    for (const auto& [action, expected] : scenario.outcomes) {
      EXPECT_EQ(outcome(action), expected) << "with " << told << "bob does: " << action;
    }
  }
}

TEST_F(AccessTest, ListsShowOnlyWhatMayBeSeen) {
  EXPECT_TRUE(service_->catalogs(bob_).empty());
  give("bob@localhost", Privilege::read, id_of("table"));
  ASSERT_EQ(service_->catalogs(bob_).size(), 1u);
  ASSERT_EQ(service_->schemas(bob_, "main").size(), 1u);
  EXPECT_EQ(service_->schemas(bob_, "main")[0].name, "s");
  EXPECT_EQ(names(service_->tables(bob_, {"main", "s", ""})), std::vector<std::string>{"t"});
  EXPECT_TRUE(service_->volumes(bob_, {"main", "s", ""}).empty());
  EXPECT_EQ(error_of([&] { service_->tables(bob_, {"main", "default", ""}); }), kNoSchema);
  EXPECT_EQ(service_->tables(admin_, {"main", "s", ""}).size(), 2u);
  EXPECT_TRUE(service_->search(bob_, "hidden", 10).empty());
  EXPECT_EQ(service_->search(bob_, "name", 10).size(), 1u);  // the column of t alone
  EXPECT_EQ(service_->search(admin_, "name", 10).size(), 2u);
  give("everyone", Privilege::browse, id_of("schema"));
  EXPECT_EQ(service_->tables(ann_, {"main", "s", ""}).size(), 2u);
}

TEST_F(AccessTest, HiddenAndAbsentLookTheSame) {
  const auto text = [&](const Name& name) {
    try {
      service_->table(bob_, name);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  std::string hidden = text({"main", "s", "hidden"});
  const std::string absent = text({"main", "s", "absent"});
  hidden.replace(hidden.find("hidden"), 6, "absent");
  EXPECT_EQ(hidden, absent);
}

TEST_F(AccessTest, OwnersManageWhatTheyMade) {
  give("ann@localhost", Privilege::create, id_of("schema"));
  service_->create_table(ann_, {"main", "s", "anns"}, "", "", false, false, columns("a BIGINT"));
  EXPECT_EQ(service_->table(ann_, {"main", "s", "anns"}).owner, ann_.user_id);
  EXPECT_NO_THROW(service_->rename_table(ann_, {"main", "s", "anns"}, {"main", "s", "anns2"}));
  EXPECT_EQ(error_of([&] {
              service_->rename_table(ann_, {"main", "s", "anns2"}, {"main", "default", "x"});
            }),
            kNoSchema);
  EXPECT_EQ(error_of([&] {
              service_->create_table(ann_, {"main", "s", "t"}, "", "", false, true,
                                     columns("a BIGINT"));
            }),
            kForbidden);
  service_->drop_table(ann_, {"main", "s", "anns2"}, false, std::nullopt);
  service_->undrop_table(ann_, {"main", "s", "anns2"});
  EXPECT_EQ(service_->table(ann_, {"main", "s", "anns2"}).owner, ann_.user_id);
}

TEST_F(AccessTest, GrantsSurviveDropAndUndrop) {
  give("bob@localhost", Privilege::read, id_of("table"));
  service_->drop_table(admin_, {"main", "s", "t"}, false, std::nullopt);
  EXPECT_EQ(outcome("read"), kNoTable);
  EXPECT_EQ(error_of([&] { service_->undrop_table(bob_, {"main", "s", "t"}); }),
            "catalog.nothingToRestore");
  service_->undrop_table(admin_, {"main", "s", "t"});
  EXPECT_EQ(outcome("read"), "");
}

TEST_F(AccessTest, RequireForOtherModules) {
  give("bob@localhost", Privilege::read, id_of("volume"));
  const Name v{"main", "s", "v"};
  EXPECT_EQ(error_of([&] { service_->require(bob_, Privilege::read, ObjectType::volume, v); }), "");
  EXPECT_EQ(error_of([&] { service_->require(bob_, Privilege::write, ObjectType::volume, v); }),
            kForbidden);
  EXPECT_EQ(error_of([&] { service_->require(bob_, Privilege::create, ObjectType::server, {}); }),
            kForbidden);
  EXPECT_EQ(error_of([&] { service_->require(bob_, Privilege::browse, ObjectType::schema, v); }),
            "");
  EXPECT_EQ(error_of([&] {
              service_->require(bob_, Privilege::browse, ObjectType::catalog, {"other", "", ""});
            }),
            kNoCatalog);
}

}  // namespace
}  // namespace ob::catalog
