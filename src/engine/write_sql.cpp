#include "engine/write_sql.h"

#include "base/error.h"
#include "engine/column_sql.h"
#include "engine/text.h"

namespace ob::engine {

namespace {

using delta::DataType;
using delta::Field;

constexpr std::string_view null_mark = "ob.notNull:";

// Whether a value of this type may hold a NULL where none is allowed, below its top.
bool has_checks(const DataType& type) {
  if (type.is("array")) return !type.contains_null || has_checks(*type.element);
  if (type.is("map")) return !type.contains_null || has_checks(*type.element);
  for (const auto& field : type.fields)
    if (!field.nullable || has_checks(field.type)) return true;
  return false;
}

// A condition that is true when `value`, itself not NULL, breaks a rule below; empty when none can.
std::string violation(const DataType& type, const std::string& value, int depth) {
  if (!has_checks(type)) return {};
  std::vector<std::string> parts;
  const std::string item = "_" + std::to_string(depth);
  const auto any_item = [&](const std::string& list, const DataType& element, bool nullable) {
    const auto inner = violation(element, item, depth + 1);
    std::string condition;
    if (!nullable) condition = item + " IS NULL";
    if (!inner.empty())
      condition +=
          (condition.empty() ? "" : " OR ") + ("(" + item + " IS NOT NULL AND " + inner + ")");
    if (!condition.empty())
      parts.push_back("len(list_filter(" + list + ", lambda " + item + ": " + condition + ")) > 0");
  };
  if (type.is("array")) any_item(value, *type.element, type.contains_null);
  if (type.is("map")) any_item("map_values(" + value + ")", *type.element, type.contains_null);
  for (const auto& field : type.fields) {
    const auto inner_value = "struct_extract(" + value + ", " + quote_literal(field.name) + ")";
    if (!field.nullable) parts.push_back(inner_value + " IS NULL");
    const auto inner = violation(field.type, inner_value, depth + 1);
    if (!inner.empty()) parts.push_back("(" + inner_value + " IS NOT NULL AND " + inner + ")");
  }
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : " OR ") + part;
  return out.empty() ? out : "(" + out + ")";
}

std::string checked(const Field& field, const std::string& value) {
  std::string condition;
  if (!field.nullable) condition = value + " IS NULL";
  const auto inner = violation(field.type, value, 0);
  if (!inner.empty())
    condition +=
        (condition.empty() ? "" : " OR ") + ("(" + value + " IS NOT NULL AND " + inner + ")");
  if (condition.empty()) return value;
  return "CASE WHEN " + condition + " THEN error(" +
         quote_literal(std::string(null_mark) + field.name) + ") ELSE " + value + " END";
}

void append_field_ids(std::string& out, const Field& field);

void append_nested_ids(std::string& out, const DataType& type) {
  for (const auto& field : type.fields) {
    out += ", ";
    append_field_ids(out, field);
  }
  const auto child = [&](const char* name, const DataType& inner) {
    if (inner.is_nested()) {
      std::string ids;
      append_nested_ids(ids, inner);
      if (!ids.empty()) out += std::string(", ") + name + ": {" + ids.substr(2) + "}";
    }
  };
  if (type.is("array")) child("element", *type.element);
  if (type.is("map")) {
    child("key", *type.key);
    child("value", *type.element);
  }
}

void append_field_ids(std::string& out, const Field& field) {
  out += quote_identifier(field.physical_name()) + ": ";
  if (!field.type.is_nested()) {
    out += std::to_string(field.field_id());
    return;
  }
  out += "{__duckdb_field_id: " + std::to_string(field.field_id());
  append_nested_ids(out, field.type);
  out += "}";
}

// For each column of the schema the number of the source column, or nullopt.
std::vector<std::optional<std::size_t>> match(const std::vector<Column>& source,
                                              const delta::Schema& schema) {
  std::vector<std::optional<std::size_t>> out(schema.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    const Field* field = delta::find_field(schema, source[i].name);
    if (field == nullptr)
      throw bad_request("delta.schemaMismatch",
                        "The table has no column \"" + source[i].name + "\".");
    auto& slot = out[static_cast<std::size_t>(field - schema.data())];
    if (slot)
      throw bad_request("delta.schemaMismatch",
                        "The column \"" + field->name + "\" is given twice.");
    slot = i;
  }
  return out;
}

bool is_partition(const std::vector<std::string>& names, const Field& field) {
  return std::ranges::any_of(
      names, [&](const std::string& name) { return equal_ignoring_case(name, field.name); });
}

}  // namespace

WritePlan plan_write(const std::string& select_sql, const std::vector<Column>& source,
                     const delta::Schema& schema, const std::vector<std::string>& partition_columns,
                     std::int64_t keys_id) {
  WritePlan plan;
  const auto matched = match(source, schema);
  std::string casts, files, aliases, ids;
  std::vector<std::string> expressions(schema.size());
  for (std::size_t i = 0; i < schema.size(); ++i) {
    const Field& field = schema[i];
    if (!matched[i] && !field.nullable)
      throw bad_request("delta.notNull", "The column \"" + field.name +
                                             "\" must not be NULL, but no value is given.");
    const auto name = "c" + std::to_string(i);
    const auto value = "CAST(" +
                       (matched[i] ? "s" + std::to_string(*matched[i]) : std::string("NULL")) +
                       " AS " + delta::to_duckdb(field.type) + ")";
    casts += (casts.empty() ? "" : ", ") +
             (is_partition(partition_columns, field) ? delta::read_as_partition(field.type, value)
                                                     : value) +
             " AS " + name;
    expressions[i] = checked(field, name);
  }
  for (std::size_t i = 0; i < source.size(); ++i)
    aliases += (i == 0 ? "s" : ", s") + std::to_string(i);
  for (std::size_t i = 0; i < schema.size(); ++i) {
    const Field& field = schema[i];
    if (is_partition(partition_columns, field) || field.type.is("void")) continue;
    files += (files.empty() ? "" : ", ") + to_physical(field.type, expressions[i]) + " AS " +
             quote_identifier(field.physical_name());
    if (field.field_id() >= 0) {
      ids += ids.empty() ? "{" : ", ";
      append_field_ids(ids, field);
    }
  }
  if (files.empty())
    throw bad_request("delta.noColumns", "A table needs a column that it is not partitioned by.");
  if (!partition_columns.empty()) {
    files += ", __ob_partition(" + std::to_string(keys_id);
    for (const auto& name : partition_columns) {
      const Field* field = delta::find_field(schema, name);
      if (field == nullptr)
        throw bad_request("delta.schemaMismatch",
                          "There is no column \"" + name + "\" to partition by.");
      plan.partition.push_back(field);
      files +=
          ", CAST(" + expressions[static_cast<std::size_t>(field - schema.data())] + " AS VARCHAR)";
    }
    files += ") AS " + quote_identifier(partition_column);
  }
  plan.field_ids = ids.empty() ? ids : ids + "}";
  plan.select = "SELECT " + files + " FROM (SELECT " + casts + " FROM (" + select_sql +
                "\n) AS q(" + aliases + ")) AS w";
  return plan;
}

std::string null_violation(std::string_view message) {
  const auto at = message.find(null_mark);
  return at == std::string_view::npos ? std::string()
                                      : std::string(message.substr(at + null_mark.size()));
}

}  // namespace ob::engine
