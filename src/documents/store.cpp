#include "documents/store.h"

#include "base/error.h"
#include "documents/levels.h"
#include "documents/text.h"

namespace ob::documents::store {
namespace {

constexpr const char* kRow =
    "SELECT i.id, i.workspace_id, i.folder_id, i.name, i.owner, i.created_at, i.updated_at, "
    "i.trashed_at, d.link_access, d.is_template, d.updated_at, d.updated_by, d.words, "
    "s.starred_at, s.opened_at, d.title_key FROM documents d JOIN workspace_items i ON i.id = d.id "
    "LEFT JOIN document_stars s ON s.document_id = d.id AND s.user_id = $1";
constexpr const char* kLink =
    "SELECT id, document_id, level, token_hash, sealed, password_hash, expires_at, created_at, "
    "created_by, last_used_at FROM document_links";

Row row_of(const db::Row& row) {
  Row out;
  out.item = {workspaces::ObjectType::document,
              row.text(0),
              {row.text(1), row.text(2)},
              row.text(3),
              row.text(4),
              row.integer(5),
              row.integer(6),
              row.optional_integer(7)};
  out.link_access = level_of_link(row.text(8));
  out.is_template = row.integer(9) != 0;
  out.updated_at = row.integer(10), out.updated_by = row.text(11), out.words = row.integer(12);
  out.starred_at = row.optional_integer(13), out.opened_at = row.optional_integer(14);
  out.title_key = row.text(15);
  return out;
}

LinkRow link_of(const db::Row& row) {
  LinkRow out;
  out.link.id = row.text(0), out.link.document = row.text(1);
  out.link.level = level_of_link(row.text(2));
  out.token_hash = row.text(3), out.sealed = row.blob(4), out.password_hash = row.text(5);
  out.link.has_password = !out.password_hash.empty();
  out.link.expires_at = row.optional_integer(6);
  out.link.created_at = row.integer(7), out.link.created_by = row.text(8);
  out.link.last_used_at = row.optional_integer(9);
  return out;
}

db::Value optional(const std::optional<Micros>& time) {
  return time ? db::Value(*time) : db::Value(nullptr);
}

// A statement in the making: its text, and the values of its parameters.
struct Statement {
  std::string text;
  std::vector<db::Value> values;

  std::string add(db::Value value) {
    values.push_back(std::move(value));
    return "$" + std::to_string(values.size());
  }
  // None: what nothing is equal to.
  std::string list(const std::vector<std::string>& texts) {
    std::string out;
    for (const auto& one : texts) out += (out.empty() ? "" : ", ") + add(one);
    return out.empty() ? "NULL" : out;
  }
};

// The column that is sorted by, whether it is a number, and whether the largest comes first.
struct Order {
  std::string column;
  bool number = true, down = true;
};
Order order_of(const Query& query) {
  if (query.filter == Filter::recent) return {"s.opened_at"};
  switch (query.sort) {
    case Sort::title:
      return {"d.title_key", false, false};
    case Sort::created:
      return {"i.created_at"};
    case Sort::updated:
      return {"d.updated_at"};
  }
  throw internal("unknown order of documents");
}

std::string reached(Statement& s, const workspaces::Reach& reach) {
  return "(i.owner IN (" + s.list(reach.owners) + ") OR i.workspace_id IN (" +
         s.list(reach.workspaces) + ") OR i.folder_id IN (" + s.list(reach.folders) +
         ") OR i.id IN (" + s.list(reach.objects) + "))";
}

std::string filtered(Statement& s, const Wanted& wanted) {
  const auto& reach = wanted.reach;
  switch (wanted.query->filter) {
    case Filter::mine:
      return "i.owner = $1";
    case Filter::shared:
      return "i.owner <> $1 AND (i.folder_id IN (" + s.list(reach.folders) + ") OR i.id IN (" +
             s.list(reach.objects) + "))";
    // Also what they know by its address alone.
    case Filter::starred:
      return "s.starred_at IS NOT NULL";
    case Filter::recent:
      return "s.opened_at IS NOT NULL";
    case Filter::all:
    case Filter::trash:
      return reached(s, reach);
  }
  throw internal("unknown filter of documents");
}

}  // namespace

std::optional<Row> find(db::Tx& tx, const std::string& id, const std::string& user) {
  const auto row = tx.query_one(std::string(kRow) + " WHERE d.id = $2", {user, id});
  return row ? std::optional(row_of(*row)) : std::nullopt;
}

void insert(db::Tx& tx, const workspaces::Item& item) {
  tx.execute(
      "INSERT INTO documents (id, title_key, link_access, is_template, updated_at, updated_by, "
      "words) VALUES ($1, $2, 'off', 0, $3, $4, 0)",
      {item.id, folded(item.name), item.created_at, item.owner});
}

void set_title(db::Tx& tx, const std::string& id, const std::string& title_key, Micros now,
               const std::string& by) {
  tx.execute(
      "UPDATE documents SET title_key = $2, updated_at = $3, updated_by = CASE WHEN $4 = '' THEN "
      "updated_by ELSE $4 END WHERE id = $1",
      {id, title_key, now, by});
}

std::string title_key(db::Tx& tx, const std::string& id) {
  const auto row = tx.query_one("SELECT title_key FROM documents WHERE id = $1", {id});
  return row ? row->text(0) : std::string();
}

void set_link_access(db::Tx& tx, const std::string& id, Level level) {
  tx.execute("UPDATE documents SET link_access = $2 WHERE id = $1",
             {id, std::string(link_text(level))});
}

void set_template(db::Tx& tx, const std::string& id, bool is_template) {
  tx.execute("UPDATE documents SET is_template = $2 WHERE id = $1",
             {id, std::int64_t{is_template ? 1 : 0}});
}

void remove(db::Tx& tx, const std::string& id, Micros now) {
  for (const char* table : {"document_texts", "document_stars", "document_links"})
    tx.execute(std::string("DELETE FROM ") + table + " WHERE document_id = $1", {id});
  tx.execute("DELETE FROM documents WHERE id = $1", {id});
  tx.execute(
      "INSERT INTO document_removals (document_id, removed_at) VALUES ($1, $2) ON CONFLICT "
      "(document_id) DO UPDATE SET removed_at = $2",
      {id, now});
  tx.execute("INSERT INTO removed_documents (document_id) VALUES ($1) ON CONFLICT DO NOTHING",
             {id});
}

bool was_removed(db::Tx& tx, const std::string& id) {
  return tx.query_one("SELECT 1 FROM removed_documents WHERE document_id = $1", {id}).has_value();
}

std::vector<std::string> removals(db::Tx& tx, std::size_t limit) {
  std::vector<std::string> out;
  for (const auto& row :
       tx.query("SELECT document_id FROM document_removals ORDER BY removed_at LIMIT $1",
                {static_cast<std::int64_t>(limit)}))
    out.push_back(row.text(0));
  return out;
}

void forget_removal(db::Tx& tx, const std::string& id) {
  tx.execute("DELETE FROM document_removals WHERE document_id = $1", {id});
}

Position position_of(const Query& query, const Row& row) {
  if (query.filter == Filter::recent)
    return {std::to_string(row.opened_at.value_or(0)), row.item.id};
  if (query.sort == Sort::title) return {row.title_key, row.item.id};
  return {std::to_string(query.sort == Sort::created ? row.item.created_at : row.updated_at),
          row.item.id};
}

std::vector<Row> list(db::Tx& tx, const Wanted& wanted, const std::optional<Position>& after,
                      std::size_t limit) {
  const Query& query = *wanted.query;
  Statement s{.text = kRow, .values = {wanted.user}};
  if (!wanted.words.empty()) s.text += " LEFT JOIN document_texts t ON t.document_id = d.id";
  s.text += " WHERE " + filtered(s, wanted);
  s.text +=
      query.filter == Filter::trash ? " AND i.trashed_at IS NOT NULL" : " AND i.trashed_at IS NULL";
  if (wanted.templates) s.text += " AND d.is_template = 1";
  if (query.workspace) s.text += " AND i.workspace_id = " + s.add(*query.workspace);
  if (query.folder) s.text += " AND i.folder_id = " + s.add(*query.folder);
  for (const auto& word : wanted.words) {
    const std::string pattern = s.add(pattern_of(word));
    s.text += " AND (d.title_key LIKE " + pattern + " ESCAPE '!' OR t.folded LIKE " + pattern +
              " ESCAPE '!')";
  }
  const Order order = order_of(query);
  const std::string_view less = order.down ? "<" : ">", direction = order.down ? " DESC" : "";
  if (after) {
    const std::string key =
        order.number ? s.add(std::int64_t{std::stoll(after->first)}) : s.add(after->first);
    const std::string id = s.add(after->second);
    s.text += " AND (" + order.column + std::string(less) + key + " OR (" + order.column + " = " +
              key + " AND i.id" + std::string(less) + id + "))";
  }
  s.text += " ORDER BY " + order.column + std::string(direction) + ", i.id" +
            std::string(direction) + " LIMIT " + s.add(static_cast<std::int64_t>(limit));
  std::vector<Row> out;
  for (const auto& row : tx.query(s.text, s.values)) out.push_back(row_of(row));
  return out;
}

bool set_text(db::Tx& tx, const std::string& id, const std::string& text, std::int64_t words) {
  if (tx.execute("UPDATE documents SET words = $2 WHERE id = $1", {id, words}) == 0) return false;
  tx.execute(
      "INSERT INTO document_texts (document_id, text, folded) VALUES ($1, $2, $3) ON CONFLICT "
      "(document_id) DO UPDATE SET text = $2, folded = $3",
      {id, text, folded(text)});
  return true;
}

void set_updated(db::Tx& tx, const std::string& id, Micros now, const std::string& by) {
  tx.execute("UPDATE documents SET updated_at = $2, updated_by = $3 WHERE id = $1", {id, now, by});
}

std::optional<std::string> text(db::Tx& tx, const std::string& id) {
  const auto row = tx.query_one("SELECT text FROM document_texts WHERE document_id = $1", {id});
  return row ? std::optional(row->text(0)) : std::nullopt;
}

void set_star(db::Tx& tx, const std::string& user, const std::string& id,
              std::optional<Micros> at) {
  tx.execute(
      "INSERT INTO document_stars (user_id, document_id, starred_at) VALUES ($1, $2, $3) ON "
      "CONFLICT (user_id, document_id) DO UPDATE SET starred_at = $3",
      {user, id, optional(at)});
}

void set_opened(db::Tx& tx, const std::string& user, const std::string& id, Micros now) {
  tx.execute(
      "INSERT INTO document_stars (user_id, document_id, opened_at) VALUES ($1, $2, $3) ON "
      "CONFLICT (user_id, document_id) DO UPDATE SET opened_at = $3",
      {user, id, now});
}

std::vector<LinkRow> links(db::Tx& tx, const std::string& document) {
  std::vector<LinkRow> out;
  for (const auto& row :
       tx.query(std::string(kLink) + " WHERE document_id = $1 ORDER BY created_at, id", {document}))
    out.push_back(link_of(row));
  return out;
}

std::optional<LinkRow> link_by_hash(db::Tx& tx, const std::string& hash) {
  const auto row = tx.query_one(std::string(kLink) + " WHERE token_hash = $1", {hash});
  return row ? std::optional(link_of(*row)) : std::nullopt;
}

std::optional<LinkRow> link_by_id(db::Tx& tx, const std::string& id) {
  const auto row = tx.query_one(std::string(kLink) + " WHERE id = $1", {id});
  return row ? std::optional(link_of(*row)) : std::nullopt;
}

void insert_link(db::Tx& tx, const LinkRow& row) {
  tx.execute(
      "INSERT INTO document_links (id, document_id, level, token_hash, sealed, password_hash, "
      "expires_at, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      {row.link.id, row.link.document, std::string(link_text(row.link.level)), row.token_hash,
       db::Blob{row.sealed}, row.password_hash, optional(row.link.expires_at), row.link.created_at,
       row.link.created_by});
}

bool remove_link(db::Tx& tx, const std::string& document, const std::string& id) {
  return tx.execute("DELETE FROM document_links WHERE id = $1 AND document_id = $2",
                    {id, document}) > 0;
}

void touch_link(db::Tx& tx, const std::string& id, Micros now) {
  tx.execute("UPDATE document_links SET last_used_at = $2 WHERE id = $1", {id, now});
}

void raise(db::Tx& tx) {
  tx.execute("UPDATE document_generation SET value = value + 1");
}

std::int64_t generation(db::Tx& tx) {
  return tx.query_one("SELECT value FROM document_generation")->integer(0);
}

bool any_link_expired(db::Tx& tx, Micros from, Micros to) {
  return tx
      .query_one("SELECT 1 FROM document_links WHERE expires_at > $1 AND expires_at <= $2 LIMIT 1",
                 {from, to})
      .has_value();
}

}  // namespace ob::documents::store
