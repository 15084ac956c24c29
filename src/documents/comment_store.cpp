#include "documents/comment_store.h"

#include <array>
#include <limits>

namespace ob::documents::comment_store {
namespace {

// author '' is a guest; of a first comment thread is its own id.
constexpr const char* kFirst = R"sql(
CREATE TABLE document_comments (
  id TEXT PRIMARY KEY,
  document_id TEXT NOT NULL,
  thread TEXT NOT NULL,
  author TEXT NOT NULL,
  text TEXT NOT NULL,
  mentions TEXT NOT NULL,
  quote TEXT NOT NULL,
  anchor TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  edited_at BIGINT,
  resolved_at BIGINT,
  resolved_by TEXT NOT NULL
);
CREATE INDEX document_comments_document ON document_comments (document_id, created_at, id);
CREATE INDEX document_comments_thread ON document_comments (thread, created_at, id)
)sql";

constexpr std::array<db::Migration, 1> kMigrations{{{1, kFirst}}};

constexpr const char* kComment =
    "SELECT id, document_id, thread, author, text, mentions, quote, anchor, created_at, edited_at, "
    "resolved_at, resolved_by FROM document_comments";

Comment comment_of(const db::Row& row) {
  Comment out;
  out.id = row.text(0), out.document = row.text(1), out.thread = row.text(2);
  out.author = row.text(3), out.text = row.text(4), out.mentions = list_of(row.text(5));
  out.quote = row.text(6), out.anchor = row.text(7), out.created_at = row.integer(8);
  out.edited_at = row.optional_integer(9), out.resolved_at = row.optional_integer(10);
  out.resolved_by = row.text(11);
  return out;
}

std::vector<Comment> comments_of(const std::vector<db::Row>& rows) {
  std::vector<Comment> out;
  for (const auto& row : rows) out.push_back(comment_of(row));
  return out;
}

db::Value optional(const std::optional<Micros>& time) {
  return time ? db::Value(*time) : db::Value(nullptr);
}

}  // namespace

std::span<const db::Migration> migrations() {
  return kMigrations;
}

void insert(db::Tx& tx, const Comment& c) {
  tx.execute(
      "INSERT INTO document_comments (id, document_id, thread, author, text, mentions, quote, "
      "anchor, created_at, resolved_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '')",
      {c.id, c.document, c.thread, c.author, c.text, list_text(c.mentions), c.quote, c.anchor,
       c.created_at});
}

std::optional<Comment> find(db::Tx& tx, const std::string& document, const std::string& id) {
  const auto row =
      tx.query_one(std::string(kComment) + " WHERE id = $1 AND document_id = $2", {id, document});
  return row ? std::optional(comment_of(*row)) : std::nullopt;
}

void set_text(db::Tx& tx, const Comment& c) {
  tx.execute("UPDATE document_comments SET text = $2, edited_at = $3 WHERE id = $1",
             {c.id, c.text, optional(c.edited_at)});
}

void set_resolved(db::Tx& tx, const Comment& c) {
  tx.execute("UPDATE document_comments SET resolved_at = $2, resolved_by = $3 WHERE id = $1",
             {c.id, optional(c.resolved_at), c.resolved_by});
}

void remove_one(db::Tx& tx, const std::string& id) {
  tx.execute("DELETE FROM document_comments WHERE id = $1", {id});
}

void remove_thread(db::Tx& tx, const std::string& thread) {
  tx.execute("DELETE FROM document_comments WHERE thread = $1", {thread});
}

void remove_of(db::Tx& tx, const std::string& document) {
  tx.execute("DELETE FROM document_comments WHERE document_id = $1", {document});
}

std::int64_t count(db::Tx& tx, const std::string& document) {
  return tx.query("SELECT count(*) FROM document_comments WHERE document_id = $1", {document})
      .at(0)
      .integer(0);
}

std::int64_t count_thread(db::Tx& tx, const std::string& thread) {
  return tx.query("SELECT count(*) FROM document_comments WHERE thread = $1", {thread})
      .at(0)
      .integer(0);
}

std::vector<Comment> first_ones(db::Tx& tx, const std::string& document, bool open_only,
                                const std::string& after, std::size_t limit) {
  const auto last = after.empty() ? std::nullopt : find(tx, document, after);
  // A cursor of what is gone meanwhile: nothing more, rather than all anew.
  if (!after.empty() && !last) return {};
  return comments_of(tx.query(
      std::string(kComment) +
          " WHERE document_id = $1 AND thread = id AND ($2 = 0 OR resolved_at IS NULL) AND "
          "(created_at > $3 OR (created_at = $3 AND id > $4)) ORDER BY created_at, id LIMIT $5",
      {document, std::int64_t{open_only ? 1 : 0},
       last ? last->created_at : std::numeric_limits<Micros>::min(), after,
       static_cast<std::int64_t>(limit)}));
}

std::vector<Comment> replies(db::Tx& tx, const std::string& thread) {
  return comments_of(tx.query(
      std::string(kComment) + " WHERE thread = $1 AND id <> $1 ORDER BY created_at, id", {thread}));
}

std::vector<std::string> authors(db::Tx& tx, const std::string& thread) {
  std::vector<std::string> out;
  for (const auto& row :
       tx.query("SELECT DISTINCT author FROM document_comments WHERE thread = $1 AND author <> ''",
                {thread}))
    out.push_back(row.text(0));
  return out;
}

}  // namespace ob::documents::comment_store
