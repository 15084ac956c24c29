// Conditions and values in the statements that change rows.
#include "query/core.h"
#include "query/normalise.h"
#include "query/places.h"

namespace ob::query {
namespace {

using Texts = std::vector<const std::string*>;

void add(Texts& out, const std::string& text) {
  if (!text.empty()) out.push_back(&text);
}
void add(Texts& out, const std::vector<Assignment>& set) {
  for (const Assignment& assignment : set) add(out, assignment.value);
}

void collect(Texts& out, const Delete& statement) {
  add(out, statement.where);
}
void collect(Texts& out, const Update& statement) {
  add(out, statement.set);
  add(out, statement.where);
}
void collect(Texts& out, const Merge& statement) {
  add(out, statement.on);
  for (const MergeClause& clause : statement.clauses) {
    add(out, clause.condition);
    add(out, clause.set);
  }
}
void collect(Texts& out, const Insert& statement) {
  add(out, statement.replace_where);
}
template <class Other>
void collect(Texts&, const Other&) {}

}  // namespace

void Session::check_syntax(const Statement& statement) {
  Texts texts;
  std::visit([&](const auto& typed) { collect(texts, typed); }, statement);
  static constexpr std::string_view before = "SELECT 1 WHERE ";
  for (const std::string* expression : texts) {
    const std::string query = std::string(before) + *expression;
    const std::string spelled = normalise_query(query);
    try {
      parse_select(spelled);
    } catch (const engine::StatementError& error) {
      if (spelled != query) throw placed_by_word(error, spelled, statement_text);
      throw placed_in_part(error, query, before.size(), statement_text);
    }
  }
}

}  // namespace ob::query
