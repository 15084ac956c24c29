// OPTIMIZE: compaction and Z-order.
#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <numeric>
#include <set>

#include "base/error.h"
#include "delta/maintenance.h"
#include "query/core.h"
#include "query/lexer.h"

namespace ob::query {

namespace json = boost::json;
using identity::Privilege;

namespace {

using Adds = std::vector<const delta::Add*>;

constexpr int commit_attempts = 10;
constexpr std::size_t tuples_at_once = 1000;
constexpr std::size_t most_zorder_columns = 16;

std::string json_list(const std::vector<std::string>& items) {
  json::array list;
  for (const std::string& item : items) list.emplace_back(item);
  return json::serialize(list);
}

bool is_partition_column(const delta::Snapshot& snapshot, const delta::Field& field) {
  return std::ranges::any_of(snapshot.metadata().partition_columns, [&](const std::string& name) {
    return equals_ignoring_case(name, field.name);
  });
}

// The columns to order by, with the schema's spelling.
std::vector<std::string> zorder_columns(const delta::Snapshot& snapshot,
                                        const std::vector<std::string>& names) {
  if (names.size() > most_zorder_columns)
    throw bad_request("sql.badZorder", "ZORDER BY takes at most " +
                                           std::to_string(most_zorder_columns) + " columns.");
  std::vector<std::string> out;
  for (const std::string& name : names) {
    const delta::Field* field = delta::find_field(snapshot.schema(), name);
    if (!field) throw bad_request("sql.unknownColumn", "The table has no column " + name + ".");
    if (is_partition_column(snapshot, *field))
      throw bad_request("sql.badZorder", "The column " + field->name +
                                             " partitions the table, so that its files are apart "
                                             "by it already: leave it out of ZORDER BY.");
    if (field->type.is_nested())
      throw bad_request("sql.badZorder", "The column " + field->name + " of type " +
                                             delta::to_sql(field->type) +
                                             " has no order: leave it out of ZORDER BY.");
    if (std::ranges::find(out, field->name) != out.end())
      throw bad_request("sql.duplicateColumn",
                        "The column " + field->name + " is named twice in ZORDER BY.");
    out.push_back(field->name);
  }
  return out;
}

// The rows of `scan` in the order of a Z-curve over the ranks of the columns' values, so that each
// of the columns varies little within a file.
std::string z_ordered(const std::string& scan, const delta::Schema& schema,
                      const std::vector<std::string>& columns) {
  std::string prefix = "__z";  // no column's name starts with it
  while (std::ranges::any_of(schema, [&](auto& f) { return lower(f.name).starts_with(prefix); }))
    prefix += "_";
  const std::size_t bits = std::min<std::size_t>(10, 60 / columns.size());
  const std::string buckets = std::to_string(std::size_t{1} << bits);
  std::string ranks, z, all;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string rank = prefix + std::to_string(i);
    // DuckDB gives the column that it sorts by back from the keys, where -0.0 has become 0.0.
    const delta::Field* field = delta::find_field(schema, columns[i]);
    const bool floating = field && (field->type.is("float") || field->type.is("double"));
    ranks += ", (((rank() OVER (ORDER BY " + engine::quote_identifier(columns[i]) +
             (floating ? " + 0::DOUBLE" : "") + ") - 1) * " + buckets +
             ") // count(*) OVER ())::BIGINT AS " + rank;
    for (std::size_t bit = 0; bit < bits; ++bit)
      z += (z.empty() ? "" : " | ") + ("(((" + rank + " >> " + std::to_string(bit) + ") & 1) << " +
                                       std::to_string(bit * columns.size() + i) + ")");
  }
  for (const delta::Field& field : schema)
    all += (all.empty() ? "" : ", ") + engine::quote_identifier(field.name);
  return "SELECT " + all + " FROM (SELECT *" + ranks + " FROM (" + scan + ")) ORDER BY " + z;
}

// delta-spark's metrics of one side: "{'min': …, …}" as text for a STRUCT.
std::string size_metrics(const std::vector<std::int64_t>& sorted) {
  std::int64_t total = 0;
  for (const auto size : sorted) total += size;
  const auto count = sorted.size();
  const auto text = [&](std::int64_t value) { return count ? std::to_string(value) : "NULL"; };
  return "{'min': " + text(count ? sorted.front() : 0) +
         ", 'max': " + text(count ? sorted.back() : 0) + ", 'avg': " +
         (count ? std::to_string(static_cast<double>(total) / static_cast<double>(count)) : "0") +
         ", 'totalFiles': " + std::to_string(count) + ", 'totalSize': " + std::to_string(total) +
         "}";
}

struct Sizes {
  std::vector<std::int64_t> removed, added;  // sorted
  std::int64_t removed_bytes = 0, added_bytes = 0, vectors = 0;
};

template <class Rewrites>
Sizes sizes_of(const Rewrites& rewrites) {
  Sizes out;
  for (const auto& rewrite : rewrites) {
    for (const delta::Add* add : rewrite.old) {
      out.removed.push_back(add->size);
      out.removed_bytes += add->size;
      out.vectors += add->deletion_vector ? 1 : 0;
    }
    for (const delta::Add& add : rewrite.fresh) {
      out.added.push_back(add.size);
      out.added_bytes += add.size;
    }
  }
  std::ranges::sort(out.removed);
  std::ranges::sort(out.added);
  return out;
}

json::object history_metrics(const Sizes& sizes) {
  const auto at = [&](std::size_t quarter) {
    return sizes.added.empty() ? 0 : sizes.added[(sizes.added.size() - 1) * quarter / 4];
  };
  return {{"numRemovedFiles", sizes.removed.size()},
          {"numRemovedBytes", sizes.removed_bytes},
          {"numAddedFiles", sizes.added.size()},
          {"numAddedBytes", sizes.added_bytes},
          {"numDeletionVectorsRemoved", sizes.vectors},
          {"minFileSize", at(0)},
          {"p25FileSize", at(1)},
          {"p50FileSize", at(2)},
          {"p75FileSize", at(3)},
          {"maxFileSize", at(4)}};
}

template <class Rewrites>
void discard(delta::Table& table, const Rewrites& rewrites) {
  delta::CommitRequest request;
  for (const auto& rewrite : rewrites)
    for (const auto& add : rewrite.fresh) request.actions.emplace_back(add);
  delta::discard_files(table, request);
}

Plan report(const delta::Table& table, const Sizes& sizes, std::size_t partitions,
            std::size_t considered, std::int64_t version) {
  const std::string side =
      "STRUCT(\"min\" BIGINT, \"max\" BIGINT, \"avg\" DOUBLE, totalFiles BIGINT, totalSize BIGINT)";
  RowsBuilder answer({{"path", "VARCHAR"},
                      {"metrics",
                       "STRUCT(numFilesAdded BIGINT, numFilesRemoved BIGINT, "
                       "filesAdded " +
                           side + ", filesRemoved " + side +
                           ", partitionsOptimized BIGINT, totalConsideredFiles BIGINT, "
                           "totalFilesSkipped BIGINT, numDeletionVectorsRemoved BIGINT)"},
                      {"version", "BIGINT"}});
  answer.add({table.location(),
              "{'numFilesAdded': " + std::to_string(sizes.added.size()) +
                  ", 'numFilesRemoved': " + std::to_string(sizes.removed.size()) +
                  ", 'filesAdded': " + size_metrics(sizes.added) +
                  ", 'filesRemoved': " + size_metrics(sizes.removed) +
                  ", 'partitionsOptimized': " + std::to_string(partitions) +
                  ", 'totalConsideredFiles': " + std::to_string(considered) +
                  ", 'totalFilesSkipped': " + std::to_string(considered - sizes.removed.size()) +
                  ", 'numDeletionVectorsRemoved': " + std::to_string(sizes.vectors) + "}",
              std::to_string(version)});
  return answer.plan();
}

}  // namespace

Plan Session::run(const Optimize& optimize) {
  const auto opened = core_.catalog.open(caller_, table_name(optimize.name), Privilege::write);
  require_shown(opened, "What OPTIMIZE answers");
  const delta::SnapshotPtr base = opened.delta->snapshot();
  base->require_readable();
  base->require_writable();
  if (!optimize.zorder.empty() && base->clustered())
    throw bad_request(
        "sql.badZorder",
        "The table is clustered by columns of its own: run OPTIMIZE without ZORDER BY.");
  const auto zorder = zorder_columns(*base, optimize.zorder);
  const auto files = files_where(opened, *base, optimize.where);
  const auto target = delta::target_file_size(*base);
  const auto bins = delta::plan_compaction(files, target, !zorder.empty());
  auto rewrites = rewrite_files(opened, base, bins, zorder, target);
  auto version = base->version();
  if (!rewrites.empty()) version = commit_rewrites(*opened.delta, base, optimize, rewrites);
  std::set<delta::PartitionValues> partitions;
  for (const Rewrite& rewrite : rewrites) partitions.insert(rewrite.old.front()->partition_values);
  return report(*opened.delta, sizes_of(rewrites),
                base->metadata().partition_columns.empty() ? 0 : partitions.size(), files.size(),
                version);
}

// The condition is tried on the partitions' values, as a query of the caller's.
std::vector<const delta::Add*> Session::files_where(const catalog::Opened& opened,
                                                    const delta::Snapshot& snapshot,
                                                    const std::string& condition) {
  Adds out;
  if (condition.empty()) {
    for (const delta::Add& add : snapshot.files()) out.push_back(&add);
    return out;
  }
  const auto& names = snapshot.metadata().partition_columns;
  if (names.empty())
    throw bad_request("delta.notPartitioned",
                      "OPTIMIZE … WHERE takes conditions on partition columns, and " +
                          opened.table.name.text() + " has none.");
  std::map<std::vector<std::optional<std::string>>, Adds> partitions;
  std::vector<const delta::Field*> fields;
  for (const std::string& name : names)
    fields.push_back(delta::find_field(snapshot.schema(), name));
  for (const delta::Add& add : snapshot.files()) {
    const std::map<std::string, std::optional<std::string>> values(add.partition_values.begin(),
                                                                   add.partition_values.end());
    std::vector<std::optional<std::string>> tuple;
    for (const delta::Field* field : fields) {
      const auto found =
          values.find(snapshot.column_mapping() ? field->physical_name() : field->name);
      tuple.push_back(found == values.end() ? std::nullopt : found->second);
    }
    partitions[std::move(tuple)].push_back(&add);
  }
  std::string columns = "i AS __partition", aliases = "i";
  for (std::size_t k = 0; k < fields.size(); ++k) {
    const std::string value = "v" + std::to_string(k);
    aliases += ", " + value;
    columns += ", CAST(" + value + " AS " + delta::to_sql(fields[k]->type) + ") AS " +
               engine::quote_identifier(fields[k]->name);
  }
  for (auto at = partitions.begin(); at != partitions.end();) {
    std::vector<const Adds*> chunk;
    std::string rows;
    for (; at != partitions.end() && chunk.size() < tuples_at_once; ++at) {
      rows += (rows.empty() ? "(" : ", (") + std::to_string(chunk.size());
      for (const auto& value : at->first)
        rows += ", " + (value ? engine::quote_literal(*value) : std::string("NULL"));
      rows += ")";
      chunk.push_back(&at->second);
    }
    const Plan plan = plan_query("SELECT __partition FROM (SELECT " + columns + " FROM (VALUES " +
                                 rows + ") AS t(" + aliases + ")) AS " +
                                 engine::quote_identifier(opened.table.name.object) + " WHERE (" +
                                 condition + "\n)");
    for (const auto& row : connection_.rows(plan.sql, plan.parameters)) {
      const Adds& found = *chunk.at(static_cast<std::size_t>(std::stoll(row.at(0).value())));
      out.insert(out.end(), found.begin(), found.end());
    }
  }
  return out;
}

std::vector<Session::Rewrite> Session::rewrite_files(const catalog::Opened& opened,
                                                     const delta::SnapshotPtr& base,
                                                     const std::vector<Adds>& bins,
                                                     const std::vector<std::string>& zorder,
                                                     std::int64_t target) {
  std::vector<Rewrite> out;
  engine::WriteOptions options{.file_bytes = zorder.empty() ? 0 : target};
  for (const delta::Field& field : base->schema()) options.columns.push_back(field.name);
  try {
    for (const Adds& bin : bins) {
      check_stopped();
      options.expected_bytes =
          std::accumulate(bin.begin(), bin.end(), std::int64_t{0},
                          [](std::int64_t sum, const auto& file) { return sum + file->size; });
      const auto scan = core_.engine.scan(*opened.delta, delta::with_files(base, bin), {});
      const std::string select =
          zorder.empty() ? scan.sql : z_ordered(scan.sql, base->schema(), zorder);
      auto& rewrite = out.emplace_back();
      rewrite.old = bin;
      // Compaction gives one file: its parts are not larger than the target together.
      for (auto& file :
           core_.engine.write(connection_, select, scan.parameters, *opened.delta, base->schema(),
                              base->metadata().partition_columns, options)) {
        file.add.data_change = false;
        rewrite.fresh.push_back(std::move(file.add));
      }
    }
  } catch (...) {
    discard(*opened.delta, out);
    throw;
  }
  return out;
}

// What lost files to a concurrent statement is left out, and the rest committed: its rows are the
// same as before.
std::int64_t Session::commit_rewrites(delta::Table& table, delta::SnapshotPtr base,
                                      const Optimize& optimize, std::vector<Rewrite>& rewrites) {
  const auto first = base;
  for (int attempt = 0; !rewrites.empty(); ++attempt) {
    delta::CommitRequest request = commit_request("OPTIMIZE");
    request.base = base;
    const auto condition =
        optimize.where.empty()
            ? std::vector<std::string>{}
            : std::vector{optimize.where.substr(optimize.where.find_first_not_of(" \n"))};
    request.parameters = {{"predicate", json_list(condition)},
                          {"zOrderBy", json_list(optimize.zorder)},
                          {"auto", "false"}};
    request.metrics = history_metrics(sizes_of(rewrites));
    for (const Rewrite& rewrite : rewrites) {
      for (const delta::Add* add : rewrite.old) {
        request.actions.emplace_back(delta::removal_of(*add, false));
        request.reads.removed_paths.push_back(add->path);
      }
      for (const delta::Add& add : rewrite.fresh) request.actions.emplace_back(add);
    }
    try {
      return table.commit(request);
    } catch (const Error& error) {
      if (error.id() == delta::kUnknownOutcome) throw;
      base = table.snapshot();
      const auto& now = base->metadata();
      const auto& then = first->metadata();
      const bool same = now.id == then.id && now.schema == then.schema &&
                        now.configuration == then.configuration &&
                        now.partition_columns == then.partition_columns;
      if (error.id() != "delta.conflict" || !same || attempt >= commit_attempts) {
        discard(table, rewrites);
        throw;
      }
    }
    std::vector<Rewrite> lost, kept;
    for (Rewrite& rewrite : rewrites) {
      const bool whole = std::ranges::all_of(rewrite.old, [&](const delta::Add* add) {
        return base->files().find(delta::file_key(*add)) != nullptr;
      });
      (whole ? kept : lost).push_back(std::move(rewrite));
    }
    discard(table, lost);
    rewrites = std::move(kept);
  }
  return base->version();
}

}  // namespace ob::query
