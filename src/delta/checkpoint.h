#pragma once
// Writes checkpoints.
#include <memory>
#include <string>

#include "delta/snapshot.h"

namespace ob::delta {

// Every how many commits a checkpoint is due (delta.checkpointInterval, default 10).
std::int64_t checkpoint_interval(const Metadata& metadata);
// How long tombstones stay (delta.deletedFileRetentionDuration, default one week).
Micros tombstone_retention(const Metadata& metadata);
// "interval 7 days", "interval 1 week 2 hours"; nullopt when malformed.
std::optional<Micros> parse_interval(std::string_view text);

// Writes the checkpoint of the snapshot and, when it is the newest, `_last_checkpoint`. Classic, or
// V2 with one sidecar where the table's delta.checkpointPolicy asks for it.
void write_checkpoint(objects::Store& store, ParquetIo& parquet, const std::string& root,
                      const SnapshotImpl& snapshot);

}  // namespace ob::delta
