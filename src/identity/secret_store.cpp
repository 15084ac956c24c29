#include "identity/secret_store.h"

namespace ob::identity::store {
namespace {

constexpr std::string_view kSecret =
    "SELECT id, prefix, created_at, expires_at, last_used_at, user_id FROM client_secrets ";

SecretRow to_secret(const db::Row& row) {
  return {.secret = {.id = row.text(0),
                     .prefix = row.text(1),
                     .created_at = row.integer(2),
                     .expires_at = row.optional_integer(3),
                     .last_used_at = row.optional_integer(4)},
          .user_id = row.text(5)};
}

}  // namespace

std::vector<ClientSecret> secrets_of(db::Tx& tx, const std::string& user_id) {
  std::vector<ClientSecret> out;
  for (const auto& row :
       tx.query(std::string(kSecret) + "WHERE user_id = $1 ORDER BY created_at, id", {user_id})) {
    out.push_back(to_secret(row).secret);
  }
  return out;
}

std::optional<SecretRow> secret_by_hash(db::Tx& tx, const std::string& hash) {
  const auto row = tx.query_one(std::string(kSecret) + "WHERE secret_hash = $1", {hash});
  return row ? std::optional(to_secret(*row)) : std::nullopt;
}

bool has_secret(db::Tx& tx, const std::string& id, Micros now) {
  return tx
      .query_one(
          "SELECT 1 FROM client_secrets WHERE id = $1 AND (expires_at IS NULL OR expires_at > $2)",
          {id, now})
      .has_value();
}

void insert_secret(db::Tx& tx, const SecretRow& row, const std::string& hash) {
  const auto& expires = row.secret.expires_at;
  tx.execute(
      "INSERT INTO client_secrets (id, user_id, prefix, secret_hash, created_at, expires_at) "
      "VALUES ($1, $2, $3, $4, $5, $6)",
      {row.secret.id, row.user_id, row.secret.prefix, hash, row.secret.created_at,
       expires ? db::Value(*expires) : db::Value(nullptr)});
}

void touch_secret(db::Tx& tx, const std::string& id, Micros now) {
  tx.execute("UPDATE client_secrets SET last_used_at = $2 WHERE id = $1", {id, now});
}

bool delete_secret(db::Tx& tx, const std::string& user_id, const std::string& id) {
  return tx.execute("DELETE FROM client_secrets WHERE user_id = $1 AND id = $2", {user_id, id}) > 0;
}

void set_service_name(db::Tx& tx, const std::string& id, const std::string& name,
                      const std::string& key) {
  tx.execute("UPDATE users SET name = $2, email = $2, email_key = $3 WHERE id = $1",
             {id, name, key});
}

}  // namespace ob::identity::store
