#include "delta/snapshot.h"

#include "base/error.h"
#include "delta/features.h"
#include "delta/log_parse.h"

namespace ob::delta {

bool Snapshot::column_mapping() const {
  const auto found = metadata().configuration.find("delta.columnMapping.mode");
  if (found == metadata().configuration.end() || found->second == "none") return false;
  // The property alone means nothing to a table whose protocol does not have the feature.
  return protocol().min_reader == 2 ||
         (protocol().min_reader >= 3 && supports(protocol(), "columnMapping"));
}

bool Snapshot::clustered() const {
  return supports(protocol(), "clustering");
}

bool Snapshot::column_mapping_by_id() const {
  const auto found = metadata().configuration.find("delta.columnMapping.mode");
  return column_mapping() && found->second == "id";
}

bool Snapshot::deletion_vectors() const {
  return supports(protocol(), "deletionVectors") &&
         config_flag(metadata(), "delta.enableDeletionVectors");
}

void Snapshot::require_readable() const {
  delta::require_readable(protocol(), metadata());
}

void Snapshot::require_writable() const {
  delta::require_writable(protocol(), metadata());
}

void Snapshot::require_removable() const {
  require_writable();
  delta::require_removable(metadata());
}

std::vector<Remove> SnapshotImpl::tombstones() const {
  return {state_.tombstones.begin(), state_.tombstones.end()};
}

std::optional<std::int64_t> SnapshotImpl::txn(const std::string& app_id) const {
  const auto found = state_.txns->find(app_id);
  if (found == state_.txns->end()) return std::nullopt;
  return found->second.version;
}

std::optional<std::int64_t> SnapshotImpl::row_count() const {
  if (state_.files_without_rows > 0) return std::nullopt;
  return static_cast<std::int64_t>(state_.rows);
}

std::optional<std::int64_t> live_rows(const Add& add) {
  auto rows = num_records(add.stats);
  if (!rows) return std::nullopt;
  if (add.deletion_vector) {
    const auto gone = add.deletion_vector->cardinality;
    if (gone < 0 || gone > *rows) return std::nullopt;
    *rows -= gone;
  }
  return rows;
}

SnapshotBuilder::SnapshotBuilder(const State& base)
    : state_(base),
      files_(base.files),
      tombstones_(base.tombstones),
      txns_(base.txns ? *base.txns : std::map<std::string, Txn>()),
      domains_(base.domains ? *base.domains : std::map<std::string, DomainMetadata>()) {
  state_.files = {};
  state_.tombstones = {};
}

void SnapshotBuilder::put(Add add) {
  const auto key = file_key(add);
  tombstones_.erase(key);
  const auto item = std::make_shared<const Add>(std::move(add));
  state_.bytes += static_cast<std::uint64_t>(item->size);
  if (const auto rows = live_rows(*item)) {
    state_.rows += static_cast<std::uint64_t>(*rows);
  } else {
    ++state_.files_without_rows;
  }
  if (const auto old = files_.put(item)) drop(*old);
}

void SnapshotBuilder::drop(const Add& add) {
  state_.bytes -= static_cast<std::uint64_t>(add.size);
  if (const auto rows = live_rows(add)) {
    state_.rows -= static_cast<std::uint64_t>(*rows);
  } else {
    --state_.files_without_rows;
  }
}

void SnapshotBuilder::remove(Remove remove) {
  if (const auto old = files_.erase(file_key(remove))) drop(*old);
  tombstones_.put(std::make_shared<const Remove>(std::move(remove)));
}

void SnapshotBuilder::apply(Action action) {
  if (auto* a = std::get_if<Add>(&action)) {
    put(std::move(*a));
  } else if (auto* r = std::get_if<Remove>(&action)) {
    remove(std::move(*r));
  } else if (auto* m = std::get_if<Metadata>(&action)) {
    state_.metadata = std::make_shared<const Metadata>(std::move(*m));
  } else if (auto* p = std::get_if<Protocol>(&action)) {
    state_.protocol = std::make_shared<const Protocol>(std::move(*p));
  } else if (auto* t = std::get_if<Txn>(&action)) {
    txns_changed_ = true;
    auto id = t->app_id;
    txns_[std::move(id)] = std::move(*t);
  } else if (auto* d = std::get_if<DomainMetadata>(&action)) {
    domains_changed_ = true;
    if (d->removed) {
      domains_.erase(d->domain);
    } else {
      auto name = d->domain;
      domains_[std::move(name)] = std::move(*d);
    }
  } else if (auto* c = std::get_if<CommitInfo>(&action)) {
    const auto* time = c->json.if_contains("inCommitTimestamp");
    if (time && time->is_int64()) in_commit_timestamp_ = time->get_int64();
  }
}

void SnapshotBuilder::end_commit(std::int64_t version, Micros file_time,
                                 std::optional<FileIdentity> file) {
  auto millis = file_time / 1000;
  const bool in_commit = in_commit_timestamp_ && state_.metadata &&
                         config_flag(*state_.metadata, "delta.enableInCommitTimestamps");
  if (in_commit && *in_commit_timestamp_ > 0 && *in_commit_timestamp_ < INT64_MAX / 1000) {
    millis = *in_commit_timestamp_;
  } else if (state_.version >= 0) {
    millis = std::max(millis, state_.timestamp / 1000 + 1);  // file times need not be in order
  }
  state_.version = version;
  state_.timestamp = millis * 1000;
  state_.commit_file = file;
  in_commit_timestamp_.reset();
}

ImplPtr SnapshotBuilder::build() {
  if (!state_.txns || txns_changed_) {
    state_.txns = std::make_shared<const std::map<std::string, Txn>>(std::move(txns_));
  }
  if (!state_.domains || domains_changed_) {
    state_.domains =
        std::make_shared<const std::map<std::string, DomainMetadata>>(std::move(domains_));
  }
  state_.files = files_.build();
  state_.tombstones = tombstones_.build();
  return std::make_shared<const SnapshotImpl>(std::move(state_));
}

}  // namespace ob::delta
