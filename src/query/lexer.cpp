#include "query/lexer.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"

namespace ob::query {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_word_part(char c) {
  return is_word_start(c) || is_digit(c) || c == '$';
}
char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Bytes of a space at `at`: ASCII, or one of Unicode's that DuckDB takes as a space too; 0: none.
std::size_t space_length(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
  if (text.substr(at, 2) == "\xC2\xA0") return 2;
  const std::string_view three = text.substr(at, 3);
  if (three.size() < 3) return 0;
  if (three == "\xE3\x80\x80" || three == "\xEF\xBB\xBF" || three == "\xE2\x80\xAF" ||
      three == "\xE2\x81\x9F")
    return 3;
  const auto last = static_cast<unsigned char>(three[2]);
  if (three[0] == '\xE2' && three[1] == '\x80' && last >= 0x80 && last <= 0x8B) return 3;
  return 0;
}

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  std::vector<Token> run() {
    for (skip(); at_ < sql_.size(); skip()) {
      next();
      track_depth();
    }
    tokens_.push_back({TokenKind::end, sql_.size(), sql_.size(), "", 0});
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
  }
  [[noreturn]] void fail(std::size_t at, const std::string& what) const {
    throw bad_request("sql.syntax", what + " at " + position_text(sql_, at) + ".");
  }
  void push(TokenKind kind, std::size_t begin, std::string value, char quote = 0) {
    tokens_.push_back({kind, begin, at_, std::move(value), quote});
  }

  void skip() {
    while (at_ < sql_.size()) {
      if (const std::size_t n = space_length(sql_, at_)) {
        at_ += n;
      } else if (peek() == '-' && peek(1) == '-') {
        at_ = std::min(sql_.find_first_of("\r\n", at_), sql_.size());
      } else if (peek() == '/' && peek(1) == '*') {
        skip_block_comment();
      } else {
        return;
      }
    }
  }

  void skip_block_comment() {
    const std::size_t begin = at_;
    int depth = 0;
    do {
      if (at_ >= sql_.size()) fail(begin, "The comment has no end, which began");
      if (peek() == '/' && peek(1) == '*') {
        ++depth;
        at_ += 2;
      } else if (peek() == '*' && peek(1) == '/') {
        --depth;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0);
  }

  void next() {
    const char c = peek();
    if (c == '\'') return quoted_string(at_, false);
    if ((c == 'e' || c == 'E') && peek(1) == '\'') {
      ++at_;
      return quoted_string(at_ - 1, true);
    }
    if (c == '"' || c == '`') return quoted_identifier(c);
    if (c == '$') return dollar();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (is_word_start(c)) return word();
    if (c == '?') return question();
    symbol();
  }

  void quoted_string(std::size_t begin, bool escapes) {
    std::string value;
    ++at_;
    for (;;) {
      if (at_ >= sql_.size()) fail(begin, "The text has no closing ', which began");
      const char c = sql_[at_++];
      if (c == '\'') {
        if (peek() != '\'') break;
        value += '\'';
        ++at_;
      } else if (c == '\\' && escapes) {
        escape(value, begin);
      } else {
        value += c;
      }
    }
    push(TokenKind::string, begin, std::move(value), escapes ? 'e' : '\'');
  }

  void escape(std::string& value, std::size_t begin) {
    if (at_ >= sql_.size()) fail(begin, "The text has no closing ', which began");
    const char c = sql_[at_++];
    static constexpr std::string_view from = "bfnrt", to = "\b\f\n\r\t";
    if (const auto i = from.find(c); i != std::string_view::npos) {
      value += to[i];
    } else if (c == 'x' || c == 'u' || c == 'U') {
      const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
      unsigned long code = 0;
      std::size_t n = 0;
      for (; n < digits && std::isxdigit(static_cast<unsigned char>(peek())); ++n, ++at_)
        code = code * 16 + std::stoul(std::string(1, peek()), nullptr, 16);
      if (n == 0 || code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        fail(begin, "The text has a wrong escape, which began");
      append_code_point(value, static_cast<char32_t>(code));
    } else {
      value += c;
    }
  }

  void quoted_identifier(char quote) {
    const std::size_t begin = at_++;
    std::string value;
    for (;;) {
      if (at_ >= sql_.size())
        fail(begin, std::string("The name has no closing ") + quote + ", which began");
      const char c = sql_[at_++];
      if (c == quote) {
        if (peek() != quote) break;
        ++at_;
      }
      value += c;
    }
    if (value.empty()) fail(begin, "There is an empty name");
    push(TokenKind::identifier, begin, std::move(value), quote);
  }

  void dollar() {
    const std::size_t begin = at_++;
    if (is_digit(peek())) {
      while (is_digit(peek())) ++at_;
      return push(TokenKind::parameter, begin, std::string(sql_.substr(begin + 1, at_ - begin - 1)),
                  '$');
    }
    while (at_ < sql_.size() && (is_word_start(peek()) || is_digit(peek()))) ++at_;
    if (peek() != '$') {
      if (at_ == begin + 1) fail(begin, "There is a stray $");
      return push(TokenKind::parameter, begin, std::string(sql_.substr(begin + 1, at_ - begin - 1)),
                  '$');
    }
    ++at_;
    const std::string_view tag = sql_.substr(begin, at_ - begin);
    const std::size_t close = sql_.find(tag, at_);
    if (close == std::string_view::npos)
      fail(begin, "The text has no closing " + std::string(tag) + ", which began");
    std::string value(sql_.substr(at_, close - at_));
    at_ = close + tag.size();
    push(TokenKind::string, begin, std::move(value), '$');
  }

  void number() {
    const std::size_t begin = at_;
    bool seen_point = false;
    for (; at_ < sql_.size(); ++at_) {
      const char c = peek();
      if (c == '.' && !seen_point && peek(1) != '.') {
        seen_point = true;
      } else if ((c == 'e' || c == 'E') && (peek(1) == '+' || peek(1) == '-') &&
                 is_digit(peek(2))) {
        at_ += 2;
      } else if (!is_digit(c) && !std::isalpha(static_cast<unsigned char>(c)) && c != '_') {
        break;
      }
    }
    push(TokenKind::number, begin, std::string(sql_.substr(begin, at_ - begin)));
  }

  void word() {
    const std::size_t begin = at_;
    while (at_ < sql_.size() && is_word_part(peek()) && space_length(sql_, at_) == 0) ++at_;
    push(TokenKind::word, begin, std::string(sql_.substr(begin, at_ - begin)));
  }

  void question() {
    const std::size_t begin = at_++;
    while (is_digit(peek())) ++at_;
    push(TokenKind::parameter, begin, std::string(sql_.substr(begin + 1, at_ - begin - 1)), '?');
  }

  void symbol() {
    static constexpr std::array<std::string_view, 14> longer = {
        "->>", "::", ":=", "=>", "->", "<=", ">=", "<>", "!=", "||", "==", "**", "//", ".."};
    const std::size_t begin = at_;
    for (const std::string_view text : longer) {
      if (sql_.substr(at_, text.size()) == text) {
        at_ += text.size();
        return push(TokenKind::symbol, begin, std::string(text));
      }
    }
    ++at_;
    push(TokenKind::symbol, begin, std::string(1, sql_[begin]));
  }

  void track_depth() {
    const Token& token = tokens_.back();
    if (token.kind != TokenKind::symbol) return;
    const char c = token.value[0];
    if (c == '(' || c == '[' || c == '{') {
      if (++depth_ > max_bracket_depth)
        throw bad_request("sql.tooDeep", "The statement nests brackets deeper than " +
                                             std::to_string(max_bracket_depth) +
                                             " levels: simplify it.");
    } else if (c == ')' || c == ']' || c == '}') {
      depth_ = std::max(0, depth_ - 1);
    }
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

bool Token::is_word(std::string_view text) const {
  return kind == TokenKind::word && equals_ignoring_case(value, text);
}

std::vector<Token> tokenize(std::string_view sql) {
  if (sql.size() > max_sql_bytes)
    throw too_large("sql.tooLong", "The statement is longer than 1 MiB: pass data as a file.");
  if (sql.find('\0') != std::string_view::npos)
    throw bad_request("sql.encoding", "The statement holds a zero byte.");
  if (!valid_utf8(sql)) throw bad_request("sql.encoding", "The statement is not valid UTF-8.");
  return Lexer(sql).run();
}

std::string position_text(std::string_view sql, std::size_t offset) {
  std::size_t line = 1, column = 1;
  for (std::size_t i = 0; i < std::min(offset, sql.size()); ++i) {
    if (sql[i] == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(sql[i]) & 0xC0) != 0x80) {
      ++column;
    }
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return ascii_lower(x) == ascii_lower(y);
         });
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), ascii_lower);
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

}  // namespace ob::query
