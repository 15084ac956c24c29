#pragma once
// Typed forms of the statements that DuckDB does not serialise, and of queries. Texts of inner
// queries are slices of what the user wrote; they go the way of a SELECT.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "catalog/catalog.h"

namespace ob::query {

struct QualifiedName {  // 1–3 parts as written, without quotes
  std::vector<std::string> parts;
};

struct SelectStatement {
  std::string sql;
};
struct Explain {
  std::string sql;
  bool analyze = false;
};

struct ColumnDefinition {
  std::string name, type, comment;
  bool nullable = true;
};
struct Constraint {  // CHECK
  std::string name, condition;
};
struct CreateTable {
  QualifiedName name;
  bool if_not_exists = false, or_replace = false;
  std::vector<ColumnDefinition> columns;
  std::vector<std::string> partition_columns;
  std::string location, comment;
  std::map<std::string, std::string> properties;
  std::vector<Constraint> constraints;
  std::string query;  // empty: from the columns
};
struct CreateView {
  QualifiedName name;
  bool if_not_exists = false, or_replace = false;
  std::vector<std::string> columns;
  std::string comment, query;
};

enum class ObjectKind { catalog, schema, table, view, volume };
struct CreateContainer {  // catalog, schema or volume
  ObjectKind kind = ObjectKind::schema;
  QualifiedName name;
  bool if_not_exists = false;
  std::string comment;
};
struct Drop {
  ObjectKind kind = ObjectKind::table;
  QualifiedName name;
  bool if_exists = false, cascade = false;
};
struct Undrop {
  QualifiedName name;
};
struct Truncate {
  QualifiedName name;
};
struct Rename {
  ObjectKind kind = ObjectKind::table;
  QualifiedName name, fresh;
};
struct Comment {
  ObjectKind kind = ObjectKind::table;
  QualifiedName name;
  std::string text;
};
struct SetProperties {
  QualifiedName name;
  std::map<std::string, std::optional<std::string>> properties;  // nullopt: unset
};
struct AddConstraint {
  QualifiedName name;
  Constraint constraint;
};
struct DropConstraint {
  QualifiedName name;
  std::string constraint;
  bool if_exists = false;
};
struct AddColumns {
  struct Column {
    std::vector<std::string> path;  // more than one part: a field of a struct
    ColumnDefinition definition;
    bool first = false;
    std::string after;  // empty: at the end, unless first
  };
  QualifiedName name;
  std::vector<Column> columns;
};
struct ChangeColumn {
  QualifiedName name;
  std::vector<std::string> path;
  std::optional<bool> nullable;
  std::optional<std::string> comment;
  std::string type;  // empty: as it is
};

// PARTITION (column = 'value', column): without a value the rows give it.
struct PartitionColumn {
  std::string name;
  bool fixed = false;
  std::optional<std::string> value;  // text of a literal; nullopt: NULL
};
struct Insert {
  QualifiedName name;
  std::vector<std::string> columns;
  bool by_name = false, overwrite = false;
  bool evolve = false;  // WITH SCHEMA EVOLUTION
  std::vector<PartitionColumn> partition;
  std::string replace_where;  // a condition; empty: none
  std::string query;
};

struct Optimize {
  QualifiedName name;
  std::string where;  // a condition on partition columns; empty: all
  std::vector<std::string> zorder;
};
struct Vacuum {
  QualifiedName name;
  std::optional<double> hours;
  bool dry_run = false;
};
struct Restore {
  QualifiedName name;
  std::optional<std::int64_t> version;
  std::string timestamp;  // when there is no version
};

// The table that a statement changes.
struct ChangedTable {
  QualifiedName name;
  std::string alias;  // empty: none
};
struct Assignment {
  std::vector<std::string> column;  // [alias or table.]column[.field…]
  std::string value;                // an expression
};
struct Delete {
  ChangedTable table;
  std::string where;  // empty: all rows
};
struct Update {
  ChangedTable table;
  std::vector<Assignment> set;
  std::string where;
};
struct MergeClause {
  enum class When { matched, not_matched, not_matched_by_source };
  enum class Then { update, remove, insert };
  When when = When::matched;
  Then then = Then::update;
  std::string condition;        // empty: always
  bool all = false;             // UPDATE SET *, INSERT *
  std::vector<Assignment> set;  // of UPDATE, and of INSERT
};
struct Merge {
  ChangedTable table;
  std::string source;         // a name or "(SELECT …)", as a FROM item
  QualifiedName source_name;  // empty for a query
  std::string source_alias;
  std::string on;
  std::vector<MergeClause> clauses;
  bool evolve = false;  // WITH SCHEMA EVOLUTION
};

struct Show {
  enum class What {
    catalogs,
    schemas,
    tables,
    views,
    volumes,
    functions,
    columns,
    create_table,
    properties
  };
  What what = What::tables;
  std::optional<QualifiedName> in;
  std::string pattern;  // LIKE; empty: all
};
struct Describe {
  enum class What { table, detail, history, schema, catalog };
  What what = What::table;
  QualifiedName name;
  bool extended = false;
  std::optional<std::int64_t> limit;
};

// What a GRANT is on.
struct ObjectOfGrants {
  identity::ObjectType type = identity::ObjectType::table;
  QualifiedName name;  // none for the server
};
struct ChangeGrants {
  bool revoke = false;
  identity::Granted granted;  // the role as the user wrote it
  ObjectOfGrants object;
  std::vector<std::string> principals;
};
struct ShowGrants {
  ObjectOfGrants object;
  std::string principal;  // empty: all
};

struct CreateFunction {
  QualifiedName name;
  bool or_replace = false, if_not_exists = false;
  std::vector<catalog::Function::Parameter> parameters;
  std::string returns;  // empty: what the body gives
  std::string comment, body;
};
struct DropFunction {
  QualifiedName name;
  bool if_exists = false;
};
// ALTER TABLE … SET ROW FILTER, ALTER COLUMN … SET MASK; without a function: DROP.
struct SetPolicy {
  QualifiedName table;
  std::string column;  // empty: the row filter
  std::optional<QualifiedName> function;
  std::vector<std::string> columns;
};

using Statement =
    std::variant<SelectStatement, Explain, CreateTable, CreateView, CreateContainer, Drop, Undrop,
                 Truncate, Rename, Comment, SetProperties, AddConstraint, DropConstraint,
                 AddColumns, ChangeColumn, Insert, Delete, Update, Merge, Optimize, Vacuum, Restore,
                 Show, Describe, ChangeGrants, ShowGrants, CreateFunction, DropFunction, SetPolicy>;

// Parses exactly one statement (a closing ';' is fine). Throws ob::Error 400: sql.empty,
// sql.multipleStatements, sql.syntax (with line and column), sql.notSupportedYet and
// sql.statementNotAllowed (both name the statement), sql.tooComplex, and what tokenize() throws.
Statement parse_statement(std::string_view sql);

}  // namespace ob::query
