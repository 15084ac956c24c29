// Changing rows of a table with a row filter or masks. The caller's expressions meet the rows as
// the caller sees them (Session::fenced) and give places and values; what a changed row keeps comes
// from the table as it is, by its place. Only new rows are checked: no fault of a hidden one tells.
#include <algorithm>

#include "base/error.h"
#include "query/change.h"
#include "query/lexer.h"
#include "query/writes.h"

namespace ob::query {

using engine::quote_identifier;

namespace {

constexpr const char* placeholder = "__ob_guarded_rows";

}  // namespace

void throw_replaced_by_itself(const catalog::Name& table) {
  throw bad_request("sql.maskedValue",
                    "The query reads " + table.text() +
                        ", whose row filter or masks hide a part of it: the rest would be lost. "
                        "Change its rows with UPDATE, DELETE or MERGE.");
}

void Change::require_unguarded() const {
  if (!guarded()) return;
  throw forbidden("sql.fencedTable",
                  "The table " + name().text() +
                      " has a row filter or masks: this would tell about rows and values that they "
                      "hide. Take them off first.");
}

void Change::require_replaceable(bool whole) {
  if (!guarded()) return;
  if (whole) session_.require_whole(opened_.table, "Replacing the table or a partition");
  if (session_.reads_changed_table_ && (whole || !masked_.empty()))
    throw_replaced_by_itself(name());
}

bool Change::masked(const delta::Field& field) const {
  return std::ranges::find(masked_, field.name) != masked_.end();
}

void Change::check_masked(const std::vector<NewValue>& values, const std::string& from,
                          bool from_source) {
  if (std::ranges::none_of(values, [&](auto& value) { return masked(*value.field); })) return;
  const auto binds = [&](const std::string& value, const std::string& rest) {
    try {
      session_.columns_of(compose("SELECT (" + value + ")" + rest));
      return true;
    } catch (const Error& error) {
      if (error.status() != 400) throw;
      return false;
    }
  };
  // As if it had no masked columns: what is bound all the same reads none of them.
  session_.stand_ins_[target_catalog()] = session_.fenced(raw_, opened_.table, masked_);
  for (const NewValue& value : values) {
    const bool query = holds_query(value.value);
    if (!masked(*value.field) || (!query && binds(value.value, ""))) continue;
    const bool reads_itself = (query || from_source) && session_.reads_changed_table_;
    if (reads_itself || !binds(value.value, " FROM " + from))
      throw bad_request("sql.maskedValue",
                        "The new value of " + value.field->name +
                            " is made of values of this table that a mask hides: what you see of "
                            "them would take the place of what they are. Give " +
                            value.field->name + " a value of its own, or leave it out.");
  }
  read_instead("");
}

void Change::require_no_mask_named(const std::string& source) const {
  if (std::ranges::none_of(masked_, [&](auto& name) { return equals_ignoring_case(name, source); }))
    return;
  throw bad_request("sql.ambiguousAlias",
                    "The source of MERGE and a column with a mask have the same name: give the "
                    "source another with AS.");
}

std::string Change::none(const delta::Field& field) const {
  return "CAST(NULL AS " + delta::to_duckdb(field.type) + (masked(field) ? "[])" : ")");
}

std::string Change::stored(const NewValue& value) const {
  return masked(*value.field) ? "[" + cast(value) + "]" : cast(value);
}

std::string Change::kept(const delta::Field& field) const {
  return masked(field) ? none(field) : qualifier_ + quote_identifier(field.name);
}

// The same with whole rows, as they will be.
RowChanges Change::completed(const RowChanges& changes, std::unique_ptr<KeptRows>& rows) {
  RowChanges out = changes;
  std::int64_t count = 0;
  TableUse use;
  use.placeholder = placeholder;
  use.source = raw_;
  use.source.scan.only.emplace();
  if (!changes.rows.empty())
    for (const auto& row :
         connection().rows("SELECT __f, count(*), count(*) FILTER (__k = 1) FROM (" + changes.rows +
                           ") AS c GROUP BY __f ORDER BY __f")) {
      count += std::stoll(row.at(1).value());
      if (row.at(2) != "0") use.source.scan.only->push_back(std::stoll(row.at(0).value()));
    }
  out.whole_rows = count <= few_changes;
  out.columns.clear();
  if (use.source.scan.only->empty()) return out;
  std::string columns;
  for (const delta::Field& field : schema()) {
    const std::string old = has_old(field) ? "t." + quote_identifier(field.name)
                                           : "CAST(NULL AS " + delta::to_duckdb(field.type) + ")";
    const auto found = std::ranges::find(changes.columns, &field);
    const std::string fresh = "c.v" + std::to_string(found - changes.columns.begin());
    const std::string value = found == changes.columns.end() ? old
                              : masked(field) ? "CASE WHEN " + fresh + " IS NULL THEN " + old +
                                                    " ELSE list_extract(" + fresh + ", 1) END"
                                              : fresh;
    columns +=
        ", CASE WHEN c.__k = 1 THEN " + value + " END AS v" + std::to_string(out.columns.size());
    out.columns.push_back(&field);
  }
  Plan plan;
  plan.sql = "SELECT c.__f AS __f, c.__r AS __r, c.__k AS __k" + columns + " FROM (" +
             changes.rows + ") AS c LEFT JOIN " + placeholder + " AS t ON t." + file_column() +
             " = c.__f AND t." + row_column() + " = c.__r AND c.__k = 1";
  scan(use, plan);
  rows = keep(plan, "");
  out.rows = "SELECT * FROM " + rows->name();
  return out;
}

void Change::check_new(const RowChanges& changes) {
  Plan rows;
  rows.sql = new_rows(changes, !changes.columns.empty());
  if (!rows.sql.empty()) session_.check_rows(metadata_, name(), rows, {.guarded = &opened_.table});
}

}  // namespace ob::query
