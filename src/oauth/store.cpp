#include "oauth/store.h"

#include <boost/json.hpp>

namespace ob::oauth::store {
namespace {

namespace json = boost::json;

constexpr std::string_view kClient =
    "SELECT id, name, secret_hash, redirect_uris, trusted, created_at, updated_at "
    "FROM oauth_clients ";

Client to_client(const db::Row& row) {
  Client out{.id = row.text(0),
             .name = row.text(1),
             .secret_hash = row.text(2),
             .trusted = row.integer(4) != 0,
             .created_at = row.integer(5),
             .updated_at = row.integer(6)};
  for (const auto& one : json::parse(row.text(3)).as_array()) {
    out.redirect_uris.emplace_back(one.as_string());
  }
  return out;
}

std::string uris_text(const Client& client) {
  json::array list;
  for (const auto& one : client.redirect_uris) list.emplace_back(one);
  return json::serialize(list);
}

}  // namespace

std::vector<Client> clients(db::Tx& tx) {
  std::vector<Client> out;
  for (const auto& row : tx.query(std::string(kClient) + "ORDER BY name, id")) {
    out.push_back(to_client(row));
  }
  return out;
}

std::optional<Client> client(db::Tx& tx, const std::string& id) {
  const auto row = tx.query_one(std::string(kClient) + "WHERE id = $1", {id});
  return row ? std::optional(to_client(*row)) : std::nullopt;
}

void insert_client(db::Tx& tx, const Client& client) {
  tx.execute(
      "INSERT INTO oauth_clients (id, name, secret_hash, redirect_uris, trusted, created_at, "
      "updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
      {client.id, client.name, client.secret_hash, uris_text(client),
       std::int64_t{client.trusted ? 1 : 0}, client.created_at, client.updated_at});
}

void update_client(db::Tx& tx, const Client& client) {
  tx.execute(
      "UPDATE oauth_clients SET name = $2, secret_hash = $3, redirect_uris = $4, trusted = $5, "
      "updated_at = $6 WHERE id = $1",
      {client.id, client.name, client.secret_hash, uris_text(client),
       std::int64_t{client.trusted ? 1 : 0}, client.updated_at});
}

bool delete_client(db::Tx& tx, const std::string& id) {
  return tx.execute("DELETE FROM oauth_clients WHERE id = $1", {id}) == 1;
}

void insert_code(db::Tx& tx, const Code& code) {
  tx.execute(
      "INSERT INTO oauth_codes (hash, grant_id, client_id, user_id, redirect_uri, scope, nonce, "
      "challenge, auth_time, expires_at, used) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0)",
      {code.hash, code.grant_id, code.client_id, code.user_id, code.redirect_uri, code.scope,
       code.nonce, code.challenge, code.auth_time, code.expires_at});
}

std::optional<Code> code(db::Tx& tx, const std::string& hash) {
  const auto row = tx.query_one(
      "SELECT hash, grant_id, client_id, user_id, redirect_uri, scope, nonce, challenge, "
      "auth_time, expires_at, used FROM oauth_codes WHERE hash = $1",
      {hash});
  if (!row) return std::nullopt;
  return Code{.hash = row->text(0),
              .grant_id = row->text(1),
              .client_id = row->text(2),
              .user_id = row->text(3),
              .redirect_uri = row->text(4),
              .scope = row->text(5),
              .nonce = row->text(6),
              .challenge = row->text(7),
              .auth_time = row->integer(8),
              .expires_at = row->integer(9),
              .used = row->integer(10) != 0};
}

void mark_code(db::Tx& tx, const std::string& hash) {
  tx.execute("UPDATE oauth_codes SET used = 1 WHERE hash = $1", {hash});
}

void insert_token(db::Tx& tx, const Token& token) {
  tx.execute(
      "INSERT INTO oauth_tokens (hash, kind, grant_id, client_id, user_id, scope, auth_time, "
      "created_at, expires_at, used) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)",
      {token.hash, token.kind, token.grant_id, token.client_id, token.user_id, token.scope,
       token.auth_time, token.created_at, token.expires_at});
}

std::optional<Token> token(db::Tx& tx, const std::string& hash) {
  const auto row = tx.query_one(
      "SELECT hash, kind, grant_id, client_id, user_id, scope, auth_time, created_at, expires_at, "
      "used FROM oauth_tokens WHERE hash = $1",
      {hash});
  if (!row) return std::nullopt;
  return Token{.hash = row->text(0),
               .kind = row->text(1),
               .grant_id = row->text(2),
               .client_id = row->text(3),
               .user_id = row->text(4),
               .scope = row->text(5),
               .auth_time = row->integer(6),
               .created_at = row->integer(7),
               .expires_at = row->integer(8),
               .used = row->integer(9) != 0};
}

void mark_token(db::Tx& tx, const std::string& hash) {
  tx.execute("UPDATE oauth_tokens SET used = 1 WHERE hash = $1", {hash});
}

void delete_token(db::Tx& tx, const std::string& hash) {
  tx.execute("DELETE FROM oauth_tokens WHERE hash = $1", {hash});
}

void delete_grant(db::Tx& tx, const std::string& grant_id) {
  tx.execute("DELETE FROM oauth_tokens WHERE grant_id = $1", {grant_id});
}

void delete_expired(db::Tx& tx, Micros now) {
  // Used codes stay a while, so that a second use is noticed.
  constexpr Micros kNoticed = 600'000'000;
  tx.execute("DELETE FROM oauth_codes WHERE expires_at < $1", {now - kNoticed});
  tx.execute("DELETE FROM oauth_tokens WHERE expires_at < $1", {now});
}

std::vector<Consent> consents(db::Tx& tx, const std::string& user_id) {
  std::vector<Consent> out;
  for (const auto& row : tx.query(
           "SELECT c.client_id, k.name, c.scope, c.created_at FROM oauth_consents c "
           "JOIN oauth_clients k ON k.id = c.client_id WHERE c.user_id = $1 ORDER BY k.name, k.id",
           {user_id})) {
    out.push_back({.client_id = row.text(0),
                   .client_name = row.text(1),
                   .scope = row.text(2),
                   .created_at = row.integer(3)});
  }
  return out;
}

std::optional<std::string> consented_scope(db::Tx& tx, const std::string& user_id,
                                           const std::string& client_id) {
  const auto row =
      tx.query_one("SELECT scope FROM oauth_consents WHERE user_id = $1 AND client_id = $2",
                   {user_id, client_id});
  return row ? std::optional(row->text(0)) : std::nullopt;
}

void put_consent(db::Tx& tx, const std::string& user_id, const std::string& client_id,
                 const std::string& scope, Micros now) {
  tx.execute(
      "INSERT INTO oauth_consents (user_id, client_id, scope, created_at) VALUES ($1, $2, $3, $4) "
      "ON CONFLICT (user_id, client_id) DO UPDATE SET scope = excluded.scope",
      {user_id, client_id, scope, now});
}

bool delete_consent(db::Tx& tx, const std::string& user_id, const std::string& client_id) {
  tx.execute("DELETE FROM oauth_tokens WHERE user_id = $1 AND client_id = $2",
             {user_id, client_id});
  tx.execute("DELETE FROM oauth_codes WHERE user_id = $1 AND client_id = $2", {user_id, client_id});
  return tx.execute("DELETE FROM oauth_consents WHERE user_id = $1 AND client_id = $2",
                    {user_id, client_id}) == 1;
}

}  // namespace ob::oauth::store
