// Changing rows by their places without deletion vectors: files of some size have the rows cut out
// of their pages, which is much quicker than to write anew what stays; rows that change are written
// into files of their own.
#include <algorithm>

#include "delta/maintenance.h"
#include "query/change.h"
#include "query/writes.h"

namespace ob::query {

using engine::quote_identifier;

namespace {

// Smaller files are quick to write anew, several of them and what is new into one.
constexpr std::int64_t least_cut_bytes = 1 << 20;

// Where more than half of the rows go, what is left is little, and deserves fresh row groups. Where
// many change, they had better stay among their neighbours, which statistics tell apart from
// others.
bool mostly_stays(const delta::Add& add, std::size_t gone, bool removal) {
  const auto rows = live_rows(add);
  return rows && static_cast<std::int64_t>(gone) <= *rows / (removal ? 2 : 8);
}

}  // namespace

bool Change::may_cut() const {
  return std::ranges::any_of(base_->files(),
                             [](const delta::Add& add) { return add.size >= least_cut_bytes; });
}

std::vector<Change::Touched> Change::touched(const Places& places) {
  std::vector<Touched> out;
  std::vector<std::int64_t> rows;
  for (const auto& [file, gone] : places) {
    out.push_back({file});
    rows.push_back(std::ssize(gone));
    hits_ += rows.back();
  }
  find_files(out, rows);
  return out;
}

Change::Cut Change::cut(const std::vector<Touched>& files, Places& places, bool removal) {
  Cut out;
  const auto small = std::ranges::count_if(
      files, [](const Touched& file) { return !file.whole && file.add->size < least_cut_bytes; });
  std::vector<Touched> tried;
  std::vector<delta::RowsToDelete> rows;
  for (const Touched& file : files) {
    if (file.whole) continue;
    auto& gone = places.at(file.position);
    const bool large = file.add->size >= least_cut_bytes || (removal && small == 1);
    if (!large || !mostly_stays(*file.add, gone.size(), removal)) {
      out.left.push_back(file);
      continue;
    }
    tried.push_back(file);
    rows.push_back({file.add, std::move(gone)});
  }
  if (tried.empty()) return out;
  auto fresh = session_.core_.engine.remove_rows(*opened_.delta, *base_, rows);
  for (std::size_t i = 0; i < tried.size(); ++i) {
    (fresh[i] ? out.done : out.left).push_back(tried[i]);
    if (fresh[i])
      add_files({std::move(*fresh[i])});
    else
      places.at(tried[i].position) = std::move(rows[i].rows);
  }
  std::ranges::sort(out.left, {}, &Touched::position);
  return out;
}

void Change::discard() {
  delta::discard_files(*opened_.delta, request_);
}

void Change::apply_behind(const RowChanges& changes) {
  Plan plan;
  plan.sql = "SELECT __f, __r FROM (" + changes.rows + ") AS c";
  Places gone = *places_of(plan, SIZE_MAX);
  const std::vector<Touched> files = touched(changes.rows);
  for (const Touched& file : files) remove_file(*file.add);
  const std::int64_t before = counts_.written;
  const bool removal = counts_.updated == 0 && changes.inserts.empty();
  const Cut cut_out = cut(files, gone, removal);
  try {
    write_behind(changes, cut_out.left, gone);
  } catch (...) {
    discard();
    throw;
  }
  counts_.copied =
      counts_.written - before - counts_.updated - (changes.inserts.empty() ? 0 : counts_.inserted);
}

// Writes what stays of these files, and behind it the rows that are new.
void Change::write_behind(const RowChanges& changes, const std::vector<Touched>& files,
                          Places& gone) {
  Plan plan;
  plan.sql = new_rows(changes, counts_.updated > 0);
  std::int64_t bytes = 0;
  std::vector<delta::Add> left;
  for (const Touched& file : files) {
    bytes += file.add->size;
    left.push_back(
        delta::with_rows_left_out(*opened_.delta, {file.add, std::move(gone.at(file.position))}));
  }
  if (!left.empty()) {
    std::vector<const delta::Add*> adds;
    for (const delta::Add& add : left) adds.push_back(&add);
    auto scan = session_.core_.engine.scan(*opened_.delta, delta::with_files(base_, adds), {});
    std::string columns;
    for (const delta::Field& field : schema())
      columns += (columns.empty() ? "" : ", ") +
                 (has_old(field) ? "t." + quote_identifier(field.name)
                                 : "CAST(NULL AS " + delta::to_duckdb(field.type) + ")") +
                 " AS " + quote_identifier(field.name);
    plan.sql = "SELECT " + columns + " FROM (" + scan.sql + ") AS t" +
               (plan.sql.empty() ? "" : " UNION ALL BY NAME " + plan.sql);
    plan.parameters = std::move(scan.parameters);
    plan.keep_alive.push_back(std::move(scan.keep_alive));
  }
  if (plan.sql.empty()) return;
  const engine::WriteOptions options{.ordered = bytes <= most_ordered_bytes,
                                     .expected_bytes = bytes};
  add_files(in_user_names(plan, [&] { return write(plan, options); }));
}

}  // namespace ob::query
