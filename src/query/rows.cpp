#include "base/error.h"
#include "query/core.h"

namespace ob::query {

void RowsBuilder::add(std::vector<Cell> row) {
  values_ += values_.empty() ? "(" : ", (";
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) values_ += ", ";
    values_ += i < row.size() && row[i] ? engine::quote_literal(*row[i]) : "NULL";
  }
  values_ += ")";
}

Plan RowsBuilder::plan() const {
  std::string select, names, nulls;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string column = "c" + std::to_string(i);
    const std::string comma = i > 0 ? ", " : "";
    select += comma + "CAST(" + column + " AS " + columns_[i].type + ") AS " +
              engine::quote_identifier(columns_[i].name);
    names += comma + column;
    nulls += comma + "NULL";
  }
  const bool empty = values_.empty();
  Plan plan;
  plan.sql = "SELECT " + select + " FROM (VALUES " + (empty ? "(" + nulls + ")" : values_) +
             ") AS r(" + names + ")" + (empty ? " WHERE false" : "");
  return plan;
}

Plan message_plan(const std::string& message) {
  RowsBuilder rows({{"message", "VARCHAR"}});
  rows.add({message});
  return rows.plan();
}

Plan affected_plan(std::int64_t count, std::int64_t version) {
  RowsBuilder rows({{"num_affected_rows", "BIGINT"}, {"version", "BIGINT"}});
  rows.add({std::to_string(count), std::to_string(version)});
  Plan plan = rows.plan();
  plan.counts = {{"num_affected_rows", count}, {"version", version}};
  return plan;
}

std::string with_user_names(std::string text, const std::map<std::string, std::string>& names) {
  for (const auto& [made_up, name] : names)
    for (std::size_t at = text.find(made_up); at != std::string::npos;
         at = text.find(made_up, at + name.size()))
      text.replace(at, made_up.size(), name);
  return text;
}

}  // namespace ob::query
