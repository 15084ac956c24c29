#include "delta/maintenance.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "delta/deletion_vector.h"
#include "delta/features.h"
#include "delta/log_parse.h"
#include "delta/paths.h"
#include "delta/snapshot.h"
#include "delta/text.h"

namespace ob::delta {
namespace {

constexpr std::int64_t kMegabyte = 1 << 20;
// A file with so large a part of its rows deleted is worth writing anew.
constexpr double kManyDeleted = 0.05;

// Store keys of a file's data and of its deletion vector.
std::vector<std::string> keys_of(Table& table, const std::string& path,
                                 const std::optional<DeletionVector>& dv) {
  const auto prefix = table.root().empty() ? std::string() : table.root() + "/";
  std::vector<std::string> out{prefix + resolve_path(path, table.location())};
  if (const auto file = dv ? vector_path(*dv, table.location()) : std::nullopt) {
    out.push_back(prefix + *file);
  }
  return out;
}

bool worth_rewriting(const Add& add) {
  if (!add.deletion_vector) return false;
  const auto rows = num_records(add.stats);
  return !rows || static_cast<double>(add.deletion_vector->cardinality) >=
                      kManyDeleted * static_cast<double>(*rows);
}

bool is_partial_name(std::string_view word, std::string_view unit) {
  return equal_ignoring_case(word, unit) || equal_ignoring_case(word, unit.substr(0, 1));
}

}  // namespace

Remove removal_of(const Add& add, bool data_change) {
  return {.path = add.path,
          .deletion_timestamp = now_micros() / 1000,
          .data_change = data_change,
          .extended_file_metadata = true,
          .partition_values = add.partition_values,
          .size = add.size,
          .deletion_vector = add.deletion_vector};
}

SnapshotPtr with_files(const SnapshotPtr& snapshot, const std::vector<const Add*>& files) {
  auto state = static_cast<const SnapshotImpl&>(*snapshot).state();
  FileList::Builder builder({});
  state.bytes = state.rows = 0;
  state.files_without_rows = 0;
  for (const Add* add : files) {
    builder.put(std::make_shared<const Add>(*add));
    state.bytes += static_cast<std::uint64_t>(add->size);
    if (const auto rows = live_rows(*add)) {
      state.rows += static_cast<std::uint64_t>(*rows);
    } else {
      ++state.files_without_rows;
    }
  }
  state.files = builder.build();
  return std::make_shared<const SnapshotImpl>(std::move(state));
}

// --- what was never committed

void discard_files(Table& table, const CommitRequest& request) noexcept {
  const objects::Cancelling never;
  try {
    std::set<std::string> kept, fresh;
    for (const auto& action : request.actions) {
      if (const auto* r = std::get_if<Remove>(&action)) {
        for (auto& key : keys_of(table, r->path, r->deletion_vector)) kept.insert(std::move(key));
      } else if (const auto* a = std::get_if<Add>(&action)) {
        for (auto& key : keys_of(table, a->path, a->deletion_vector)) fresh.insert(std::move(key));
      }
    }
    for (const auto& key : fresh) {
      if (!kept.contains(key)) table.store().remove(key);
    }
  } catch (const std::exception& e) {
    log::warn("Files of a commit that was not written could not be deleted; VACUUM will",
              {{"table", table.root().c_str()}, {"cause", e.what()}});
  }
}

std::int64_t commit_or_discard(Table& table, const CommitRequest& request) {
  const objects::Cancelling never;
  try {
    return table.commit(request);
  } catch (const Error& e) {
    if (e.id() != kUnknownOutcome) discard_files(table, request);
    throw;
  }
}

// --- RESTORE

CommitRequest restore_request(Table& table, const SnapshotPtr& target) {
  const auto newest = table.snapshot();
  if (newest->metadata().id != target->metadata().id) {
    throw conflict("delta.conflict", "The table was replaced by another one meanwhile.");
  }
  if (newest->clustered() && target->metadata().schema != newest->metadata().schema) {
    throw Error(400, "delta.unsupportedFeature",
                "This table is clustered, by columns that an older schema may lack: OpenBricks "
                "restores only versions with the columns of today.");
  }
  CommitRequest out{.operation = "RESTORE", .base = newest, .reads = {.whole_table = true}};
  std::int64_t restored = 0, restored_bytes = 0, removed = 0, removed_bytes = 0;
  std::vector<Action> adds;
  for (const auto& add : target->files()) {
    if (newest->files().find(file_key(add))) continue;
    for (const auto& key : keys_of(table, add.path, add.deletion_vector)) {
      if (table.store().head(key)) continue;
      throw conflict("delta.filesVacuumed",
                     "Data files of version " + std::to_string(target->version()) +
                         " have been deleted (by VACUUM), so that it cannot be restored.");
    }
    auto back = add;
    back.data_change = true;
    adds.emplace_back(std::move(back));
    ++restored;
    restored_bytes += add.size;
  }
  if (target->metadata().schema != newest->metadata().schema ||
      target->metadata().partition_columns != newest->metadata().partition_columns ||
      target->metadata().configuration != newest->metadata().configuration) {
    out.actions.emplace_back(target->metadata());
  }
  for (const auto& add : newest->files()) {
    if (target->files().find(file_key(add))) continue;
    out.actions.emplace_back(removal_of(add, true));
    out.reads.removed_paths.push_back(add.path);
    ++removed;
    removed_bytes += add.size;
  }
  out.actions.insert(out.actions.end(), adds.begin(), adds.end());
  out.metrics = {{"tableSizeAfterRestore", target->size_bytes()},
                 {"numOfFilesAfterRestore", target->files().size()},
                 {"numRemovedFiles", removed},
                 {"numRestoredFiles", restored},
                 {"removedFilesSize", removed_bytes},
                 {"restoredFilesSize", restored_bytes}};
  return out;
}

// --- OPTIMIZE

std::optional<std::int64_t> parse_size(std::string_view text) {
  text = trim(text);
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::int64_t number = 0;
  if (!parse_whole(text.substr(0, digits), number) || number <= 0) return std::nullopt;
  const auto unit = trim(text.substr(digits));
  int shift = 0;
  if (is_partial_name(unit, "kb"))
    shift = 10;
  else if (is_partial_name(unit, "mb"))
    shift = 20;
  else if (is_partial_name(unit, "gb"))
    shift = 30;
  else if (!unit.empty() && !equal_ignoring_case(unit, "b"))
    return std::nullopt;
  if (number > (std::int64_t{1} << 50) >> shift) return std::nullopt;
  return number << shift;
}

std::int64_t target_file_size(const Snapshot& snapshot) {
  const auto& configuration = snapshot.metadata().configuration;
  const auto found = configuration.find("delta.targetFileSize");
  if (found != configuration.end()) {
    if (const auto size = parse_size(found->second)) return *size;
  }
  // Few large files serve whole scans of large tables; smaller ones, skipping and rewriting.
  if (snapshot.size_bytes() <= 10'240 * kMegabyte) return 128 * kMegabyte;
  if (snapshot.size_bytes() <= 1'048'576 * kMegabyte) return 256 * kMegabyte;
  return 512 * kMegabyte;
}

std::vector<std::vector<const Add*>> plan_compaction(const std::vector<const Add*>& files,
                                                     std::int64_t target, bool all) {
  std::map<PartitionValues, std::vector<const Add*>> partitions;
  for (const Add* add : files) {
    auto values = add->partition_values;
    std::ranges::sort(values);
    // Writing a file of nearly the right size anew at each OPTIMIZE would not pay.
    if (all || add->size < target / 4 * 3 || worth_rewriting(*add)) {
      partitions[std::move(values)].push_back(add);
    }
  }
  std::vector<std::vector<const Add*>> out;
  const auto close = [&](std::vector<const Add*>& bin) {
    if (all || bin.size() > 1 || (bin.size() == 1 && worth_rewriting(*bin.front()))) {
      out.push_back(bin);
    }
    bin.clear();
  };
  for (const auto& [values, members] : partitions) {
    std::vector<const Add*> bin;
    std::int64_t size = 0;
    for (const Add* add : members) {
      if (!all && !bin.empty() && size + add->size > target) {
        close(bin);
        size = 0;
      }
      bin.push_back(add);
      size += add->size;
    }
    close(bin);
  }
  return out;
}

}  // namespace ob::delta
