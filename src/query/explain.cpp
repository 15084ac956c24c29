// EXPLAIN: DuckDB's plan as text, with the user's names instead of files.
#include <algorithm>
#include <boost/json.hpp>

#include "base/error.h"
#include "query/core.h"
#include "query/places.h"
#include "relay/relay.h"

namespace ob::query {

namespace json = boost::json;

namespace {

// As the engine names it.
std::string engine_name(const std::string& location) {
  return relay::is_remote(location) ? relay::to_path(location) : location;
}

// Where the path of a file begins in a text without blanks, quotes and brackets; npos when there is
// none. By hand: callers choose how long it is, and std::regex takes stack for each character.
std::size_t path_in(std::string_view word) {
  const std::size_t slash = word.find('/');
  if (slash == word.npos) return slash;
  const auto behind = word.substr(slash + 1);
  const bool data = std::ranges::any_of(
      std::initializer_list<std::string_view>{".parquet", ".csv", ".json"},
      [&](std::string_view extension) { return behind.find(extension) != behind.npos; });
  if (!data) return word.npos;
  for (const std::string_view scheme : {"file:", "s3:"})
    if (behind.starts_with('/') && word.substr(0, slash).ends_with(scheme))
      return slash - scheme.size();
  return slash;
}

// Files of tables become the tables' names, other files an ellipsis.
std::string clean(std::string_view text, const Plan& plan) {
  constexpr std::string_view kBetween = " \t\n\v\f\r'\",])";
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(kBetween, at), text.size());
    const auto word = text.substr(at, end - at);
    const std::size_t begin = path_in(word);
    out += word.substr(0, begin);
    if (begin != word.npos) {
      std::string name = "…";
      for (const auto& [location, table] : plan.locations)
        if (word.substr(begin).starts_with(engine_name(location))) name = table;
      if (!out.ends_with(name + ", ")) {
        out += name;
      } else {
        out.resize(out.size() - 2);  // one name for the files of one table
      }
    }
    if (end < text.size()) out += text[end];
    at = end + 1;
  }
  constexpr std::string_view kSmall = "__OB_SMALL_FILES";
  for (auto at = out.find(kSmall); at != out.npos; at = out.find(kSmall, at))
    out.replace(at, kSmall.size(), "READ_PARQUET (small files)");
  return with_user_names(std::move(out), plan.names);
}

std::string value_text(const json::value& value) {
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_array()) {
    std::string text;
    for (const json::value& item : value.as_array())
      text += (text.empty() ? "" : ", ") + value_text(item);
    return text;
  }
  return json::serialize(value);
}

std::string name_of(const json::object& node) {
  for (std::string_view key : {"operator_name", "name", "operator_type"})
    if (const json::value* name = node.if_contains(key); name && name->is_string())
      return std::string(name->as_string());
  return {};
}

void render(const json::value& value, int depth, std::string& out) {
  if (!value.is_object()) return;
  const json::object& node = value.as_object();
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  std::string name = name_of(node);
  while (!name.empty() && name.back() == ' ') name.pop_back();
  if (!name.empty()) {
    out += indent + name;
    if (const json::value* rows = node.if_contains("operator_cardinality"))
      out += "  rows=" + value_text(*rows);
    if (const json::value* time = node.if_contains("operator_timing"))
      out += "  seconds=" + value_text(*time);
    out += "\n";
    if (const json::value* info = node.if_contains("extra_info"); info && info->is_object())
      for (const auto& item : info->as_object())
        out += indent + "    " + std::string(item.key()) + ": " + value_text(item.value()) + "\n";
  }
  if (const json::value* children = node.if_contains("children"); children && children->is_array())
    for (const json::value& child : children->as_array())
      render(child, name.empty() ? depth : depth + 1, out);
}

std::string tree_text(const std::string& plan_json) {
  std::string out;
  json::parse_options options;
  options.max_depth = 2000;
  const json::value parsed = json::parse(plan_json, {}, options);
  if (parsed.is_array()) {
    for (const json::value& node : parsed.as_array()) render(node, 0, out);
  } else {
    render(parsed, 0, out);
  }
  return out;
}

}  // namespace

Plan Session::run(const Explain& explain) {
  const Plan plan = plan_query(explain.sql);
  if (plan.fenced)
    throw forbidden("sql.explainFenced",
                    "EXPLAIN would tell about hidden rows: a table in this query has a row filter "
                    "or masks.");
  std::string text;
  const auto append = [&](const std::string& options) {
    const auto rows = with_places(
        plan, [&] { return connection_.rows("EXPLAIN " + options + plan.sql, plan.parameters); });
    for (const auto& row : rows) text += tree_text(row.back().value_or("[]"));
  };
  if (explain.analyze) append("(ANALYZE, FORMAT JSON) ");
  // DuckDB measures nothing when the statistics of the files alone gave the answer.
  if (text.empty()) append("(FORMAT JSON) ");
  if (text.empty()) throw internal("EXPLAIN gave no plan");
  RowsBuilder rows({{"plan", "VARCHAR"}});
  rows.add({clean(text, plan)});
  Plan answer = rows.plan();
  answer.statistics = plan.statistics;
  return answer;
}

}  // namespace ob::query
