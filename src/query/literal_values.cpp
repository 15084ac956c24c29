#include "query/literal_values.h"

#include "query/lexer.h"

namespace ob::query {
namespace {

using engine::Literal;
using Kind = Literal::Kind;

// Of longer texts the values are not kept: DuckDB writes them.
constexpr std::size_t most_kept = 64 << 10;

struct Value {
  std::string sql, type;
  Literal literal;
};

class Reader {
 public:
  explicit Reader(std::string_view text)
      : tokens_(tokenize(text)), keeps_(text.size() <= most_kept) {}

  std::optional<LiteralValues> rows() {
    if (!word("values")) return std::nullopt;
    LiteralValues out;
    do {
      if (!row(out)) return std::nullopt;
    } while (symbol(","));
    if (peek().kind != TokenKind::end) return std::nullopt;
    out.sql = "SELECT * FROM (VALUES " + values_ + ")";
    return out;
  }

 private:
  const Token& peek() const { return tokens_[at_]; }
  bool word(std::string_view text) {
    if (!peek().is_word(text)) return false;
    ++at_;
    return true;
  }
  bool symbol(std::string_view text) {
    if (!peek().is_symbol(text)) return false;
    ++at_;
    return true;
  }

  bool row(LiteralValues& out) {
    const bool first = values_.empty();
    if (!symbol("(")) return false;
    values_ += first ? "(" : ", (";
    if (keeps_) out.rows.emplace_back();
    std::size_t i = 0;
    do {
      auto value = literal();
      if (!value) return false;
      if (first) {
        out.columns.push_back({"col" + std::to_string(i), value->type});
      } else if (i >= out.columns.size() || !one_kind(out.columns[i].type, value->type)) {
        return false;
      }
      values_ += (i > 0 ? ", " : "") + value->sql;
      if (keeps_) out.rows.back().push_back(std::move(value->literal));
      ++i;
    } while (symbol(","));
    values_ += ")";
    return i == out.columns.size() && symbol(")");
  }

  static bool one_kind(std::string& known, const std::string& type) {
    if (known == untyped_null) known = type;
    return type == untyped_null || type == known;
  }

  std::optional<Value> literal() {
    std::string sign;
    if (symbol("-")) {
      sign = "-";
    } else if (symbol("+")) {
      sign = "+";
    }
    const Token& token = peek();
    if (token.kind == TokenKind::number) {
      ++at_;
      return Value{sign + token.value, "DOUBLE", {Kind::number, sign + token.value}};
    }
    if (!sign.empty()) return std::nullopt;
    if (token.kind == TokenKind::string) {
      ++at_;
      return Value{engine::quote_literal(token.value), "VARCHAR", {Kind::text, token.value}};
    }
    if (word("null")) return Value{"NULL", std::string(untyped_null), {}};
    if (word("true")) return Value{"TRUE", "BOOLEAN", {Kind::truth, "true"}};
    if (word("false")) return Value{"FALSE", "BOOLEAN", {Kind::truth, "false"}};
    if (word("date")) return typed("DATE", Kind::date);
    if (word("timestamp")) return typed("TIMESTAMP", Kind::timestamp);
    if (word("now") && symbol("(") && symbol(")")) {
      return Value{"now()", "TIMESTAMP WITH TIME ZONE", {Kind::now, ""}};
    }
    return std::nullopt;
  }

  std::optional<Value> typed(const std::string& type, Kind kind) {
    const Token& token = peek();
    if (token.kind != TokenKind::string) return std::nullopt;
    ++at_;
    return Value{type + " " + engine::quote_literal(token.value), type, {kind, token.value}};
  }

  const std::vector<Token> tokens_;
  const bool keeps_;
  std::size_t at_ = 0;
  std::string values_;
};

}  // namespace

std::optional<LiteralValues> literal_values(std::string_view query) {
  return Reader(query).rows();
}

}  // namespace ob::query
