// Tables of accounts beside those of `identity`; a module of its own for the numbers.
#include "identity/migrations/migrations.h"

namespace ob::identity {
namespace {

// Whoever an administrator made before counts as verified. guess_budgets: leaky buckets; the keys
// are hashes.
constexpr std::string_view kSessions = R"sql(
ALTER TABLE users ADD COLUMN verified_at BIGINT;
ALTER TABLE users ADD COLUMN disabled_at BIGINT;
ALTER TABLE users ADD COLUMN password_temporary BIGINT NOT NULL DEFAULT 0;
UPDATE users SET verified_at = created_at;
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expires ON sessions (expires_at);
INSERT INTO sessions (id, user_id, address, user_agent, created_at, last_used_at, expires_at)
  SELECT session, min(user_id), '', '', coalesce(min(used_at), 0), coalesce(max(used_at), 0),
    max(expires_at)
  FROM refresh_tokens GROUP BY session;
CREATE TABLE known_networks (
  user_id TEXT NOT NULL REFERENCES users (id),
  network TEXT NOT NULL,
  last_used_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, network)
);
CREATE INDEX known_networks_used ON known_networks (last_used_at);
CREATE TABLE guess_budgets (
  key TEXT PRIMARY KEY,
  used_until BIGINT NOT NULL
);
CREATE INDEX guess_budgets_used ON guess_budgets (used_until);
)sql";

// links: what letters lead to; only hashes of their tokens.
constexpr std::string_view kLinks = R"sql(
CREATE TABLE links (
  token_hash TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  user_id TEXT NOT NULL,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX links_email ON links (kind, email_key);
CREATE INDEX links_user ON links (user_id);
CREATE INDEX links_expires ON links (expires_at);
CREATE TABLE invitations (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL UNIQUE,
  admin BIGINT NOT NULL,
  invited_by TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
)sql";

constexpr std::string_view kSecondFactor = R"sql(
CREATE TABLE second_factors (
  user_id TEXT PRIMARY KEY REFERENCES users (id),
  sealed {blob} NOT NULL,
  confirmed_at BIGINT,
  last_step BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE recovery_codes (
  user_id TEXT NOT NULL REFERENCES users (id),
  code_hash TEXT NOT NULL,
  PRIMARY KEY (user_id, code_hash)
);
)sql";

constexpr std::string_view kKeys = R"sql(
ALTER TABLE signing_keys ADD COLUMN active_from BIGINT NOT NULL DEFAULT 0;
)sql";

constexpr std::string_view kDevices = R"sql(
CREATE TABLE device_sign_ins (
  device_hash TEXT PRIMARY KEY,
  user_code_hash TEXT NOT NULL UNIQUE,
  user_agent TEXT NOT NULL,
  address TEXT NOT NULL,
  state TEXT NOT NULL,
  user_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  polled_at BIGINT NOT NULL
);
CREATE INDEX device_sign_ins_expires ON device_sign_ins (expires_at);
)sql";

// Grows with each credential that ends before its time, so that what lasts longer than a request
// need not look at all of them.
constexpr std::string_view kGeneration = R"sql(
CREATE TABLE account_generation (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  value BIGINT NOT NULL
);
INSERT INTO account_generation (one, value) VALUES (1, 1);
)sql";

constexpr db::Migration kAll[] = {{1, kSessions}, {2, kLinks},   {3, kSecondFactor},
                                  {4, kKeys},     {5, kDevices}, {6, kGeneration}};

}  // namespace

std::span<const db::Migration> account_migrations() {
  return kAll;
}

}  // namespace ob::identity
