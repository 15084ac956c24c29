// Tables made from files, and the columns of views.
#include <boost/json.hpp>

#include "base/error.h"
#include "query/service.h"

namespace ob::query {

namespace json = boost::json;

namespace {

// A view that reads information_schema.columns asks for its own columns: stop early.
thread_local int describing = 0;
struct Describing {
  Describing() {
    if (++describing > 2) {
      --describing;
      throw bad_request("sql.viewCycle", "The view describes itself through information_schema.");
    }
  }
  ~Describing() { --describing; }
};

std::string statement_text(const TableFromFile& from) {
  std::string text = from.mode == "append"      ? "INSERT INTO "
                     : from.mode == "overwrite" ? "INSERT OVERWRITE "
                                                : "CREATE TABLE ";
  text += from.name;
  if (from.path.empty()) return text;
  if (from.mode == "create") text += " AS";
  return text + " SELECT * FROM read_" + (from.format.empty() ? "files" : from.format) + "(" +
         engine::quote_literal(from.path) + ")";
}

delta::Schema declared(const TableFromFile& from) {
  delta::Schema schema;
  for (const FileColumn& column : from.columns) {
    delta::Field field;
    field.name = column.name;
    field.type = delta::parse_type(column.type);
    field.nullable = column.nullable;
    if (!column.comment.empty()) field.metadata["comment"] = column.comment;
    schema.push_back(std::move(field));
  }
  return schema;
}

// The file's columns in order under the declared names and types.
Plan as_declared(Plan rows, const delta::Schema& schema, std::size_t given) {
  if (schema.size() != given)
    throw bad_request("delta.schemaMismatch", "The file has " + std::to_string(given) +
                                                  " columns, but " + std::to_string(schema.size()) +
                                                  " are declared.");
  std::string names, select;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    const std::string name = engine::quote_identifier(schema[i].name);
    names += (i > 0 ? ", " : "") + name;
    select += (i > 0 ? ", " : "") +
              ("CAST(" + name + " AS " + delta::to_duckdb(schema[i].type) + ") AS " + name);
  }
  rows.sql = "SELECT " + select + " FROM (" + rows.sql + ") AS file(" + names + ")";
  return rows;
}

// Names that a file has and Delta cannot store become storable ones.
Plan with_storable_names(Plan rows, const std::vector<engine::Column>& columns) {
  std::string names;
  bool changed = false;
  for (const engine::Column& column : columns) {
    std::string name = column.name;
    for (char& c : name) {
      if (std::string_view(" ,;{}()\n\t=").find(c) == std::string_view::npos) continue;
      c = '_';
      changed = true;
    }
    names += (names.empty() ? "" : ", ") + engine::quote_identifier(name);
  }
  if (changed) rows.sql = "SELECT * FROM (" + rows.sql + ") AS file(" + names + ")";
  return rows;
}

}  // namespace

InferredFile QueryService::infer(const Caller& caller, const std::string& path,
                                 const std::string& format, const json::object& options) {
  require_scope(caller.scopes, "files:read");
  Request request;
  request.sql = "SELECT * FROM read_files(" + engine::quote_literal(path) + ") LIMIT 50";
  request.in_history = false;
  auto started = enter(caller, request);
  return started->guarded([&] {
    const std::string location =
        core_.files.readable_location(of_statement(caller, started->id()), path);
    const auto scan = core_.engine.scan_file(started->connection(), location, format, options);
    InferredFile inferred;
    inferred.format = scan.format;
    for (const engine::Column& column : scan.columns)
      inferred.columns.push_back({column.name, delta::to_sql(delta::from_duckdb(column.type))});
    inferred.rows_json = "[";
    const auto result =
        started->connection().execute("SELECT * FROM " + scan.sql + " LIMIT 50", nullptr);
    while (const auto batch = result->next()) {
      if (batch->rows() > 0 && inferred.rows_json.size() > 1) inferred.rows_json += ",";
      batch->append_json(inferred.rows_json, 0, batch->rows());
    }
    inferred.rows_json += "]";
    started->finish(std::nullopt);
    return inferred;
  });
}

catalog::Name QueryService::table_from_file(const Caller& caller, const TableFromFile& from) {
  const catalog::Name name = catalog::parse_name(from.name);
  const bool nothing = from.columns.empty() && from.location.empty();
  if (from.path.empty() && (nothing || from.mode != "create"))
    throw bad_request("sql.noColumns",
                      "Give a file's path, the columns of a new table, or the location of one.");
  Request request;
  request.sql = statement_text(from);
  auto started = enter(caller, request);
  started->guarded([&] {
    Session session(core_, started->connection(), of_statement(caller, started->id()), {}, nullptr);
    std::optional<Plan> rows;
    delta::Schema schema = declared(from);
    if (!from.path.empty()) {
      rows = session.read_files(from.format, {from.path}, from.options);
      const auto columns = session.columns_of(*rows);
      rows = schema.empty() ? with_storable_names(std::move(*rows), columns)
                            : as_declared(std::move(*rows), schema, columns.size());
      if (schema.empty()) schema = schema_of(session.columns_of(*rows));
    }
    if (from.mode != "create") {
      const bool overwrite = from.mode == "overwrite";
      started->plan =
          session.audited_change(overwrite ? "table.overwrite" : "table.insert", name,
                                 [&] { return session.insert(name, {}, true, overwrite, *rows); });
      return;
    }
    Session::NewTable table;
    table.name = name;
    table.schema = std::move(schema);
    table.partition_columns = from.partition_by;
    table.location = from.location;
    table.comment = from.comment;
    started->plan = session.create_table(table, rows ? &*rows : nullptr);
  });
  started->finish(std::nullopt);
  return name;
}

std::vector<std::pair<std::string, std::string>> QueryService::describe_view(
    const Caller& caller, const catalog::Table& view) {
  const Describing guard;
  const auto connection = core_.engine.connect();
  Session session(core_, *connection, of_statement(caller, "describe"), {}, nullptr);
  session.without_audit();
  std::vector<std::pair<std::string, std::string>> columns;
  for (const engine::Column& column : session.view_columns(view))
    columns.emplace_back(column.name, delta::to_sql(delta::from_duckdb(column.type)));
  return columns;
}

}  // namespace ob::query
