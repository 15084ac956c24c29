#include "cli/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <clocale>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/ids.h"
#include "cli/credentials.h"
#include "cli/http.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/result.h"
#include "cli/session.h"

namespace ob::cli {
namespace {

namespace fs = std::filesystem;

const Cell null_cell{};
Cell text(std::string value) {
  return {Cell::Kind::text, std::move(value)};
}
Cell raw(std::string value) {
  return {Cell::Kind::raw, std::move(value)};
}

std::string written(Format format, const std::vector<OutputColumn>& columns,
                    const std::vector<Row>& rows, std::optional<std::size_t> width = std::nullopt) {
  std::ostringstream out;
  const auto writer = make_writer(format, out, columns, width);
  for (const auto& row : rows) writer->row(row);
  writer->finish();
  return out.str();
}

std::string id_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.id();
  }
  return "";
}

class Locale : public ::testing::Environment {
  void SetUp() override { ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr); }
};
const auto* const locale = ::testing::AddGlobalTestEnvironment(new Locale);

TEST(Output, TableAlignsNumbersRightAndCountsWideCharacters) {
  EXPECT_EQ(written(Format::table, {{"name"}, {"n", true}},
                    {{text("日本"), raw("1")}, {text("é"), raw("1234")}, {null_cell, null_cell}}),
            "name     n\n"
            "────  ────\n"
            "日本     1\n"
            "é     1234\n"
            "NULL  NULL\n");
}

TEST(Output, TableFitsTheTerminal) {
  const auto out = written(Format::table, {{"a"}, {"b", true}},
                           {{text(std::string(50, 'x')), raw("12345")}}, 20);
  EXPECT_EQ(out,
            "a                  b\n"
            "─────────────  ─────\n"
            "xxxxxxxxxxxx…  12345\n");
}

TEST(Output, TableLeavesOutColumnsThatCannotFit) {
  ::testing::internal::CaptureStderr();
  const auto out = written(Format::table, {{"aaaaaaa"}, {"bbbbbbb"}, {"ccccccc"}},
                           {{text("1"), text("2"), text("3")}}, 18);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::HasSubstr("1 more column"));
  EXPECT_THAT(out, ::testing::Not(::testing::HasSubstr("c")));
}

TEST(Output, TableShowsNoControlCharacters) {
  EXPECT_EQ(printable("a\nb\x1b[31m\t\x7f\xc2\x9b"), "a\\nb\\x1b[31m\\t\\x7f\\x9b");
  EXPECT_EQ(printable("\xff"), "\uFFFD");
}

TEST(Output, JsonIsAnArrayOfObjectsWithExactNumbers) {
  const auto out = written(Format::json, {{"a"}, {"b"}, {"a"}},
                           {{raw("9223372036854775807"), text("q\"\n"), null_cell},
                            {raw("[1,2]"), text(""), raw("true")}});
  EXPECT_EQ(out,
            "[\n {\"a\":9223372036854775807,\"b\":\"q\\\"\\n\",\"a_1\":null},\n"
            " {\"a\":[1,2],\"b\":\"\",\"a_1\":true}\n]\n");
  EXPECT_EQ(written(Format::json, {{"a"}}, {}), "[]\n");
}

TEST(Output, CsvIsRfc4180) {
  EXPECT_EQ(
      written(Format::csv, {{"a,b"}, {"c"}},
              {{text("x\"y"), text("two\nlines")}, {null_cell, text("")}, {raw("1"), null_cell}}),
      "\"a,b\",c\r\n\"x\"\"y\",\"two\nlines\"\r\n,\"\"\r\n1,\r\n");
}

TEST(Output, CountsAndBytes) {
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(336776), "336,776");
  EXPECT_EQ(human_count(-1234), "-1,234");
  EXPECT_EQ(human_count(-123), "-123");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1'500'000'000), "1.5 GB");
}

TEST(Output, DoublesInJsonValuesAreWrittenPlainly) {
  EXPECT_EQ(cell_of(1.0).text, "1");
  EXPECT_EQ(cell_of(0.1).text, "0.1");
}

TEST(Output, FitCutsWholeCharacters) {
  EXPECT_EQ(fit("日本語", 6), "日本語");
  EXPECT_EQ(fit("日本語", 5), "日本…");
  EXPECT_EQ(fit("日本語", 4), "日…");
}

TEST(Result, KeepsDigitsAndKinds) {
  const Page page = parse_page(
      R"({"query_id":"x","columns":[{"name":"n","type":"BIGINT"},{"name":"s","type":"VARCHAR"}],
          "rows":[[-9223372036854775808 , "a\u00e9"],[18446744073709551615,null],
                  [1.7976931348623157e308,true],[{"k":[1, 2]}, [ ]]],
          "statistics":{"elapsed_ms":1},"truncated":true,"next":"c1"})");
  ASSERT_EQ(page.columns.size(), 2U);
  EXPECT_TRUE(page.columns[0].number);
  EXPECT_FALSE(page.columns[1].number);
  ASSERT_EQ(page.rows.size(), 4U);
  EXPECT_EQ(page.rows[0][0].text, "-9223372036854775808");
  EXPECT_EQ(page.rows[0][1].text, "aé");
  EXPECT_EQ(page.rows[1][0].text, "18446744073709551615");
  EXPECT_EQ(page.rows[1][1].kind, Cell::Kind::null);
  EXPECT_EQ(page.rows[2][0].text, "1.7976931348623157e308");
  EXPECT_EQ(page.rows[3][0].text, R"({"k":[1, 2]})");
  EXPECT_EQ(page.rows[3][1].text, "[ ]");
  EXPECT_EQ(page.next, "c1");
  EXPECT_TRUE(page.truncated);
}

TEST(Result, RefusesWhatIsNoResult) {
  for (const char* body : {"", "[]", "{", "<html>", R"({"rows":[[1},])", R"({"rows":[[nul]]})",
                           R"({"rows":[[1]]} x)", R"({"rows":5})", R"({"rows":[["\x"]]})"}) {
    EXPECT_EQ(id_of([&] { parse_page(body); }), "cli.badAnswer") << body;
  }
}

TEST(Names, Tables) {
  EXPECT_EQ(parse_table_name("orders").text(), "main.default.orders");
  EXPECT_EQ(parse_table_name("sales.orders").text(), "main.sales.orders");
  EXPECT_EQ(parse_table_name("a.b.c").path(), "/api/v1/catalogs/a/schemas/b/tables/c");
  EXPECT_EQ(parse_table_name("`x.y`.\"q \"\"z\"\"\"").text(), "main.`x.y`.`q \"z\"`");
  EXPECT_EQ(parse_table_name("a.b.`c/ü`").path(), "/api/v1/catalogs/a/schemas/b/tables/c%2F%C3%BC");
  for (const char* bad : {"", ".", "a.", "a..b", "a.b.c.d", "`a", "`a`b", "\"\""})
    EXPECT_EQ(id_of([&] { parse_table_name(bad); }), "cli.badName") << bad;
}

TEST(Names, VolumePaths) {
  const VolumePath path = parse_volume_path("/Volumes/main/default/files/a b/ü?.csv");
  EXPECT_EQ(path.volume, "files");
  EXPECT_EQ(path.rest, "a b/ü?.csv");
  EXPECT_EQ(path.text(), "/Volumes/main/default/files/a b/ü?.csv");
  EXPECT_EQ(path.encoded(), "main/default/files/a%20b/%C3%BC%3F.csv");
  EXPECT_EQ(parse_volume_path("/Volumes/m/d/f").text(), "/Volumes/m/d/f");
  for (const char* bad : {"/tmp/x", "/Volumes/", "/Volumes/a/b", "/Volumes/a//c/d"})
    EXPECT_EQ(id_of([&] { parse_volume_path(bad); }), "cli.badPath") << bad;
}

TEST(Names, Durations) {
  EXPECT_EQ(parse_duration("30d"), 30 * 86400);
  EXPECT_EQ(parse_duration("90m"), 5400);
  for (const char* bad : {"", "d", "5", "-1d", "1w", "99999999999d", "1d2"})
    EXPECT_EQ(id_of([&] { parse_duration(bad); }), "cli.badDuration") << bad;
}

TEST(Progress, Line) {
  const auto line = progress_line("a.csv", 26'000'000, 50'000'000, 2, 80);
  EXPECT_LE(display_width(line), 80U);
  EXPECT_THAT(line, ::testing::HasSubstr("52 %  26.0 MB of 50.0 MB  13.0 MB/s"));
  EXPECT_LE(display_width(progress_line(std::string(300, 'x'), 1, 3, 0, 30)), 30U);
}

class CredentialsFile : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_ = fs::temp_directory_path() / ("ob-cli-" + new_uuid());
  fs::path file_ = folder_ / "openbricks" / "credentials.json";
};

TEST_F(CredentialsFile, KeepsAndForgets) {
  {
    Credentials credentials(file_);
    credentials.keep("http://a", {"me@x", "access", "refresh", 42});
    credentials.keep("http://b", {"me@y", "access2", "refresh2", 43});
  }
  {
    Credentials credentials(file_);
    EXPECT_EQ(credentials.last_url(), "http://b");
    EXPECT_EQ(credentials.find("http://a")->refresh_token, "refresh");
    EXPECT_EQ(credentials.find("http://a")->expires_at, 42);
    credentials.forget("http://a");
  }
  EXPECT_FALSE(Credentials(file_).find("http://a"));
  struct stat info{};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat(file_.parent_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
}

TEST_F(CredentialsFile, NamesABrokenFile) {
  fs::create_directories(file_.parent_path());
  std::ofstream(file_) << "{";
  EXPECT_EQ(id_of([&] { Credentials credentials(file_); }), "cli.file");
}

TEST(Http, RefusesWhatIsNoUrl) {
  EXPECT_EQ(id_of([] { Http("localhost:8080"); }), "cli.badUrl");
  EXPECT_EQ(id_of([] { Http("file:///etc/passwd"); }), "cli.badUrl");
}

TEST(Http, NamesAServerThatIsNotThere) {
  EXPECT_EQ(id_of([] { Http("http://127.0.0.1:1").send({.path = "/"}); }), "cli.connection");
}

TEST(Http, PercentEncoding) {
  EXPECT_EQ(percent_encode("a/b c%\xff", true), "a/b%20c%25%FF");
  EXPECT_EQ(percent_encode("a/b", false), "a%2Fb");
}

TEST(Session, ErrorsTellTheServersReason) {
  const HttpResponse response{
      .status = 422,
      .body =
          R"({"id":"x.y","detail":"No.","request_id":"r1","errors":[{"field":"a","problem":"b"}]})"};
  try {
    throw_problem(response);
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), 422);
    EXPECT_STREQ(e.what(), "No.");
    EXPECT_EQ(e.cause(), "x.y, request r1");
    ASSERT_EQ(e.fields().size(), 1U);
    EXPECT_EQ(e.fields()[0].field, "a");
  }
  EXPECT_EQ(id_of([] { throw_problem({.status = 502, .body = "<html>"}); }), "");
}

int run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  words.insert(words.begin(), "openbricks");
  for (auto& word : words) arguments.push_back(word.data());
  return cli_main(static_cast<int>(arguments.size()), arguments.data());
}

TEST(Program, HelpAndWrongUsage) {
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), ::testing::HasSubstr("Examples:"));
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run({"tables", "create", "--help"}), 0);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), ::testing::HasSubstr("--partition-by"));
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(run({"no-such-command"}), 2);
  EXPECT_EQ(run({"tables", "create", "x"}), 2);
  EXPECT_EQ(run({"sql", "--output", "xml", "select 1"}), 2);
  ::testing::internal::GetCapturedStderr();
}

TEST(Program, FailsWithTheReason) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run({"files", "ls", "/tmp", "--url", "http://127.0.0.1:1"}), 1);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::HasSubstr("/Volumes/"));
}

}  // namespace
}  // namespace ob::cli
