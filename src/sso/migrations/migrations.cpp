#include "sso/migrations/migrations.h"

namespace ob::sso {
namespace {

// settings: JSON, without secrets. sso_domains: where passwords are refused. sso_used: what works
// once (states of flows, assertions), by hash. sso_tickets: what the next request of the same
// browser completes, by hash and sealed.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE sso_providers (
  id TEXT PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  settings TEXT NOT NULL,
  secret {blob},
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE TABLE sso_domains (
  domain TEXT PRIMARY KEY,
  provider_id TEXT NOT NULL REFERENCES sso_providers (id) ON DELETE CASCADE
);
CREATE TABLE sso_identities (
  id TEXT PRIMARY KEY,
  provider_id TEXT NOT NULL REFERENCES sso_providers (id) ON DELETE CASCADE,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  email TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  UNIQUE (provider_id, subject)
);
CREATE INDEX sso_identities_user ON sso_identities (user_id);
CREATE TABLE sso_used (
  key TEXT PRIMARY KEY,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sso_used_expires ON sso_used (expires_at);
CREATE TABLE sso_tickets (
  hash TEXT PRIMARY KEY,
  sealed {blob} NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sso_tickets_expires ON sso_tickets (expires_at);
)sql";

// What a provider keeps here by SCIM: the token that it proves itself with (a hash), its users with
// all that it says of them (JSON), and its groups.
constexpr std::string_view kScim = R"sql(
CREATE TABLE sso_scim_tokens (
  provider_id TEXT PRIMARY KEY REFERENCES sso_providers (id) ON DELETE CASCADE,
  token_hash TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT
);
CREATE TABLE sso_scim_users (
  provider_id TEXT NOT NULL REFERENCES sso_providers (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  user_name_key TEXT NOT NULL,
  external_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (provider_id, user_id),
  UNIQUE (provider_id, user_name_key)
);
CREATE TABLE sso_scim_groups (
  provider_id TEXT NOT NULL REFERENCES sso_providers (id) ON DELETE CASCADE,
  group_id TEXT NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
  external_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (provider_id, group_id)
);
)sql";

// The server's own keys, sealed: what providers encrypt assertions for.
constexpr std::string_view kKeys = R"sql(
CREATE TABLE sso_keys (
  id TEXT PRIMARY KEY,
  sealed {blob} NOT NULL,
  certificate TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
)sql";

constexpr db::Migration kAll[] = {{1, kFirst}, {2, kScim}, {3, kKeys}};

}  // namespace

std::span<const db::Migration> migrations() {
  return kAll;
}

}  // namespace ob::sso
