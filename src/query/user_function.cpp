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

// Whether an item of a FROM in it goes by the name.
bool names_item(const json::value& value, std::string_view name) {
  if (value.is_array())
    return std::ranges::any_of(value.as_array(), [&](auto& v) { return names_item(v, name); });
  if (!value.is_object()) return false;
  const json::object& object = value.as_object();
  if (!object.contains("class") && (equals_ignoring_case(text_of(object, "table_name"), name) ||
                                    equals_ignoring_case(text_of(object, "alias"), name)))
    return true;
  return std::ranges::any_of(object, [&](auto& v) { return names_item(v.value(), name); });
}

json::object column_node(json::array names, const json::object& replaced) {
  json::object out{{"class", "COLUMN_REF"}, {"type", "COLUMN_REF"}};
  for (std::string_view key : {"alias", "query_location"}) out[key] = replaced.at(key);
  out["column_names"] = std::move(names);
  return out;
}

// Puts markers for the parameters of a function into its body, and refuses what reaches beyond
// them: columns of the calling query, parameters of the statement. A name alone that is a
// parameter's means that also within a lookup, whatever columns its tables have or will have.
class Body {
 public:
  Body(const catalog::Function& function, const std::vector<std::string>& markers,
       const json::value& body)
      : function_(function),
        markers_(markers),
        qualified_(!names_item(body, function.name.object)) {}

  void mark(json::value& value) {
    if (value.is_array())
      for (json::value& item : value.as_array()) mark(item);
    if (!value.is_object()) return;
    json::object& object = value.as_object();
    const std::string kind = text_of(object, "class");
    if (kind == "PARAMETER" || kind == "DEFAULT" ||
        (lookups_ == 0 && (kind == "WINDOW" || kind == "STAR")))
      throw bad_function("The body of " + function_.name.text() + " holds a " + kind +
                         ": it must be an expression over the parameters.");
    if (kind == "COLUMN_REF") return mark_column(value);
    if (kind == "LAMBDA") return mark_lambda(object);
    if (text_of(object, "type") == "SELECT_NODE") keep_names(object.at("select_list").as_array());
    for (auto& item : object) {
      const bool lookup = kind == "SUBQUERY" && item.key() == "subquery";
      lookups_ += lookup;
      mark(item.value());
      lookups_ -= lookup;
    }
  }

 private:
  std::optional<std::size_t> parameter(const json::object& column) const {
    const json::array& names = column.at("column_names").as_array();
    const auto part = [&](std::size_t i) { return std::string_view(names[i].as_string()); };
    if (names.size() == 1 && std::ranges::any_of(bound_, [&](const std::string& name) {
          return equals_ignoring_case(name, part(0));
        }))
      return std::nullopt;
    const bool own = names.size() == 1 || (names.size() == 2 && qualified_ &&
                                           equals_ignoring_case(part(0), function_.name.object));
    for (std::size_t i = 0; own && i < function_.parameters.size(); ++i)
      if (equals_ignoring_case(function_.parameters[i].name, part(names.size() - 1))) return i;
    return std::nullopt;
  }

  void mark_column(json::value& value) {
    const json::object& column = value.as_object();
    const json::array& names = column.at("column_names").as_array();
    const std::string_view last = names.back().as_string();
    if (const auto found = parameter(column)) {
      value = column_node({json::value(markers_[*found])}, column);
      return;
    }
    const bool bound = names.size() == 1 && std::ranges::any_of(bound_, [&](auto& name) {
                         return equals_ignoring_case(name, last);
                       });
    // Of the tables that are looked up; or a word without brackets, such as current_user.
    if (lookups_ > 0 || bound || (names.size() == 1 && is_context_word(last))) return;
    throw bad_function("The body of " + function_.name.text() + " names " + std::string(last) +
                       ", which is none of its parameters.");
  }

  // What is given instead of a parameter must not name a column of a lookup.
  void keep_names(json::array& columns) const {
    for (json::value& item : columns) {
      json::object& column = item.as_object();
      if (text_of(column, "class") == "COLUMN_REF" && text_of(column, "alias").empty() &&
          parameter(column))
        column["alias"] = column.at("column_names").as_array().back();
    }
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
  const bool qualified_;            // f.x means the parameter x of f
  int lookups_ = 0;                 // around what is being marked
  std::vector<std::string> bound_;  // by lambdas around
};

// The argument that a column of the tree stands for.
std::optional<std::size_t> marker_of(const json::object& node,
                                     const std::vector<std::string>& markers) {
  if (text_of(node, "class") != "COLUMN_REF") return std::nullopt;
  const json::array& names = node.at("column_names").as_array();
  if (names.size() != 1) return std::nullopt;
  const auto found = std::ranges::find(markers, std::string_view(names[0].as_string()));
  if (found == markers.end()) return std::nullopt;
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

// How often the body may name the parameter, at most: a name with quotes may be written otherwise.
std::size_t most_uses(const std::string& body, const std::string& name) {
  if (name.empty() || name.find_first_of("\"`") != name.npos) return body.size();
  const std::string text = lower(body), wanted = lower(name);
  std::size_t uses = 0;
  for (auto at = text.find(wanted); at != text.npos; at = text.find(wanted, at + wanted.size()))
    ++uses;
  return uses;
}

// About so many bytes.
std::size_t size_of(const json::value& tree) {
  std::size_t size = sizeof(json::value);
  if (const auto* text = tree.if_string()) size += text->size();
  if (const auto* items = tree.if_array())
    for (const json::value& item : *items) size += size_of(item);
  if (const auto* object = tree.if_object())
    for (const auto& item : *object) size += sizeof(json::value) + size_of(item.value());
  return size;
}

// Whether all columns in it are those of a table inside its fence, which mean the same wherever the
// expression stands.
bool means_the_same(const json::value& value) {
  if (value.is_array()) return std::ranges::all_of(value.as_array(), means_the_same);
  if (!value.is_object()) return true;
  const json::object& object = value.as_object();
  if (text_of(object, "class") == "SUBQUERY") return false;
  if (text_of(object, "class") == "COLUMN_REF")
    return object.at("column_names").as_array()[0] == json::value(fence_alias());
  return std::ranges::all_of(object, [](auto& item) { return means_the_same(item.value()); });
}

// Whether it has one value for each row around it, also inside a query of its own.
bool is_of_one_row(const json::value& value) {
  if (value.is_array()) return std::ranges::all_of(value.as_array(), is_of_one_row);
  if (!value.is_object()) return true;
  const json::object& object = value.as_object();
  const std::string kind = text_of(object, "class");
  if (kind == "WINDOW" || kind == "STAR" || kind == "POSITIONAL_REFERENCE" ||
      (kind == "FUNCTION" && function_takes_rows(text_of(object, "function_name"))))
    return false;
  return std::ranges::all_of(object, [&](auto& item) {
    return (kind == "SUBQUERY" && item.key() == "subquery") || is_of_one_row(item.value());
  });
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
  grow(columns[0]);
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
  for (std::size_t i = 0; i < arguments.size(); ++i)
    grow(arguments[i], most_uses(function->body, function->parameters[i].name));
  const bool repeatable = out_.repeatable;
  Value body = expanded(*function, arguments, repeatable);
  out_.repeatable = out_.repeatable && before;
  body.as_object()["alias"] = text_of(call, "alias");
  value = std::move(body);
  return true;
}

json::value Rewriter::expanded(const catalog::Function& function, json::array& arguments,
                               bool repeatable) {
  if (functions_ >= max_function_depth)
    throw bad_function("Functions call each other deeper than 16 levels at " +
                       function.name.text() + ".");
  std::vector<std::string> markers;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    markers.push_back("__arg_" + std::to_string(++made_up_) + "_" + nonce_);
  Value body = parse_expression(function.body);
  const bool lookup = mentions(body, "SUBQUERY");
  Body(function, markers, body).mark(body);
  if (lookup) {
    visit_lookup(function, body);
  } else {
    visit_body(function, body, frame_.caller);
  }
  std::vector<int> uses(arguments.size(), 0);
  Value out;
  if (lookup && !std::ranges::all_of(arguments, means_the_same)) {
    if (!std::ranges::all_of(arguments, is_of_one_row))
      throw bad_function(function.name.text() +
                         " looks up tables: compute aggregates and the like in a subquery, and "
                         "give it columns of that.");
    out = around(arguments, body);
  }
  put_arguments(body, markers, arguments, uses);
  if (!repeatable && std::ranges::any_of(uses, [](int n) { return n > 1; }))
    throw bad_function(function.name.text() +
                       " uses a parameter twice: give it no value that differs from one "
                       "evaluation to the next, such as random().");
  if (!out.is_null()) {
    out.at("subquery").at("node").at("select_list").as_array()[0] = std::move(body);
    body = std::move(out);
  }
  return function.returns.empty() ? body : cast_to(function.returns, std::move(body));
}

void Rewriter::visit_body(const catalog::Function& function, Value& body, const Caller& caller) {
  ++functions_;
  const Frame outer =
      std::exchange(frame_, {caller, {function.name.catalog, function.name.schema}, true});
  auto scopes = std::exchange(scopes_, {});
  auto ctes = std::exchange(ctes_, {});
  visit_expression(body);
  ctes_ = std::move(ctes);
  scopes_ = std::move(scopes);
  frame_ = outer;
  --functions_;
}

// A body that reads tables does so with the rights of the function's owner. Names in it that its
// tables lack could be taken for columns of the calling query, so it must also do without one.
void Rewriter::visit_lookup(const catalog::Function& function, Value& body) {
  const Caller owner = tables_.owner_of(function, invoker_);
  try {
    visit_body(function, body, owner);
    tables_.check_alone(function);
  } catch (const Error& error) {
    // Who calls it need not know what it reads.
    const bool stopped = error.status() >= 410;  // which is no fault of the function's
    if (owner.user_id == invoker_.user_id || stopped) throw;
    if (error.id() == "sql.viewCycle")
      throw bad_request("sql.viewCycle", "What the function " + function.name.text() +
                                             " looks up leads back to itself.");
    throw conflict("sql.lookupBroken", "The function " + function.name.text() +
                                           " can no longer read what it looks up: its owner must "
                                           "make it anew.");
  }
}

// (SELECT … FROM (SELECT the arguments)): for a body with scopes of its own, in which the arguments
// might mean something else. They become references to that.
json::value Rewriter::around(json::array& arguments, const Value& body) {
  const std::string number = std::to_string(++made_up_) + "_" + nonce_;
  const std::string alias = "__args_" + number;
  std::string columns;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    columns += (i > 0 ? ", 1 AS __p" : "1 AS __p") + std::to_string(i) + "_" + number;
  Value out = parse_expression("(SELECT 1 FROM (SELECT " + columns + ") AS " + alias + ")");
  json::array& given = out.at("subquery")
                           .at("node")
                           .at("from_table")
                           .at("subquery")
                           .at("node")
                           .at("select_list")
                           .as_array();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string name = "__p" + std::to_string(i) + "_" + number;
    Value column = column_node({json::value(alias), json::value(name)}, body.as_object());
    arguments[i].as_object()["alias"] = name;
    given[i] = std::exchange(arguments[i], std::move(column));
  }
  return out;
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

void Rewriter::grow(const Value& tree, std::size_t times) {
  constexpr std::size_t kMost = 64 * 1024 * 1024;
  const std::size_t size = size_of(tree);
  if (times > (kMost - grown_) / size)
    throw bad_request("sql.tooLarge",
                      "With the views and functions that it uses, and those that they use, the "
                      "statement is too large. Use fewer, or make tables of some.");
  grown_ += size * times;
}

}  // namespace ob::query
