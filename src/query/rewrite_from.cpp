// FROM items: tables, CTE references, views, table functions and files.
#include <algorithm>
#include <map>
#include <ranges>
#include <utility>

#include "base/error.h"
#include "query/functions.h"
#include "query/lexer.h"
#include "query/normalise.h"
#include "query/rewriter.h"

namespace ob::query {

namespace json = boost::json;

namespace {

constexpr std::size_t max_view_depth = 16;

bool is_literal(const json::value& value) {
  return value.is_string() || value.is_bool() || value.is_number();
}

// The value of a constant, also below a CAST to BOOLEAN ('t') and in a list of constants.
std::optional<json::value> literal(const json::value& expression) {
  const json::object& object = expression.as_object();
  const std::string kind = text_of(object, "class");
  if (kind == "CONSTANT") {
    const json::object& value = object.at("value").as_object();
    if (value.at("is_null").as_bool()) return json::value(nullptr);
    const json::value* inner = value.if_contains("value");
    if (inner && is_literal(*inner)) return *inner;
  } else if (kind == "CAST" && text_of(object.at("cast_type").as_object(), "id") == "BOOLEAN") {
    const auto inner = literal(object.at("child"));
    if (inner && inner->is_string()) return json::value(inner->as_string() == "t");
  } else if (kind == "FUNCTION" && (text_of(object, "function_name") == "list_value" ||
                                    text_of(object, "function_name") == "struct_pack")) {
    const bool list = text_of(object, "function_name") == "list_value";
    json::array items;
    json::object fields;
    for (const json::value& child : object.at("children").as_array()) {
      auto item = literal(child);
      if (!item) return std::nullopt;
      if (list) {
        items.push_back(std::move(*item));
      } else {
        fields[text_of(child.as_object(), "alias")] = std::move(*item);
      }
    }
    if (list) return json::value(std::move(items));
    return json::value(std::move(fields));
  }
  return std::nullopt;
}

std::string named_argument(const json::object& argument) {
  if (text_of(argument, "class") != "COMPARISON" || text_of(argument, "type") != "COMPARE_EQUAL")
    return {};
  const json::object& left = argument.at("left").as_object();
  if (text_of(left, "class") != "COLUMN_REF") return {};
  const auto& names = left.at("column_names").as_array();
  return names.size() == 1 ? lower(std::string_view(names[0].as_string())) : std::string();
}

}  // namespace

bool mentions(const json::value& value, std::string_view kind) {
  if (value.is_array())
    return std::ranges::any_of(value.as_array(), [&](auto& v) { return mentions(v, kind); });
  if (!value.is_object()) return false;
  if (text_of(value.as_object(), "class") == kind) return true;
  return std::ranges::any_of(value.as_object(), [&](auto& v) { return mentions(v.value(), kind); });
}

void Rewriter::visit_from(Value& item) {
  Object& object = item.as_object();
  const std::string type = text_of(object, "type");
  if (type == "BASE_TABLE") return visit_table(object);
  if (type == "TABLE_FUNCTION") return visit_table_function(item);
  visit_slots("F:" + type, object);
  if (type == "SHOW_REF" && object.at("query").is_null())
    throw bad_request("sql.statementNotAllowed",
                      "SHOW and DESCRIBE of a name stand alone, not inside a query.");
}

catalog::Name Rewriter::table_name(const Object& item) const {
  std::vector<std::string> parts;
  for (std::string_view key : {"catalog_name", "schema_name", "table_name"})
    if (std::string part = text_of(item, key); !part.empty()) parts.push_back(std::move(part));
  return resolve_table(parts, frame_.defaults);
}

// The innermost CTE that an unqualified name means; "recurring.x" means a recursive one's state.
const Rewriter::Cte* Rewriter::find_cte(const Object& item) const {
  const std::string schema = text_of(item, "schema_name");
  const bool recurring = equals_ignoring_case(schema, "recurring");
  if (!text_of(item, "catalog_name").empty() || (!schema.empty() && !recurring)) return nullptr;
  const std::string name = text_of(item, "table_name");
  for (const Cte& cte : std::views::reverse(ctes_))
    if (equals_ignoring_case(cte.name, name) && (!recurring || cte.recursive)) return &cte;
  return nullptr;
}

void Rewriter::visit_table(Object& item) {
  visit_slots("F:BASE_TABLE", item, {"at_clause"});
  const std::string name = text_of(item, "table_name");
  if (const Cte* cte = find_cte(item)) {
    if (!item.at("at_clause").is_null())
      throw bad_request("sql.badTimeTravel",
                        name + " is a name from WITH: it has no versions to travel to.");
    if (text_of(item, "alias").empty()) item["alias"] = name;
    item["table_name"] = cte->unique;
    return;
  }
  const auto travel = time_travel(item);
  Source source = at(item, [&] { return tables_.find(frame_.caller, table_name(item), travel); });
  // What a function looks up its callers need not know.
  source.fenced = source.fenced || functions_ > 0;
  ScopeTable* scoped = scope_table(item);
  if (text_of(item, "alias").empty()) item["alias"] = scoped ? scoped->alias : name;
  item["at_clause"] = nullptr;
  if (source.kind == Source::Kind::view) return replace_view(item, source);
  if (scoped && source.kind == Source::Kind::delta && item.at("sample").is_null() &&
      item.at("column_name_alias").as_array().empty())
    scoped->use = static_cast<int>(out_.uses.size());
  item["catalog_name"] = "";
  item["schema_name"] = "";
  item["table_name"] = add_use({"", source, "", {}});
}

std::string Rewriter::add_use(TableUse use) {
  use.placeholder = "__scan_" + std::to_string(++made_up_) + "_" + nonce_;
  out_.uses.push_back(use);
  return use.placeholder;
}

std::optional<TimeTravel> Rewriter::time_travel(const Object& item) {
  const Value& clause = item.at("at_clause");
  if (clause.is_null()) return std::nullopt;
  for (const auto& part : clause.as_object()) slot_of("time travel", part.key());
  const std::string unit = upper(text_of(clause.as_object(), "unit"));
  TimeTravel travel{unit == "VERSION", clause.at("expr")};
  if (unit != "VERSION" && unit != "TIMESTAMP")
    throw bad_request("sql.badTimeTravel", "AT takes VERSION or TIMESTAMP, not " + unit + ".");
  if (mentions(travel.expression, "SUBQUERY") || mentions(travel.expression, "COLUMN_REF"))
    throw bad_request(
        "sql.badTimeTravel",
        "A version or instant to travel to must be a constant: no columns or queries.");
  if (text_of(travel.expression.as_object(), "class") == "PARAMETER") {
    visit_parameter(travel.expression.as_object());
    auto constant = parameter_constant(travel.expression.as_object(), parameters_);
    if (!constant)
      throw bad_request("sql.badTimeTravel",
                        "The parameter for the version or instant is missing.");
    out_.consumed_parameters.insert(text_of(travel.expression.as_object(), "identifier"));
    travel.expression = std::move(*constant);
  }
  if (mentions(travel.expression, "PARAMETER"))
    throw bad_request("sql.badTimeTravel",
                      "A parameter for a version or instant must stand alone.");
  visit_expression(travel.expression);
  return travel;
}

void Rewriter::replace_view(Object& item, const Source& view) {
  if (views_.size() >= max_view_depth)
    throw bad_request("sql.viewCycle",
                      "Views are nested deeper than 16 levels at " + view.name.text() + ".");
  if (std::ranges::find(views_, view.name) != views_.end())
    throw bad_request("sql.viewCycle", view.name.text() +
                                           " refers to itself, as a view or by way of a row filter "
                                           "or mask that looks up tables.");
  views_.push_back(view.name);
  out_.views += view.sql + "\n";
  const Frame outer = std::exchange(frame_, {view.view_caller, view.view_defaults, true});
  Value statement = at(item, [&] { return tables_.parse_select(normalise_query(view.sql)); });
  grow(statement);
  auto ctes = std::exchange(ctes_, {});
  auto scopes = std::exchange(scopes_, {});
  visit_statement(statement.as_object());
  scopes_ = std::move(scopes);
  ctes_ = std::move(ctes);
  frame_ = outer;
  views_.pop_back();
  Object fresh{{"type", "SUBQUERY"}};
  for (std::string_view key : {"alias", "sample", "query_location"}) fresh[key] = item.at(key);
  fresh["subquery"] = std::move(statement);
  fresh["column_name_alias"] = item.at("column_name_alias");
  item = std::move(fresh);
}

void Rewriter::visit_table_function(Value& item) {
  Object& object = item.as_object();
  visit_slots("F:TABLE_FUNCTION", object, {"function"});
  Object& function = object.at("function").as_object();
  if (text_of(function, "class") != "FUNCTION")
    throw bad_request("sql.notSupportedYet", "This FROM item is not supported.");
  const std::string name = text_of(function, "function_name");
  if (is_file_reader(name)) return replace_files(item, name);
  if (!table_function_allowed(name))
    throw_at(object,
             bad_request("sql.functionNotAllowed",
                         "The table function " + name + " does not exist or is not allowed here."));
  for (auto& part : function) slot_of("E:FUNCTION", part.key());
  function["catalog"] = "";
  function["schema"] = "";
  for (Value& argument : function.at("children").as_array()) {
    if (named_argument(argument.as_object()).empty()) {
      visit_expression(argument);
    } else {
      visit_expression(argument.as_object().at("right"));
    }
  }
}

void Rewriter::replace_files(Value& item, const std::string& function) {
  Object& object = item.as_object();
  if (frame_.in_view)
    throw bad_request("sql.functionNotAllowed",
                      "A view cannot read files: make a table from the file first.");
  std::vector<std::string> paths;
  Object options;
  for (Value& argument : object.at("function").at("children").as_array()) {
    const std::string option = named_argument(argument.as_object());
    const Value& expression = option.empty() ? argument : argument.at("right");
    const std::optional<Value> value = literal(expression);
    if (!value)
      throw bad_request("sql.badFilePath", "The arguments of " + function + " must be constants.");
    if (!option.empty()) {
      options[option] = *value;
    } else if (value->is_string() && paths.empty()) {
      paths.emplace_back(value->as_string());
    } else if (value->is_array() && paths.empty()) {
      for (const Value& path : value->as_array())
        paths.emplace_back(path.is_string() ? path.as_string() : "");
    }
  }
  if (paths.empty() || text_of(object, "with_ordinality") == "WITH_ORDINALITY")
    throw bad_request(
        "sql.badFilePath",
        function + " takes a path such as '/Volumes/catalog/schema/volume/file.csv'.");
  TableUse use;
  use.item = at(object, [&] { return tables_.file(frame_.caller, function, paths, options); });
  Object fresh{{"type", "BASE_TABLE"}};
  for (std::string_view key : {"alias", "sample", "query_location", "column_name_alias"})
    fresh[key] = object.at(key);
  if (text_of(fresh, "alias").empty()) fresh["alias"] = function;
  fresh["schema_name"] = "";
  fresh["catalog_name"] = "";
  fresh["table_name"] = add_use(std::move(use));
  fresh["at_clause"] = nullptr;
  item = std::move(fresh);
}

// Which tables a SELECT's columns can name. An ASOF join's right side, a positional join, a pivot
// and a sample depend on all rows, so WHERE may not skip files below them.
void Rewriter::collect_scope(const Object& item, bool prunable) {
  const std::string type = text_of(item, "type");
  if (type == "JOIN") {
    const std::string kind = text_of(item, "ref_type");
    const bool positional = kind == "POSITIONAL";
    collect_scope(item.at("left").as_object(), prunable && !positional);
    collect_scope(item.at("right").as_object(), prunable && !positional && kind != "ASOF");
  } else if (type == "PIVOT") {
    collect_scope(item.at("source").as_object(), false);
  } else if (type == "BASE_TABLE") {
    ScopeTable table;
    table.item = &item;
    table.alias = text_of(item, "alias");
    table.prunable = prunable;
    if (!find_cte(item)) {
      table.path = tables_.shown(table_name(item));
      table.implicit = table.alias.empty();
      table.columns_only = tables_.columns_only(table_name(item));
    }
    if (table.alias.empty()) table.alias = text_of(item, "table_name");
    scopes_.back().tables.push_back(std::move(table));
  }
}

// Two tables of one name from different schemas get longer aliases, as both would be "orders".
void Rewriter::distinguish_aliases(Scope& scope) {
  std::map<std::string, std::vector<ScopeTable*>> by_alias;
  for (ScopeTable& table : scope.tables)
    if (table.implicit) by_alias[lower(table.alias)].push_back(&table);
  for (auto& [alias, tables] : by_alias) {
    const bool distinct = std::ranges::any_of(
        tables, [&](const ScopeTable* t) { return !(t->path == tables[0]->path); });
    if (!distinct) continue;
    for (ScopeTable* table : tables)
      table->alias = table->path.catalog + "." + table->path.schema + "." + table->path.object;
  }
}

ScopeTable* Rewriter::scope_table(const Object& item) {
  if (scopes_.empty()) return nullptr;
  auto& tables = scopes_.back().tables;
  const auto found = std::ranges::find(tables, &item, &ScopeTable::item);
  return found == tables.end() ? nullptr : &*found;
}

}  // namespace ob::query
