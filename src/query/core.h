#pragma once
// What runs one statement: the parts it needs, and the SQL that gives its rows.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "query/query.h"
#include "query/result_cache.h"
#include "query/rewrite.h"
#include "query/statement_cache.h"
#include "query/statements.h"

namespace ob::query {

struct Core {
  engine::Engine& engine;
  catalog::Service& catalog;
  identity::Identity& identity;
  std::vector<catalog::TableProvider*> providers;
  FileResolver& files;
  StatementCache statements{};
  bool vacuum_retention_check = true;
  audit::Audit* audit = &audit::nowhere();
};

// SQL for DuckDB that gives a statement's rows.
struct Plan {
  std::string sql;
  // Of the rows of an INSERT, where they are known without asking DuckDB.
  std::vector<engine::Column> columns;
  bool literal = false;                             // these rows stand in `sql`
  std::shared_ptr<const engine::LiteralRows> rows;  // they, where they are few
  // What the user wrote, `sql` before the scans, and the texts of the views in it; empty: made up
  // here.
  std::string text, printed, views;
  bool composed = false;  // here, from parts of `text`
  bool fenced = false;    // reads rows or values that are hidden from the caller
  boost::json::value parameters;
  std::vector<std::shared_ptr<void>> keep_alive;  // for as long as the SQL may run
  std::map<std::string, std::string> names;       // made-up name → the user's
  std::map<std::string, std::string> locations;   // of tables → their names
  std::vector<delta::Predicate> conjuncts;        // of a table that the statement changes
  Statistics statistics;
  engine::Counts counts;   // the answer of a change: there is no need to run the SQL
  ResultKey key;           // of a query whose answer may be kept
  CachedResultPtr result;  // known already: there is no need to run the SQL
};

// The rows of a command, made into a query so that every output format works for them.
class RowsBuilder {
 public:
  struct Column {
    std::string name, type;  // DuckDB's
  };
  explicit RowsBuilder(std::vector<Column> columns) : columns_(std::move(columns)) {}
  using Cell = std::optional<std::string>;  // as text; cast to the column's type
  void add(std::vector<Cell> row);
  Plan plan() const;

 private:
  std::vector<Column> columns_;
  std::string values_;
};
Plan message_plan(const std::string& message);

// What rows are to be checked for before they are written.
struct RowChecks {
  bool none = false;  // they are known to satisfy all
  // Has policies: its row filter must show the rows to who writes them, and no message tells
  // values. Null: has none.
  const catalog::Table* guarded = nullptr;
};
Plan affected_plan(std::int64_t rows, std::int64_t version);

// Throws ob::Error 400 sql.maskedValue: rows as their reader sees them would take the place of the
// true ones.
[[noreturn]] void throw_replaced_by_itself(const catalog::Name& table);

// One statement of one caller on one connection.
class Session : private Tables {
  friend class Change;

 public:
  Session(Core& core, engine::Connection& connection, Caller caller, Defaults defaults,
          boost::json::value parameters);

  // Where answers of queries are looked for, and what else they depend on; null: nowhere.
  ResultCache* results = nullptr;
  std::string result_form;

  // What the user wrote, for the places of faults.
  std::string statement_text;

  // Not for what only looks at columns.
  void without_audit() { audit_ = false; }
  // Runs fn(), which changes the table, as an act of the caller.
  Plan audited_change(const char* action, const catalog::Name& name,
                      const std::function<Plan()>& fn);

  // Executes a command, or prepares a query. `limit`: of a query's rows.
  Plan execute(const Statement& statement, std::optional<std::int64_t> limit);
  // Called now and then during long work outside the engine; throws once the statement is stopped.
  std::function<void()> check_stopped = [] {};

  // A user's query text as SQL that DuckDB may run.
  // `may_be_known`: its answer may be looked up.
  Plan plan_query(const std::string& sql, std::optional<std::int64_t> limit = std::nullopt,
                  bool may_be_known = false);
  // Names and DuckDB types of a plan's columns, without running it.
  std::vector<engine::Column> columns_of(const Plan& plan);
  // Which of a plan's columns are the untyped NULL, which DuckDB shows as INTEGER.
  std::vector<bool> null_columns(const Plan& plan, std::size_t count);
  Plan read_files(const std::string& function, const std::vector<std::string>& paths,
                  const boost::json::object& options);
  Plan preview(const catalog::Name& table, std::optional<std::int64_t> version, std::int64_t limit);
  std::vector<engine::Column> view_columns(const catalog::Table& view);

  // Commands on tables, also used by tables from files.
  struct NewTable {
    catalog::Name name;
    bool if_not_exists = false, or_replace = false;
    delta::Schema schema;
    std::vector<std::string> partition_columns;
    std::string location, comment;
    std::map<std::string, std::string> properties;
    std::vector<Constraint> constraints;
  };
  Plan create_table(const NewTable& table, const Plan* rows);
  // Columns are matched by name unless `columns` lists the targets in the query's order.
  Plan insert(const catalog::Name& name, const std::vector<std::string>& columns, bool by_name,
              bool overwrite, const Plan& rows);

 private:
  // Tables
  Source find(const Caller&, const catalog::Name&, const std::optional<TimeTravel>&) override;
  catalog::Name shown(const catalog::Name&) const override;
  std::string file(const Caller&, const std::string& function,
                   const std::vector<std::string>& paths,
                   const boost::json::object& options) override;
  boost::json::value parse_select(const std::string& sql) override;
  std::optional<catalog::Function> function(const Caller&, const std::vector<std::string>& parts,
                                            const Defaults&) override;
  bool is_member(const Caller&, const std::string& group) override;
  bool columns_only(const catalog::Name&) const override;
  // execute_policy.cpp: what the caller reads in place of a table with policies. Where `table`
  // tells the places of rows, so does it. `without`: columns that are left out.
  Source fenced(Source table, const catalog::Table& entry,
                const std::vector<std::string>& without = {});
  // Calls of the functions of a table's policies, by `qualifier` on its columns.
  struct PolicyCalls {
    std::string filter;                                // empty: none
    std::map<const delta::Field*, std::string> masks;  // by field of `schema`
  };
  PolicyCalls policy_calls(const catalog::Table& entry, const delta::Schema& schema,
                           const std::string& qualifier);
  bool hides_rows(const catalog::Table& entry);
  // The policies of a table with the one that is about to be set.
  const std::vector<catalog::Policy>& policies_of(const catalog::Table& entry);
  void check_policy(const catalog::Opened& opened, catalog::Policy policy);
  // A function's call on untyped NULLs, alone in a query.
  Plan plan_alone(const catalog::Function& function);
  void require_not_read(const catalog::Name& name);
  // Throws ob::Error 403 sql.fencedTable where `what` would also change rows that are hidden from
  // the caller, who does not manage the table.
  void require_whole(const catalog::Table& entry, const std::string& what);

  std::optional<Source> provided(const Caller&, const catalog::Name&);
  Source find_table(const Caller&, const catalog::Name&, const std::optional<TimeTravel>&);
  // audit_statement.cpp
  Plan execute_audited(const Statement& statement);
  void require_scopes(const Statement& statement);
  void note_read(const Caller&, const catalog::Table&);
  void note_refused(const Caller&, const catalog::Name&, const Error&);
  delta::SnapshotPtr snapshot(const catalog::Opened&, const std::optional<TimeTravel>&);
  Caller owner_of(const std::string& user_id, const std::string& what, const Caller& caller);
  Caller owner_of(const catalog::Function&, const Caller&) override;
  void check_alone(const catalog::Function&) override;
  Plan assemble(Rewritten rewritten, std::optional<std::int64_t> limit,
                const std::set<std::string>* droppable, bool may_be_known = false);
  ResultKey result_key(const Rewritten& rewritten, const Plan& plan,
                       const NamedParameters& parameters) const;
  // As plan_query(), of text that was composed here from parts of the user's.
  Plan plan_composed(const std::string& sql);
  // Throws ob::Error 400 sql.syntax where an expression of the statement is none, before it is
  // composed with others.
  void check_syntax(const Statement& statement);
  void scan(const TableUse& use, NamedParameters& parameters, Plan& plan);
  // count_rows.cpp: the answer of a count(*) that the log gives, and nothing for other queries.
  static std::optional<Plan> counted(const Rewritten& rewritten);
  void apply_limit(boost::json::value& statement, std::int64_t limit);
  void scan_once(boost::json::value& statement);

  catalog::Name table_name(const QualifiedName& name) const {
    return resolve_table(name.parts, defaults_);
  }
  catalog::Name object_name(ObjectKind kind, const QualifiedName& name) const;
  // The object and what contains it; throws 404 when the caller may not see it.
  std::vector<identity::Securable> path_of(const ObjectOfGrants& object);

  Plan run(const SelectStatement&);
  Plan run(const Explain&);
  Plan run(const CreateTable&);
  Plan run(const CreateView&);
  Plan run(const CreateContainer&);
  Plan run(const Drop&);
  Plan run(const Undrop&);
  Plan run(const Truncate&);
  Plan run(const Rename&);
  Plan run(const Comment&);
  Plan run(const SetProperties&);
  Plan run(const AddConstraint&);
  Plan run(const DropConstraint&);
  Plan run(const AddColumns&);
  Plan run(const ChangeColumn&);
  Plan run(const Insert&);
  Plan run(const Optimize&);
  Plan run(const Vacuum&);
  Plan run(const Restore&);
  Plan run(const ChangeGrants&);
  Plan run(const ShowGrants&);
  Plan run(const CreateFunction&);
  Plan run(const DropFunction&);
  Plan run(const SetPolicy&);
  Plan run(const Delete&);
  Plan run(const Update&);
  Plan run(const Merge&);
  Plan run(const Show&);
  Plan run(const Describe&);

  // execute_optimize.cpp
  struct Rewrite {
    std::vector<const delta::Add*> old;
    std::vector<delta::Add> fresh;
  };
  std::vector<const delta::Add*> files_where(const catalog::Opened&, const delta::Snapshot&,
                                             const std::string& condition);
  std::vector<Rewrite> rewrite_files(const catalog::Opened&, const delta::SnapshotPtr&,
                                     const std::vector<std::vector<const delta::Add*>>& bins,
                                     const std::vector<std::string>& zorder, std::int64_t target);
  std::int64_t commit_rewrites(delta::Table&, delta::SnapshotPtr base, const Optimize&,
                               std::vector<Rewrite>& rewrites);

  // Writes the rows, whose columns go by their names, as files of a table with this metadata; its
  // constraints are checked: ob::Error 400 delta.checkViolated.
  std::vector<engine::WrittenFile> write(delta::Table& table, const delta::Metadata& metadata,
                                         const catalog::Name& name, const Plan& rows,
                                         const engine::WriteOptions& options = {},
                                         const RowChecks& checks = {});
  // As write(), but only checks.
  void check_rows(const delta::Metadata& metadata, const catalog::Name& name, const Plan& rows,
                  const RowChecks& checks);
  Plan checked(const delta::Metadata& metadata, const catalog::Name& name, const Plan& rows,
               const RowChecks& checks = {});
  Plan plan_constraints(const std::string& sql, const std::vector<Constraint>& constraints,
                        const Plan& rows);
  // Throws ob::Error 400 delta.constraintNotSupported when one cannot be checked here.
  void check_constraints(const delta::Metadata& metadata, const catalog::Name& name);
  // The rows as the table has them; columns that they lack are NULL.
  std::string typed(const delta::Metadata& metadata, const Plan& rows);

  // The rows of INSERT with the names of the columns that they go to.
  Plan filling(const delta::Schema& schema, const Insert& form, Plan rows);
  Plan rows_to_insert(const std::string& query);
  Plan insert_rows(const catalog::Name& name, const Insert& form, const Plan& rows);
  Plan replace_rows(const Insert& form, const Plan& rows);

  delta::CommitRequest commit_request(const std::string& operation) const;
  Plan replace_all(const catalog::Opened& opened, const std::string& operation);

  // execute_show.cpp
  Plan show_names(const Show&);
  Plan show_functions(const Show&);
  bool manages(const catalog::Name& table);
  // Throws ob::Error 403 sql.fencedTable where `what` would tell of hidden rows.
  void require_shown(const catalog::Opened& opened, const std::string& what);
  Plan show_columns(const catalog::Name&);
  Plan show_create_table(const catalog::Name&);
  Plan describe_table(const Describe&);
  Plan describe_detail(const catalog::Name&);
  Plan describe_history(const Describe&);
  Plan describe_container(const Describe&);
  struct ColumnInfo {
    std::string name, type, comment;
    bool nullable = true;
  };
  std::vector<ColumnInfo> table_columns(const catalog::Table&);

  Core& core_;
  engine::Connection& connection_;
  Caller caller_;
  Defaults defaults_;
  boost::json::value parameters_;
  std::optional<std::int64_t> limit_;
  std::map<std::string, delta::SnapshotPtr> snapshots_;  // by table id and version asked for
  // While a statement changes a table: what stands for the tables of made-up catalogs in composed
  // text; the table's id; whether the statement also reads it under its own name.
  std::map<std::string, Source> stand_ins_;
  // Functions that composed text calls by a token that no user can guess.
  std::map<std::string, std::vector<catalog::Function>> trusted_;
  std::set<std::string> alone_;  // functions that check_alone() found good
  // By table: all parts of a statement go by the same ones.
  std::map<std::string, std::vector<catalog::Policy>> policies_;
  // A policy that is about to be set, and its table's id.
  std::optional<std::pair<std::string, catalog::Policy>> pending_policy_;
  std::string changed_table_;
  bool reads_changed_table_ = false;
  bool audit_ = true;
  std::set<std::string> read_tables_;  // that stand in the audit log
};

// A Delta schema for a query's columns; throws ob::Error 400 sql.duplicateColumn,
// sql.badColumnName, sql.typeNotStorable naming the column.
delta::Schema schema_of(const std::vector<engine::Column>& columns);
void check_column_names(const delta::Schema& schema);
// Table properties that users may set; throws ob::Error 400 sql.badProperty.
void check_property(const std::string& key, const std::string& value);
// Replaces made-up names in a message or plan by the user's.
std::string with_user_names(std::string text, const std::map<std::string, std::string>& names);

}  // namespace ob::query
