#include "engine/column_sql.h"

#include "engine/engine.h"

namespace ob::engine {

namespace {

using delta::DataType;
using delta::Field;

const std::string& name_in_file(const Field& field, bool mapped, std::string& storage) {
  if (!mapped) return field.name;
  storage = field.physical_name();
  return storage;
}

bool renames(const DataType& type) {
  for (const auto& field : type.fields)
    if (field.physical_name() != field.name || renames(field.type)) return true;
  return (type.element && renames(*type.element)) || (type.key && renames(*type.key));
}

// Rebuilds a value with the names of one side from those of the other. Lambda parameters are
// numbered by depth, so that inner ones do not hide outer ones.
std::string rebuild(const DataType& type, const std::string& source, bool logical, int depth) {
  if (!renames(type)) return source;
  const std::string item = "_" + std::to_string(depth);
  const auto lambda = [&](const std::string& list, const std::string& body) {
    return "list_transform(" + list + ", lambda " + item + ": " + body + ")";
  };
  if (type.is("struct")) {
    std::string out = "CASE WHEN " + source + " IS NULL THEN NULL ELSE struct_pack(";
    for (const auto& field : type.fields) {
      if (&field != &type.fields.front()) out += ", ";
      const auto& from = logical ? field.physical_name() : field.name;
      const auto& to = logical ? field.name : field.physical_name();
      out += quote_identifier(to) + " := " +
             rebuild(field.type, "struct_extract(" + source + ", " + quote_literal(from) + ")",
                     logical, depth + 1);
    }
    return out + ") END";
  }
  if (type.is("array")) return lambda(source, rebuild(*type.element, item, logical, depth + 1));
  return "map_from_entries(" +
         lambda("map_entries(" + source + ")",
                "struct_pack(key := " + rebuild(*type.key, item + ".key", logical, depth + 1) +
                    ", value := " + rebuild(*type.element, item + ".value", logical, depth + 1) +
                    ")") +
         ")";
}

}  // namespace

std::string physical_type(const DataType& type, bool mapped) {
  if (type.is("array")) return physical_type(*type.element, mapped) + "[]";
  if (type.is("map"))
    return "MAP(" + physical_type(*type.key, mapped) + ", " + physical_type(*type.element, mapped) +
           ")";
  if (!type.is("struct")) return delta::to_duckdb(type);
  std::string out = "STRUCT(", storage;
  for (const auto& field : type.fields) {
    if (&field != &type.fields.front()) out += ", ";
    out += quote_identifier(name_in_file(field, mapped, storage)) + " " +
           physical_type(field.type, mapped);
  }
  return out + ")";
}

std::string to_logical(const DataType& type, const std::string& source, bool mapped) {
  return mapped ? rebuild(type, source, true, 0) : source;
}

std::string to_physical(const DataType& type, const std::string& source) {
  return rebuild(type, source, false, 0);
}

}  // namespace ob::engine
