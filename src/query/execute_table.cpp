// CREATE TABLE, CREATE VIEW, TRUNCATE and table properties.
#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <set>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "delta/maintenance.h"
#include "query/constraints.h"
#include "query/core.h"
#include "query/lexer.h"
#include "query/writes.h"

namespace ob::query {

namespace json = boost::json;
using identity::Privilege;

namespace {

std::vector<std::string> partition_names(const delta::Schema& schema,
                                         const std::vector<std::string>& wanted) {
  std::vector<std::string> names;
  for (const std::string& name : wanted) {
    const delta::Field* field = delta::find_field(schema, name);
    if (!field)
      throw bad_request("sql.unknownPartitionColumn",
                        "The partition column " + name + " is not among the table's columns.");
    if (field->type.is_nested() || field->type.is("binary"))
      throw bad_request("sql.badPartitionColumn", "The column " + field->name + " of type " +
                                                      delta::to_sql(field->type) +
                                                      " cannot partition a table.");
    if (std::ranges::find(names, field->name) != names.end())
      throw bad_request("sql.duplicateColumn",
                        "The partition column " + field->name + " is named twice.");
    names.push_back(field->name);
  }
  if (!names.empty() && names.size() == schema.size())
    throw bad_request("sql.badPartitionColumn",
                      "All columns partition the table: at least one must hold data.");
  return names;
}

std::optional<delta::SnapshotPtr> existing_snapshot(delta::Table& table) {
  try {
    return table.snapshot();
  } catch (const Error& error) {
    if (error.id() == "delta.notATable") return std::nullopt;
    throw;
  }
}

}  // namespace

void check_column_names(const delta::Schema& schema) {
  std::set<std::string> seen;
  for (const delta::Field& field : schema) {
    if (!seen.insert(lower(field.name)).second)
      throw bad_request("sql.duplicateColumn", "There are two columns " + field.name +
                                                   " (names compare without case): "
                                                   "give one another name with AS.");
    if (field.name.empty() || field.name.find_first_of(" ,;{}()\n\t=") != std::string::npos)
      throw bad_request("sql.badColumnName",
                        "The column name \"" + field.name +
                            "\" cannot be stored: it may not be empty or hold space , ; { } ( ) = "
                            "or line breaks. Give it another name with AS.");
  }
}

delta::Schema schema_of(const std::vector<engine::Column>& columns) {
  delta::Schema schema;
  for (const engine::Column& column : columns) {
    delta::Field field;
    field.name = column.name;
    field.type = delta::from_duckdb(column.type);
    if (field.type.is("void"))
      throw bad_request("sql.typeNotStorable", "The column " + column.name +
                                                   " is always NULL and has no type: "
                                                   "write CAST(NULL AS …).");
    schema.push_back(std::move(field));
  }
  check_column_names(schema);
  return schema;
}

void check_property(const std::string& key, const std::string& value) {
  static const std::set<std::string, std::less<>> numbers = {"delta.checkpointInterval",
                                                             "delta.dataSkippingNumIndexedCols"};
  static const std::set<std::string, std::less<>> intervals = {
      "delta.logRetentionDuration", "delta.deletedFileRetentionDuration"};
  if (key.empty() || key.size() > 255 || value.size() > 4000)
    throw bad_request("sql.badProperty",
                      "A table property's name has 1 to 255 characters and its "
                      "value at most 4,000.");
  if (!key.starts_with("delta.")) return;
  if (numbers.contains(key)) {
    std::int64_t number = 0;
    const char* last = value.data() + value.size();
    const bool whole = std::from_chars(value.data(), last, number).ptr == last && !value.empty();
    const std::int64_t least = key == "delta.checkpointInterval" ? 1 : -1;
    if (!whole || number < least || number > 1'000'000)
      throw bad_request("sql.badProperty",
                        key + " must be a number from " + std::to_string(least) + " to 1000000.");
    return;
  }
  if (intervals.contains(key)) {
    if (!lower(value).starts_with("interval "))
      throw bad_request("sql.badProperty", key + " must be such as 'interval 30 days'.");
    return;
  }
  if (key == "delta.targetFileSize") {
    const auto size = delta::parse_size(value);
    if (!size || *size < 1 << 20)
      throw bad_request("sql.badProperty",
                        key + " must be a size of 1mb or more, such as '128mb'.");
    return;
  }
  const bool flag = key == "delta.appendOnly" || key == "delta.enableExpiredLogCleanup" ||
                    key == "delta.enableDeletionVectors";
  if (flag && (value == "true" || value == "false")) return;
  throw bad_request("sql.badProperty",
                    "The table property " + key + " cannot be set to '" + value + "' here.");
}

delta::CommitRequest Session::commit_request(const std::string& operation) const {
  delta::CommitRequest request;
  request.operation = operation;
  request.user_id = caller_.user_id;
  request.user_name = caller_.email;
  return request;
}

// --- CREATE

Plan Session::run(const CreateTable& create) {
  NewTable table;
  table.name = table_name(create.name);
  table.if_not_exists = create.if_not_exists;
  table.or_replace = create.or_replace;
  table.location = create.location;
  table.comment = create.comment;
  table.properties = create.properties;
  table.constraints = create.constraints;
  table.partition_columns = create.partition_columns;
  for (const ColumnDefinition& column : create.columns) {
    delta::Field field;
    field.name = column.name;
    field.type = delta::parse_type(column.type);
    field.nullable = column.nullable;
    if (!column.comment.empty()) field.metadata["comment"] = column.comment;
    table.schema.push_back(std::move(field));
  }
  if (create.query.empty()) return create_table(table, nullptr);
  const Plan rows = plan_query(create.query);
  if (create.or_replace) require_not_read(table.name);
  table.schema = schema_of(columns_of(rows));
  return create_table(table, &rows);
}

// Of a table with policies its readers see a part: no query may replace the whole by that.
void Session::require_not_read(const catalog::Name& name) {
  try {
    const catalog::Table table = core_.catalog.table(caller_, name);
    if (table.guarded && snapshots_.contains(table.id)) throw_replaced_by_itself(table.name);
  } catch (const Error& error) {
    if (error.status() != 404) throw;
  }
}

Plan Session::create_table(const NewTable& wanted, const Plan* rows) {
  if (wanted.schema.empty() && wanted.location.empty())
    throw bad_request("sql.noColumns",
                      "A table needs columns: name them, or make it from a query with AS.");
  check_column_names(wanted.schema);
  for (const auto& [key, value] : wanted.properties) check_property(key, value);

  std::int64_t count = 0, version = -1;
  bool existed = false;
  const auto build = [&](delta::Table& table) {
    const auto existing = existing_snapshot(table);
    existed = existing.has_value();
    if (existing && !wanted.or_replace) {
      if (rows || (!wanted.schema.empty() && wanted.schema != (*existing)->schema()))
        throw conflict("sql.tableAtLocation",
                       "There is already a Delta table at that location, with other columns: leave "
                       "columns and query out to attach it as it is.");
      version = (*existing)->version();
      return;
    }
    if (wanted.schema.empty())
      throw not_found("sql.noTableAtLocation",
                      "There is no Delta table at that location: name the columns to make one.");
    if (existing && (*existing)->clustered())
      throw bad_request("sql.notSupportedYet",
                        "The table is clustered and cannot be replaced here: drop it first.");
    const std::string verb = existing ? "CREATE OR REPLACE TABLE" : "CREATE TABLE";
    delta::CommitRequest request = commit_request(rows ? verb + " AS SELECT" : verb);
    delta::Metadata metadata;
    metadata.id = existing ? (*existing)->metadata().id : new_uuid();
    metadata.name = wanted.name.object;
    metadata.description = wanted.comment;
    metadata.schema = wanted.schema;
    metadata.partition_columns = partition_names(wanted.schema, wanted.partition_columns);
    metadata.configuration = wanted.properties;
    for (const Constraint& constraint : wanted.constraints)
      if (!metadata.configuration
               .emplace(constraint_property(constraint.name), constraint.condition)
               .second)
        throw bad_request("sql.constraintExists",
                          "There are two constraints of the name " + constraint.name + ".");
    check_constraints(metadata, wanted.name);
    metadata.created_time = now_millis();
    request.parameters = {{"partitionBy", json_list(metadata.partition_columns)},
                          {"isManaged", wanted.location.empty() ? "true" : "false"},
                          {"description", wanted.comment}};
    if (!existing || (*existing)->protocol().writer_features.empty())
      request.actions.emplace_back(delta::protocol_for(metadata.schema, metadata.configuration));
    request.actions.emplace_back(metadata);
    if (existing) {
      request.base = *existing;
      (*existing)->require_writable();
      remove_all(*existing, request);
    }
    if (rows) count = add_files(write(table, metadata, wanted.name, *rows), request);
    version = delta::commit_or_discard(table, request);
  };
  const catalog::Table made =
      core_.catalog.create_table(caller_, wanted.name, wanted.location, wanted.comment,
                                 wanted.if_not_exists, wanted.or_replace, build);
  if (version < 0) return message_plan("The table " + made.name.text() + " exists already.");
  if (rows) return affected_plan(count, version);
  const bool attached = existed && !wanted.or_replace;
  return message_plan((attached  ? "Attached the table "
                       : existed ? "Replaced the table "
                                 : "Created the table ") +
                      made.name.text() + ".");
}

Plan Session::run(const CreateView& create) {
  const catalog::Name name = table_name(create.name);
  if (!parameters_.is_null() && !(parameters_.is_array() && parameters_.as_array().empty()) &&
      !(parameters_.is_object() && parameters_.as_object().empty()))
    throw bad_request("sql.parameterInView", "A view's query cannot have parameters.");
  auto columns = columns_of(plan_query(create.query));
  std::string sql = create.query.substr(create.query.find_first_not_of(" \n"));
  if (!create.columns.empty()) {
    std::string names;
    for (const std::string& column : create.columns)
      names += (names.empty() ? "" : ", ") + engine::quote_identifier(column);
    sql = "SELECT * FROM (\n" + sql + "\n) AS " + engine::quote_identifier(name.object) + "(" +
          names + ")";
    columns = columns_of(plan_query(sql));
  }
  std::set<std::string> seen;
  for (const engine::Column& column : columns)
    if (!seen.insert(lower(column.name)).second)
      throw bad_request("sql.duplicateColumn", "The view would have two columns " + column.name +
                                                   ": give one another name with AS.");
  if (!create.columns.empty() && create.columns.size() != columns.size())
    throw bad_request("sql.columnCount", "The view names " + std::to_string(create.columns.size()) +
                                             " columns, but its query has " +
                                             std::to_string(columns.size()) + ".");
  const catalog::Table view =
      core_.catalog.create_view(caller_, name, sql, {defaults_.catalog, defaults_.schema, ""},
                                create.comment, create.if_not_exists, create.or_replace);
  return message_plan("Created the view " + view.name.text() + ".");
}

// --- TRUNCATE, properties

Plan Session::run(const Truncate& truncate) {
  const catalog::Opened opened =
      core_.catalog.open(caller_, table_name(truncate.name), Privilege::write);
  require_whole(opened.table, "TRUNCATE");
  const delta::SnapshotPtr base = opened.delta->snapshot();
  base->require_writable();
  delta::CommitRequest request = commit_request("TRUNCATE");
  request.base = base;
  remove_all(base, request);
  if (request.actions.empty()) return affected_plan(0, base->version());
  const std::int64_t rows = base->row_count().value_or(-1);
  request.metrics = {{"numRemovedFiles", std::to_string(request.actions.size())}};
  const std::int64_t version = opened.delta->commit(request);
  if (rows >= 0) return affected_plan(rows, version);
  RowsBuilder answer({{"num_affected_rows", "BIGINT"}, {"version", "BIGINT"}});
  answer.add({std::nullopt, std::to_string(version)});
  return answer.plan();
}

Plan Session::run(const SetProperties& set) {
  const catalog::Name name = table_name(set.name);
  core_.catalog.require(caller_, Privilege::manage, identity::ObjectType::table, name);
  const catalog::Opened opened = core_.catalog.open(caller_, name, Privilege::write);
  const delta::SnapshotPtr base = opened.delta->snapshot();
  base->require_writable();
  delta::Metadata metadata = base->metadata();
  json::object changed;
  for (const auto& [key, value] : set.properties) {
    if (value) {
      check_property(key, *value);
      metadata.configuration[key] = *value;
    } else {
      const auto old = metadata.configuration.find(key);
      if (old != metadata.configuration.end()) check_property(key, old->second);
      metadata.configuration.erase(key);
    }
    changed[key] = value.value_or("");
  }
  delta::CommitRequest request = commit_request("SET TBLPROPERTIES");
  request.base = base;
  request.parameters = {{"properties", json::serialize(changed)}};
  request.actions.emplace_back(metadata);
  opened.delta->commit(request);
  return message_plan("Changed the properties of " + opened.table.name.text() + ".");
}

}  // namespace ob::query
