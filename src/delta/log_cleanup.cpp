#include "delta/log_cleanup.h"

#include <algorithm>
#include <set>

#include "delta/checkpoint.h"
#include "delta/log_parse.h"
#include "delta/paths.h"
#include "delta/text.h"

namespace ob::delta {
namespace {

constexpr Micros kDay = Micros{86'400} * 1'000'000;
constexpr std::size_t kPage = 10'000;
constexpr std::size_t kDigits = 20;

template <class Fn>
void each_object(objects::Store& store, const std::string& prefix, std::string after,
                 const Fn& fn) {
  for (;;) {
    const auto page = store.list(prefix, after, kPage, true);
    for (const auto& info : page) {
      if (!fn(info)) return;
    }
    if (page.size() < kPage) return;
    after = page.back().key;
  }
}

// Keys of log files of versions before `checkpoint`, in the order in which they may go: a clean-up
// that is cut short leaves a log without gaps.
std::vector<std::string> old_files(objects::Store& store, const std::string& root,
                                   std::int64_t checkpoint) {
  const auto prefix = log_prefix(root);
  const auto end = prefix + padded(checkpoint);
  std::vector<std::string> out;
  each_object(store, prefix, prefix, [&](const objects::ObjectInfo& info) {
    if (info.key >= end) return false;
    const auto name = file_name(info.key);
    std::int64_t version = 0;
    if (!info.is_prefix && name.size() > kDigits && name[kDigits] == '.' &&
        parse_whole(std::string_view(name).substr(0, kDigits), version)) {
      out.push_back(info.key);
    }
    return true;
  });
  return out;
}

std::set<std::string> named_sidecars(objects::Store& store, ParquetIo& parquet,
                                     const std::string& root) {
  const auto folder = store.location(log_prefix(root) + "_sidecars");
  std::set<std::string> out;
  const auto take = [&](const CheckpointRow& row) {
    if (row.sidecar) out.insert(resolve_path(row.sidecar->path, folder));
  };
  for (const auto& files : list_log(store, root, 0).checkpoints) {
    for (const auto& key : files.keys) {
      if (files.json) {
        parse_log(store.get(key, kMaxLogFileBytes), file_name(key), {}, take);
      } else {
        parquet.read_checkpoint(store.location(key), take);
      }
    }
  }
  return out;
}

}  // namespace

Micros log_retention(const Metadata& metadata) {
  const auto found = metadata.configuration.find("delta.logRetentionDuration");
  if (found == metadata.configuration.end()) return 30 * kDay;
  return parse_interval(found->second).value_or(30 * kDay);
}

bool cleans_log(const Metadata& metadata) {
  const auto found = metadata.configuration.find("delta.enableExpiredLogCleanup");
  return found == metadata.configuration.end() || !equal_ignoring_case(found->second, "false");
}

const CheckpointFiles* needed_checkpoint(const LogListing& listing, std::int64_t oldest) {
  for (const auto& checkpoint : listing.checkpoints) {  // newest first
    if (checkpoint.version <= oldest) return &checkpoint;
  }
  return nullptr;
}

std::size_t remove_log_before(objects::Store& store, ParquetIo& parquet, const std::string& root,
                              std::int64_t checkpoint, Micros now) {
  std::size_t count = 0;
  for (const auto& key : old_files(store, root, checkpoint)) count += store.remove(key) ? 1 : 0;
  std::vector<std::string> old_sidecars;
  const auto prefix = log_prefix(root) + "_sidecars/";
  each_object(store, prefix, prefix, [&](const objects::ObjectInfo& info) {
    // One that is younger may belong to a checkpoint that is being written.
    if (!info.is_prefix && info.modified < now / kDay * kDay - kDay) {
      old_sidecars.push_back(info.key);
    }
    return true;
  });
  if (old_sidecars.empty()) return count;
  const auto named = named_sidecars(store, parquet, root);
  for (const auto& key : old_sidecars) {
    if (!named.contains(file_name(key))) count += store.remove(key) ? 1 : 0;
  }
  return count;
}

}  // namespace ob::delta
