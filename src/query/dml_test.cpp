// Who may change rows, and what statements that run at the same time do to each other; what they do
// to rows is in tests/api and tests/interop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "base/error.h"
#include "db/testing.h"
#include "query/query.h"

namespace ob::query {
namespace {

namespace fs = std::filesystem;
using identity::Privilege;

class NoFiles : public FileResolver {
 public:
  std::string readable_location(const Caller&, const std::string& path) override {
    throw not_found("storage.noSuchFile", "There is no " + path + ".");
  }
};

class DmlTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "ob-dml-XXXXXX").string();
    dir_ = mkdtemp(pattern.data());
    for (const char* part : {"/objects", "/tmp"}) fs::create_directories(dir_ + part);
    database_ = db::open(db::testing::url_in(dir_));
    objects_ = objects::open("file://" + dir_ + "/objects");
    engine_ = engine::open({.allowed_directories = {dir_ + "/objects", dir_ + "/tmp"},
                            .temp_directory = dir_ + "/tmp/spill",
                            .memory_bytes = 1 << 30,
                            .threads = 1});
    identity_ = identity::open(*database_, dir_, "", {.bcrypt_cost = 4});
    identity_->bootstrap("admin@localhost", "a-long-password-1");
    catalog_ = catalog::open(*database_, *identity_, objects_, engine_->parquet(), {dir_, {}});
    service_ = open(*engine_, *catalog_, *identity_, *database_, {}, files_,
                    {.temp_directory = dir_ + "/tmp"});
    admin_ = sign_in("admin@localhost", "a-long-password-1");
    identity_->create_user(admin_, "ann@x.org", "Ann", "a-long-password-2");
    ann_ = sign_in("ann@x.org", "a-long-password-2");
    run(admin_, "create schema s");
    for (const std::string table : {"mine", "shown", "hidden"})
      run(admin_, "create table s." + table + " as select range as id, 1 as n from range(4)");
    grant("mine", Privilege::write);
    grant("shown", Privilege::read);
  }
  void TearDown() override {
    service_.reset();
    catalog_.reset();
    identity_.reset();
    engine_.reset();
    database_.reset();
    fs::remove_all(dir_);
  }
  Caller sign_in(const std::string& email, const std::string& password) {
    return identity_->authenticate(identity_->sign_in(email, password, "127.0.0.1").access_token);
  }
  void grant(const std::string& name, Privilege privilege) {
    const catalog::Table table = catalog_->table(admin_, {"main", "s", name});
    const identity::Securable path[] = {
        {identity::ObjectType::table, table.id, table.name.text(), table.owner}};
    identity_->permissions().grant(admin_, path, ann_.user_id, {.privileges = {privilege}});
  }
  std::string run(const Caller& caller, const std::string& sql) {
    Request request;
    request.sql = sql;
    const auto execution = service_->run(caller, request, Service::Shape::pages);
    std::string out;
    while (const auto batch = execution->next()) batch->append_json(out, 0, batch->rows());
    return out;
  }
  int status(const std::string& sql) {
    try {
      run(ann_, sql);
    } catch (const Error& error) {
      return error.status();
    }
    return 200;
  }

  std::string dir_;
  std::unique_ptr<db::Database> database_;
  std::shared_ptr<objects::Store> objects_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<identity::Identity> identity_;
  std::unique_ptr<catalog::Service> catalog_;
  NoFiles files_;
  std::unique_ptr<Service> service_;
  Caller admin_, ann_;
};

TEST_F(DmlTest, TheTargetNeedsWriteAndTheRestRead) {
  const std::string matched = " on m.id = o.id when matched then update set n = o.n + 1";
  const struct {
    int expected;
    std::string sql;
  } cases[] = {
      {200, "delete from s.mine where id = 0"},
      {200, "delete from s.mine where id in (select id + 1 from s.shown where id = 0)"},
      {404, "delete from s.mine where id in (select id from s.hidden)"},
      {404, "delete from s.mine where exists (select 1 from s.hidden)"},
      {404, "update s.mine set n = (select max(n) from s.hidden)"},
      {200, "update s.mine set n = (select max(n) from s.shown)"},
      {200, "merge into s.mine m using s.shown o" + matched},
      {404, "merge into s.mine m using s.hidden o" + matched},
      {404, "merge into s.mine m using (select * from s.hidden) o" + matched},
      {404, "merge into s.mine m using s.shown o" + matched + " + (select min(n) from s.hidden)"},
      {404, "insert into s.mine replace where id = 1 select * from s.hidden where id = 1"},
      {404, "insert into s.mine replace where id in (select id from s.hidden) select 1, 1"},
      {403, "delete from s.shown"},
      {403, "delete from s.shown where id = 1"},
      {403, "update s.shown set n = 2"},
      {403, "merge into s.shown m using s.mine o" + matched},
      {404, "delete from s.hidden where id = 1"},
      {404, "merge into s.hidden m using s.mine o" + matched},
      {403, "alter table s.mine add constraint c check (id >= 0)"},
      {403, "alter table s.mine add column c int"},
  };
  for (const auto& c : cases) EXPECT_EQ(status(c.sql), c.expected) << c.sql;
  for (const std::string table : {"shown", "hidden"})
    EXPECT_EQ(run(admin_, "select count(*), sum(n)::bigint from s." + table), "[4,4]");
  EXPECT_EQ(run(admin_, "select id, n from s.mine order by id"), "[2,2],[3,2]");
}

TEST_F(DmlTest, AMadeUpNameDoesNotLendRights) {
  for (const char* catalog : {"(target)", "(source)", "(new)", "(pairs)"}) {
    const std::string name = "\"" + std::string(catalog) + "\".s.hidden";
    EXPECT_EQ(status("select * from " + name), 404) << name;
    EXPECT_EQ(status("delete from " + name), 404) << name;
  }
  // While a statement runs they stand for its own tables.
  EXPECT_EQ(status("delete from s.mine where id in (select id from \"(source)\".s.hidden)"), 404);
}

}  // namespace
}  // namespace ob::query
