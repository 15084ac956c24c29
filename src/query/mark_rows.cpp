// Changing rows by their places with deletion vectors: the files stay, and what changes is written
// into new ones.
#include <algorithm>

#include "delta/maintenance.h"
#include "query/change.h"
#include "query/writes.h"

namespace ob::query {

using engine::quote_identifier;

namespace {

// More places than this are not held in memory: the files are written anew.
constexpr std::size_t most_places = 20'000'000;

}  // namespace

std::optional<Change::Places> Change::places_where(const std::string& where) {
  const Plan plan = compose("SELECT " + place() + " FROM " + from_ + " WHERE (" + where + ")");
  note_read(plan);
  return in_user_names(plan, [&] { return places_of(plan, most_places); });
}

// The rows that a plan of places gives; nothing when there are more than `most`.
std::optional<Change::Places> Change::places_of(const Plan& plan, std::size_t most) const {
  Places out;
  std::size_t count = 0;
  const auto result = connection().execute(plan.sql, plan.parameters);
  while (const auto batch = result->next()) {
    count += static_cast<std::size_t>(batch->rows());
    if (count > most) return std::nullopt;
    const auto files = batch->integers(0), rows = batch->integers(1);
    std::vector<std::uint64_t>* list = nullptr;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i == 0 || files[i] != files[i - 1]) list = &out[files[i]];
      list->push_back(static_cast<std::uint64_t>(rows[i]));
    }
  }
  return out;
}

// Files that lose all their rows go as a whole.
void Change::mark(Places places) {
  std::vector<delta::RowsToDelete> marked;
  std::int64_t position = 0;
  for (const delta::Add& add : base_->files()) {
    const auto found = places.find(position++);
    if (found == places.end()) continue;
    auto& rows = found->second;
    std::ranges::sort(rows);
    const auto repeated = std::ranges::unique(rows);
    rows.erase(repeated.begin(), repeated.end());
    if (live_rows(add) == std::ssize(rows)) {
      remove_file(add);
      continue;
    }
    request_.actions.emplace_back(delta::removal_of(add, true));
    request_.reads.removed_paths.push_back(add.path);
    ++(add.deletion_vector ? counts_.vectors_replaced : counts_.vectors_added);
    marked.push_back({&add, std::move(rows)});
  }
  for (delta::Add& add : delta::with_deleted_rows(*opened_.delta, marked))
    request_.actions.emplace_back(std::move(add));
}

bool Change::mark_removed(const std::string& where) {
  auto places = places_where(where);
  if (!places) return false;
  for (const auto& [file, rows] : *places) counts_.deleted += std::ssize(rows);
  mark(std::move(*places));
  return true;
}

// A SELECT of the rows that are written anew; empty: there are none.
std::string Change::new_rows(const RowChanges& changes, bool changed) {
  std::string out, columns;
  for (std::size_t i = 0; i < changes.columns.size(); ++i)
    columns += (i == 0 ? "v" : ", v") + std::to_string(i) + " AS " +
               quote_identifier(changes.columns[i]->name);
  if (!columns.empty() && changed)
    out = "SELECT " + columns + " FROM (" + changes.rows + ") AS c WHERE __k = 1";
  if (!changes.inserts.empty()) out += (out.empty() ? "" : " UNION ALL BY NAME ") + changes.inserts;
  return out;
}

void Change::apply_with_vectors(const RowChanges& changes) {
  Plan written;
  if (!changes.rows.empty()) {
    const auto found =
        connection().rows("SELECT count(*) FILTER (__k = 1), count(*) FILTER (__k = 2) FROM (" +
                          changes.rows + ") AS c");
    counts_.updated += std::stoll(found.at(0).at(0).value());
    counts_.deleted += std::stoll(found.at(0).at(1).value());
  }
  written.sql = new_rows(changes, counts_.updated > 0);
  if (!written.sql.empty()) add_files(write(written, {}));
  if (changes.rows.empty()) return;
  Plan places;
  places.sql = "SELECT __f, __r FROM (" + changes.rows + ") AS c";
  try {
    mark(*places_of(places, SIZE_MAX));
  } catch (...) {
    delta::discard_files(*opened_.delta, request_);
    throw;
  }
}

std::vector<NewValue> Change::all_columns(const std::vector<NewValue>& values) const {
  std::vector<NewValue> out;
  for (const delta::Field& field : schema()) {
    const auto found = std::ranges::find(values, &field, &NewValue::field);
    out.push_back(found != values.end()
                      ? *found
                      : NewValue{&field, qualifier_ + quote_identifier(field.name)});
  }
  return out;
}

}  // namespace ob::query
