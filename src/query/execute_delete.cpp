// DELETE and UPDATE.
#include <algorithm>
#include <boost/json.hpp>

#include "query/change.h"
#include "query/lexer.h"
#include "query/writes.h"

namespace ob::query {

namespace json = boost::json;
using engine::quote_identifier;
using engine::quote_literal;

namespace {

json::object predicate(const std::string& where) {
  return {{"predicate", json_list(where.empty() ? std::vector<std::string>{}
                                                : std::vector<std::string>{where})}};
}

json::object file_metrics(const Change& change, const ChangeCounts& counts) {
  return {{"numRemovedFiles", counts.files_removed},
          {"numRemovedBytes", counts.bytes_removed},
          {"numAddedFiles", counts.files_added},
          {"numAddedBytes", counts.bytes_added},
          {"numCopiedRows", counts.copied},
          {"numAddedChangeFiles", 0},
          {"numDeletionVectorsAdded", 0},
          {"numDeletionVectorsRemoved", 0},
          {"numDeletionVectorsUpdated", 0},
          {"executionTimeMs", change.elapsed_ms()}};
}

Plan answer(const Change& change, std::int64_t rows, std::int64_t version) {
  Plan plan = affected_plan(rows, version);
  plan.statistics = change.statistics();
  return plan;
}

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

// A SELECT with a row for each distinct partition: its columns, and the partition's number.
struct Partitions {
  std::string select;
  std::vector<std::vector<const delta::Add*>> files;  // by number
};

Partitions partitions_of(const delta::Snapshot& snapshot) {
  std::vector<const delta::Field*> fields;
  for (const std::string& name : snapshot.metadata().partition_columns)
    fields.push_back(delta::find_field(snapshot.schema(), name));
  std::map<std::vector<std::optional<std::string>>, std::size_t> numbers;
  Partitions out;
  std::string rows;
  for (const delta::Add& add : snapshot.files()) {
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
    out.select = "SELECT " + columns + "n AS __ob_file, 0 AS __ob_row FROM (VALUES " + rows +
                 ") AS p(" + names + ")";
  return out;
}

void remove_partitions(Change& change, const Delete& statement) {
  const Partitions partitions = partitions_of(*change.base());
  if (partitions.select.empty()) return;
  change.read_instead(partitions.select);
  const Plan plan = change.compose("SELECT \"__ob_file\" FROM " + change.from() + " WHERE (" +
                                   statement.where + ")");
  const auto rows =
      in_user_names(plan, [&] { return change.connection().rows(plan.sql, plan.parameters); });
  change.note_read(plan);
  for (const auto& row : rows)
    for (const delta::Add* add : partitions.files.at(std::stoull(row.at(0).value())))
      change.delete_file(*add);
}

Plan delete_rows(Session& session, const Delete& statement) {
  const bool all = statement.where.empty();
  Change change(session, statement.table, all ? Change::Reads::nothing : Change::Reads::rows);
  const delta::Snapshot& base = *change.base();
  base.require_removable();
  const bool counted =
      std::ranges::all_of(base.files(), [](auto& add) { return live_rows(add).has_value(); });
  if (all && counted) {
    change.note_read_all();
    for (const delta::Add& add : base.files()) change.delete_file(add);
  } else if (!all && counted &&
             reads_partitions_only(statement.where, base.metadata(), change.row_name())) {
    remove_partitions(change, statement);
  } else {
    const Plan plan =
        change.compose("SELECT " + std::string(Change::place) + ", 2 FROM " + change.from() +
                       " WHERE (" + (all ? "true" : statement.where) + ")");
    change.note_read(plan);
    const auto rows = change.keep(plan, "__f, __r, __k");
    change.apply({.rows = "SELECT * FROM " + rows->name()});
  }
  const ChangeCounts counts = change.counts();
  json::object metrics = file_metrics(change, counts);
  metrics["numDeletedRows"] = counts.deleted;
  const std::int64_t version =
      change.commit("DELETE", predicate(statement.where), std::move(metrics));
  return answer(change, counts.deleted, version);
}

Plan update_rows(Session& session, const Update& statement) {
  Change change(session, statement.table, Change::Reads::rows);
  change.base()->require_removable();
  const std::string where = statement.where.empty() ? "" : " WHERE (" + statement.where + ")";
  const auto values = change.assign(statement.set, change.from() + where);
  RowChanges changes;
  std::string select = "SELECT " + std::string(Change::place) + ", 1", names = "__f, __r, __k";
  for (const NewValue& value : values) {
    select += ", " + Change::cast(value);
    names += ", v" + std::to_string(changes.columns.size());
    changes.columns.push_back(value.field);
  }
  const Plan plan = change.compose(select + " FROM " + change.from() + where);
  change.note_read(plan);
  const auto rows = change.keep(plan, names);
  changes.rows = "SELECT * FROM " + rows->name();
  change.apply(changes);
  const ChangeCounts counts = change.counts();
  json::object metrics = file_metrics(change, counts);
  metrics["numUpdatedRows"] = counts.updated;
  const std::int64_t version =
      change.commit("UPDATE", predicate(statement.where), std::move(metrics));
  return answer(change, counts.updated, version);
}

}  // namespace

Plan Session::run(const Delete& statement) {
  return with_retries([&] { return delete_rows(*this, statement); });
}

Plan Session::run(const Update& statement) {
  return with_retries([&] { return update_rows(*this, statement); });
}

}  // namespace ob::query
