#pragma once
// Makes a SELECT's syntax tree safe to run: every node is a known one, every function an allowed
// one, and every table is looked up as the caller and replaced by a placeholder that stands for
// its scan. CTE names are renamed to unique ones, so that DuckDB can never take a name for
// something else than this module did.
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "delta/delta.h"
#include "engine/engine.h"
#include "identity/caller.h"

namespace ob::query {

using identity::Caller;

struct Defaults {
  std::string catalog = "main", schema = "default";
};

struct TimeTravel {
  bool by_version = true;
  boost::json::value expression;  // constant: no columns, subqueries or tables inside
};

// What a name stands for.
struct Source {
  enum class Kind { delta, provider, view };
  Kind kind = Kind::delta;
  catalog::Name name;
  std::shared_ptr<delta::Table> table;  // delta
  delta::SnapshotPtr snapshot;          // delta
  std::string sql;                      // provider: a SELECT; view: its text
  // Of a table that the statement changes: how it is read; or what is read in its place.
  engine::ScanOptions scan;
  std::string in_its_place;  // a SELECT; empty: none
  bool fenced = false;       // holds rows or values that are hidden from the caller
  // Has columns that the caller may not meet: its rows are named by column, never as a whole.
  bool columns_only = false;
  Defaults view_defaults;
  Caller view_caller;  // whose rights the view reads with
};

// What the rewriter asks of its surroundings.
class Tables {
 public:
  virtual ~Tables() = default;
  // Authorises and finds; the same name and version always gives the same snapshot.
  virtual Source find(const Caller&, const catalog::Name&, const std::optional<TimeTravel>&) = 0;
  // The name that a user knows it by, where it is a made-up one.
  virtual catalog::Name shown(const catalog::Name& name) const { return name; }
  // Whether the table is one whose rows may not be named as a whole.
  virtual bool columns_only(const catalog::Name&) const { return false; }
  // A function of SQL by one to three parts of its name; nothing when there is none that the
  // caller may use.
  virtual std::optional<catalog::Function> function(const Caller&,
                                                    const std::vector<std::string>& parts,
                                                    const Defaults&) = 0;
  virtual bool is_member(const Caller&, const std::string& group) = 0;
  // Whose rights a function that looks up tables has.
  virtual Caller owner_of(const catalog::Function&, const Caller&) = 0;
  // Throws what DuckDB says of the names in the function's body without a query around it.
  virtual void check_alone(const catalog::Function&) = 0;
  // A FROM item that reads the caller's files ("/Volumes/…").
  virtual std::string file(const Caller&, const std::string& function,
                           const std::vector<std::string>& paths,
                           const boost::json::object& options) = 0;
  // The syntax tree of the one SELECT in `sql`: {node, named_param_map}.
  virtual boost::json::value parse_select(const std::string& sql) = 0;
};

struct TableUse {
  std::string placeholder;  // a name that stands in the tree for the scan
  Source source;
  std::string item;  // already a whole FROM item (files)
  std::vector<delta::Predicate> conjuncts;
};

struct Rewritten {
  boost::json::value statement;  // {node, named_param_map}
  std::string nonce;             // random, in every made-up name
  std::vector<TableUse> uses;
  std::map<std::string, std::string> names;   // made-up name → the user's, for messages and plans
  std::string views;                          // the texts of the views in it
  bool repeatable = true;                     // gives the same answer on the same tables
  std::set<std::string> consumed_parameters;  // whose values went into AT (…), out of the tree
};

// Throws ob::Error: 400 sql.functionNotAllowed, sql.notSupportedYet, sql.tooDeep, sql.viewCycle,
// sql.badTimeTravel, sql.badFilePath, and what `tables` throws.
Rewritten rewrite_query(boost::json::value statement, Tables& tables, const Caller& caller,
                        const Defaults& defaults, const boost::json::value& parameters);

// Checks the tree of the SQL that DuckDB will run, parsed again: it may name nothing but the
// placeholders and CTEs made up here, and call nothing that is not allowed. DuckDB's printing of
// trees is not made against hostile names; this makes it harmless. Throws ob::Error 400
// sql.notSupportedYet.
void verify_printed(const boost::json::value& statement, const std::set<std::string>& made_up);

// The alias of a table with policies inside its fence. No text of a user's has it, so that columns
// which it qualifies mean the same wherever they are put.
const std::string& fence_alias();

// A query's parameters by name, and how those of its scans are called.
struct NamedParameters {
  boost::json::object values;
  std::string scans_prefix;
  std::size_t scans_first = 1, scans = 0;
};
// Numbers in the tree become 1, 2, … without gaps. Values that the statement does not use are left
// out if they are `droppable` (null: all of them). Throws ob::Error 400 sql.parameters for others,
// and where a value lacks.
NamedParameters name_parameters(boost::json::value& statement, const boost::json::value& parameters,
                                const std::set<std::string>* droppable, const std::string& nonce);

// Throws ob::Error 400 sql.parameters for a value that no parameter in the text takes.
void check_parameters(std::string_view sql, const boost::json::value& parameters);

// The catalog's name for 1–3 parts. Throws ob::Error 400 catalog.badName.
catalog::Name resolve_table(const std::vector<std::string>& parts, const Defaults& defaults);
catalog::Name resolve_schema(const std::vector<std::string>& parts, const Defaults& defaults);

}  // namespace ob::query
