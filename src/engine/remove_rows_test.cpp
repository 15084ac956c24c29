// Rows cut out of data files: what is left, and what its statistics tell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/error.h"
#include "base/log.h"
#include "engine/engine.h"

namespace ob::engine {
namespace {

namespace fs = std::filesystem;

class RemoveRows : public testing::Test {
 protected:
  RemoveRows() {
    static int counter = 0;
    dir_ = fs::temp_directory_path() /
           ("ob-remove-rows-" + std::to_string(::getpid()) + "-" + std::to_string(++counter));
    fs::create_directories(dir_ / "data");
    engine_ = open(Options{.allowed_directories = {(dir_ / "data").string()},
                           .temp_directory = (dir_ / "tmp").string(),
                           .threads = 2});
    store_ = objects::open("file://" + (dir_ / "data").string());
    connection_ = engine_->connect();
  }
  void TearDown() override {
    connection_.reset();
    fs::remove_all(dir_);
  }

  std::shared_ptr<delta::Table> create(const std::string& name, const delta::Schema& schema,
                                       std::vector<std::string> partition = {}) {
    auto table = delta::open_table(store_, name, engine_->parquet());
    delta::Metadata metadata{.id = "00000000-0000-4000-8000-000000000001"};
    metadata.schema = schema;
    metadata.partition_columns = std::move(partition);
    metadata.created_time = 0;
    delta::CommitRequest request;
    request.operation = "CREATE TABLE";
    request.actions = {delta::protocol_for(schema, {}), metadata};
    table->commit(request);
    return table;
  }
  std::vector<WrittenFile> write(delta::Table& table, const std::string& sql) {
    const auto snapshot = table.snapshot();
    return engine_->write(*connection_, sql, nullptr, table, snapshot->schema(),
                          snapshot->metadata().partition_columns, {.ordered = true});
  }
  void commit(delta::Table& table, const std::vector<delta::Add>& files) {
    delta::CommitRequest request;
    request.operation = "WRITE";
    request.base = table.snapshot();
    for (const auto& file : files) request.actions.emplace_back(file);
    table.commit(request);
  }
  std::vector<std::optional<WrittenFile>> remove(delta::Table& table, const delta::Add& add,
                                                 std::vector<std::uint64_t> rows) {
    std::vector<delta::RowsToDelete> files{{&add, std::move(rows)}};
    return engine_->remove_rows(table, *table.snapshot(), files);
  }
  // A sum over all rows.
  std::string rows_of(delta::Table& table, const delta::Add& add) {
    return connection_
        ->rows("SELECT [count(*), sum(hash(t)::HUGEINT)] FROM read_parquet('" +
               table.file_location(add.path) + "', hive_partitioning = false) t")
        .at(0)
        .at(0)
        .value();
  }
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(dir_ / "data"))
      if (entry.path().extension() == ".parquet") ++count;
    return count;
  }

  fs::path dir_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<objects::Store> store_;
  std::unique_ptr<Connection> connection_;
};

struct TestColumn {
  const char* name;
  const char* type;
  const char* value;  // of i
};

// Values that repeat and values that do not, NULLs, and the ends of their types.
constexpr TestColumn columns[] = {
    {"id", "BIGINT", "i"},
    {"b", "BOOLEAN", "i % 7 = 0"},
    {"i1", "TINYINT", "i % 100"},
    {"i4", "INT", "nullif((hash(i) % 4294967296)::BIGINT - 2147483648, 0)"},
    {"small", "INT", "i // 50"},
    {"i8", "BIGINT", "CASE i WHEN 5 THEN -9223372036854775808 ELSE hash(i) // 3 END"},
    {"f4", "FLOAT", "CASE WHEN i % 3 = 0 THEN NULL ELSE i / 8 - 1000 END"},
    {"f8", "DOUBLE", "CASE i % 4 WHEN 0 THEN -0.0 WHEN 1 THEN 0.0 ELSE i * 1e300 END"},
    {"d1", "DECIMAL(4,2)", "i % 1000 / 100"},
    {"d2", "DECIMAL(18,6)", "-i / 1000"},
    {"d3", "DECIMAL(38,10)", "i * 1000000000000000000000 / 7"},
    {"s", "STRING", "CASE WHEN i % 2 = 0 THEN 'é' || i ELSE md5(i::VARCHAR) || '-long enough' END"},
    {"few", "STRING", "['a', 'b', '', NULL][i % 4 + 1]"},
    {"bin", "BINARY", "encode('x' || i)"},
    {"dt", "DATE", "DATE '1970-01-01' + (i - 3000)::INT"},
    {"ts", "TIMESTAMP", "to_timestamp(i * 1000.000001 - 5e9)"},
    {"tn", "TIMESTAMP_NTZ", "make_timestamp(i * 777 - 1)"},
    {"none", "INT", "NULL"},
    {"st", "STRUCT<x: INT, y: STRUCT<w: STRING>>",
     "CASE WHEN i % 5 = 0 THEN NULL ELSE {'x': i % 11, 'y': {'w': 'w' || i % 3}} END"},
    {"li", "ARRAY<BIGINT>",
     "CASE WHEN i % 6 = 0 THEN NULL ELSE list_transform(range(i % 4), lambda x: x * i) END"},
    {"mp", "MAP<STRING, DOUBLE>", "MAP {'k' || i % 3: i / 2}"},
};

delta::Schema schema_of_test(bool floats) {
  delta::Schema out;
  for (const auto& column : columns)
    if (floats || std::string_view(column.type).find("FLOAT") == std::string_view::npos)
      if (floats || std::string_view(column.type).find("DOUBLE") == std::string_view::npos)
        out.push_back({column.name, delta::parse_type(column.type), true, {}});
  return out;
}

std::string select(const delta::Schema& schema, int count) {
  std::string out;
  for (const auto& column : columns)
    if (delta::find_field(schema, column.name))
      out += (out.empty() ? "SELECT " : ", ") + std::string(column.value) + " AS " + column.name;
  return out + " FROM range(" + std::to_string(count) + ") t(i)";
}

// Files of every encoding that is written here: with floating point numbers they are others.
TEST_F(RemoveRows, LeavesWhatWritingTheRestWouldGive) {
  constexpr int count = 130'000;  // two row groups
  for (const bool floats : {false, true}) {
    const auto schema = schema_of_test(floats);
    const auto table = create(floats ? "floats" : "none", schema);
    const auto whole = write(*table, select(schema, count));
    ASSERT_EQ(whole.size(), 1U);
    for (const std::string gone : {"id % 100 = 3", "id < 125000", "id = 5", "few IS NULL"}) {
      std::vector<std::uint64_t> rows;
      for (const auto& row :
           connection_->rows("SELECT id FROM read_parquet('" +
                             table->file_location(whole[0].add.path) + "') WHERE " + gone))
        rows.push_back(std::stoull(*row[0]));
      const auto cut = remove(*table, whole[0].add, rows);
      ASSERT_TRUE(cut.at(0)) << gone;
      const auto rest = write(
          *table, "SELECT * FROM (" + select(schema, count) + ") WHERE (" + gone + ") IS NOT TRUE");
      EXPECT_EQ(cut[0]->rows, rest.at(0).rows);
      EXPECT_EQ(cut[0]->add.stats, rest[0].add.stats) << gone;
      EXPECT_EQ(rows_of(*table, cut[0]->add), rows_of(*table, rest[0].add)) << gone;
      EXPECT_EQ(cut[0]->add.size,
                static_cast<std::int64_t>(fs::file_size(table->file_location(cut[0]->add.path))));
      EXPECT_EQ(cut[0]->add.tags, whole[0].add.tags);
    }
  }
}

TEST_F(RemoveRows, KeepsPartitionsAndLeavesDeletedRowsOut) {
  const delta::Schema schema{{"id", delta::parse_type("BIGINT"), true, {}},
                             {"p", delta::parse_type("STRING"), true, {}}};
  const auto table = create("t", schema, {"p"});
  const auto whole = write(*table, "SELECT i AS id, 'a b' AS p FROM range(10) t(i)");
  commit(*table, {whole.at(0).add});
  const auto marked =
      delta::with_rows_left_out(*table, {&whole[0].add, std::vector<std::uint64_t>{1, 2}});
  const auto cut = remove(*table, marked, {9, 2, 0});
  ASSERT_TRUE(cut.at(0));
  EXPECT_EQ(cut[0]->add.partition_values, whole[0].add.partition_values);
  EXPECT_FALSE(cut[0]->add.deletion_vector);
  EXPECT_TRUE(cut[0]->add.path.starts_with("p=a"));
  EXPECT_EQ(connection_->rows("SELECT list(id) FROM read_parquet('" +
                              table->file_location(cut[0]->add.path) + "')"),
            (std::vector<std::vector<std::optional<std::string>>>{{"[3,4,5,6,7,8]"}}));
  EXPECT_EQ(
      cut[0]->add.stats,
      R"({"numRecords":6,"minValues":{"id":3},"maxValues":{"id":8},"nullCount":{"id":0},"tightBounds":true})");
}

// NaN is above every number for some engines and outside the order for others.
TEST_F(RemoveRows, TellsNoBoundsOfWhatHoldsNaN) {
  const delta::Schema schema{{"id", delta::parse_type("BIGINT"), true, {}},
                             {"f", delta::parse_type("DOUBLE"), true, {}}};
  const auto table = create("t", schema);
  const auto whole = write(*table,
                           "SELECT i AS id, CASE i WHEN 2 THEN 'nan'::DOUBLE ELSE i END AS f FROM "
                           "range(130000) t(i)");
  EXPECT_THAT(whole.at(0).add.stats, testing::HasSubstr(R"("maxValues":{"id":129999})"));
  const auto with = remove(*table, whole[0].add, {129'999});  // of another row group
  ASSERT_TRUE(with.at(0));
  EXPECT_THAT(with[0]->add.stats, testing::HasSubstr(R"("maxValues":{"id":129998})"));
  const auto without = remove(*table, whole[0].add, {2});
  ASSERT_TRUE(without.at(0));
  EXPECT_THAT(without[0]->add.stats, testing::HasSubstr(R"("maxValues":{"id":129999,"f":129999})"));
}

TEST_F(RemoveRows, RefusesWhatIsNotThere) {
  const delta::Schema schema{{"id", delta::parse_type("BIGINT"), true, {}}};
  const auto table = create("t", schema);
  const auto whole = write(*table, "SELECT i AS id FROM range(10) t(i)");
  const auto before = files();
  EXPECT_FALSE(remove(*table, whole.at(0).add, {10}).at(0));
  EXPECT_FALSE(remove(*table, whole[0].add, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}).at(0));  // empty
  auto other = whole[0].add;
  other.path = "not-there.parquet";
  EXPECT_FALSE(remove(*table, other, {1}).at(0));
  std::ofstream(dir_ / "data/t/text.parquet") << "PAR1 this is no file of its kind PAR1";
  other.path = "text.parquet";
  EXPECT_FALSE(remove(*table, other, {1}).at(0));
  EXPECT_EQ(files(), before + 1);
}

TEST_F(RemoveRows, StopsWhenTheStatementIsCancelled) {
  const delta::Schema schema{{"id", delta::parse_type("BIGINT"), true, {}}};
  const auto table = create("t", schema);
  const auto whole = write(*table, "SELECT i AS id FROM range(10) t(i)");
  const CancelToken token;
  token.cancel();
  const objects::Cancelling scope(token);
  try {
    remove(*table, whole.at(0).add, {1});
    FAIL() << "it went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "query.cancelled");
  }
  EXPECT_EQ(files(), 1U);
}

// Files that someone made to do harm are cut or refused; nothing else may happen.
TEST_F(RemoveRows, StandsBrokenFiles) {
  const auto schema = schema_of_test(true);
  const auto table = create("t", schema);
  std::mt19937 random(7);  // NOLINT: the same files each time
  const char* const options[] = {"COMPRESSION zstd, PARQUET_VERSION V2", "COMPRESSION snappy",
                                 "COMPRESSION gzip", "COMPRESSION lz4_raw, PARQUET_VERSION V2",
                                 "COMPRESSION uncompressed, PARQUET_VERSION V2"};
  int refused = 0, cut = 0;
  log::set_level(log::Level::warn);
  for (const std::string option : options) {
    const auto path = (dir_ / "data/t/whole.parquet").string();
    connection_->rows("COPY (" + select(schema, 300) + ") TO '" + path + "' (FORMAT parquet, " +
                      option + ", ROW_GROUP_SIZE 2048)");
    std::ifstream in(path, std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(in), {}};
    for (int i = 0; i < 80; ++i) {
      auto bytes = whole;
      const auto near_end = [&] { return bytes.size() - 1 - random() % (bytes.size() / 3); };
      for (auto changes = 1 + random() % 3; changes > 0; --changes) {
        const auto at = random() % 2 == 0 ? near_end() : random() % bytes.size();
        bytes[at] =
            static_cast<char>(random() % 3 == 0 ? random() : bytes[at] ^ (1 << random() % 8));
      }
      if (i % 20 == 0) bytes.resize(random() % bytes.size());
      std::ofstream(dir_ / "data/t/broken.parquet", std::ios::binary) << bytes;
      delta::Add add;
      add.path = "broken.parquet";
      const auto made = remove(*table, add, {random() % 100, 100 + random() % 200});
      ++(made.at(0) ? cut : refused);
      if (made[0]) fs::remove(table->file_location(made[0]->add.path));
    }
  }
  log::set_level(log::Level::info);
  EXPECT_GT(refused, 20);
  EXPECT_GT(cut, 20);
}

}  // namespace
}  // namespace ob::engine
