#pragma once
// One attempt at a statement that changes rows of a table (DELETE, UPDATE, MERGE): the user's
// conditions and values go into composed queries over a stand-in for the table, whose rows tell
// their places; what they give is kept; then the files that hold such rows are written anew, or,
// where the table has deletion vectors, get one, and one commit takes the place of the old ones.
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "query/core.h"
#include "query/places.h"
#include "query/statements.h"

namespace ob::query {

// Rows kept for the rest of a statement, in a temporary table that no user's text can name; beyond
// the engine's memory they are spilled.
class KeptRows {
 public:
  KeptRows(engine::Connection& connection, const std::string& select,
           const engine::Parameters& parameters);
  ~KeptRows();
  KeptRows(const KeptRows&) = delete;
  KeptRows& operator=(const KeptRows&) = delete;
  const std::string& name() const { return name_; }

 private:
  engine::Connection& connection_;
  const std::string name_;
};

// Runs fn(), which runs `plan.sql`; errors speak in the user's names.
template <class Fn>
auto in_user_names(const Plan& plan, Fn fn) {
  try {
    return fn();
  } catch (const Error& error) {
    Error told(error.status(), error.id(), with_user_names(placed_message(error, plan), plan.names),
               error.cause());
    throw told.with_fields(error.fields());
  }
}

// Assignments by column; `value` is an expression over the names of the statement.
struct NewValue {
  const delta::Field* field = nullptr;
  std::string value;
};

// What is to happen to rows of the table.
struct RowChanges {
  // A SELECT of __f, __r (place), __k (1: changed, 2: removed), v0, v1, …; empty: nothing. Of a
  // table with deletion vectors the values are of all columns, unless rows are only removed.
  std::string rows;
  std::vector<const delta::Field*> columns;  // that v0, v1, … are the new values of
  std::string inserts;                       // a SELECT of the table's columns; empty: none
  // The values are of all columns, and the rows are few: changed rows go behind those that stay.
  bool whole_rows = false;
};

struct ChangeCounts {
  std::int64_t updated = 0, deleted = 0, inserted = 0, copied = 0, written = 0;
  std::int64_t files_removed = 0, files_added = 0, bytes_removed = 0, bytes_added = 0;
  std::int64_t vectors_added = 0, vectors_replaced = 0;
};

// Of files that are written anew: their rows keep their order while it costs little.
inline constexpr std::int64_t most_ordered_bytes = 256ll << 20;

// So many changed rows are kept whole, and found again by their places.
inline constexpr std::int64_t few_changes = 1'000'000;

class Change {
 public:
  // How rows are read.
  enum class Reads { nothing, rows };
  Change(Session& session, const ChangedTable& table, Reads reads);
  ~Change();
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

  // Of the table's rows: two columns. Of one with policies no text of the user's can name them.
  std::string place() const;
  const std::string& file_column() const { return raw_.scan.places->file; }
  const std::string& row_column() const { return raw_.scan.places->row; }
  // Whether it has a row filter or masks: it is read as the caller sees it.
  bool guarded() const { return opened_.table.guarded; }

  // As the table will be.
  const delta::Metadata& metadata() const { return metadata_; }
  const delta::Schema& schema() const { return metadata_.schema; }
  void set_metadata(delta::Metadata metadata);
  // Adds the columns that the table lacks, for rows with these.
  void evolve(const std::vector<engine::Column>& columns);
  const catalog::Name& name() const { return opened_.table.name; }
  const delta::SnapshotPtr& base() const { return base_; }
  engine::Connection& connection() const;
  const std::string& from() const { return from_; }  // FROM item of the table
  // "alias." or "table." before its columns.
  const std::string& qualifier() const { return qualifier_; }
  // The name that stands for a whole row of it.
  const std::string& row_name() const {
    return alias_.empty() ? opened_.table.name.object : alias_;
  }
  catalog::Name resolve(const QualifiedName& name) const;
  // FROM item of other rows, known to the user as `name` or `alias`.
  std::string stand_in(const std::string& catalog, const catalog::Name& name,
                       const std::string& alias, const std::string& select);
  // Reads `select` in place of the table's files, or the files again when it is empty.
  void read_instead(const std::string& select);

  Plan compose(const std::string& sql) const { return session_.plan_composed(sql); }
  // Keeps the plan's rows under these names of its columns (its own when empty), those alone for
  // which `condition` holds.
  std::unique_ptr<KeptRows> keep(const Plan& plan, const std::string& names,
                                 const std::string& condition = "true") const;
  // That the plan read rows of the table, for conflicts with other writers and for statistics;
  // of several the last one counts, which must be the widest.
  void note_read(const Plan& plan);
  void note_read_all();

  // Throws ob::Error 400 delta.schemaMismatch, sql.syntax (set twice), for SET.
  std::vector<NewValue> assign(const std::vector<Assignment>& set, const std::string& from) const;
  // These, and for the other columns what they hold.
  std::vector<NewValue> all_columns(const std::vector<NewValue>& values) const;
  // Checks that the values can be stored. `from`: what their names come from.
  void check_storable(const std::vector<NewValue>& leaves, const std::string& from) const;
  // 1 for a column, more for fields in it. Throws as assign().
  std::size_t depth_of(const std::vector<std::string>& column) const {
    return resolve_column(column).size();
  }
  // Whether files keep their rows, and deletion vectors tell which are gone.
  bool has_vectors() const { return vectors_; }
  // Whether rows that are there have the column.
  bool has_old(const delta::Field& field) const {
    return delta::find_field(base_->schema(), field.name) != nullptr;
  }
  // Throws ob::Error 400 sql.maskedValue where a column with a mask would get what the caller sees
  // of masked values instead of the true ones. `from`: what the values' names come from, without
  // conditions. `from_source`: they may be those of a query.
  void check_masked(const std::vector<NewValue>& values, const std::string& from, bool from_source);
  // Throws ob::Error 400 sql.ambiguousAlias for a source that is named as a column with a mask is:
  // of a name alone nobody could tell which is meant.
  void require_no_mask_named(const std::string& source) const;
  // The value as the column's type.
  static std::string cast(const NewValue& value);
  // The same in RowChanges::rows, where a column with a mask has a list of the value, and NULL
  // where it keeps the one that it has.
  std::string stored(const NewValue& value) const;
  std::string kept(const delta::Field& field) const;
  std::string none(const delta::Field& field) const;

  // Removes the rows for which the condition holds (all when it is empty): whole files, without
  // reading them, where partitions tell.
  void remove_rows(const std::string& where);
  void remove_partitions(const std::string& where);  // that names nothing but partition columns
  void remove_all();
  // Removes the partitions that these files have rows of.
  void replace_partitions(const std::vector<delta::Add>& fresh);
  // Changes the rows for which the condition holds (all when it is empty) where they stand, without
  // keeping what is found: the texts are evaluated twice, so they must give the same each time.
  void stream(const std::string& where, const std::vector<NewValue>& values);
  // As stream(), but removes the rows.
  void stream_removal(const std::string& where);
  // Writes all files anew, as metadata() says.
  void rewrite_all();
  void apply(const RowChanges& changes);
  // Throws ob::Error 403 sql.fencedTable, 400 sql.maskedValue where all rows may not be replaced
  // by the caller, or not by those of a query that reads them.
  void require_replaceable(bool whole);
  // Throws ob::Error 403 sql.fencedTable for a table with policies.
  void require_unguarded() const;
  // Adds the rows, whose columns go by their names.
  std::vector<delta::Add> insert(const Plan& rows);
  ChangeCounts& counts() { return counts_; }

  // Commits under the operation's name; nothing when nothing changed. The version.
  std::int64_t commit(const std::string& operation, boost::json::object parameters,
                      boost::json::object metrics);
  std::int64_t elapsed_ms() const;
  const Statistics& statistics() const { return statistics_; }

 private:
  struct Touched {
    std::int64_t position = 0;
    const delta::Add* add = nullptr;
    bool whole = false;  // all its rows are removed
  };
  struct Leaf;
  void remove_found(const std::string& where);
  void remove_file(const delta::Add& add);
  void delete_file(const delta::Add& add);  // as above; its rows count as deleted
  void add_files(std::vector<engine::WrittenFile> files, std::vector<delta::Add>* out = nullptr);
  // mark_rows.cpp: by deletion vectors.
  using Places = std::map<std::int64_t, std::vector<std::uint64_t>>;  // rows by file
  std::optional<Places> places_of(const Plan& plan, std::size_t most) const;
  std::optional<Places> places_where(const std::string& where);
  void mark(Places places);
  bool mark_removed(const std::string& where);
  void apply_with_vectors(const RowChanges& changes);
  // cut_rows.cpp: by cutting rows out of files.
  struct Cut {
    std::vector<Touched> done, left;  // left: to be written anew
  };
  bool may_cut() const;
  // `removal`: no rows are written behind.
  Cut cut(const std::vector<Touched>& files, Places& places, bool removal);
  void discard();  // the files that this has written
  void apply_behind(const RowChanges& changes);
  void write_behind(const RowChanges& changes, const std::vector<Touched>& files, Places& gone);
  static std::string new_rows(const RowChanges& changes, bool changed);
  // guarded_rows.cpp: of a table with policies, whose rows the caller knows in part.
  bool masked(const delta::Field& field) const;
  RowChanges completed(const RowChanges& changes, std::unique_ptr<KeptRows>& rows);
  void check_new(const RowChanges& changes);
  void write_changes(const RowChanges& changes);
  std::vector<engine::WrittenFile> write(const Plan& rows, const engine::WriteOptions& options);
  std::vector<Touched> touched(const std::string& rows);
  std::vector<Touched> touched(const Places& places);
  std::vector<Touched> hit(const std::string& where);
  void find_files(std::vector<Touched>& files, const std::vector<std::int64_t>& rows);
  // Writes what `columns` give of the rows of these files for which the condition holds.
  void rewrite(const std::vector<Touched>& files, const std::string& columns,
               const std::string& condition);
  std::string changed_columns(const std::vector<NewValue>& values, const std::string& where) const;
  std::string target_catalog() const;
  void scan(const TableUse& use, Plan& plan);  // puts the rows in the placeholder's place
  Plan rewritten(const RowChanges& changes, const std::vector<Touched>& files, bool in_order);
  std::vector<const delta::Field*> resolve_column(const std::vector<std::string>& path) const;
  static std::string value_of(const delta::DataType& type, const std::string& old,
                              const std::vector<Leaf>& leaves, std::size_t depth);

  Session& session_;
  catalog::Opened opened_;
  delta::SnapshotPtr base_;
  delta::Metadata metadata_;
  bool metadata_changed_ = false, vectors_ = false;
  std::string mark_;                 // in names that no text of the user's may hold
  std::vector<std::string> masked_;  // columns
  Source raw_;                       // the table as it is
  std::string alias_, from_, qualifier_;
  delta::CommitRequest request_;
  ChangeCounts counts_;
  std::int64_t hits_ = 0;  // rows that hit() found
  Statistics statistics_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

// Runs an attempt again, a few times, when another writer came first.
Plan with_retries(const std::function<Plan()>& attempt);

}  // namespace ob::query
