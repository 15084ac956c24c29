#pragma once
// Builds snapshots from the log in a store. Thread-safe; keeps no state.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delta/log_files.h"
#include "delta/snapshot.h"

namespace ob::delta {

// A commit's place in time and what it says of itself.
struct CommitTime {
  std::int64_t version = 0;
  Micros timestamp = 0;
};

class LogReader {
 public:
  LogReader(std::shared_ptr<objects::Store> store, std::string root, ParquetIo& parquet)
      : store_(std::move(store)), root_(std::move(root)), parquet_(parquet) {}

  // The newest version, or the given one. Throws ob::Error 404 delta.notATable and
  // delta.noSuchVersion, 422 delta.badLog, and the ParquetIo's delta.badCheckpoint when no other
  // way leads to the version.
  ImplPtr load(std::optional<std::int64_t> version) const;
  // Applies the commits that follow `base`, up to `last` if given or while there are any. Null
  // when there are so many that load() is cheaper, or one up to `last` is missing.
  ImplPtr forward(const ImplPtr& base, std::optional<std::int64_t> last) const;
  // Whether the log still holds the commit that this snapshot ends with.
  bool still_there(const SnapshotImpl& snapshot) const;

  LogListing list(std::int64_t from) const { return list_log(*store_, root_, from); }
  // Reads a checkpoint with all that belongs to it. Throws what is wrong with it.
  void require_readable(const CheckpointFiles& files) const {
    SnapshotBuilder builder;
    read_checkpoint(files, builder);
  }
  // All actions of one commit; nullopt when there is no such file.
  std::optional<std::vector<Action>> read_commit(std::int64_t version) const;
  // commitInfo alone, reading no more of the file than needed; empty when the commit has none.
  CommitInfo commit_info(std::int64_t version) const;
  // Times of the commits of a listing that lie without gap below the newest, oldest first: from
  // their files, each at least a millisecond after the one before.
  static std::vector<CommitTime> file_times(const LogListing& listing);
  // The first version whose in-commit timestamp counts; nullopt when they are not enabled.
  static std::optional<std::int64_t> in_commit_from(const Metadata& metadata);

 private:
  ImplPtr replay(const LogListing& listing, std::optional<std::int64_t> version) const;
  void read_checkpoint(const CheckpointFiles& files, SnapshotBuilder& builder) const;
  std::string sidecar_key(const std::string& path) const;
  std::optional<std::int64_t> hint() const;
  void apply_commit(std::int64_t version, const objects::ObjectInfo& info,
                    SnapshotBuilder& builder) const;

  std::shared_ptr<objects::Store> store_;
  std::string root_;
  ParquetIo& parquet_;
};

}  // namespace ob::delta
