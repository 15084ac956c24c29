#pragma once
// The state of a table at one version, and how commits change it into the next.
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "delta/delta.h"

namespace ob::delta {

// Tells a commit file from another one under the same name: the log was replaced.
struct FileIdentity {
  Micros modified = 0;
  std::int64_t size = 0;
  bool operator==(const FileIdentity&) const = default;
};

struct State {
  std::int64_t version = -1;
  Micros timestamp = 0;
  std::shared_ptr<const Metadata> metadata;
  std::shared_ptr<const Protocol> protocol;
  FileList files;
  FileSet<Remove> tombstones;
  std::shared_ptr<const std::map<std::string, Txn>> txns;
  std::shared_ptr<const std::map<std::string, DomainMetadata>> domains;
  std::uint64_t bytes = 0, rows = 0;  // a hostile log may wrap them, and no more
  std::size_t files_without_rows = 0;
  std::optional<FileIdentity> commit_file;  // none when only a checkpoint has this version
};

class SnapshotImpl final : public Snapshot {
 public:
  explicit SnapshotImpl(State state) : state_(std::move(state)) {}
  std::int64_t version() const override { return state_.version; }
  Micros timestamp() const override { return state_.timestamp; }
  const Metadata& metadata() const override { return *state_.metadata; }
  const Protocol& protocol() const override { return *state_.protocol; }
  const FileList& files() const override { return state_.files; }
  std::vector<Remove> tombstones() const override;
  std::optional<std::int64_t> txn(const std::string& app_id) const override;
  std::optional<std::int64_t> row_count() const override;
  std::int64_t size_bytes() const override { return static_cast<std::int64_t>(state_.bytes); }
  const State& state() const { return state_; }

 private:
  State state_;
};
using ImplPtr = std::shared_ptr<const SnapshotImpl>;

// Applies actions in order (action reconciliation). Not thread-safe.
class SnapshotBuilder {
 public:
  explicit SnapshotBuilder(const State& base = {});
  void apply(Action action);
  // Ends one commit: its version, its file's time (milliseconds are kept), and its file.
  void end_commit(std::int64_t version, Micros file_time, std::optional<FileIdentity> file);
  bool complete() const { return state_.metadata && state_.protocol; }
  ImplPtr build();

 private:
  void put(Add add);
  void drop(const Add& add);
  void remove(Remove remove);

  State state_;
  FileList::Builder files_;
  FileSet<Remove>::Builder tombstones_;
  std::map<std::string, Txn> txns_;
  std::map<std::string, DomainMetadata> domains_;
  bool txns_changed_ = false, domains_changed_ = false;
  std::optional<std::int64_t> in_commit_timestamp_;  // of the commit being applied
};

// Live rows of a file: numRecords less what its deletion vector removes.
std::optional<std::int64_t> live_rows(const Add& add);

}  // namespace ob::delta
