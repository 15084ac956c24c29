// Tables of many small files, which are read without DuckDB's reader of Parquet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/file_shapes.h"

namespace ob::engine {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr int files = 70;

class SmallFilesTest : public testing::Test {
 protected:
  SmallFilesTest() {
    static int counter = 0;
    dir_ = fs::canonical(fs::temp_directory_path()) /
           ("ob-small-" + std::to_string(::getpid()) + "-" + std::to_string(++counter));
    fs::create_directories(dir_ / "data");
    engine_ = start();
    store_ = objects::open("file://" + (dir_ / "data").string());
    connection_ = engine_->connect();
  }
  void TearDown() override {
    connection_.reset();
    fs::remove_all(dir_);
  }

  // A new one keeps nothing of what was read before.
  std::unique_ptr<Engine> start() const {
    return open(Options{.allowed_directories = {(dir_ / "data").string()},
                        .temp_directory = (dir_ / "tmp").string(),
                        .memory_bytes = 1 << 30,
                        .threads = 2});
  }

  std::shared_ptr<delta::Table> create(
      const std::vector<std::pair<std::string, std::string>>& columns) {
    auto table = delta::open_table(store_, "t", engine_->parquet());
    delta::Metadata metadata{.id = "00000000-0000-4000-8000-000000000001"};
    for (const auto& [name, type] : columns)
      metadata.schema.push_back({name, delta::parse_type(type), true, {}});
    metadata.created_time = 0;
    delta::CommitRequest request;
    request.operation = "CREATE TABLE";
    request.actions = {delta::protocol_for(metadata.schema, {}), metadata};
    table->commit(request);
    return table;
  }

  // A file for each number below `files`, which the SELECT knows as $1.
  void fill(delta::Table& table, const std::string& select, const std::string& stats = "") {
    const auto snapshot = table.snapshot();
    delta::CommitRequest request;
    request.operation = "WRITE";
    request.base = snapshot;
    for (int i = 0; i < files; ++i)
      for (auto& file : engine_->write(*connection_, select, boost::json::array{i}, table,
                                       snapshot->schema(), {})) {
        if (!stats.empty()) file.add.stats = stats;
        request.actions.emplace_back(std::move(file.add));
      }
    table.commit(request);
  }

  static std::string rows(Connection& connection, const std::string& sql,
                          const Parameters& parameters) {
    const auto result = connection.execute(sql, parameters);
    std::string out;
    for (const auto& column : result->columns()) out += column.type + ";";
    while (const auto batch = result->next()) {
      if (out.back() == ']') out += ",";
      batch->append_json(out, 0, batch->rows());
    }
    return out;
  }

  std::string read(delta::Table& table, const std::string& columns = "*") {
    const auto scan = engine_->scan(table, table.snapshot(), {});
    EXPECT_THAT(scan.sql, HasSubstr("__ob_small_files("));
    return rows(*connection_, "SELECT " + columns + " FROM (" + scan.sql + ") t", scan.parameters);
  }
  // The same rows by DuckDB's reader: a scan that tells their places is its own.
  std::string read_by_duckdb(delta::Table& table, const std::string& columns) {
    ScanOptions options;
    options.places = {"__file", "__row"};
    const auto scan = engine_->scan(table, table.snapshot(), options);
    EXPECT_THAT(scan.sql, Not(HasSubstr("__ob_small_files(")));
    return rows(*connection_, "SELECT " + columns + " FROM (" + scan.sql + ") t", scan.parameters);
  }

  static fs::path file_of(delta::Table& table, std::size_t number) {
    auto at = table.snapshot()->files().begin();
    std::advance(at, static_cast<std::ptrdiff_t>(number));
    return table.file_location((*at).path);
  }
  std::string failure(delta::Table& table) {
    try {
      engine_ = start();
      connection_ = engine_->connect();
      return read(table);
    } catch (const Error& error) {
      return error.id();
    }
  }

  fs::path dir_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<objects::Store> store_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(SmallFilesTest, GivesWhatDuckDbGives) {
  const std::vector<std::pair<std::string, std::string>> columns{
      {"b", "BOOLEAN"},        {"i1", "TINYINT"},      {"i2", "SMALLINT"},
      {"i4", "INT"},           {"i8", "BIGINT"},       {"f4", "FLOAT"},
      {"f8", "DOUBLE"},        {"d1", "DECIMAL(3,1)"}, {"d2", "DECIMAL(9,2)"},
      {"d3", "DECIMAL(18,6)"}, {"s", "STRING"},        {"bin", "BINARY"},
      {"dt", "DATE"},          {"ts", "TIMESTAMP"},    {"tn", "TIMESTAMP_NTZ"},
      {"nothing", "STRING"}};
  const auto table = create(columns);
  // Files of none, one and some rows, some of them with NULLs or values that repeat.
  fill(*table,
       "SELECT CASE WHEN n % 7 != 3 THEN n % 2 = 0 END b, (n % 256 - 128)::TINYINT i1, "
       "CASE WHEN $1 % 3 > 0 THEN n END::SMALLINT i2, n * 100000 i4, n * 10000000000 i8, "
       "CASE n % 5 WHEN 0 THEN 'NaN' WHEN 1 THEN '-0.0' ELSE n::VARCHAR END::FLOAT f4, "
       "CASE n % 4 WHEN 0 THEN '-Infinity' WHEN 1 THEN '-0.0' WHEN 2 THEN NULL ELSE '1e300' "
       "END::DOUBLE f8, "
       "(n % 100 - 50) / 10 d1, n * 1.11 d2, CASE WHEN n % 2 = 0 THEN n * -1.000001 END d3, "
       "['', 'é', repeat('long ', 9), NULL, n::VARCHAR][n % 5 + 1] s, "
       "['\\x00\\xFF'::BLOB, ''::BLOB, NULL, encode(n::VARCHAR)][n % 4 + 1] bin, "
       "DATE '1950-01-01' + n::INT dt, TIMESTAMPTZ '1969-12-31 23:59:59.999999Z' + to_days(n::INT) "
       "ts, "
       "CASE WHEN n % 9 > 0 THEN TIMESTAMP '2020-01-01 00:00:00.000001' + to_days(n::INT) END tn, "
       "NULL AS nothing FROM range($1 * 10, $1 * 10 + ($1 * $1) % 60) r(n)");
  std::string names, bits;
  for (const auto& [name, type] : columns) {
    names += (names.empty() ? "" : ", ") + name;
    EXPECT_EQ(read(*table, name), read_by_duckdb(*table, name)) << name;
  }
  const auto all = read(*table, names);
  EXPECT_THAT(all, HasSubstr(",-0,-0,"));
  EXPECT_EQ(all, read_by_duckdb(*table, names));
  EXPECT_EQ(read(*table, "count(*), sum(i8)"), read_by_duckdb(*table, "count(*), sum(i8)"));
}

TEST_F(SmallFilesTest, MoreRowsThanTheLogTells) {
  const auto table = create({{"n", "BIGINT"}});
  fill(*table, "SELECT n + 0 * $1 AS n FROM range(20) r(n)", R"({"numRecords":1})");
  // From a bound of the rows DuckDB would take that 64 bits hold the sum.
  EXPECT_THAT(read(*table, "sum(CASE WHEN n >= 0 THEN 1000000000000000000 ELSE 0 END)"),
              HasSubstr("1400000000000000000000"));
  EXPECT_THAT(read(*table, "count(*) FILTER (n >= 0)"), HasSubstr("1400"));
  const auto scan = engine_->scan(*table, table->snapshot(), {});
  EXPECT_THAT(
      rows(*connection_, "SELECT count(*) FROM (SELECT n FROM (" + scan.sql + ") t LIMIT 1000) u",
           scan.parameters),
      HasSubstr("1000"));
}

TEST_F(SmallFilesTest, RowsComeInTheOrderOfTheFiles) {
  const auto table = create({{"n", "BIGINT"}});
  fill(*table, "SELECT n FROM range($1 * 300, $1 * 300 + 300) r(n)");
  std::string wanted = "BIGINT;";
  for (int i = 0; i < files * 300; ++i) wanted += (i == 0 ? "[" : ",[") + std::to_string(i) + "]";
  EXPECT_EQ(read(*table), wanted);
}

TEST_F(SmallFilesTest, WhatIsNotKnownHereIsReadByDuckDb) {
  const auto table = create({{"n", "BIGINT"}, {"s", "STRING"}});
  fill(*table, "SELECT $1::BIGINT n, 'x' s");
  // A codec, and a type, that are not read here; also most of them.
  for (const std::size_t number :
       {1, 3, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60}) {
    const fs::path file = file_of(*table, number);
    connection_->rows("COPY (SELECT " + std::to_string(number) +
                      "::INT n, repeat('y', 5000) s) TO '" + file.string() +
                      "' (FORMAT parquet, COMPRESSION brotli)");
  }
  EXPECT_EQ(read(*table, "count(*), sum(n), sum(length(s)), min(n)"),
            "BIGINT;HUGEINT;HUGEINT;BIGINT;[70,2415,115047,0]");
  EXPECT_THAT(read(*table, "n"), HasSubstr(";[0],[1],[2],[3],[4],"));
}

TEST_F(SmallFilesTest, FilesThatAreGoneOrBrokenAreTold) {
  const auto table = create({{"n", "BIGINT"}});
  fill(*table, "SELECT $1::BIGINT n");
  const fs::path file = file_of(*table, 7);
  const auto size = fs::file_size(file);
  fs::remove(file);
  EXPECT_EQ(failure(*table), "sql.fileGone");
  std::ofstream(file) << std::string(size, 'x');
  EXPECT_EQ(failure(*table), "delta.dataFileUnreadable");
}

TEST_F(SmallFilesTest, NoiseDoesNoHarm) {
  const auto table = create({{"n", "BIGINT"}, {"s", "STRING"}, {"d", "DOUBLE"}});
  fill(
      *table,
      "SELECT n, 'text ' || n % 3 s, CASE WHEN n % 2 = 0 THEN n END::DOUBLE d FROM range($1) r(n)");
  const auto good = read(*table);
  std::mt19937 random{11};
  int failures = 0;
  for (int round = 0; round < 15; ++round) {
    for (std::size_t i = 1; i < table->snapshot()->files().size(); i += 1 + random() % 9) {
      std::fstream file(file_of(*table, i), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(random() % fs::file_size(file_of(*table, i))));
      file.put(static_cast<char>(random()));
    }
    const auto found = failure(*table);
    failures += found != good ? 1 : 0;
  }
  EXPECT_GT(failures, 0);
}

TEST_F(SmallFilesTest, ChunksEndWhereTheyAreLarge) {
  const auto table = create({{"s", "STRING"}});
  fill(*table, "SELECT repeat('long', 100000) s WHERE $1 >= 0");
  const auto scan = engine_->scan(*table, table->snapshot(), {});
  ASSERT_THAT(scan.sql, HasSubstr("__ob_small_files("));
  const auto result = connection_->execute(scan.sql, scan.parameters);
  std::int64_t rows = 0;
  while (const auto batch = result->next()) {
    EXPECT_LE(batch->rows(), 6);  // of 0.4 MB
    rows += batch->rows();
  }
  EXPECT_EQ(rows, files);
}

TEST_F(SmallFilesTest, FirstRowsComeBeforeMostFilesAreRead) {
  const auto table = create({{"n", "BIGINT"}});
  fill(*table, "SELECT $1::BIGINT n");
  const auto scan = engine_->scan(*table, table->snapshot(), {});
  const auto first = connection_->execute(scan.sql, scan.parameters)->next();
  EXPECT_EQ(first->rows(), 64);
}

// A file that is left to DuckDB may have any number of rows.
TEST_F(SmallFilesTest, ManyRowsOfOneFileAreNotHeld) {
  constexpr int many = 40'000'000;
  const auto table = create({{"n", "BIGINT"}});
  fill(*table, "SELECT $1::BIGINT n");
  connection_->rows("COPY (SELECT 1::BIGINT n FROM range(" + std::to_string(many) + ")) TO '" +
                    file_of(*table, 7).string() + "' (FORMAT parquet)");
  const auto most = [] {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return used.ru_maxrss / 1024;
  };
  const auto before = most();
  EXPECT_EQ(read(*table, "count(*), sum(n)"),
            "BIGINT;HUGEINT;[" + std::to_string(many + files - 1) + "," +
                std::to_string(many + files * (files - 1) / 2 - 7) + "]");
#if !__has_feature(address_sanitizer)                        // which keeps what was freed
  EXPECT_LT(most() - before, many / 1'000'000 * 8 * 3 / 4);  // MB
#endif
  // It can be stopped where it is.
  const auto scan = engine_->scan(*table, table->snapshot(), {});
  const auto result = connection_->execute(scan.sql, scan.parameters);
  EXPECT_GT(result->next()->rows(), 0);
  connection_->interrupt();
  std::string ended;
  try {
    while (result->next()) continue;
  } catch (const Error& error) {
    ended = error.id();
  }
  EXPECT_EQ(ended, "query.cancelled");
}

// Nothing asks DuckDB whether a statement was stopped while no rows come.
TEST_F(SmallFilesTest, StopsWhileFilesGiveNoRows) {
  constexpr int many = 20'000;
  const auto table = create({{"n", "BIGINT"}});
  const fs::path one = table->file_location("e0.parquet");
  connection_->rows("COPY (SELECT 1::BIGINT n WHERE false) TO '" + one.string() +
                    "' (FORMAT parquet)");
  delta::CommitRequest request;
  request.operation = "WRITE";
  request.base = table->snapshot();
  for (int i = 0; i < many; ++i) {
    const auto name = "e" + std::to_string(i) + ".parquet";
    if (i > 0) fs::create_hard_link(one, table->file_location(name));
    delta::Add add{.path = name, .size = static_cast<std::int64_t>(fs::file_size(one))};
    add.data_change = true;
    add.stats = R"({"numRecords":0})";
    add.tags[shape_tag] = "all";
    request.actions.emplace_back(std::move(add));
  }
  table->commit(request);
  EXPECT_EQ(read(*table), "BIGINT;");
  // Who gets to the end finds that a file is gone.
  fs::remove(file_of(*table, many - 1));
  EXPECT_EQ(failure(*table), "sql.fileGone");
  std::string found;
  // The statement may have come to its end first.
  for (int i = 0; i < 50 && found != "query.cancelled"; ++i) {
    std::atomic<bool> ended = false;
    std::thread stopper([&] {
      while (connection_->progress() <= 0 && !ended) std::this_thread::yield();
      connection_->interrupt();
    });
    try {
      read(*table, "sum(n)");
    } catch (const Error& error) {
      found = error.id();
    }
    ended = true;
    stopper.join();
  }
  EXPECT_EQ(found, "query.cancelled");
}

TEST_F(SmallFilesTest, OtherTablesAreDuckDbs) {
  const auto is_read_here = [&](delta::Table& table) {
    return engine_->scan(table, table.snapshot(), {}).sql.contains("__ob_small_files(");
  };
  const auto table = create({{"n", "BIGINT"}});
  fill(*table, "SELECT $1::BIGINT n");
  EXPECT_TRUE(is_read_here(*table));
  connection_->rows("COPY (SELECT 1::BIGINT n) TO '" + file_of(*table, 0).string() +
                    "' (FORMAT parquet, COMPRESSION brotli)");
  EXPECT_FALSE(is_read_here(*table)) << "its first file is not read here";
}

TEST_F(SmallFilesTest, FilesOfManyRowsAreDuckDbs) {
  const auto table = create({{"n", "BIGINT"}});
  fill(*table, "SELECT $1::BIGINT n FROM range(1001)");
  const auto scan = engine_->scan(*table, table->snapshot(), {});
  EXPECT_THAT(scan.sql, Not(HasSubstr("__ob_small_files(")));
}

// DuckDB knows which directories may be read, also behind links.
TEST_F(SmallFilesTest, LinksAreNotFollowedHere) {
  const auto table = create({{"n", "BIGINT"}});
  fill(*table, "SELECT $1::BIGINT n");
  const fs::path file = file_of(*table, 7), outside = dir_ / file.filename();
  fs::rename(file, outside);
  fs::create_symlink(outside, file);
  EXPECT_EQ(failure(*table), "delta.badPath");
}

}  // namespace
}  // namespace ob::engine
