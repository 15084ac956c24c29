#include "identity/key_store.h"

namespace ob::identity::store {

std::vector<SigningKey> signing_keys(db::Tx& tx) {
  std::vector<SigningKey> out;
  for (const auto& row : tx.query("SELECT kid, sealed, created_at, active_from FROM signing_keys "
                                  "ORDER BY active_from, created_at, kid")) {
    out.push_back({row.text(0), row.blob(1), row.integer(2), row.integer(3)});
  }
  return out;
}

void insert_signing_key(db::Tx& tx, const SigningKey& key) {
  tx.execute(
      "INSERT INTO signing_keys (kid, sealed, created_at, active_from) VALUES ($1, $2, $3, $4)",
      {key.kid, db::Blob{key.sealed}, key.created_at, key.active_from});
}

void delete_signing_key(db::Tx& tx, const std::string& kid) {
  tx.execute("DELETE FROM signing_keys WHERE kid = $1", {kid});
}

}  // namespace ob::identity::store
