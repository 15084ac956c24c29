#include "query/shapes.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "base/error.h"

namespace ob::query {
namespace {

using enum Slot;
using Slots = std::vector<SlotOf>;

#define EXPRESSION                                       \
  {"class", plain}, {"type", plain}, {"alias", plain}, { \
    "query_location", plain                              \
  }
#define ITEM                                               \
  {"type", plain}, {"alias", plain}, {"sample", sample}, { \
    "query_location", plain                                \
  }
#define NODE                                   \
  {"type", plain}, {"modifiers", modifiers}, { \
    "cte_map", ctes                            \
  }

const std::map<std::string_view, Slots, std::less<>> shapes = {
    {"E:BETWEEN",
     {EXPRESSION, {"input", expression}, {"lower", expression}, {"upper", expression}}},
    {"E:CASE", {EXPRESSION, {"case_checks", cases}, {"else_expr", expression}}},
    {"E:CAST",
     {EXPRESSION, {"child", expression}, {"cast_type", logical_type}, {"try_cast", plain}}},
    {"E:COLLATE", {EXPRESSION, {"child", expression}, {"collation", plain}}},
    {"E:COLUMN_REF", {EXPRESSION, {"column_names", plain}}},
    {"E:COMPARISON", {EXPRESSION, {"left", expression}, {"right", expression}}},
    {"E:CONJUNCTION", {EXPRESSION, {"children", expressions}}},
    {"E:CONSTANT", {EXPRESSION, {"value", plain}}},
    {"E:DEFAULT", {EXPRESSION}},
    {"E:FUNCTION",
     {EXPRESSION,
      {"function_name", plain},
      {"schema", plain},
      {"catalog", plain},
      {"children", expressions},
      {"filter", expression},
      {"order_bys", modifier},
      {"distinct", plain},
      {"is_operator", plain},
      {"export_state", absent}}},
    {"E:LAMBDA", {EXPRESSION, {"lhs", expression}, {"expr", expression}}},
    {"E:OPERATOR", {EXPRESSION, {"children", expressions}}},
    {"E:PARAMETER", {EXPRESSION, {"identifier", plain}}},
    {"E:POSITIONAL_REFERENCE", {EXPRESSION, {"index", plain}}},
    {"E:STAR",
     {EXPRESSION,
      {"relation_name", plain},
      {"exclude_list", plain},
      {"replace_list", replacements},
      {"columns", plain},
      {"expr", expression},
      {"qualified_exclude_list", qualified_names},
      {"rename_list", renames}}},
    {"E:SUBQUERY",
     {EXPRESSION,
      {"subquery_type", plain},
      {"subquery", statement},
      {"child", expression},
      {"comparison_type", plain}}},
    {"E:WINDOW",
     {EXPRESSION,
      {"function_name", plain},
      {"schema", plain},
      {"catalog", plain},
      {"children", expressions},
      {"partitions", expressions},
      {"orders", orders},
      {"start", plain},
      {"end", plain},
      {"start_expr", expression},
      {"end_expr", expression},
      {"offset_expr", expression},
      {"default_expr", expression},
      {"ignore_nulls", plain},
      {"filter_expr", expression},
      {"exclude_clause", plain},
      {"distinct", plain},
      {"arg_orders", orders}}},

    {"F:EMPTY", {ITEM}},
    {"F:BASE_TABLE",
     {ITEM,
      {"schema_name", plain},
      {"table_name", plain},
      {"column_name_alias", plain},
      {"catalog_name", plain},
      {"at_clause", time_travel}}},
    {"F:JOIN",
     {ITEM,
      {"left", from},
      {"right", from},
      {"condition", expression},
      {"join_type", plain},
      {"ref_type", plain},
      {"using_columns", plain},
      {"delim_flipped", absent},
      {"duplicate_eliminated_columns", absent}}},
    {"F:SUBQUERY", {ITEM, {"subquery", statement}, {"column_name_alias", plain}}},
    {"F:TABLE_FUNCTION",
     {ITEM, {"function", expression}, {"column_name_alias", plain}, {"with_ordinality", plain}}},
    {"F:EXPRESSION_LIST",
     {ITEM,
      {"expected_names", plain},
      {"expected_types", logical_types},
      {"values", expression_lists}}},
    {"F:PIVOT",
     {ITEM,
      {"source", from},
      {"aggregates", expressions},
      {"unpivot_names", plain},
      {"pivots", pivots},
      {"groups", plain},
      {"column_name_alias", plain},
      {"include_nulls", plain}}},
    {"F:SHOW_REF",
     {ITEM,
      {"table_name", absent},
      {"query", node},
      {"show_type", plain},
      {"catalog_name", absent},
      {"schema_name", absent}}},

    {"N:SELECT_NODE",
     {NODE,
      {"select_list", expressions},
      {"from_table", from},
      {"where_clause", expression},
      {"group_expressions", expressions},
      {"group_sets", plain},
      {"aggregate_handling", plain},
      {"having", expression},
      {"sample", sample},
      {"qualify", expression}}},
    {"N:SET_OPERATION_NODE",
     {NODE, {"setop_type", plain}, {"left", node}, {"right", node}, {"setop_all", plain}}},
    {"N:RECURSIVE_CTE_NODE",
     {NODE,
      {"cte_name", plain},
      {"union_all", plain},
      {"left", node},
      {"right", node},
      {"aliases", plain},
      {"key_targets", expressions}}},

    {"M:ORDER_MODIFIER", {{"type", plain}, {"orders", orders}}},
    {"M:LIMIT_MODIFIER", {{"type", plain}, {"limit", expression}, {"offset", expression}}},
    {"M:LIMIT_PERCENT_MODIFIER", {{"type", plain}, {"limit", expression}, {"offset", expression}}},
    {"M:DISTINCT_MODIFIER", {{"type", plain}, {"distinct_on_targets", expressions}}},

    {"order", {{"type", plain}, {"null_order", plain}, {"expression", expression}}},
    {"case", {{"when_expr", expression}, {"then_expr", expression}}},
    {"statement", {{"node", node}, {"named_param_map", plain}}},
    {"ctes", {{"map", plain}}},
    {"cte",
     {{"aliases", plain},
      {"query", statement},
      {"materialized", plain},
      {"key_targets", expressions}}},
    {"pivot",
     {{"pivot_expressions", expressions},
      {"unpivot_names", plain},
      {"entries", plain},
      {"pivot_enum", absent}}},
    {"pivot entry", {{"values", plain}, {"star_expr", expression}, {"alias", plain}}},
    {"sample",
     {{"sample_size", plain}, {"is_percentage", plain}, {"method", plain}, {"seed", plain}}},
    {"time travel", {{"unit", plain}, {"expr", expression}}},
};

#undef EXPRESSION
#undef ITEM
#undef NODE

[[noreturn]] void refuse(std::string_view what) {
  throw bad_request("sql.notSupportedYet",
                    "The statement uses a form that is not supported: " + std::string(what) + ".");
}

}  // namespace

const std::vector<SlotOf>& slots_of(std::string_view shape) {
  const auto found = shapes.find(shape);
  if (found == shapes.end()) refuse(shape.substr(shape.find(':') + 1));
  return found->second;
}

Slot slot_of(std::string_view shape, std::string_view key) {
  const Slots& slots = slots_of(shape);
  const auto found = std::ranges::find(slots, key, &SlotOf::key);
  if (found == slots.end())
    refuse(std::string(key) + " of " + std::string(shape.substr(shape.find(':') + 1)));
  return found->slot;
}

void check_logical_type(const boost::json::value& type, int depth) {
  static const std::unordered_set<std::string_view> info_keys = {"type",
                                                                 "alias",
                                                                 "extension_info",
                                                                 "child_type",
                                                                 "child_types",
                                                                 "size",
                                                                 "width",
                                                                 "scale",
                                                                 "name",
                                                                 "catalog",
                                                                 "schema",
                                                                 "values_count",
                                                                 "values",
                                                                 "user_type_modifiers",
                                                                 "crs"};
  if (depth > 200) refuse("a type nested deeper than 200 levels");
  for (const auto& item : type.as_object()) {
    if (item.key() != "id" && item.key() != "type_info") refuse(item.key());
    if (item.key() != "type_info" || item.value().is_null()) continue;
    for (const auto& info : item.value().as_object()) {
      if (!info_keys.contains(info.key())) refuse(info.key());
      if (info.key() == "extension_info" && !info.value().is_null()) refuse("an extension's type");
      if (info.key() == "child_type") check_logical_type(info.value(), depth + 1);
      if (info.key() != "child_types") continue;
      for (const auto& child : info.value().as_array())
        check_logical_type(child.at("second"), depth + 1);
    }
  }
}

}  // namespace ob::query
