// Functions of SQL: their bodies take the place of the calls.
#include <algorithm>
#include <boost/json.hpp>

#include "base/error.h"
#include "query/functions.h"
#include "query/lexer.h"
#include "query/normalise.h"
#include "query/rewriter.h"

namespace ob::query {

namespace json = boost::json;

namespace {

constexpr std::size_t max_function_depth = 16;

Error bad_function(const std::string& what) {
  return bad_request("sql.badFunction", what);
}

// Puts markers for the parameters of a function into its body, and refuses what reaches beyond
// them: columns of the calling query, other tables, parameters of the statement.
class Body {
 public:
  Body(const catalog::Function& function, const std::vector<std::string>& markers)
      : function_(function), markers_(markers) {}

  void mark(json::value& value) {
    if (value.is_array())
      for (json::value& item : value.as_array()) mark(item);
    if (!value.is_object()) return;
    json::object& object = value.as_object();
    const std::string kind = text_of(object, "class");
    for (std::string_view never : {"SUBQUERY", "WINDOW", "STAR", "PARAMETER", "DEFAULT"})
      if (kind == never)
        throw bad_function("The body of " + function_.name.text() + " holds a " +
                           std::string(never) +
                           ": it must be an expression over the parameters alone.");
    if (kind == "COLUMN_REF") return mark_column(value);
    if (kind == "LAMBDA") return mark_lambda(object);
    for (auto& item : object) mark(item.value());
  }

 private:
  void mark_column(json::value& value) {
    const json::array& names = value.as_object().at("column_names").as_array();
    const auto part = [&](std::size_t i) { return std::string_view(names[i].as_string()); };
    if (names.size() == 1 && std::ranges::any_of(bound_, [&](const std::string& name) {
          return equals_ignoring_case(name, part(0));
        }))
      return;
    const bool own = names.size() == 1 ||
                     (names.size() == 2 && equals_ignoring_case(part(0), function_.name.object));
    for (std::size_t i = 0; own && i < function_.parameters.size(); ++i) {
      if (!equals_ignoring_case(function_.parameters[i].name, part(names.size() - 1))) continue;
      value = text_constant(markers_[i], value.as_object());
      return;
    }
    // A word without brackets, such as current_user.
    if (names.size() == 1 && is_context_word(part(0))) return;
    throw bad_function("The body of " + function_.name.text() + " names " +
                       std::string(part(names.size() - 1)) + ", which is none of its parameters.");
  }

  void mark_lambda(json::object& lambda) {
    const std::size_t outer = bound_.size();
    bind(lambda.at("lhs"));
    mark(lambda.at("expr"));
    bound_.resize(outer);
  }

  void bind(const json::value& names) {
    const json::object& object = names.as_object();
    if (text_of(object, "class") == "COLUMN_REF") {
      const json::array& parts = object.at("column_names").as_array();
      if (parts.size() == 1) bound_.emplace_back(parts[0].as_string());
    } else if (const json::value* children = object.if_contains("children")) {
      for (const json::value& child : children->as_array()) bind(child);
    }
  }

  const catalog::Function& function_;
  const std::vector<std::string>& markers_;
  std::vector<std::string> bound_;  // by lambdas around
};

// The argument that a constant of the tree stands for.
std::optional<std::size_t> marker_of(const json::object& node,
                                     const std::vector<std::string>& markers) {
  if (text_of(node, "class") != "CONSTANT") return std::nullopt;
  const std::string text = text_of(node.at("value").as_object(), "value");
  const auto found = std::ranges::find(markers, text);
  if (text.empty() || found == markers.end()) return std::nullopt;
  return static_cast<std::size_t>(found - markers.begin());
}

void put_arguments(json::value& value, const std::vector<std::string>& markers,
                   const json::array& arguments, std::vector<int>& uses) {
  if (value.is_array())
    for (json::value& item : value.as_array()) put_arguments(item, markers, arguments, uses);
  if (!value.is_object()) return;
  if (const auto at = marker_of(value.as_object(), markers)) {
    ++uses[*at];
    const std::string alias = text_of(value.as_object(), "alias");
    value = arguments[*at];
    value.as_object()["alias"] = alias;
    return;
  }
  for (auto& item : value.as_object()) put_arguments(item.value(), markers, arguments, uses);
}

void require_plain_call(const json::object& call, const std::string& name) {
  const auto empty = [&](const json::value& v) {
    return v.is_null() || (v.is_bool() && !v.as_bool());
  };
  if (!empty(call.at("filter")) || !empty(call.at("distinct")) ||
      !call.at("order_bys").as_object().at("orders").as_array().empty())
    throw bad_function("DISTINCT, ORDER BY and FILTER are for aggregates: " + name + " is none.");
}

}  // namespace

bool is_context_word(std::string_view word) {
  for (std::string_view known :
       {"current_user", "session_user", "current_role", "user", "current_catalog", "current_schema",
        "current_date", "current_timestamp"})
    if (equals_ignoring_case(word, known)) return true;
  return false;
}

json::value Rewriter::parse_expression(const std::string& text) {
  json::value statement = tables_.parse_select(normalise_query("SELECT " + text));
  json::object& node = statement.as_object().at("node").as_object();
  json::array& columns = node.at("select_list").as_array();
  const bool plain = text_of(node, "type") == "SELECT_NODE" && columns.size() == 1 &&
                     node.at("where_clause").is_null() && node.at("modifiers").as_array().empty() &&
                     text_of(node.at("from_table").as_object(), "type") == "EMPTY";
  if (!plain || !text_of(columns[0].as_object(), "alias").empty())
    throw bad_function("The body of a function must be one expression.");
  return std::move(columns[0]);
}

json::value Rewriter::cast_to(const std::string& type, json::value value) {
  json::value cast =
      parse_expression("CAST(NULL AS " + delta::to_duckdb(delta::parse_type(type)) + ")");
  cast.as_object()["child"] = std::move(value);
  return cast;
}

bool Rewriter::replace_user_function(Value& value) {
  Object& call = value.as_object();
  std::vector<std::string> parts;
  for (std::string_view key : {"catalog", "schema"})
    if (std::string part = text_of(call, key); !part.empty()) parts.push_back(std::move(part));
  parts.push_back(text_of(call, "function_name"));
  if (parts.size() == 1 && function_allowed(parts[0])) return false;
  const auto function =
      at(call, [&] { return tables_.function(frame_.caller, parts, frame_.defaults); });
  if (!function) return false;
  require_plain_call(call, function->name.text());
  json::array arguments = std::move(call.at("children").as_array());
  if (arguments.size() != function->parameters.size())
    throw_at(call, bad_function(function->name.text() + " takes " +
                                std::to_string(function->parameters.size()) + " values, not " +
                                std::to_string(arguments.size()) + "."));
  const bool before = std::exchange(out_.repeatable, true);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    visit_expression(arguments[i]);
    arguments[i] = cast_to(function->parameters[i].type, std::move(arguments[i]));
  }
  const bool repeatable = out_.repeatable;
  Value body = expanded(*function, arguments, repeatable);
  out_.repeatable = out_.repeatable && before;
  body.as_object()["alias"] = text_of(call, "alias");
  value = std::move(body);
  return true;
}

json::value Rewriter::expanded(const catalog::Function& function, const json::array& arguments,
                               bool repeatable) {
  if (functions_ >= max_function_depth)
    throw bad_function("Functions call each other deeper than 16 levels at " +
                       function.name.text() + ".");
  std::vector<std::string> markers;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    markers.push_back("__arg_" + std::to_string(++made_up_) + "_" + nonce_);
  ++functions_;
  const Frame outer =
      std::exchange(frame_, {frame_.caller, {function.name.catalog, function.name.schema}, true});
  auto scopes = std::exchange(scopes_, {});
  Value body = parse_expression(function.body);
  Body(function, markers).mark(body);
  visit_expression(body);
  scopes_ = std::move(scopes);
  frame_ = outer;
  --functions_;
  std::vector<int> uses(arguments.size(), 0);
  put_arguments(body, markers, arguments, uses);
  if (!repeatable && std::ranges::any_of(uses, [](int n) { return n > 1; }))
    throw bad_function(function.name.text() +
                       " uses a parameter twice: give it no value that differs from one "
                       "evaluation to the next, such as random().");
  return function.returns.empty() ? body : cast_to(function.returns, std::move(body));
}

// is_member('group'): of the one who asks, whatever view or function it stands in.
bool Rewriter::replace_membership(Value& value) {
  Object& call = value.as_object();
  const std::string name = lower(text_of(call, "function_name"));
  if (name != "is_member" && name != "is_account_group_member") return false;
  const json::array& children = call.at("children").as_array();
  const std::string group =
      children.size() == 1 && text_of(children[0].as_object(), "class") == "CONSTANT"
          ? text_of(children[0].at("value").as_object(), "value")
          : "";
  if (group.empty())
    throw_at(call, bad_function(name + " takes the name of one group, as a text in quotes."));
  Value truth = parse_expression(tables_.is_member(invoker_, group) ? "true" : "false");
  truth.as_object()["alias"] = text_of(call, "alias");
  value = std::move(truth);
  return true;
}

}  // namespace ob::query
