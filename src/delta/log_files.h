#pragma once
// Names and listing of the files in `_delta_log`.
#include <map>
#include <string>
#include <vector>

#include "objects/objects.h"

namespace ob::delta {

// All files of one complete checkpoint.
struct CheckpointFiles {
  std::int64_t version = 0;
  std::vector<std::string> keys;  // one, or all parts in order
  bool json = false;
  Micros modified = 0;
  std::string name() const;  // file name of the (first) part, for messages
};

struct LogListing {
  std::map<std::int64_t, objects::ObjectInfo> commits;
  std::vector<CheckpointFiles> checkpoints;  // complete ones, newest first

  bool empty() const { return commits.empty() && checkpoints.empty(); }
  std::int64_t newest() const;
  // The first version from which all later ones can be built; newest() + 1 when there is none.
  std::int64_t earliest() const;
};

std::string log_prefix(const std::string& root);  // "root/_delta_log/"
std::string padded(std::int64_t version);         // 20 digits
std::string commit_key(const std::string& root, std::int64_t version);
std::string file_name(const std::string& key);

// Commits and checkpoints of versions from `from` on. Incomplete multi-part checkpoints and
// everything unknown are left out.
LogListing list_log(objects::Store& store, const std::string& root, std::int64_t from);

}  // namespace ob::delta
