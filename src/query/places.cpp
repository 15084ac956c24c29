#include "query/places.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "query/lexer.h"

namespace ob::query {

namespace {

// At the end of the first line: DuckDB lists candidates below it.
std::string with_place(std::string message, std::string_view sql, std::size_t offset) {
  message.insert(std::min(message.find('\n'), message.size()),
                 " (" + position_text(sql, offset) + ")");
  return message;
}

bool in_name(std::string_view text, std::size_t at) {
  return at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) ||
                              text[at] == '_' || static_cast<unsigned char>(text[at]) >= 0x80);
}

// The word (or single sign) that begins at `at`.
std::string_view word_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (in_name(text, end)) ++end;
  return text.substr(at, std::max<std::size_t>(end - at, 1));
}

// Where a byte of `text` stands in `sql`; nullopt inside what was replaced.
std::optional<std::size_t> same_place(std::string_view text, std::string_view sql,
                                      std::size_t offset) {
  const auto prefix = std::ranges::mismatch(text, sql).in1 - text.begin();
  const auto suffix =
      std::mismatch(text.rbegin(), text.rend(), sql.rbegin(), sql.rend()).first - text.rbegin();
  const std::size_t from_end = text.size() - offset;
  const std::size_t length = offset < text.size() ? word_at(text, offset).size() : 0;
  const auto same_word = [&](std::size_t at) {
    return (offset == text.size() && at == sql.size()) ||
           (offset < text.size() && at < sql.size() && word_at(sql, at) == word_at(text, offset));
  };
  if (offset + length <= static_cast<std::size_t>(prefix) && same_word(offset)) return offset;
  if (from_end <= static_cast<std::size_t>(suffix) && same_word(sql.size() - from_end))
    return sql.size() - from_end;
  return std::nullopt;
}

bool is(const Token& token, const std::string& word) {
  if (token.kind == TokenKind::word || token.kind == TokenKind::identifier)
    return equals_ignoring_case(token.value, word);
  return token.kind != TokenKind::end && token.kind != TokenKind::string && token.value == word;
}

// Index of the one token that is `word`; nullopt where there is none or more than one.
std::optional<std::size_t> only(const std::vector<Token>& tokens, const std::string& word) {
  const auto found = std::ranges::find_if(tokens, [&](auto& t) { return is(t, word); });
  if (found == tokens.end() ||
      std::any_of(found + 1, tokens.end(), [&](auto& t) { return is(t, word); }))
    return std::nullopt;
  return static_cast<std::size_t>(found - tokens.begin());
}

// The place of a qualified name is that of its first part.
std::size_t first_part(const std::vector<Token>& tokens, std::size_t at) {
  const bool call = tokens[at + 1].is_symbol("(");
  while (!call && at >= 2 && tokens[at - 1].is_symbol(".")) at -= 2;
  return at;
}

}  // namespace

Error placed_in_text(const engine::StatementError& error, std::string_view text,
                     std::string_view sql) {
  const auto at = same_place(text, sql, std::min(error.offset(), text.size()));
  if (!at || error.status() >= 405) return error;
  return Error(error.status(), error.id(), with_place(error.what(), sql, *at), error.cause())
      .with_fields(error.fields());
}

Error placed_in_part(const engine::StatementError& error, std::string_view query, std::size_t first,
                     std::string_view sql) {
  const std::string_view part = query.substr(first);
  const std::size_t at = sql.find(part);
  const bool once = at != sql.npos && sql.find(part, at + 1) == sql.npos;
  if (!once || error.offset() < first || error.offset() > query.size()) return error;
  return Error(error.status(), error.id(),
               with_place(error.what(), sql, at + error.offset() - first), error.cause());
}

Error placed_by_word(const engine::StatementError& error, std::string_view composed,
                     std::string_view sql) {
  std::string word = error.word();
  if (word.empty() && error.offset() < composed.size()) word = word_at(composed, error.offset());
  const auto tokens = tokenize(sql);
  const auto found = only(tokens, word);
  if (!found) return error;
  return Error(error.status(), error.id(),
               with_place(error.what(), sql, tokens[first_part(tokens, *found)].begin),
               error.cause());
}

std::string placed_message(const Error& error, const Plan& plan) {
  // Messages hold values, perhaps such as the caller may not see.
  if (plan.fenced && error.status() == 400 && error.id() != "sql.syntax" &&
      error.id() != "sql.binding" && !error.id().starts_with("delta."))
    return "A value could not be converted or computed with. It is not shown, because a table in "
           "this statement has a row filter or masks.";
  const auto* placed = dynamic_cast<const engine::StatementError*>(&error);
  if (!placed || placed->word().empty() || plan.text.empty() || error.status() != 400)
    return error.what();
  try {
    const auto tokens = tokenize(plan.text);
    const auto found = only(tokens, placed->word());
    const auto views = tokenize(plan.views);
    if (plan.composed) return placed_by_word(*placed, "", plan.text).what();
    if (!found || !only(tokenize(plan.printed), placed->word()) ||
        std::ranges::any_of(views, [&](auto& t) { return is(t, placed->word()); }))
      return error.what();
    return with_place(error.what(), plan.text, tokens[first_part(tokens, *found)].begin);
  } catch (const Error&) {  // what was printed can be longer or deeper than a statement may be
    return error.what();
  }
}

}  // namespace ob::query
