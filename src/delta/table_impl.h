#pragma once
// The table behind delta.h: table.cpp reads, table_commit.cpp writes.
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "delta/commit.h"
#include "delta/commit_queue.h"
#include "delta/deletion_vector.h"
#include "delta/log_reader.h"
#include "delta/paths.h"

namespace ob::delta {

class TableImpl final : public Table, public std::enable_shared_from_this<TableImpl> {
 public:
  TableImpl(std::shared_ptr<objects::Store> store, std::string root, ParquetIo& parquet,
            Housekeeper* housekeeper)
      : store_(store),
        root_(std::move(root)),
        parquet_(parquet),
        housekeeper_(housekeeper),
        location_(directory_location(*store, root_)),
        reader_(std::move(store), root_, parquet),
        queue_([this](const CommitRequest& request) { return commit_alone(request); }) {}

  const std::string& root() const override { return root_; }
  std::string location() const override { return location_; }
  objects::Store& store() override { return *store_; }
  SnapshotPtr snapshot() override { return refresh(); }
  SnapshotPtr snapshot_at(std::int64_t version) override;
  SnapshotPtr snapshot_before(Micros instant) override;
  std::vector<CommitRecord> history(std::size_t limit,
                                    std::optional<std::int64_t> before_version) override;
  std::int64_t commit(const CommitRequest& request) override {
    const objects::Cancelling never;  // a commit is written or it is not
    return queue_.run(request);
  }
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
  std::optional<std::int64_t> version_before(Micros instant, const LogListing& listing,
                                             const Metadata& metadata);
  Micros in_commit_time(std::int64_t version);

  // --- table_commit.cpp
  std::int64_t commit_alone(const CommitRequest& request);
  ImplPtr base_of_next(const CommitRequest& request, const Prepared& prepared,
                       std::int64_t& checked);
  bool put_commit(std::int64_t version, const std::string& text, const std::string& txn_id);
  bool is_ours(std::int64_t version, const std::string& txn_id);
  void move_on(const ImplPtr& latest, std::int64_t version, std::vector<Action> actions);
  void keep_house(const Metadata& metadata, std::int64_t version);
  void checkpoint_newest();
  void clean_up_log(const SnapshotImpl& snapshot);

  const std::shared_ptr<objects::Store> store_;
  const std::string root_;
  ParquetIo& parquet_;
  Housekeeper* const housekeeper_;
  const std::string location_;
  const LogReader reader_;
  CommitQueue queue_;  // one commit at a time in this process: fewer lost races

  std::mutex refresh_mutex_;  // one reader of new commits at a time
  std::mutex mutex_;          // guards what follows; taken last, held briefly
  ImplPtr newest_;
  std::deque<ImplPtr> old_;
  std::int64_t checkpointed_ = -1;  // the newest version that this process wrote a checkpoint of
  Micros cleaned_ = 0;              // when this process last looked for expired log files
};

}  // namespace ob::delta
