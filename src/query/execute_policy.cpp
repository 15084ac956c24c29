// Functions of SQL, and the row filters and column masks of tables.
#include <algorithm>

#include "base/error.h"
#include "base/ids.h"
#include "query/core.h"
#include "query/lexer.h"
#include "query/places.h"
#include "query/writes.h"

namespace ob::query {

using engine::quote_identifier;
using identity::Privilege;

const std::string& fence_alias() {
  static const std::string alias = "fenced_" + sha256_hex(random_token(16)).substr(0, 32);
  return alias;
}

namespace {

std::string spark_type(const std::string& text) {
  return delta::to_sql(delta::parse_type(text));
}

std::string call(const std::string& token, std::size_t index, const std::string& arguments) {
  return quote_identifier(token) + ".f." + quote_identifier(std::to_string(index)) + "(" +
         arguments + ")";
}

const delta::Field& column_of(const delta::Schema& schema, const std::string& name,
                              const catalog::Name& table) {
  const delta::Field* field = delta::find_field(schema, name);
  if (!field)
    throw not_found("sql.columnNotFound",
                    "The table " + table.text() + " has no column " + name + ".");
  return *field;
}

}  // namespace

// --- Tables

std::optional<catalog::Function> Session::function(const Caller& caller,
                                                   const std::vector<std::string>& parts,
                                                   const Defaults& defaults) {
  if (parts.size() == 3)
    if (const auto found = trusted_.find(parts[0]); found != trusted_.end())
      return found->second.at(std::stoul(parts[2]));
  try {
    return core_.catalog.function(caller, resolve_table(parts, defaults), Privilege::read);
  } catch (const Error& error) {
    // Then it may be x.f(y) with a column x, or none at all.
    if (error.status() == 404 || error.id() == "catalog.badName") return std::nullopt;
    throw;
  }
}

Caller Session::owner_of(const catalog::Function& function, const Caller& caller) {
  return owner_of(function.owner, "function " + function.name.text(), caller);
}

void Session::check_alone(const catalog::Function& function) {
  // One that is being made is alone anyway.
  if (function.id.empty() || !alone_.insert(function.id).second) return;
  columns_of(plan_alone(function));
}

// With columns, as DuckDB gives no type to what it can fold to NULL.
Plan Session::plan_alone(const catalog::Function& function) {
  std::string arguments, columns;
  for (std::size_t i = 0; i < function.parameters.size(); ++i) {
    const std::string name = quote_identifier(fence_alias() + std::to_string(i));
    const std::string comma = i > 0 ? ", " : "";
    arguments += comma + quote_identifier(fence_alias()) + "." + name;
    columns += comma + "CAST(NULL AS " +
               delta::to_duckdb(delta::parse_type(function.parameters[i].type)) + ") AS " + name;
  }
  const std::string token = "alone " + sha256_hex(random_token(16)).substr(0, 32);
  trusted_[token] = {function};
  Plan plan = plan_composed(
      "SELECT " + call(token, 0, arguments) + " AS r" +
      (columns.empty() ? ""
                       : " FROM (SELECT " + columns + ") AS " + quote_identifier(fence_alias())));
  trusted_.erase(token);
  return plan;
}

bool Session::is_member(const Caller& caller, const std::string& group) {
  return std::ranges::any_of(core_.identity.permissions().groups_of(caller),
                             [&](auto& name) { return equals_ignoring_case(name, group); });
}

bool Session::columns_only(const catalog::Name& name) const {
  const auto stand_in = stand_ins_.find(name.catalog);
  return stand_in != stand_ins_.end() && stand_in->second.columns_only;
}

Session::PolicyCalls Session::policy_calls(const catalog::Table& entry, const delta::Schema& schema,
                                           const std::string& qualifier) {
  const std::string token = "fence " + sha256_hex(random_token(16)).substr(0, 32);
  std::vector<catalog::Function> functions;
  PolicyCalls out;
  for (const catalog::Policy& policy : policies_of(entry)) {
    const delta::Field* masked = delta::find_field(schema, policy.column);
    if (!policy.column.empty() && !masked) continue;  // an older version lacks it
    std::string arguments;
    for (const std::string& column : policy.columns) {
      const delta::Field* field = delta::find_field(schema, column);
      if (!field)
        throw conflict("sql.policyColumn", "The row filter or a mask of " + entry.name.text() +
                                               " needs the column " + column +
                                               ", which this version of it lacks.");
      arguments += (arguments.empty() ? "" : ", ") + qualifier + quote_identifier(field->name);
    }
    const std::string text = call(token, functions.size(), arguments);
    functions.push_back(policy.function);
    (masked ? out.masks[masked] : out.filter) = text;
  }
  trusted_[token] = std::move(functions);
  return out;
}

// What readers of a table with policies get instead of it. No expression of theirs may meet a row
// or a value that is hidden from them: an error or the time that it takes would tell. The fence is
// a LIMIT that never cuts: DuckDB moves no condition below one, while it moves them into a CTE,
// materialized or not.
Source Session::fenced(Source table, const catalog::Table& entry,
                       const std::vector<std::string>& without) {
  const delta::Schema& schema = table.snapshot->schema();
  const std::string token = "fence " + sha256_hex(random_token(16)).substr(0, 32);
  const std::string row = quote_identifier(fence_alias());
  const PolicyCalls calls = policy_calls(entry, schema, row + ".");
  std::string columns;
  const auto add = [&](const std::string& value, const std::string& name) {
    columns += (columns.empty() ? "" : ", ") + value + " AS " + quote_identifier(name);
  };
  for (const delta::Field& field : schema) {
    if (std::ranges::find(without, field.name) != without.end()) continue;
    const auto mask = calls.masks.find(&field);
    add(mask == calls.masks.end()
            ? row + "." + quote_identifier(field.name)
            : "CAST(" + mask->second + " AS " + delta::to_duckdb(field.type) + ")",
        field.name);
  }
  if (const auto& places = table.scan.places)
    for (const std::string& name : {places->file, places->row})
      add(row + "." + quote_identifier(name), name);
  Source out;
  out.kind = Source::Kind::view;
  out.name = table.name;
  out.sql = "SELECT " + columns + " FROM " + quote_identifier(token) + ".s.t AS " + row +
            (calls.filter.empty() ? "" : " WHERE " + calls.filter) + " LIMIT 9223372036854775807";
  out.view_caller = identity::Identity::system();
  out.columns_only = table.scan.places.has_value();
  table.fenced = true;
  stand_ins_[token] = std::move(table);
  return out;
}

const std::vector<catalog::Policy>& Session::policies_of(const catalog::Table& entry) {
  const auto known = policies_.find(entry.id);
  if (known != policies_.end()) return known->second;
  auto policies = core_.catalog.policies(entry);
  if (pending_policy_ && pending_policy_->first == entry.id) {
    std::erase_if(policies, [&](const catalog::Policy& policy) {
      return equals_ignoring_case(policy.column, pending_policy_->second.column);
    });
    policies.push_back(pending_policy_->second);
  }
  return policies_[entry.id] = std::move(policies);
}

// Reads the table as if it had the policy: what that looks up must not lead back to the table.
void Session::check_policy(const catalog::Opened& opened, catalog::Policy policy) {
  if (!holds_query(policy.function.body)) return;
  pending_policy_.emplace(opened.table.id, std::move(policy));
  try {
    columns_of(preview(opened.table.name, std::nullopt, 0));
  } catch (const Error& error) {
    if (error.id() == "sql.viewCycle")
      throw bad_request("sql.policyCycle", "The function reads " + opened.table.name.text() +
                                               " itself, perhaps by way of views, or of row "
                                               "filters and masks of what it looks up.");
    // Another policy, which is to be mended after this one.
    if (error.id() != "catalog.policyBroken") throw;
  }
  pending_policy_.reset();
}

bool Session::hides_rows(const catalog::Table& entry) {
  return std::ranges::any_of(policies_of(entry),
                             [](const catalog::Policy& policy) { return policy.column.empty(); });
}

void Session::require_whole(const catalog::Table& entry, const std::string& what) {
  if (!entry.guarded || manages(entry.name) || !hides_rows(entry)) return;
  throw forbidden("sql.fencedTable",
                  what + " would also change rows of " + entry.name.text() +
                      " that its row filter may hide from you: whoever manages it may do this. "
                      "DELETE, UPDATE and MERGE change the rows that you see.");
}

void Session::require_shown(const catalog::Opened& opened, const std::string& what) {
  if (!opened.table.guarded || manages(opened.table.name)) return;
  throw forbidden("sql.fencedTable",
                  what + " would tell about hidden rows of " + opened.table.name.text() +
                      ", which has a row filter or masks: whoever manages it may do this.");
}

// --- statements

Plan Session::run(const CreateFunction& create) {
  catalog::Function function;
  function.name = table_name(create.name);
  function.comment = create.comment;
  function.body = create.body;
  for (const auto& parameter : create.parameters)
    function.parameters.push_back({parameter.name, spark_type(parameter.type)});
  if (!create.returns.empty()) function.returns = spark_type(create.returns);
  core_.catalog.require(caller_, Privilege::create, identity::ObjectType::schema,
                        {function.name.catalog, function.name.schema, ""});
  // Bound once: whether it can be called at all, and what it gives.
  function.owner = caller_.user_id;
  const auto given = columns_of(plan_alone(function));
  if (function.returns.empty()) {
    const delta::DataType type = delta::from_duckdb(given.at(0).type);
    function.returns = delta::to_sql(type);
  }
  const auto made =
      core_.catalog.create_function(caller_, function, create.if_not_exists, create.or_replace);
  return message_plan("Created the function " + made.name.text() + ".");
}

Plan Session::run(const DropFunction& drop) {
  const catalog::Name name = table_name(drop.name);
  core_.catalog.drop_function(caller_, name, drop.if_exists);
  return message_plan("Dropped the function " + name.text() + ".");
}

Plan Session::run(const SetPolicy& set) {
  const catalog::Name name = table_name(set.table);
  core_.catalog.require(caller_, Privilege::manage, identity::ObjectType::table, name);
  const std::string what = set.column.empty() ? "row filter" : "mask of " + set.column;
  if (!set.function) {
    core_.catalog.set_policy(caller_, name, set.column, std::nullopt, {});
    return message_plan("Took the " + what + " off " + name.text() + ".");
  }
  const catalog::Name function_name = table_name(*set.function);
  const auto opened = core_.catalog.open(caller_, name, Privilege::manage);
  const auto function = core_.catalog.function(caller_, function_name, Privilege::read);
  const auto snapshot = opened.delta->snapshot();
  for (const auto& column : set.columns) column_of(snapshot->schema(), column, name);
  if (set.columns.size() != function.parameters.size())
    throw bad_request("sql.badPolicy", "The function " + function.name.text() + " takes " +
                                           std::to_string(function.parameters.size()) +
                                           " values, and is given " +
                                           std::to_string(set.columns.size()) + " columns.");
  const std::string wanted =
      set.column.empty() ? "BOOLEAN"
                         : delta::to_sql(column_of(snapshot->schema(), set.column, name).type);
  if (function.returns != wanted)
    throw bad_request("sql.badPolicy", "The " + what + " must give " + wanted + ", but " +
                                           function.name.text() + " gives " + function.returns +
                                           ".");
  check_policy(opened, {set.column, function, set.columns});
  core_.catalog.set_policy(caller_, name, set.column, function_name, set.columns);
  return message_plan("Set the " + what + " of " + name.text() + ".");
}

}  // namespace ob::query
