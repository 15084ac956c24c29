#include "query/migrations/migrations.h"

#include <array>

namespace ob::query {

std::span<const db::Migration> migrations() {
  static constexpr std::array list = {db::Migration{1, R"(
CREATE TABLE query_history (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  sql TEXT NOT NULL,
  state TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  elapsed_ms BIGINT NOT NULL,
  row_count BIGINT,
  error_id TEXT NOT NULL,
  error_detail TEXT NOT NULL
);
CREATE INDEX query_history_started ON query_history (started_at, id);
CREATE INDEX query_history_user ON query_history (user_id, started_at, id);
CREATE TABLE saved_queries (
  id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL,
  name TEXT NOT NULL,
  sql TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX saved_queries_owner ON saved_queries (owner_id, name);
)"}};
  return list;
}

}  // namespace ob::query
