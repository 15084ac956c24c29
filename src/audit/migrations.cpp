#include "audit/migrations.h"

namespace ob::audit {
namespace {

constexpr std::string_view kFirst = R"sql(
CREATE TABLE audit_entries (
  time BIGINT NOT NULL,
  id TEXT NOT NULL,
  action TEXT NOT NULL,
  outcome TEXT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor TEXT NOT NULL,
  acting_as_id TEXT NOT NULL,
  acting_as TEXT NOT NULL,
  object_type TEXT NOT NULL,
  object_id TEXT NOT NULL,
  object TEXT NOT NULL,
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  request_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  credential_id TEXT NOT NULL,
  statement_id TEXT NOT NULL,
  status BIGINT NOT NULL,
  error TEXT NOT NULL,
  details TEXT NOT NULL,
  PRIMARY KEY (time, id)
);
CREATE INDEX audit_entries_action ON audit_entries (action, time);
CREATE INDEX audit_entries_actor_id ON audit_entries (actor_id, time);
CREATE INDEX audit_entries_actor ON audit_entries (actor, time);
CREATE INDEX audit_entries_object ON audit_entries (object, time);
CREATE INDEX audit_entries_object_id ON audit_entries (object_id, time);
)sql";

constexpr db::Migration kAll[] = {{1, kFirst}};

}  // namespace

std::span<const db::Migration> migrations() {
  return kAll;
}

}  // namespace ob::audit
