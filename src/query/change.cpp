#include "query/change.h"

#include <algorithm>
#include <boost/json.hpp>
#include <random>
#include <thread>

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "delta/maintenance.h"
#include "query/schema_change.h"
#include "query/writes.h"

namespace ob::query {

namespace json = boost::json;
using engine::quote_identifier;
using identity::Privilege;

namespace {

constexpr const char* target_placeholder = "__ob_target_rows";

void require_free_names(const delta::Schema& schema, const engine::ScanOptions::Places& places) {
  for (const std::string& reserved : {places.file, places.row})
    if (delta::find_field(schema, reserved))
      throw bad_request("delta.unsupportedName", "Rows of a table with a column named " + reserved +
                                                     " cannot be changed. Rename the column.");
}

std::string item(const std::string& catalog, const catalog::Name& name, const std::string& alias) {
  return quote_identifier(catalog) + "." + quote_identifier(name.schema) + "." +
         quote_identifier(name.object) + (alias.empty() ? "" : " AS " + quote_identifier(alias));
}

}  // namespace

KeptRows::KeptRows(engine::Connection& connection, const std::string& select,
                   const engine::Parameters& parameters)
    : connection_(connection), name_("__ob_kept_" + sha256_hex(random_token(16)).substr(0, 20)) {
  connection_.rows("CREATE TEMP TABLE " + name_ + " AS " + select, parameters);
}

KeptRows::~KeptRows() {
  try {
    connection_.rows("DROP TABLE IF EXISTS temp.main." + name_);
  } catch (const std::exception& error) {
    log::warn("Rows kept for a statement could not be let go", {{"cause", error.what()}});
  }
}

Change::Change(Session& session, const ChangedTable& table, Reads reads)
    : session_(session),
      opened_(session.core_.catalog.open(session.caller_, session.table_name(table.name),
                                         Privilege::write)),
      alias_(table.alias) {
  if (reads == Reads::rows)
    session_.core_.catalog.require(session_.caller_, Privilege::read, identity::ObjectType::table,
                                   opened_.table.name);
  session_.changed_table_ = opened_.table.id;
  // Also by the query of an INSERT, which was planned before.
  session_.reads_changed_table_ = session_.snapshots_.contains(opened_.table.id);
  base_ = session_.snapshot(opened_, std::nullopt);
  base_->require_writable();
  metadata_ = base_->metadata();
  if (guarded()) mark_ = "_" + sha256_hex(random_token(16)).substr(0, 32);
  raw_.name = opened_.table.name;
  raw_.table = opened_.delta;
  raw_.snapshot = base_;
  raw_.scan.places = {"__ob_file" + mark_, "__ob_row" + mark_};
  raw_.fenced = guarded();
  if (guarded())
    for (const catalog::Policy& policy : session_.policies_of(opened_.table))
      if (const delta::Field* field = delta::find_field(schema(), policy.column))
        masked_.push_back(field->name);
  if (reads == Reads::rows) require_free_names(schema(), *raw_.scan.places);
  // A vector needs to know how many rows its file has.
  vectors_ = base_->deletion_vectors() &&
             std::ranges::all_of(base_->files(), [](auto& add) { return !!live_rows(add); });
  const catalog::Name& name = opened_.table.name;
  from_ = item(target_catalog(), name, alias_);
  qualifier_ = quote_identifier(alias_.empty() ? name.object : alias_) + ".";
  read_instead("");
  request_ = session_.commit_request("");
  request_.base = base_;
}

Change::~Change() {
  session_.stand_ins_.clear();
  session_.changed_table_.clear();
}

std::string Change::target_catalog() const {
  return "(target)" + mark_;
}

std::string Change::place() const {
  return quote_identifier(file_column()) + ", " + quote_identifier(row_column());
}

engine::Connection& Change::connection() const {
  return session_.connection_;
}

catalog::Name Change::resolve(const QualifiedName& name) const {
  return session_.table_name(name);
}

void Change::read_instead(const std::string& select) {
  Source source = raw_;
  source.in_its_place = select;
  if (guarded() && select.empty()) source = session_.fenced(raw_, opened_.table);
  session_.stand_ins_[target_catalog()] = std::move(source);
}

std::string Change::stand_in(const std::string& catalog, const catalog::Name& name,
                             const std::string& alias, const std::string& select) {
  Source source;
  source.kind = Source::Kind::provider;
  source.name = name;
  source.sql = select;
  session_.stand_ins_[catalog + mark_] = std::move(source);
  return item(catalog + mark_, name, alias);
}

std::unique_ptr<KeptRows> Change::keep(const Plan& plan, const std::string& names,
                                       const std::string& condition) const {
  const std::string rows = "(" + plan.sql + "\n) AS q" + (names.empty() ? "" : "(" + names + ")");
  return in_user_names(plan, [&] {
    return std::make_unique<KeptRows>(connection(), "SELECT * FROM " + rows + " WHERE " + condition,
                                      plan.parameters);
  });
}

void Change::note_read(const Plan& plan) {
  request_.reads.predicates = plan.conjuncts;
  statistics_ = plan.statistics;
}

void Change::note_read_all() {
  request_.reads.predicates.emplace();
}

void Change::set_metadata(delta::Metadata metadata) {
  metadata_ = std::move(metadata);
  metadata_changed_ = true;
}

void Change::evolve(const std::vector<engine::Column>& columns) {
  std::vector<AddColumns::Column> fresh;
  for (const engine::Column& column : columns) {
    if (delta::find_field(schema(), column.name)) continue;
    const delta::DataType type = delta::from_duckdb(column.type);
    fresh.push_back({{column.name}, {column.name, delta::to_sql(type), "", true}, false, ""});
  }
  if (!fresh.empty()) set_metadata(with_columns(metadata_, fresh));
}

std::vector<Change::Touched> Change::touched(const std::string& rows) {
  std::vector<Touched> out;
  const auto found =
      connection().rows("SELECT __f, count(*) FILTER (__k = 1), count(*) FILTER (__k = 2) FROM (" +
                        rows + ") AS c GROUP BY __f ORDER BY __f");
  std::vector<std::int64_t> removed;
  for (const auto& row : found) {
    out.push_back({std::stoll(row.at(0).value())});
    counts_.updated += std::stoll(row.at(1).value());
    removed.push_back(std::stoll(row.at(2).value()));
    counts_.deleted += removed.back();
  }
  find_files(out, removed);
  return out;
}

// `rows`: how many each file has that are removed.
void Change::find_files(std::vector<Touched>& files, const std::vector<std::int64_t>& rows) {
  std::size_t next = 0;
  std::int64_t position = 0;
  for (const delta::Add& add : base_->files()) {
    if (next == files.size()) break;
    if (files[next].position == position++) {
      files[next].add = &add;
      files[next].whole = live_rows(add) == rows[next];
      ++next;
    }
  }
}

void Change::scan(const TableUse& use, Plan& plan) {
  NamedParameters parameters{.scans_prefix = "files"};
  session_.scan(use, parameters, plan);
  plan.parameters = std::move(parameters.values);
}

Plan Change::rewritten(const RowChanges& changes, const std::vector<Touched>& files,
                       bool in_order) {
  Plan plan;
  TableUse use;
  use.placeholder = target_placeholder;
  use.source = raw_;
  use.source.scan.only.emplace();
  for (const Touched& file : files)
    if (!file.whole) use.source.scan.only->push_back(file.position);
  std::string columns;
  for (const delta::Field& field : schema()) {
    const std::string old = has_old(field) ? "t." + quote_identifier(field.name)
                                           : "CAST(NULL AS " + delta::to_duckdb(field.type) + ")";
    const auto found = std::ranges::find(changes.columns, &field);
    columns += columns.empty() ? "" : ", ";
    if (found == changes.columns.end()) {
      columns += old + " AS " + quote_identifier(field.name);
    } else {
      const std::string value = "c.v" + std::to_string(found - changes.columns.begin());
      columns += "CASE WHEN c.__k = 1 THEN " + value + " ELSE " + old + " END AS " +
                 quote_identifier(field.name);
    }
  }
  if (!use.source.scan.only->empty()) {
    plan.sql = "SELECT * FROM (SELECT " + columns + " FROM " + target_placeholder +
               " AS t LEFT JOIN (" + changes.rows + ") AS c ON t." + file_column() +
               " = c.__f AND t." + row_column() +
               " = c.__r "
               "WHERE c.__k IS DISTINCT FROM 2" +
               // Joins give rows in no order: they are put back into that of the files.
               (in_order ? " ORDER BY t." + file_column() + ", t." + row_column() + ")" : ")");
    scan(use, plan);
  }
  if (!changes.inserts.empty())
    plan.sql += (plan.sql.empty() ? "" : " UNION ALL ") + changes.inserts;
  return plan;
}

void Change::apply(const RowChanges& changes) {
  if (!guarded()) return write_changes(changes);
  std::unique_ptr<KeptRows> rows;
  const RowChanges whole = completed(changes, rows);
  check_new(whole);
  write_changes(whole);
}

// The rows of a table with policies were checked: those that stay may be hidden from the caller,
// and no fault of theirs may tell.
std::vector<engine::WrittenFile> Change::write(const Plan& rows,
                                               const engine::WriteOptions& options) {
  return session_.write(*opened_.delta, metadata_, name(), rows, options, {.none = guarded()});
}

void Change::write_changes(const RowChanges& changes) {
  if (vectors_) return apply_with_vectors(changes);
  if (changes.whole_rows && !changes.rows.empty()) return apply_behind(changes);
  std::vector<Touched> files;
  if (!changes.rows.empty()) files = touched(changes.rows);
  for (const Touched& file : files) remove_file(*file.add);
  const bool in_order = counts_.bytes_removed <= most_ordered_bytes;
  const Plan plan = rewritten(changes, files, in_order);
  if (plan.sql.empty()) return;
  const std::int64_t before = counts_.written;
  const engine::WriteOptions options{.ordered = in_order, .expected_bytes = counts_.bytes_removed};
  add_files(in_user_names(plan, [&] { return write(plan, options); }));
  const bool inserts = !changes.inserts.empty();
  counts_.copied = counts_.written - before - counts_.updated - (inserts ? counts_.inserted : 0);
}

std::vector<Change::Touched> Change::hit(const std::string& where) {
  const Plan plan = compose("SELECT " + quote_identifier(file_column()) + ", count(*) FROM " +
                            from_ + " WHERE (" + where + ") GROUP BY 1 ORDER BY 1");
  note_read(plan);
  std::vector<Touched> out;
  std::vector<std::int64_t> rows;
  for (const auto& row :
       in_user_names(plan, [&] { return connection().rows(plan.sql, plan.parameters); })) {
    out.push_back({std::stoll(row.at(0).value())});
    rows.push_back(std::stoll(row.at(1).value()));
    hits_ += rows.back();
  }
  find_files(out, rows);
  return out;
}

void Change::rewrite(const std::vector<Touched>& files, const std::string& columns,
                     const std::string& condition) {
  Source& source = session_.stand_ins_.at(target_catalog());
  source.scan.only.emplace();
  std::int64_t bytes = 0;
  for (const Touched& file : files) {
    source.scan.only->push_back(file.position);
    bytes += file.add->size;
  }
  if (files.empty()) return;
  const Plan plan = compose("SELECT " + columns + " FROM " + from_ + " WHERE " + condition);
  add_files(in_user_names(plan, [&] {
    return write(plan, engine::WriteOptions{.ordered = bytes <= most_ordered_bytes,
                                            .expected_bytes = bytes});
  }));
}

void Change::stream_removal(const std::string& where) {
  if (vectors_ && mark_removed(where)) return;
  auto places = places_where(where);
  const std::vector<Touched> files = places ? touched(*places) : hit(where);
  std::vector<Touched> kept;
  std::string columns;
  for (const delta::Field& field : schema())
    columns += (columns.empty() ? "" : ", ") + qualifier_ + quote_identifier(field.name);
  for (const Touched& file : files) {
    remove_file(*file.add);
    if (!file.whole) kept.push_back(file);
  }
  if (places) kept = cut(files, *places, true).left;
  try {
    rewrite(kept, columns, "CAST((" + where + ") AS BOOLEAN) IS NOT TRUE");
  } catch (...) {
    discard();
    throw;
  }
  counts_.copied = counts_.written;
  counts_.deleted = hits_;
}

void Change::stream(const std::string& where, const std::vector<NewValue>& values) {
  std::vector<Touched> files;
  std::optional<Places> places;
  const bool all = where.empty();
  if (all) {
    note_read_all();
    std::int64_t position = 0;
    for (const delta::Add& add : base_->files()) files.push_back({position++, &add, false});
  } else {
    places = may_cut() ? places_where(where) : std::nullopt;
    files = places ? touched(*places) : hit(where);
  }
  for (const Touched& file : files) remove_file(*file.add);
  Cut cut_out;
  if (places) {
    cut_out = cut(files, *places, false);
    std::erase_if(files, [&](const Touched& file) {
      return std::ranges::any_of(
          cut_out.done, [&](const Touched& done) { return done.position == file.position; });
    });
  }
  try {
    rewrite(cut_out.done, changed_columns(values, ""), "(" + where + ")");
    rewrite(files, changed_columns(values, where), "true");
  } catch (...) {
    discard();
    throw;
  }
  counts_.updated = all ? counts_.written : hits_;
  counts_.copied = counts_.written - counts_.updated;
}

// All columns with the values where the condition holds, which it does for all rows when empty.
std::string Change::changed_columns(const std::vector<NewValue>& values,
                                    const std::string& where) const {
  std::string columns;
  for (const delta::Field& field : schema()) {
    const std::string old = qualifier_ + quote_identifier(field.name);
    const auto found = std::ranges::find(values, &field, &NewValue::field);
    columns += columns.empty() ? "" : ", ";
    if (found == values.end()) {
      columns += old;
    } else {
      columns += (where.empty() ? cast(*found)
                                : "CASE WHEN (" + where + ") THEN " + cast(*found) + " ELSE " +
                                      old + " END") +
                 " AS " + quote_identifier(field.name);
    }
  }
  return columns;
}

void Change::rewrite_all() {
  Plan plan;
  TableUse use;
  use.placeholder = target_placeholder;
  use.source = raw_;
  use.source.scan.places.reset();
  plan.sql = std::string("SELECT * FROM ") + target_placeholder;
  scan(use, plan);
  note_read_all();
  for (const delta::Add& add : base_->files()) remove_file(add);
  add_files(in_user_names(plan, [&] { return write(plan, {}); }));
}

std::vector<delta::Add> Change::insert(const Plan& rows) {
  const std::int64_t before = counts_.written;
  std::vector<delta::Add> out;
  Plan told = rows;
  // Its filter may look up what the caller may not read.
  told.fenced = told.fenced || guarded();
  const RowChecks checks{.guarded = guarded() ? &opened_.table : nullptr};
  add_files(
      in_user_names(
          told,
          [&] { return session_.write(*opened_.delta, metadata_, name(), rows, {}, checks); }),
      &out);
  counts_.inserted += counts_.written - before;
  return out;
}

void Change::add_files(std::vector<engine::WrittenFile> files, std::vector<delta::Add>* out) {
  for (engine::WrittenFile& file : files) {
    counts_.written += file.rows;
    ++counts_.files_added;
    counts_.bytes_added += file.add.size;
    if (out) out->push_back(file.add);
    request_.actions.emplace_back(std::move(file.add));
  }
}

std::int64_t Change::elapsed_ms() const {
  const auto passed = std::chrono::steady_clock::now() - begun_;
  return std::chrono::duration_cast<std::chrono::milliseconds>(passed).count();
}

std::int64_t Change::commit(const std::string& operation, json::object parameters,
                            json::object metrics) {
  if (metadata_changed_) request_.actions.emplace_back(metadata_);
  if (request_.actions.empty()) return base_->version();
  request_.operation = operation;
  request_.parameters = std::move(parameters);
  request_.metrics = std::move(metrics);
  // What a subquery made of the whole table may be something else after any other commit.
  if (session_.reads_changed_table_) request_.reads.whole_table = true;
  return delta::commit_or_discard(*opened_.delta, request_);
}

Plan with_retries(const std::function<Plan()>& attempt) {
  constexpr int most = 5;
  for (int tries = 1;; ++tries) {
    try {
      return attempt();
    } catch (const Error& error) {
      if (error.id() != "delta.conflict") throw;
      if (tries == most)
        throw conflict("delta.conflict", std::string(error.what()) + " It was tried " +
                                             std::to_string(most) + " times.");
    }
    thread_local std::minstd_rand random{std::random_device{}()};
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % (20u * tries)));
  }
}

}  // namespace ob::query
