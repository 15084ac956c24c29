#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "cli/commands.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/upload.h"

namespace ob::cli {
namespace json = boost::json;
namespace fs = std::filesystem;
namespace {

struct TableOptions {
  std::string name, from, file_format, mode = "create", comment, location, output = "table";
  std::vector<std::string> partition_by;
  std::int64_t version = -1, limit = 100;
  bool if_exists = false;
};

std::string text_of(const json::value& item, std::string_view member) {
  return std::string(item.at(json::string_view(member.data(), member.size())).as_string());
}

// Local files are laid here while their table is made.
constexpr const char* staging_volume = "uploads";

VolumePath staging_path(Session& session, const TableName& table, const fs::path& file) {
  try {
    session.call(
        "POST", table.schema_path() + "/volumes",
        json::object{{"name", staging_volume}, {"comment", "Files on their way into tables."}});
  } catch (const Error& e) {
    if (e.status() != 409) throw;  // it is there already
  }
  return {.catalog = table.catalog,
          .schema = table.schema,
          .volume = staging_volume,
          .rest = new_uuid() + "/" + file.filename().string()};
}

void remove_staged(Session& session, VolumePath staged) {
  staged.rest = staged.rest.substr(0, staged.rest.find('/'));
  try {
    session.call("DELETE", "/api/v1/directories/" + staged.encoded() + "?recursive=true");
  } catch (const Error& e) {
    std::cerr << "The uploaded copy " << staged.text() << " could not be removed: " << e.what()
              << '\n';
  }
}

json::value make_table(Session& session, const TableName& name, const TableOptions& options,
                       const std::string& path) {
  json::object body{{"name", name.text()}, {"mode", options.mode}};
  if (!path.empty()) body["path"] = path;
  if (!options.file_format.empty()) body["format"] = options.file_format;
  if (!options.comment.empty()) body["comment"] = options.comment;
  if (!options.location.empty()) body["location"] = options.location;
  if (!options.partition_by.empty())
    body["partition_by"] = json::array(options.partition_by.begin(), options.partition_by.end());
  return session.call("POST", "/api/v1/tables", body);
}

int create(const std::string& url, const TableOptions& options) {
  const TableName name = parse_table_name(options.name);
  Session session(url);
  json::value made;
  if (is_volume_path(options.from)) {
    made = make_table(session, name, options, options.from);
  } else {
    if (!fs::is_regular_file(options.from))
      throw not_found("cli.file", "There is no file " + options.from + " here.");
    const VolumePath staged = staging_path(session, name, options.from);
    try {
      upload_file(session, options.from, staged, false);
      made = make_table(session, name, options, staged.text());
    } catch (...) {
      forget_interrupt();
      remove_staged(session, staged);
      throw;
    }
    remove_staged(session, staged);
  }
  if (parse_format(options.output) == Format::json) {
    std::cout << json::serialize(made) << '\n';
    return 0;
  }
  const auto* rows = made.as_object().if_contains("rows");
  const auto* version = made.as_object().if_contains("version");
  std::cerr << name.text();
  if (rows != nullptr && rows->is_int64())
    std::cerr << "  " << human_count(rows->get_int64()) << " rows";
  if (version != nullptr && version->is_int64()) std::cerr << "  version " << version->get_int64();
  std::cerr << '\n';
  return 0;
}

int list(const std::string& url, const TableOptions& options) {
  Session session(url);
  std::string catalog, schema;
  if (!options.name.empty()) {
    const auto dot = options.name.find('.');
    catalog = options.name.substr(0, dot);
    if (dot != std::string::npos) schema = options.name.substr(dot + 1);
  }
  std::vector<std::string> catalogs{catalog};
  if (catalog.empty()) {
    catalogs.clear();
    for (const auto& item : session.list("/api/v1/catalogs"))
      catalogs.push_back(text_of(item, "name"));
  }
  std::vector<json::value> tables;
  for (const auto& in : catalogs) {
    const std::string root = "/api/v1/catalogs/" + percent_encode(in, false) + "/schemas";
    std::vector<std::string> schemas{schema};
    if (schema.empty()) {
      schemas.clear();
      for (const auto& item : session.list(root)) schemas.push_back(text_of(item, "name"));
    }
    for (const auto& of : schemas) {
      for (auto& item : session.list(root + "/" + percent_encode(of, false) + "/tables"))
        tables.push_back(std::move(item));
    }
  }
  write_objects(parse_format(options.output), tables,
                {"full_name", "kind", "owner", "updated_at", "comment"});
  return 0;
}

int show(const std::string& url, const TableOptions& options) {
  Session session(url);
  std::string path = parse_table_name(options.name).path();
  if (options.version >= 0) path += "?version=" + std::to_string(options.version);
  const json::value table = session.call("GET", path);
  const Format format = parse_format(options.output);
  if (format == Format::json) {
    std::cout << json::serialize(table) << '\n';
    return 0;
  }
  const json::array& columns = table.at("columns").as_array();
  if (format == Format::table) {
    for (const char* member :
         {"full_name", "kind", "format", "owner", "comment", "location", "version", "timestamp",
          "rows", "bytes", "files", "partition_columns"}) {
      const auto* value = table.as_object().if_contains(member);
      if (value == nullptr || value->is_null()) continue;
      const std::string text = cell_of(*value).text;
      if (!text.empty() && text != "[]") std::printf("%-18s %s\n", member, printable(text).c_str());
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  write_objects(format, {columns.begin(), columns.end()}, {"name", "type", "nullable", "comment"});
  return 0;
}

int history(const std::string& url, const TableOptions& options) {
  Session session(url);
  const json::value page =
      session.call("GET", parse_table_name(options.name).path() +
                              "/history?limit=" + std::to_string(options.limit));
  const json::array& items = page.at("items").as_array();
  write_objects(parse_format(options.output), {items.begin(), items.end()},
                {"version", "timestamp", "operation", "user", "parameters", "metrics"});
  return 0;
}

int drop(const std::string& url, const TableOptions& options) {
  const TableName name = parse_table_name(options.name);
  try {
    Session(url).call("DELETE", name.path());
  } catch (const Error& e) {
    if (e.status() != 404 || !options.if_exists) throw;
    std::cerr << "There is no table " << name.text() << ".\n";
    return 0;
  }
  std::cerr << "Dropped " << name.text() << ". UNDROP TABLE " << name.text()
            << " brings it back within 7 days.\n";
  return 0;
}

}  // namespace

void add_table_commands(Program& program) {
  auto* tables = program.app.add_subcommand("tables", "Delta tables and views.");
  tables->require_subcommand(1);
  auto options = std::make_shared<TableOptions>();
  const auto command = [&](const std::string& name, const std::string& text,
                           const std::string& examples, auto action) {
    return program.add(tables, name, text, examples,
                       [&program, options, action] { return action(program.url, *options); });
  };

  auto* listed = command("list", "List tables, of all catalogs or one.",
                         "  openbricks tables list\n  openbricks tables list main.default", list);
  listed->add_option("where", options->name, "catalog or catalog.schema.");
  add_output(listed, options->output);

  auto* shown = command("show", "A table's columns and details.",
                        "  openbricks tables show main.sales.orders", show);
  shown->add_option("name", options->name, "catalog.schema.table")->required();
  shown->add_option("--version", options->version, "As it was at that version.");
  add_output(shown, options->output);

  auto* made =
      command("create", "Make a table from a file, or add to one.",
              "  openbricks tables create main.sales.orders --from orders.parquet\n"
              "  openbricks tables create orders --from more.csv --mode append\n"
              "  openbricks tables create orders --from /Volumes/main/default/files/orders.json "
              "--partition-by region,year",
              create);
  made->add_option("name", options->name, "catalog.schema.table")->required();
  made->add_option("--from", options->from,
                   "A file here (CSV, JSON, Parquet), or /Volumes/… there.")
      ->required();
  made->add_option("--mode", options->mode, "create, append or overwrite.")
      ->check(CLI::IsMember({"create", "append", "overwrite"}))
      ->capture_default_str();
  made->add_option("--partition-by", options->partition_by, "Columns, comma-separated.")
      ->delimiter(',');
  made->add_option("--format", options->file_format,
                   "csv, json or parquet; told from the file otherwise.")
      ->check(CLI::IsMember({"csv", "json", "parquet"}));
  made->add_option("--comment", options->comment, "What it holds.");
  made->add_option("--location", options->location,
                   "Directory of an external table; the server must allow it.");
  add_output(made, options->output);

  auto* past = command("history", "A table's versions, newest first.",
                       "  openbricks tables history main.sales.orders", history);
  past->add_option("name", options->name, "catalog.schema.table")->required();
  past->add_option("--limit", options->limit, "At most so many.")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_output(past, options->output);

  auto* dropped =
      command("drop", "Drop a table or view.", "  openbricks tables drop main.sales.orders", drop);
  dropped->add_option("name", options->name, "catalog.schema.table")->required();
  dropped->add_flag("--if-exists", options->if_exists, "No error when it is not there.");
}

}  // namespace ob::cli
