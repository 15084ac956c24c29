#include "identity/account_store.h"

#include "identity/factor_store.h"
#include "identity/link_store.h"
#include "identity/passkey_store.h"

namespace ob::identity::store {
namespace {

db::Value nullable(const std::optional<Micros>& time) {
  return time ? db::Value(*time) : db::Value(nullptr);
}

}  // namespace

void insert_session(db::Tx& tx, const SessionRow& row) {
  tx.execute(
      "INSERT INTO sessions (id, user_id, address, user_agent, created_at, last_used_at, "
      "expires_at, via) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      {row.id, row.user_id, row.address, row.user_agent, row.created_at, row.last_used_at,
       row.expires_at, row.via});
}

void touch_session(db::Tx& tx, const SessionRow& row) {
  tx.execute("UPDATE sessions SET address = $2, last_used_at = $3, expires_at = $4 WHERE id = $1",
             {row.id, row.address, row.last_used_at, row.expires_at});
}

std::vector<SessionRow> sessions_of(db::Tx& tx, const std::string& user_id) {
  std::vector<SessionRow> out;
  for (const auto& row : tx.query("SELECT id, user_id, address, user_agent, created_at, "
                                  "last_used_at, expires_at, via FROM sessions "
                                  "WHERE user_id = $1 ORDER BY last_used_at DESC, id",
                                  {user_id})) {
    out.push_back({.id = row.text(0),
                   .user_id = row.text(1),
                   .address = row.text(2),
                   .user_agent = row.text(3),
                   .created_at = row.integer(4),
                   .last_used_at = row.integer(5),
                   .expires_at = row.integer(6),
                   .via = row.text(7)});
  }
  return out;
}

bool is_session(db::Tx& tx, const std::string& id) {
  return tx.query_one("SELECT 1 FROM sessions WHERE id = $1", {id}).has_value();
}

bool knows_network(db::Tx& tx, const std::string& user_id, const std::string& network) {
  return tx
      .query_one("SELECT 1 FROM known_networks WHERE user_id = $1 AND network = $2",
                 {user_id, network})
      .has_value();
}

void remember_network(db::Tx& tx, const std::string& user_id, const std::string& network,
                      Micros now) {
  tx.execute(
      "INSERT INTO known_networks (user_id, network, last_used_at) VALUES ($1, $2, $3) "
      "ON CONFLICT (user_id, network) DO UPDATE SET last_used_at = excluded.last_used_at",
      {user_id, network, now});
}

void delete_networks_unused(db::Tx& tx, Micros before) {
  tx.execute("DELETE FROM known_networks WHERE last_used_at < $1", {before});
}

Micros budget_used_until(db::Tx& tx, const std::string& key) {
  const auto row = tx.query_one("SELECT used_until FROM guess_budgets WHERE key = $1", {key});
  return row ? row->integer(0) : 0;
}

void set_budget(db::Tx& tx, const std::string& key, Micros used_until) {
  tx.execute(
      "INSERT INTO guess_budgets (key, used_until) VALUES ($1, $2) "
      "ON CONFLICT (key) DO UPDATE SET used_until = excluded.used_until",
      {key, used_until});
}

void delete_unused_budgets(db::Tx& tx, Micros now) {
  tx.execute("DELETE FROM guess_budgets WHERE used_until < $1", {now});
}

int highest_cost(db::Tx& tx) {
  const auto row = tx.query_one("SELECT max(substr(password_hash, 5, 2)) FROM users");
  const auto text = row->optional_text(0).value_or("");
  return text.size() == 2 ? (text[0] - '0') * 10 + (text[1] - '0') : 0;
}

void rename_user(db::Tx& tx, const std::string& id, const std::string& name) {
  tx.execute("UPDATE users SET name = $2 WHERE id = $1", {id, name});
}

void set_hash(db::Tx& tx, const std::string& id, const std::string& hash) {
  tx.execute("UPDATE users SET password_hash = $2 WHERE id = $1", {id, hash});
}

void set_epoch(db::Tx& tx, const std::string& id, std::int64_t epoch) {
  tx.execute("UPDATE users SET epoch = $2 WHERE id = $1", {id, epoch});
}

void set_admin(db::Tx& tx, const std::string& id, bool admin) {
  tx.execute("UPDATE users SET admin = $2 WHERE id = $1", {id, std::int64_t{admin ? 1 : 0}});
}

void set_disabled(db::Tx& tx, const std::string& id, std::optional<Micros> at) {
  tx.execute("UPDATE users SET disabled_at = $2 WHERE id = $1", {id, nullable(at)});
}

void set_verified(db::Tx& tx, const std::string& id, Micros at) {
  tx.execute("UPDATE users SET verified_at = $2 WHERE id = $1", {id, at});
}

void set_temporary(db::Tx& tx, const std::string& id, bool temporary) {
  tx.execute("UPDATE users SET password_temporary = $2 WHERE id = $1",
             {id, std::int64_t{temporary ? 1 : 0}});
}

void set_email(db::Tx& tx, const std::string& id, const std::string& email, const std::string& key,
               Micros verified_at) {
  tx.execute("UPDATE users SET email = $2, email_key = $3, verified_at = $4 WHERE id = $1",
             {id, email, key, verified_at});
}

std::int64_t count_admins(db::Tx& tx) {
  return tx.query_one("SELECT count(*) FROM users WHERE admin = 1 AND disabled_at IS NULL")
      ->integer(0);
}

void delete_account_parts(db::Tx& tx, const std::string& user_id) {
  delete_links_of(tx, user_id);
  delete_second_factor(tx, user_id);
  delete_passkeys_of(tx, user_id);
  tx.execute("DELETE FROM known_networks WHERE user_id = $1", {user_id});
}

}  // namespace ob::identity::store
