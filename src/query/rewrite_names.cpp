// Names: 1–3 parts to the catalog's, and qualified columns to the aliases of their tables.
#include <algorithm>
#include <ranges>

#include "base/error.h"
#include "query/lexer.h"
#include "query/rewriter.h"

namespace ob::query {

namespace json = boost::json;

catalog::Name resolve_table(const std::vector<std::string>& parts, const Defaults& defaults) {
  switch (parts.size()) {
    case 1:
      return {defaults.catalog, defaults.schema, parts[0]};
    case 2:
      return {defaults.catalog, parts[0], parts[1]};
    case 3:
      return {parts[0], parts[1], parts[2]};
    default:
      throw bad_request("catalog.badName", "A name has one to three parts: catalog.schema.name.");
  }
}

catalog::Name resolve_schema(const std::vector<std::string>& parts, const Defaults& defaults) {
  if (parts.size() == 1) return {defaults.catalog, parts[0], ""};
  if (parts.size() == 2) return {parts[0], parts[1], ""};
  throw bad_request("catalog.badName", "A schema's name has one or two parts: catalog.schema.");
}

const ScopeTable* Rewriter::find_qualified(const std::vector<std::string>& qualifier) const {
  const auto matches = [&](const ScopeTable& table) {
    if (!table.implicit) return false;
    const std::string* path[] = {&table.path.catalog, &table.path.schema, &table.path.object};
    const std::size_t skipped = 3 - qualifier.size();
    for (std::size_t i = 0; i < qualifier.size(); ++i)
      if (!equals_ignoring_case(qualifier[i], *path[skipped + i])) return false;
    return true;
  };
  for (const Scope& scope : std::views::reverse(scopes_)) {
    const auto found = std::ranges::find_if(scope.tables, matches);
    if (found != scope.tables.end()) return &*found;
  }
  return nullptr;
}

// main.sales.orders.id and sales.orders.id → orders.id.
void Rewriter::qualify(json::array& names) {
  for (const std::size_t parts : {3U, 2U}) {
    if (names.size() <= parts) continue;
    std::vector<std::string> qualifier;
    for (std::size_t i = 0; i < parts; ++i) qualifier.emplace_back(names[i].as_string());
    const ScopeTable* table = find_qualified(qualifier);
    if (!table) continue;
    names.erase(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(parts));
    names.insert(names.begin(), json::value(table->alias));
    return;
  }
}

void Rewriter::qualify(Object& qualified) {
  std::vector<std::string> qualifier;
  for (std::string_view key : {"catalog", "schema", "table"})
    if (std::string part = text_of(qualified, key); !part.empty())
      qualifier.push_back(std::move(part));
  if (qualifier.size() < 2) return;
  const ScopeTable* table = find_qualified(qualifier);
  if (!table) return;
  qualified["catalog"] = "";
  qualified["schema"] = "";
  qualified["table"] = table->alias;
}

void Rewriter::require_named_columns(const Object& expression) const {
  const std::string kind = text_of(expression, "class");
  const bool star = kind == "STAR", place = kind == "POSITIONAL_REFERENCE";
  std::string name = text_of(expression, "relation_name");
  if (kind == "COLUMN_REF" && expression.at("column_names").as_array().size() == 1)
    name = expression.at("column_names").as_array()[0].as_string();
  for (const Scope& scope : scopes_)
    for (const ScopeTable& table : scope.tables) {
      if (!table.columns_only) continue;
      const bool whole =
          equals_ignoring_case(name, table.alias) || equals_ignoring_case(name, table.path.object);
      if (place || whole || (star && &scope == &scopes_.back()))
        throw_at(expression, bad_request("sql.wholeRow",
                                         "The table " + table.path.text() +
                                             " has a row filter or masks: name its columns, one by "
                                             "one, instead of a whole row of it."));
    }
}

}  // namespace ob::query
