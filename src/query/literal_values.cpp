#include "query/literal_values.h"

#include "query/lexer.h"

namespace ob::query {
namespace {

struct Literal {
  std::string sql, type;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : tokens_(tokenize(text)) {}

  std::optional<LiteralRows> rows() {
    if (!word("values")) return std::nullopt;
    LiteralRows out;
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

  bool row(LiteralRows& out) {
    const bool first = values_.empty();
    if (!symbol("(")) return false;
    values_ += first ? "(" : ", (";
    std::size_t i = 0;
    do {
      const auto value = literal();
      if (!value) return false;
      if (first) {
        out.columns.push_back({"col" + std::to_string(i), value->type});
      } else if (i >= out.columns.size() || !one_kind(out.columns[i].type, value->type)) {
        return false;
      }
      values_ += (i > 0 ? ", " : "") + value->sql;
      ++i;
    } while (symbol(","));
    values_ += ")";
    return i == out.columns.size() && symbol(")");
  }

  static bool one_kind(std::string& known, const std::string& type) {
    if (known == untyped_null) known = type;
    return type == untyped_null || type == known;
  }

  std::optional<Literal> literal() {
    std::string sign;
    if (symbol("-")) {
      sign = "-";
    } else if (symbol("+")) {
      sign = "+";
    }
    const Token& token = peek();
    if (token.kind == TokenKind::number) {
      ++at_;
      return Literal{sign + token.value, "DOUBLE"};
    }
    if (!sign.empty()) return std::nullopt;
    if (token.kind == TokenKind::string) {
      ++at_;
      return Literal{engine::quote_literal(token.value), "VARCHAR"};
    }
    if (word("null")) return Literal{"NULL", std::string(untyped_null)};
    if (word("true")) return Literal{"TRUE", "BOOLEAN"};
    if (word("false")) return Literal{"FALSE", "BOOLEAN"};
    if (word("date")) return typed("DATE");
    if (word("timestamp")) return typed("TIMESTAMP");
    if (word("now") && symbol("(") && symbol(")")) {
      return Literal{"now()", "TIMESTAMP WITH TIME ZONE"};
    }
    return std::nullopt;
  }

  std::optional<Literal> typed(const std::string& type) {
    const Token& token = peek();
    if (token.kind != TokenKind::string) return std::nullopt;
    ++at_;
    return Literal{type + " " + engine::quote_literal(token.value), type};
  }

  const std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::string values_;
};

}  // namespace

std::optional<LiteralRows> literal_values(std::string_view query) {
  return Reader(query).rows();
}

}  // namespace ob::query
