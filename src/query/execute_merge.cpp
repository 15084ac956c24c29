// MERGE INTO. The source is evaluated once and kept; so are the pairs of rows that match, with what
// the WHEN clauses make of each; from these the target's files are written.
#include <algorithm>
#include <boost/json.hpp>

#include "base/error.h"
#include "query/change.h"
#include "query/lexer.h"
#include "query/writes.h"

namespace ob::query {

namespace json = boost::json;
using engine::quote_identifier;

namespace {

using When = MergeClause::When;
using Then = MergeClause::Then;

struct Clause {
  const MergeClause* text = nullptr;
  std::vector<NewValue> values;

  // 1: changed or added, 2: removed.
  std::string kind() const { return text->then == Then::remove ? "2" : "1"; }
  const NewValue* value_of(const delta::Field* field) const {
    const auto found = std::ranges::find(values, field, &NewValue::field);
    return found == values.end() ? nullptr : &*found;
  }
};

// The first clause whose condition holds decides.
template <class Fn>
std::string first_of(const std::vector<Clause>& clauses, const std::string& otherwise, Fn result) {
  std::string out = "CASE";
  for (const Clause& clause : clauses)
    out += " WHEN (" + (clause.text->condition.empty() ? "true" : clause.text->condition) +
           ") THEN " + result(clause);
  return clauses.empty() ? otherwise : out + " ELSE " + otherwise + " END";
}

std::string null_of(const delta::Field& field) {
  return "CAST(NULL AS " + delta::to_duckdb(field.type) + ")";
}

class Merger {
 public:
  Merger(Session& session, const Merge& merge)
      : merge_(merge), change_(session, merge.table, Change::Reads::rows) {
    for (const MergeClause& clause : merge_.clauses) {
      check_deterministic(clause.condition);
      if (clause.then != Then::insert) change_.base()->require_removable();
    }
    check_deterministic(merge_.on);
  }

  Plan run() {
    keep_source();
    prepare();
    keep_pairs();
    RowChanges changes;
    changes.columns = updated_;
    std::string columns = "__f, __r, __k";
    for (std::size_t i = 0; i < updated_.size(); ++i) columns += ", v" + std::to_string(i);
    // Two rows of the source may remove one row of the target.
    const std::string each = one_removal() ? "SELECT DISTINCT " : "SELECT ";
    if (!matched_.empty())
      changes.rows = each + columns + " FROM " + pairs_->name() + " WHERE __k > 0";
    if (!orphans_.empty()) {
      keep_orphans();
      changes.rows += (changes.rows.empty() ? "" : " UNION ALL ") + ("SELECT " + columns) +
                      " FROM " + orphan_rows_->name();
    }
    if (!fresh_.empty()) changes.inserts = keep_inserts();
    // One row of the source may change many.
    changes.whole_rows = few_ && count(pairs_->name(), "true") <= few_changes;
    change_.apply(changes);
    return commit();
  }

 private:
  static void check_deterministic(const std::string& condition) {
    if (has_volatile_function(condition))
      throw bad_request("sql.notDeterministic",
                        "A condition of MERGE must give the same value each time: leave out "
                        "random and uuid, or put them into the source's query.");
  }

  void keep_source() {
    const bool query = merge_.source_name.parts.empty();
    const Plan plan =
        change_.compose("SELECT * FROM " + merge_.source + (query ? " AS __ob_query" : ""));
    source_ = change_.keep(plan, "");
    const catalog::Name name =
        query ? catalog::Name{"", "query", "source"} : change_.resolve(merge_.source_name);
    const std::string alias =
        query && merge_.source_alias.empty() ? "__ob_source" : merge_.source_alias;
    source_from_ = change_.stand_in("(source)", name, alias,
                                    "SELECT *, rowid AS __ob_source_row FROM " + source_->name());
    source_qualifier_ = quote_identifier(alias.empty() ? name.object : alias) + ".";
    if (equals_ignoring_case(source_qualifier_, change_.qualifier()))
      throw bad_request("sql.ambiguousAlias",
                        "The target and the source of MERGE have the same name: give one of them "
                        "another with AS.");
    change_.require_no_mask_named(alias.empty() ? name.object : alias);
    std::vector<engine::Column> columns;
    for (const auto& row : change_.connection().rows("DESCRIBE " + source_->name()))
      columns.push_back({row.at(0).value_or(""), row.at(1).value_or("")});
    for (const engine::Column& column : columns) source_columns_.push_back(column.name);
    const bool all = std::ranges::any_of(merge_.clauses, &MergeClause::all);
    if (merge_.evolve && all) change_.evolve(columns);
    source_count_ = count(source_->name(), "true");
  }

  void prepare() {
    const std::string join = joined();
    for (const MergeClause& clause : merge_.clauses) {
      Clause prepared{&clause, {}};
      const std::string from = clause.when == When::matched       ? join
                               : clause.when == When::not_matched ? source_from_
                                                                  : change_.from();
      if (clause.all) {
        prepared.values = same_names(clause);
        change_.check_storable(prepared.values, from);
      } else {
        if (clause.then == Then::insert) check_insert(clause);
        prepared.values = change_.assign(clause.set, from);
      }
      if (clause.then == Then::update)
        change_.check_masked(prepared.values,
                             clause.when == When::matched
                                 ? change_.from() + " CROSS JOIN " + source_from_
                                 : change_.from(),
                             true);
      if (clause.then == Then::update)
        for (const NewValue& value : prepared.values)
          if (std::ranges::find(updated_, value.field) == updated_.end())
            updated_.push_back(value.field);
      auto& list = clause.when == When::matched       ? matched_
                   : clause.when == When::not_matched ? fresh_
                                                      : orphans_;
      list.push_back(std::move(prepared));
    }
    few_ = orphans_.empty() && source_count_ <= few_changes;
    // They are written as a whole.
    if ((change_.has_vectors() || few_) && !change_.guarded() && !updated_.empty()) {
      updated_.clear();
      for (const delta::Field& field : change_.schema()) updated_.push_back(&field);
    }
  }

  // SET * and INSERT *: each column of the target from the source's of the same name.
  std::vector<NewValue> same_names(const MergeClause& clause) const {
    std::vector<NewValue> values;
    std::string missing;
    for (const delta::Field& field : change_.schema()) {
      const auto found = std::ranges::find_if(source_columns_, [&](const std::string& name) {
        return equals_ignoring_case(name, field.name);
      });
      if (found == source_columns_.end()) {
        missing += (missing.empty() ? "" : ", ") + field.name;
      } else {
        values.push_back({&field, source_qualifier_ + quote_identifier(*found)});
      }
    }
    // Under evolution the source may also have fewer columns.
    if (!missing.empty() && !merge_.evolve)
      throw bad_request(
          "delta.schemaMismatch",
          std::string(clause.then == Then::insert ? "INSERT *" : "UPDATE SET *") +
              " needs each column of the table in the source, which lacks: " + missing + ".");
    return values;
  }

  void check_insert(const MergeClause& clause) const {
    for (const Assignment& assignment : clause.set)
      if (change_.depth_of(assignment.column) > 1)
        throw bad_request("sql.syntax", "INSERT names whole columns, not fields of them.");
  }

  std::string joined() const {
    return change_.from() + " JOIN " + source_from_ + " ON (" + merge_.on + ")";
  }

  std::string values_of(const std::vector<Clause>& clauses) const {
    std::string out;
    for (const delta::Field* field : updated_)
      out += ", " + first_of(clauses, change_.none(*field), [&](const Clause& clause) {
               const NewValue* value = clause.value_of(field);
               if (value) return change_.stored(*value);
               return clause.text->then == Then::remove || !change_.has_old(*field)
                          ? change_.none(*field)
                          : change_.kept(*field);
             });
    return out;
  }
  std::string value_names() const {
    std::string out;
    for (std::size_t i = 0; i < updated_.size(); ++i) out += ", v" + std::to_string(i);
    return out;
  }

  void keep_pairs() {
    const std::string kind = first_of(matched_, "0", [](const Clause& c) { return c.kind(); });
    const Plan plan = change_.compose("SELECT " + change_.place() + ", \"__ob_source_row\", " +
                                      kind + values_of(matched_) + " FROM " + joined());
    change_.note_read(plan);
    pairs_ = change_.keep(plan, "__f, __r, __s, __k" + value_names());
    if (!matched_.empty() && !one_removal()) check_single_matches();
  }

  bool one_removal() const {
    return matched_.size() == 1 && matched_[0].text->then == Then::remove &&
           matched_[0].text->condition.empty();
  }

  // As delta-spark: rows that no clause takes count as matches only where others are added or
  // removed for the lack of one.
  void check_single_matches() {
    const bool only_matched = fresh_.empty() && orphans_.empty();
    const auto rows = change_.connection().rows("SELECT 1 FROM " + pairs_->name() +
                                                (only_matched ? " WHERE __k > 0" : "") +
                                                " GROUP BY __f, __r HAVING count(*) > 1 LIMIT 1");
    if (!rows.empty())
      throw bad_request("delta.mergeManyMatches",
                        "A row of the target matches more than one row of the source, so that it "
                        "is not clear what it becomes. Make the source's rows unique, or the "
                        "condition after ON stricter. Nothing was written.");
  }

  // FROM item of rows that found no partner; `mine` = `theirs` are their places.
  std::string unmatched(const std::string& from, const std::string& columns,
                        const std::string& on) {
    return from + " ANTI JOIN " +
           change_.stand_in("(pairs)", {"", "pairs", "pairs"}, "__ob_pairs",
                            "SELECT " + columns + " FROM " + pairs_->name()) +
           " ON " + on;
  }

  void keep_orphans() {
    const std::string from =
        unmatched(change_.from(), "__f AS __ob_f, __r AS __ob_r",
                  quote_identifier(change_.file_column()) + R"( = "__ob_f" AND )" +
                      quote_identifier(change_.row_column()) + R"( = "__ob_r")");
    const std::string kind = first_of(orphans_, "0", [](const Clause& c) { return c.kind(); });
    const Plan plan = change_.compose("SELECT " + change_.place() + ", " + kind +
                                      values_of(orphans_) + " FROM " + from);
    change_.note_read(plan);
    orphan_rows_ = change_.keep(plan, "__f, __r, __k" + value_names(), "__k > 0");
  }

  std::string keep_inserts() {
    const std::string from =
        unmatched(source_from_, "__s AS __ob_s", R"("__ob_source_row" = "__ob_s")");
    std::string select = "SELECT " + first_of(fresh_, "0", [](const Clause&) { return "1"; });
    std::string names = "__k", columns;
    for (const delta::Field& field : change_.schema()) {
      const std::string name = "c" + std::to_string(&field - change_.schema().data());
      select += ", " + first_of(fresh_, null_of(field), [&](const Clause& clause) {
                  const NewValue* value = clause.value_of(&field);
                  return value ? Change::cast(*value) : null_of(field);
                });
      names += ", " + name;
      columns += (columns.empty() ? "" : ", ") + name + " AS " + quote_identifier(field.name);
    }
    insert_rows_ = change_.keep(change_.compose(select + " FROM " + from), names, "__k > 0");
    change_.counts().inserted = count(insert_rows_->name(), "true");
    return change_.counts().inserted == 0 ? ""
                                          : "SELECT " + columns + " FROM " + insert_rows_->name();
  }

  std::int64_t count(const std::string& rows, const std::string& condition) {
    const auto found =
        change_.connection().rows("SELECT count(*) FROM " + rows + " WHERE " + condition);
    return std::stoll(found.at(0).at(0).value());
  }

  Plan commit() {
    const ChangeCounts counts = change_.counts();
    const std::int64_t orphans_changed = orphan_rows_ ? count(orphan_rows_->name(), "__k = 1") : 0;
    const std::int64_t orphans_removed = orphan_rows_ ? count(orphan_rows_->name(), "__k = 2") : 0;
    json::object metrics{{"numSourceRows", source_count_},
                         {"numTargetRowsInserted", counts.inserted},
                         {"numTargetRowsUpdated", counts.updated},
                         {"numTargetRowsDeleted", counts.deleted},
                         {"numTargetRowsCopied", counts.copied},
                         {"numTargetRowsMatchedUpdated", counts.updated - orphans_changed},
                         {"numTargetRowsMatchedDeleted", counts.deleted - orphans_removed},
                         {"numTargetRowsNotMatchedBySourceUpdated", orphans_changed},
                         {"numTargetRowsNotMatchedBySourceDeleted", orphans_removed},
                         {"numOutputRows", counts.inserted + counts.updated + counts.copied},
                         {"numTargetFilesAdded", counts.files_added},
                         {"numTargetFilesRemoved", counts.files_removed},
                         {"numTargetBytesAdded", counts.bytes_added},
                         {"numTargetBytesRemoved", counts.bytes_removed},
                         {"numTargetChangeFilesAdded", 0},
                         {"numTargetDeletionVectorsAdded", counts.vectors_added},
                         {"numTargetDeletionVectorsUpdated", counts.vectors_replaced},
                         {"numTargetDeletionVectorsRemoved", 0},
                         {"executionTimeMs", change_.elapsed_ms()}};
    json::object parameters{{"predicate", json_list({merge_.on})},
                            {"matchedPredicates", clauses_text(matched_)},
                            {"notMatchedPredicates", clauses_text(fresh_)},
                            {"notMatchedBySourcePredicates", clauses_text(orphans_)}};
    const std::int64_t version = change_.commit("MERGE", std::move(parameters), std::move(metrics));
    RowsBuilder answer({{"num_affected_rows", "BIGINT"},
                        {"version", "BIGINT"},
                        {"num_updated_rows", "BIGINT"},
                        {"num_deleted_rows", "BIGINT"},
                        {"num_inserted_rows", "BIGINT"}});
    answer.add({std::to_string(counts.updated + counts.deleted + counts.inserted),
                std::to_string(version), std::to_string(counts.updated),
                std::to_string(counts.deleted), std::to_string(counts.inserted)});
    Plan plan = answer.plan();
    plan.statistics = change_.statistics();
    return plan;
  }

  static std::string clauses_text(const std::vector<Clause>& clauses) {
    json::array out;
    for (const Clause& clause : clauses) {
      json::object item{{"actionType", clause.text->then == Then::update   ? "update"
                                       : clause.text->then == Then::insert ? "insert"
                                                                           : "delete"}};
      if (!clause.text->condition.empty()) item["predicate"] = clause.text->condition;
      out.push_back(std::move(item));
    }
    return json::serialize(out);
  }

  const Merge& merge_;
  Change change_;
  std::string source_from_, source_qualifier_;
  std::vector<std::string> source_columns_;
  std::int64_t source_count_ = 0;
  bool few_ = false;  // changes at most, as the source tells
  std::vector<Clause> matched_, fresh_, orphans_;
  std::vector<const delta::Field*> updated_;
  std::unique_ptr<KeptRows> source_, pairs_, orphan_rows_, insert_rows_;
};

}  // namespace

Plan Session::run(const Merge& merge) {
  return with_retries([&] {
    snapshots_.clear();
    return Merger(*this, merge).run();
  });
}

}  // namespace ob::query
