// Tables and views: creation and its races and crashes, replacement, external locations, renames,
// UNDROP, purge.
#include <sys/time.h>

#include <atomic>
#include <thread>

#include "catalog/testing.h"

namespace ob::catalog {
namespace {

namespace fs = std::filesystem;
using identity::Privilege;

class TablesTest : public CatalogFixture {
 protected:
  Name name(const std::string& text) const { return parse_name(text); }
  void drop(const std::string& text) {
    service_->drop_table(admin_, name(text), false, std::nullopt);
  }
  void undrop(const std::string& text) { service_->undrop_table(admin_, name(text)); }
  Name view(const std::string& text) {
    return service_
        ->create_view(admin_, name(text), "SELECT 1", {"main", "default", ""}, "", false, false)
        .name;
  }
  // As if it had been dropped that many days ago.
  void age_drop(const std::string& id, int days) {
    database_->write([&](db::Tx& tx) {
      tx.execute("UPDATE catalog_tables SET dropped_at = dropped_at - $2 WHERE id = $1",
                 {id, std::int64_t{days} * 24 * 3600 * 1'000'000});
    });
  }
  static void age_files(const std::string& directory, int hours) {
    for (const auto& e : fs::recursive_directory_iterator(directory)) {
      if (e.is_regular_file()) {
        fs::last_write_time(e.path(), fs::file_time_type::clock::now() - std::chrono::hours(hours));
      }
    }
  }
  std::int64_t version(const std::string& text) {
    return service_->open(admin_, name(text), Privilege::read).delta->snapshot()->version();
  }
};

TEST_F(TablesTest, CreatesManagedTables) {
  const Table t = service_->create_table(admin_, name("Orders"), "", "my orders", false, false,
                                         columns("id BIGINT"));
  EXPECT_EQ(t.kind, TableKind::managed);
  EXPECT_EQ(t.owner, admin_.user_id);
  EXPECT_EQ(service_->table(admin_, name("ORDERS")).id, t.id);
  EXPECT_EQ(service_->table(admin_, name("orders")).comment, "my orders");
  const auto opened = service_->open(admin_, name("orders"), Privilege::write);
  EXPECT_EQ(opened.delta->snapshot()->schema().at(0).name, "id");
  EXPECT_TRUE(fs::exists(opened.delta->location() + "/_delta_log/00000000000000000000.json"));
  // The same object while it is in use, so that snapshots are shared.
  EXPECT_EQ(service_->open(admin_, name("orders"), Privilege::read).delta, opened.delta);
  start();
  EXPECT_EQ(version("orders"), 0);
}

TEST_F(TablesTest, NamesAreUniqueWithViewsAndInAnyCase) {
  const Table t = make("t");
  view("v");
  int built = 0;
  const auto build = [&](delta::Table&) { ++built; };
  EXPECT_EQ(error_of([&] { make("T"); }), "catalog.tableExists");
  EXPECT_EQ(error_of([&] { make("V"); }), "catalog.tableExists");
  EXPECT_EQ(error_of([&] { view("T"); }), "catalog.tableExists");
  EXPECT_EQ(error_of([&] { view("V"); }), "catalog.tableExists");
  EXPECT_EQ(service_->create_table(admin_, name("T"), "", "", true, false, build).id, t.id);
  EXPECT_EQ(built, 0);
  // Neither may stand in for the other.
  for (const bool replace : {false, true}) {
    EXPECT_EQ(error_of([&] {
                service_->create_table(admin_, name("v"), "", "", !replace, replace, build);
              }),
              "catalog.tableExists");
    EXPECT_EQ(error_of([&] {
                service_->create_view(admin_, name("t"), "SELECT 1", {}, "", !replace, replace);
              }),
              "catalog.tableExists");
  }
  EXPECT_EQ(built, 0);
  EXPECT_EQ(directories("tables").size(), 1u);
}

TEST_F(TablesTest, AwkwardNames) {
  for (const std::string& text :
       {"`a b`", "`größe`", "`数据`", "`😀`", "`a'b\"c`", "`x;--`", "`%_\\`", "`select`", "`..`"}) {
    if (text == "`..`") {
      EXPECT_EQ(error_of([&] { make(text); }), "catalog.badName");
      continue;
    }
    make(text);
    EXPECT_EQ(version(text), 0) << text;
    EXPECT_EQ(service_->table(admin_, name(text)).name.text(),
              "main.default." + (text == "`select`" ? std::string("select") : text));
  }
  EXPECT_EQ(service_->tables(admin_, {"main", "default", ""}).size(), 8u);
}

TEST_F(TablesTest, FailedCreationLeavesNothing) {
  EXPECT_THROW(service_->create_table(admin_, name("t"), "", "", false, false,
                                      [&](delta::Table& table) {
                                        columns("id BIGINT")(table);
                                        throw std::runtime_error("disk full");
                                      }),
               std::runtime_error);
  EXPECT_EQ(error_of([&] { service_->table(admin_, name("t")); }), "catalog.tableNotFound");
  EXPECT_TRUE(directories("tables").empty());
  // Nothing committed at all.
  EXPECT_NE(error_of([&] {
              service_->create_table(admin_, name("t"), "", "", false, false, [](delta::Table&) {});
            }),
            "");
  EXPECT_NO_THROW(make("t"));
}

TEST_F(TablesTest, InvisibleWhileBeingBuilt) {
  service_->create_table(admin_, name("t"), "", "", false, false, [&](delta::Table& table) {
    columns("id BIGINT")(table);
    EXPECT_EQ(error_of([&] { service_->table(admin_, name("t")); }), "catalog.tableNotFound");
    age_files(data() + "/objects/tables", 5);
    EXPECT_EQ(service_->purge(), 0u);  // though no row names it yet
  });
  EXPECT_EQ(version("t"), 0);
}

TEST_F(TablesTest, LeftoversOfACrashAreCleanedWhenOld) {
  const Table kept = make("kept");
  for (const char* id : {"old", "young"}) {
    columns("id BIGINT")(*delta::open_table(objects_, std::string("tables/") + id, parquet_));
  }
  age_files(data() + "/objects/tables/old", 2);
  age_files(data() + "/objects/" + kept.location, 2);
  start();
  EXPECT_EQ(service_->purge(), 1u);
  EXPECT_TRUE(objects_->list("tables/old/", "", 1, false).empty());
  EXPECT_FALSE(objects_->list("tables/young/", "", 1, false).empty());
  EXPECT_EQ(version("kept"), 0);
}

TEST_F(TablesTest, OneOfManyCreatorsWins) {
  std::atomic<int> won = 0, lost = 0, other = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const std::string id = error_of([&] { make("t"); });
      ++(id.empty() ? won : id == "catalog.tableExists" ? lost : other);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 7);
  EXPECT_EQ(other, 0);
  EXPECT_EQ(directories("tables").size(), 1u);
  EXPECT_EQ(version("t"), 0);
}

TEST_F(TablesTest, IfNotExistsAnswersTheWinner) {
  Table inner;
  const Table outer =
      service_->create_table(admin_, name("t"), "", "", true, false, [&](delta::Table& table) {
        columns("id BIGINT")(table);
        inner = make("t", "other BIGINT");
      });
  EXPECT_EQ(outer.id, inner.id);
  EXPECT_EQ(directories("tables").size(), 1u);
}

TEST_F(TablesTest, SchemaDroppedDuringCreation) {
  service_->create_schema(admin_, {"main", "s", ""}, "", false);
  EXPECT_EQ(error_of([&] {
              service_->create_table(
                  admin_, name("s.t"), "", "", false, false, [&](delta::Table& table) {
                    columns("id BIGINT")(table);
                    service_->drop_schema(admin_, {"main", "s", ""}, false, false);
                  });
            }),
            "catalog.changed");
  EXPECT_TRUE(directories("tables").empty());
}

TEST_F(TablesTest, ReplaceCommitsInTheSameLog) {
  const Table first = make("t", "a BIGINT");
  const Table second =
      service_->create_table(admin_, name("T"), "", "new", false, true, columns("b STRING"));
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(version("t"), 1);
  const auto opened = service_->open(admin_, name("t"), Privilege::read);
  EXPECT_EQ(opened.delta->snapshot()->schema().at(0).name, "b");
  EXPECT_EQ(opened.delta->snapshot_at(0)->schema().at(0).name, "a");
  EXPECT_EQ(service_->table(admin_, name("t")).comment, "new");
  EXPECT_THROW(service_->create_table(admin_, name("t"), "", "", false, true,
                                      [](delta::Table&) { throw std::runtime_error("no"); }),
               std::runtime_error);
  EXPECT_EQ(version("t"), 1);
  EXPECT_EQ(service_->create_table(admin_, name("fresh"), "", "", false, true, columns("c INT"))
                .name.object,
            "fresh");
}

TEST_F(TablesTest, Views) {
  Table v = service_->create_view(admin_, name("v"), "SELECT * FROM t", {"main", "s", ""}, "c",
                                  false, false);
  EXPECT_EQ(v.kind, TableKind::view);
  v = service_->create_view(admin_, name("V"), "SELECT 2", {"main", "default", ""}, "", false,
                            true);
  const Table again = service_->table(admin_, name("v"));
  EXPECT_EQ(again.view_sql, "SELECT 2");
  EXPECT_EQ(again.view_defaults.schema, "default");
  EXPECT_EQ(again.name.object, "v");
  EXPECT_EQ(error_of([&] { service_->open(admin_, name("v"), Privilege::read); }),
            "catalog.isView");
  make("t");
  EXPECT_EQ(error_of([&] { service_->drop_table(admin_, name("v"), false, false); }),
            "catalog.isView");
  EXPECT_EQ(error_of([&] { service_->drop_table(admin_, name("t"), false, true); }),
            "catalog.isTable");
  service_->drop_table(admin_, name("v"), false, true);
  undrop("v");
  EXPECT_EQ(service_->table(admin_, name("v")).view_sql, "SELECT 2");
}

TEST_F(TablesTest, RenamesAlsoAcrossSchemas) {
  service_->create_schema(admin_, {"main", "s2", ""}, "", false);
  service_->create_catalog(admin_, "c2", "", false);
  const Table t = make("t");
  make("other");
  service_->rename_table(admin_, name("t"), name("T"));
  EXPECT_EQ(service_->table(admin_, name("t")).name.object, "T");
  EXPECT_EQ(error_of([&] { service_->rename_table(admin_, name("t"), name("OTHER")); }),
            "catalog.tableExists");
  service_->rename_table(admin_, name("t"), name("S2.b"));
  EXPECT_EQ(service_->table(admin_, name("s2.B")).id, t.id);
  EXPECT_EQ(service_->table(admin_, name("s2.b")).name.text(), "main.s2.b");
  EXPECT_EQ(version("s2.b"), 0);
  EXPECT_EQ(error_of([&] { service_->rename_table(admin_, name("s2.b"), name("c2.default.b")); }),
            "catalog.otherCatalog");
  EXPECT_EQ(error_of([&] { service_->rename_table(admin_, name("s2.b"), name("none.b")); }),
            "catalog.schemaNotFound");
  EXPECT_EQ(error_of([&] { service_->rename_table(admin_, name("t"), name("x")); }),
            "catalog.tableNotFound");
  EXPECT_EQ(error_of([&] { service_->rename_table(admin_, name("s2.b"), {"main", "s2", "a/b"}); }),
            "catalog.badName");
}

TEST_F(TablesTest, UndropRestoresTheNewestOfTheName) {
  const Table first = make("t");
  drop("t");
  EXPECT_EQ(error_of([&] { service_->table(admin_, name("t")); }), "catalog.tableNotFound");
  const Table second = make("t");
  drop("t");
  EXPECT_EQ(service_->tables(admin_, {"main", "default", ""}, true).size(), 2u);
  undrop("T");
  EXPECT_EQ(service_->table(admin_, name("t")).id, second.id);
  EXPECT_EQ(version("t"), 0);
  EXPECT_EQ(error_of([&] { undrop("t"); }), "catalog.tableExists");
  service_->rename_table(admin_, name("t"), name("t2"));
  undrop("t");
  EXPECT_EQ(service_->table(admin_, name("t")).id, first.id);
  EXPECT_EQ(error_of([&] { undrop("t"); }), "catalog.nothingToRestore");
  EXPECT_EQ(error_of([&] { undrop("never"); }), "catalog.nothingToRestore");
}

TEST_F(TablesTest, UndropAfterItsSchemaWasDropped) {
  service_->create_schema(admin_, {"main", "s", ""}, "", false);
  const Table t = make("s.t");
  service_->drop_schema(admin_, {"main", "s", ""}, false, true);
  EXPECT_EQ(error_of([&] { undrop("s.t"); }), "catalog.schemaDropped");
  service_->create_schema(admin_, {"main", "S", ""}, "", false);
  undrop("s.t");
  EXPECT_EQ(service_->table(admin_, name("s.t")).id, t.id);
  EXPECT_EQ(service_->table(admin_, name("s.t")).name.text(), "main.S.t");
}

TEST_F(TablesTest, ASchemaMadeAnewGivesNoRightsOverTheOldOnesTables) {
  service_->create_schema(admin_, {"main", "s", ""}, "", false);
  make("s.t");
  service_->drop_schema(admin_, {"main", "s", ""}, false, true);
  give("ann@localhost", Privilege::create, service_->catalog(admin_, "main").id);
  service_->create_schema(ann_, {"main", "s", ""}, "", false);
  EXPECT_EQ(error_of([&] { service_->undrop_table(ann_, name("s.t")); }),
            "catalog.nothingToRestore");
  EXPECT_NO_THROW(undrop("s.t"));
}

TEST_F(TablesTest, PurgeDeletesWhatExpired) {
  const Table fresh = make("fresh"), old = make("old");
  const Table outside = make_at("outside", external() + "/t");
  drop("fresh"), drop("old"), drop("outside");
  give("ann@localhost", Privilege::read, old.id);
  EXPECT_EQ(service_->purge(), 0u);
  age_drop(old.id, 8), age_drop(outside.id, 8), age_drop(fresh.id, 6);
  EXPECT_EQ(error_of([&] { undrop("old"); }), "catalog.nothingToRestore");
  EXPECT_EQ(service_->purge(), 2u);
  EXPECT_TRUE(objects_->list(old.location + "/", "", 1, false).empty());
  EXPECT_FALSE(objects_->list(fresh.location + "/", "", 1, false).empty());
  EXPECT_TRUE(fs::exists(external() + "/t/_delta_log/00000000000000000000.json"));
  EXPECT_EQ(grants_on(old.id), 0u);
  undrop("fresh");
  EXPECT_EQ(version("fresh"), 0);
  EXPECT_EQ(service_->purge(), 0u);
}

TEST_F(TablesTest, PurgeGoesOnAfterACrash) {
  objects_->put("volumes/gone/file", "x");
  database_->write([](db::Tx& tx) {
    tx.execute("INSERT INTO catalog_trash (root, created_at) VALUES ($1, $2)",
               {std::string("volumes/gone"), std::int64_t{1}});
  });
  EXPECT_EQ(service_->purge(), 1u);
  EXPECT_FALSE(objects_->head("volumes/gone/file"));
  EXPECT_EQ(service_->purge(), 0u);
}

TEST_F(TablesTest, ExternalTables) {
  const Table t = make_at("t", external() + "/sub/t");
  EXPECT_EQ(t.kind, TableKind::external);
  EXPECT_TRUE(fs::exists(external() + "/sub/t/_delta_log/00000000000000000000.json"));
  EXPECT_EQ(service_->open(admin_, name("t"), Privilege::read).delta->location(),
            fs::canonical(external()).string() + "/sub/t");
  drop("t");
  // Its files stay; the log that is there is registered as it is.
  const Table again = register_at("again", external() + "/sub/t");
  EXPECT_EQ(version("again"), 0);
  EXPECT_NE(again.id, t.id);
  EXPECT_NE(error_of([&] { register_at("nothing", external() + "/empty"); }), "");
  EXPECT_EQ(error_of([&] { service_->table(admin_, name("nothing")); }), "catalog.tableNotFound");
  start();
  EXPECT_EQ(version("again"), 0);
}

TEST_F(TablesTest, ExternalTablesDoNotOverlap) {
  make_at("t", external() + "/a/b");
  for (const char* path : {"/a", "/a/b/c", "/a/b/_delta_log"}) {
    EXPECT_EQ(error_of([&] { make_at("u", external() + path); }), "catalog.locationTaken") << path;
  }
  EXPECT_NO_THROW(register_at("same", external() + "/a/b"));
  EXPECT_NO_THROW(make_at("u", external() + "/a/bc"));
  // Also of a table that UNDROP may bring back.
  drop("t"), drop("same");
  EXPECT_EQ(error_of([&] { make_at("v", external() + "/a"); }), "catalog.locationTaken");
}

TEST_F(TablesTest, ExternalLocationsAreConfined) {
  fs::create_directories(directory_ + "/elsewhere");
  fs::create_directory_symlink(directory_ + "/elsewhere", external() + "/out");
  for (const std::string& path : {directory_ + "/elsewhere/t", external() + "/out/t",
                                  data() + "/objects/tables/x", external(), std::string("/etc")}) {
    EXPECT_EQ(error_of([&] { make_at("t", path); }), "catalog.locationNotAllowed") << path;
  }
  EXPECT_TRUE(fs::is_empty(directory_ + "/elsewhere"));
  EXPECT_EQ(error_of([&] { make_at("t", external() + "/../elsewhere/t"); }), "catalog.badLocation");
  // Only who may create on the server chooses places: all files below the prefixes are theirs.
  give("ann@localhost", Privilege::manage, service_->catalog(admin_, "main").id);
  const auto as_ann = [&] {
    service_->create_table(ann_, name("t"), external() + "/t", "", false, false,
                           columns("id BIGINT"));
  };
  EXPECT_EQ(error_of(as_ann), "catalog.forbidden");
  give("ann@localhost", Privilege::create, "server");
  EXPECT_EQ(error_of(as_ann), "");
}

TEST_F(TablesTest, ReplaceKeepsThePlace) {
  make("managed");
  make_at("outside", external() + "/t");
  const auto replace = [&](const std::string& table, const std::string& location) {
    return error_of([&] {
      service_->create_table(admin_, name(table), location, "", false, true, columns("x BIGINT"));
    });
  };
  EXPECT_EQ(replace("managed", external() + "/u"), "catalog.otherLocation");
  EXPECT_EQ(replace("outside", external() + "/u"), "catalog.otherLocation");
  EXPECT_EQ(replace("outside", external() + "/t"), "");
  EXPECT_EQ(replace("outside", ""), "");
  EXPECT_EQ(version("outside"), 2);
}

TEST_F(TablesTest, RefusesLongViews) {
  EXPECT_EQ(error_of([&] {
              service_->create_view(admin_, name("v"), std::string(1024 * 1024 + 1, ' '), {}, "",
                                    false, false);
            }),
            "catalog.viewTooLong");
}

}  // namespace
}  // namespace ob::catalog
