#include "identity/passkey_store.h"

#include "identity/store.h"

namespace ob::identity::store {
namespace {

constexpr std::string_view kPasskey =
    "SELECT id, name, created_at, last_used_at, backed_up, user_id, credential_id, public_key, "
    "counter, transports FROM passkeys ";

PasskeyRow to_passkey(const db::Row& row) {
  return {.passkey = {.id = row.text(0),
                      .name = row.text(1),
                      .created_at = row.integer(2),
                      .last_used_at = row.optional_integer(3),
                      .backed_up = row.integer(4) != 0},
          .user_id = row.text(5),
          .credential_id = row.text(6),
          .public_key = row.text(7),
          .counter = row.integer(8),
          .transports = words_of(row.text(9))};
}

}  // namespace

std::vector<PasskeyRow> passkeys_of(db::Tx& tx, const std::string& user_id) {
  std::vector<PasskeyRow> out;
  for (const auto& row :
       tx.query(std::string(kPasskey) + "WHERE user_id = $1 ORDER BY created_at, id", {user_id})) {
    out.push_back(to_passkey(row));
  }
  return out;
}

std::int64_t count_passkeys(db::Tx& tx, const std::string& user_id) {
  return tx.query_one("SELECT count(*) FROM passkeys WHERE user_id = $1", {user_id})->integer(0);
}

std::optional<PasskeyRow> passkey_by_credential(db::Tx& tx, const std::string& credential_id) {
  const auto row =
      tx.query_one(std::string(kPasskey) + "WHERE credential_id = $1", {credential_id});
  return row ? std::optional(to_passkey(*row)) : std::nullopt;
}

void insert_passkey(db::Tx& tx, const PasskeyRow& row) {
  tx.execute(
      "INSERT INTO passkeys (id, user_id, credential_id, public_key, counter, backed_up, "
      "transports, name, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      {row.passkey.id, row.user_id, row.credential_id, row.public_key, row.counter,
       std::int64_t{row.passkey.backed_up ? 1 : 0}, joined(row.transports), row.passkey.name,
       row.passkey.created_at});
}

void set_passkey_name(db::Tx& tx, const std::string& id, const std::string& name) {
  tx.execute("UPDATE passkeys SET name = $2 WHERE id = $1", {id, name});
}

void set_passkey_used(db::Tx& tx, const PasskeyRow& row) {
  tx.execute("UPDATE passkeys SET counter = $2, backed_up = $3, last_used_at = $4 WHERE id = $1",
             {row.passkey.id, row.counter, std::int64_t{row.passkey.backed_up ? 1 : 0},
              row.passkey.last_used_at.value_or(0)});
}

void delete_passkey(db::Tx& tx, const std::string& id) {
  tx.execute("DELETE FROM passkeys WHERE id = $1", {id});
}

std::int64_t delete_passkeys_of(db::Tx& tx, const std::string& user_id) {
  return tx.execute("DELETE FROM passkeys WHERE user_id = $1", {user_id});
}

bool use_challenge(db::Tx& tx, const std::string& hash, Micros expires_at, Micros now) {
  tx.execute("DELETE FROM passkey_challenges WHERE expires_at < $1", {now});
  return tx.execute(
             "INSERT INTO passkey_challenges (challenge_hash, expires_at) VALUES ($1, $2) "
             "ON CONFLICT (challenge_hash) DO NOTHING",
             {hash, expires_at}) == 1;
}

}  // namespace ob::identity::store
