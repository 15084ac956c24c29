// Lists of documents, the search in them, and templates.
#include <algorithm>
#include <array>
#include <charconv>

#include "base/error.h"
#include "base/ids.h"
#include "documents/service.h"
#include "documents/templates.h"
#include "documents/text.h"

namespace ob::documents {
namespace {

constexpr std::size_t kMostRounds = 20, kMostTemplates = 200;
constexpr std::size_t kMostCursor = 2000;

// What a cursor is of: one of another order would go on somewhere.
char mark_of(const Query& query) {
  if (query.filter == Filter::recent) return 'r';
  static constexpr std::array<char, 3> kMarks{'u', 't', 'c'};
  return kMarks.at(static_cast<std::size_t>(query.sort));
}

std::string cursor_of(const Query& query, const store::Position& at) {
  return base64url_encode(mark_of(query) + at.second + "|" + at.first);
}

std::optional<store::Position> position_in(const Query& query) {
  if (query.after.empty()) return std::nullopt;
  std::string text;
  const bool decoded = query.after.size() <= kMostCursor && base64url_decode(query.after, text);
  const auto bar = decoded ? text.find('|') : std::string::npos;
  bool good = bar != std::string::npos && bar > 0 && text[0] == mark_of(query) &&
              valid_utf8(text) && text.find('\0') == std::string::npos;
  if (good && (query.sort != Sort::title || query.filter == Filter::recent)) {
    std::int64_t number = 0;
    const auto [end, failed] =
        std::from_chars(text.data() + bar + 1, text.data() + text.size(), number);
    good = failed == std::errc() && end == text.data() + text.size();
  }
  if (!good)
    throw bad_request("documents.badCursor",
                      "`after` is none of this list: take the `next` of the page before it, with "
                      "the same filter and order.");
  return store::Position{text.substr(bar + 1), text.substr(1, bar - 1)};
}

}  // namespace

std::vector<Document> DocumentService::found(const Caller& caller, const store::Wanted& wanted,
                                             std::string& next) {
  const Query& query = *wanted.query;
  const bool trash = query.filter == Filter::trash;
  const bool by_address = query.filter == Filter::starred || query.filter == Filter::recent;
  std::vector<Document> out;
  auto after = position_in(query);
  // What may not be read after all leaves gaps, which the following rows fill.
  for (std::size_t round = 0; round < kMostRounds; ++round) {
    const std::size_t ask = query.limit + 1 - std::min(query.limit, out.size());
    const auto rows = db_.reading([&](db::Tx& tx) { return store::list(tx, wanted, after, ask); });
    std::vector<workspaces::Item> items;
    for (const auto& row : rows) items.push_back(row.item);
    const auto paths = workspaces_.paths(items);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& row = rows[i];
      const Level by_role = access_.level(caller, paths[i], Level::none);
      const Level level = access_.level(caller, paths[i], row.link_access);
      if (trash ? by_role < Level::editor : (by_address ? level : by_role) == Level::none) continue;
      if (out.size() == query.limit) {
        next = cursor_of(query, *after);
        return out;
      }
      Document one;
      one.id = row.item.id, one.title = row.item.name, one.owner = row.item.owner;
      one.place = row.item.place, one.access = level, one.link_access = row.link_access;
      one.created_at = row.item.created_at, one.updated_at = row.updated_at;
      one.updated_by = row.updated_by, one.trashed_at = row.item.trashed_at;
      one.words = row.words, one.starred = row.starred_at.has_value();
      one.is_template = row.is_template;
      out.push_back(std::move(one));
      after = store::position_of(query, row);
    }
    if (rows.size() < ask) return out;
    after = store::position_of(query, rows.back());
  }
  if (after) next = cursor_of(query, *after);
  return out;
}

Page DocumentService::list(const Caller& caller, const Query& query) {
  if (caller.user_id.empty()) throw unauthenticated("documents.signIn", "Sign in to see a list.");
  const store::Wanted wanted{.user = caller.user_id,
                             .reach = workspaces_.reach(caller, workspaces::ObjectType::document),
                             .query = &query,
                             .words = words_of(query.text)};
  Page page;
  page.documents = found(caller, wanted, page.next);
  if (wanted.words.empty()) return page;
  db_.read([&](db::Tx& tx) {
    for (Document& one : page.documents) {
      const auto text = store::text(tx, one.id);
      if (text) one.snippet = snippet_of(*text, wanted.words);
    }
  });
  return page;
}

std::vector<Template> DocumentService::templates(const Caller& caller) {
  std::vector<Template> out;
  for (const BuiltIn& one : built_in_templates())
    out.push_back({std::string(one.id), std::string(one.title), std::string(one.text), true});
  Query query;
  query.sort = Sort::title;
  query.limit = kMostTemplates;
  const store::Wanted wanted{.user = caller.user_id,
                             .reach = workspaces_.reach(caller, workspaces::ObjectType::document),
                             .query = &query,
                             .words = {},
                             .templates = true};
  std::string next;
  const auto own = found(caller, wanted, next);
  db_.read([&](db::Tx& tx) {
    out.resize(built_in_templates().size());
    for (const Document& one : own) {
      const auto text = store::text(tx, one.id);
      out.push_back({one.id, one.title, text ? snippet_of(*text, {}) : "", false});
    }
  });
  return out;
}

}  // namespace ob::documents
