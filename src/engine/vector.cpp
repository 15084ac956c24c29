#include "engine/vector.h"

#include "base/error.h"
#include "engine/duck.h"
#include "engine/engine.h"
#include "engine/json_text.h"

namespace ob::engine {

namespace {

std::string name_of(duckdb_type id) {
  switch (id) {
    case DUCKDB_TYPE_BOOLEAN:
      return "BOOLEAN";
    case DUCKDB_TYPE_TINYINT:
      return "TINYINT";
    case DUCKDB_TYPE_SMALLINT:
      return "SMALLINT";
    case DUCKDB_TYPE_INTEGER:
      return "INTEGER";
    case DUCKDB_TYPE_BIGINT:
      return "BIGINT";
    case DUCKDB_TYPE_UTINYINT:
      return "UTINYINT";
    case DUCKDB_TYPE_USMALLINT:
      return "USMALLINT";
    case DUCKDB_TYPE_UINTEGER:
      return "UINTEGER";
    case DUCKDB_TYPE_UBIGINT:
      return "UBIGINT";
    case DUCKDB_TYPE_HUGEINT:
      return "HUGEINT";
    case DUCKDB_TYPE_UHUGEINT:
      return "UHUGEINT";
    case DUCKDB_TYPE_FLOAT:
      return "FLOAT";
    case DUCKDB_TYPE_DOUBLE:
      return "DOUBLE";
    case DUCKDB_TYPE_DATE:
      return "DATE";
    case DUCKDB_TYPE_TIME:
      return "TIME";
    case DUCKDB_TYPE_TIME_NS:
      return "TIME_NS";
    case DUCKDB_TYPE_TIME_TZ:
      return "TIME WITH TIME ZONE";
    case DUCKDB_TYPE_TIMESTAMP:
      return "TIMESTAMP";
    case DUCKDB_TYPE_TIMESTAMP_S:
      return "TIMESTAMP_S";
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return "TIMESTAMP_MS";
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return "TIMESTAMP_NS";
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return "TIMESTAMP WITH TIME ZONE";
    case DUCKDB_TYPE_INTERVAL:
      return "INTERVAL";
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_STRING_LITERAL:
      return "VARCHAR";
    case DUCKDB_TYPE_BLOB:
      return "BLOB";
    case DUCKDB_TYPE_UUID:
      return "UUID";
    case DUCKDB_TYPE_BIT:
      return "BIT";
    case DUCKDB_TYPE_GEOMETRY:
      return "GEOMETRY";
    case DUCKDB_TYPE_INTEGER_LITERAL:
      return "INTEGER";
    case DUCKDB_TYPE_SQLNULL:
      return "\"NULL\"";
    default:
      return {};
  }
}

void read_members(duckdb_logical_type logical, Type& type, std::string_view column) {
  const bool is_union = type.id == DUCKDB_TYPE_UNION;
  const idx_t count =
      is_union ? duckdb_union_type_member_count(logical) : duckdb_struct_type_child_count(logical);
  type.text = is_union ? "UNION(" : "STRUCT(";
  for (idx_t i = 0; i < count; ++i) {
    const duck::Text name(is_union ? duckdb_union_type_member_name(logical, i)
                                   : duckdb_struct_type_child_name(logical, i));
    const duck::LogicalType member(is_union ? duckdb_union_type_member_type(logical, i)
                                            : duckdb_struct_type_child_type(logical, i));
    type.children.push_back(read_type(member.get(), column));
    type.labels.emplace_back(name.get());
    std::string key;
    append_json_string(key, type.labels.back());
    type.keys.push_back(key + ":");
    if (i > 0) type.text += ", ";
    type.text += quote_identifier(type.labels.back()) + " " + type.children.back().text;
  }
  type.text += ")";
}

void read_enum(duckdb_logical_type logical, Type& type) {
  type.storage = duckdb_enum_internal_type(logical);
  const std::uint32_t size = duckdb_enum_dictionary_size(logical);
  type.text = "ENUM(";
  for (std::uint32_t i = 0; i < size; ++i) {
    const duck::Text label(duckdb_enum_dictionary_value(logical, i));
    type.labels.emplace_back(label.get());
    if (i > 0) type.text += ", ";
    type.text += quote_literal(type.labels.back());
  }
  type.text += ")";
}

void read_nested(duckdb_logical_type logical, Type& type, std::string_view column) {
  switch (type.id) {
    case DUCKDB_TYPE_LIST: {
      const duck::LogicalType child(duckdb_list_type_child_type(logical));
      type.children.push_back(read_type(child.get(), column));
      type.text = type.children[0].text + "[]";
      break;
    }
    case DUCKDB_TYPE_ARRAY: {
      const duck::LogicalType child(duckdb_array_type_child_type(logical));
      type.array_size = duckdb_array_type_array_size(logical);
      type.children.push_back(read_type(child.get(), column));
      type.text = type.children[0].text + "[" + std::to_string(type.array_size) + "]";
      break;
    }
    case DUCKDB_TYPE_MAP: {
      const duck::LogicalType key(duckdb_map_type_key_type(logical));
      const duck::LogicalType value(duckdb_map_type_value_type(logical));
      type.children.push_back(read_type(key.get(), column));
      type.children.push_back(read_type(value.get(), column));
      type.text = "MAP(" + type.children[0].text + ", " + type.children[1].text + ")";
      break;
    }
    default:
      read_members(logical, type, column);
  }
}

}  // namespace

Type read_type(duckdb_logical_type logical, std::string_view column) {
  Type type;
  type.id = duckdb_get_type_id(logical);
  switch (type.id) {
    case DUCKDB_TYPE_DECIMAL:
      type.width = duckdb_decimal_width(logical);
      type.scale = duckdb_decimal_scale(logical);
      type.storage = duckdb_decimal_internal_type(logical);
      type.text = "DECIMAL(" + std::to_string(type.width) + "," + std::to_string(type.scale) + ")";
      break;
    case DUCKDB_TYPE_ENUM:
      read_enum(logical, type);
      break;
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_STRUCT:
    case DUCKDB_TYPE_UNION:
      read_nested(logical, type, column);
      break;
    default:
      type.text = name_of(type.id);
  }
  if (type.text.empty())
    throw bad_request("sql.typeNotReadable",
                      "The type of column \"" + std::string(column) +
                          "\" cannot be returned. Cast it to VARCHAR or to a plain type.");
  const duck::Text alias(duckdb_logical_type_get_alias(logical));
  if (alias && std::string_view(alias.get()) == "JSON") type.text = "JSON";
  return type;
}

std::uint64_t Vec::enum_index(std::uint64_t row) const {
  switch (type->storage) {
    case DUCKDB_TYPE_UTINYINT:
      return at<std::uint8_t>(row);
    case DUCKDB_TYPE_USMALLINT:
      return at<std::uint16_t>(row);
    default:
      return at<std::uint32_t>(row);
  }
}

Vec read_vector(duckdb_vector vector, const Type& type) {
  Vec out{&type, duckdb_vector_get_data(vector), duckdb_vector_get_validity(vector), {}, 0};
  switch (type.id) {
    case DUCKDB_TYPE_LIST:
      out.children.push_back(read_vector(duckdb_list_vector_get_child(vector), type.children[0]));
      out.child_count = duckdb_list_vector_get_size(vector);
      break;
    case DUCKDB_TYPE_ARRAY:
      out.children.push_back(read_vector(duckdb_array_vector_get_child(vector), type.children[0]));
      break;
    case DUCKDB_TYPE_MAP: {
      const duckdb_vector entries = duckdb_list_vector_get_child(vector);
      out.child_count = duckdb_list_vector_get_size(vector);
      for (idx_t i = 0; i < 2; ++i)
        out.children.push_back(
            read_vector(duckdb_struct_vector_get_child(entries, i), type.children[i]));
      break;
    }
    case DUCKDB_TYPE_STRUCT:
      for (idx_t i = 0; i < type.children.size(); ++i)
        out.children.push_back(
            read_vector(duckdb_struct_vector_get_child(vector, i), type.children[i]));
      break;
    case DUCKDB_TYPE_UNION: {
      // The first child is the tag, the members follow.
      static const Type tag{.id = DUCKDB_TYPE_UTINYINT};
      out.children.push_back(read_vector(duckdb_struct_vector_get_child(vector, 0), tag));
      for (idx_t i = 0; i < type.children.size(); ++i)
        out.children.push_back(
            read_vector(duckdb_struct_vector_get_child(vector, i + 1), type.children[i]));
      break;
    }
    default:
      break;
  }
  return out;
}

}  // namespace ob::engine
