// Reading a table: its snapshots, past versions and history.
#include <algorithm>

#include "base/error.h"
#include "delta/table_impl.h"

namespace ob::delta {
namespace {

constexpr std::size_t kOldSnapshots = 8;
constexpr std::size_t kMaxHistory = 100'000;

}  // namespace

void TableImpl::remember(const ImplPtr& snapshot) {
  const std::lock_guard lock(mutex_);
  for (const auto& s : old_) {
    if (s->version() == snapshot->version()) return;
  }
  old_.push_back(snapshot);
  if (old_.size() > kOldSnapshots) old_.pop_front();
}

ImplPtr TableImpl::cached(std::int64_t at_most) {
  const std::lock_guard lock(mutex_);
  ImplPtr best = newest_ && newest_->version() <= at_most ? newest_ : nullptr;
  for (const auto& s : old_) {
    if (s->version() <= at_most && (!best || s->version() > best->version())) best = s;
  }
  return best;
}

ImplPtr TableImpl::refresh() {
  const std::lock_guard only(refresh_mutex_);
  ImplPtr known;
  {
    const std::lock_guard lock(mutex_);
    known = newest_;
  }
  ImplPtr now;
  if (known && reader_.still_there(*known)) {
    now = reader_.forward(known, std::nullopt);
  } else if (known) {
    // Cleaned up behind a checkpoint, or another log altogether: nothing old can be trusted.
    const std::lock_guard lock(mutex_);
    newest_.reset();
    old_.clear();
    checkpointed_ = -1;
  }
  if (!now) now = reader_.load(std::nullopt);
  const std::lock_guard lock(mutex_);
  newest_ = now;
  return now;
}

SnapshotPtr TableImpl::snapshot_at(std::int64_t version) {
  ImplPtr newest;
  try {
    newest = refresh();
  } catch (const Error& e) {
    if (e.status() != 422) throw;
    return reader_.load(version);  // a later commit is broken; this one may be whole
  }
  if (newest->version() == version) return newest;
  if (version < newest->version()) {
    const auto base = cached(version);
    if (base && base->version() == version) return base;
    if (auto moved = base ? reader_.forward(base, version) : nullptr) {
      remember(moved);
      return moved;
    }
  }
  auto loaded = reader_.load(version);
  remember(loaded);
  return loaded;
}

Micros TableImpl::in_commit_time(std::int64_t version) {
  const auto info = reader_.commit_info(version);
  const auto* time = info.json.if_contains("inCommitTimestamp");
  if (!time || !time->is_int64() || time->get_int64() > INT64_MAX / 1000) {
    throw Error(422, "delta.badLog",
                "The table's log is broken: commit " + std::to_string(version) +
                    " has no inCommitTimestamp although they are enabled.");
  }
  return time->get_int64() * 1000;
}

std::optional<std::int64_t> TableImpl::version_before(Micros instant, const LogListing& listing,
                                                      const Metadata& metadata) {
  auto times = LogReader::file_times(listing);
  const auto first = listing.earliest();
  std::erase_if(times, [&](const CommitTime& t) { return t.version < first; });
  const auto from = LogReader::in_commit_from(metadata);
  const auto split = std::partition_point(
      times.begin(), times.end(), [&](const CommitTime& t) { return !from || t.version < *from; });
  if (split != times.end() && in_commit_time(split->version) <= instant) {
    const auto after = std::partition_point(split, times.end(), [&](const CommitTime& t) {
      return in_commit_time(t.version) <= instant;
    });
    return std::prev(after)->version;
  }
  const auto after = std::partition_point(
      times.begin(), split, [&](const CommitTime& t) { return t.timestamp <= instant; });
  if (after == times.begin()) return std::nullopt;
  return std::prev(after)->version;
}

SnapshotPtr TableImpl::snapshot_before(Micros instant) {
  const auto newest = refresh();
  if (newest->timestamp() <= instant) return newest;
  const auto listing = reader_.list(0);
  const auto version = version_before(instant, listing, newest->metadata());
  if (!version) {
    throw not_found("delta.noSuchVersion", "The table has no version as old as " +
                                               format_instant(instant) +
                                               ": its oldest readable one is version " +
                                               std::to_string(listing.earliest()) + ".");
  }
  return snapshot_at(*version);
}

std::vector<CommitRecord> TableImpl::history(std::size_t limit,
                                             std::optional<std::int64_t> before_version) {
  const auto newest = refresh();
  const auto listing = reader_.list(0);
  const auto from = LogReader::in_commit_from(newest->metadata());
  const auto times = LogReader::file_times(listing);
  std::vector<CommitRecord> out;
  limit = std::min(limit, kMaxHistory);
  for (auto it = times.rbegin(); it != times.rend() && out.size() < limit; ++it) {
    if (before_version && it->version >= *before_version) continue;
    CommitRecord record{.version = it->version, .timestamp = it->timestamp};
    try {
      record.info = reader_.commit_info(it->version);
    } catch (const Error& e) {
      if (e.status() == 404) break;  // cleaned up since it was listed
      throw;
    }
    const auto* time = record.info.json.if_contains("inCommitTimestamp");
    if (from && it->version >= *from && time && time->is_int64() &&
        time->get_int64() < INT64_MAX / 1000) {
      record.timestamp = time->get_int64() * 1000;
    }
    out.push_back(std::move(record));
  }
  return out;
}

std::shared_ptr<Table> open_table(std::shared_ptr<objects::Store> store, std::string root,
                                  ParquetIo& parquet, Housekeeper* housekeeper) {
  while (root.ends_with('/')) root.pop_back();
  return std::make_shared<TableImpl>(std::move(store), std::move(root), parquet, housekeeper);
}

}  // namespace ob::delta
