#include "storage/migrations/migrations.h"

namespace ob::storage {
namespace {

constexpr std::string_view kFirst = R"sql(
CREATE TABLE storage_uploads (
  id TEXT PRIMARY KEY,
  path TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  overwrite BIGINT NOT NULL,
  owner TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX storage_uploads_owner ON storage_uploads (owner);
CREATE INDEX storage_uploads_created ON storage_uploads (created_at);
)sql";

constexpr db::Migration kAll[] = {{1, kFirst}};

}  // namespace

std::span<const db::Migration> migrations() {
  return kAll;
}

}  // namespace ob::storage
