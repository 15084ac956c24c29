// DELETE and UPDATE.
#include <algorithm>
#include <boost/json.hpp>

#include "query/change.h"
#include "query/writes.h"

namespace ob::query {

namespace json = boost::json;
namespace {

json::object predicate(const std::string& where) {
  return {{"predicate", json_list(where.empty() ? std::vector<std::string>{}
                                                : std::vector<std::string>{where})}};
}

json::object file_metrics(const Change& change, const ChangeCounts& counts) {
  return {{"numRemovedFiles", counts.files_removed},
          {"numRemovedBytes", counts.bytes_removed},
          {"numAddedFiles", counts.files_added},
          {"numAddedBytes", counts.bytes_added},
          {"numCopiedRows", counts.copied},
          {"numAddedChangeFiles", 0},
          {"numDeletionVectorsAdded", counts.vectors_added},
          {"numDeletionVectorsRemoved", 0},
          {"numDeletionVectorsUpdated", counts.vectors_replaced},
          {"executionTimeMs", change.elapsed_ms()}};
}

Plan answer(const Change& change, std::int64_t rows, std::int64_t version) {
  Plan plan = affected_plan(rows, version);
  plan.statistics = change.statistics();
  return plan;
}

Plan delete_rows(Session& session, const Delete& statement) {
  const bool all = statement.where.empty();
  Change change(session, statement.table, all ? Change::Reads::nothing : Change::Reads::rows);
  change.base()->require_removable();
  change.remove_rows(statement.where);
  const ChangeCounts counts = change.counts();
  json::object metrics = file_metrics(change, counts);
  metrics["numDeletedRows"] = counts.deleted;
  const std::int64_t version =
      change.commit("DELETE", predicate(statement.where), std::move(metrics));
  return answer(change, counts.deleted, version);
}

bool streamable(const Update& statement) {
  return repeatable(statement.where) &&
         std::ranges::all_of(statement.set, repeatable, &Assignment::value);
}

// New values are kept first, and then joined to the files' rows.
void keep_and_apply(Change& change, const std::vector<NewValue>& values, const std::string& where) {
  RowChanges changes;
  std::string select = "SELECT " + change.place() + ", 1", names = "__f, __r, __k";
  for (const NewValue& value : values) {
    select += ", " + change.stored(value);
    names += ", v" + std::to_string(changes.columns.size());
    changes.columns.push_back(value.field);
  }
  const Plan plan = change.compose(select + " FROM " + change.from() + where);
  change.note_read(plan);
  const auto rows = change.keep(plan, names);
  changes.rows = "SELECT * FROM " + rows->name();
  change.apply(changes);
}

Plan update_rows(Session& session, const Update& statement) {
  Change change(session, statement.table, Change::Reads::rows);
  change.base()->require_removable();
  const std::string where = statement.where.empty() ? "" : " WHERE (" + statement.where + ")";
  const auto values = change.assign(statement.set, change.from() + where);
  change.check_masked(values, change.from(), false);
  if (change.guarded()) {
    keep_and_apply(change, values, where);
  } else if (change.has_vectors() && !statement.where.empty()) {
    keep_and_apply(change, change.all_columns(values), where);
  } else if (streamable(statement)) {
    change.stream(statement.where, values);
  } else {
    keep_and_apply(change, values, where);
  }
  const ChangeCounts counts = change.counts();
  json::object metrics = file_metrics(change, counts);
  metrics["numUpdatedRows"] = counts.updated;
  const std::int64_t version =
      change.commit("UPDATE", predicate(statement.where), std::move(metrics));
  return answer(change, counts.updated, version);
}

}  // namespace

Plan Session::run(const Delete& statement) {
  return with_retries([&] {
    snapshots_.clear();
    return delete_rows(*this, statement);
  });
}

Plan Session::run(const Update& statement) {
  return with_retries([&] {
    snapshots_.clear();
    return update_rows(*this, statement);
  });
}

}  // namespace ob::query
