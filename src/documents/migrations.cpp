#include "documents/migrations.h"

#include <array>

namespace ob::documents {
namespace {

// Name, owner, place and trash of a document are its item of workspaces. title_key: the title as
// search and order take it. updated_at: of the title or the content. document_texts: what the
// search looks at, cut to a size. document_stars: what people starred, and opened last. Of links
// the token is sealed, and found by its hash. document_removals: whose contents are still to go.
constexpr const char* kFirst = R"sql(
CREATE TABLE documents (
  id TEXT PRIMARY KEY,
  title_key TEXT NOT NULL,
  link_access TEXT NOT NULL,
  is_template BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT NOT NULL,
  words BIGINT NOT NULL
);
CREATE INDEX documents_updated ON documents (updated_at, id);
CREATE INDEX documents_title ON documents (title_key, id);
CREATE TABLE document_texts (
  document_id TEXT PRIMARY KEY,
  text TEXT NOT NULL,
  folded TEXT NOT NULL
);
CREATE TABLE document_stars (
  user_id TEXT NOT NULL,
  document_id TEXT NOT NULL,
  starred_at BIGINT,
  opened_at BIGINT,
  PRIMARY KEY (user_id, document_id)
);
CREATE INDEX document_stars_document ON document_stars (document_id);
CREATE TABLE document_links (
  id TEXT PRIMARY KEY,
  document_id TEXT NOT NULL,
  level TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  sealed {blob} NOT NULL,
  password_hash TEXT NOT NULL,
  expires_at BIGINT,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  last_used_at BIGINT
);
CREATE INDEX document_links_document ON document_links (document_id);
CREATE INDEX document_links_expires ON document_links (expires_at);
CREATE TABLE document_removals (
  document_id TEXT PRIMARY KEY,
  removed_at BIGINT NOT NULL
);
CREATE TABLE document_generation (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  value BIGINT NOT NULL
);
INSERT INTO document_generation (one, value) VALUES (1, 1)
)sql";

// Whose ids never come back: who still has the address, or a copy with changes that wait, would
// otherwise meet somebody else's document there.
constexpr const char* kRemoved = R"sql(
CREATE TABLE removed_documents (
  document_id TEXT PRIMARY KEY
);
INSERT INTO removed_documents (document_id) SELECT document_id FROM document_removals
)sql";

constexpr std::array<db::Migration, 2> kMigrations{{{1, kFirst}, {2, kRemoved}}};

}  // namespace

std::span<const db::Migration> migrations() {
  return kMigrations;
}

}  // namespace ob::documents
