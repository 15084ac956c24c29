#include "catalog/migrations/migrations.h"

#include <array>

namespace ob::catalog {
namespace {

// name_key is the folded name (names.h); search_text the folded name and comment, for substring
// search. A dropped table keeps its row until it is purged, with the names that it had; only live
// tables hold their name.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE catalog_catalogs (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  comment TEXT NOT NULL,
  search_text TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE catalog_schemas (
  id TEXT PRIMARY KEY,
  catalog_id TEXT NOT NULL REFERENCES catalog_catalogs (id),
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  owner TEXT NOT NULL,
  comment TEXT NOT NULL,
  search_text TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (catalog_id, name_key)
);
CREATE TABLE catalog_tables (
  id TEXT PRIMARY KEY,
  schema_id TEXT NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  kind TEXT NOT NULL,
  owner TEXT NOT NULL,
  comment TEXT NOT NULL,
  search_text TEXT NOT NULL,
  location TEXT NOT NULL,
  view_sql TEXT NOT NULL,
  view_catalog TEXT NOT NULL,
  view_schema TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  dropped_at BIGINT,
  dropped_catalog_id TEXT,
  dropped_catalog_key TEXT,
  dropped_schema_key TEXT
);
CREATE UNIQUE INDEX catalog_tables_live ON catalog_tables (schema_id, name_key)
  WHERE dropped_at IS NULL;
CREATE INDEX catalog_tables_dropped ON catalog_tables (name_key, dropped_at)
  WHERE dropped_at IS NOT NULL;
CREATE INDEX catalog_tables_location ON catalog_tables (location) WHERE kind = 'external';
CREATE TABLE catalog_columns (
  table_id TEXT NOT NULL,
  position BIGINT NOT NULL,
  name TEXT NOT NULL,
  search_text TEXT NOT NULL,
  type TEXT NOT NULL,
  PRIMARY KEY (table_id, position)
);
CREATE TABLE catalog_volumes (
  id TEXT PRIMARY KEY,
  schema_id TEXT NOT NULL REFERENCES catalog_schemas (id),
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  owner TEXT NOT NULL,
  comment TEXT NOT NULL,
  search_text TEXT NOT NULL,
  root TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (schema_id, name_key)
);
CREATE TABLE catalog_trash (
  root TEXT PRIMARY KEY,
  created_at BIGINT NOT NULL
)
)sql";

constexpr const char* kStores = R"sql(
CREATE TABLE catalog_installation (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  id TEXT NOT NULL
);
CREATE TABLE catalog_storage_credentials (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  urls TEXT NOT NULL,
  sealed TEXT NOT NULL,
  created_at BIGINT NOT NULL
)
)sql";

// column_key: the folded name of a masked column, '' for the row filter. Parameters and columns are
// JSON.
constexpr const char* kPolicies = R"sql(
CREATE TABLE catalog_functions (
  id TEXT PRIMARY KEY,
  schema_id TEXT NOT NULL REFERENCES catalog_schemas (id),
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  owner TEXT NOT NULL,
  comment TEXT NOT NULL,
  parameters TEXT NOT NULL,
  returns TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (schema_id, name_key)
);
CREATE TABLE catalog_policies (
  table_id TEXT NOT NULL,
  column_key TEXT NOT NULL,
  column_name TEXT NOT NULL,
  function_id TEXT NOT NULL,
  columns TEXT NOT NULL,
  PRIMARY KEY (table_id, column_key)
);
CREATE INDEX catalog_policies_function ON catalog_policies (function_id);
ALTER TABLE catalog_tables ADD COLUMN guarded BIGINT NOT NULL DEFAULT 0
)sql";

// '': it belongs to no workspace.
constexpr const char* kWorkspaces = R"sql(
ALTER TABLE catalog_catalogs ADD COLUMN workspace_id TEXT NOT NULL DEFAULT '';
CREATE INDEX catalog_catalogs_workspace ON catalog_catalogs (workspace_id)
)sql";

constexpr std::array<db::Migration, 4> kMigrations{
    {{1, kFirst}, {2, kStores}, {3, kPolicies}, {4, kWorkspaces}}};

}  // namespace

std::span<const db::Migration> migrations() {
  return kMigrations;
}

}  // namespace ob::catalog
