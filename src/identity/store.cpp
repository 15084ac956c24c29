#include "identity/store.h"

#include <algorithm>

#include "base/error.h"
#include "identity/account_store.h"
#include "identity/grants_store.h"

namespace ob::identity::store {
namespace {

constexpr std::string_view kUser =
    "SELECT id, email, name, admin, created_at, password_hash, epoch, verified_at, disabled_at, "
    "password_temporary, service FROM users ";
constexpr std::string_view kKey =
    "SELECT id, name, prefix, created_at, expires_at, last_used_at, user_id, scopes FROM api_keys ";

UserRow to_user(const db::Row& row) {
  return {.user = {.id = row.text(0),
                   .email = row.text(1),
                   .name = row.text(2),
                   .admin = row.integer(3) != 0,
                   .created_at = row.integer(4),
                   .verified = !row.is_null(7),
                   .disabled = !row.is_null(8),
                   .service = row.integer(10) != 0},
          .password_hash = row.text(5),
          .epoch = row.integer(6),
          .password_temporary = row.integer(9) != 0};
}

KeyRow to_key(const db::Row& row) {
  return {.key = {.id = row.text(0),
                  .name = row.text(1),
                  .prefix = row.text(2),
                  .created_at = row.integer(3),
                  .expires_at = row.optional_integer(4),
                  .last_used_at = row.optional_integer(5),
                  .scopes = Scopes::parse(words_of(row.text(7)))},
          .user_id = row.text(6)};
}

std::optional<UserRow> one_user(db::Tx& tx, std::string_view where, const std::string& value) {
  const auto row = tx.query_one(std::string(kUser).append(where), {value});
  return row ? std::optional(to_user(*row)) : std::nullopt;
}

std::optional<KeyRow> one_key(db::Tx& tx, std::string_view where, const std::string& value) {
  const auto row = tx.query_one(std::string(kKey).append(where), {value});
  return row ? std::optional(to_key(*row)) : std::nullopt;
}

db::Value nullable(const std::optional<Micros>& time) {
  return time ? db::Value(*time) : db::Value(nullptr);
}

void raise_generation_of_accounts(db::Tx& tx) {
  tx.execute("UPDATE account_generation SET value = value + 1");
}

}  // namespace

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(' ', at)) != std::string::npos) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::int64_t count_users(db::Tx& tx) {
  return tx.query_one("SELECT count(*) FROM users")->integer(0);
}

std::vector<User> users(db::Tx& tx) {
  std::vector<User> out;
  for (const auto& row : tx.query(std::string(kUser) + "ORDER BY email_key")) {
    out.push_back(to_user(row).user);
  }
  return out;
}

std::optional<UserRow> user_by_email(db::Tx& tx, const std::string& email_key) {
  return one_user(tx, "WHERE email_key = $1", email_key);
}

std::optional<UserRow> user_by_id(db::Tx& tx, const std::string& id) {
  return one_user(tx, "WHERE id = $1", id);
}

void insert_user(db::Tx& tx, const User& user, const std::string& email_key,
                 const std::string& hash) {
  tx.execute(
      "INSERT INTO users (id, email, email_key, name, password_hash, admin, epoch, created_at, "
      "verified_at, service) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9)",
      {user.id, user.email, email_key, user.name, hash, std::int64_t{user.admin ? 1 : 0},
       user.created_at, user.verified ? db::Value(user.created_at) : db::Value(nullptr),
       std::int64_t{user.service ? 1 : 0}});
}

void set_password(db::Tx& tx, const std::string& id, const std::string& hash, std::int64_t epoch) {
  tx.execute(
      "UPDATE users SET password_hash = $2, epoch = $3, password_temporary = 0 WHERE id = $1",
      {id, hash, epoch});
}

void delete_user(db::Tx& tx, const std::string& id) {
  delete_sessions_of(tx, id);
  delete_account_parts(tx, id);
  tx.execute("DELETE FROM api_keys WHERE user_id = $1", {id});
  tx.execute("DELETE FROM client_secrets WHERE user_id = $1", {id});
  delete_grants_to(tx, id);
  tx.execute("DELETE FROM users WHERE id = $1", {id});
}

std::optional<RefreshRow> refresh_token(db::Tx& tx, const std::string& hash) {
  const auto row = tx.query_one(
      "SELECT session, user_id, expires_at, used_at FROM refresh_tokens WHERE token_hash = $1",
      {hash});
  if (!row) return std::nullopt;
  return RefreshRow{row->text(0), row->text(1), row->integer(2), !row->is_null(3)};
}

void insert_refresh_token(db::Tx& tx, const std::string& hash, const RefreshRow& row) {
  tx.execute(
      "INSERT INTO refresh_tokens (token_hash, session, user_id, expires_at) "
      "VALUES ($1, $2, $3, $4)",
      {hash, row.session, row.user_id, row.expires_at});
}

void mark_used(db::Tx& tx, const std::string& hash, Micros now) {
  tx.execute("UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1", {hash, now});
}

void delete_session(db::Tx& tx, const std::string& session) {
  tx.execute("DELETE FROM refresh_tokens WHERE session = $1", {session});
  tx.execute("DELETE FROM sessions WHERE id = $1", {session});
}

void delete_sessions_of(db::Tx& tx, const std::string& user_id) {
  tx.execute("DELETE FROM refresh_tokens WHERE user_id = $1", {user_id});
  tx.execute("DELETE FROM sessions WHERE user_id = $1", {user_id});
}

void delete_expired_sessions(db::Tx& tx, Micros now) {
  tx.execute("DELETE FROM refresh_tokens WHERE expires_at < $1", {now});
  tx.execute("DELETE FROM sessions WHERE expires_at < $1", {now});
}

void revoke(db::Tx& tx, const Revocation& revocation, Micros now) {
  tx.execute(
      "INSERT INTO revocations (subject, epoch, revoked_at) VALUES ($1, $2, $3) "
      "ON CONFLICT (subject) DO UPDATE SET epoch = excluded.epoch, "
      "revoked_at = excluded.revoked_at",
      {revocation.subject, revocation.epoch, now});
  raise_generation_of_accounts(tx);
}

std::int64_t generation_of_accounts(db::Tx& tx) {
  return tx.query_one("SELECT value FROM account_generation")->integer(0);
}

std::vector<Revocation> revocations(db::Tx& tx, Micros since) {
  std::vector<Revocation> out;
  for (const auto& row :
       tx.query("SELECT subject, epoch FROM revocations WHERE revoked_at >= $1", {since})) {
    out.push_back({row.text(0), row.integer(1)});
  }
  return out;
}

void delete_revocations(db::Tx& tx, Micros before) {
  tx.execute("DELETE FROM revocations WHERE revoked_at < $1", {before});
}

std::vector<ApiKey> keys(db::Tx& tx, const std::string& user_id) {
  std::vector<ApiKey> out;
  for (const auto& row :
       tx.query(std::string(kKey) + "WHERE user_id = $1 ORDER BY created_at, id", {user_id})) {
    out.push_back(to_key(row).key);
  }
  return out;
}

std::optional<KeyRow> key_by_hash(db::Tx& tx, const std::string& hash) {
  return one_key(tx, "WHERE key_hash = $1", hash);
}

std::optional<KeyRow> key_by_id(db::Tx& tx, const std::string& id) {
  return one_key(tx, "WHERE id = $1", id);
}

void insert_key(db::Tx& tx, const KeyRow& row, const std::string& hash) {
  tx.execute(
      "INSERT INTO api_keys (id, user_id, name, prefix, key_hash, created_at, expires_at, "
      "scopes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      {row.key.id, row.user_id, row.key.name, row.key.prefix, hash, row.key.created_at,
       nullable(row.key.expires_at), joined(row.key.scopes.names())});
}

void touch_key(db::Tx& tx, const std::string& id, Micros now) {
  tx.execute("UPDATE api_keys SET last_used_at = $2 WHERE id = $1", {id, now});
}

void delete_key(db::Tx& tx, const std::string& id) {
  tx.execute("DELETE FROM api_keys WHERE id = $1", {id});
  raise_generation_of_accounts(tx);
}

}  // namespace ob::identity::store
