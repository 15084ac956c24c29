// Users' files: formats, options, broken ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "engine/engine.h"

namespace ob::engine {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Files : public testing::Test {
 protected:
  Files() {
    dir_ = fs::temp_directory_path() / ("ob-files-" + std::to_string(::getpid()));
    fs::create_directories(dir_ / "in");
    engine_ = open(Options{.allowed_directories = {(dir_ / "in").string()},
                           .temp_directory = (dir_ / "tmp").string(),
                           .memory_bytes = 1'500'000'000,
                           .threads = 2});
    connection_ = engine_->connect();
  }
  ~Files() override {
    connection_.reset();
    fs::remove_all(dir_);
  }
  std::string put(const std::string& name, const std::string& bytes) {
    const auto path = dir_ / "in" / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }
  // Columns as "name TYPE", then rows as JSON.
  std::vector<std::string> read(const std::string& location, const std::string& format = "",
                                const boost::json::object& options = {}) {
    const auto scan = engine_->scan_file(*connection_, location, format, options);
    std::vector<std::string> out;
    for (const auto& column : scan.columns) out.push_back(column.name + " " + column.type);
    const auto result = connection_->execute("SELECT * FROM " + scan.sql);
    std::string rows;
    while (const auto batch = result->next()) batch->append_json(rows, 0, batch->rows());
    out.push_back(rows);
    return out;
  }
  std::string error_id(const std::string& location, const std::string& format = "",
                       const boost::json::object& options = {}) {
    try {
      const auto scan = engine_->scan_file(*connection_, location, format, options);
      connection_->rows("SELECT count(*) FROM (SELECT * FROM " + scan.sql + ")");
    } catch (const Error& error) {
      message_ = error.what();
      EXPECT_LT(error.status(), 500) << message_ << " " << error.cause();
      EXPECT_THAT(message_, Not(HasSubstr(dir_.string())));
      return error.id();
    }
    return "no error";
  }

  fs::path dir_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Connection> connection_;
  std::string message_;
};

TEST_F(Files, TellsFormatsAndTypes) {
  EXPECT_THAT(read(put("a.csv", "id,name,at\n1,x,2020-01-01\n2,,2020-01-02\n")),
              ElementsAre("id BIGINT", "name VARCHAR", "at DATE",
                          R"([1,"x","2020-01-01"],[2,null,"2020-01-02"])"));
  EXPECT_THAT(read(put("a.tsv", "id\tn\n1\t2.5\n")),
              ElementsAre("id BIGINT", "n DOUBLE", "[1,2.5]"));
  EXPECT_THAT(read(put("noend", "[{\"a\": 1, \"b\": {\"c\": [1]}}, {\"a\": null}]")),
              ElementsAre("a BIGINT", "b STRUCT(\"c\" BIGINT[])", R"([1,{"c":[1]}],[null,null])"));
  EXPECT_THAT(read(put("a.ndjson", "{\"a\": \"2020-01-01 00:00:00\"}\n{\"a\": null}\n")),
              ElementsAre("a TIMESTAMP", R"(["2020-01-01T00:00:00"],[null])"));
  engine_->export_parquet(*connection_, "SELECT 1::UTINYINT u, 'x' v", nullptr,
                          (dir_ / "in" / "p.bin").string());
  EXPECT_THAT(read((dir_ / "in" / "p.bin").string()),
              ElementsAre("u UTINYINT", "v VARCHAR", R"([1,"x"])"));
  // A late change of type is found: small files are sampled whole.
  std::string late = "n\n";
  for (int i = 0; i < 100000; ++i) late += std::to_string(i) + "\n";
  EXPECT_THAT(read(put("late.csv", late + "word\n"))[0], "n VARCHAR");
}

TEST_F(Files, TakesOptions) {
  EXPECT_THAT(read(put("o.csv", "1;NA\n2;x'y\n"), "csv",
                   {{"header", false}, {"delimiter", ";"}, {"nullstr", "NA"}}),
              ElementsAre("column0 BIGINT", "column1 VARCHAR", R"([1,null],[2,"x'y"])"));
  EXPECT_THAT(read(put("o2.csv", "a,b\n01,31/12/2020\n"), "",
                   {{"types", {{"a", "STRING"}}}, {"dateformat", "%d/%m/%Y"}}),
              ElementsAre("a VARCHAR", "b DATE", R"(["01","2020-12-31"])"));
  EXPECT_THAT(read(put("o3.csv", "a\n1\n"), "", {{"all_varchar", true}}),
              ElementsAre("a VARCHAR", R"(["1"])"));
  EXPECT_THAT(read(put("o4.csv", "caf\xE9\n1\n"), "", {{"encoding", "latin-1"}, {"header", true}}),
              ElementsAre("café BIGINT", "[1]"));
  EXPECT_THAT(
      read(put("o5.json", "{\"a\": 1, \"z\": 2}"), "", {{"columns", {{"a", "DECIMAL(5,2)"}}}}),
      ElementsAre("a DECIMAL(5,2)", R"(["1.00"])"));
  const auto csv = put("o6.csv", "a\n1\n");
  for (const boost::json::object& wrong :
       std::vector<boost::json::object>{{{"filename", true}},
                                        {{"header", "yes"}},
                                        {{"quote", "ab"}},
                                        {{"skip", -1}},
                                        {{"delim", ""}},
                                        {{"union_by_name", true}},
                                        {{"hive_partitioning", true}},
                                        {{"types", {{"a", 5}}}},
                                        {{"encoding", "x'); SELECT 1"}},
                                        {{"delim", ","}, {"sep", ","}},
                                        {{"sample_size", 1}},
                                        {{"files_to_sniff", 1}},
                                        {{"buffer_size", 1}}})
    EXPECT_EQ(error_id(csv, "", wrong), "file.badOption") << boost::json::serialize(wrong);
  EXPECT_EQ(error_id(csv, "", {{"types", {{"a", "INT); DROP"}}}}), "sql.unknownType");
  EXPECT_THAT(read(csv, "", {{"nullstr", "x'); SELECT 1 --"}}), ElementsAre("a BIGINT", "[1]"));
}

TEST_F(Files, NamesAreNotPatterns) {
  put("x1.csv", "a\n1\n");
  put("xa.csv", "a\n2\n");
  for (const std::string name :
       {"x*.csv", "x?.csv", "x[1a].csv", "it's.csv", "x{1,a}.csv", "a b%20.csv"})
    EXPECT_THAT(read(put(name, "a\n7\n")), ElementsAre("a BIGINT", "[7]")) << name;
  EXPECT_EQ(error_id((dir_ / "in" / "x[2].csv").string()), "file.notFound");
}

TEST_F(Files, ExplainsBrokenFiles) {
  engine_->export_parquet(*connection_, "SELECT i, i::VARCHAR s FROM range(100000) t(i)", nullptr,
                          (dir_ / "in" / "whole.parquet").string());
  std::ifstream in(dir_ / "in" / "whole.parquet", std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(error_id(put("cut.parquet", whole.substr(0, whole.size() / 2))), "file.broken");
  EXPECT_EQ(error_id(put("tail.parquet", "PAR1" + whole.substr(whole.size() - 200))),
            "file.broken");
  EXPECT_EQ(error_id(put("text.parquet", "a,b\n1,2\n")), "file.broken");
  std::string footer = whole;
  for (std::size_t i = whole.size() - 400; i < whole.size() - 8; i += 3) footer[i] = '\x7f';
  EXPECT_EQ(error_id(put("footer.parquet", footer)), "file.broken");
  EXPECT_EQ(error_id(put("empty.csv", "")), "file.empty");
  EXPECT_EQ(error_id(put("bad.csv", "a,b\n1,\xC3\x28\n")), "file.notUtf8");
  EXPECT_EQ(error_id(put("bad.json", "{\"a\": \"\xff\xfe\"}")), "file.notUtf8");
  EXPECT_EQ(error_id(put("zero.csv", std::string("a,b\n1,\0\n", 8))), "file.broken");
  EXPECT_EQ(error_id(put("zero", std::string(5000, '\0'))), "file.unknownFormat");
  EXPECT_EQ(error_id(put("a.xlsx", "a")), "no error");
  EXPECT_EQ(error_id(put("a.xlsx", "a"), "xlsx"), "file.unknownFormat");
  EXPECT_EQ(error_id(put("syntax.json", "[{\"a\": 1}, {\"a\": ")), "file.broken");
  EXPECT_EQ(error_id(put("more.json", "{\"a\": 1} nonsense")), "file.broken");
  EXPECT_EQ(error_id((dir_ / "in" / "none.csv").string()), "file.notFound");
  EXPECT_EQ(error_id("/etc/passwd", "csv"), "sql.forbidden");
  // Far behind the first bytes that are looked at.
  std::string late = "a\n";
  for (int i = 0; i < 30000; ++i) late += "word\n";
  EXPECT_EQ(error_id(put("late.csv", late + "\xC3\x28\n")), "file.notUtf8");
}

TEST_F(Files, BoundsNestedJson) {
  const auto start = std::chrono::steady_clock::now();
  const std::string open(50'000'000, '[');
  EXPECT_EQ(error_id(put("deep.json", open + std::string(50'000'000, ']'))), "file.tooDeep");
  EXPECT_EQ(error_id(put("open.json", open)), "file.tooDeep");
  std::string objects;
  for (int i = 0; i < 5'000'000; ++i) objects += "{\"a\":";
  EXPECT_EQ(error_id(put("objects.json", objects + "1" + std::string(5'000'000, '}'))),
            "file.tooDeep");
  // One object larger than may be held, and brackets that are only text.
  std::string wide = "{";
  for (int i = 0; i < 2'000'000; ++i) wide += "\"k" + std::to_string(i) + "\": 1,";
  EXPECT_EQ(error_id(put("wide.json", wide + "\"z\": 1}")), "file.broken");
  EXPECT_EQ(error_id(put("text.json", "{\"a\": \"" + std::string(5000, '[') + "\\\"\"}")),
            "no error");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
  std::string some = "{\"a\":";
  for (int i = 0; i < 100; ++i) some += "[";
  EXPECT_EQ(error_id(put("some.json", some + "1" + std::string(100, ']') + "}")), "no error")
      << message_;
}

}  // namespace
}  // namespace ob::engine
