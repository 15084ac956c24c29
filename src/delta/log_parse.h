#pragma once
// Reads commit files and JSON checkpoints: newline-delimited JSON, one action a line.
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "delta/actions.h"
#include "delta/delta.h"

namespace ob::delta {

inline constexpr std::int64_t kMaxLogFileBytes = 512ll << 20;
inline constexpr std::int64_t kMaxActions = 20'000'000;  // of one file

struct ParseOptions {
  bool commit_info = false;  // whole commitInfo; else only its inCommitTimestamp and txnId
  bool file_actions = true;  // else add and remove are skipped
};

// Calls sink for each action; unknown actions and fields are ignored, as the protocol asks. Throws
// ob::Error 422 delta.badLog naming `file` and the line.
void parse_log(std::string_view text, const std::string& file, const ParseOptions& options,
               const std::function<void(CheckpointRow)>& sink);

Error bad_log(const std::string& file, std::size_t line, const std::string& what);

// Value of `numRecords` in the stats of a file.
std::optional<std::int64_t> num_records(const std::string& stats);

}  // namespace ob::delta
