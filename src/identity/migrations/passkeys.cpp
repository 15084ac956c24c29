// Tables of passkeys; a module of its own for the numbers.
#include "identity/migrations/migrations.h"

namespace ob::identity {
namespace {

// Ids and keys are base64url: a public key needs no sealing. passkey_challenges: hashes of those
// that were used, until they would have expired.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE passkeys (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  credential_id TEXT NOT NULL UNIQUE,
  public_key TEXT NOT NULL,
  counter BIGINT NOT NULL,
  backed_up BIGINT NOT NULL,
  transports TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT
);
CREATE INDEX passkeys_user ON passkeys (user_id);
CREATE TABLE passkey_challenges (
  challenge_hash TEXT PRIMARY KEY,
  expires_at BIGINT NOT NULL
);
CREATE INDEX passkey_challenges_expires ON passkey_challenges (expires_at);
)sql";

constexpr db::Migration kAll[] = {{1, kFirst}};

}  // namespace

std::span<const db::Migration> passkey_migrations() {
  return kAll;
}

}  // namespace ob::identity
