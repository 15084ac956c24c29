// Rows of literals that are written without DuckDB: the same as it writes, or not at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <boost/json.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/error.h"
#include "base/time.h"
#include "query/literal_values.h"

namespace ob::query {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

using Rows = std::vector<std::vector<std::optional<std::string>>>;

struct Written {
  bool here = false;  // without DuckDB
  std::string stats, error;
  std::map<std::string, std::string> tags;
  Rows rows, schema, bounds;
};

class LiteralWrites : public testing::Test {
 protected:
  LiteralWrites() {
    static int counter = 0;
    dir_ = fs::temp_directory_path() /
           ("ob-literal-writes-" + std::to_string(::getpid()) + "-" + std::to_string(++counter));
    fs::create_directories(dir_ / "data");
    engine_ = engine::open({.allowed_directories = {(dir_ / "data").string()},
                            .temp_directory = (dir_ / "tmp").string(),
                            .threads = 1});
    store_ = objects::open("file://" + (dir_ / "data").string());
    connection_ = engine_->connect();
  }
  ~LiteralWrites() override {
    connection_.reset();
    fs::remove_all(dir_);
  }

  static delta::Schema schema_of(const std::string& columns) {
    return delta::parse_type("STRUCT<" + columns + ">").fields;
  }

  void create(const delta::Schema& schema, std::vector<std::string> partition = {}) {
    partition_ = std::move(partition);
    table_ = delta::open_table(store_, "t" + std::to_string(++tables_), engine_->parquet());
    delta::Metadata metadata{.id = "00000000-0000-4000-8000-000000000001"};
    metadata.schema = schema;
    metadata.partition_columns = partition_;
    metadata.created_time = 0;
    delta::CommitRequest request;
    request.operation = "CREATE TABLE";
    request.actions = {delta::protocol_for(schema, {}), metadata};
    table_->commit(request);
  }

  // Puts VALUES into these columns, all of them when there are none.
  Written write(const std::string& values, bool literally, std::vector<std::string> columns = {}) {
    const auto literals = literal_values(values).value();
    const auto schema = table_->snapshot()->schema();
    if (columns.empty())
      for (const auto& field : schema) columns.push_back(field.name);
    engine::WriteOptions options{.literal = true, .columns = columns};
    if (literally) options.rows = std::make_shared<const engine::LiteralRows>(literals.rows);
    Written out;
    std::vector<engine::WrittenFile> files;
    try {
      files =
          engine_->write(*connection_, literals.sql, nullptr, *table_, schema, partition_, options);
    } catch (const Error& error) {
      out.error = error.id() + ": " + error.what();
      EXPECT_EQ(files_left(), files_);
      return out;
    }
    files_ += files.size();
    EXPECT_EQ(files_left(), files_);
    EXPECT_EQ(files.size(), 1U);
    const auto& add = files.at(0).add;
    out.here = !add.path.ends_with(".zstd.parquet");
    out.stats = add.stats;
    out.tags = {add.tags.begin(), add.tags.end()};
    const auto place = table_->file_location(add.path);
    EXPECT_EQ(add.size, static_cast<std::int64_t>(fs::file_size(place)));
    const auto file = "('" + place + "'";
    out.rows =
        connection_->rows("SELECT * FROM read_parquet" + file + ", hive_partitioning = false)");
    EXPECT_EQ(files.at(0).rows, static_cast<std::int64_t>(out.rows.size()));
    out.schema = connection_->rows("SELECT * EXCLUDE (file_name) FROM parquet_schema" + file +
                                   ") WHERE num_children IS NULL");
    // The zeros at the bounds may have any sign.
    out.bounds = connection_->rows(
        "SELECT path_in_schema, type, num_values, if(stats_min_value = '-0.0', '0.0', "
        "stats_min_value), if(stats_max_value = '-0.0', '0.0', stats_max_value), "
        "stats_null_count, min_is_exact, max_is_exact FROM parquet_metadata" +
        file + ")");
    return out;
  }

  // Writes in both ways, and gives whether DuckDB was needed.
  bool same(const std::string& values, const std::vector<std::string>& columns = {}) {
    const auto with = write(values, true, columns), without = write(values, false, columns);
    EXPECT_FALSE(without.here);
    EXPECT_EQ(with.error, without.error) << values;
    EXPECT_EQ(with.stats, without.stats) << values;
    EXPECT_EQ(with.tags, without.tags) << values;
    EXPECT_EQ(with.rows, without.rows) << values;
    EXPECT_EQ(with.schema, without.schema) << values;
    EXPECT_EQ(with.bounds, without.bounds) << values;
    return with.here;
  }
  bool of(const std::string& type, const std::string& values) {
    create(schema_of("c: " + type));
    return same("VALUES " + values);
  }

  std::size_t files_left() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(dir_ / "data"))
      if (entry.path().extension() == ".parquet") ++count;
    return count;
  }

  fs::path dir_;
  std::unique_ptr<engine::Engine> engine_;
  std::shared_ptr<objects::Store> store_;
  std::unique_ptr<engine::Connection> connection_;
  std::shared_ptr<delta::Table> table_;
  std::vector<std::string> partition_;
  int tables_ = 0;
  std::size_t files_ = 0;
};

TEST_F(LiteralWrites, WholeNumbers) {
  EXPECT_TRUE(of("BYTE", "(-128), (127), (NULL), (0)"));
  EXPECT_TRUE(of("SHORT", "(-32768), (32767)"));
  EXPECT_TRUE(of("INT", "(-2147483648), (2147483647)"));
  EXPECT_TRUE(of("LONG", "(-9223372036854775808), (9223372036854775807), (007)"));
  for (const char* number : {"128", "-129", "1.0", "0.5", "1e2", "0x10", "1_000", "-0", "+1", "1."})
    EXPECT_FALSE(of("BYTE", "(" + std::string(number) + ")")) << number;
  EXPECT_FALSE(of("INT", "(1), (2147483648)"));
  EXPECT_FALSE(of("INT", "(1), (2.0)"));
  EXPECT_FALSE(of("LONG", "(9223372036854775808)"));
  EXPECT_FALSE(of("LONG", "(true)"));
  EXPECT_FALSE(of("LONG", "('12')"));
}

TEST_F(LiteralWrites, FloatingPoint) {
  EXPECT_TRUE(of("DOUBLE", "(1), (-2.5), (0.1), (123456789.012345), (0), (0.0), (NULL)"));
  EXPECT_TRUE(of("DOUBLE", "(9007199254740991), (-9007199254740991)"));
  EXPECT_TRUE(of("FLOAT", "(0.1), (-2.5), (16777.21), (0)"));
  EXPECT_TRUE(of("FLOAT", "(16777215), (-16777215)"));
  EXPECT_FALSE(of("DOUBLE", "(9007199254740993)"));
  EXPECT_FALSE(of("DOUBLE", "(-0.0)"));
  EXPECT_FALSE(of("DOUBLE", "(1e10)"));
  EXPECT_FALSE(of("DOUBLE", "(.5)"));
  EXPECT_FALSE(of("DOUBLE", "('nan')"));
  // Brought to one scale, the first has too many digits to be divided exactly.
  EXPECT_FALSE(of("DOUBLE", "(123456789.1), (0.000000001)"));
  EXPECT_FALSE(of("FLOAT", "(16777217)"));
  EXPECT_FALSE(of("FLOAT", "(1677721.71)"));
}

TEST_F(LiteralWrites, Decimals) {
  EXPECT_TRUE(of("DECIMAL(4,1)", "(999.9), (-999.9), (NULL), (1), (0)"));
  EXPECT_TRUE(of("DECIMAL(9,2)", "(9999999.99), (-0.05), (5)"));
  EXPECT_TRUE(of("DECIMAL(10,2)", "(99999999.99), (-99999999.99)"));
  EXPECT_TRUE(of("DECIMAL(18,0)", "(999999999999999999), (-999999999999999999)"));
  EXPECT_TRUE(of("DECIMAL(18,18)", "(0.99999999999999999), (-0.00000000000000001)"));
  EXPECT_TRUE(of("DECIMAL(5,5)", "(0), (0.1), (0.12345)"));
  EXPECT_FALSE(of("DECIMAL(4,1)", "(0.15)"));
  EXPECT_FALSE(of("DECIMAL(4,1)", "(1000)"));
  EXPECT_FALSE(of("DECIMAL(4,1)", "(1000.0)"));
  EXPECT_FALSE(of("DECIMAL(18,18)", "(1)"));
  EXPECT_FALSE(of("DECIMAL(19,2)", "(1)"));
}

TEST_F(LiteralWrites, TextsAndTruth) {
  EXPECT_TRUE(of("STRING", "('it''s'), (''), (NULL), ('żółć 🎉 \"x\"\n\t\\')"));
  EXPECT_TRUE(of("STRING", "(e'\\u00e9\\n'), ($$ a'b $$)"));
  EXPECT_TRUE(of("STRING", "('" + std::string(256, 'x') + "')"));
  EXPECT_TRUE(of("BOOLEAN", "(true), (FALSE), (NULL)"));
  EXPECT_TRUE(of("BOOLEAN", "(NULL)"));
  EXPECT_FALSE(of("STRING", "(1)"));
  EXPECT_FALSE(of("STRING", "(true)"));
  EXPECT_FALSE(of("STRING", "(date '2026-01-01')"));
  EXPECT_FALSE(of("BOOLEAN", "(1)"));
  EXPECT_FALSE(of("BOOLEAN", "('true')"));
  std::string accents;
  for (int i = 0; i < 200; ++i) accents += "é";
  EXPECT_FALSE(of("STRING", "('" + accents + "')"));
}

// The file then has no bounds, and the log has the same.
TEST_F(LiteralWrites, LongTexts) {
  create(schema_of("c: STRING"));
  const auto values = "VALUES ('" + std::string(5000, 'x') + "'), ('a')";
  const auto with = write(values, true), without = write(values, false);
  EXPECT_TRUE(with.here);
  EXPECT_EQ(with.stats, without.stats);
  EXPECT_EQ(with.rows, without.rows);
}

TEST_F(LiteralWrites, DatesAndTimes) {
  EXPECT_TRUE(of("DATE",
                 "(date '0001-01-01'), (date '1582-10-04'), (date '1582-10-10'), (date "
                 "'1582-10-15'), (date '1970-01-01'), (date '1969-12-31'), (date '2000-02-29'), "
                 "(date '9999-12-31'), (null)"));
  for (const char* type : {"TIMESTAMP", "TIMESTAMP_NTZ"}) {
    for (const char* moment :
         {"0001-01-01 00:00:00", "1582-10-04 23:59:59.9", "1582-10-05 00:00:00",
          "1582-10-14 12:00:00.12", "1582-10-15 00:00:00", "1900-02-28 01:02:03.123",
          "1969-12-31 23:59:59.9999", "1970-01-01 00:00:00.00001", "2026-03-29 02:30:00.123456",
          "9999-12-31 23:59:59", "9999-12-31 23:59:59.999999"})
      EXPECT_TRUE(of(type, "(timestamp '" + std::string(moment) + "'), (NULL)")) << moment;
    for (const char* moment :
         {"2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00", "2026-01-01 00:00:00Z",
          "2026-01-01 00:00:00+02", "2026-01-01 00:00:00.", "2026-01-01 00:00:00.1234567",
          "2026-01-01 24:00:00", "2026-01-01 00:60:00", "2026-02-30 00:00:00",
          "0000-01-01 00:00:00", " 2026-01-01 00:00:00", "2026-01-01 00:00:00 ", "infinity",
          "epoch", "10000-01-01 00:00:00", "2026-1-1 00:00:00", "2026-01-01 00:00:00 (BC)"})
      EXPECT_FALSE(of(type, "(timestamp '" + std::string(moment) + "')")) << moment;
    EXPECT_FALSE(of(type, "(date '2026-01-01')"));
    EXPECT_FALSE(of(type, "('2026-01-01 00:00:00')"));
  }
  for (const char* day : {"2026-02-29", "2026-1-1", "0000-01-01", "10000-01-01", "infinity",
                          "2026-01-01 ", "2026/01/01", "20260101", "2026-13-01", "-001-01-01"})
    EXPECT_FALSE(of("DATE", "(date '" + std::string(day) + "')")) << day;
  EXPECT_FALSE(of("DATE", "(timestamp '2026-01-01 00:00:00')"));
}

TEST_F(LiteralWrites, AnyMoments) {
  std::mt19937 random(20261123);
  const auto up_to = [&](unsigned most) { return static_cast<unsigned>(random() % (most + 1)); };
  std::string days, moments;
  for (int i = 0; i < 900; ++i) {
    char day[16], time[32];
    std::snprintf(day, sizeof day, "%04u-%02u-%02u", 1 + up_to(9998), 1 + up_to(11), 1 + up_to(27));
    std::snprintf(time, sizeof time, " %02u:%02u:%02u.%06u", up_to(23), up_to(59), up_to(59),
                  up_to(999'999));
    auto moment = std::string(day) + time;
    const auto digits = up_to(6);
    moment.resize(moment.size() - (digits == 6 ? 7 : digits));
    days += (i > 0 ? ", (date '" : "(date '") + std::string(day) + "')";
    moments += (i > 0 ? ", (timestamp '" : "(timestamp '") + moment + "')";
  }
  EXPECT_TRUE(of("DATE", days));
  EXPECT_TRUE(of("TIMESTAMP", moments));
  EXPECT_TRUE(of("TIMESTAMP_NTZ", moments));
}

TEST_F(LiteralWrites, NowIsOneInstantOfTheStatement) {
  create(schema_of("at: TIMESTAMP"));
  const auto before = now_micros();
  const auto made = write("VALUES (now()), (now()), (null)", true);
  const auto after = now_micros();
  EXPECT_TRUE(made.here);
  EXPECT_EQ(made.rows[0], made.rows[1]);
  EXPECT_EQ(made.rows[2][0], std::nullopt);
  const auto instant = parse_instant(made.rows[0][0].value());
  EXPECT_THAT(instant, testing::Optional(testing::AllOf(testing::Ge(before), testing::Le(after))));
  create(schema_of("at: TIMESTAMP_NTZ"));
  EXPECT_FALSE(write("VALUES (now())", true).here);
}

TEST_F(LiteralWrites, ColumnsByName) {
  create(schema_of("a: INT, b: STRING, c: DOUBLE, d: DATE"));
  EXPECT_TRUE(same("VALUES ('x', 1), (NULL, 2)", {"B", "a"}));
  EXPECT_TRUE(same("VALUES (1.5)", {"c"}));
  EXPECT_FALSE(same("VALUES (1, 2)", {"a", "A"}));
  EXPECT_FALSE(same("VALUES (1)", {"e"}));
}

TEST_F(LiteralWrites, ColumnsThatNeedAValue) {
  auto schema = schema_of("a: INT, b: STRING");
  schema[0].nullable = false;
  create(schema);
  EXPECT_TRUE(same("VALUES (1, NULL)"));
  EXPECT_FALSE(same("VALUES (1, 'x'), (NULL, 'y')"));
  EXPECT_THAT(write("VALUES (NULL, 'y')", true).error, testing::StartsWith("delta.notNull"));
  EXPECT_THAT(write("VALUES ('y')", true, {"b"}).error, testing::StartsWith("delta.notNull"));
}

TEST_F(LiteralWrites, NamesAndNumbersOfFiles) {
  auto schema = schema_of("a: INT, `b.\"ü`: STRING, c: DECIMAL(9,3)");
  for (std::size_t i = 0; i < schema.size(); ++i) {
    schema[i].metadata["delta.columnMapping.id"] = static_cast<std::int64_t>(i + 4);
    schema[i].metadata["delta.columnMapping.physicalName"] = "col-" + std::to_string(i) + ".x";
  }
  create(schema);
  EXPECT_TRUE(same("VALUES (1, 'x', 1.5), (NULL, 'y', 2)"));
  create(schema_of("`b.\"ü`: STRING, `select`: INT"));
  EXPECT_TRUE(same("VALUES ('x', 1)"));
}

TEST_F(LiteralWrites, OtherTablesAreForDuckDb) {
  create(schema_of("a: INT, b: STRING"), {"b"});
  EXPECT_FALSE(write("VALUES (1, 'x')", true).here);
  for (const char* type :
       {"BINARY", "ARRAY<INT>", "STRUCT<f: INT>", "MAP<STRING, INT>", "VOID", "DECIMAL(38,0)"}) {
    create(schema_of("a: INT, b: " + std::string(type)));
    EXPECT_FALSE(same("VALUES (1)", {"a"})) << type;
  }
}

TEST_F(LiteralWrites, ManyRowsAreForDuckDb) {
  create(schema_of("a: INT"));
  std::string values = "VALUES (0)";
  for (int i = 1; i < 1000; ++i) values += ", (" + std::to_string(i) + ")";
  EXPECT_TRUE(same(values));
  EXPECT_FALSE(same(values + ", (1000)"));
  EXPECT_FALSE(literal_values("VALUES ('" + std::string(60 << 10, 'x') + "')")->rows.empty());
  EXPECT_TRUE(literal_values("VALUES ('" + std::string(70 << 10, 'x') + "')")->rows.empty());
}

TEST_F(LiteralWrites, NothingStaysOfAFailure) {
  create(schema_of("a: INT"));
  write("VALUES (1)", true);
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 100, .rlim_max = old.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto made = write("VALUES (2)", true);
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(made.error, testing::StartsWith("internal"));
}

// Whatever is written without DuckDB is what it would write.
TEST_F(LiteralWrites, AnyNumbers) {
  std::mt19937 random(20261123);
  const auto digits = [&](int most) {
    std::string out;
    for (int i = std::uniform_int_distribution(1, most)(random); i > 0; --i)
      out += static_cast<char>('0' + random() % 10);
    return out;
  };
  std::map<std::string, int> here;
  for (const char* type : {"FLOAT", "DOUBLE", "DECIMAL(18,6)", "DECIMAL(7,3)", "LONG", "INT"}) {
    create(schema_of("c: " + std::string(type)));
    for (int round = 0; round < 60; ++round) {
      const int most = 1 + static_cast<int>(random() % 9);
      std::string values = "VALUES ";
      for (int row = 0; row < 4; ++row) {
        values += row > 0 ? ", (" : "(";
        if (random() % 3 == 0) values += "-";
        values += digits(most);
        if (random() % 3 > 0 && std::string_view(type) != "LONG" && std::string_view(type) != "INT")
          values += "." + digits(std::max(most - 3, 1));
        values += ")";
      }
      here[type] += same(values) ? 1 : 0;
    }
    EXPECT_GT(here[type], 10) << type;
  }
}

}  // namespace
}  // namespace ob::query
