// Writing to a table: commits, and what follows them.
#include <random>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "delta/checkpoint.h"
#include "delta/commit.h"
#include "delta/log_cleanup.h"
#include "delta/table_impl.h"

namespace ob::delta {
namespace {

constexpr int kMaxAttempts = 200;
constexpr int kMaxPuts = 4;
constexpr Micros kCleanUpEvery = Micros{3600} * 1'000'000;
constexpr Micros kDay = Micros{86'400} * 1'000'000;

void pause(int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const int most = std::min(attempt, 50);
  std::this_thread::sleep_for(std::chrono::milliseconds(1 + static_cast<int>(random()) % most));
}

// Whether what failed so may have taken effect, or may still do so.
bool may_take_effect(const std::exception& e) {
  const auto* error = dynamic_cast<const Error*>(&e);
  return !error || error->status() == 499 || error->status() == 500 || error->status() == 503 ||
         error->status() == 504;
}

Error unknown_outcome(const std::string& txn_id, const std::string& cause) {
  return {503, std::string(kUnknownOutcome),
          "The store did not say whether the commit was written, and it may still appear. Look "
          "with DESCRIBE HISTORY before you run the statement again (transaction " +
              txn_id + ").",
          cause};
}

}  // namespace

bool TableImpl::is_ours(std::int64_t version, const std::string& txn_id) {
  if (!store_->head(commit_key(root_, version))) return false;
  const auto info = reader_.commit_info(version);
  const auto* id = info.json.if_contains("txnId");
  return id && *id == boost::json::string_view(txn_id);
}

// False when another commit has this version. The answer to a put may be lost although it took
// effect or will do so yet, so that a failure is believed only when the version says so: looking
// tells it when it is taken, and putting again takes it.
bool TableImpl::put_commit(std::int64_t version, const std::string& text,
                           const std::string& txn_id) {
  const auto key = commit_key(root_, version);
  std::string cause;
  for (int attempt = 0; attempt < kMaxPuts; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(50 << attempt));
    std::exception_ptr failure;
    bool uncertain = false;
    try {
      if (store_->put_if_absent(key, text)) return true;
    } catch (const std::exception& e) {
      log::warn("A commit's put failed; looking whether it took effect", {{"cause", e.what()}});
      failure = std::current_exception();
      uncertain = may_take_effect(e);
      cause = e.what();
    }
    try {
      if (is_ours(version, txn_id)) return true;
      if (store_->head(key)) return false;
      if (!failure) continue;  // something that is no commit is in the way
    } catch (const std::exception& e) {
      log::warn("A commit cannot be looked up after its put", {{"cause", e.what()}});
      cause = e.what();
      uncertain = true;
    }
    if (!uncertain) std::rethrow_exception(failure);
  }
  if (cause.empty()) {
    throw Error(422, "delta.badLog",
                "The table's log is broken: something that is no file stands where " +
                    file_name(key) + " has to be written. Nothing was written.");
  }
  throw unknown_outcome(txn_id, cause);
}

void TableImpl::move_on(const ImplPtr& latest, std::int64_t version, std::vector<Action> actions) {
  const auto info = store_->head(commit_key(root_, version));
  if (!info) return;
  SnapshotBuilder builder(latest ? latest->state() : State{});
  for (auto& a : actions) builder.apply(std::move(a));
  builder.end_commit(version, info->modified, FileIdentity{info->modified, info->size});
  const auto moved = builder.build();
  const std::lock_guard only(refresh_mutex_);
  const std::lock_guard lock(mutex_);
  if (!newest_ || newest_->version() < version) newest_ = moved;
}

// The snapshot that the commit follows, once all that others committed since `checked` allows it;
// null when the table is being created.
ImplPtr TableImpl::base_of_next(const CommitRequest& request, const Prepared& prepared,
                                std::int64_t& checked) {
  if (!request.base) {
    if (reader_.list(0).empty()) return nullptr;
    throw conflict("delta.conflict", "There is already a Delta table at this place.");
  }
  auto latest = refresh();
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
  return latest;
}

std::int64_t TableImpl::commit_alone(const CommitRequest& request) {
  const auto prepared = prepare(request, location_);
  auto checked = request.base ? request.base->version() : -1;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    if (attempt > 3) pause(attempt);
    const auto latest = base_of_next(request, prepared, checked);
    check_against(request, prepared, latest.get());
    const auto version = latest ? latest->version() + 1 : 0;
    auto actions = complete(request, prepared, latest.get(), version);
    if (!put_commit(version, render(actions), prepared.txn_id)) continue;
    try {
      move_on(latest, version, std::move(actions));
      if (latest) keep_house(latest->metadata(), version);
    } catch (const std::exception& e) {
      // The commit stands; the next reader takes it from the log.
      log::warn("The snapshot or the checkpoint after a commit could not be made",
                {{"table", root_.c_str()}, {"version", version}, {"cause", e.what()}});
    }
    return version;
  }
  throw conflict("delta.conflict",
                 "Too many writers change this table at once. Nothing was written; try again.");
}

// --- after a commit

void TableImpl::keep_house(const Metadata& metadata, std::int64_t version) {
  if (version % checkpoint_interval(metadata) != 0) return;
  if (!housekeeper_) return checkpoint_newest();
  housekeeper_->add(location_, [self = shared_from_this()] { self->checkpoint_newest(); });
}

void TableImpl::checkpoint_newest() {
  ImplPtr newest;
  {
    const std::lock_guard lock(mutex_);
    if (!newest_ || newest_->version() <= checkpointed_) return;
    newest = newest_;
  }
  newest->require_writable();
  write_checkpoint(*store_, parquet_, root_, *newest);
  {
    const std::lock_guard lock(mutex_);
    checkpointed_ = newest->version();
  }
  clean_up_log(*newest);
}

void TableImpl::checkpoint() {
  const auto newest = refresh();
  newest->require_writable();
  write_checkpoint(*store_, parquet_, root_, *newest);
}

void TableImpl::clean_up_log(const SnapshotImpl& snapshot) {
  const auto now = now_micros();
  {
    const std::lock_guard lock(mutex_);
    if (now - cleaned_ < kCleanUpEvery) return;
    cleaned_ = now;
  }
  if (!cleans_log(snapshot.metadata())) return;
  const auto listing = reader_.list(0);
  // Whole days, as the protocol asks.
  const auto limit = (now - log_retention(snapshot.metadata())) / kDay * kDay;
  const auto oldest = version_before(limit, listing, snapshot.metadata());
  const auto* checkpoint = oldest ? needed_checkpoint(listing, *oldest) : nullptr;
  if (!checkpoint) return;
  reader_.require_readable(*checkpoint);  // what it stands for is about to go
  const auto removed = remove_log_before(*store_, parquet_, root_, checkpoint->version, now);
  if (removed == 0) return;
  log::info("Removed expired files of a table's log",
            {{"table", root_.c_str()}, {"files", removed}, {"before", checkpoint->version}});
}

}  // namespace ob::delta
