#include "query/pivot.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "engine/engine.h"
#include "query/lexer.h"

namespace ob::query {
namespace {

constexpr std::size_t max_values = 1000;
constexpr int most_columns = 50;

struct Range {
  std::size_t first = 0, last = 0;  // tokens first..last (excluded)
};

// The parts of one PIVOT … ON … statement.
struct Pivot {
  std::size_t keyword = 0;
  Range source;
  std::vector<Range> columns;
};

class Finder {
 public:
  Finder(const std::string& sql, const std::vector<Token>& tokens) : sql_(sql), tokens_(tokens) {}

  std::optional<Pivot> next(std::size_t from) const {
    for (std::size_t i = from; tokens_[i].kind != TokenKind::end; ++i) {
      if (!tokens_[i].is_word("pivot") && !tokens_[i].is_word("pivot_wider")) continue;
      // The clause "t PIVOT (…)" carries its values; a statement begins a text or a bracket.
      const bool statement = i == 0 || tokens_[i - 1].is_symbol("(") || after_with(i);
      if (!statement || tokens_[i + 1].kind == TokenKind::end) continue;
      Pivot pivot{i, {}, {}};
      std::size_t at = skip_to(i + 1, {"on"});
      if (!tokens_[at].is_word("on")) continue;
      pivot.source = {i + 1, at};
      for (++at;;) {
        const std::size_t end = skip_to(at, {"using", "group", "order", "limit", "offset"}, true);
        pivot.columns.push_back({at, end});
        if (!tokens_[end].is_symbol(",")) break;
        at = end + 1;
      }
      return pivot;
    }
    return std::nullopt;
  }

  std::string text(Range range) const {
    if (range.first >= range.last) return {};
    const std::size_t begin = tokens_[range.first].begin;
    return sql_.substr(begin, tokens_[range.last - 1].end - begin);
  }

  bool has_in(Range range) const { return contains_at_top(range, "in"); }
  std::size_t insert_position(Range range) const { return tokens_[range.last - 1].end; }

  // The names from WITH that the statement's start defines before `keyword`, so that the query for
  // the values knows them.
  std::string with_clause(std::size_t keyword) const {
    if (!tokens_[0].is_word("with")) return {};
    std::size_t last = 0;
    for (std::size_t at = 1; tokens_[at].kind != TokenKind::end;) {
      at = skip_to(at, {"as"});
      while (tokens_[at].is_word("as") || tokens_[at].is_word("not") ||
             tokens_[at].is_word("materialized"))
        ++at;
      if (!tokens_[at].is_symbol("(")) break;
      at = skip_to(at + 1, {}) + 1;
      if (at > keyword) break;
      last = at;
      if (!tokens_[at].is_symbol(",")) break;
      ++at;
    }
    return last == 0 ? std::string() : text({0, last}) + " ";
  }

 private:
  bool after_with(std::size_t i) const {
    return i > 0 && tokens_[0].is_word("with") && tokens_[i - 1].is_symbol(")");
  }

  // The first of `words` (or a comma) on this bracket level, or where the level ends.
  std::size_t skip_to(std::size_t at, std::initializer_list<std::string_view> words,
                      bool comma = false) const {
    int depth = 0;
    for (; tokens_[at].kind != TokenKind::end; ++at) {
      const Token& token = tokens_[at];
      if (token.is_symbol("(") || token.is_symbol("[")) ++depth;
      if ((token.is_symbol(")") || token.is_symbol("]")) && --depth < 0) return at;
      if (depth > 0) continue;
      if (comma && token.is_symbol(",")) return at;
      if (std::ranges::any_of(words, [&](auto word) { return token.is_word(word); })) return at;
    }
    return at;
  }

  bool contains_at_top(Range range, std::string_view word) const {
    return skip_to(range.first, {word}) < range.last;
  }

  const std::string& sql_;
  const std::vector<Token>& tokens_;
};

// The values of one ON column, as SQL.
std::string value_list(const Finder& finder, const Pivot& pivot, Range range,
                       const std::function<ValueRows(const std::string&)>& values) {
  const std::string column = finder.text(range);
  const ValueRows rows =
      values(finder.with_clause(pivot.keyword) + "SELECT DISTINCT CAST((" + column +
             ") AS VARCHAR) AS v FROM " + finder.text(pivot.source) + " WHERE (" + column +
             ") IS NOT NULL ORDER BY v LIMIT " + std::to_string(max_values + 1));
  if (rows.size() > max_values)
    throw bad_request("sql.tooComplex", "PIVOT would make more than 1,000 columns of " + column +
                                            ": name the values with IN (…).");
  std::string list;
  for (const auto& row : rows)
    list += (list.empty() ? "" : ", ") + engine::quote_literal(row.at(0).value_or(""));
  return list.empty() ? "NULL" : list;
}

}  // namespace

std::string with_pivot_values(const std::string& sql,
                              const std::function<ValueRows(const std::string&)>& values) {
  std::string text = sql;
  std::vector<Token> tokens = tokenize(text);
  std::size_t from = 0;
  int filled = 0;
  while (const auto pivot = Finder(text, tokens).next(from)) {
    from = pivot->keyword + 1;
    bool changed = false;
    for (auto range = pivot->columns.rbegin(); range != pivot->columns.rend(); ++range) {
      const Finder finder(text, tokens);
      if (range->first >= range->last || finder.has_in(*range)) continue;
      if (++filled > most_columns)
        throw bad_request("sql.tooComplex",
                          "The statement has more than 50 PIVOT columns without IN (…).");
      const std::string list = value_list(finder, *pivot, *range, values);
      text.insert(finder.insert_position(*range), " IN (" + list + ")");
      changed = true;  // behind the tokens that are still to be looked at
    }
    if (changed) tokens = tokenize(text);
  }
  return text;
}

}  // namespace ob::query
