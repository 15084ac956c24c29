// INSERT in its forms: append, overwrite, partitions, REPLACE WHERE.
#include <algorithm>
#include <boost/json.hpp>

#include "base/error.h"
#include "query/change.h"
#include "query/lexer.h"
#include "query/literal_values.h"
#include "query/writes.h"

namespace ob::query {

namespace json = boost::json;
using engine::quote_identifier;
using engine::quote_literal;

namespace {

const PartitionColumn* fixed_value(const Insert& form, const std::string& name) {
  for (const PartitionColumn& column : form.partition)
    if (column.fixed && equals_ignoring_case(column.name, name)) return &column;
  return nullptr;
}

std::string fixed_sql(const PartitionColumn& column, const delta::Field& field) {
  const std::string value = column.value ? quote_literal(*column.value) : "NULL";
  return delta::read_as_partition(field.type,
                                  "CAST(" + value + " AS " + delta::to_duckdb(field.type) + ")");
}

void check_partition(const Insert& form, const delta::Metadata& metadata) {
  for (const PartitionColumn& column : form.partition)
    if (std::ranges::none_of(metadata.partition_columns, [&](const std::string& name) {
          return equals_ignoring_case(name, column.name);
        }))
      throw bad_request("sql.unknownPartitionColumn",
                        "The table is not partitioned by " + column.name + ".");
}

// Which target each of the query's columns goes to.
std::vector<const delta::Field*> targets(const delta::Schema& schema,
                                         const std::vector<engine::Column>& given,
                                         const Insert& form) {
  std::vector<std::string> names = form.columns;
  if (form.by_name) {
    names.clear();
    for (const engine::Column& column : given) names.push_back(column.name);
  } else if (names.empty()) {
    for (const delta::Field& field : schema)
      if (!fixed_value(form, field.name)) names.push_back(field.name);
  }
  if (names.size() != given.size())
    throw bad_request("delta.schemaMismatch",
                      "The query has " + std::to_string(given.size()) + " columns, but " +
                          std::to_string(names.size()) +
                          " are to be filled: name the columns after the table, or use BY NAME.");
  std::vector<const delta::Field*> fields;
  for (const std::string& name : names) {
    const delta::Field* field = delta::find_field(schema, name);
    if (field && fixed_value(form, field->name))
      throw bad_request("sql.syntax", "PARTITION gives the value of " + field->name + " already.");
    if (!field) throw bad_request("delta.schemaMismatch", "The table has no column " + name + ".");
    if (std::ranges::find(fields, field) != fields.end())
      throw bad_request("delta.schemaMismatch", "The column " + name + " is filled twice.");
    fields.push_back(field);
  }
  return fields;
}

// The partition that PARTITION (a = 1, …) names, as a condition.
std::string fixed_condition(const Insert& form, const delta::Schema& schema) {
  std::string out;
  for (const PartitionColumn& column : form.partition) {
    const delta::Field* field = delta::find_field(schema, column.name);
    out += (out.empty() ? "" : " AND ") + quote_identifier(field->name) + " IS NOT DISTINCT FROM " +
           fixed_sql(column, *field);
  }
  return out;
}

// Throws when a row breaks the condition of REPLACE WHERE: it would not be found again by it.
void check_replacement(Change& change, const KeptRows& rows, const std::string& where) {
  change.read_instead("SELECT *, 0 AS " + quote_identifier(change.file_column()) + ", 0 AS " +
                      quote_identifier(change.row_column()) + " FROM " + rows.name());
  const Plan plan = change.compose("SELECT 1 FROM " + change.from() + " WHERE CAST((" + where +
                                   ") AS BOOLEAN) IS NOT TRUE LIMIT 1");
  change.read_instead("");
  const auto broken =
      in_user_names(plan, [&] { return change.connection().rows(plan.sql, plan.parameters); });
  if (!broken.empty())
    throw bad_request("delta.replaceWhereMismatch", "A new row does not satisfy REPLACE WHERE " +
                                                        where + ": all must. Nothing was written.");
}

json::object write_metrics(const ChangeCounts& counts) {
  return {{"numFiles", counts.files_added},          {"numOutputRows", counts.written},
          {"numOutputBytes", counts.bytes_added},    {"numRemovedFiles", counts.files_removed},
          {"numRemovedBytes", counts.bytes_removed}, {"numDeletedRows", counts.deleted},
          {"numCopiedRows", counts.copied}};
}

}  // namespace

Plan Session::run(const Insert& statement) {
  return with_retries([&] {
    snapshots_.clear();
    // The condition has parameters of its own, which the query lacks.
    const Plan rows = statement.replace_where.empty() ? rows_to_insert(statement.query)
                                                      : plan_composed(statement.query);
    const bool part =
        !statement.replace_where.empty() || (statement.overwrite && !statement.partition.empty());
    return part ? replace_rows(statement, rows)
                : insert_rows(table_name(statement.name), statement, rows);
  });
}

Plan Session::rows_to_insert(const std::string& query) {
  auto literals = parameters_.is_null() ? literal_values(query) : std::nullopt;
  if (!literals) return plan_query(query);
  Plan plan;
  plan.sql = std::move(literals->sql);
  plan.columns = std::move(literals->columns);
  plan.literal = true;
  if (!literals->rows.empty())
    plan.rows = std::make_shared<const engine::LiteralRows>(std::move(literals->rows));
  return plan;
}

Plan Session::insert(const catalog::Name& name, const std::vector<std::string>& columns,
                     bool by_name, bool overwrite, const Plan& rows) {
  Insert form;
  form.columns = columns;
  form.by_name = by_name;
  form.overwrite = overwrite;
  return insert_rows(name, form, rows);
}

Plan Session::filling(const delta::Schema& schema, const Insert& form, Plan rows) {
  auto given = rows.columns.empty() ? columns_of(rows) : rows.columns;
  const auto fields = targets(schema, given, form);
  if (!rows.columns.empty() && !all_storable(given, fields)) given = columns_of(rows);
  if (!all_storable(given, fields)) check_types(given, fields, null_columns(rows, given.size()));
  std::string aliases, fixed;
  rows.columns.clear();
  for (const delta::Field* field : fields) {
    rows.columns.push_back({field->name, ""});
    aliases += (aliases.empty() ? "" : ", ") + quote_identifier(field->name);
  }
  for (const delta::Field& field : schema)
    if (const PartitionColumn* column = fixed_value(form, field.name)) {
      rows.columns.push_back({field.name, ""});
      fixed += ", " + fixed_sql(*column, field) + " AS " + quote_identifier(field.name);
    }
  rows.sql = "SELECT *" + fixed + " FROM (" + rows.sql + "\n) AS rows(" + aliases + ")";
  return rows;
}

Plan Session::insert_rows(const catalog::Name& name, const Insert& form, const Plan& rows) {
  Change change(*this, {{{name.catalog, name.schema, name.object}}, ""}, Change::Reads::nothing);
  check_partition(form, change.metadata());
  if (form.overwrite) change.base()->require_removable();
  if (form.evolve) {
    if (!form.by_name)
      throw bad_request("sql.syntax",
                        "INSERT WITH SCHEMA EVOLUTION goes with BY NAME: names tell which columns "
                        "are new.");
    change.evolve(columns_of(rows));
  }
  if (form.overwrite) change.require_replaceable(true);
  if (form.overwrite) change.remove_all();
  change.insert(filling(change.schema(), form, rows));
  const ChangeCounts counts = change.counts();
  json::object metrics{{"numFiles", counts.files_added},
                       {"numOutputRows", counts.written},
                       {"numOutputBytes", counts.bytes_added}};
  return affected_plan(
      counts.inserted,
      change.commit("WRITE",
                    {{"mode", form.overwrite ? "Overwrite" : "Append"},
                     {"partitionBy", json_list(change.metadata().partition_columns)}},
                    std::move(metrics)));
}

Plan Session::replace_rows(const Insert& form, const Plan& rows) {
  const bool where = !form.replace_where.empty();
  Change change(*this, {form.name, ""}, where ? Change::Reads::rows : Change::Reads::nothing);
  change.base()->require_removable();
  check_partition(form, change.metadata());
  if (form.evolve) throw bad_request("sql.syntax", "WITH SCHEMA EVOLUTION goes with INSERT INTO.");
  change.require_replaceable(!where);
  const Plan fresh = filling(change.schema(), form, rows);
  json::object parameters{{"mode", "Overwrite"},
                          {"partitionBy", json_list(change.metadata().partition_columns)}};
  const bool dynamic =
      std::ranges::any_of(form.partition, [](auto& column) { return !column.fixed; });
  if (where) {
    Plan typed_rows = fresh;
    typed_rows.sql = typed(change.metadata(), fresh);
    typed_rows.columns.clear();
    const auto kept = change.keep(typed_rows, "");
    check_replacement(change, *kept, form.replace_where);
    change.remove_rows(form.replace_where);
    Plan plan;
    plan.sql = "SELECT * FROM " + kept->name();
    change.insert(plan);
    parameters["predicate"] = json_list({form.replace_where});
  } else if (dynamic) {
    change.replace_partitions(change.insert(fresh));
    parameters["partitionOverwriteMode"] = "dynamic";
  } else {
    const std::string condition = fixed_condition(form, change.schema());
    change.remove_partitions(condition);
    change.insert(fresh);
    parameters["predicate"] = json_list({condition});
  }
  const ChangeCounts counts = change.counts();
  return affected_plan(counts.inserted,
                       change.commit("WRITE", std::move(parameters), write_metrics(counts)));
}

}  // namespace ob::query
