#include "delta/schema.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <set>

#include "base/error.h"
#include "delta/text.h"

namespace ob::delta {
namespace {

namespace json = boost::json;

constexpr int kMaxDepth = 100;
constexpr std::size_t kMaxSchemaBytes = 32u << 20;

Error bad_schema(const std::string& what) {
  return {422, "delta.badLog", "The table's schema in its log is broken: " + what + "."};
}

// No two columns may take the values of the same one in the files.
void check_names(const Schema& fields) {
  std::set<std::string> names, physical;
  for (const auto& f : fields) {
    const auto in_files = f.physical_name();
    if (f.name.empty() || in_files.empty()) throw bad_schema("a column has no name");
    if (f.name.contains('\0') || in_files.contains('\0'))
      throw bad_schema("a column's name holds a NUL character");
    if (!names.insert(lower(f.name)).second || !physical.insert(lower(in_files)).second) {
      throw bad_schema("the column \"" + shown(f.name) +
                       "\" occurs twice (upper and lower case count as the same)");
    }
  }
}

class SchemaReader {
 public:
  Schema fields(const json::value& struct_type, int depth) {
    const auto& object = as_object(struct_type, "a struct");
    const auto* list = object.if_contains("fields");
    if (!list || !list->is_array()) throw bad_schema("a struct has no array of fields");
    Schema out;
    out.reserve(list->get_array().size());
    for (const auto& f : list->get_array()) out.push_back(field(f, depth));
    if (out.empty() && depth > 0) throw bad_schema("a struct has no fields");
    check_names(out);
    return out;
  }

 private:
  static const json::object& as_object(const json::value& v, const char* what) {
    if (!v.is_object()) throw bad_schema(std::string(what) + " is not an object");
    return v.get_object();
  }

  static std::string text(const json::object& o, const char* key) {
    const auto* v = o.if_contains(key);
    if (!v || !v->is_string()) throw bad_schema(std::string("\"") + key + "\" is not a string");
    return std::string(v->get_string());
  }

  static bool flag(const json::object& o, const char* key) {
    const auto* v = o.if_contains(key);
    if (!v) return true;
    if (!v->is_bool()) throw bad_schema(std::string("\"") + key + "\" is not true or false");
    return v->get_bool();
  }

  Field field(const json::value& v, int depth) {
    if (++count_ > max_fields) throw bad_schema("it has more than 20,000 fields");
    const auto& object = as_object(v, "a field");
    Field out;
    out.name = text(object, "name");
    out.nullable = flag(object, "nullable");
    const auto* t = object.if_contains("type");
    if (!t) throw bad_schema("field \"" + out.name + "\" has no type");
    out.type = type(*t, depth + 1);
    if (const auto* m = object.if_contains("metadata"); m && !m->is_null()) {
      out.metadata = as_object(*m, "a field's metadata");
    }
    return out;
  }

  DataType type(const json::value& v, int depth) {
    if (depth > kMaxDepth) throw bad_schema("its types are nested more than 100 levels deep");
    DataType out;
    if (v.is_string()) {
      out.name = std::string(v.get_string());
      if (out.is("decimal")) out.name = "decimal(10,0)";
      int precision = 0, scale = 0;
      if (out.name.starts_with("decimal")) {
        if (!out.is_decimal(&precision, &scale))
          throw bad_schema("no such type: " + shown(out.name));
        out.name = decimal_name(precision, scale);
      }
      if (out.name.empty() || out.is_nested()) throw bad_schema("no such type: " + shown(out.name));
      return out;
    }
    const auto& object = as_object(v, "a type");
    out.name = text(object, "type");
    if (out.is("struct")) {
      out.fields = fields(v, depth);
    } else if (out.is("array")) {
      out.element = part(object, "elementType", depth);
      out.contains_null = flag(object, "containsNull");
    } else if (out.is("map")) {
      out.key = part(object, "keyType", depth);
      out.element = part(object, "valueType", depth);
      out.contains_null = flag(object, "valueContainsNull");
    } else {
      throw bad_schema("no such type: " + shown(out.name));
    }
    return out;
  }

  std::shared_ptr<DataType> part(const json::object& object, const char* key, int depth) {
    const auto* v = object.if_contains(key);
    if (!v) throw bad_schema(std::string("a type has no \"") + key + "\"");
    return std::make_shared<DataType>(type(*v, depth + 1));
  }

  std::size_t count_ = 0;
};

json::value type_json(const DataType& type);

json::value struct_json(const Schema& fields) {
  json::array list;
  list.reserve(fields.size());
  for (const auto& f : fields) {
    list.push_back(json::object{{"name", f.name},
                                {"type", type_json(f.type)},
                                {"nullable", f.nullable},
                                {"metadata", f.metadata}});
  }
  return json::object{{"type", "struct"}, {"fields", std::move(list)}};
}

json::value type_json(const DataType& type) {
  if (type.is("struct")) return struct_json(type.fields);
  if (type.is("array")) {
    return json::object{{"type", "array"},
                        {"elementType", type_json(*type.element)},
                        {"containsNull", type.contains_null}};
  }
  if (type.is("map")) {
    return json::object{{"type", "map"},
                        {"keyType", type_json(*type.key)},
                        {"valueType", type_json(*type.element)},
                        {"valueContainsNull", type.contains_null}};
  }
  return json::string(type.name);
}

bool same(const std::shared_ptr<DataType>& a, const std::shared_ptr<DataType>& b) {
  return a && b ? *a == *b : a == b;
}

}  // namespace

std::string decimal_name(int precision, int scale) {
  return "decimal(" + std::to_string(precision) + "," + std::to_string(scale) + ")";
}

bool DataType::is_decimal(int* precision, int* scale) const {
  std::string_view s = name;
  if (!s.starts_with("decimal(") || !s.ends_with(')')) return false;
  s = s.substr(8, s.size() - 9);
  const auto comma = s.find(',');
  if (comma == std::string_view::npos) return false;
  int p = 0, c = 0;
  if (!parse_whole(trim(s.substr(0, comma)), p) || !parse_whole(trim(s.substr(comma + 1)), c)) {
    return false;
  }
  if (p < 1 || p > 38 || c < 0 || c > p) return false;
  if (precision) *precision = p;
  if (scale) *scale = c;
  return true;
}

bool DataType::operator==(const DataType& other) const {
  if (name != other.name) return false;
  if (is("struct")) return fields == other.fields;
  if (is("array") || is("map")) {
    return contains_null == other.contains_null && same(element, other.element) &&
           same(key, other.key);
  }
  return true;
}

bool Field::operator==(const Field& other) const {
  return name == other.name && type == other.type && nullable == other.nullable &&
         metadata == other.metadata;
}

std::string Field::physical_name() const {
  const auto* v = metadata.if_contains("delta.columnMapping.physicalName");
  return v && v->is_string() ? std::string(v->get_string()) : name;
}

int Field::field_id() const {
  const auto* v = metadata.if_contains("delta.columnMapping.id");
  if (!v || !v->is_int64()) return -1;
  const auto id = v->get_int64();
  return id >= 0 && id <= INT32_MAX ? static_cast<int>(id) : -1;
}

std::string Field::comment() const {
  const auto* v = metadata.if_contains("comment");
  return v && v->is_string() ? std::string(v->get_string()) : std::string();
}

Schema parse_schema(std::string_view text) {
  if (text.size() > kMaxSchemaBytes) throw bad_schema("it is larger than 32 MB");
  json::parse_options options;
  options.max_depth = 3 * kMaxDepth + 32;  // a level of type nesting is up to three of JSON
  boost::system::error_code failure;
  const auto value = json::parse({text.data(), text.size()}, failure, {}, options);
  if (failure) throw bad_schema("not JSON (" + failure.message() + ")");
  if (!value.is_object() || !value.get_object().contains("type") ||
      value.get_object().at("type") != "struct") {
    throw bad_schema("it is not a struct");
  }
  return SchemaReader().fields(value, 0);
}

void check_partitioning(const Schema& schema, const std::vector<std::string>& columns) {
  std::set<std::string> seen;
  for (const auto& name : columns) {
    const auto* field = find_field(schema, name);
    if (!field) throw bad_schema("the partition column \"" + shown(name) + "\" is not in it");
    if (field->type.is_nested()) {
      throw bad_schema("the partition column \"" + shown(name) + "\" has no simple type");
    }
    if (!seen.insert(lower(name)).second) {
      throw bad_schema("the partition column \"" + shown(name) + "\" is named twice");
    }
  }
}

std::string to_json(const Schema& schema) {
  return json::serialize(struct_json(schema));
}

const Field* find_field(const Schema& schema, std::string_view name) {
  for (const auto& f : schema) {
    if (f.name == name) return &f;
  }
  for (const auto& f : schema) {
    if (equal_ignoring_case(f.name, name)) return &f;
  }
  return nullptr;
}

}  // namespace ob::delta
