// ALTER TABLE: constraints and columns.
#include <boost/json.hpp>

#include "base/error.h"
#include "query/change.h"
#include "query/constraints.h"
#include "query/lexer.h"
#include "query/schema_change.h"

namespace ob::query {

namespace json = boost::json;
using engine::quote_identifier;
using identity::ObjectType;
using identity::Privilege;

namespace {

// One row of what a composed query gives, or none.
std::optional<std::string> first_value(Change& change, const std::string& sql) {
  const Plan plan = change.compose(sql + " LIMIT 1");
  const auto rows =
      in_user_names(plan, [&] { return change.connection().rows(plan.sql, plan.parameters); });
  if (rows.empty()) return std::nullopt;
  return rows[0].at(0).value_or("NULL");
}

}  // namespace

Plan Session::run(const AddConstraint& add) {
  core_.catalog.require(caller_, Privilege::manage, ObjectType::table, table_name(add.name));
  return with_retries([&] {
    snapshots_.clear();
    Change change(*this, {add.name, ""}, Change::Reads::rows);
    change.require_unguarded();
    delta::Metadata metadata = change.metadata();
    const Constraint& constraint = add.constraint;
    if (!metadata.configuration.emplace(constraint_property(constraint.name), constraint.condition)
             .second)
      throw bad_request("sql.constraintExists", "The table has a constraint " + constraint.name +
                                                    " already: drop it first.");
    check_constraints(metadata, change.name());
    const auto row =
        first_value(change, "SELECT " + row_values(constraint, change.schema()) + " FROM " +
                                change.from() + " WHERE " + violated(constraint));
    if (row)
      throw bad_request("delta.checkViolated", "The table has rows for which " +
                                                   constraint.condition +
                                                   " does not hold, such as " + *row + ".");
    change.note_read_all();
    change.set_metadata(std::move(metadata));
    change.commit("ADD CONSTRAINT", {{"name", constraint.name}, {"expr", constraint.condition}},
                  {});
    return message_plan("Added the constraint " + constraint.name + " to " + change.name().text() +
                        ".");
  });
}

Plan Session::run(const DropConstraint& drop) {
  core_.catalog.require(caller_, Privilege::manage, ObjectType::table, table_name(drop.name));
  return with_retries([&] {
    snapshots_.clear();
    Change change(*this, {drop.name, ""}, Change::Reads::nothing);
    delta::Metadata metadata = change.metadata();
    const auto found = metadata.configuration.find(constraint_property(drop.constraint));
    if (found == metadata.configuration.end()) {
      if (!drop.if_exists)
        throw not_found("sql.noSuchConstraint",
                        "The table has no constraint " + drop.constraint + ".");
      return message_plan("There is no constraint " + drop.constraint + ".");
    }
    json::object parameters{
        {"name", drop.constraint}, {"expr", found->second}, {"existed", "true"}};
    metadata.configuration.erase(found);
    change.set_metadata(std::move(metadata));
    change.commit("DROP CONSTRAINT", std::move(parameters), {});
    return message_plan("Dropped the constraint " + drop.constraint + ".");
  });
}

Plan Session::run(const AddColumns& add) {
  core_.catalog.require(caller_, Privilege::manage, ObjectType::table, table_name(add.name));
  return with_retries([&] {
    snapshots_.clear();
    Change change(*this, {add.name, ""}, Change::Reads::nothing);
    delta::Metadata metadata = with_columns(change.metadata(), add.columns);
    json::array columns;
    for (const AddColumns::Column& column : add.columns) {
      json::object item{{"column", json::parse(field_json(field_at(metadata, column.path)))}};
      if (column.first) item["position"] = "FIRST";
      if (!column.after.empty()) item["position"] = "AFTER " + column.after;
      columns.push_back(std::move(item));
    }
    change.set_metadata(std::move(metadata));
    change.commit("ADD COLUMNS", {{"columns", json::serialize(columns)}}, {});
    return message_plan("Added " + std::to_string(add.columns.size()) + " columns to " +
                        change.name().text() + ".");
  });
}

namespace {

void forbid_nulls(Change& change, delta::Field& field, const ChangeColumn& statement) {
  if (statement.path.size() > 1)
    throw bad_request("sql.notSupportedYet",
                      "SET NOT NULL is for columns, not for fields in them.");
  if (first_value(change, "SELECT 1 FROM " + change.from() + " WHERE " + change.qualifier() +
                              quote_identifier(field.name) + " IS NULL"))
    throw bad_request("delta.notNull", "The column \"" + field.name + "\" has NULL in some rows.");
  field.nullable = false;
  change.note_read_all();
}

// The files hold the old type: all are written anew, so that every reader finds what the schema
// says.
void widen(Change& change, const delta::Metadata& metadata, delta::Field& field,
           const std::string& type) {
  delta::Field wider = field, old = field;
  wider.type = delta::parse_type(type);
  if (wider.type == field.type) return;
  if (field.type.is_nested() || wider.type.is_nested())
    throw bad_request("sql.notSupportedYet", "Only the type of a simple column can be changed.");
  old.nullable = wider.nullable = true;
  delta::enforce_schema({wider}, {old});
  field.type = wider.type;  // a part of `metadata`
  change.set_metadata(metadata);
  change.rewrite_all();
}

}  // namespace

Plan Session::run(const ChangeColumn& statement) {
  core_.catalog.require(caller_, Privilege::manage, ObjectType::table, table_name(statement.name));
  return with_retries([&] {
    snapshots_.clear();
    const bool reads = statement.nullable == false || !statement.type.empty();
    Change change(*this, {statement.name, ""},
                  reads ? Change::Reads::rows : Change::Reads::nothing);
    if (reads) change.require_unguarded();
    delta::Metadata metadata = change.metadata();
    delta::Field& field = field_at(metadata, statement.path);
    if (statement.nullable == true) field.nullable = true;
    if (statement.nullable == false) forbid_nulls(change, field, statement);
    if (statement.comment) {
      field.metadata.erase("comment");
      if (!statement.comment->empty()) field.metadata["comment"] = *statement.comment;
    }
    if (!statement.type.empty()) widen(change, metadata, field, statement.type);
    const std::string json = field_json(field);
    change.set_metadata(std::move(metadata));
    change.commit("CHANGE COLUMN", {{"column", json}}, {});
    return message_plan("Changed the column " + statement.path.back() + " of " +
                        change.name().text() + ".");
  });
}

}  // namespace ob::query
