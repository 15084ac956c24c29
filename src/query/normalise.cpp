#include "query/normalise.h"

#include <algorithm>
#include <array>

#include "delta/schema.h"
#include "engine/engine.h"
#include "query/lexer.h"

namespace ob::query {
namespace {

bool is_name(const Token& token) {
  return token.kind == TokenKind::word || token.kind == TokenKind::identifier;
}
bool is_value(const Token& token) {
  return token.kind == TokenKind::number || token.kind == TokenKind::string ||
         token.kind == TokenKind::parameter;
}

class Normaliser {
 public:
  explicit Normaliser(std::string_view sql) : sql_(sql), tokens_(tokenize(sql)) {}

  std::string run() {
    std::size_t copied = 0;
    for (std::size_t i = 0; tokens_[i].kind != TokenKind::end;) {
      std::string fresh;
      const std::size_t taken = replacement(i, fresh);
      if (taken == 0) {
        ++i;
        continue;
      }
      out_.append(sql_, copied, tokens_[i].begin - copied);
      out_ += fresh;
      i += taken;
      copied = tokens_[i - 1].end;
    }
    out_.append(sql_, copied);
    return std::move(out_);
  }

 private:
  const Token& at(std::size_t i) const { return tokens_[std::min(i, tokens_.size() - 1)]; }

  // How many tokens from i on are replaced by `fresh`; 0: none.
  std::size_t replacement(std::size_t i, std::string& fresh) const {
    const Token& token = at(i);
    if (token.kind == TokenKind::identifier && token.quote == '`') {
      fresh = engine::quote_identifier(token.value);
      return 1;
    }
    if (token.kind == TokenKind::word) {
      if (token.is_word("default") && (at(i + 1).is_symbol(".") || after_dot(i))) {
        fresh = "\"default\"";
        return 1;
      }
      if (const std::size_t n = time_travel(i, fresh)) return n;
      if (i > 0 && (at(i - 1).is_word("as") || at(i - 1).is_symbol("::")))
        return spark_type(i, fresh);
    }
    if (token.is_symbol(":")) return named_parameter(i, fresh);
    return 0;
  }

  bool after_dot(std::size_t i) const { return i > 0 && at(i - 1).is_symbol("."); }

  std::string text(std::size_t first, std::size_t last) const {  // tokens first..last (excluded)
    return std::string(sql_.substr(at(first).begin, at(last - 1).end - at(first).begin));
  }

  std::size_t time_travel(std::size_t begin, std::string& fresh) const {
    std::size_t i = begin;
    if (i == 0 || !is_name(at(i - 1)) || after_dot(i)) return 0;
    if (at(i).is_word("at") && at(i + 1).is_symbol("(")) {
      const std::size_t last = closing(i + 1) + 1;
      return alias_first(begin, last, text(begin, last), fresh);
    }
    if (at(i).is_word("for")) ++i;
    const bool version = at(i).is_word("version") || at(i).is_word("system_version");
    const bool instant = at(i).is_word("timestamp") || at(i).is_word("system_time");
    if ((!version && !instant) || !at(i + 1).is_word("as") || !at(i + 2).is_word("of")) return 0;
    i += 3;
    std::size_t last = i;
    if (version) {
      if (!is_value(at(i))) return 0;
      last = i + 1;
    } else {
      last = expression_end(i);
      if (last == i) return 0;
    }
    const std::string clause =
        std::string("AT (") + (version ? "VERSION" : "TIMESTAMP") + " => " + text(i, last) + ")";
    alias_first(begin, last, clause, fresh);
    if (fresh.empty()) fresh = clause;
    return std::max(last, alias_end(last)) - begin;
  }

  // DuckDB wants the alias before the clause, Spark after it: `t AS x AT (…)`. Tokens taken; 0 and
  // nothing in `fresh` when no alias follows.
  std::size_t alias_first(std::size_t begin, std::size_t clause_end, const std::string& clause,
                          std::string& fresh) const {
    const std::size_t end = alias_end(clause_end);
    if (end == clause_end) return 0;
    fresh = normalise_query(text(clause_end, end)) + " " + clause;
    return end - begin;
  }

  std::size_t alias_end(std::size_t i) const {
    static constexpr std::array reserved = {
        "where",   "join",   "left",      "right",  "inner",       "outer",   "full",
        "cross",   "on",     "using",     "group",  "order",       "limit",   "union",
        "except",  "window", "intersect", "having", "tablesample", "pivot",   "unpivot",
        "qualify", "semi",   "natural",   "anti",   "asof",        "lateral", "positional",
        "offset",  "fetch",  "sample",    "select", "at",          "for",     "when"};
    std::size_t end = i;
    if (at(i).is_word("as") && is_name(at(i + 1))) {
      end = i + 2;
    } else if (at(i).kind == TokenKind::identifier ||
               (at(i).kind == TokenKind::word &&
                std::ranges::find(reserved, lower(at(i).value)) == reserved.end())) {
      end = i + 1;
    }
    if (end != i && at(end).is_symbol("(")) end = closing(end) + 1;
    return end;
  }

  // The end of term (('+'|'-') term)*, or `i` when there is none.
  std::size_t expression_end(std::size_t i) const {
    std::size_t end = term_end(i);
    while (end != i && (at(end).is_symbol("+") || at(end).is_symbol("-"))) {
      const std::size_t next = term_end(end + 1);
      if (next == end + 1) break;
      end = next;
    }
    return end;
  }

  std::size_t term_end(std::size_t i) const {
    std::size_t end = i;
    if (is_value(at(i))) {
      end = i + 1;
    } else if (at(i).is_symbol("(")) {
      end = closing(i) + 1;
    } else if (at(i).is_word("interval")) {
      end = at(i + 1).is_symbol("(") ? closing(i + 1) + 1 : i + 2;
      static constexpr std::array units = {"year", "month",  "week",   "day",
                                           "hour", "minute", "second", "quarter"};
      const std::string unit = lower(at(end).value);
      for (const std::string_view u : units)
        if (unit == u || unit == std::string(u) + "s") return end + 1;
    } else if (at(i).kind == TokenKind::word && at(i + 1).is_symbol("(")) {
      end = closing(i + 1) + 1;
    } else if (at(i).kind == TokenKind::word && at(i + 1).kind == TokenKind::string) {
      end = i + 2;  // TIMESTAMP '…'
    } else if (at(i).is_word("current_timestamp") || at(i).is_word("current_date")) {
      end = i + 1;
    }
    if (end != i && at(end).is_symbol("::") && at(end + 1).kind == TokenKind::word) end += 2;
    return std::min(end, tokens_.size() - 1);
  }

  // Index of the bracket that closes the one at i (or of the last token before the end).
  std::size_t closing(std::size_t i) const {
    int depth = 0;
    for (; at(i).kind != TokenKind::end; ++i) {
      if (at(i).is_symbol("(")) ++depth;
      if (at(i).is_symbol(")") && --depth == 0) return i;
    }
    return tokens_.size() - 2;
  }

  // ARRAY<INT>, MAP<…>, STRUCT<…> in a cast.
  std::size_t spark_type(std::size_t i, std::string& fresh) const {
    const Token& token = at(i);
    if ((!token.is_word("array") && !token.is_word("map") && !token.is_word("struct")) ||
        !at(i + 1).is_symbol("<"))
      return 0;
    int depth = 0;
    constexpr std::size_t longest = 10'000;  // tokens: a type, not the rest of a long statement
    for (std::size_t j = i + 1; at(j).kind != TokenKind::end && j < i + longest; ++j) {
      if (at(j).is_symbol("<")) ++depth;
      if (at(j).is_symbol(">") && --depth == 0) {
        fresh = delta::to_duckdb(delta::parse_type(text(i, j + 1)));
        return j + 1 - i;
      }
    }
    return 0;
  }

  // `:name` only where a value must begin, so that slices, structs and casts stay as they are.
  std::size_t named_parameter(std::size_t i, std::string& fresh) const {
    if (at(i + 1).kind != TokenKind::word || at(i + 1).begin != at(i).end || i == 0) return 0;
    static constexpr std::string_view symbols[] = {"=", "<", ">", "<=", ">=", "<>", "!=", "+",
                                                   "-", "*", "/", "%",  "||", "(",  ","};
    static constexpr std::string_view words[] = {"select", "where", "and",     "or",     "not",
                                                 "like",   "ilike", "between", "limit",  "offset",
                                                 "when",   "then",  "else",    "having", "on"};
    const Token& before = at(i - 1);
    const bool value_begins =
        std::ranges::any_of(symbols, [&](auto s) { return before.is_symbol(s); }) ||
        std::ranges::any_of(words, [&](auto w) { return before.is_word(w); });
    if (!value_begins) return 0;
    fresh = "$" + at(i + 1).value;
    return 2;
  }

  std::string_view sql_;
  std::vector<Token> tokens_;
  std::string out_;
};

}  // namespace

std::string normalise_query(std::string_view sql) {
  return Normaliser(sql).run();
}

}  // namespace ob::query
