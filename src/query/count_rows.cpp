// count(*) of a whole table: the log knows it, and no file is opened.
#include <boost/json.hpp>

#include "query/core.h"
#include "query/rewriter.h"

namespace ob::query {

namespace json = boost::json;

namespace {

bool is_empty(const json::object& node, std::string_view key) {
  const json::value& value = node.at(key);
  return value.is_null() || (value.is_array() && value.get_array().empty());
}

bool is_plain_count(const json::object& function) {
  return text_of(function, "type") == "FUNCTION" &&
         text_of(function, "function_name") == "count_star" && is_empty(function, "children") &&
         is_empty(function, "filter") && !function.at("distinct").as_bool() &&
         is_empty(function.at("order_bys").as_object(), "orders");
}

// The alias of the one column of "SELECT count(*) FROM <placeholder>"; nothing for other
// statements.
std::optional<std::string> count_alias(const json::object& node, const std::string& placeholder) {
  if (text_of(node, "type") != "SELECT_NODE" || !is_empty(node.at("cte_map").as_object(), "map"))
    return std::nullopt;
  for (const char* key : {"modifiers", "where_clause", "group_expressions", "group_sets", "having",
                          "sample", "qualify"})
    if (!is_empty(node, key)) return std::nullopt;
  const json::array& columns = node.at("select_list").as_array();
  if (columns.size() != 1 || !is_plain_count(columns[0].as_object())) return std::nullopt;
  const json::object& from = node.at("from_table").as_object();
  if (text_of(from, "type") != "BASE_TABLE" || text_of(from, "table_name") != placeholder ||
      !is_empty(from, "sample"))
    return std::nullopt;
  const std::string alias = text_of(columns[0].as_object(), "alias");
  return alias.empty() ? "count_star()" : alias;
}

}  // namespace

std::optional<Plan> Session::counted(const Rewritten& rewritten) {
  if (rewritten.uses.size() != 1) return std::nullopt;
  const TableUse& use = rewritten.uses.front();
  const Source& source = use.source;
  if (source.kind != Source::Kind::delta || !use.item.empty() || !source.in_its_place.empty())
    return std::nullopt;
  const auto rows = source.snapshot->row_count();
  if (!rows) return std::nullopt;
  const auto alias =
      count_alias(rewritten.statement.as_object().at("node").as_object(), use.placeholder);
  if (!alias) return std::nullopt;
  Plan plan;
  plan.sql =
      "SELECT CAST(" + std::to_string(*rows) + " AS BIGINT) AS " + engine::quote_identifier(*alias);
  plan.printed = plan.sql;
  plan.views = rewritten.views;
  plan.names = rewritten.names;
  plan.names[use.placeholder] = source.name.text();
  plan.locations[source.table->location()] = source.name.text();
  plan.statistics.files_skipped = static_cast<std::int64_t>(source.snapshot->files().size());
  return plan;
}

}  // namespace ob::query
