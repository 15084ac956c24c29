#include "engine/parameters.h"

#include <boost/json.hpp>
#include <cstring>
#include <set>

#include "base/error.h"

namespace ob::engine {

namespace {

constexpr int max_depth = 32;

Error bad_parameters(const std::string& detail) {
  return bad_request("sql.parameters", detail);
}

// The type that a JSON value becomes; the elements of an array share one.
struct Shape {
  duckdb_type id = DUCKDB_TYPE_SQLNULL;
  std::vector<std::string> names;
  std::vector<Shape> children;
};

Shape merge(const Shape& a, const Shape& b) {
  if (a.id == DUCKDB_TYPE_SQLNULL) return b;
  if (b.id == DUCKDB_TYPE_SQLNULL) return a;
  const auto number = [](duckdb_type id) {
    return id == DUCKDB_TYPE_BIGINT || id == DUCKDB_TYPE_UBIGINT || id == DUCKDB_TYPE_DOUBLE;
  };
  if (a.id != b.id) {
    if (!number(a.id) || !number(b.id))
      throw bad_parameters("The elements of an array parameter must all have one type.");
    const bool fraction = a.id == DUCKDB_TYPE_DOUBLE || b.id == DUCKDB_TYPE_DOUBLE;
    return {fraction ? DUCKDB_TYPE_DOUBLE : DUCKDB_TYPE_HUGEINT, {}, {}};
  }
  Shape out = a;
  if (a.id == DUCKDB_TYPE_STRUCT && a.names != b.names)
    throw bad_parameters("The objects in an array parameter must have the same keys in one order.");
  for (std::size_t i = 0; i < a.children.size(); ++i)
    out.children[i] = merge(a.children[i], b.children[i]);
  return out;
}

Shape shape_of(const boost::json::value& value, int depth = 0) {
  if (depth > max_depth) throw bad_parameters("A parameter is nested too deeply.");
  switch (value.kind()) {
    case boost::json::kind::null:
      return {};
    case boost::json::kind::bool_:
      return {DUCKDB_TYPE_BOOLEAN, {}, {}};
    case boost::json::kind::int64:
      return {DUCKDB_TYPE_BIGINT, {}, {}};
    case boost::json::kind::uint64:
      return {DUCKDB_TYPE_UBIGINT, {}, {}};
    case boost::json::kind::double_:
      return {DUCKDB_TYPE_DOUBLE, {}, {}};
    case boost::json::kind::string:
      return {DUCKDB_TYPE_VARCHAR, {}, {}};
    case boost::json::kind::array: {
      Shape element;
      for (const auto& item : value.get_array())
        element = merge(element, shape_of(item, depth + 1));
      return {DUCKDB_TYPE_LIST, {}, {element}};
    }
    case boost::json::kind::object: {
      Shape out{DUCKDB_TYPE_STRUCT, {}, {}};
      for (const auto& [key, item] : value.get_object()) {
        out.names.emplace_back(key);
        out.children.push_back(shape_of(item, depth + 1));
      }
      if (out.names.empty()) throw bad_parameters("An empty object cannot be a parameter.");
      return out;
    }
  }
  return {};
}

duck::LogicalType type_of(const Shape& shape) {
  if (shape.id == DUCKDB_TYPE_LIST) {
    const auto child = type_of(shape.children[0]);
    return duck::LogicalType(duckdb_create_list_type(child.get()));
  }
  if (shape.id == DUCKDB_TYPE_STRUCT) {
    std::vector<duck::LogicalType> owned;
    std::vector<duckdb_logical_type> types;
    std::vector<const char*> names;
    for (std::size_t i = 0; i < shape.children.size(); ++i) {
      owned.push_back(type_of(shape.children[i]));
      types.push_back(owned.back().get());
      names.push_back(shape.names[i].c_str());
    }
    return duck::LogicalType(duckdb_create_struct_type(types.data(), names.data(), types.size()));
  }
  return duck::LogicalType(duckdb_create_logical_type(shape.id));
}

duck::Value make_value(const boost::json::value& value, const Shape& shape);

template <class Items, class ShapeAt>
std::vector<duck::Value> make_values(const Items& items, const ShapeAt& shape_at) {
  std::vector<duck::Value> out;
  for (const auto& item : items) out.push_back(make_value(item, shape_at(out.size())));
  return out;
}

std::vector<duckdb_value> borrowed(const std::vector<duck::Value>& values) {
  std::vector<duckdb_value> out;
  for (const auto& value : values) out.push_back(value.get());
  return out;
}

duck::Value make_nested(const boost::json::value& value, const Shape& shape) {
  if (const auto* array = value.if_array()) {
    const auto owned =
        make_values(*array, [&](std::size_t) -> const Shape& { return shape.children[0]; });
    auto values = borrowed(owned);
    values.push_back(nullptr);  // an empty list needs an address, too
    const auto element = type_of(shape.children[0]);
    return duck::Value(duckdb_create_list_value(element.get(), values.data(), owned.size()));
  }
  std::vector<duck::Value> owned;
  for (const auto& [key, item] : value.get_object())
    owned.push_back(make_value(item, shape.children[owned.size()]));
  auto values = borrowed(owned);
  const auto type = type_of(shape);
  return duck::Value(duckdb_create_struct_value(type.get(), values.data()));
}

duck::Value make_value(const boost::json::value& value, const Shape& shape) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return duck::Value(duckdb_create_null_value());
    case boost::json::kind::bool_:
      return duck::Value(duckdb_create_bool(value.get_bool()));
    case boost::json::kind::int64:
      return duck::Value(duckdb_create_int64(value.get_int64()));
    case boost::json::kind::uint64:
      return duck::Value(duckdb_create_uint64(value.get_uint64()));
    case boost::json::kind::double_:
      return duck::Value(duckdb_create_double(value.get_double()));
    case boost::json::kind::string: {
      const auto& text = value.get_string();
      return duck::Value(duckdb_create_varchar_length(text.data(), text.size()));
    }
    default:
      return make_nested(value, shape);
  }
}

void bind(duckdb_prepared_statement statement, idx_t index, const std::string& name,
          const boost::json::value& value) {
  const auto made = make_value(value, shape_of(value));
  if (!made || duckdb_bind_value(statement, index, made.get()) != DuckDBSuccess)
    throw bad_parameters("Parameter $" + name + " is not a value that a statement can take.");
}

// Indexes have gaps where a statement has $3 without $1 and $2.
std::string missing_name(duckdb_prepared_statement statement, const std::set<idx_t>& bound) {
  constexpr idx_t highest = 65'535;
  for (idx_t i = 1; i <= highest; ++i) {
    const duck::Text name(const_cast<char*>(duckdb_parameter_name(statement, i)));
    if (name && !bound.contains(i)) return name.get();
  }
  return {};
}

}  // namespace

void bind_parameters(duckdb_prepared_statement statement, const Parameters& parameters) {
  std::set<idx_t> bound;
  const auto bind_named = [&](const std::string& name, const boost::json::value& value) {
    idx_t index = 0;
    if (duckdb_bind_parameter_index(statement, &index, name.c_str()) != DuckDBSuccess)
      throw bad_parameters("The statement has no parameter $" + name + ".");
    bind(statement, index, name, value);
    bound.insert(index);
  };
  if (const auto* array = parameters.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) bind_named(std::to_string(i + 1), (*array)[i]);
  } else if (const auto* object = parameters.if_object()) {
    for (const auto& [key, value] : *object) bind_named(key, value);
  } else if (!parameters.is_null()) {
    throw bad_parameters("Parameters must be a JSON array or object.");
  }
  if (bound.size() < duckdb_nparams(statement))
    throw bad_parameters("No value was given for the parameter $" + missing_name(statement, bound) +
                         ".");
}

}  // namespace ob::engine
