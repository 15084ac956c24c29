// Catalogs, schemas, volumes, comments, search.
#include <algorithm>

#include "catalog/testing.h"

namespace ob::catalog {
namespace {

using identity::ObjectType;
using identity::Privilege;

class CatalogTest : public CatalogFixture {
 protected:
  std::vector<std::string> found(const std::string& text, std::size_t limit = 50) {
    std::vector<std::string> out;
    for (const auto& hit : service_->search(admin_, text, limit)) {
      out.push_back(hit.kind + " " + hit.name.text());
    }
    return out;
  }
};

TEST_F(CatalogTest, FirstStartMakesMainOnce) {
  ASSERT_EQ(service_->catalogs(admin_).size(), 1u);
  const Catalog main = service_->catalog(admin_, "MAIN");
  EXPECT_EQ(main.name, "main");
  EXPECT_EQ(main.owner, admin_.user_id);
  EXPECT_EQ(service_->schema(admin_, {"main", "Default", ""}).name, "default");
  start();
  EXPECT_EQ(service_->catalog(admin_, "main").id, main.id);
  EXPECT_EQ(service_->catalogs(admin_).size(), 1u);
}

TEST_F(CatalogTest, MainStays) {
  EXPECT_EQ(error_of([&] { service_->drop_catalog(admin_, "Main", false, true); }),
            "catalog.isDefault");
  EXPECT_EQ(error_of([&] { service_->rename_catalog(admin_, "main", "other"); }),
            "catalog.isDefault");
}

TEST_F(CatalogTest, CatalogsComeAndGo) {
  const Catalog sales = service_->create_catalog(admin_, "Sales", "what we sell", false);
  EXPECT_EQ(service_->catalog(admin_, "sALES").id, sales.id);
  EXPECT_EQ(service_->schemas(admin_, "sales").size(), 1u);
  EXPECT_EQ(error_of([&] { service_->create_catalog(admin_, "SALES", "", false); }),
            "catalog.catalogExists");
  EXPECT_EQ(service_->create_catalog(admin_, "SALES", "", true).id, sales.id);
  service_->rename_catalog(admin_, "sales", "SALES");
  EXPECT_EQ(service_->catalog(admin_, "sales").name, "SALES");
  service_->rename_catalog(admin_, "sales", "Verkäufe");
  EXPECT_EQ(error_of([&] { service_->catalog(admin_, "sales"); }), "catalog.catalogNotFound");
  EXPECT_EQ(error_of([&] { service_->rename_catalog(admin_, "VERKÄUFE", "MAIN"); }),
            "catalog.catalogExists");
  service_->drop_catalog(admin_, "VERKÄUFE", false, false);
  EXPECT_EQ(error_of([&] { service_->drop_catalog(admin_, "verkäufe", false, false); }),
            "catalog.catalogNotFound");
  EXPECT_NO_THROW(service_->drop_catalog(admin_, "verkäufe", true, false));
}

TEST_F(CatalogTest, DropsOnlyEmptyOnesUnlessCascade) {
  service_->create_catalog(admin_, "c", "", false);
  service_->create_schema(admin_, {"c", "s", ""}, "", false);
  EXPECT_EQ(error_of([&] { service_->drop_catalog(admin_, "c", false, false); }),
            "catalog.notEmpty");
  make("c.s.t");
  service_->create_volume(admin_, {"c", "default", "v"}, "", false);
  EXPECT_EQ(error_of([&] { service_->drop_schema(admin_, {"c", "s", ""}, false, false); }),
            "catalog.notEmpty");
  EXPECT_EQ(error_of([&] { service_->drop_schema(admin_, {"c", "default", ""}, false, false); }),
            "catalog.notEmpty");
  service_->drop_catalog(admin_, "c", false, true);
  EXPECT_EQ(error_of([&] { service_->catalog(admin_, "c"); }), "catalog.catalogNotFound");
}

TEST_F(CatalogTest, ReservedAndBadNamesAreRefused) {
  for (const std::string& name : {"system", "SYSTEM", "", "a.b", "a/b", "x\n"}) {
    EXPECT_EQ(error_of([&] { service_->create_catalog(admin_, name, "", false); }),
              "catalog.badName")
        << name;
  }
  for (const std::string& name : {"information_schema", "Information_Schema", "", ".."}) {
    EXPECT_EQ(error_of([&] { service_->create_schema(admin_, {"main", name, ""}, "", false); }),
              "catalog.badName")
        << name;
  }
  EXPECT_EQ(error_of([&] { service_->create_volume(admin_, {"main", "default", ""}, "", false); }),
            "catalog.badName");
}

TEST_F(CatalogTest, SchemasComeAndGo) {
  const Schema s = service_->create_schema(admin_, {"MAIN", "Sales 2024", ""}, "c", false);
  EXPECT_EQ(s.catalog, "main");
  EXPECT_EQ(service_->schema(admin_, {"main", "sales 2024", ""}).id, s.id);
  EXPECT_EQ(
      error_of([&] { service_->create_schema(admin_, {"main", "SALES 2024", ""}, "", false); }),
      "catalog.schemaExists");
  EXPECT_EQ(service_->create_schema(admin_, {"main", "SALES 2024", ""}, "", true).id, s.id);
  service_->rename_schema(admin_, {"main", "sales 2024", ""}, "s2");
  EXPECT_EQ(error_of([&] { service_->rename_schema(admin_, {"main", "s2", ""}, "DEFAULT"); }),
            "catalog.schemaExists");
  service_->drop_schema(admin_, {"main", "S2", ""}, false, false);
  EXPECT_EQ(error_of([&] { service_->drop_schema(admin_, {"main", "s2", ""}, false, false); }),
            "catalog.schemaNotFound");
  EXPECT_NO_THROW(service_->drop_schema(admin_, {"main", "s2", ""}, true, false));
  EXPECT_NO_THROW(service_->drop_schema(admin_, {"nowhere", "s2", ""}, true, false));
}

TEST_F(CatalogTest, VolumesLoseTheirFilesWhenDropped) {
  const Volume v = service_->create_volume(admin_, {"main", "default", "Raw files"}, "", false);
  objects_->put(v.root + "/a/b.csv", "1");
  EXPECT_EQ(error_of([&] {
              service_->create_volume(admin_, {"main", "default", "RAW FILES"}, "", false);
            }),
            "catalog.volumeExists");
  EXPECT_EQ(service_->create_volume(admin_, {"main", "default", "RAW FILES"}, "", true).id, v.id);
  EXPECT_EQ(service_->volumes(admin_, {"main", "default", ""}).size(), 1u);
  service_->drop_volume(admin_, {"main", "default", "raw FILES"}, false);
  EXPECT_FALSE(objects_->head(v.root + "/a/b.csv"));
  EXPECT_EQ(error_of([&] { service_->drop_volume(admin_, v.name, false); }),
            "catalog.volumeNotFound");
  EXPECT_NO_THROW(service_->drop_volume(admin_, v.name, true));
}

TEST_F(CatalogTest, CommentsOnEverything) {
  make("t");
  service_->create_volume(admin_, {"main", "default", "v"}, "", false);
  service_->comment(admin_, ObjectType::catalog, {"main", "", ""}, "c1");
  service_->comment(admin_, ObjectType::schema, {"main", "default", ""}, "c2");
  service_->comment(admin_, ObjectType::table, {"main", "default", "t"}, "c3");
  service_->comment(admin_, ObjectType::volume, {"main", "default", "v"}, "c4 ü\n");
  EXPECT_EQ(service_->catalog(admin_, "main").comment, "c1");
  EXPECT_EQ(service_->schema(admin_, {"main", "default", ""}).comment, "c2");
  EXPECT_EQ(service_->table(admin_, {"main", "default", "t"}).comment, "c3");
  EXPECT_EQ(service_->volume(admin_, {"main", "default", "v"}, Privilege::read).comment, "c4 ü\n");
  EXPECT_EQ(error_of([&] {
              service_->comment(admin_, ObjectType::table, {"main", "default", "t"},
                                std::string(40001, 'x'));
            }),
            "catalog.badComment");
}

TEST_F(CatalogTest, SearchFindsNamesCommentsAndColumns) {
  make("main.default.orders", "id BIGINT, amount DECIMAL(10,2), address STRUCT<City: STRING>");
  make("main.default.old_orders");
  make("main.default.unrelated");
  service_->create_view(admin_, {"main", "default", "top_Orders"}, "SELECT 1", {}, "", false,
                        false);
  service_->create_volume(admin_, {"main", "default", "order files"}, "", false);
  service_->comment(admin_, ObjectType::table, {"main", "default", "unrelated"}, "about ORDERS");
  EXPECT_EQ(found("ORDER"), (std::vector<std::string>{
                                "table main.default.orders", "table main.default.old_orders",
                                "view main.default.top_Orders", "table main.default.unrelated",
                                "volume main.default.`order files`"}));
  EXPECT_EQ(found("amou"), std::vector<std::string>{"column main.default.orders"});
  EXPECT_EQ(service_->search(admin_, "amou", 9).at(0).detail, "amount DECIMAL(10,2)");
  EXPECT_EQ(service_->search(admin_, "city", 9).at(0).detail, "address.City STRING");
  EXPECT_TRUE(found("100%").empty());
  EXPECT_TRUE(found("_").size() == 2);  // literally, not any character
  EXPECT_EQ(found("order", 2).size(), 2u);
  EXPECT_TRUE(found("").empty());
  service_->drop_table(admin_, {"main", "default", "orders"}, false, std::nullopt);
  EXPECT_TRUE(found("amou").empty());
  EXPECT_EQ(error_of([&] { found(std::string(201, 'x')); }), "catalog.badSearch");
  EXPECT_EQ(error_of([&] { found("\xff"); }), "catalog.badSearch");
}

TEST_F(CatalogTest, SearchKnowsColumnsOfLaterVersions) {
  const Table t = make("t", "first_col BIGINT");
  const auto opened = service_->open(admin_, t.name, Privilege::write);
  columns("second_col BIGINT")(*opened.delta);
  service_->note_schema(t.id, *opened.delta->snapshot());
  EXPECT_TRUE(found("first_col").empty());
  EXPECT_EQ(found("second_col").size(), 1u);
}

TEST_F(CatalogTest, SharedCatalogsAreReadByEveryone) {
  service_->create_catalog(admin_, "samples", "", false);
  make("samples.default.t");
  EXPECT_EQ(error_of([&] { service_->catalog(ann_, "samples"); }), "catalog.catalogNotFound");
  service_->share_catalog(admin_, "samples", Privilege::read);
  EXPECT_NO_THROW(service_->open(ann_, {"samples", "default", "t"}, Privilege::read));
  EXPECT_EQ(error_of([&] { service_->open(ann_, {"samples", "default", "t"}, Privilege::write); }),
            "catalog.forbidden");
  EXPECT_EQ(error_of([&] { service_->share_catalog(ann_, "samples", Privilege::manage); }),
            "catalog.forbidden");
}

}  // namespace
}  // namespace ob::catalog
