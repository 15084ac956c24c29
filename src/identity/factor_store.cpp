#include "identity/factor_store.h"

namespace ob::identity::store {

std::optional<FactorRow> second_factor(db::Tx& tx, const std::string& user_id) {
  const auto row = tx.query_one(
      "SELECT sealed, confirmed_at, last_step FROM second_factors WHERE user_id = $1", {user_id});
  if (!row) return std::nullopt;
  return FactorRow{row->blob(0), !row->is_null(1), row->integer(2)};
}

bool has_second_factor(db::Tx& tx, const std::string& user_id) {
  const auto row = second_factor(tx, user_id);
  return row && row->confirmed;
}

void put_second_factor(db::Tx& tx, const std::string& user_id, const std::string& sealed,
                       Micros now) {
  delete_second_factor(tx, user_id);
  tx.execute(
      "INSERT INTO second_factors (user_id, sealed, last_step, created_at) VALUES ($1, $2, 0, $3)",
      {user_id, db::Blob{sealed}, now});
}

void confirm_second_factor(db::Tx& tx, const std::string& user_id, Micros now) {
  tx.execute("UPDATE second_factors SET confirmed_at = $2 WHERE user_id = $1", {user_id, now});
}

void set_last_step(db::Tx& tx, const std::string& user_id, std::int64_t step) {
  tx.execute("UPDATE second_factors SET last_step = $2 WHERE user_id = $1", {user_id, step});
}

void delete_second_factor(db::Tx& tx, const std::string& user_id) {
  tx.execute("DELETE FROM recovery_codes WHERE user_id = $1", {user_id});
  tx.execute("DELETE FROM second_factors WHERE user_id = $1", {user_id});
}

void put_recovery_codes(db::Tx& tx, const std::string& user_id,
                        const std::vector<std::string>& hashes) {
  tx.execute("DELETE FROM recovery_codes WHERE user_id = $1", {user_id});
  for (const auto& hash : hashes) {
    tx.execute("INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)", {user_id, hash});
  }
}

bool use_recovery_code(db::Tx& tx, const std::string& user_id, const std::string& hash) {
  return tx.execute("DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2",
                    {user_id, hash}) > 0;
}

std::int64_t count_recovery_codes(db::Tx& tx, const std::string& user_id) {
  return tx.query_one("SELECT count(*) FROM recovery_codes WHERE user_id = $1", {user_id})
      ->integer(0);
}

}  // namespace ob::identity::store
