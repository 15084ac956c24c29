#include "identity/migrations/migrations.h"

namespace ob::identity {
namespace {

constexpr std::string_view kFirst = R"sql(
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  admin BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE signing_keys (
  kid TEXT PRIMARY KEY,
  sealed {blob} NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE refresh_tokens (
  token_hash TEXT PRIMARY KEY,
  session TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id),
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session);
CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id);
CREATE INDEX refresh_tokens_expires ON refresh_tokens (expires_at);
CREATE TABLE revocations (
  subject TEXT PRIMARY KEY,
  epoch BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL
);
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  name TEXT NOT NULL,
  prefix TEXT NOT NULL,
  key_hash TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  last_used_at BIGINT
);
CREATE INDEX api_keys_user ON api_keys (user_id);
CREATE TABLE grants (
  object_id TEXT NOT NULL,
  principal TEXT NOT NULL,
  privilege TEXT NOT NULL,
  object_type TEXT NOT NULL,
  granted_by TEXT NOT NULL,
  granted_at BIGINT NOT NULL,
  PRIMARY KEY (object_id, principal, privilege)
);
CREATE INDEX grants_principal ON grants (principal);
)sql";

// Principals are users, service accounts (users without a password), groups, and 'everyone'. A role
// is granted by its id; the built-in ones are not in the table.
constexpr std::string_view kPermissions = R"sql(
ALTER TABLE users ADD COLUMN service BIGINT NOT NULL DEFAULT 0;
CREATE TABLE user_groups (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL
);
CREATE TABLE group_members (
  group_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  added_at BIGINT NOT NULL,
  PRIMARY KEY (group_id, member_id)
);
CREATE INDEX group_members_member ON group_members (member_id);
CREATE TABLE roles (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  comment TEXT NOT NULL,
  privileges TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE role_grants (
  object_id TEXT NOT NULL,
  principal TEXT NOT NULL,
  role TEXT NOT NULL,
  object_type TEXT NOT NULL,
  granted_by TEXT NOT NULL,
  granted_at BIGINT NOT NULL,
  PRIMARY KEY (object_id, principal, role)
);
CREATE INDEX role_grants_principal ON role_grants (principal);
CREATE INDEX role_grants_role ON role_grants (role);
CREATE TABLE permission_generation (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  value BIGINT NOT NULL
);
INSERT INTO permission_generation (one, value) VALUES (1, 1);
)sql";

// Scopes: words with spaces between them, empty for no limit. Of client secrets only hashes.
constexpr std::string_view kLimits = R"sql(
ALTER TABLE api_keys ADD COLUMN scopes TEXT NOT NULL DEFAULT '';
CREATE TABLE client_secrets (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  prefix TEXT NOT NULL,
  secret_hash TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  last_used_at BIGINT
);
CREATE INDEX client_secrets_user ON client_secrets (user_id);
)sql";

constexpr db::Migration kAll[] = {{1, kFirst}, {2, kPermissions}, {3, kLimits}};

}  // namespace

std::span<const db::Migration> migrations() {
  return kAll;
}

}  // namespace ob::identity
