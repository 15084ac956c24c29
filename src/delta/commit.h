#pragma once
// What a commit must satisfy, what it may be rebased over, and its text.
#include <optional>
#include <string>
#include <vector>

#include "delta/snapshot.h"

namespace ob::delta {

// A request checked against its base, in the order of the log.
struct Prepared {
  std::string txn_id;
  std::vector<Action> actions;  // without commitInfo
  bool data_change = false, blind_append = false;
  bool metadata_changed = false, protocol_changed = false;
};

// Checks the request and completes it (protocol upgrades, ids, times). Throws ob::Error 400/409.
// `location` is the table's own place.
Prepared prepare(const CommitRequest& request, const std::string& location);

// Throws ob::Error 409 delta.conflict when the commit cannot follow `winner`, which another writer
// committed as `version` after the base.
void check_conflicts(const CommitRequest& request, const Prepared& prepared,
                     const std::vector<Action>& winner, std::int64_t version);

// Throws when the commit cannot follow `latest` (null: the table is being created), which its
// winners' actions alone do not tell.
void check_against(const CommitRequest& request, const Prepared& prepared,
                   const SnapshotImpl* latest);

// All actions of the commit as version `version` after `latest`, commitInfo first.
std::vector<Action> complete(const CommitRequest& request, const Prepared& prepared,
                             const SnapshotImpl* latest, std::int64_t version);
std::string render(const std::vector<Action>& actions);

}  // namespace ob::delta
