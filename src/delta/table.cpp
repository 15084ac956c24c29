#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "delta/checkpoint.h"
#include "delta/commit.h"
#include "delta/deletion_vector.h"
#include "delta/log_reader.h"
#include "delta/paths.h"
#include "delta/text.h"

namespace ob::delta {
namespace {

constexpr std::size_t kOldSnapshots = 8;
constexpr int kMaxAttempts = 200;
constexpr std::size_t kMaxHistory = 100'000;

class TableImpl final : public Table {
 public:
  TableImpl(std::shared_ptr<objects::Store> store, std::string root, ParquetIo& parquet)
      : store_(store),
        root_(std::move(root)),
        parquet_(parquet),
        location_(directory_location(*store, root_)),
        reader_(std::move(store), root_, parquet) {}

  const std::string& root() const override { return root_; }
  std::string location() const override { return location_; }
  SnapshotPtr snapshot() override { return refresh(); }
  SnapshotPtr snapshot_at(std::int64_t version) override;
  SnapshotPtr snapshot_before(Micros instant) override;
  std::vector<CommitRecord> history(std::size_t limit,
                                    std::optional<std::int64_t> before_version) override;
  std::int64_t commit(const CommitRequest& request) override;
  void checkpoint() override;
  std::vector<std::uint64_t> deleted_rows(const DeletionVector& dv) override {
    return read_deletion_vector(*store_, root_, dv);
  }
  std::string file_location(const std::string& path) const override {
    const auto relative = resolve_path(path, location_);
    return store_->location(root_.empty() ? relative : root_ + "/" + relative);
  }

 private:
  ImplPtr refresh();
  void remember(const ImplPtr& snapshot);
  ImplPtr cached(std::int64_t at_most);
  bool put_commit(std::int64_t version, const std::string& text, const std::string& txn_id);
  bool is_ours(std::int64_t version, const std::string& txn_id);
  std::int64_t commit_locked(const CommitRequest& request, ImplPtr& after);
  ImplPtr move_on(const ImplPtr& latest, std::int64_t version, std::vector<Action> actions);
  std::optional<std::int64_t> version_before(Micros instant, const LogListing& listing,
                                             const Metadata& metadata);
  Micros in_commit_time(std::int64_t version);

  const std::shared_ptr<objects::Store> store_;
  const std::string root_;
  ParquetIo& parquet_;
  const std::string location_;
  const LogReader reader_;

  std::mutex commit_mutex_;   // one commit at a time in this process: fewer lost races
  std::mutex refresh_mutex_;  // one reader of new commits at a time; taken after commit_mutex_
  std::mutex mutex_;          // guards what follows; taken last, held briefly
  ImplPtr newest_;
  std::deque<ImplPtr> old_;
};

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

bool TableImpl::is_ours(std::int64_t version, const std::string& txn_id) {
  if (!store_->head(commit_key(root_, version))) return false;
  const auto info = reader_.commit_info(version);
  const auto* id = info.json.if_contains("txnId");
  return id && *id == boost::json::string_view(txn_id);
}

// False when another commit has this version. The answer to a put may be lost although it took
// effect, so that a failure is believed only after looking.
bool TableImpl::put_commit(std::int64_t version, const std::string& text,
                           const std::string& txn_id) {
  const auto key = commit_key(root_, version);
  try {
    return store_->put_if_absent(key, text) || is_ours(version, txn_id);
  } catch (const std::exception& e) {
    log::warn("A commit's put failed; looking whether it took effect", {{"cause", e.what()}});
    if (is_ours(version, txn_id)) return true;
    if (store_->head(key)) return false;
    throw;
  }
}

ImplPtr TableImpl::move_on(const ImplPtr& latest, std::int64_t version,
                           std::vector<Action> actions) {
  const auto info = store_->head(commit_key(root_, version));
  if (!info) return nullptr;
  SnapshotBuilder builder(latest ? latest->state() : State{});
  for (auto& a : actions) builder.apply(std::move(a));
  builder.end_commit(version, info->modified, FileIdentity{info->modified, info->size});
  auto moved = builder.build();
  const std::lock_guard only(refresh_mutex_);
  const std::lock_guard lock(mutex_);
  if (!newest_ || newest_->version() < version) newest_ = moved;
  return moved;
}

std::int64_t TableImpl::commit_locked(const CommitRequest& request, ImplPtr& after) {
  const auto prepared = prepare(request, location_);
  auto checked = request.base ? request.base->version() : -1;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    if (attempt > 3) {
      thread_local std::minstd_rand random{std::random_device{}()};
      const int most = std::min(attempt, 50);
      std::this_thread::sleep_for(std::chrono::milliseconds(1 + static_cast<int>(random()) % most));
    }
    ImplPtr latest;
    if (request.base) {
      latest = refresh();
      if (latest->version() < checked) {
        throw conflict("delta.conflict", "The table was replaced by another one meanwhile.");
      }
      for (; checked < latest->version(); ++checked) {
        const auto winner = reader_.read_commit(checked + 1);
        if (!winner) {
          throw conflict("delta.conflict",
                         "The table changed and its log was cleaned up meanwhile. Nothing was "
                         "written; run the statement again.");
        }
        check_conflicts(request, prepared, *winner, checked + 1);
      }
    } else if (!reader_.list(0).empty()) {
      throw conflict("delta.conflict", "There is already a Delta table at this place.");
    }
    check_against(request, prepared, latest.get());
    const auto version = latest ? latest->version() + 1 : 0;
    auto actions = complete(request, prepared, latest.get(), version);
    if (!put_commit(version, render(actions), prepared.txn_id)) continue;
    try {
      after = move_on(latest, version, std::move(actions));
    } catch (const std::exception& e) {
      // The commit stands; the next reader takes it from the log.
      log::warn("The snapshot after a commit could not be made", {{"cause", e.what()}});
    }
    return version;
  }
  throw conflict("delta.conflict",
                 "Too many writers change this table at once. Nothing was written; try again.");
}

std::int64_t TableImpl::commit(const CommitRequest& request) {
  ImplPtr after;
  std::int64_t version = 0;
  {
    const std::lock_guard lock(commit_mutex_);
    version = commit_locked(request, after);
  }
  if (after && version > 0 && version % checkpoint_interval(after->metadata()) == 0) {
    try {
      write_checkpoint(*store_, parquet_, root_, *after);
    } catch (const std::exception& e) {
      log::warn("A checkpoint could not be written; the commit stands",
                {{"table", root_.c_str()}, {"version", version}, {"cause", e.what()}});
    }
  }
  return version;
}

void TableImpl::checkpoint() {
  const auto newest = refresh();
  newest->require_writable();
  write_checkpoint(*store_, parquet_, root_, *newest);
}

}  // namespace

std::shared_ptr<Table> open_table(std::shared_ptr<objects::Store> store, std::string root,
                                  ParquetIo& parquet) {
  while (root.ends_with('/')) root.pop_back();
  return std::make_shared<TableImpl>(std::move(store), std::move(root), parquet);
}

}  // namespace ob::delta
