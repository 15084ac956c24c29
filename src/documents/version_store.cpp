#include "documents/version_store.h"

#include <array>
#include <limits>

#include "documents/leftovers.h"

namespace ob::documents::version_store {
namespace {

// Authors are ids with blanks between; "-" is a guest.
constexpr const char* kFirst = R"sql(
CREATE TABLE document_versions (
  id TEXT PRIMARY KEY,
  document_id TEXT NOT NULL,
  name TEXT NOT NULL,
  automatic BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  authors TEXT NOT NULL,
  words BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  digest TEXT NOT NULL
);
CREATE INDEX document_versions_document ON document_versions (document_id, created_at, id);
CREATE TABLE document_edits (
  document_id TEXT PRIMARY KEY,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  authors TEXT NOT NULL
);
CREATE INDEX document_edits_due ON document_edits (due_at)
)sql";

constexpr std::array<db::Migration, 1> kMigrations{{{1, kFirst}}};

constexpr const char* kVersion =
    "SELECT id, document_id, name, automatic, created_at, authors, words, bytes, digest FROM "
    "document_versions";

std::string authors_text(std::vector<std::string> authors) {
  for (auto& author : authors) {
    if (author.empty()) author = "-";
  }
  return list_text(authors);
}

std::vector<std::string> authors_of(const std::string& text) {
  auto out = list_of(text);
  for (auto& author : out) {
    if (author == "-") author.clear();
  }
  return out;
}

std::vector<Version> versions_of(const std::vector<db::Row>& rows) {
  std::vector<Version> out;
  for (const auto& row : rows) {
    out.push_back({row.text(0), row.text(1), row.text(2), row.integer(3) != 0, row.integer(4),
                   authors_of(row.text(5)), row.integer(6), row.integer(7), row.text(8)});
  }
  return out;
}

std::optional<Version> one_of(const std::vector<db::Row>& rows) {
  auto found = versions_of(rows);
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::optional<Pending> pending_of(const std::optional<db::Row>& row) {
  if (!row) return std::nullopt;
  return Pending{row->text(0), row->integer(1), row->integer(2), row->integer(3),
                 authors_of(row->text(4))};
}

}  // namespace

std::span<const db::Migration> migrations() {
  return kMigrations;
}

void insert(db::Tx& tx, const Version& v) {
  tx.execute(
      "INSERT INTO document_versions (id, document_id, name, automatic, created_at, authors, "
      "words, bytes, digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      {v.id, v.document, v.name, std::int64_t{v.automatic ? 1 : 0}, v.created_at,
       authors_text(v.authors), v.words, v.bytes, v.digest});
}

std::optional<Version> find(db::Tx& tx, const std::string& document, const std::string& id) {
  return one_of(
      tx.query(std::string(kVersion) + " WHERE id = $1 AND document_id = $2", {id, document}));
}

std::optional<Version> newest(db::Tx& tx, const std::string& document) {
  return one_of(tx.query(
      std::string(kVersion) + " WHERE document_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1",
      {document}));
}

std::vector<Version> list(db::Tx& tx, const std::string& document, const std::string& after,
                          std::size_t limit) {
  const auto last = after.empty() ? std::nullopt : find(tx, document, after);
  if (!after.empty() && !last) return {};
  return versions_of(tx.query(
      std::string(kVersion) +
          " WHERE document_id = $1 AND (created_at < $2 OR (created_at = $2 AND id < $3)) ORDER "
          "BY created_at DESC, id DESC LIMIT $4",
      {document, last ? last->created_at : std::numeric_limits<Micros>::max(), after,
       static_cast<std::int64_t>(limit)}));
}

std::vector<Version> automatic(db::Tx& tx, const std::string& document) {
  return versions_of(tx.query(std::string(kVersion) +
                                  " WHERE document_id = $1 AND automatic = 1 AND name = '' "
                                  "ORDER BY created_at DESC, id DESC",
                              {document}));
}

std::int64_t count_kept(db::Tx& tx, const std::string& document) {
  return tx
      .query(
          "SELECT count(*) FROM document_versions WHERE document_id = $1 AND (automatic = 0 OR "
          "name <> '')",
          {document})
      .at(0)
      .integer(0);
}

void set_name(db::Tx& tx, const Version& v) {
  tx.execute("UPDATE document_versions SET name = $2 WHERE id = $1", {v.id, v.name});
}

void remove(db::Tx& tx, const Version& v) {
  tx.execute("DELETE FROM document_versions WHERE id = $1", {v.id});
  leftovers::leave(tx, key_of(v), 0);
}

void remove_of(db::Tx& tx, const std::string& document) {
  tx.execute("DELETE FROM document_versions WHERE document_id = $1", {document});
  tx.execute("DELETE FROM document_edits WHERE document_id = $1", {document});
  leftovers::leave_document(tx, document);
}

std::optional<Pending> pending(db::Tx& tx, const std::string& document) {
  return pending_of(tx.query_one(
      "SELECT document_id, first_at, last_at, due_at, authors FROM document_edits WHERE "
      "document_id = $1",
      {document}));
}

void put_pending(db::Tx& tx, const Pending& p) {
  tx.execute(
      "INSERT INTO document_edits (document_id, first_at, last_at, due_at, authors) VALUES ($1, "
      "$2, $3, $4, $5) ON CONFLICT (document_id) DO UPDATE SET first_at = $2, last_at = $3, due_at "
      "= $4, authors = $5",
      {p.document, p.first_at, p.last_at, p.due_at, authors_text(p.authors)});
}

bool take_pending(db::Tx& tx, const std::string& document) {
  return tx.execute("DELETE FROM document_edits WHERE document_id = $1", {document}) > 0;
}

std::optional<Pending> next_due(db::Tx& tx, Micros now) {
  return pending_of(tx.query_one(
      "SELECT document_id, first_at, last_at, due_at, authors FROM document_edits WHERE due_at <= "
      "$1 ORDER BY due_at LIMIT 1",
      {now}));
}

std::string key_of(const Version& v) {
  return "documents/" + v.document + "/versions/" + v.id;
}

}  // namespace ob::documents::version_store
