// SHOW and DESCRIBE.
#include <algorithm>
#include <boost/json.hpp>

#include "base/error.h"
#include "base/time.h"
#include "catalog/api.h"
#include "query/constraints.h"
#include "query/core.h"
#include "query/lexer.h"

namespace ob::query {

namespace json = boost::json;
using identity::Privilege;

namespace {

// '*' and '%' stand for any text, '|' separates choices; without case.
bool like(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '*' || pattern[p] == '%')) {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == text[t] || pattern[p] == '_')) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && (pattern[p] == '*' || pattern[p] == '%')) ++p;
  return p == pattern.size();
}

bool matches(const std::string& pattern, const std::string& text) {
  if (pattern.empty()) return true;
  std::string_view rest = pattern;
  for (;;) {
    const std::size_t bar = std::min(rest.find('|'), rest.size());
    if (like(lower(rest.substr(0, bar)), lower(text))) return true;
    if (bar == rest.size()) return false;
    rest.remove_prefix(bar + 1);
  }
}

std::string quoted(const std::string& text) {
  return engine::quote_literal(text);
}

std::string_view kind_name(catalog::TableKind kind) {
  switch (kind) {
    case catalog::TableKind::managed:
      return "managed";
    case catalog::TableKind::external:
      return "external";
    case catalog::TableKind::view:
      return "view";
  }
  return "";
}

std::string list_literal(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items)
    text += (text.size() > 1 ? ", " : "") + json::serialize(json::value(item));
  return text + "]";
}

std::string map_text(const json::object& object) {
  return json::serialize(object);
}

std::string properties_text(const std::map<std::string, std::string>& properties) {
  json::object object;
  for (const auto& [key, value] : properties) object[key] = value;
  return json::serialize(object);
}

}  // namespace

Plan Session::run(const Show& show) {
  switch (show.what) {
    case Show::What::columns:
      return show_columns(table_name(*show.in));
    case Show::What::create_table:
      return show_create_table(table_name(*show.in));
    case Show::What::properties: {
      const auto opened = core_.catalog.open(caller_, table_name(*show.in), Privilege::browse);
      RowsBuilder rows({{"key", "VARCHAR"}, {"value", "VARCHAR"}});
      for (const auto& [key, value] : opened.delta->snapshot()->metadata().configuration)
        if (show.pattern.empty() || show.pattern == key) rows.add({key, value});
      return rows.plan();
    }
    default:
      return show_names(show);
  }
}

bool Session::manages(const catalog::Name& table) {
  const auto held = core_.catalog.table_privileges(caller_, table);
  return std::ranges::find(held, Privilege::manage) != held.end();
}

Plan Session::show_functions(const Show& show) {
  const catalog::Name schema = show.in ? resolve_schema(show.in->parts, defaults_)
                                       : catalog::Name{defaults_.catalog, defaults_.schema, ""};
  RowsBuilder rows({{"schema", "VARCHAR"},
                    {"function", "VARCHAR"},
                    {"parameters", "VARCHAR"},
                    {"returns", "VARCHAR"},
                    {"comment", "VARCHAR"}});
  for (const auto& item : core_.catalog.functions(caller_, schema)) {
    if (!matches(show.pattern, item.name.object)) continue;
    std::string parameters;
    for (const auto& p : item.parameters)
      parameters += (parameters.empty() ? "" : ", ") + p.name + " " + p.type;
    rows.add({item.name.schema, item.name.object, parameters, item.returns, item.comment});
  }
  return rows.plan();
}

Plan Session::show_names(const Show& show) {
  using What = Show::What;
  if (show.what == What::catalogs) {
    RowsBuilder rows({{"catalog", "VARCHAR"}, {"comment", "VARCHAR"}});
    for (const auto& item : core_.catalog.catalogs(caller_))
      if (matches(show.pattern, item.name)) rows.add({item.name, item.comment});
    return rows.plan();
  }
  if (show.what == What::schemas) {
    RowsBuilder rows({{"schema", "VARCHAR"}, {"comment", "VARCHAR"}});
    const std::string catalog =
        show.in ? object_name(ObjectKind::catalog, *show.in).catalog : defaults_.catalog;
    for (const auto& item : core_.catalog.schemas(caller_, catalog))
      if (matches(show.pattern, item.name)) rows.add({item.name, item.comment});
    return rows.plan();
  }
  if (show.what == What::functions) return show_functions(show);
  const catalog::Name schema = show.in ? resolve_schema(show.in->parts, defaults_)
                                       : catalog::Name{defaults_.catalog, defaults_.schema, ""};
  if (show.what == What::volumes) {
    RowsBuilder rows({{"schema", "VARCHAR"}, {"volume", "VARCHAR"}, {"comment", "VARCHAR"}});
    for (const auto& item : core_.catalog.volumes(caller_, schema))
      if (matches(show.pattern, item.name.object))
        rows.add({item.name.schema, item.name.object, item.comment});
    return rows.plan();
  }
  RowsBuilder rows(
      {{"schema", "VARCHAR"}, {"name", "VARCHAR"}, {"kind", "VARCHAR"}, {"comment", "VARCHAR"}});
  for (const auto& item : core_.catalog.tables(caller_, schema)) {
    if (show.what == What::views && item.kind != catalog::TableKind::view) continue;
    if (matches(show.pattern, item.name.object))
      rows.add(
          {item.name.schema, item.name.object, std::string(kind_name(item.kind)), item.comment});
  }
  return rows.plan();
}

std::vector<Session::ColumnInfo> Session::table_columns(const catalog::Table& table) {
  std::vector<ColumnInfo> columns;
  if (table.kind == catalog::TableKind::view) {
    for (const engine::Column& column : view_columns(table))
      columns.push_back({column.name, delta::to_sql(delta::from_duckdb(column.type)), "", true});
    return columns;
  }
  const auto opened = core_.catalog.open(caller_, table.name, Privilege::browse);
  const auto snapshot = opened.delta->snapshot();
  for (const delta::Field& field : snapshot->schema())
    columns.push_back({field.name, delta::to_sql(field.type), field.comment(), field.nullable});
  return columns;
}

Plan Session::show_columns(const catalog::Name& name) {
  RowsBuilder rows({{"col_name", "VARCHAR"}});
  for (const ColumnInfo& column : table_columns(core_.catalog.table(caller_, name)))
    rows.add({column.name});
  return rows.plan();
}

Plan Session::show_create_table(const catalog::Name& name) {
  const catalog::Table table = core_.catalog.table(caller_, name);
  RowsBuilder rows({{"createtab_stmt", "VARCHAR"}});
  if (table.kind == catalog::TableKind::view) {
    rows.add({"CREATE VIEW " + table.name.text() +
              (table.comment.empty() ? "" : " COMMENT " + quoted(table.comment)) + " AS\n" +
              table.view_sql});
    return rows.plan();
  }
  const auto opened = core_.catalog.open(caller_, name, Privilege::browse);
  const auto snapshot = opened.delta->snapshot();
  std::string sql = "CREATE TABLE " + table.name.text() + " (";
  bool first = true;
  for (const delta::Field& field : snapshot->schema()) {
    sql += (first ? "\n  " : ",\n  ") + engine::quote_identifier(field.name) + " " +
           delta::to_sql(field.type) + (field.nullable ? "" : " NOT NULL");
    if (!field.comment().empty()) sql += " COMMENT " + quoted(field.comment());
    first = false;
  }
  const auto& metadata = snapshot->metadata();
  for (const Constraint& constraint : constraints_of(metadata))
    sql += ",\n  CONSTRAINT " + engine::quote_identifier(constraint.name) + " CHECK (" +
           constraint.condition + ")";
  sql += ")\nUSING DELTA";
  if (!metadata.partition_columns.empty()) {
    std::string names;
    for (const std::string& column : metadata.partition_columns)
      names += (names.empty() ? "" : ", ") + engine::quote_identifier(column);
    sql += "\nPARTITIONED BY (" + names + ")";
  }
  if (table.kind == catalog::TableKind::external)
    sql += "\nLOCATION " + quoted(opened.delta->location());
  if (!table.comment.empty()) sql += "\nCOMMENT " + quoted(table.comment);
  std::string properties;
  for (const auto& [key, value] : metadata.configuration)
    if (!key.starts_with(constraint_property("")))
      properties += (properties.empty() ? "" : ", ") + quoted(key) + " = " + quoted(value);
  if (!properties.empty()) sql += "\nTBLPROPERTIES (" + properties + ")";
  rows.add({sql});
  return rows.plan();
}

Plan Session::run(const Describe& describe) {
  switch (describe.what) {
    case Describe::What::table:
      return describe_table(describe);
    case Describe::What::detail:
      return describe_detail(table_name(describe.name));
    case Describe::What::history:
      return describe_history(describe);
    case Describe::What::schema:
    case Describe::What::catalog:
      return describe_container(describe);
  }
  throw internal("unknown DESCRIBE");
}

Plan Session::describe_table(const Describe& describe) {
  const catalog::Name name = table_name(describe.name);
  if (auto other = provided(caller_, name)) {
    RowsBuilder rows({{"col_name", "VARCHAR"}, {"data_type", "VARCHAR"}, {"comment", "VARCHAR"}});
    Plan plan;
    plan.sql = other->sql;
    for (const engine::Column& column : columns_of(plan))
      rows.add({column.name, delta::to_sql(delta::from_duckdb(column.type)), ""});
    return rows.plan();
  }
  const catalog::Table table = core_.catalog.table(caller_, name);
  RowsBuilder rows({{"col_name", "VARCHAR"}, {"data_type", "VARCHAR"}, {"comment", "VARCHAR"}});
  for (const ColumnInfo& column : table_columns(table))
    rows.add({column.name, column.type, column.comment});
  if (!describe.extended) return rows.plan();
  rows.add({"", "", ""});
  rows.add({"# Detailed Table Information", "", ""});
  rows.add({"Catalog", table.name.catalog, ""});
  rows.add({"Schema", table.name.schema, ""});
  rows.add({"Table", table.name.object, ""});
  rows.add({"Type", std::string(kind_name(table.kind)), ""});
  rows.add({"Owner", core_.catalog.owner_name(table.owner), ""});
  rows.add({"Comment", table.comment, ""});
  rows.add({"Created", format_instant(table.created_at), ""});
  if (table.kind == catalog::TableKind::view) {
    rows.add({"View Text", table.view_sql, ""});
  } else {
    const auto opened = core_.catalog.open(caller_, name, Privilege::browse);
    const auto snapshot = opened.delta->snapshot();
    rows.add({"Location", opened.delta->location(), ""});
    rows.add({"Provider", "delta", ""});
    rows.add({"Partition Columns", list_literal(snapshot->metadata().partition_columns), ""});
    rows.add({"Version", std::to_string(snapshot->version()), ""});
    rows.add({"Table Properties", properties_text(snapshot->metadata().configuration), ""});
  }
  return rows.plan();
}

Plan Session::describe_detail(const catalog::Name& name) {
  const auto opened = core_.catalog.open(caller_, name, Privilege::browse);
  const auto snapshot = opened.delta->snapshot();
  const delta::Metadata& metadata = snapshot->metadata();
  const delta::Protocol& protocol = snapshot->protocol();
  std::vector<std::string> features = protocol.writer_features;
  for (const std::string& feature : protocol.reader_features)
    if (std::ranges::find(features, feature) == features.end()) features.push_back(feature);
  RowsBuilder rows({{"format", "VARCHAR"},
                    {"id", "VARCHAR"},
                    {"name", "VARCHAR"},
                    {"description", "VARCHAR"},
                    {"location", "VARCHAR"},
                    {"createdAt", "TIMESTAMP WITH TIME ZONE"},
                    {"lastModified", "TIMESTAMP WITH TIME ZONE"},
                    {"partitionColumns", "VARCHAR[]"},
                    {"numFiles", "BIGINT"},
                    {"sizeInBytes", "BIGINT"},
                    {"properties", "JSON"},
                    {"minReaderVersion", "INTEGER"},
                    {"minWriterVersion", "INTEGER"},
                    {"tableFeatures", "VARCHAR[]"}});
  // They tell about hidden rows.
  const bool hidden = opened.table.guarded && !manages(opened.table.name);
  using Cell = RowsBuilder::Cell;
  const Cell files = hidden ? Cell{} : std::to_string(snapshot->files().size());
  const Cell bytes = hidden ? Cell{} : std::to_string(snapshot->size_bytes());
  std::optional<std::string> created;
  if (metadata.created_time) created = format_instant(*metadata.created_time * 1000);
  rows.add({"delta", metadata.id, opened.table.name.text(), opened.table.comment,
            opened.delta->location(), created, format_instant(snapshot->timestamp()),
            list_literal(metadata.partition_columns), files, bytes,
            properties_text(metadata.configuration), std::to_string(protocol.min_reader),
            std::to_string(protocol.min_writer), list_literal(features)});
  return rows.plan();
}

Plan Session::describe_history(const Describe& describe) {
  const auto opened = core_.catalog.open(caller_, table_name(describe.name), Privilege::browse);
  const auto limit = std::clamp<std::int64_t>(describe.limit.value_or(1000), 0, 10'000);
  RowsBuilder rows({{"version", "BIGINT"},
                    {"timestamp", "TIMESTAMP WITH TIME ZONE"},
                    {"userId", "VARCHAR"},
                    {"userName", "VARCHAR"},
                    {"operation", "VARCHAR"},
                    {"operationParameters", "JSON"},
                    {"operationMetrics", "JSON"},
                    {"engineInfo", "VARCHAR"}});
  const auto text = [](const json::object& info, std::string_view key) -> RowsBuilder::Cell {
    const json::value* value = info.if_contains(key);
    if (!value || value->is_null()) return std::nullopt;
    if (value->is_string()) return std::string(value->as_string());
    if (value->is_object()) return map_text(value->as_object());
    return json::serialize(*value);
  };
  // Numbers and conditions of changes tell about hidden rows.
  const bool hidden = opened.table.guarded && !manages(opened.table.name);
  for (const auto& commit : opened.delta->history(static_cast<std::size_t>(limit), std::nullopt)) {
    const json::object& info = commit.info.json;
    rows.add({std::to_string(commit.version), format_instant(commit.timestamp),
              text(info, "userId"), text(info, "userName"), text(info, "operation"),
              hidden ? std::nullopt : text(info, "operationParameters"),
              hidden ? std::nullopt : text(info, "operationMetrics"), text(info, "engineInfo")});
  }
  return rows.plan();
}

Plan Session::describe_container(const Describe& describe) {
  RowsBuilder rows({{"info_name", "VARCHAR"}, {"info_value", "VARCHAR"}});
  if (describe.what == Describe::What::catalog) {
    const auto item =
        core_.catalog.catalog(caller_, object_name(ObjectKind::catalog, describe.name).catalog);
    rows.add({"Catalog Name", item.name});
    rows.add({"Owner", core_.catalog.owner_name(item.owner)});
    rows.add({"Comment", item.comment});
    rows.add({"Created", format_instant(item.created_at)});
    return rows.plan();
  }
  const auto item = core_.catalog.schema(caller_, resolve_schema(describe.name.parts, defaults_));
  rows.add({"Catalog Name", item.catalog});
  rows.add({"Namespace Name", item.name});
  rows.add({"Owner", core_.catalog.owner_name(item.owner)});
  rows.add({"Comment", item.comment});
  rows.add({"Created", format_instant(item.created_at)});
  return rows.plan();
}

}  // namespace ob::query
