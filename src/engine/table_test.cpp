// Tables through the engine: write, commit, scan, checkpoints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "base/error.h"
#include "engine/engine.h"

namespace ob::engine {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Tables : public testing::Test {
 protected:
  Tables() {
    static int counter = 0;
    dir_ = fs::temp_directory_path() /
           ("ob-tables-" + std::to_string(::getpid()) + "-" + std::to_string(++counter));
    fs::create_directories(dir_ / "data");
    engine_ = open(Options{.allowed_directories = {(dir_ / "data").string()},
                           .temp_directory = (dir_ / "tmp").string(),
                           .memory_bytes = 1 << 30,
                           .threads = 2});
    store_ = objects::open("file://" + (dir_ / "data").string());
    connection_ = engine_->connect();
  }
  void TearDown() override {
    connection_.reset();
    fs::remove_all(dir_);
  }

  static delta::Field field(const std::string& name, const std::string& type,
                            bool nullable = true) {
    return {name, delta::parse_type(type), nullable, {}};
  }

  std::shared_ptr<delta::Table> create(const std::string& name, delta::Schema schema,
                                       std::vector<std::string> partition = {},
                                       std::map<std::string, std::string> configuration = {}) {
    auto table = delta::open_table(store_, name, engine_->parquet());
    delta::Metadata metadata{.id = "00000000-0000-4000-8000-000000000001"};
    metadata.schema = schema;
    metadata.partition_columns = std::move(partition);
    metadata.configuration = configuration;
    metadata.created_time = 0;
    delta::CommitRequest request;
    request.operation = "CREATE TABLE";
    request.actions = {delta::protocol_for(schema, configuration), metadata};
    table->commit(request);
    return table;
  }

  std::vector<WrittenFile> append(delta::Table& table, const std::string& sql,
                                  const Parameters& parameters = nullptr) {
    const auto snapshot = table.snapshot();
    auto files = engine_->write(*connection_, sql, parameters, table, snapshot->schema(),
                                snapshot->metadata().partition_columns);
    delta::CommitRequest request;
    request.operation = "WRITE";
    request.base = snapshot;
    for (const auto& file : files) request.actions.emplace_back(file.add);
    table.commit(request);
    return files;
  }

  std::string read(delta::Table& table, const std::string& rest = "",
                   const std::string& columns = "*") {
    const auto scan = engine_->scan(table, table.snapshot(), {});
    const auto result = connection_->execute(
        "SELECT " + columns + " FROM (" + scan.sql + ") t " + rest, scan.parameters);
    std::string out;
    while (const auto batch = result->next()) {
      if (!out.empty()) out += ",";
      batch->append_json(out, 0, batch->rows());
    }
    return out;
  }

  template <class Fn>
  std::string error_id(Fn fn) {
    try {
      fn();
    } catch (const Error& error) {
      message_ = error.what();
      return error.id();
    }
    return "no error";
  }
  std::size_t parquet_files() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(dir_ / "data"))
      if (entry.path().extension() == ".parquet" &&
          entry.path().string().find("_delta_log") == std::string::npos)
        ++count;
    return count;
  }

  fs::path dir_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<objects::Store> store_;
  std::unique_ptr<Connection> connection_;
  std::string message_;
};

const delta::Schema& all_types() {
  static const delta::Schema schema = [] {
    delta::Schema out;
    for (const auto& [name, type] : std::vector<std::pair<std::string, std::string>>{
             {"b", "BOOLEAN"},
             {"i1", "TINYINT"},
             {"i2", "SMALLINT"},
             {"i4", "INT"},
             {"i8", "BIGINT"},
             {"f4", "FLOAT"},
             {"f8", "DOUBLE"},
             {"d1", "DECIMAL(4,2)"},
             {"d2", "DECIMAL(18,6)"},
             {"d3", "DECIMAL(38,10)"},
             {"s", "STRING"},
             {"bin", "BINARY"},
             {"dt", "DATE"},
             {"ts", "TIMESTAMP"},
             {"tn", "TIMESTAMP_NTZ"},
             {"st", "STRUCT<x: INT, `y z`: STRUCT<w: STRING>>"},
             {"li", "ARRAY<BIGINT>"},
             {"mp", "MAP<STRING, DOUBLE>"},
             {"deep", "ARRAY<STRUCT<k: MAP<STRING, ARRAY<INT>>>>"}})
      out.push_back({name, delta::parse_type(type), true, {}});
    return out;
  }();
  return schema;
}

TEST_F(Tables, RoundTripsEveryType) {
  const auto table = create("t", all_types());
  append(*table,
         "SELECT true b, -128 i1, -32768 i2, -2147483648 i4, -9223372036854775808 i8, "
         "'-inf'::FLOAT f4, 'nan'::DOUBLE f8, -99.99 d1, 999999999999.999999 d2, "
         "-9999999999999999999999999999.9999999999 d3, 'a''\"é😀' s, '\\x00\\xFF'::BLOB bin, "
         "DATE '0001-01-01' dt, TIMESTAMPTZ '0001-01-01 00:00:00+00' ts, "
         "TIMESTAMP '9999-12-31 23:59:59.999999' tn, {'x': 1, 'y z': {'w': 'q'}} st, [1, NULL] li, "
         "MAP {'k': 0.5} mp, [{'k': MAP {'m': [1, 2]}}, NULL] deep "
         "UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
         "NULL, NULL, NULL, NULL, NULL, NULL, NULL");
  EXPECT_EQ(
      read(*table),
      R"([true,-128,-32768,-2147483648,-9223372036854775808,"-Infinity","NaN","-99.99",)"
      R"("999999999999.999999","-9999999999999999999999999999.9999999999","a'\"é😀","AP8=",)"
      R"("0001-01-01","0001-01-01T00:00:00Z","9999-12-31T23:59:59.999999",)"
      R"({"x":1,"y z":{"w":"q"}},[1,null],{"k":0.5},[{"k":{"m":[1,2]}},null]],)"
      R"([null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null])");
  const auto scan = engine_->scan(*table, table->snapshot(), {});
  const auto result = connection_->execute("SELECT * FROM (" + scan.sql + ")", scan.parameters);
  for (std::size_t i = 0; i < all_types().size(); ++i)
    EXPECT_EQ(delta::from_duckdb(result->columns()[i].type), all_types()[i].type)
        << all_types()[i].name;
  const auto& add = *table->snapshot()->files().begin();
  const auto stats = boost::json::parse(add.stats).as_object();
  EXPECT_EQ(stats.at("numRecords").as_int64(), 2);
  EXPECT_EQ(stats.at("nullCount").as_object().at("i8").as_int64(), 1);
  EXPECT_EQ(stats.at("minValues").as_object().at("i8").as_int64(), INT64_MIN);
}

TEST_F(Tables, EmptyTablesHaveTypedColumns) {
  const auto table = create("t", all_types());
  const auto scan = engine_->scan(*table, table->snapshot(), {});
  const auto result = connection_->execute(scan.sql, scan.parameters);
  EXPECT_EQ(result->columns().size(), all_types().size());
  EXPECT_EQ(result->columns()[13].type, "TIMESTAMP WITH TIME ZONE");
  EXPECT_EQ(result->next(), nullptr);
  EXPECT_TRUE(append(*table, "SELECT 1 i4 WHERE false").empty());
  EXPECT_EQ(parquet_files(), 0U);
}

TEST_F(Tables, PartitionsByAwkwardValues) {
  const auto table =
      create("t", {field("v", "BIGINT"), field("p", "STRING"), field("d", "DATE")}, {"d", "p"});
  const boost::json::array values{"a/b", "a=b", "x y", "%20", "é😀", "'",    "\"", "*?[",
                                  "..",  "\\",  "{}",  ":",   "#",   "a\nb", " "};
  boost::json::array parameters;
  parameters.push_back(values);
  const auto files =
      append(*table,
             "SELECT i AS v, x AS p, DATE '2020-01-01' + (i % 2)::INT AS d FROM (SELECT "
             "unnest($1) x, generate_subscripts($1, 1) i)",
             parameters);
  EXPECT_EQ(files.size(), values.size());
  append(*table, "SELECT 100 v, NULL p, NULL d UNION ALL SELECT 101, '', NULL");
  boost::json::array got;
  for (const auto& row :
       boost::json::parse("[" + read(*table, "WHERE v < 100 ORDER BY v", "p") + "]").as_array())
    got.push_back(row.as_array()[0]);
  EXPECT_EQ(got, values);
  EXPECT_EQ(read(*table, "WHERE v >= 100 ORDER BY v"), "[100,null,null],[101,null,null]");
  EXPECT_EQ(read(*table, "WHERE v = 2"), "[2,\"a=b\",\"2020-01-01\"]");
  EXPECT_EQ(read(*table, "WHERE p = '%20' AND d = DATE '2020-01-01'", "v"), "[4]");
  // Few tuples are constants; pruning drops the rest.
  const auto scan =
      engine_->scan(*table, table->snapshot(), {{{"p", delta::Predicate::Op::eq, {"x y"}}}});
  EXPECT_EQ(scan.files, 1U);
  EXPECT_EQ(scan.files_skipped, table->snapshot()->files().size() - 1);
  EXPECT_EQ(connection_->rows(scan.sql, scan.parameters).size(), 1U);
}

TEST_F(Tables, PartitionTypesComeBack) {
  delta::Schema schema{field("v", "INT")};
  std::vector<std::string> names;
  std::string select = "SELECT 1 v";
  const std::vector<std::pair<std::string, std::string>> columns{
      {"BOOLEAN", "true"},
      {"TINYINT", "-1"},
      {"BIGINT", "9223372036854775807"},
      {"DOUBLE", "'nan'::DOUBLE"},
      {"FLOAT", "'-inf'::FLOAT"},
      {"DECIMAL(38,10)", "-0.0000000001"},
      {"BINARY", "'ab'::BLOB"},
      {"DATE", "DATE '1582-10-01'"},
      {"TIMESTAMP", "TIMESTAMPTZ '2020-01-01 01:02:03.000004+00'"},
      {"TIMESTAMP_NTZ", "TIMESTAMP '2020-01-01 00:00:00'"}};
  for (const auto& [type, value] : columns) {
    names.push_back("p" + std::to_string(names.size()));
    schema.push_back(field(names.back(), type));
    select += ", " + value + " " + names.back();
  }
  const auto table = create("t", schema, names);
  append(*table, select);
  EXPECT_EQ(read(*table),
            R"([1,true,-1,9223372036854775807,"NaN","-Infinity","-0.0000000001","YWI=",)"
            R"("1582-10-01","2020-01-01T01:02:03.000004Z","2020-01-01T00:00:00"])");
}

TEST_F(Tables, ChecksNullsAndNames) {
  delta::Schema schema{field("a", "INT", false), field("b", "STRING"),
                       field("s", "STRUCT<x: INT NOT NULL, l: ARRAY<INT>>")};
  schema[2].type.fields[1].type.contains_null = false;
  const auto table = create("t", schema);
  EXPECT_EQ(error_id([&] { append(*table, "SELECT NULL::INT a"); }), "delta.notNull");
  EXPECT_THAT(message_, HasSubstr("\"a\""));
  EXPECT_EQ(error_id([&] { append(*table, "SELECT 'x' b"); }), "delta.notNull");
  EXPECT_EQ(error_id([&] { append(*table, "SELECT 1 a, {'x': NULL, 'l': [1]} s"); }),
            "delta.notNull");
  EXPECT_THAT(message_, HasSubstr("\"s\""));
  EXPECT_EQ(error_id([&] { append(*table, "SELECT 1 a, {'x': 1, 'l': [1, NULL]} s"); }),
            "delta.notNull");
  EXPECT_EQ(error_id([&] { append(*table, "SELECT 1 a, 2 nope"); }), "delta.schemaMismatch");
  EXPECT_EQ(error_id([&] { append(*table, "SELECT 1 a, 2 \"A\""); }), "delta.schemaMismatch");
  EXPECT_EQ(error_id([&] { append(*table, "SELECT 'word' a"); }), "sql.value");
  EXPECT_EQ(error_id([&] {
              append(*table, "SELECT CASE WHEN i < 500000 THEN i END a FROM range(600000) t(i)");
            }),
            "delta.notNull");
  EXPECT_EQ(parquet_files(), 0U);
  append(*table, "SELECT NULL s, 7 \"A\" UNION ALL SELECT {'x': 1, 'l': []}, 8");
  EXPECT_EQ(read(*table, "ORDER BY a"), R"([7,null,null],[8,null,{"x":1,"l":[]}])");
}

TEST_F(Tables, RefusesDatesWithoutEnd) {
  const auto table = create(
      "t", {field("d", "DATE"), field("s", "STRUCT<l: ARRAY<TIMESTAMP>>"),
            field("m", "MAP<STRING, TIMESTAMP_NTZ>"), field("x", "STRING"), field("f", "DOUBLE")});
  for (const char* row : {"SELECT 'infinity'::DATE d", "SELECT {'l': ['-infinity'::TIMESTAMPTZ]} s",
                          "SELECT MAP {'a': 'infinity'::TIMESTAMP} m"}) {
    EXPECT_EQ(error_id([&] { append(*table, row); }), "delta.infinite") << row;
    EXPECT_EQ(parquet_files(), 0U);
  }
  append(*table, "SELECT 'infinity' x, 'infinity'::DOUBLE f");
  const auto days = create("u", {field("d", "DATE"), field("x", "INT")}, {"d"});
  EXPECT_EQ(error_id([&] { append(*days, "SELECT 'infinity'::DATE d, 1 x"); }), "delta.infinite");
}

TEST_F(Tables, ReadsFilesThatLackOrWidenColumns) {
  const auto table =
      create("t", {field("A", "BIGINT"), field("b", "STRING"), field("c", "TIMESTAMP"),
                   field("n", "STRUCT<p: BIGINT, q: STRING>")});
  const auto root = dir_ / "data" / "t";
  const auto put = [&](const std::string& name, const std::string& sql) {
    connection_->rows("COPY (" + sql + ") TO '" + (root / name).string() + "' (FORMAT parquet)");
    delta::Add add;
    add.path = name;
    add.size = static_cast<std::int64_t>(fs::file_size(root / name));
    delta::CommitRequest request;
    request.operation = "WRITE";
    request.base = table->snapshot();
    request.actions = {add};
    table->commit(request);
  };
  put("1.parquet", "SELECT 1::INT a, {'p': 1::INT} n, 'extra' z");
  put("2.parquet", "SELECT 9000000000 a, 'x' B, TIMESTAMP '2020-01-01 00:00:00' c");
  put("3.parquet", "SELECT 'y' b, {'q': 'r', 'p': 2::BIGINT} n, 3::SMALLINT a");
  EXPECT_EQ(read(*table, "ORDER BY a"),
            R"([1,null,null,{"p":1,"q":null}],[3,"y",null,{"p":2,"q":"r"}],)"
            R"([9000000000,"x","2020-01-01T00:00:00Z",null])");
  fs::remove(root / "2.parquet");
  const auto fresh = open(Options{.allowed_directories = {(dir_ / "data").string()},
                                  .temp_directory = (dir_ / "tmp3").string(),
                                  .threads = 1});
  EXPECT_EQ(error_id([&] { fresh->scan(*table, table->snapshot(), {}); }), "sql.fileGone");
}

// One footer tells the shape of all files that were written with one schema.
TEST_F(Tables, FilesTellTheirShape) {
  const auto table = create("t", {field("a", "BIGINT")});
  const auto other = create("o", {field("a", "INT")});
  const auto first = append(*table, "SELECT 1 a").front().add;
  const auto second = append(*table, "SELECT 2 a").front().add;
  EXPECT_FALSE(first.tags.at("ob.shape").empty());
  EXPECT_EQ(first.tags.at("ob.shape"), second.tags.at("ob.shape"));
  EXPECT_NE(append(*other, "SELECT 1 a").front().add.tags.at("ob.shape"),
            first.tags.at("ob.shape"));
  EXPECT_EQ(read(*table, "ORDER BY a"), "[1],[2]");
  fs::remove(fs::path(table->location()) / second.path);
  const auto fresh = open(Options{.allowed_directories = {(dir_ / "data").string()},
                                  .temp_directory = (dir_ / "tmp4").string(),
                                  .threads = 1});
  const auto scan = fresh->scan(*table, table->snapshot(), {});  // opens the first alone
  EXPECT_EQ(scan.files, 2u);
  EXPECT_EQ(error_id([&] { fresh->connect()->rows(scan.sql, scan.parameters); }), "sql.fileGone");
}

TEST_F(Tables, MapsColumnsByNameAndId) {
  for (const std::string mode : {"name", "id"}) {
    delta::Schema schema{field("Shown", "INT"),
                         field("s", "STRUCT<a: INT, l: ARRAY<STRUCT<b: INT>>>"),
                         field("m", "MAP<STRING, STRUCT<c: INT>>"), field("part", "STRING")};
    int id = 0;
    const std::function<void(delta::DataType&)> mark = [&](delta::DataType& type) {
      for (auto& f : type.fields) {
        f.metadata = {{"delta.columnMapping.id", ++id},
                      {"delta.columnMapping.physicalName", "col-" + std::to_string(id)}};
        mark(f.type);
      }
      if (type.key) mark(*type.key);
      if (type.element) mark(*type.element);
    };
    delta::DataType top{.name = "struct", .fields = schema};
    mark(top);
    schema = top.fields;
    const auto table = delta::open_table(store_, "t-" + mode, engine_->parquet());
    const std::string sql =
        "SELECT 1 shown, {'a': 2, 'l': [{'b': 3}, NULL]} s, MAP {'k': {'c': 4}} m, 'p q' part";
    const auto files = engine_->write(*connection_, sql, nullptr, *table, schema, {"part"});
    delta::Metadata metadata{.id = "m"};
    metadata.schema = schema;
    metadata.partition_columns = {"part"};
    metadata.configuration = {{"delta.columnMapping.mode", mode},
                              {"delta.columnMapping.maxColumnId", std::to_string(id)}};
    // Commits refuse column mapping, so the log is written by hand.
    std::string log = delta::to_json_line(delta::Protocol{2, 5, {}, {}}) + "\n" +
                      delta::to_json_line(metadata) + "\n";
    for (const auto& file : files) log += delta::to_json_line(file.add) + "\n";
    store_->put("t-" + mode + "/_delta_log/00000000000000000000.json", log);
    EXPECT_EQ(read(*table), R"([1,{"a":2,"l":[{"b":3},null]},{"k":{"c":4}},"p q"])");
    const auto names = connection_->rows(
        "SELECT string_agg(name || coalesce(':' || field_id, ''), ' ' ORDER BY column_id) FROM "
        "parquet_schema('" +
        table->file_location(files[0].add.path) + "')");
    EXPECT_EQ(*names[0][0],
              "duckdb_schema col-1:1 col-2:2 col-3:3 col-4:4 list element col-5:5 col-6:6 "
              "key_value key value col-7:7");
  }
}

TEST_F(Tables, WritesAndReadsCheckpoints) {
  std::vector<delta::CheckpointRow> rows;
  delta::Metadata metadata{.id = "m", .name = "n", .description = "d"};
  metadata.schema = all_types();
  metadata.partition_columns = {"s"};
  metadata.configuration = {{"k", "v"}};
  metadata.created_time = 5;
  rows.push_back({delta::Protocol{3, 7, {"deletionVectors"}, {"deletionVectors"}}, {}, {}});
  rows.push_back({metadata, {}, {}});
  rows.push_back({delta::Txn{"app", 7, 9}, {}, {}});
  rows.push_back({delta::DomainMetadata{"dom", "{\"a\":1}", false}, {}, {}});
  for (int i = 0; i < 5000; ++i) {
    delta::Add add{.path = "s=a%20b/" + std::to_string(i) + ".parquet"};
    add.partition_values = {{"s", i % 3 == 0 ? std::nullopt : std::optional<std::string>("a \"b")}};
    add.size = i;
    add.modification_time = 1'600'000'000'000 + i;
    add.data_change = false;
    add.stats = R"({"numRecords":1,"minValues":{"i8":-9223372036854775808}})";
    add.tags = {{"t", "x"}};
    add.clustering_provider = "liquid";
    if (i % 2 == 0) add.deletion_vector = delta::DeletionVector{"u", "ab^-", 4, 40, 6};
    if (i % 5 == 0) add.base_row_id = i, add.default_row_commit_version = 3;
    rows.push_back({add, {}, {}});
  }
  delta::Remove gone{.path = "gone"};
  gone.deletion_timestamp = 77;
  gone.data_change = false;
  gone.extended_file_metadata = true;
  gone.size = 8;
  rows.push_back({gone, {}, {}});
  rows.push_back({{}, delta::Sidecar{"side.parquet", 10, 11}, {}});
  rows.push_back({{}, {}, 12});
  const auto location = (dir_ / "data" / "x.checkpoint.parquet").string();
  engine_->parquet().write_checkpoint(location, rows);
  std::map<std::string, delta::Add> adds;
  std::size_t others = 0;
  engine_->parquet().read_checkpoint(location, [&](delta::CheckpointRow row) {
    if (row.action && std::holds_alternative<delta::Add>(*row.action)) {
      auto add = std::get<delta::Add>(*row.action);
      adds[add.path] = add;
      return;
    }
    ++others;
    if (row.sidecar) {
      EXPECT_EQ(row.sidecar->size, 10);
    } else if (row.checkpoint_metadata) {
      EXPECT_EQ(*row.checkpoint_metadata, 12);
    } else if (const auto* m = std::get_if<delta::Metadata>(&*row.action)) {
      EXPECT_EQ(m->schema, metadata.schema);
      EXPECT_EQ(m->configuration, metadata.configuration);
      EXPECT_EQ(m->created_time, 5);
      EXPECT_EQ(m->partition_columns, metadata.partition_columns);
    } else if (const auto* r = std::get_if<delta::Remove>(&*row.action)) {
      EXPECT_EQ(r->deletion_timestamp, 77);
      EXPECT_EQ(r->size, 8);
      EXPECT_TRUE(r->extended_file_metadata);
    } else if (const auto* t = std::get_if<delta::Txn>(&*row.action)) {
      EXPECT_EQ(t->last_updated, 9);
    } else if (const auto* p = std::get_if<delta::Protocol>(&*row.action)) {
      EXPECT_EQ(p->reader_features, std::vector<std::string>{"deletionVectors"});
    }
  });
  EXPECT_EQ(others, 7U);
  ASSERT_EQ(adds.size(), 5000U);
  const auto& ten = adds["s=a%20b/10.parquet"];
  EXPECT_EQ(ten.partition_values[0].second, "a \"b");
  EXPECT_EQ(ten.deletion_vector->offset, 4);
  EXPECT_EQ(ten.base_row_id, 10);
  EXPECT_EQ(ten.tags.at("t"), "x");
  EXPECT_EQ(ten.clustering_provider, "liquid");
  EXPECT_THAT(ten.stats, HasSubstr("-9223372036854775808"));
  EXPECT_EQ(adds["s=a%20b/9.parquet"].partition_values[0].second, std::nullopt);
  EXPECT_TRUE(fs::is_empty(dir_ / "tmp" / "scratch"));
}

TEST_F(Tables, RefusesBadCheckpoints) {
  const auto location = (dir_ / "data" / "bad.checkpoint.parquet").string();
  for (const std::string sql :
       {"SELECT 1 x", "SELECT {'size': 1} \"add\"", "SELECT 'text' \"add\"",
        "SELECT {'path': 'a', 'partitionValues': 'x'} \"add\"", "SELECT {'path': {'y': 1}} \"add\"",
        "SELECT {'path': 'a', 'size': 'many'} \"add\"",
        "SELECT {'schemaString': '{'} \"metaData\""}) {
    connection_->rows("COPY (" + sql + ") TO '" + location + "' (FORMAT parquet)");
    EXPECT_EQ(error_id([&] { engine_->parquet().read_checkpoint(location, [](auto) {}); }),
              "delta.badCheckpoint")
        << sql;
    EXPECT_THAT(message_, HasSubstr("bad.checkpoint.parquet"));
    EXPECT_THAT(message_, testing::Not(HasSubstr(dir_.string())));
  }
  fs::resize_file(location, 40);
  EXPECT_EQ(error_id([&] { engine_->parquet().read_checkpoint(location, [](auto) {}); }),
            "delta.badCheckpoint");
}

TEST_F(Tables, ReadsParsedStatistics) {
  const auto location = (dir_ / "data" / "parsed.checkpoint.parquet").string();
  connection_->rows(
      "COPY (SELECT {'path': 'a', 'partitionValues': MAP {}::MAP(VARCHAR, VARCHAR), 'size': 1, "
      "'stats_parsed': {'numRecords': 3, 'minValues': {'a': 1.50::DECIMAL(5,2), 't': "
      "TIMESTAMPTZ '2020-01-01 00:00:00+00'}}} \"add\") TO '" +
      location + "' (FORMAT parquet)");
  std::string stats;
  engine_->parquet().read_checkpoint(
      location, [&](delta::CheckpointRow row) { stats = std::get<delta::Add>(*row.action).stats; });
  EXPECT_THAT(stats, HasSubstr("\"numRecords\":3"));
}

TEST_F(Tables, UsesItsOwnCheckpoints) {
  const auto table = create("t", {field("v", "BIGINT"), field("p", "INT")}, {"p"});
  for (int i = 0; i < 12; ++i)
    append(*table, "SELECT " + std::to_string(i) + " v, " + std::to_string(i % 3) + " p");
  table->checkpoint();
  const auto again = delta::open_table(store_, "t", engine_->parquet());
  EXPECT_EQ(read(*again, "", "sum(v)::BIGINT, count(*)"), "[66,12]");
  EXPECT_EQ(again->snapshot()->files().size(), 12U);
}

TEST_F(Tables, JoinsManyPartitions) {
  const auto table = create("t", {field("v", "BIGINT"), field("p", "INT")}, {"p"});
  const auto files = append(*table, "SELECT i v, i % 100 p FROM range(20000) t(i)");
  EXPECT_EQ(files.size(), 100U);
  EXPECT_EQ(read(*table, "WHERE v % 100 <> p", "count(*)"), "[0]");
  EXPECT_EQ(read(*table, "WHERE p = 7", "count(*), min(v), max(v)"), "[200,7,19907]");
}

TEST_F(Tables, ExportsParquet) {
  const auto location = (dir_ / "data" / "out.parquet").string();
  engine_->export_parquet(*connection_, "SELECT $1 a -- note", boost::json::array{5}, location);
  EXPECT_EQ(*connection_->rows("SELECT a FROM read_parquet('" + location + "')")[0][0], "5");
  fs::remove(location);
  EXPECT_THROW(engine_->export_parquet(*connection_, "SELECT error('x')", nullptr, location),
               Error);
  EXPECT_FALSE(fs::exists(location));
}

}  // namespace
}  // namespace ob::engine
