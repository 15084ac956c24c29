// CHECK constraints: conditions in Spark's SQL that each row must satisfy.
#include "query/constraints.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>

#include "base/error.h"
#include "query/change.h"
#include "query/lexer.h"
#include "query/writes.h"

namespace ob::query {

namespace json = boost::json;

using engine::quote_identifier;
using engine::quote_literal;

namespace {

constexpr std::string_view prefix = "delta.constraints.";
constexpr std::string_view mark = "ob.checkViolated:";

// The columns that a condition names, at least.
std::vector<const delta::Field*> columns_in(const std::string& condition,
                                            const delta::Schema& schema) {
  std::vector<const delta::Field*> out;
  for (const Token& token : tokenize(condition)) {
    if (token.kind != TokenKind::word && token.kind != TokenKind::identifier) continue;
    const delta::Field* field = delta::find_field(schema, token.value);
    if (field && std::ranges::find(out, field) == out.end()) out.push_back(field);
  }
  return out;
}

// Throws what the error of a row says that broke a constraint; returns for other errors.
void throw_violation(const Error& error, const delta::Metadata& metadata,
                     const catalog::Name& name) {
  const std::string what = error.what();
  const auto at = what.find(mark);
  if (at == std::string::npos) return;
  const auto constraints = constraints_of(metadata);
  const auto colon = what.find(':', at + mark.size());
  const auto number = std::stoul(what.substr(at + mark.size()));
  if (number > constraints.size())
    throw forbidden("sql.hiddenRow", "The row filter of " + name.text() +
                                         " would hide a new row from you, so that you may not "
                                         "write it. Nothing was written.");
  const Constraint& constraint = constraints.at(number - 1);
  const std::string values = what.substr(colon + 1);
  throw bad_request("delta.checkViolated", "The CHECK constraint " + constraint.name + " (" +
                                               constraint.condition + ") does not hold for a row" +
                                               (values.empty() ? "" : ": " + values) +
                                               ". Nothing was written.");
}

// Adds the parameters of rows that stand in the plan's SQL. Names and numbers do not go together:
// where the rows' are numbered, so become those of the plan's own scans.
void add_parameters(Plan& plan, const Plan& rows) {
  const json::object own =
      plan.parameters.is_object() ? plan.parameters.as_object() : json::object();
  plan.parameters = rows.parameters;
  if (own.empty()) return;
  json::object all = rows.parameters.is_object() ? rows.parameters.as_object() : json::object();
  const bool numbered =
      !all.empty() && std::isdigit(static_cast<unsigned char>(all.begin()->key()[0]));
  std::size_t next = all.size();
  for (const auto& [name, value] : own) {
    const std::string fresh = numbered ? std::to_string(++next) : std::string(name);
    all[fresh] = value;
    if (!numbered) continue;
    const std::string from = "$" + std::string(name), to = "$" + fresh;
    for (auto found = plan.sql.find(from); found != std::string::npos;
         found = plan.sql.find(from, found + to.size()))
      if (!std::isdigit(static_cast<unsigned char>(plan.sql[found + from.size()])))
        plan.sql.replace(found, from.size(), to);
  }
  plan.parameters = std::move(all);
}

}  // namespace

std::string constraint_property(const std::string& name) {
  return std::string(prefix) + lower(name);
}

std::string row_values(const Constraint& constraint, const delta::Schema& schema) {
  std::string out;
  for (const delta::Field* field : columns_in(constraint.condition, schema))
    out += (out.empty() ? "" : ", ") + quote_literal(field->name) + ": " +
           quote_identifier(field->name);
  return out.empty() ? "''" : "left(CAST(to_json({" + out + "}) AS VARCHAR), 500)";
}

std::vector<Constraint> constraints_of(const delta::Metadata& metadata) {
  std::vector<Constraint> out;
  const auto& all = metadata.configuration;
  for (auto it = all.lower_bound(std::string(prefix));
       it != all.end() && it->first.starts_with(prefix); ++it)
    out.push_back({it->first.substr(prefix.size()), it->second});
  return out;
}

void check_condition(const Constraint& constraint) {
  if (has_volatile_function(constraint.condition))
    throw bad_request("delta.constraintNotSupported", "The CHECK constraint " + constraint.name +
                                                          " gives another value each time.");
  std::string open;
  for (const Token& token : tokenize(constraint.condition)) {
    if (token.is_word("select") || token.is_word("from") || token.kind == TokenKind::parameter)
      throw bad_request("delta.constraintNotSupported",
                        "The CHECK constraint " + constraint.name +
                            " may name only columns of the row: no queries and no parameters.");
    if (token.is_symbol("(") || token.is_symbol("[") || token.is_symbol("{")) {
      open += token.value == "(" ? ')' : token.value == "[" ? ']' : '}';
    } else if (token.is_symbol(")") || token.is_symbol("]") || token.is_symbol("}")) {
      if (open.empty() || open.back() != token.value[0]) open = "unbalanced";
      if (open == "unbalanced") break;
      open.pop_back();
    }
  }
  if (!open.empty())
    throw bad_request(
        "delta.constraintNotSupported",
        "The brackets in the CHECK constraint " + constraint.name + " do not match each other.");
}

std::string violated(const Constraint& constraint) {
  return "(CAST((" + constraint.condition + "\n) AS BOOLEAN) IS NOT TRUE)";
}

std::string Session::typed(const delta::Metadata& metadata, const Plan& rows) {
  const auto given = in_user_names(rows, [&] { return columns_of(rows); });
  std::string columns;
  for (const delta::Field& field : metadata.schema) {
    const auto found = std::ranges::find_if(given, [&](const engine::Column& column) {
      return equals_ignoring_case(column.name, field.name);
    });
    const std::string value =
        "CAST(" + (found == given.end() ? std::string("NULL") : quote_identifier(found->name)) +
        " AS " + delta::to_duckdb(field.type) + ")";
    const bool partition = std::ranges::any_of(metadata.partition_columns, [&](const auto& name) {
      return equals_ignoring_case(name, field.name);
    });
    columns += (columns.empty() ? "" : ", ") +
               (partition ? delta::read_as_partition(field.type, value) : value) + " AS " +
               quote_identifier(field.name);
  }
  return "SELECT " + columns + " FROM (" + rows.sql + "\n) AS given";
}

Plan Session::checked(const delta::Metadata& metadata, const catalog::Name& name, const Plan& rows,
                      const RowChecks& checks) {
  const auto constraints = checks.none ? std::vector<Constraint>{} : constraints_of(metadata);
  const std::string filter = checks.none || !checks.guarded
                                 ? ""
                                 : policy_calls(*checks.guarded, metadata.schema, "").filter;
  if (constraints.empty() && filter.empty()) return rows;
  std::string columns;
  for (const delta::Field& field : metadata.schema)
    columns += (columns.empty() ? "" : ", ") + quote_identifier(field.name);
  Source source;
  source.kind = Source::Kind::provider;
  source.name = name;
  source.sql = typed(metadata, rows);
  stand_ins_["(new)"] = source;
  const std::string from =
      "\"(new)\"." + quote_identifier(name.schema) + "." + quote_identifier(name.object);
  std::string number = "CASE", text = "CASE __ob_check";
  if (!filter.empty()) {
    const std::string hidden = std::to_string(constraints.size() + 1);
    number += " WHEN (" + filter + ") IS NOT TRUE THEN " + hidden;
    text += " WHEN " + hidden + " THEN ''";
  }
  for (std::size_t i = 0; i < constraints.size(); ++i) {
    check_condition(constraints[i]);
    number += " WHEN " + violated(constraints[i]) + " THEN " + std::to_string(i + 1);
    text += " WHEN " + std::to_string(i + 1) + " THEN " +
            (checks.guarded ? "''" : row_values(constraints[i], metadata.schema));
  }
  Plan plan = plan_constraints("SELECT *, " + number + " ELSE 0 END AS __ob_check FROM " + from,
                               constraints, rows);
  stand_ins_.erase("(new)");
  plan.sql = "SELECT " + columns + " FROM (" + plan.sql +
             "\n) AS made WHERE CASE WHEN __ob_check = 0 THEN true ELSE error(" +
             quote_literal(std::string(mark)) + " || __ob_check || ':' || " + text + " END) END";
  plan.keep_alive.insert(plan.keep_alive.end(), rows.keep_alive.begin(), rows.keep_alive.end());
  plan.names.insert(rows.names.begin(), rows.names.end());
  return plan;
}

// A condition that another engine made may say what this one cannot run.
Plan Session::plan_constraints(const std::string& sql, const std::vector<Constraint>& constraints,
                               const Plan& rows) {
  try {
    Plan plan = plan_composed(sql);
    add_parameters(plan, rows);
    columns_of(plan);
    return plan;
  } catch (const Error& error) {
    if (error.status() != 400 || constraints.empty()) throw;
    std::string all;
    for (const Constraint& constraint : constraints)
      all += (all.empty() ? "" : ", ") + constraint.name + " (" + constraint.condition + ")";
    throw bad_request(
        "delta.constraintNotSupported",
        "The table's CHECK constraints cannot be checked here: " + all + ". " + error.what());
  }
}

void Session::check_constraints(const delta::Metadata& metadata, const catalog::Name& name) {
  std::string columns;
  for (const delta::Field& field : metadata.schema)
    columns += (columns.empty() ? "CAST(NULL AS " : ", CAST(NULL AS ") +
               delta::to_duckdb(field.type) + ") AS " + quote_identifier(field.name);
  Plan none;
  none.sql = "SELECT " + columns + " WHERE false";
  checked(metadata, name, none);
}

std::vector<engine::WrittenFile> Session::write(delta::Table& table,
                                                const delta::Metadata& metadata,
                                                const catalog::Name& name, const Plan& rows,
                                                const engine::WriteOptions& options,
                                                const RowChecks& checks) {
  const Plan plan = checked(metadata, name, rows, checks);
  engine::WriteOptions with_columns = options;
  with_columns.literal = plan.literal;
  with_columns.rows = plan.rows;
  for (const engine::Column& column : plan.columns) with_columns.columns.push_back(column.name);
  try {
    return core_.engine.write(connection_, plan.sql, plan.parameters, table, metadata.schema,
                              metadata.partition_columns, with_columns);
  } catch (const Error& error) {
    throw_violation(error, metadata, name);
    throw;
  }
}

void Session::check_rows(const delta::Metadata& metadata, const catalog::Name& name,
                         const Plan& rows, const RowChecks& checks) {
  Plan plan = checked(metadata, name, rows, checks);
  if (plan.sql == rows.sql) return;
  plan.fenced = plan.fenced || checks.guarded;
  in_user_names(plan, [&] {
    try {
      connection_.rows("SELECT count(*) FROM (" + plan.sql + "\n) AS made", plan.parameters);
    } catch (const Error& error) {
      throw_violation(error, metadata, name);
      throw;
    }
  });
}

}  // namespace ob::query
