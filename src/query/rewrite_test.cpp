#include "query/rewrite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "base/error.h"
#include "engine/engine.h"
#include "query/normalise.h"

namespace ob::query {
namespace {

using testing::HasSubstr;
using testing::Not;
namespace json = boost::json;

// A snapshot with a schema and nothing else.
class FakeSnapshot : public delta::Snapshot {
 public:
  explicit FakeSnapshot(const std::string& columns) {
    metadata_.schema = delta::parse_type("STRUCT<" + columns + ">").fields;
  }
  std::int64_t version() const override { return 0; }
  Micros timestamp() const override { return 0; }
  const delta::Metadata& metadata() const override { return metadata_; }
  const delta::Protocol& protocol() const override { return protocol_; }
  const delta::FileList& files() const override { return files_; }
  std::vector<delta::Remove> tombstones() const override { return {}; }
  std::optional<std::int64_t> txn(const std::string&) const override { return {}; }
  std::optional<std::int64_t> row_count() const override { return 0; }
  std::int64_t size_bytes() const override { return 0; }

 private:
  delta::Metadata metadata_;
  delta::Protocol protocol_;
  delta::FileList files_;
};

class Rewrite : public testing::Test, public Tables {
 protected:
  static void SetUpTestSuite() {
    dir_ = std::filesystem::temp_directory_path() / ("ob-rewrite-" + std::to_string(getpid()));
    std::filesystem::create_directories(dir_);
    engine_ = engine::open({.allowed_directories = {dir_.string()},
                            .temp_directory = (dir_ / "tmp").string(),
                            .memory_bytes = 1 << 30,
                            .threads = 1});
  }
  static void TearDownTestSuite() {
    engine_.reset();
    std::filesystem::remove_all(dir_);
  }
  Rewrite() : connection_(engine_->connect()) {
    tables_["main.default.t"] = "id BIGINT, name STRING, d DATE, x DOUBLE, s STRUCT<f: INT>";
    tables_["main.default.u"] = "id BIGINT, y DECIMAL(10,2)";
    tables_["main.sales.t"] = "id BIGINT, z STRING";
    tables_["other.sales.t"] = "id BIGINT, q STRING";
    views_["main.default.v"] = "select id, name from t where id > 5";
    views_["main.default.loop"] = "select * from loop";
    views_["main.default.cte"] = "with t as (select 1 as id) select * from t";
  }

  Source find(const Caller& caller, const catalog::Name& name,
              const std::optional<TimeTravel>& travel) override {
    found_.push_back(name.text());
    callers_.push_back(caller.email);
    travels_.push_back(travel ? json::serialize(travel->expression) : "");
    Source source;
    source.name = name;
    if (views_.contains(name.text())) {
      source.kind = Source::Kind::view;
      source.sql = views_.at(name.text());
      source.view_caller = Caller{.user_id = "owner", .email = "owner@x"};
      return source;
    }
    const auto table = tables_.find(name.text());
    if (table == tables_.end())
      throw not_found("catalog.tableNotFound", "There is no table " + name.text() + ".");
    source.snapshot = std::make_shared<FakeSnapshot>(table->second);
    return source;
  }
  std::string file(const Caller&, const std::string& function,
                   const std::vector<std::string>& paths, const json::object& options) override {
    files_ += function + " " + paths.at(0) + " " + json::serialize(options);
    return "(SELECT 1)";
  }
  json::value parse_select(const std::string& sql) override {
    return connection_->parse(sql).at("statements").as_array().at(0);
  }

  // The SQL with scans as {table} and CTEs under their own names with a star.
  std::string rewritten(const std::string& sql, const json::value& parameters = nullptr) {
    const Caller caller{.user_id = "ann", .email = "ann@x"};
    last_ = rewrite_query(parse_select(normalise_query(sql)), *this, caller, {}, parameters);
    std::string text = connection_->unparse(
        json::object{{"error", false}, {"statements", json::array{last_.statement}}});
    for (const TableUse& use : last_.uses)
      replace(text, use.placeholder, "{" + use.source.name.text() + "}");
    for (const auto& [made_up, name] : last_.names) replace(text, made_up, name + "*");
    return text;
  }
  static void replace(std::string& text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  }
  std::string error_of(const std::string& sql) {
    try {
      rewritten(sql);
    } catch (const Error& error) {
      return error.id();
    }
    return "none";
  }
  std::string conjuncts(const std::string& sql, const json::value& parameters = nullptr) {
    rewritten(sql, parameters);
    static constexpr const char* ops[] = {"=", "<", "<=", ">", ">=", "in", "null", "not null"};
    std::string out;
    for (const TableUse& use : last_.uses) {
      for (const delta::Predicate& p : use.conjuncts) {
        out += (out.empty() ? "" : "; ") + use.source.name.object + "." + p.column + " " +
               ops[static_cast<int>(p.op)];
        for (const std::string& value : p.values) out += " " + value;
      }
    }
    return out;
  }

  static inline std::filesystem::path dir_;
  static inline std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> connection_;
  std::map<std::string, std::string> tables_, views_;
  std::vector<std::string> found_, callers_, travels_;
  std::string files_;
  Rewritten last_;
};

TEST_F(Rewrite, TablesAndAliases) {
  EXPECT_EQ(rewritten("select * from t"), "SELECT * FROM {main.default.t} AS t");
  EXPECT_EQ(rewritten("select t.id from sales.t"), "SELECT t.id FROM {main.sales.t} AS t");
  EXPECT_EQ(rewritten("from other.sales.t as a(b, c)"), "SELECT * FROM {other.sales.t} AS a(b, c)");
  EXPECT_EQ(rewritten("select `t`.`id` from `t`"), "SELECT t.id FROM {main.default.t} AS t");
  EXPECT_EQ(error_of("select * from '/etc/passwd'"), "catalog.tableNotFound");
  EXPECT_EQ(error_of("select * from \"data.csv\""), "catalog.tableNotFound");
  EXPECT_EQ(error_of("select * from sqlite_master"), "catalog.tableNotFound");
  EXPECT_EQ(error_of("select * from duckdb_settings"), "catalog.tableNotFound");
  EXPECT_EQ(error_of("select * from pg_catalog.pg_class"), "catalog.tableNotFound");
  EXPECT_EQ(error_of("select * from system.main.duckdb_tables"), "catalog.tableNotFound");
  EXPECT_EQ(error_of("select (select max(id) from nope) from t"), "catalog.tableNotFound");
}

TEST_F(Rewrite, QualifiedColumns) {
  EXPECT_EQ(rewritten("select main.sales.t.id, sales.t.z from main.sales.t where sales.t.id > 1"),
            "SELECT t.id, t.z FROM {main.sales.t} AS t WHERE (t.id > 1)");
  EXPECT_EQ(
      rewritten("select sales.t.id, main.\"default\".t.name from sales.t join default.t on "
                "sales.t.id = main.default.t.id"),
      "SELECT \"main.sales.t\".id, \"main.default.t\".\"name\" FROM {main.sales.t} AS "
      "\"main.sales.t\" INNER JOIN "
      "{main.default.t} AS \"main.default.t\" ON ((\"main.sales.t\".id = \"main.default.t\".id))");
  EXPECT_EQ(rewritten("select (select max(u.y) from u where u.id = sales.t.id) from sales.t"),
            "SELECT (SELECT max(u.y) FROM {main.default.u} AS u WHERE (u.id = t.id)) FROM "
            "{main.sales.t} AS t");
  EXPECT_EQ(rewritten("select s.f from t"), "SELECT s.f FROM {main.default.t} AS t");
  EXPECT_EQ(rewritten("select * exclude (sales.t.id) from sales.t"),
            "SELECT * EXCLUDE (t.id) FROM {main.sales.t} AS t");
}

TEST_F(Rewrite, CtesShadowOnlyWhereSqlSays) {
  EXPECT_EQ(rewritten("with t as (select 1 as id) select * from t"),
            "WITH t* AS (SELECT 1 AS id)SELECT * FROM t* AS t");
  EXPECT_TRUE(found_.empty());
  // Its own definition means the table.
  EXPECT_EQ(rewritten("with t as (select * from t) select * from t"),
            "WITH t* AS (SELECT * FROM {main.default.t} AS t)SELECT * FROM t* AS t");
  EXPECT_EQ(found_.size(), 1U);
  // Qualified names are never CTEs.
  EXPECT_THAT(rewritten("with t as (select 1) select * from main.default.t"),
              HasSubstr("FROM {main.default.t} AS t"));
  EXPECT_THAT(rewritten("with t as (select 1) select * from default.t"),
              HasSubstr("FROM {main.default.t} AS t"));
  // Without case.
  EXPECT_THAT(rewritten("with T as (select 1) select * from t"), HasSubstr("FROM T* AS t"));
  // Names from a subquery end with it.
  EXPECT_THAT(rewritten("select (with t as (select 1 x) select x from t), id from t"),
              HasSubstr("id FROM {main.default.t} AS t"));
  EXPECT_THAT(rewritten("select * from (with t as (select 1 x) select x from t) a, t"),
              HasSubstr(", {main.default.t} AS t"));
  EXPECT_THAT(rewritten("(with t as (select 1 id) select id from t) union all select id from t"),
              HasSubstr("FROM {main.default.t} AS t"));
  // They reach into subqueries, also of WHERE and ORDER BY.
  EXPECT_THAT(rewritten("with t as (select 1 id) select 1 where exists (select * from t) order by "
                        "(select id from t)"),
              Not(HasSubstr("main.default")));
  // Later ones see earlier ones; earlier ones do not see later ones.
  EXPECT_THAT(rewritten("with a as (select 1), b as (select * from a) select * from b"),
              HasSubstr("FROM a* AS a"));
  EXPECT_EQ(error_of("with a as (select * from b), b as (select 1) select * from a"),
            "catalog.tableNotFound");
  // The inner name wins.
  const std::string nested = rewritten(
      "with u as (select 1 id), a as (with u as (select 2 id) select * from u) select * from a, u");
  EXPECT_THAT(nested, Not(HasSubstr("main.default")));
  EXPECT_EQ(last_.names.size(), 3U);
  EXPECT_EQ(error_of("with t as (select 1) select * from t at (version => 1)"),
            "sql.badTimeTravel");
}

TEST_F(Rewrite, RecursiveCtes) {
  EXPECT_EQ(rewritten("with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) "
                      "select * from r"),
            "WITH RECURSIVE r* (n) AS ((SELECT 1) UNION  ALL (SELECT (n + 1) FROM r* AS r WHERE (n "
            "< 5)))SELECT * FROM r* AS r");
  EXPECT_THAT(
      rewritten("with recursive t as (select id from t union all select id + 1 from t where id < "
                "9) select * from t"),
      HasSubstr(
          "((SELECT id FROM {main.default.t} AS t) UNION  ALL (SELECT (id + 1) FROM t* AS t"));
  EXPECT_THAT(rewritten("with recursive t as (select id from t) select * from t"),
              HasSubstr("FROM {main.default.t} AS t"));
  EXPECT_THAT(rewritten("with recursive r(a,b) using key (a) as (select 1,2 union select a, b+1 "
                        "from recurring.r where b<5) select * from r"),
              HasSubstr("FROM recurring.r* AS r"));
  EXPECT_EQ(error_of("select * from recurring.t"), "catalog.tableNotFound");
}

TEST_F(Rewrite, Views) {
  EXPECT_EQ(rewritten("select v.name from v where v.id = 1"),
            "SELECT v.\"name\" FROM (SELECT id, \"name\" FROM {main.default.t} AS t WHERE (id > "
            "5)) AS v WHERE (v.id = 1)");
  EXPECT_EQ(callers_, (std::vector<std::string>{"ann@x", "owner@x"}));
  EXPECT_EQ(error_of("select * from loop"), "sql.viewCycle");
  // A caller's CTE does not reach into a view.
  EXPECT_THAT(rewritten("with t as (select 1 as id) select * from v, t"),
              HasSubstr("FROM {main.default.t} AS t WHERE (id > 5)"));
  EXPECT_THAT(rewritten("select * from cte, t"), HasSubstr(", {main.default.t} AS t"));
}

TEST_F(Rewrite, TimeTravel) {
  rewritten("select * from t version as of 3");
  EXPECT_THAT(travels_.back(), HasSubstr("\"value\":3"));
  rewritten("select * from t version as of $1", json::array{7});
  EXPECT_THAT(travels_.back(), HasSubstr("\"value\":7"));
  rewritten("select * from t timestamp as of now() - interval 1 day x");
  EXPECT_THAT(travels_.back(), HasSubstr("now"));
  EXPECT_EQ(error_of("select * from t at (version => (select 1))"), "sql.badTimeTravel");
  EXPECT_EQ(error_of("select * from u, t at (version => id)"), "sql.badTimeTravel");
  EXPECT_EQ(error_of("select * from t at (timestamp => getvariable('x'))"),
            "sql.functionNotAllowed");
}

TEST_F(Rewrite, FunctionsNotAllowed) {
  for (const char* call : {"getenv('HOME')",
                           "current_setting('threads')",
                           "getvariable('a')",
                           "nextval('s')",
                           "currval('s')",
                           "txid_current()",
                           "version()",
                           "current_query()",
                           "current_schemas(true)",
                           "in_search_path('a','b')",
                           "write_log('x')",
                           "parse_duckdb_log_message('a','b')",
                           "json_execute_serialized_sql('x')",
                           "json_serialize_plan('select 1')",
                           "json_deserialize_sql('{}')",
                           "json_serialize_sql('select 1')",
                           "stats(1)",
                           "sleep_ms(1)",
                           "pg_sleep(1)",
                           "inet_server_addr()",
                           "pg_get_viewdef(1)",
                           "has_table_privilege('a','b')",
                           "__internal_compress_string_hugeint('a')",
                           "__ob_deleted(1)",
                           "pg_postmaster_start_time()",
                           "get_block_size('x')",
                           "icu_collate_de('a')",
                           "system.main.getenv('x')",
                           "\"GetEnv\"('x')",
                           "'x'.getenv",
                           "variant_bytes_to_variant('a')",
                           "finalize(1)",
                           "no_such_function(1)",
                           "sum(getenv('x')) over ()",
                           "list_transform([1], lambda x: getenv('x'))",
                           "case when true then getenv('x') end",
                           "[getenv('x')]",
                           "(select getenv('x'))",
                           "1 in (select getenv('x'))",
                           "coalesce(1, getenv('x'))"}) {
    const std::string id = error_of(std::string("select ") + call);
    EXPECT_TRUE(id == "sql.functionNotAllowed" || id == "catalog.tableNotFound" ||
                std::string_view(call) == "'x'.getenv")
        << call << ": " << id;
  }
  for (const char* clause : {"select 1 from t where getenv('x') = ''",
                             "select 1 from t group by getenv('x')",
                             "select 1 from t having getenv('x') = ''",
                             "select 1 from t qualify getenv('x') = ''",
                             "select 1 from t order by getenv('x')",
                             "select 1 limit getenv('x')",
                             "select 1 offset getenv('x')",
                             "select distinct on (getenv('x')) 1 from t",
                             "select * from t join u on getenv('x') = ''",
                             "values (getenv('x'))",
                             "select * from range(getenv('x'))",
                             "select * replace (getenv('x') as id) from t",
                             "select * from t pivot (max(getenv('x')) for id in (1))",
                             "select max(id order by getenv('x')) from t",
                             "select max(id) filter (getenv('x') = '') from t",
                             "select sum(id) over (partition by getenv('x')) from t",
                             "select sum(id) over (order by getenv('x')) from t",
                             "select columns(c -> getenv(c) = '') from t",
                             "with a as (select getenv('x')) select 1",
                             "select 1 union select getenv('x')",
                             "describe select getenv('x')",
                             "summarize select getenv('x')",
                             "select * from (select getenv('x'))",
                             "select lag(id, 1, getenv('x')) over () from t",
                             "select sum(id) over (rows getenv('x') preceding) from t",
                             "select x::int between 1 and getenv('x') from t",
                             "select getenv('x') collate nocase",
                             "select getenv('x')::int",
                             "select not getenv('x')",
                             "select getenv('x')[1]",
                             "select {'a': getenv('x')}",
                             "select map{'a': getenv('x')}",
                             "select [getenv(x) for x in [1]]",
                             "select unnest([getenv('x')])",
                             "from unnest([getenv('x')])",
                             "select try(getenv('x'))",
                             "select current_setting('x')",
                             "select ALL_getenv('x')"})
    EXPECT_EQ(error_of(clause), "sql.functionNotAllowed") << clause;
}

TEST_F(Rewrite, TableFunctionsNotAllowed) {
  for (const char* call : {"read_text('/etc/passwd')",
                           "read_blob('/etc/passwd')",
                           "glob('*')",
                           "duckdb_settings()",
                           "duckdb_tables()",
                           "duckdb_secrets()",
                           "duckdb_functions()",
                           "pragma_version()",
                           "pragma_table_info('t')",
                           "pragma_database_size()",
                           "query('select 1')",
                           "query_table('t')",
                           "sniff_csv('x')",
                           "parquet_metadata('x')",
                           "parquet_schema('x')",
                           "parquet_file_metadata('x')",
                           "parquet_kv_metadata('x')",
                           "parquet_bloom_probe('x','a',1)",
                           "test_all_types()",
                           "test_vector_types(1)",
                           "checkpoint()",
                           "force_checkpoint()",
                           "which_secret('a','b')",
                           "summary('t')",
                           "seq_scan('t')",
                           "arrow_scan(1,2,3)",
                           "json_execute_serialized_sql('x')",
                           "histogram('t', 'a')",
                           "histogram_values('t', 'a')",
                           "sqlite_scan('a','b')",
                           "postgres_query('a','b')",
                           "read_duckdb('x')",
                           "enable_logging()",
                           "disable_logging()",
                           "truncate_duckdb_logs()",
                           "duckdb_logs()",
                           "python_map_function(1)",
                           "pandas_scan(1)",
                           "st_read('x')",
                           "read_json_objects('x')",
                           "read_ndjson_objects('x')"})
    EXPECT_EQ(error_of(std::string("select * from ") + call), "sql.functionNotAllowed") << call;
  for (const char* call : {"range(3)", "generate_series(1, 3)", "unnest([1, 2])", "repeat(1, 2)",
                           "json_each('{}')", "system.main.range(3)"})
    EXPECT_EQ(error_of(std::string("select * from ") + call), "none") << call;
}

TEST_F(Rewrite, FilesGoThroughTheResolver) {
  EXPECT_EQ(rewritten("select * from read_csv('/Volumes/a/b/c/x.csv', header = true, sep = ';')"),
            "SELECT * FROM {} AS read_csv");
  EXPECT_EQ(files_, "read_csv /Volumes/a/b/c/x.csv {\"header\":true,\"sep\":\";\"}");
  EXPECT_EQ(error_of("select * from read_csv()"), "sql.badFilePath");
  EXPECT_EQ(error_of("select * from read_csv(getenv('x'))"), "sql.badFilePath");
  EXPECT_EQ(error_of("select * from t, read_csv(t.name)"), "sql.badFilePath");
}

TEST_F(Rewrite, ShowInsideQueries) {
  for (const char* sql : {"select * from (show tables)", "select * from (show databases)",
                          "select * from (describe)", "select * from (show all tables)"})
    EXPECT_NE(error_of(sql), "none") << sql;
  EXPECT_EQ(rewritten("select * from (describe t)"),
            "SELECT * FROM (DESCRIBE (SELECT * FROM {main.default.t} AS t))");
  EXPECT_EQ(rewritten("summarize t"), "SUMMARIZE (SELECT * FROM {main.default.t} AS t)");
}

TEST_F(Rewrite, ContextValues) {
  EXPECT_EQ(rewritten("select current_user"), "SELECT 'ann@x' AS current_user");
  EXPECT_THAT(rewritten("select current_user(), session_user, current_catalog, current_schema(), "
                        "current_database()"),
              Not(HasSubstr("duckdb")));
  EXPECT_EQ(rewritten("select 1 where current_user = 'x'"), "SELECT 1 WHERE ('ann@x' = 'x')");
}

TEST_F(Rewrite, EverySelectFormComesThrough) {
  for (const char* sql :
       {"select * from t asof join u on t.id >= u.id",
        "select * from t, lateral (select t.id) l",
        "select * from t positional join u",
        "select * from t semi join u on t.id = u.id",
        "select * from t anti join u using (id)",
        "select * from t natural join u",
        "select id from t group by grouping sets ((id), ())",
        "select id, count(*) from t group by rollup (id)",
        "select id from t qualify row_number() over (partition by name order by d desc) = 1",
        "select * from t using sample 10%",
        "select * from t tablesample reservoir(5)",
        "select * exclude (id) replace (name || 'x' as name) from t",
        "select columns('n.*') from t",
        "select * from t pivot (sum(id) for name in ('a', 'b'))",
        "unpivot t on id, x into name k value v",
        "select 1 union all by name select 2 as b",
        "select 1 intersect select 2 except select 3",
        "values (1, 'a'), (2, 'b')",
        "from t select id where id > 1 limit 5",
        "table t",
        "select list_filter([1, 2], lambda x: x > 1)",
        "select [x * 2 for x in [1, 2] if x > 1]",
        "select id::varchar, try_cast(name as int), cast(d as timestamp_ntz) from t",
        "select {'a': 1}.a, map {'k': 1}['k'], [1, 2][1:1], (1, 'x')",
        "select $1, $2",
        "select sum(id) filter (where id > 1) over w from t window w as (order by d)",
        "select date '2026-01-01' + interval 1 day, timestamptz '2026-01-01', x'00'",
        "select 'a' like 'b' escape 'c', 'a' similar to 'b', 'a' ~ 'b', name ilike 'x' from t",
        "select exists(from u where u.id = t.id), id in (select id from u), id > all (select id "
        "from u) from t",
        "with a as materialized (select 1) select * from a",
        "select max(id order by d) from t",
        "select id, #1 from t order by all",
        "select distinct on (id) * from t",
        "select name.upper() from t",
        "select t from t",
        "select unnest([1, 2]), generate_series(1, 2)",
        "select * from range(3) r(i), unnest([i]) u",
        "select name collate nocase from t order by name collate de desc nulls last",
        "select case id when 1 then 'a' else 'b' end, if(true, 1, 2), coalesce(id, 0), nullif(id, "
        "1) from t",
        "select count(*), count(distinct id), approx_quantile(id, 0.5), arg_max(id, d), "
        "histogram(id) from t",
        "select json_extract(name, '$.a'), name->>'$.b', name::json->'c' from t",
        "select * from t limit 10%"})
    EXPECT_EQ(error_of(sql), "none") << sql;
}

TEST_F(Rewrite, Pruning) {
  EXPECT_EQ(conjuncts("select * from t where id = 5 and name = 'a' and d >= date '2026-01-01'"),
            "t.id = 5; t.name = a; t.d >= 2026-01-01");
  EXPECT_EQ(conjuncts("select * from t where 5 < t.id and id between 1 and 3"),
            "t.id > 5; t.id >= 1; t.id <= 3");
  EXPECT_EQ(conjuncts("select * from t where id in (1, -2) and x < 1.5"),
            "t.id in 1 -2; t.x < 1.5");
  EXPECT_EQ(conjuncts("select * from t where id = $1 and name = $2", json::array{7}), "t.id = 7");
  EXPECT_EQ(conjuncts("select * from t where name = $n", json::object{{"n", "a"}}), "t.name = a");
  EXPECT_EQ(conjuncts("select * from t where d = '2026-01-01'"), "t.d = 2026-01-01");
  EXPECT_EQ(conjuncts("select * from t join u on t.id = u.id and y > 1.25 where name is not null"),
            "t.name not null; u.y > 1.25");
  EXPECT_EQ(conjuncts("select * from t left join u on t.id = u.id where u.y = 3 and t.x = 1"),
            "t.x = 1; u.y = 3");
  EXPECT_EQ(conjuncts("select (select max(y) from u where y > 2) from t where x > 1"),
            "t.x > 1; u.y > 2");
  // Doubts.
  EXPECT_EQ(conjuncts("select * from t where id = 5 or name = 'a'"), "");
  EXPECT_EQ(conjuncts("select * from t where name = 5 and id = '5' and id = 5.5"), "");
  EXPECT_EQ(conjuncts("select * from t where id is null and id <> 3 and not (id = 4)"), "");
  EXPECT_EQ(conjuncts("select * from t, u where id = 5"), "");
  EXPECT_EQ(conjuncts("select * from t left join u on u.y = 3 and t.id = 1"), "");
  EXPECT_EQ(conjuncts("select * from t as a(b) where id = 5"), "");
  EXPECT_EQ(conjuncts("select * from t asof join u on t.id >= u.id where u.y = 3 and t.x = 2"),
            "t.x = 2");
  EXPECT_EQ(conjuncts("select * from t tablesample 5 rows where x = 1"), "");
  EXPECT_EQ(conjuncts("select * from t where d = '1 January 2026'"), "");
  EXPECT_EQ(conjuncts("select * from t where lower(name) = 'a' and id + 1 = 2"), "");
}

TEST_F(Rewrite, DepthIsBounded) {
  std::string chain = "select ''";
  for (int i = 0; i < 900; ++i) chain += "||''";
  EXPECT_EQ(error_of(chain), "none");
  std::string cases = "select ";
  for (int i = 0; i < 600; ++i) cases += "case when true then ";
  cases += "1";
  for (int i = 0; i < 600; ++i) cases += " end";
  EXPECT_EQ(error_of(cases), "none");
}

}  // namespace
}  // namespace ob::query
