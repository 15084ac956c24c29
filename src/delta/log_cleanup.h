#pragma once
// Removal of log files that no version within the log's retention needs ("Metadata Cleanup" of the
// protocol).
#include "delta/log_files.h"
#include "delta/snapshot.h"

namespace ob::delta {

// delta.logRetentionDuration, default 30 days.
Micros log_retention(const Metadata& metadata);
// delta.enableExpiredLogCleanup, default true.
bool cleans_log(const Metadata& metadata);

// The checkpoint that must stay, with all that follows it, so that every version from `oldest` on
// can be built; null when there is none, and so nothing may go.
const CheckpointFiles* needed_checkpoint(const LogListing& listing, std::int64_t oldest);

// Removes commits, checkpoints and checksums of versions before `checkpoint`, then sidecars that no
// checkpoint names and that are more than a day old. Returns how many files went.
std::size_t remove_log_before(objects::Store& store, ParquetIo& parquet, const std::string& root,
                              std::int64_t checkpoint, Micros now);

}  // namespace ob::delta
