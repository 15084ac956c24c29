#pragma once
// What a node of DuckDB 1.5's serialised syntax tree may hold, key by key. A node or key that is
// not listed is refused: a new DuckDB version's new forms stay closed until reviewed.
#include <boost/json/object.hpp>
#include <string_view>
#include <vector>

namespace ob::query {

enum class Slot {
  plain,             // scalars and lists of scalars: nothing to visit
  absent,            // must be null, false or empty
  expression,        // may be null
  expressions,       // list
  expression_lists,  // list of lists
  statement,         // {node, named_param_map}
  node,              // query node, may be null
  modifiers,         // list of ORDER/LIMIT/DISTINCT modifiers
  modifier,          // one
  orders,            // list of {type, null_order, expression}
  cases,             // list of {when_expr, then_expr}
  replacements,      // list of {key, value: expression}
  renames,           // list of {key: qualified name, value}
  qualified_names,   // list of {catalog, schema, table, column}
  logical_type,
  logical_types,
  from,  // FROM item
  ctes,
  pivots,
  sample,       // may be null
  time_travel,  // {unit, expr}, may be null
};

struct SlotOf {
  std::string_view key;
  Slot slot;
};

// The slots of an expression class, FROM item, query node or modifier ("E:FUNCTION",
// "F:BASE_TABLE", "N:SELECT_NODE", "M:ORDER_MODIFIER", …); throws ob::Error 400
// sql.notSupportedYet when it is unknown.
const std::vector<SlotOf>& slots_of(std::string_view shape);
// The slot of one key; throws likewise.
Slot slot_of(std::string_view shape, std::string_view key);
// Throws likewise when the type or anything in it is not a known one.
void check_logical_type(const boost::json::value& type, int depth = 0);

}  // namespace ob::query
