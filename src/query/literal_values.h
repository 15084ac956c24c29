#pragma once
// INSERT … VALUES of plain literals, which needs none of what makes a query safe: it names no
// table, column or function. Small appends spend a third of their planning on that.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"

namespace ob::query {

// Instead of a type, of columns that hold nothing but NULL.
inline constexpr std::string_view untyped_null = "\"NULL\"";

struct LiteralValues {
  std::string sql;  // a SELECT, made anew from the literals
  // Names "col0" …; of each column a type of the same kind as its literals, or untyped_null.
  std::vector<engine::Column> columns;
  engine::LiteralRows rows;  // empty when they are long
};

// nullopt unless `query` is VALUES with rows of numbers, texts, booleans, NULL, DATE and TIMESTAMP
// literals and now(), as many in each row, and of one kind in each column.
std::optional<LiteralValues> literal_values(std::string_view query);

}  // namespace ob::query
