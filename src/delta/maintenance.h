#pragma once
// What keeps a table in order: restoring, compacting, vacuuming, and clearing away what was never
// committed. Free of SQL and of Parquet: the caller writes the files.
#include <functional>
#include <string>
#include <vector>

#include "delta/delta.h"

namespace ob::delta {

// The removal of a live file.
Remove removal_of(const Add& add, bool data_change);
// The same version with these of its files alone.
SnapshotPtr with_files(const SnapshotPtr& snapshot, const std::vector<const Add*>& files);

// --- deletion vectors
struct RowsToDelete {
  const Add* add = nullptr;         // whose statistics tell its number of records
  std::vector<std::uint64_t> rows;  // their indexes in the file, in any order
};
// The files as they are without these rows too, by deletion vectors that are durable when this
// returns: the data files stay as they are. Removing the old actions is the caller's.
std::vector<Add> with_deleted_rows(Table& table, const std::vector<RowsToDelete>& files);
// The file as a scan is to see it, without these rows too: nothing is written.
Add with_rows_left_out(Table& table, const RowsToDelete& file);

// --- what was never committed
// Deletes the data files and deletion vectors that the request would have added to the table, but
// nothing that it would have removed. What cannot be deleted is logged, and left to VACUUM.
void discard_files(Table& table, const CommitRequest& request) noexcept;
// table.commit(request); when it was not written, its files are deleted again. Not for requests
// that name files of other versions (RESTORE).
std::int64_t commit_or_discard(Table& table, const CommitRequest& request);

// --- RESTORE
// The commit that gives the table the rows, schema and properties of `target` again; without
// actions when it has them. Its metrics have delta-spark's names. Throws ob::Error 409
// delta.filesVacuumed when data files of that version are gone.
CommitRequest restore_request(Table& table, const SnapshotPtr& target);

// --- OPTIMIZE
// The size that files are to have: `delta.targetFileSize` ("128mb", "1000000"), else by the size of
// the table.
std::int64_t target_file_size(const Snapshot& snapshot);
// "134217728", "128mb", "1 GB"; nullopt when malformed.
std::optional<std::int64_t> parse_size(std::string_view text);
// Groups of files of one partition, in order of addition, each to become one file (or, where
// `all`, every file of a partition in one group). Without `all` files that are large enough and
// have few deleted rows are left out, and so are groups that would not change.
std::vector<std::vector<const Add*>> plan_compaction(const std::vector<const Add*>& files,
                                                     std::int64_t target, bool all);

// --- VACUUM
struct VacuumOptions {
  Micros cutoff = 0;            // what is younger stays, and what a version since then refers to
  std::function<void()> check;  // called now and then; ends the work by throwing
};
struct VacuumPlan {
  std::vector<std::string> paths;  // relative to the table, decoded, sorted
  std::int64_t bytes = 0;
  std::size_t directories = 0;  // that were looked into
};
// Files of the table's directory that no version since the cutoff refers to and that are older than
// it: data, deletion vectors, change data, remains of statements that failed. Never the log, nor
// anything else whose name, or a directory's on the way, starts with '_' or '.'.
VacuumPlan plan_vacuum(Table& table, const VacuumOptions& options);
// Deletes them; returns how many were there. Throws what `check` throws, in between.
std::size_t delete_files(Table& table, const std::vector<std::string>& paths,
                         const std::function<void()>& check);
// delta.deletedFileRetentionDuration, one week by default.
Micros deleted_file_retention(const Metadata& metadata);

}  // namespace ob::delta
