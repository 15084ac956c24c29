#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "query/parser.h"

namespace ob::query {
namespace {

const Token end_token;

}  // namespace

const Token& Cursor::peek(std::size_t ahead) const {
  return at_ + ahead < end_ ? tokens_[at_ + ahead] : end_token;
}

bool Cursor::accept(std::string_view word) {
  if (!next_is(word)) return false;
  ++at_;
  return true;
}

bool Cursor::accept_symbol(std::string_view text) {
  if (!next_is_symbol(text)) return false;
  ++at_;
  return true;
}

bool Cursor::accept_words(std::string_view words) {
  std::size_t count = 0;
  while (!words.empty()) {
    const std::size_t space = std::min(words.find(' '), words.size());
    if (!next_is(words.substr(0, space), count)) return false;
    ++count;
    words.remove_prefix(std::min(space + 1, words.size()));
  }
  at_ += count;
  return true;
}

void Cursor::expect(std::string_view word) {
  if (!accept(word)) fail(upper(word));
}

void Cursor::expect_symbol(std::string_view text) {
  if (!accept_symbol(text)) fail("\"" + std::string(text) + "\"");
}

void Cursor::expect_end(std::string_view what) {
  if (!done()) fail("the end of " + std::string(what));
}

void Cursor::fail(const std::string& expected) const {
  const Token& token = peek();
  const bool at_end = token.kind == TokenKind::end;
  const std::size_t offset = at_end ? sql_.size() : token.begin;
  std::string found =
      at_end ? "the statement ends"
             : "there is " + std::string(sql_.substr(
                                 token.begin, std::min<std::size_t>(token.end - token.begin, 40)));
  if (!at_end && token.end - token.begin > 40) found = "there is something else";
  throw bad_request("sql.syntax", "Expected " + expected + ", but " + found + " at " +
                                      position_text(sql_, offset) + ".");
}

std::string Cursor::identifier(std::string_view what) {
  const Token& token = peek();
  if (token.kind != TokenKind::word && token.kind != TokenKind::identifier) fail(std::string(what));
  ++at_;
  return token.value;
}

QualifiedName Cursor::qualified_name(std::string_view what) {
  QualifiedName name;
  do {
    name.parts.push_back(identifier(what));
  } while (accept_symbol("."));
  if (name.parts.size() > 3)
    throw bad_request("sql.syntax", "A name has at most three parts: catalog.schema.name.");
  return name;
}

std::string Cursor::text_literal(std::string_view what) {
  const Token& token = peek();
  const bool double_quoted = token.kind == TokenKind::identifier && token.quote == '"';
  if (token.kind != TokenKind::string && !double_quoted) fail(std::string(what) + " in quotes");
  ++at_;
  return token.value;
}

std::int64_t Cursor::integer_literal(std::string_view what) {
  const Token& token = peek();
  std::int64_t value = 0;
  const char* last = token.value.data() + token.value.size();
  if (token.kind != TokenKind::number ||
      std::from_chars(token.value.data(), last, value).ptr != last)
    fail(std::string(what));
  ++at_;
  return value;
}

std::vector<std::string> Cursor::identifier_list(std::string_view what) {
  std::vector<std::string> names;
  expect_symbol("(");
  do {
    names.push_back(identifier(what));
  } while (accept_symbol(","));
  expect_symbol(")");
  return names;
}

std::string Cursor::property_key() {
  if (peek().kind == TokenKind::string || peek().quote == '"') return text_literal("a property");
  std::string key = identifier("a property");
  while (accept_symbol(".")) key += "." + identifier("a property");
  return key;
}

std::map<std::string, std::string> Cursor::property_list() {
  std::map<std::string, std::string> properties;
  expect_symbol("(");
  do {
    std::string key = property_key();
    if (!accept_symbol("=")) accept_symbol("==");
    const Token& value = peek();
    if (value.kind == TokenKind::number || value.is_word("true") || value.is_word("false")) {
      properties[key] = value.value;
      ++at_;
    } else {
      properties[key] = text_literal("the value of " + key);
    }
  } while (accept_symbol(","));
  expect_symbol(")");
  return properties;
}

std::string Cursor::type_text() {
  static constexpr std::string_view stops[] = {
      "not",        "null",      "comment", "default",  "primary",       "unique",
      "references", "generated", "check",   "collate",  "constraint",    "first",
      "after",      "return",    "returns", "language", "deterministic", "contains"};
  const std::size_t first = at_;
  int depth = 0;
  for (; !done(); ++at_) {
    const Token& token = peek();
    if (depth == 0 && at_ > first &&
        std::ranges::any_of(stops, [&](std::string_view stop) { return token.is_word(stop); }))
      break;
    if (token.kind != TokenKind::symbol) continue;
    if (depth == 0 && (token.value == "," || token.value == ")")) break;
    if (token.value == "(" || token.value == "<" || token.value == "[") ++depth;
    if (token.value == ")" || token.value == ">" || token.value == "]") --depth;
  }
  if (at_ == first) fail("a type");
  return std::string(
      sql_.substr(tokens_[first].begin, tokens_[at_ - 1].end - tokens_[first].begin));
}

std::string Cursor::placed_expression(std::string_view what, Stops stops) {
  const std::size_t mark = at_;
  expression(what, stops, false);
  std::string text = rest_from(mark);
  text.resize(text.size() - (tokens_[end_ - 1].end - tokens_[at_ - 1].end));
  return text;
}

std::string Cursor::expression(std::string_view what, Stops stops, bool commas) {
  const std::size_t first = at_;
  std::string open;  // brackets that are to be closed
  int cases = 0;     // CASE … END that are open: WHEN and THEN in them are theirs
  for (; !done(); ++at_) {
    const Token& token = peek();
    const bool after_dot = at_ > first && tokens_[at_ - 1].is_symbol(".");
    if (token.kind == TokenKind::word && !after_dot) {
      if (open.empty() && cases == 0 &&
          std::ranges::any_of(stops, [&](auto& stop) { return token.is_word(stop); }))
        break;
      if (token.is_word("case")) ++cases;
      if (token.is_word("end") && cases > 0) --cases;
    }
    if (token.kind != TokenKind::symbol) continue;
    if (open.empty() && ((commas && token.value == ",") || token.value == ")")) break;
    if (token.value == "(") open += ')';
    if (token.value == "[") open += ']';
    if (token.value == "{") open += '}';
    if (token.value != ")" && token.value != "]" && token.value != "}") continue;
    if (open.empty() || token.value[0] != open.back()) fail("another bracket");
    open.pop_back();
  }
  if (at_ == first) fail(std::string(what));
  if (!open.empty()) fail("\"" + open.substr(open.size() - 1) + "\"");
  return between(first);
}

std::string Cursor::bracketed() {
  const std::size_t first = at_;
  expect_symbol("(");
  expression("a query", {}, false);
  expect_symbol(")");
  return between(first);
}

std::string Cursor::between(std::size_t mark) const {
  return numbered(mark, at_);
}

// Texts that are taken out of a statement would count their `?` from 1: they become $1, $2, … as
// they are numbered in the whole statement.
std::string Cursor::numbered(std::size_t first, std::size_t last) const {
  const auto open_mark = [&](const Token& token) {
    return token.kind == TokenKind::parameter && sql_[token.begin] == '?' &&
           token.end == token.begin + 1;
  };
  const auto begin = tokens_.begin();
  auto number = std::ranges::count_if(begin, begin + static_cast<std::ptrdiff_t>(first), open_mark);
  std::string out;
  std::size_t copied = tokens_[first].begin;
  for (std::size_t i = first; i < last; ++i) {
    if (!open_mark(tokens_[i])) continue;
    out.append(sql_.substr(copied, tokens_[i].begin - copied));
    out += "$" + std::to_string(++number);
    copied = tokens_[i].end;
  }
  return out.append(sql_.substr(copied, tokens_[last - 1].end - copied));
}

std::string Cursor::rest_numbered() {
  if (done()) return {};
  std::string text = numbered(at_, end_);
  at_ = end_;
  return text;
}

std::string Cursor::rest() {
  std::string text = rest_from(at_);
  at_ = end_;
  return text;
}

std::string Cursor::rest_from(std::size_t mark) const {
  if (mark >= end_) return {};
  const std::size_t begin = tokens_[mark].begin;
  std::string text;
  for (const char c : sql_.substr(0, begin)) {
    const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (!continues) text += c == '\n' ? '\n' : ' ';
  }
  return text.append(sql_.substr(begin, tokens_[end_ - 1].end - begin));
}

}  // namespace ob::query
