// Removing the rows for which a condition holds: whole partitions without reading them where the
// condition tells.
#include <algorithm>
#include <map>

#include "delta/maintenance.h"
#include "query/change.h"
#include "query/lexer.h"
#include "query/writes.h"

namespace ob::query {

using engine::quote_identifier;
using engine::quote_literal;

namespace {

// Whether a condition certainly reads no columns but those that the table is partitioned by: then
// whole files answer it. `row`: the name that stands for a whole row.
bool reads_partitions_only(const std::string& where, const delta::Metadata& metadata,
                           const std::string& row) {
  if (metadata.partition_columns.empty() || has_volatile_function(where)) return false;
  const std::vector<Token> tokens = tokenize(where);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.is_symbol("*")) return false;
    if (token.kind != TokenKind::word && token.kind != TokenKind::identifier) continue;
    if (token.is_word("columns")) return false;
    if (equals_ignoring_case(token.value, row) && !tokens[i + 1].is_symbol(".")) return false;
    const delta::Field* field = delta::find_field(metadata.schema, token.value);
    const bool partitions =
        field && std::ranges::any_of(metadata.partition_columns, [&](const std::string& name) {
          return equals_ignoring_case(name, field->name);
        });
    if (field && !partitions) return false;
  }
  return true;
}

std::vector<const delta::Field*> partition_fields(const delta::Metadata& metadata) {
  std::vector<const delta::Field*> out;
  for (const std::string& name : metadata.partition_columns)
    out.push_back(delta::find_field(metadata.schema, name));
  return out;
}

// The distinct partitions of some files.
struct Partitions {
  std::string select;  // columns, then the partition's number as a file's; empty: no files
  std::vector<std::vector<const delta::Add*>> files;  // by number
};

template <class Adds>
Partitions partitions_of(const Adds& adds, const delta::Metadata& metadata,
                         const engine::ScanOptions::Places& places) {
  const auto fields = partition_fields(metadata);
  std::map<std::vector<std::optional<std::string>>, std::size_t> numbers;
  Partitions out;
  std::string rows;
  for (const delta::Add& add : adds) {
    std::vector<std::optional<std::string>> key;
    for (const delta::Field* field : fields) {
      const auto found = std::ranges::find(add.partition_values, field->physical_name(),
                                           &delta::PartitionValues::value_type::first);
      const bool null =
          found == add.partition_values.end() || !found->second || found->second->empty();
      key.push_back(null ? std::nullopt : found->second);
    }
    const auto [at, fresh] = numbers.emplace(key, out.files.size());
    if (fresh) {
      out.files.emplace_back();
      rows += (rows.empty() ? "(" : ", (") + std::to_string(at->second);
      for (const auto& value : key)
        rows += ", " + (value ? quote_literal(*value) : "CAST(NULL AS VARCHAR)");
      rows += ")";
    }
    out.files[at->second].push_back(&add);
  }
  std::string columns, names = "n";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string value = "v" + std::to_string(i);
    columns += "CAST(" + value + " AS " + delta::to_duckdb(fields[i]->type) + ") AS " +
               quote_identifier(fields[i]->name) + ", ";
    names += ", " + value;
  }
  if (!rows.empty())
    out.select = "SELECT " + columns + "n AS " + quote_identifier(places.file) + ", 0 AS " +
                 quote_identifier(places.row) + " FROM (VALUES " + rows + ") AS p(" + names + ")";
  return out;
}

}  // namespace

void Change::remove_file(const delta::Add& add) {
  request_.actions.emplace_back(delta::removal_of(add, true));
  request_.reads.removed_paths.push_back(add.path);
  ++counts_.files_removed;
  counts_.bytes_removed += add.size;
}

void Change::delete_file(const delta::Add& add) {
  remove_file(add);
  counts_.deleted += live_rows(add).value_or(0);
}

void Change::remove_partitions(const std::string& where) {
  const Partitions partitions = partitions_of(base_->files(), base_->metadata(), *raw_.scan.places);
  if (partitions.select.empty()) {
    hit(where);  // nothing, but a wrong condition is told
    return;
  }
  read_instead(partitions.select);
  const Plan plan = compose("SELECT " + quote_identifier(file_column()) + " FROM " + from_ +
                            " WHERE (" + where + ")");
  read_instead("");
  note_read(plan);
  for (const auto& row :
       in_user_names(plan, [&] { return connection().rows(plan.sql, plan.parameters); }))
    for (const delta::Add* add : partitions.files.at(std::stoull(row.at(0).value())))
      delete_file(*add);
}

void Change::remove_all() {
  note_read_all();
  for (const delta::Add& add : base_->files()) delete_file(add);
}

void Change::remove_rows(const std::string& where) {
  const bool counted =
      std::ranges::all_of(base_->files(), [](auto& add) { return live_rows(add).has_value(); });
  if (guarded()) {
    session_.core_.catalog.require(session_.caller_, identity::Privilege::read,
                                   identity::ObjectType::table, name());
    remove_found(where);
  } else if (where.empty() && counted) {
    remove_all();
  } else if (counted && !where.empty() &&
             reads_partitions_only(where, base_->metadata(), row_name())) {
    remove_partitions(where);
  } else if (!where.empty() && repeatable(where)) {
    stream_removal(where);
  } else {
    remove_found(where);
  }
}

void Change::remove_found(const std::string& where) {
  const Plan plan = compose("SELECT " + place() + ", 2 FROM " + from_ + " WHERE (" +
                            (where.empty() ? "true" : where) + ")");
  note_read(plan);
  const auto rows = keep(plan, "__f, __r, __k");
  const auto count = connection().rows("SELECT count(*) FROM " + rows->name());
  apply({.rows = "SELECT * FROM " + rows->name(),
         .whole_rows = std::stoll(count.at(0).at(0).value()) <= few_changes});
}

void Change::replace_partitions(const std::vector<delta::Add>& fresh) {
  const auto& places = *raw_.scan.places;
  const Partitions old = partitions_of(base_->files(), base_->metadata(), places);
  const Partitions now = partitions_of(fresh, base_->metadata(), places);
  note_read_all();
  if (old.select.empty() || now.select.empty()) return;
  std::string same;
  for (const delta::Field* field : partition_fields(base_->metadata())) {
    const std::string name = quote_identifier(field->name);
    same += (same.empty() ? "o." : " AND o.") + name + " IS NOT DISTINCT FROM n." + name;
  }
  for (const auto& row : connection().rows("SELECT o." + file_column() + " FROM (" + old.select +
                                           ") AS o WHERE EXISTS (SELECT 1 "
                                           "FROM (" +
                                           now.select + ") AS n WHERE " + same + ")"))
    for (const delta::Add* add : old.files.at(std::stoull(row.at(0).value()))) delete_file(*add);
}

}  // namespace ob::query
