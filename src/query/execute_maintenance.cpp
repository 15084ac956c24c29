// RESTORE and VACUUM.
#include <boost/json.hpp>

#include "base/error.h"
#include "base/time.h"
#include "delta/maintenance.h"
#include "query/core.h"

namespace ob::query {

namespace json = boost::json;
using identity::Privilege;

namespace {

constexpr double micros_an_hour = 3600e6;
constexpr std::size_t paths_shown = 1000;  // of a dry run, as delta-spark does it

std::string number(const json::value& value) {
  return json::serialize(value);
}

}  // namespace

Plan Session::run(const Restore& restore) {
  const auto opened = core_.catalog.open(caller_, table_name(restore.name), Privilege::write);
  require_whole(opened.table, "RESTORE");
  delta::SnapshotPtr target;
  if (restore.version) {
    target = opened.delta->snapshot_at(*restore.version);
  } else {
    const auto rows = connection_.rows("SELECT epoch_us(CAST($1 AS TIMESTAMP WITH TIME ZONE))",
                                       json::array{restore.timestamp});
    target = opened.delta->snapshot_before(std::stoll(rows.at(0).at(0).value()));
  }
  target->require_readable();
  auto request = delta::restore_request(*opened.delta, target);
  request.base->require_writable();
  request.user_id = caller_.user_id;
  request.user_name = caller_.email;
  if (restore.version) {
    request.parameters = {{"version", *restore.version}, {"timestamp", nullptr}};
  } else {
    request.parameters = {{"version", nullptr}, {"timestamp", restore.timestamp}};
  }
  auto version = request.base->version();
  if (!request.actions.empty()) {
    version = opened.delta->commit(request);
    core_.catalog.note_schema(opened.table.id, *opened.delta->snapshot());
  }
  const auto& m = request.metrics;
  RowsBuilder answer({{"table_size_after_restore", "BIGINT"},
                      {"num_of_files_after_restore", "BIGINT"},
                      {"num_removed_files", "BIGINT"},
                      {"num_restored_files", "BIGINT"},
                      {"removed_files_size", "BIGINT"},
                      {"restored_files_size", "BIGINT"},
                      {"version", "BIGINT"}});
  answer.add({number(m.at("tableSizeAfterRestore")), number(m.at("numOfFilesAfterRestore")),
              number(m.at("numRemovedFiles")), number(m.at("numRestoredFiles")),
              number(m.at("removedFilesSize")), number(m.at("restoredFilesSize")),
              std::to_string(version)});
  return answer.plan();
}

namespace {

Micros retention_of(const Vacuum& vacuum, const delta::Snapshot& snapshot, bool check) {
  const Micros least = delta::deleted_file_retention(snapshot.metadata());
  if (!vacuum.hours) return least;
  const auto asked = static_cast<Micros>(*vacuum.hours * micros_an_hour);
  if (check && asked < least)
    throw bad_request("delta.retentionTooShort",
                      "VACUUM may not delete files that were in use less than " +
                          std::to_string(least / static_cast<Micros>(micros_an_hour)) +
                          " hours ago: statements and older versions may need them. To retain "
                          "less, set the table's property delta.deletedFileRetentionDuration.");
  return asked;
}

}  // namespace

Plan Session::run(const Vacuum& vacuum) {
  const auto opened = core_.catalog.open(caller_, table_name(vacuum.name), Privilege::write);
  require_shown(opened, "The list of files");
  const auto snapshot = opened.delta->snapshot();
  snapshot->require_writable();
  const bool check = core_.vacuum_retention_check;
  const Micros retention = retention_of(vacuum, *snapshot, check);
  const auto plan = delta::plan_vacuum(
      *opened.delta, {.cutoff = now_micros() - retention, .check = check_stopped});
  if (vacuum.dry_run) {
    RowsBuilder answer({{"path", "VARCHAR"}});
    for (std::size_t i = 0; i < std::min(plan.paths.size(), paths_shown); ++i)
      answer.add({opened.delta->location() + "/" + plan.paths[i]});
    Plan shown = answer.plan();
    shown.statistics = {.files = static_cast<std::int64_t>(plan.paths.size()), .bytes = plan.bytes};
    return shown;
  }
  std::size_t deleted = 0;
  if (!plan.paths.empty()) {
    auto start = commit_request("VACUUM START");
    start.base = snapshot;
    start.parameters = {
        {"retentionCheckEnabled", check},
        {"defaultRetentionMillis", delta::deleted_file_retention(snapshot->metadata()) / 1000}};
    if (vacuum.hours) start.parameters["specifiedRetentionMillis"] = retention / 1000;
    start.metrics = {{"numFilesToDelete", plan.paths.size()}, {"sizeOfDataToDelete", plan.bytes}};
    opened.delta->commit(start);
    deleted = delta::delete_files(*opened.delta, plan.paths, check_stopped);
    auto end = commit_request("VACUUM END");
    end.base = opened.delta->snapshot();
    end.parameters = {{"status", "COMPLETED"}};
    end.metrics = {{"numDeletedFiles", deleted}, {"numVacuumedDirectories", plan.directories}};
    opened.delta->commit(end);
  }
  RowsBuilder answer({{"path", "VARCHAR"},
                      {"numDeletedFiles", "BIGINT"},
                      {"numVacuumedDirectories", "BIGINT"},
                      {"sizeOfDataToDelete", "BIGINT"}});
  answer.add({opened.delta->location(), std::to_string(deleted), std::to_string(plan.directories),
              std::to_string(plan.bytes)});
  return answer.plan();
}

}  // namespace ob::query
