#include "workspaces/migrations.h"

#include <array>

namespace ob::workspaces {
namespace {

// Of items: workspace_id '' is no place, folder_id '' the top of a workspace; rank 0 is a folder, 1
// anything else, so that folders come first.
constexpr const char* kFirst = R"sql(
CREATE TABLE workspaces (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  owner TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  archived_at BIGINT
);
CREATE TABLE workspace_generation (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  value BIGINT NOT NULL
);
INSERT INTO workspace_generation (one, value) VALUES (1, 1);
CREATE TABLE workspace_items (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  rank BIGINT NOT NULL,
  workspace_id TEXT NOT NULL,
  folder_id TEXT NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  owner TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX workspace_items_place ON workspace_items (workspace_id, folder_id, rank, name_key, id);
CREATE INDEX workspace_items_owner ON workspace_items (owner, type);
CREATE INDEX workspace_items_type ON workspace_items (type, workspace_id, updated_at);
CREATE TABLE workspace_invitations (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id),
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  role TEXT NOT NULL,
  invited_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  UNIQUE (workspace_id, email_key)
);
CREATE INDEX workspace_invitations_email ON workspace_invitations (email_key);
CREATE TABLE access_requests (
  id TEXT PRIMARY KEY,
  object_type TEXT NOT NULL,
  object_id TEXT NOT NULL,
  reference TEXT NOT NULL,
  requester TEXT NOT NULL,
  role TEXT NOT NULL,
  message TEXT NOT NULL,
  state TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  decided_at BIGINT
);
CREATE INDEX access_requests_state ON access_requests (state, created_at);
CREATE INDEX access_requests_requester ON access_requests (requester, created_at);
CREATE TABLE preferences (
  user_id TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (user_id, workspace_id)
)
)sql";

// trashed_at: of types that have a trash. items: grows when an item gets another place or owner.
constexpr const char* kTrash = R"sql(
ALTER TABLE workspace_items ADD COLUMN trashed_at BIGINT;
CREATE INDEX workspace_items_trashed ON workspace_items (trashed_at);
ALTER TABLE workspace_generation ADD COLUMN items BIGINT NOT NULL DEFAULT 1
)sql";

constexpr std::array<db::Migration, 2> kMigrations{{{1, kFirst}, {2, kTrash}}};

}  // namespace

std::span<const db::Migration> migrations() {
  return kMigrations;
}

}  // namespace ob::workspaces
