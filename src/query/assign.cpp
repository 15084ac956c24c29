// SET c = …, s.field = …: which columns get which values.
#include <algorithm>

#include "base/error.h"
#include "query/change.h"
#include "query/lexer.h"
#include "query/writes.h"

namespace ob::query {

using engine::quote_identifier;
using engine::quote_literal;

struct Change::Leaf {
  std::vector<const delta::Field*> path;  // from the column down
  std::string value;
};

namespace {

std::string text_of(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& part : path) out += (out.empty() ? "" : ".") + part;
  return out;
}

// How many parts at the front name the table: its alias, or its name of one to three parts.
std::size_t qualifier_parts(const std::vector<std::string>& path, const catalog::Name& name,
                            const std::string& alias) {
  if (!alias.empty()) return equals_ignoring_case(path[0], alias) ? 1 : 0;
  const std::string* full[] = {&name.catalog, &name.schema, &name.object};
  for (std::size_t parts = 3; parts > 0; --parts) {
    if (path.size() <= parts) continue;
    bool same = true;
    for (std::size_t i = 0; i < parts; ++i)
      same = same && equals_ignoring_case(path[i], *full[3 - parts + i]);
    if (same) return parts;
  }
  return 0;
}

std::vector<const delta::Field*> find_path(const delta::Schema& schema,
                                           const std::vector<std::string>& path,
                                           std::size_t first) {
  std::vector<const delta::Field*> out;
  const delta::Schema* fields = &schema;
  for (std::size_t i = first; i < path.size(); ++i) {
    const delta::Field* field = delta::find_field(*fields, path[i]);
    if (!field) return {};
    out.push_back(field);
    fields = &field->type.fields;
  }
  return out;
}

}  // namespace

std::vector<const delta::Field*> Change::resolve_column(
    const std::vector<std::string>& path) const {
  const std::size_t qualifier = qualifier_parts(path, opened_.table.name, alias_);
  auto found = find_path(schema(), path, qualifier);
  if (found.empty() && qualifier > 0) found = find_path(schema(), path, 0);
  if (found.empty())
    throw bad_request("delta.schemaMismatch", "The table has no column " + text_of(path) + ".");
  return found;
}

// The value of a column or field whose parts are set: "(expression)" or a struct around some.
std::string Change::value_of(const delta::DataType& type, const std::string& old,
                             const std::vector<Leaf>& leaves, std::size_t depth) {
  for (const Leaf& leaf : leaves) {
    if (leaf.path.size() != depth) continue;
    if (leaves.size() > 1)
      throw bad_request("sql.syntax",
                        "SET names " + leaf.path.back()->name + " twice, or also a part of it.");
    return "(" + leaf.value + ")";
  }
  std::string out = "{";
  for (const delta::Field& field : type.fields) {
    std::vector<Leaf> inner;
    std::ranges::copy_if(leaves, std::back_inserter(inner),
                         [&](const Leaf& leaf) { return leaf.path[depth] == &field; });
    const std::string part = "struct_extract(" + old + ", " + quote_literal(field.name) + ")";
    out += (out.size() > 1 ? ", " : "") + quote_literal(field.name) + ": " +
           (inner.empty() ? part : value_of(field.type, part, inner, depth + 1));
  }
  return out + "}";
}

std::vector<NewValue> Change::assign(const std::vector<Assignment>& set,
                                     const std::string& from) const {
  std::vector<NewValue> all, out;
  std::vector<std::vector<Leaf>> leaves(schema().size());
  for (const Assignment& assignment : set) {
    auto path = resolve_column(assignment.column);
    all.push_back({path.back(), assignment.value});
    leaves[static_cast<std::size_t>(path.front() - schema().data())].push_back(
        {std::move(path), assignment.value});
  }
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (leaves[i].empty()) continue;
    const delta::Field& field = schema()[i];
    out.push_back(
        {&field, value_of(field.type, qualifier_ + quote_identifier(field.name), leaves[i], 1)});
  }
  check_storable(all, from);
  return out;
}

void Change::check_storable(const std::vector<NewValue>& leaves, const std::string& from) const {
  if (leaves.empty()) return;
  std::string list;
  std::vector<const delta::Field*> fields;
  for (const NewValue& leaf : leaves) {
    list += (list.empty() ? "(" : ", (") + leaf.value + ")";
    fields.push_back(leaf.field);
  }
  const Plan plan = compose("SELECT " + list + " FROM " + from);
  const auto given = in_user_names(plan, [&] { return session_.columns_of(plan); });
  if (!all_storable(given, fields))
    check_types(given, fields, session_.null_columns(plan, given.size()));
}

std::string Change::cast(const NewValue& value) {
  return "CAST(" + value.value + " AS " + delta::to_duckdb(value.field->type) + ")";
}

}  // namespace ob::query
