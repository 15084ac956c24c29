#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/result.h"
#include "cli/session.h"

namespace ob::cli {
namespace json = boost::json;
namespace {

constexpr int rows_a_page = 10'000;

struct SqlOptions {
  std::string text, file, output = "table", catalog, schema;
  std::vector<std::string> parameters;
  std::int64_t limit = 0;
  bool quiet = false;
};

std::string read_all(std::istream& in) {
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string statement(const SqlOptions& options) {
  if (!options.file.empty() && !options.text.empty())
    throw bad_request("cli.twoStatements", "Give the statement itself or --file, not both.");
  if (options.file.empty() && options.text.empty())
    throw bad_request("cli.noStatement",
                      "No statement: give it as an argument, by --file, or - to "
                      "read standard input.");
  if (options.text == "-" || options.file == "-") return read_all(std::cin);
  if (options.file.empty()) return options.text;
  std::ifstream in(options.file, std::ios::binary);
  if (!in) throw bad_request("cli.file", "Cannot read the file '" + options.file + "'.");
  return read_all(in);
}

// name=value; a value that is JSON goes as such, others as text.
json::object parameters(const std::vector<std::string>& given) {
  json::object out;
  for (const auto& pair : given) {
    const auto equals = pair.find('=');
    if (equals == 0 || equals == std::string::npos)
      throw bad_request("cli.badParameter", "'" + pair + "' is not a parameter: write name=value.");
    const std::string value = pair.substr(equals + 1);
    boost::system::error_code error;
    json::value parsed = json::parse(value, error);
    out[pair.substr(0, equals)] = error ? json::value(value) : std::move(parsed);
  }
  return out;
}

json::object request_body(const SqlOptions& options, const std::string& query_id) {
  json::object body{
      {"sql", statement(options)}, {"query_id", query_id}, {"page_rows", rows_a_page}};
  if (!options.parameters.empty()) body["parameters"] = parameters(options.parameters);
  if (!options.catalog.empty()) body["catalog"] = options.catalog;
  if (!options.schema.empty()) body["schema"] = options.schema;
  if (options.limit > 0) body["row_limit"] = options.limit;
  return body;
}

struct Printed {
  std::int64_t rows = 0;
  bool truncated = false;
};

Printed print_result(Session& session, const json::object& body, Format format) {
  HttpRequest request{
      .method = "POST",
      .path = "/api/v1/query",
      .headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}},
      .body = json::serialize(body)};
  Page page = parse_page(session.send(std::move(request)).body);
  const auto writer = make_writer(format, std::cout, page.columns, terminal_width());
  Printed printed;
  while (true) {
    for (const auto& row : page.rows) writer->row(row);
    printed.rows += static_cast<std::int64_t>(page.rows.size());
    printed.truncated = printed.truncated || page.truncated;
    if (page.next.empty()) break;
    if (!std::cout) throw Error(0, "cli.output", "Standard output was closed.");
    page = parse_page(
        session.send({.path = "/api/v1/query/pages/" + percent_encode(page.next, false)}).body);
  }
  writer->finish();
  return printed;
}

int run_sql(const std::string& url, const SqlOptions& options) {
  const Format format = parse_format(options.output);
  Session session(url);
  const std::string query_id = new_uuid();
  const json::object body = request_body(options, query_id);
  const auto started = std::chrono::steady_clock::now();
  Printed printed;
  try {
    printed = print_result(session, body, format);
  } catch (const Interrupted&) {
    forget_interrupt();
    try {
      session.call("POST", "/api/v1/queries/" + query_id + "/cancel");
      std::fputs("The query was cancelled.\n", stderr);
    } catch (const Error& e) {  // it may have ended by itself
      std::fprintf(stderr, "Cancelling the query: %s\n", e.what());
    }
    throw;
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (!options.quiet) {
    std::fprintf(stderr, "%s %s in %.2f s%s\n", human_count(printed.rows).c_str(),
                 printed.rows == 1 ? "row" : "rows", seconds,
                 printed.truncated ? " (cut at the row limit)" : "");
  }
  return 0;
}

}  // namespace

void add_sql_command(Program& program) {
  auto options = std::make_shared<SqlOptions>();
  auto* command = program.add(
      &program.app, "sql", "Run one SQL statement and print its result.",
      "  openbricks sql \"select * from samples.nycflights13.flights limit 10\"\n"
      "  openbricks sql --output csv --file report.sql > report.csv\n"
      "  openbricks sql -p origin=JFK 'select count(*) from samples.nycflights13.flights "
      "where origin = "
      "$origin'\n"
      "  echo 'show tables' | openbricks sql --output json -",
      [&program, options] { return run_sql(program.url, *options); });
  command->add_option("statement", options->text, "The statement; - reads standard input.");
  command->add_option("-f,--file", options->file, "Read the statement from a file.");
  command->add_option("-o,--output", options->output, "table, json (an array of objects) or csv.")
      ->check(CLI::IsMember({"table", "json", "csv"}))
      ->capture_default_str();
  command
      ->add_option(
          "-p,--parameter", options->parameters,
          "name=value for $name in the statement; JSON values keep their type. Repeatable.")
      ->allow_extra_args(false);
  command->add_option("--catalog", options->catalog, "Catalog of unqualified names.");
  command->add_option("--schema", options->schema, "Schema of unqualified names.");
  command->add_option("--limit", options->limit, "At most so many rows.")
      ->check(CLI::PositiveNumber);
  command->add_flag("-q,--quiet", options->quiet, "No row count and time on standard error.");
}

}  // namespace ob::cli
