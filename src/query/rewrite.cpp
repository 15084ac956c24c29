// Query nodes and expressions.
#include "query/rewrite.h"

#include <algorithm>

#include "base/error.h"
#include "base/ids.h"
#include "engine/engine.h"
#include "query/functions.h"
#include "query/lexer.h"
#include "query/rewriter.h"

namespace ob::query {

namespace json = boost::json;

class Rewriter::Depth {
 public:
  explicit Depth(Rewriter& rewriter) : rewriter_(rewriter) {
    if (++rewriter_.depth_ > 1500) {
      --rewriter_.depth_;
      throw bad_request("sql.tooDeep", "The statement is nested too deeply: simplify it.");
    }
  }
  ~Depth() { --rewriter_.depth_; }

 private:
  Rewriter& rewriter_;
};

Rewriter::Rewriter(Tables& tables, const Caller& caller, const Defaults& defaults,
                   const Value& parameters)
    : tables_(tables),
      invoker_(caller),
      parameters_(parameters),
      frame_{caller, defaults, false},
      nonce_(sha256_hex(random_token(16)).substr(0, 20)) {}

Rewritten Rewriter::run(Value statement) {
  visit_statement(statement.as_object());
  out_.statement = std::move(statement);
  out_.nonce = nonce_;
  return std::move(out_);
}

void Rewriter::visit_statement(Object& statement) {
  visit_slots("statement", statement);
}

void Rewriter::visit_slots(std::string_view shape, Object& object,
                           std::initializer_list<std::string_view> except) {
  for (auto& item : object) {
    const Slot slot = slot_of(shape, item.key());
    if (std::ranges::find(except, std::string_view(item.key())) != except.end()) continue;
    if (slot == Slot::absent) {
      check_absent(item.key(), item.value());
    } else {
      visit_slot(slot, item.value());
    }
  }
}

void Rewriter::check_absent(std::string_view key, const Value& value) {
  const bool absent = value.is_null() || (value.is_bool() && !value.as_bool()) ||
                      (value.is_string() && value.as_string().empty()) ||
                      (value.is_array() && value.as_array().empty());
  if (!absent)
    throw bad_request("sql.notSupportedYet",
                      "The statement uses a form that is not supported here (" + std::string(key) +
                          "): write SHOW and DESCRIBE as statements of their own.");
}

void Rewriter::visit_slot(Slot slot, Value& value) {
  const auto each = [&](std::string_view shape) {
    for (Value& item : value.as_array()) visit_slots(shape, item.as_object());
  };
  switch (slot) {
    case Slot::plain:
    case Slot::absent:
      return;
    case Slot::expression:
      if (!value.is_null()) visit_expression(value);
      return;
    case Slot::expressions:
      for (Value& item : value.as_array()) visit_expression(item);
      return;
    case Slot::expression_lists:
      for (Value& list : value.as_array()) visit_slot(Slot::expressions, list);
      return;
    case Slot::statement:
      return visit_statement(value.as_object());
    case Slot::node:
      if (!value.is_null()) visit_node(value.as_object());
      return;
    case Slot::modifiers:
      for (Value& item : value.as_array()) visit_slot(Slot::modifier, item);
      return;
    case Slot::modifier:
      return visit_slots("M:" + text_of(value.as_object(), "type"), value.as_object());
    case Slot::orders:
      return each("order");
    case Slot::cases:
      return each("case");
    case Slot::replacements:
      for (Value& item : value.as_array()) visit_expression(item.as_object().at("value"));
      return;
    case Slot::renames:
      for (Value& item : value.as_array()) qualify(item.as_object().at("key").as_object());
      return;
    case Slot::qualified_names:
      for (Value& item : value.as_array()) qualify(item.as_object());
      return;
    case Slot::logical_type:
      return check_logical_type(value);
    case Slot::logical_types:
      for (const Value& item : value.as_array()) check_logical_type(item);
      return;
    case Slot::from:
      return visit_from(value);
    case Slot::ctes:
      return visit_ctes(value.as_object());
    case Slot::pivots:
      for (Value& item : value.as_array()) visit_pivot(item.as_object());
      return;
    case Slot::sample:
      if (value.is_null()) return;
      out_.repeatable = false;
      visit_slots("sample", value.as_object());
      return;
    case Slot::time_travel:
      if (!value.is_null()) visit_slots("time travel", value.as_object());
      return;
  }
}

void Rewriter::visit_pivot(Object& pivot) {
  visit_slots("pivot", pivot);
  for (Value& entry : pivot.at("entries").as_array()) visit_slots("pivot entry", entry.as_object());
}

void Rewriter::visit_node(Object& node) {
  const Depth depth(*this);
  const std::string type = text_of(node, "type");
  if (type == "RECURSIVE_CTE_NODE")
    throw bad_request("sql.notSupportedYet", "A recursive query stands only in WITH RECURSIVE.");
  const std::size_t ctes = ctes_.size();
  if (Value* map = node.if_contains("cte_map")) visit_ctes(map->as_object());
  if (type == "SELECT_NODE") {
    visit_select(node);
  } else {
    visit_slots("N:" + type, node, {"cte_map"});
  }
  ctes_.resize(ctes);
}

void Rewriter::visit_select(Object& node) {
  scopes_.emplace_back();
  collect_scope(node.at("from_table").as_object(), node.at("sample").is_null());
  distinguish_aliases(scopes_.back());
  visit_from(node.at("from_table"));
  for (Value& item : node.at("select_list").as_array()) {
    Object& column = item.as_object();
    const std::string name =
        text_of(column, "class") == "COLUMN_REF" && column.at("column_names").as_array().size() == 1
            ? std::string(column.at("column_names").as_array()[0].as_string())
            : text_of(column, "function_name");
    if (replace_context_value(item, name, true)) continue;
    const std::string called = text_of(column, "class") == "FUNCTION" ? name : "";
    visit_expression(item);
    // A function of SQL became its body, which must not become the column's name.
    Object& visited = item.as_object();
    if (!called.empty() && text_of(visited, "class") != "FUNCTION" &&
        text_of(visited, "alias").empty())
      visited["alias"] = called;
  }
  visit_slots("N:SELECT_NODE", node, {"cte_map", "from_table", "select_list"});
  add_conjuncts(node, scopes_.back(), out_.uses, parameters_);
  scopes_.pop_back();
}

void Rewriter::visit_ctes(Object& map) {
  slots_of("ctes");
  for (auto& item : map) slot_of("ctes", item.key());
  for (Value& entry : map.at("map").as_array()) {
    Object& cte = entry.as_object();
    Object& info = cte.at("value").as_object();
    for (auto& item : info) slot_of("cte", item.key());
    const std::string name(cte.at("key").as_string());
    const std::string unique = "__cte_" + std::to_string(++made_up_) + "_" + nonce_;
    out_.names[unique] = name;
    Object& node = info.at("query").as_object().at("node").as_object();
    const bool recursive = text_of(node, "type") == "RECURSIVE_CTE_NODE";
    if (recursive) {
      visit_recursive(node, unique);
    } else {
      visit_statement(info.at("query").as_object());
    }
    ctes_.push_back({name, unique, false});
    visit_slot(Slot::expressions, info.at("key_targets"));
    cte["key"] = unique;
  }
}

// The first part of the UNION does not see the name yet, the second does.
void Rewriter::visit_recursive(Object& node, const std::string& unique) {
  const Depth depth(*this);
  const std::size_t outer = ctes_.size();
  const std::string name = text_of(node, "cte_name");
  visit_ctes(node.at("cte_map").as_object());
  visit_node(node.at("left").as_object());
  ctes_.push_back({name, unique, true});
  visit_node(node.at("right").as_object());
  visit_slots("N:RECURSIVE_CTE_NODE", node, {"cte_map", "left", "right"});
  node["cte_name"] = unique;
  ctes_.resize(outer);
}

// Spark's names of types that DuckDB does not have, also inside other types.
void Rewriter::replace_type_names(Value& value) {
  const Depth depth(*this);
  Object& type = value.as_object();
  Value* const about = type.if_contains("type_info");
  if (!about || !about->is_object()) return;
  Object& info = about->as_object();
  if (Value* child = info.if_contains("child_type")) replace_type_names(*child);
  if (Value* children = info.if_contains("child_types"))
    for (Value& child : children->as_array()) replace_type_names(child.as_object().at("second"));
  const std::string name = lower(text_of(info, "name"));
  const auto become = [&type](const char* id) { type = {{"id", id}, {"type_info", nullptr}}; };
  if (name == "timestamp_ntz") return become("TIMESTAMP");
  if (name == "timestamp_ltz") return become("TIMESTAMP WITH TIME ZONE");
  if (name == "byte") become("TINYINT");
}

void Rewriter::visit_expression(Value& value) {
  const Depth depth(*this);
  Object& object = value.as_object();
  const std::string kind = text_of(object, "class");
  if (kind == "FUNCTION" || kind == "WINDOW") return visit_function(value);
  require_named_columns(object);
  if (kind == "COLUMN_REF") {
    visit_slots("E:COLUMN_REF", object);
    auto& names = object.at("column_names").as_array();
    if (names.size() == 1 &&
        replace_context_value(value, std::string_view(names[0].as_string()), false))
      return;
    if (names.size() == 1 && !function_repeatable(std::string_view(names[0].as_string())))
      out_.repeatable = false;
    return qualify(names);
  }
  if (kind == "PARAMETER") visit_parameter(object);
  if (kind == "STAR") {
    // As above: "A B".* would be printed as A B.*
    const std::string relation = text_of(object, "relation_name");
    if (!relation.empty()) object["relation_name"] = engine::quote_identifier(relation);
  }
  if (kind == "CAST") replace_type_names(object.at("cast_type"));
  visit_slots("E:" + kind, object);
}

void Rewriter::visit_function(Value& value) {
  Object& object = value.as_object();
  const std::string kind = text_of(object, "class");
  const std::string name = text_of(object, "function_name");
  if (kind == "FUNCTION" && object.at("children").as_array().empty() &&
      replace_context_value(value, name, false))
    return;
  if (kind == "FUNCTION" && (replace_membership(value) || replace_user_function(value))) return;
  take_qualifier(object);
  if (!function_allowed(name))
    throw_at(object,
             bad_request("sql.functionNotAllowed",
                         "The function " + name + " does not exist or is not allowed here."));
  if (!function_repeatable(name)) out_.repeatable = false;
  visit_slots("E:" + kind, object);
}

// x.f(y) is f(x, y), whatever x is: were it taken for a schema, a name could reach past the
// engine's guarded forms of some functions.
void Rewriter::take_qualifier(Object& function) {
  json::array column;
  for (std::string_view key : {"catalog", "schema"}) {
    const std::string part = text_of(function, key);
    if (!part.empty()) column.emplace_back(part);
    function[key] = "";
  }
  if (column.empty() ||
      (column.size() == 1 && equals_ignoring_case(std::string_view(column[0].as_string()), "main")))
    return;
  Object reference{{"class", "COLUMN_REF"},
                   {"type", "COLUMN_REF"},
                   {"alias", ""},
                   {"query_location", 0},
                   {"column_names", std::move(column)}};
  json::array& children = function.at("children").as_array();
  children.insert(children.begin(), std::move(reference));
}

void Rewriter::visit_parameter(const Object& parameter) const {
  // DuckDB prints the name into SQL as it is.
  for (const char c : text_of(parameter, "identifier"))
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_')
      throw bad_request("sql.badParameterName",
                        "A parameter's name may hold letters, digits and _ only.");
  if (frame_.in_view)
    throw bad_request("sql.parameterInView", "A view's query cannot have parameters.");
}

void Rewriter::throw_at(const Object& node, const Error& error) const {
  const Value* location = node.if_contains("query_location");
  if (frame_.in_view || !location || !location->is_int64()) throw Error(error);
  throw engine::StatementError(error, static_cast<std::size_t>(location->get_int64()), "");
}

// Who asks, and where: DuckDB would tell about itself.
bool Rewriter::replace_context_value(Value& value, std::string_view name, bool in_select_list) {
  Object& object = value.as_object();
  const std::string word = lower(name);
  const bool call = text_of(object, "class") == "FUNCTION";
  if (!call && text_of(object, "class") != "COLUMN_REF") return false;
  if (call && !object.at("children").as_array().empty()) return false;
  std::string text;
  if (word == "current_user" || word == "session_user" || word == "current_role" ||
      word == "user") {
    text = invoker_.email;
  } else if (word == "current_catalog" || (call && word == "current_database")) {
    text = frame_.defaults.catalog;
  } else if (word == "current_schema") {
    text = frame_.defaults.schema;
  } else {
    return false;
  }
  Value constant = text_constant(text, object);
  if (in_select_list && constant.as_object()["alias"].as_string().empty())
    constant.as_object()["alias"] = call ? word + "()" : word;
  value = std::move(constant);
  return true;
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

json::value text_constant(const std::string& text, const json::object& replaced) {
  json::object value{
      {"type", {{"id", "VARCHAR"}, {"type_info", nullptr}}}, {"is_null", false}, {"value", text}};
  return json::object{{"class", "CONSTANT"},
                      {"type", "VALUE_CONSTANT"},
                      {"alias", text_of(replaced, "alias")},
                      {"query_location", 0},
                      {"value", std::move(value)}};
}

Rewritten rewrite_query(json::value statement, Tables& tables, const Caller& caller,
                        const Defaults& defaults, const json::value& parameters) {
  return Rewriter(tables, caller, defaults, parameters).run(std::move(statement));
}

}  // namespace ob::query
