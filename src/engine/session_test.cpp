#include "engine/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nanoarrow/nanoarrow_ipc.h>

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "engine/database.h"
#include "engine/error_text.h"

namespace ob::engine {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class Session : public testing::Test {
 protected:
  Session() {
    dir_ = fs::temp_directory_path() / ("ob-engine-" + std::to_string(::getpid()));
    fs::create_directories(dir_ / "in");
    fs::create_directories(dir_ / "out");
    instance_ = std::make_unique<Instance>(Options{.allowed_directories = {(dir_ / "in").string()},
                                                   .temp_directory = (dir_ / "tmp").string(),
                                                   .memory_bytes = 1 << 30,
                                                   .threads = 2});
    connection_ = instance_->connect();
  }
  void TearDown() override { fs::remove_all(dir_); }

  std::string json(const std::string& sql, const Parameters& parameters = nullptr) {
    const auto result = connection_->execute(sql, parameters);
    std::string out;
    while (const auto batch = result->next()) {
      if (!out.empty()) out += ",";
      batch->append_json(out, 0, batch->rows());
    }
    return out;
  }
  std::string error_id(const std::string& sql, const Parameters& parameters = nullptr) {
    try {
      json(sql, parameters);
    } catch (const Error& error) {
      last_ = error.what();
      status_ = error.status();
      return error.id();
    }
    return "no error";
  }

  fs::path dir_;
  std::unique_ptr<Instance> instance_;
  std::unique_ptr<Connection> connection_;
  std::string last_;
  int status_ = 0;
};

TEST_F(Session, ConfinesFilesAndSettings) {
  std::ofstream(dir_ / "in" / "a.csv") << "x\n1\n";
  std::ofstream(dir_ / "out" / "b.csv") << "x\n2\n";
  const auto in = (dir_ / "in").string(), out = (dir_ / "out").string();
  EXPECT_EQ(json("SELECT * FROM read_csv('" + in + "/a.csv')"), "[1]");
  for (const std::string& sql : std::vector<std::string>{
           "SELECT * FROM read_csv('" + out + "/b.csv')", "SELECT * FROM '" + out + "/b.csv'",
           "SELECT * FROM read_csv('" + in + "/../out/b.csv')", "SELECT * FROM '/etc/passwd'",
           "SELECT * FROM read_text('/etc/hostname')", "SELECT * FROM glob('/etc/*')",
           "COPY (SELECT 1) TO '" + out + "/c.csv'", "ATTACH '" + out + "/x.db'", "LOAD httpfs",
           "INSTALL httpfs", "SET threads=1", "SET enable_external_access=true",
           "SET lock_configuration=false", "RESET allowed_directories",
           "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
           "CREATE SECRET s (TYPE s3, KEY_ID 'a')"}) {
    EXPECT_NE(error_id(sql), "no error") << sql;
    EXPECT_THAT(last_, Not(HasSubstr(dir_.string()))) << sql;
  }
  EXPECT_EQ(error_id("SELECT * FROM read_text('/etc/hostname')"), "sql.forbidden");
  EXPECT_EQ(status_, 403);
  EXPECT_FALSE(fs::exists(dir_ / "out" / "c.csv"));
}

TEST_F(Session, ParsesAndUnparses) {
  const auto tree = connection_->parse("SELECT a, $x FROM main.t WHERE b = 'it''s'");
  EXPECT_EQ(connection_->unparse(tree), "SELECT a, $x FROM main.t WHERE (b = 'it''s')");
  try {
    connection_->parse("SELECT 1;\nSELECT é FROM WHERE");
    FAIL();
  } catch (const StatementError& error) {
    EXPECT_EQ(error.id(), "sql.syntax");
    EXPECT_EQ(error.offset(), 25U);  // bytes: the é has two
    EXPECT_EQ(error.word(), "WHERE");
  }
  EXPECT_THROW(connection_->parse("INSERT INTO t VALUES (1)"), Error);
  EXPECT_THROW(connection_->parse(std::string_view("SELECT 1\0 FROM", 13)), Error);
  const std::string deep = std::string(3000, '(') + "1" + std::string(3000, ')');
  EXPECT_EQ(connection_->unparse(connection_->parse("SELECT " + deep)), "SELECT 1");
}

TEST_F(Session, WritesScalarsAsJson) {
  EXPECT_EQ(
      json("SELECT true, -1::TINYINT, 255::UTINYINT, 9223372036854775807, "
           "18446744073709551615::UBIGINT, 1.5::FLOAT, 0.1::DOUBLE, 'nan'::DOUBLE, "
           "'-inf'::FLOAT, NULL"),
      R"([true,-1,255,9223372036854775807,18446744073709551615,1.5,0.1,"NaN","-Infinity",null])");
  EXPECT_EQ(
      json("SELECT sum(i)::HUGEINT, (-9223372036854775808)::HUGEINT, 9223372036854775808::HUGEINT "
           "FROM range(3) t(i)"),
      R"([3,-9223372036854775808,"9223372036854775808"])");
  EXPECT_EQ(json("SELECT 170141183460469231731687303715884105727::HUGEINT, "
                 "(-170141183460469231731687303715884105727)::HUGEINT, "
                 "340282366920938463463374607431768211455::UHUGEINT, -0.05::DECIMAL(4,2), "
                 "12.3::DECIMAL(18,3), "
                 "-99999999999999999999999999999999999.999::DECIMAL(38,3), 7::DECIMAL(9,0)"),
            R"(["170141183460469231731687303715884105727",)"
            R"("-170141183460469231731687303715884105727",)"
            R"("340282366920938463463374607431768211455","-0.05","12.300",)"
            R"("-99999999999999999999999999999999999.999","7"])");
  EXPECT_EQ(json("SELECT DATE '2013-01-01', TIMESTAMP '2013-01-01 05:00:00', "
                 "TIMESTAMPTZ '2013-01-01 05:00:00.25+00', TIME '01:02:03.5', "
                 "TIMESTAMP_NS '1969-12-31 23:59:59.999999999', DATE '0001-01-01', "
                 "TIMESTAMPTZ '9999-12-31 23:59:59.999999+00', 'infinity'::DATE, "
                 "'-infinity'::TIMESTAMP, '01:02:03+05:30'::TIMETZ"),
            R"(["2013-01-01","2013-01-01T05:00:00","2013-01-01T05:00:00.250000Z",)"
            R"("01:02:03.500000","1969-12-31T23:59:59.999999999","0001-01-01",)"
            R"("9999-12-31T23:59:59.999999Z","infinity","-infinity","01:02:03+05:30"])");
  EXPECT_EQ(json("SELECT INTERVAL '14 months -3 days 100 hours 1.5 seconds', INTERVAL 0 SECOND, "
                 "'\\x00\\xFFab'::BLOB, '0011'::BIT, "
                 "'f0000000-0000-4000-8000-00000000000a'::UUID, 'b'::ENUM('a','b'), "
                 "'a\"\\\n\x01é', '{\"a\": 1}'::JSON"),
            R"(["1 year 2 months -3 days 100:00:01.500000","00:00:00","AP9hYg==","0011",)"
            R"("f0000000-0000-4000-8000-00000000000a","b","a\"\\\n\u0001é","{\"a\": 1}"])");
}

TEST_F(Session, WritesNestedAsJson) {
  EXPECT_EQ(json("SELECT [1,NULL,3], [1,2]::INT[2], {'a b': 1, 'c': [{'d': DATE '2020-01-01'}]}, "
                 "MAP {'k': 1.5::DECIMAL(3,1)}, MAP {1: 'x'}, NULL::INT[], "
                 "union_value(n := 5), [[]]::INT[][]"),
            R"([[1,null,3],[1,2],{"a b":1,"c":[{"d":"2020-01-01"}]},{"k":"1.5"},[[1,"x"]],)"
            R"(null,5,[[]]])");
  const auto result = connection_->execute(
      "SELECT {'a \"b': 1}, MAP {'k': [1]}, 'x'::ENUM('x','it''s'), 1.5::DECIMAL(3,1), "
      "[1]::INT[1], '1'::JSON, NULL, now()");
  std::vector<std::string> types;
  for (const auto& column : result->columns()) types.push_back(column.type);
  EXPECT_THAT(types, testing::ElementsAre("STRUCT(\"a \"\"b\" INTEGER)", "MAP(VARCHAR, INTEGER[])",
                                          "ENUM('x', 'it''s')", "DECIMAL(3,1)", "INTEGER[1]",
                                          "JSON", "INTEGER", "TIMESTAMP WITH TIME ZONE"));
}

TEST_F(Session, WritesCsv) {
  const auto result =
      connection_->execute("SELECT 'a,\"b\"' x, NULL y, '' z, 1.50::DECIMAL(3,2), [1,2], true");
  std::string out;
  while (const auto batch = result->next()) batch->append_csv(out);
  EXPECT_EQ(out, "\"a,\"\"b\"\"\",,\"\",1.50,\"[1,2]\",true\r\n");
}

TEST_F(Session, TakesParameters) {
  EXPECT_EQ(
      json("SELECT $1 + 1, $2, $3, $4, $5, $6",
           boost::json::parse(R"([41, "it's", [1, 2.5], {"a": [true, null]}, null, [1, null]])")),
      R"([42,"it's",[1,2.5],{"a":[true,null]},null,[1,null]])");
  EXPECT_EQ(json("SELECT $b, $a, $b", boost::json::parse(R"({"a": 1, "b": "x"})")),
            R"(["x",1,"x"])");
  EXPECT_EQ(json("SELECT ?::UBIGINT", boost::json::parse("[18446744073709551615]")),
            "[18446744073709551615]");
  EXPECT_EQ(json("SELECT length($1)", boost::json::parse(R"(["a\u0000b"])")), "[3]");
  for (const char* wrong :
       {"[]", "[1,2]", "{}", "{\"1\":1,\"z\":2}", "5", "null", "[[1,\"a\"]]", "[{}]"})
    EXPECT_EQ(error_id("SELECT $1", boost::json::parse(wrong)), "sql.parameters") << wrong;
}

TEST_F(Session, TellsWhereAStatementIsWrong) {
  const auto place = [&](const std::string& sql) -> std::string {
    try {
      connection_->execute(sql);
    } catch (const StatementError& error) {
      return std::to_string(error.offset()) + " " + error.word();
    } catch (const Error&) {
      return "unknown";
    }
    return "no error";
  };
  EXPECT_EQ(place("SELECT 'é', nope FROM range(3) t(i)"), "13 nope");
  EXPECT_EQ(place("SELECT t.nope FROM range(3) t(i)"), "7 nope");
  EXPECT_EQ(place("SELECT t.\"no\"\"pe\" FROM range(3) t(i)"), "7 no\"pe");
  EXPECT_EQ(place("SELECT i + DATE '2026-01-01' + 'a'::BLOB FROM range(3) t(i)"), "9 +");
  EXPECT_EQ(place("SELECT substr(i) FROM range(3) t(i)"), "7 substr");
  EXPECT_EQ(place("SELECT date_trunc('mont', DATE '2026-01-01')"), "unknown");
}

TEST_F(Session, MapsErrors) {
  EXPECT_EQ(error_id("SELEC 1"), "sql.syntax");
  EXPECT_EQ(error_id("SELECT nope"), "sql.binding");
  EXPECT_EQ(error_id("SELECT * FROM nope"), "sql.binding");
  EXPECT_EQ(error_id("SELECT 'a'::DATE"), "sql.value");
  EXPECT_EQ(error_id("SELECT 9223372036854775807 + 1"), "sql.value");
  EXPECT_EQ(error_id("SELECT error('stop')"), "sql.value");
  EXPECT_EQ(error_id("SELECT i, (i - 70000)::UTINYINT FROM range(80000) t(i) ORDER BY i DESC"),
            "sql.value");
  EXPECT_EQ(error_id("SELECT 1; SELECT 2"), "sql.value");
  EXPECT_EQ(
      error_id("SELECT * FROM read_parquet('" + (dir_ / "in" / "none.parquet").string() + "')"),
      "sql.fileGone");
  EXPECT_THAT(last_, Not(HasSubstr(dir_.string())));
}

TEST_F(Session, GuardsRecursiveJsonFunctions) {
  EXPECT_EQ(json("SELECT json_structure('{\"a\": [1]}'), json_merge_patch('{\"a\": 1}', '{\"b\": "
                 "2}'), json_contains('[1, 2]', '2'), json_structure(NULL)"),
            R"(["{\"a\":[\"UBIGINT\"]}","{\"a\":1,\"b\":2}",true,null])");
  EXPECT_EQ(
      json(
          "SELECT json_group_structure(j::JSON) FROM (VALUES ('{\"a\": 1}'), ('{\"b\": 2}')) t(j)"),
      R"(["{\"a\":\"UBIGINT\",\"b\":\"UBIGINT\"}"])");
  const std::string deep = "(repeat('{\"a\":', 100000) || '1' || repeat('}', 100000))";
  EXPECT_EQ(error_id("SELECT json_structure(" + deep + ")"), "sql.value");
  EXPECT_EQ(error_id("SELECT json_group_structure(" + deep + "::JSON)"), "sql.value");
  EXPECT_EQ(error_id("SELECT json_contains(" + deep + ", '5')"), "sql.value");
}

TEST_F(Session, StopsAtTheMemoryLimit) {
  Instance small({.allowed_directories = {},
                  .temp_directory = (dir_ / "tmp2").string(),
                  .memory_bytes = 30'000'000,
                  .threads = 1});
  const auto connection = small.connect();
  try {
    connection->rows("SELECT list(range::VARCHAR || repeat('x', 100)) FROM range(3000000)");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), 507);
    EXPECT_EQ(error.id(), "query.memory");
  }
}

TEST_F(Session, CancelsARunningQuery) {
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    EXPECT_GE(connection_->progress(), -1);
    connection_->interrupt();
  });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(
      error_id(
          "SELECT count(*) FROM range(100000000000) a, range(1000) b WHERE a.range % 7 = b.range"),
      "query.cancelled");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  stopper.join();
  EXPECT_EQ(json("SELECT 1"), "[1]");
}

TEST_F(Session, StreamsInBoundedPieces) {
  const auto result = connection_->execute("SELECT range FROM range(10000000000)");
  std::int64_t rows = 0;
  for (int i = 0; i < 10; ++i) rows += result->next()->rows();
  EXPECT_GT(rows, 0);
  connection_->interrupt();
  EXPECT_THROW(while (result->next()){}, Error);
}

// An error in one thread interrupts the others: the error is told, not the interruption.
TEST_F(Session, TellsTheErrorThatEndsAStream) {
  for (int i = 0; i < 100; ++i) {
    const auto result = connection_->execute(
        "SELECT CASE WHEN range < 3000000 THEN '1' ELSE 'x' END::INT FROM range(4000000)");
    try {
      while (result->next()) continue;
      FAIL();
    } catch (const Error& error) {
      ASSERT_EQ(error.id(), "sql.value") << i;
    }
  }
}

void read_arrow(const std::string& bytes, std::int64_t& rows, ArrowSchema* schema_out = nullptr) {
  ArrowBuffer input;
  ArrowBufferInit(&input);
  EXPECT_EQ(ArrowBufferAppend(&input, bytes.data(), static_cast<std::int64_t>(bytes.size())), 0);
  ArrowIpcInputStream stream;
  EXPECT_EQ(ArrowIpcInputStreamInitBuffer(&stream, &input), 0);
  ArrowArrayStream arrays;
  EXPECT_EQ(ArrowIpcArrayStreamReaderInit(&arrays, &stream, nullptr), 0);
  ArrowSchema schema{};
  EXPECT_EQ(arrays.get_schema(&arrays, &schema), 0);
  rows = 0;
  while (true) {
    ArrowArray array{};
    EXPECT_EQ(arrays.get_next(&arrays, &array), 0) << arrays.get_last_error(&arrays);
    if (array.release == nullptr) break;
    rows += array.length;
    ArrowArrayView view;
    EXPECT_EQ(ArrowArrayViewInitFromSchema(&view, &schema, nullptr), 0);
    ArrowError error{};
    EXPECT_EQ(ArrowArrayViewSetArray(&view, &array, &error), 0) << error.message;
    EXPECT_EQ(ArrowArrayViewValidate(&view, NANOARROW_VALIDATION_LEVEL_FULL, &error), 0)
        << error.message;
    if (schema.n_children > 1 && std::string_view(schema.children[1]->name) == "s") {
      for (std::int64_t i = 0; i < array.length; ++i) {
        const auto number = ArrowArrayViewGetIntUnsafe(view.children[0], i);
        ASSERT_EQ(ArrowArrayViewIsNull(view.children[1], i), number % 3 == 0) << number;
        if (number % 3 == 0) continue;
        const auto text = ArrowArrayViewGetStringUnsafe(view.children[1], i);
        ASSERT_EQ(std::string(text.data, static_cast<std::size_t>(text.size_bytes)),
                  std::to_string(number) + std::string(static_cast<std::size_t>(number % 20), 'x'));
        ASSERT_EQ(ArrowArrayViewGetIntUnsafe(view.children[2], i), number % 2 == 0 ? 1 : 0);
      }
    }
    ArrowArrayViewReset(&view);
    array.release(&array);
  }
  if (schema_out != nullptr)
    *schema_out = schema;
  else
    schema.release(&schema);
  arrays.release(&arrays);
}

std::int64_t arrow_rows(const std::string& bytes, ArrowSchema* schema_out = nullptr) {
  std::int64_t rows = -1;
  read_arrow(bytes, rows, schema_out);
  return rows;
}

std::string arrow_bytes(Result& result) {
  std::string all;
  while (result.next_arrow(all)) {
  }
  return all;
}

TEST_F(Session, WritesArrow) {
  const auto result = connection_->execute(
      "SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE i::VARCHAR || repeat('x', i % 20) END s, "
      "i % 2 = 0 b, i::DECIMAL(9,2) d, i::HUGEINT h, [i, NULL] l, {'a': i, 'b': i::VARCHAR} st, "
      "MAP {i::VARCHAR: i} m, [i, i]::BIGINT[2] ar, uuid() u, now() ts, DATE '2020-01-01' dt, "
      "to_seconds(i) iv, NULL n, TIME '01:00:00' t, 'x'::ENUM('x') e, i::VARCHAR::BLOB bl, "
      "CASE WHEN i % 5 = 0 THEN NULL ELSE [{'z': [i]}] END nested, union_value(k := i) un "
      "FROM range(300001) t(i)");
  EXPECT_EQ(arrow_rows(arrow_bytes(*result)), 300001);
  const auto none = connection_->execute("SELECT 1 a, 'x' b WHERE false");
  ArrowSchema schema{};
  EXPECT_EQ(arrow_rows(arrow_bytes(*none), &schema), 0);
  ASSERT_EQ(schema.n_children, 2);
  EXPECT_STREQ(schema.children[0]->format, "i");
  schema.release(&schema);
}

TEST(ErrorText, DamagedFilesAreTheCallersFault) {
  const Error error =
      error_from(R"({"exception_type":"Invalid","exception_message":"Out of buffer"})");
  EXPECT_EQ(error.status(), 400);
  EXPECT_EQ(error.id(), "sql.io");
}

}  // namespace
}  // namespace ob::engine
