// The whole way of statements over a real engine, catalog and database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/ids.h"
#include "catalog/information_schema.h"
#include "db/testing.h"
#include "query/api_results.h"
#include "query/pages.h"
#include "query/query.h"

namespace ob::query {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;
namespace json = boost::json;

class Files : public FileResolver {
 public:
  explicit Files(std::string directory) : directory_(std::move(directory)) {}
  std::string readable_location(const Caller& caller, const std::string& path) override {
    if (!path.starts_with("/Volumes/"))
      throw bad_request("storage.badPath", "Not a volume: " + path);
    if (!caller.admin) throw forbidden("storage.forbidden", "No.");
    return directory_ + "/" + path.substr(path.rfind('/') + 1);
  }

 private:
  std::string directory_;
};

constexpr const char* long_query =
    "SELECT sum(sqrt(a.range * b.range)) FROM range(10000000) a, range(100000) b";

class QueryTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string pattern = (fs::temp_directory_path() / "ob-query-XXXXXX").string();
    dir_ = mkdtemp(pattern.data());
    fs::create_directories(dir_ + "/objects");
    fs::create_directories(dir_ + "/tmp");
    database_ = db::open(db::testing::url_in(dir_));
    objects_ = objects::open("file://" + dir_ + "/objects");
    engine_ = engine::open({.allowed_directories = {dir_ + "/objects", dir_ + "/tmp"},
                            .temp_directory = dir_ + "/tmp/spill",
                            .memory_bytes = 1 << 30,
                            .threads = 2});
    identity_ = identity::open(*database_, dir_, "", {.bcrypt_cost = 4});
    identity_->bootstrap("admin@localhost", "a-long-password-1");
    catalog_ = catalog::open(*database_, *identity_, objects_, engine_->parquet(), {dir_, {}});
    information_ = catalog::make_information_schema(
        *catalog_, [](const Caller& caller, const catalog::Table& view) {
          return service_->describe_view(caller, view);
        });
    files_ = std::make_unique<Files>(dir_ + "/objects");
    service_ = open(*engine_, *catalog_, *identity_, *database_, {information_.get()}, *files_,
                    {.temp_directory = dir_ + "/tmp",
                     .running_total = 3,
                     .running_per_user = 2,
                     .queued_total = 1,
                     .cursors_per_user = 2});
    admin_ = sign_in("admin@localhost", "a-long-password-1");
    identity_->create_user(admin_, "ann@x.org", "Ann", "a-long-password-2");
    ann_ = sign_in("ann@x.org", "a-long-password-2");
  }
  static void TearDownTestSuite() {
    service_.reset();
    information_.reset();
    catalog_.reset();
    identity_.reset();
    engine_.reset();
    objects_.reset();
    database_.reset();
    fs::remove_all(dir_);
  }
  static Caller sign_in(const std::string& email, const std::string& password) {
    return identity_->authenticate(identity_->sign_in(email, password, "127.0.0.1").access_token);
  }
  QueryTest() {
    schema_ = "s" + std::to_string(++counter_);
    run("create schema " + schema_);
  }

  // The rows as JSON.
  std::string run(const std::string& sql, const json::value& parameters = nullptr,
                  const Caller* caller = nullptr) {
    Request request;
    request.sql = sql;
    request.parameters = parameters;
    request.schema = schema_;
    const auto execution = service_->run(caller ? *caller : admin_, request, Service::Shape::pages);
    std::string out;
    while (const auto batch = execution->next()) {
      if (batch->rows() > 0 && !out.empty()) out += ",";
      batch->append_json(out, 0, batch->rows());
    }
    statistics_ = execution->statistics();
    return out;
  }
  std::string error_of(const std::string& sql, const json::value& parameters = nullptr,
                       const Caller* caller = nullptr) {
    try {
      run(sql, parameters, caller);
    } catch (const Error& error) {
      last_ = error.what();
      return error.id();
    }
    return "none";
  }
  void write_file(const std::string& name, const std::string& text) {
    std::ofstream(dir_ + "/objects/" + name) << text;
  }

  static inline std::string dir_;
  static inline std::unique_ptr<db::Database> database_;
  static inline std::shared_ptr<objects::Store> objects_;
  static inline std::unique_ptr<engine::Engine> engine_;
  static inline std::unique_ptr<identity::Identity> identity_;
  static inline std::unique_ptr<catalog::Service> catalog_;
  static inline std::unique_ptr<catalog::TableProvider> information_;
  static inline std::unique_ptr<Files> files_;
  static inline std::unique_ptr<Service> service_;
  static inline Caller admin_, ann_;
  static inline int counter_ = 0;
  std::string schema_, last_;
  Statistics statistics_;
};

TEST_F(QueryTest, CreateInsertSelect) {
  run("create table t (id bigint not null, name string, d date)");
  EXPECT_EQ(run("insert into t values (1, 'a', '2026-01-01'), (2, 'b', null)"), "[2,1]");
  EXPECT_EQ(run("insert into t (name, id) values ('c', 3)"), "[1,2]");
  EXPECT_EQ(run("insert into t by name select 'd' as name, 4 as id"), "[1,3]");
  EXPECT_EQ(run("select id, name, d from t order by id"),
            "[1,\"a\",\"2026-01-01\"],[2,\"b\",null],[3,\"c\",null],[4,\"d\",null]");
  EXPECT_EQ(run("select count(*) from t version as of 1"), "[2]");
  EXPECT_EQ(run("select count(*) from t a at (version => $1)", json::array{2}), "[3]");
  EXPECT_EQ(run("select count(*) from t timestamp as of now()"), "[4]");
  EXPECT_EQ(error_of("select * from t timestamp as of '1999-01-01'"), "delta.noSuchVersion");
  EXPECT_EQ(error_of("select * from t version as of 99"), "delta.noSuchVersion");
  EXPECT_EQ(run("insert overwrite t select 9, 'z', date '2026-02-02'"), "[1,4]");
  EXPECT_EQ(run("select * from t"), "[9,\"z\",\"2026-02-02\"]");
  EXPECT_EQ(run("truncate table t"), "[1,5]");
  EXPECT_EQ(run("select count(*), max(id) from t"), "[0,null]");
}

TEST_F(QueryTest, SchemaEnforcement) {
  run("create table t (id bigint, l array<int>, ok boolean)");
  EXPECT_EQ(error_of("insert into t values (1)"), "delta.schemaMismatch");
  EXPECT_EQ(error_of("insert into t (id, nope) values (1, 2)"), "delta.schemaMismatch");
  EXPECT_EQ(error_of("insert into t (id, ID) values (1, 2)"), "delta.schemaMismatch");
  EXPECT_EQ(error_of("insert into t values (date '2026-01-01', [1], true)"),
            "delta.schemaMismatch");
  EXPECT_THAT(last_, HasSubstr("id is BIGINT, not DATE"));
  EXPECT_EQ(error_of("insert into t by name select 1 as id, 2 as other"), "delta.schemaMismatch");
  EXPECT_NE(error_of("insert into t (id) values ('abc')"), "none");
  run("create table n (id bigint not null)");
  EXPECT_EQ(error_of("insert into n values (null)"), "delta.notNull");
  EXPECT_EQ(run("select count(*) from n"), "[0]");
}

TEST_F(QueryTest, CreateTableVariants) {
  EXPECT_EQ(run("create table a as select 1 as x, 'y' as y"), "[1,0]");
  EXPECT_EQ(error_of("create table a as select 2 as x"), "catalog.tableExists");
  EXPECT_THAT(run("create table if not exists a as select 2 as x"), HasSubstr("exists already"));
  EXPECT_EQ(run("create or replace table a as select 5 as z"), "[1,1]");
  EXPECT_EQ(run("select * from a"), "[5]");
  EXPECT_EQ(run("select x, y from a version as of 0"), "[1,\"y\"]");
  EXPECT_EQ(error_of("create table b as select 1 as x, 2 as X"), "sql.duplicateColumn");
  EXPECT_EQ(error_of("create table b (a int, A string)"), "sql.duplicateColumn");
  EXPECT_EQ(error_of("create table b as select 1 as \"a b\""), "sql.badColumnName");
  EXPECT_EQ(error_of("create table b (a int) partitioned by (c)"), "sql.unknownPartitionColumn");
  EXPECT_EQ(error_of("create table b (a int) partitioned by (a)"), "sql.badPartitionColumn");
  EXPECT_EQ(error_of("create table b (a nonsense)"), "sql.unknownType");
  EXPECT_EQ(error_of("create table b (a int) tblproperties ('delta.columnMapping.mode'='id')"),
            "sql.badProperty");
  EXPECT_EQ(error_of("create table b (a int) location '/etc/x'"), "catalog.locationNotAllowed");
  run("create table p partitioned by (k) as select range % 3 as k, range as v from range(30)");
  EXPECT_EQ(run("select count(*), sum(v) from p where k = 1"), "[10,145]");
  EXPECT_EQ(statistics_.files_skipped, 2);
  EXPECT_EQ(statistics_.files, 1);
}

TEST_F(QueryTest, DeepTypes) {
  std::string type = "int", cast = "int";
  for (int i = 0; i < 20'000; ++i) type = "array<" + type + ">";
  for (int i = 0; i < 900; ++i) cast += "[]";
  EXPECT_NE(error_of("create table t (a " + type + ")"), "none");
  EXPECT_NE(error_of("select cast(1 as " + type + ")"), "none");
  EXPECT_NE(error_of("select cast(null as " + cast + ")"), "internal") << last_;
}

TEST_F(QueryTest, Views) {
  run("create table t as select range as id from range(10)");
  run("create view v as select id * 2 as d from t");
  EXPECT_EQ(run("select sum(d)::bigint from v"), "[90]");
  run("create or replace view v (a, b) comment 'x' as select id, -id from t -- end");
  EXPECT_EQ(run("select max(a), min(b) from v"), "[9,-9]");
  EXPECT_EQ(error_of("create view w as select nope from t"), "sql.binding");
  EXPECT_EQ(error_of("create view w as select * from missing"), "catalog.tableNotFound");
  EXPECT_EQ(error_of("create view w as select $1", json::array{1}), "sql.parameterInView");
  EXPECT_EQ(run("describe v"), "[\"a\",\"BIGINT\",\"\"],[\"b\",\"BIGINT\",\"\"]");
  EXPECT_EQ(run("select column_name from information_schema.columns where table_name = 'v' and "
                "table_schema = '" +
                schema_ + "' order by 1"),
            "[\"a\"],[\"b\"]");
}

TEST_F(QueryTest, RightsOfOthers) {
  run("create table t as select 'hunter2' as word");
  const std::string missing = error_of("select * from missing", nullptr, &ann_);
  EXPECT_EQ(error_of("select * from t", nullptr, &ann_), missing);
  EXPECT_EQ(error_of("insert into t values ('x')", nullptr, &ann_), missing);
  EXPECT_EQ(error_of("create view v as select * from t", nullptr, &ann_), missing);
  EXPECT_EQ(error_of("drop table t", nullptr, &ann_), missing);
  EXPECT_EQ(error_of("describe history t", nullptr, &ann_), missing);
  EXPECT_EQ(error_of("explain select * from t", nullptr, &ann_), missing);
  EXPECT_EQ(error_of("select * from read_csv('/Volumes/a/b/c/x.csv')", nullptr, &ann_),
            "storage.forbidden");
  EXPECT_EQ(run("select current_user", nullptr, &ann_), "[\"ann@x.org\"]");
}

TEST_F(QueryTest, ShowAndDescribe) {
  run("create table t (id bigint not null comment 'the id', k string) partitioned by (k) comment "
      "'all' tblproperties ('a' = 'b')");
  EXPECT_EQ(run("show tables"), "[\"" + schema_ + "\",\"t\",\"managed\",\"all\"]");
  EXPECT_EQ(run("show tables like 'x*'"), "");
  EXPECT_EQ(run("show columns in t"), "[\"id\"],[\"k\"]");
  EXPECT_EQ(run("show tblproperties t"), "[\"a\",\"b\"]");
  EXPECT_THAT(run("show create table t"), HasSubstr("PARTITIONED BY"));
  EXPECT_EQ(run("describe t"), "[\"id\",\"BIGINT\",\"the id\"],[\"k\",\"STRING\",\"\"]");
  EXPECT_THAT(run("describe extended t"), HasSubstr("Location"));
  run("insert into t values (1, 'x')");
  const std::string detail = run("describe detail t");
  EXPECT_THAT(detail, HasSubstr("\"delta\""));
  EXPECT_THAT(detail, HasSubstr(dir_));
  const std::string history = run("describe history t");
  EXPECT_THAT(history, HasSubstr("\"WRITE\""));
  EXPECT_THAT(history, HasSubstr("admin@localhost"));
  EXPECT_THAT(run("describe history t limit 1"), Not(HasSubstr("CREATE TABLE")));
  EXPECT_THAT(run("describe schema " + schema_), HasSubstr("Owner"));
  EXPECT_THAT(run("show catalogs"), HasSubstr("main"));
  EXPECT_THAT(run("show schemas like '" + schema_ + "'"), HasSubstr(schema_));
  EXPECT_EQ(
      run("describe select 1 as a, 'x' as b"),
      "[\"a\",\"INTEGER\",\"YES\",null,null,null],[\"b\",\"VARCHAR\",\"YES\",null,null,null]");
}

TEST_F(QueryTest, RenameDropUndrop) {
  run("create table t as select 1 as a");
  run("alter table t rename to u");
  EXPECT_EQ(run("select a from u"), "[1]");
  run("drop table u");
  EXPECT_EQ(error_of("select a from u"), "catalog.tableNotFound");
  run("drop table if exists u");
  run("undrop table u");
  EXPECT_EQ(run("select a from u"), "[1]");
  run("comment on table u is 'note'");
  EXPECT_THAT(run("show tables"), HasSubstr("note"));
  run("alter table u set tblproperties ('delta.checkpointInterval' = '5')");
  EXPECT_EQ(run("show tblproperties u ('delta.checkpointInterval')"),
            "[\"delta.checkpointInterval\",\"5\"]");
  run("create volume files");
  EXPECT_THAT(run("show volumes"), HasSubstr("files"));
  run("drop volume files");
  run("create schema other_" + schema_);
  run("alter schema other_" + schema_ + " rename to fresh_" + schema_);
  run("drop schema fresh_" + schema_ + " cascade");
}

TEST_F(QueryTest, SelectForms) {
  run("create table t as select range as id, 'n' || (range % 3) as k, range * 1.5 as x from "
      "range(9)");
  EXPECT_EQ(run("select k, count(*) from t group by all order by all"),
            "[\"n0\",3],[\"n1\",3],[\"n2\",3]");
  EXPECT_EQ(run("pivot t on k using count(*) order by all limit 0"), "");
  EXPECT_EQ(run("select * from (pivot (select k, id from t) on k using sum(id)::bigint)"),
            "[9,12,15]");
  EXPECT_EQ(run("with recursive r(n) as (select 1 union all select n + 1 from r where n < 4) "
                "select max(n) from r"),
            "[4]");
  EXPECT_EQ(run("select a.id from t a join t b on a.id = b.id + 8"), "[8]");
  EXPECT_EQ(run("select main." + schema_ + ".t.id from t where " + schema_ + ".t.id = 3"), "[3]");
  EXPECT_EQ(run("from t select max(id) filter (k = 'n1')"), "[7]");
  EXPECT_EQ(run("select $1::int + $2::int", json::array{1, 2}), "[3]");
  EXPECT_EQ(run("select :a || $b", json::object{{"a", "x"}, {"b", "y"}}), "[\"xy\"]");
  EXPECT_THAT(run("summarize t"), HasSubstr("\"id\""));
  EXPECT_EQ(run("select id from t qualify row_number() over (order by id desc) = 1"), "[8]");
  EXPECT_EQ(run("values (1, 'a')"), "[1,\"a\"]");
  EXPECT_EQ(run("select cast([1] as array<bigint>)"), "[[1]]");
}

TEST_F(QueryTest, ErrorsUseTheUsersNames) {
  run("create table t as select 1 as id");
  for (const char* sql : {"select nope from t", "select t.nope from t", "select x.id from t",
                          "with c as (select 1 a) select c.b from c", "select id::date from t",
                          "select 'x'::int from t", "select * from t group by id having nope"}) {
    EXPECT_TRUE(error_of(sql).starts_with("sql.")) << sql << ": " << last_;
    EXPECT_THAT(last_, Not(HasSubstr("__scan"))) << sql;
    EXPECT_THAT(last_, Not(HasSubstr("__cte"))) << sql;
    EXPECT_THAT(last_, Not(HasSubstr("read_parquet"))) << sql;
    EXPECT_THAT(last_, Not(HasSubstr(dir_))) << sql;
  }
}

TEST_F(QueryTest, Explain) {
  run("create table t as select 1 as id");
  const std::string plan = run("explain select * from t where id = 1");
  EXPECT_THAT(plan, HasSubstr("PARQUET"));
  EXPECT_THAT(plan, Not(HasSubstr(dir_)));
  EXPECT_THAT(run("explain analyze select count(*) from t"), HasSubstr("SCAN"));
  EXPECT_THAT(run("explain analyze select * from t"),
              testing::AllOf(Not(HasSubstr(dir_)), HasSubstr("main." + schema_ + ".t")));
}

TEST_F(QueryTest, Limits) {
  Request request;
  request.sql = "select * from range(100)";
  request.row_limit = 10;
  auto execution = service_->run(admin_, request, Service::Shape::pages);
  std::int64_t rows = 0;
  while (const auto batch = execution->next()) rows += batch->rows();
  EXPECT_EQ(rows, 10);
  EXPECT_TRUE(execution->truncated());
  request.sql = "select * from range(10) order by 1 limit 10";
  execution = service_->run(admin_, request, Service::Shape::pages);
  while (execution->next()) {
  }
  EXPECT_FALSE(execution->truncated());

  request.sql = long_query;
  request.row_limit = std::nullopt;
  request.timeout_s = 1;
  try {
    execution = service_->run(admin_, request, Service::Shape::pages);
    while (execution->next()) {
    }
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "query.timeout");
  }
}

TEST_F(QueryTest, CancelAndHistory) {
  Request request;
  request.sql = long_query;
  request.query_id = new_uuid();
  std::string id_of_error;
  std::thread worker([&] {
    try {
      const auto execution = service_->run(admin_, request, Service::Shape::pages);
      while (execution->next()) {
      }
    } catch (const Error& error) {
      id_of_error = error.id();
    }
  });
  while (service_->running() == 0) std::this_thread::yield();
  EXPECT_EQ(service_->history_item(admin_, request.query_id).state, "running");
  EXPECT_THROW(service_->cancel(ann_, request.query_id), Error);
  service_->cancel(admin_, request.query_id);
  worker.join();
  EXPECT_EQ(id_of_error, "query.cancelled");
  EXPECT_EQ(service_->history_item(admin_, request.query_id).state, "cancelled");
  EXPECT_THROW(service_->history_item(ann_, request.query_id), Error);

  error_of("select broken");
  const auto items = service_->history(admin_, 1, {.state = "failed"});
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].sql, "select broken");
  EXPECT_EQ(items[0].error_id.substr(0, 4), "sql.");
  for (const auto& item : service_->history(ann_, 100, {})) EXPECT_EQ(item.user_id, ann_.user_id);
}

TEST_F(QueryTest, PlacesAreBounded) {
  std::vector<std::thread> workers;
  std::vector<std::string> ids = {new_uuid(), new_uuid(), new_uuid()};
  for (const std::string& id : ids) {
    workers.emplace_back([id] {
      try {
        Request request;
        request.sql = long_query;
        request.query_id = id;
        const auto execution = service_->run(admin_, request, Service::Shape::pages);
        while (execution->next()) {
        }
      } catch (const Error&) {  // cancelled below
      }
    });
  }
  const auto known = [&] {
    std::size_t count = 0;
    for (const auto& item : service_->history(admin_, 10, {.state = "running"}))
      count += std::ranges::count(ids, item.id) > 0 ? 1 : 0;
    return count;
  };
  while (service_->running() < 2 || known() < 3) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(error_of("select 1"), "query.tooMany");   // two at work, one waits
  EXPECT_EQ(run("select 1", nullptr, &ann_), "[1]");  // others have their own places
  for (const std::string& id : ids) service_->cancel(admin_, id);
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(service_->running(), 0);
}

TEST_F(QueryTest, PagesAndFormats) {
  Pages pages(service_->options());
  Request request;
  request.sql = "select range as a from range(2500)";
  json::value page = json::parse(first_page(*service_, pages, admin_, request, 1000));
  EXPECT_EQ(page.at("rows").as_array().size(), 1000U);
  const std::string cursor(page.at("next").as_string());
  EXPECT_THROW(further_page(pages, ann_, cursor), Error);
  page = json::parse(further_page(pages, admin_, cursor));
  EXPECT_EQ(page.at("rows").as_array().at(0).as_array().at(0).as_int64(), 1000);
  EXPECT_THROW(further_page(pages, admin_, cursor), Error);
  page = json::parse(further_page(pages, admin_, std::string(page.at("next").as_string())));
  EXPECT_EQ(page.at("rows").as_array().size(), 500U);
  EXPECT_FALSE(page.as_object().contains("next"));
  EXPECT_EQ(service_->running(), 0);

  // The oldest of a user's open results is closed.
  std::vector<std::string> cursors;
  for (int i = 0; i < 3; ++i)
    cursors.emplace_back(
        json::parse(first_page(*service_, pages, admin_, request, 10)).at("next").as_string());
  EXPECT_THROW(further_page(pages, admin_, cursors[0]), Error);
  EXPECT_NO_THROW(further_page(pages, admin_, cursors[2]));

  std::string out;
  const auto csv = csv_stream(*service_, admin_, request);
  while (csv(out)) {
  }
  EXPECT_TRUE(out.starts_with("a\r\n0\r\n1\r\n"));
  std::string parquet, piece;
  const auto file = parquet_stream(*service_, admin_, request);
  for (bool more = true; more;) {
    piece.clear();
    more = file(piece);
    parquet += piece;
  }
  EXPECT_TRUE(parquet.starts_with("PAR1") && parquet.ends_with("PAR1"));
  std::string arrow;
  const auto stream = arrow_stream(*service_, admin_, request);
  while (stream(arrow)) {
  }
  EXPECT_GT(arrow.size(), 20'000U);
}

TEST_F(QueryTest, TablesFromFiles) {
  write_file("a.csv", "id,full name\n1,x\n2,y\n");
  const InferredFile inferred = service_->infer(admin_, "/Volumes/c/s/v/a.csv", "", {});
  EXPECT_EQ(inferred.format, "csv");
  EXPECT_EQ(inferred.columns[0].type, "BIGINT");
  EXPECT_EQ(inferred.rows_json, "[[1,\"x\"],[2,\"y\"]]");
  TableFromFile from;
  from.name = "main." + schema_ + ".f";
  from.path = "/Volumes/c/s/v/a.csv";
  service_->table_from_file(admin_, from);
  EXPECT_EQ(run("select id, full_name from f order by 1"), "[1,\"x\"],[2,\"y\"]");
  EXPECT_THROW(service_->table_from_file(admin_, from), Error);
  from.mode = "overwrite";
  from.columns = {{"id", "INT", true, ""}, {"full_name", "STRING", true, ""}};
  service_->table_from_file(admin_, from);
  from.mode = "append";
  service_->table_from_file(admin_, from);
  EXPECT_EQ(run("select count(*) from f"), "[4]");
  EXPECT_EQ(run("select max(id) from read_csv('/Volumes/c/s/v/a.csv')"), "[2]");
  EXPECT_NE(error_of("select * from read_csv('" + dir_ + "/objects/a.csv')"), "none");
}

}  // namespace
}  // namespace ob::query
