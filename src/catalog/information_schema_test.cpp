#include "catalog/information_schema.h"

#include "catalog/testing.h"
#include "engine/engine.h"

namespace ob::catalog {
namespace {

using Cells = std::vector<std::vector<std::optional<std::string>>>;

// The SQL that the provider makes is run by the real engine.
class InformationSchemaTest : public CatalogFixture {
 protected:
  void SetUp() override {
    CatalogFixture::SetUp();
    std::filesystem::create_directories(directory_ + "/tmp");
    engine_ =
        engine::open({.allowed_directories = {data()}, .temp_directory = directory_ + "/tmp"});
    provider_ = make_information_schema(*service_, [](const Caller&, const Table& view) {
      if (view.view_sql == "broken") throw bad_request("sql.bad", "no");
      return std::vector<std::pair<std::string, std::string>>{{"n", "BIGINT"}, {"m", ""}};
    });
  }
  Cells rows(const Caller& caller, const std::string& table, const std::string& columns = "*",
             const std::string& catalog = "main") {
    const auto sql = provider_->scan_sql(caller, {catalog, "information_schema", table});
    if (!sql) return {{"not mine"}};
    return engine_->connect()->rows("SELECT " + columns + " FROM (" + *sql + ") AS t ORDER BY ALL");
  }

  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<TableProvider> provider_;
};

TEST_F(InformationSchemaTest, ListsTables) {
  make("main.default.Orders");
  make_at("main.default.outside", external() + "/t");
  service_->create_view(admin_, {"main", "default", "v'\"`"}, "SELECT 'x'", {}, "it's", false,
                        false);
  EXPECT_EQ(rows(admin_, "tables", "table_catalog, table_schema, table_name, table_type, storage"),
            (Cells{{"main", "default", "Orders", "BASE TABLE", "MANAGED"},
                   {"main", "default", "outside", "BASE TABLE", "EXTERNAL"},
                   {"main", "default", "v'\"`", "VIEW", std::nullopt}}));
  EXPECT_EQ(rows(admin_, "VIEWS", "view_definition"), (Cells{{"SELECT 'x'"}}));
  EXPECT_EQ(rows(admin_, "tables", "comment, typeof(created), table_owner").at(0),
            (std::vector<std::optional<std::string>>{"it's", "TIMESTAMP WITH TIME ZONE",
                                                     "admin@localhost"}));
  EXPECT_EQ(rows(admin_, "schemata", "schema_name"), (Cells{{"default"}}));
}

TEST_F(InformationSchemaTest, ListsColumns) {
  service_->create_table(
      admin_, parse_name("t"), "", "", false, false,
      columns("id BIGINT NOT NULL, d DECIMAL(10,2) COMMENT 'a''b', s STRUCT<a: INT>, day DATE",
              {"day"}));
  service_->create_view(admin_, parse_name("v"), "SELECT 1", {}, "", false, false);
  service_->create_view(admin_, parse_name("w"), "broken", {}, "", false, false);
  EXPECT_EQ(rows(admin_, "columns",
                 "table_name, ordinal_position, column_name, is_nullable, data_type, "
                 "numeric_precision, numeric_scale, partition_index, column_default"),
            (Cells{{"t", "1", "id", "NO", "BIGINT", {}, {}, {}, {}},
                   {"t", "2", "d", "YES", "DECIMAL(10,2)", "10", "2", {}, {}},
                   {"t", "3", "s", "YES", "STRUCT<a: INT>", {}, {}, {}, {}},
                   {"t", "4", "day", "YES", "DATE", {}, {}, "0", {}},
                   {"v", "1", "n", "YES", "BIGINT", {}, {}, {}, {}},
                   {"v", "2", "m", "YES", {}, {}, {}, {}, {}}}));
}

TEST_F(InformationSchemaTest, OneBrokenTableHidesNoOther) {
  make("good", "id BIGINT");
  const Table bad = make("bad", "id BIGINT");
  objects_->put(bad.location + "/_delta_log/00000000000000000000.json", "{broken");
  start();
  provider_ = make_information_schema(*service_);
  EXPECT_EQ(rows(admin_, "columns", "table_name"), (Cells{{"good"}}));
  EXPECT_EQ(rows(admin_, "tables", "table_name"), (Cells{{"bad"}, {"good"}}));
}

TEST_F(InformationSchemaTest, ShowsOnlyWhatTheCallerMaySee) {
  const Table t = make("t");
  make("hidden");
  service_->create_volume(admin_, {"main", "default", "v"}, "", false);
  service_->create_catalog(admin_, "other", "", false);
  EXPECT_EQ(rows(bob_, "tables"), Cells{});
  EXPECT_EQ(error_of([&] { rows(bob_, "tables", "*", "other"); }), "catalog.catalogNotFound");
  EXPECT_EQ(error_of([&] { rows(admin_, "tables", "*", "none"); }), "catalog.catalogNotFound");
  EXPECT_EQ(rows(bob_, "tables", "*", "system"), Cells{});
  give("bob@localhost", identity::Privilege::read, t.id);
  EXPECT_EQ(rows(bob_, "tables", "table_name"), (Cells{{"t"}}));
  EXPECT_EQ(rows(bob_, "columns", "DISTINCT table_name"), (Cells{{"t"}}));
  EXPECT_EQ(rows(bob_, "volumes"), Cells{});
  EXPECT_EQ(rows(bob_, "catalogs", "catalog_name", "system"), (Cells{{"main"}}));
  EXPECT_EQ(rows(admin_, "catalogs", "catalog_name", "SYSTEM"), (Cells{{"main"}, {"other"}}));
  EXPECT_EQ(rows(admin_, "schemata", "catalog_name", "system"), (Cells{{"main"}, {"other"}}));
  EXPECT_EQ(rows(admin_, "volumes", "volume_name"), (Cells{{"v"}}));
}

TEST_F(InformationSchemaTest, EmptyOnesKeepTheirTypes) {
  const auto sql = provider_->scan_sql(admin_, {"main", "information_schema", "columns"});
  const auto described = engine_->connect()->rows("DESCRIBE " + *sql);
  ASSERT_EQ(described.size(), 12u);
  EXPECT_EQ(described[4][0], "ordinal_position");
  EXPECT_EQ(described[4][1], "INTEGER");
  EXPECT_EQ(described[0][1], "VARCHAR");
}

TEST_F(InformationSchemaTest, LeavesOtherNamesAlone) {
  EXPECT_FALSE(provider_->scan_sql(admin_, {"main", "default", "tables"}));
  EXPECT_FALSE(provider_->scan_sql(admin_, {"main", "information_schema", "nothing"}));
  EXPECT_EQ(provider_->list("main").size(), 6u);
}

}  // namespace
}  // namespace ob::catalog
