#pragma once
// All SQL of the OAuth provider.
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "db/db.h"

namespace ob::oauth::store {

struct Client {
  std::string id, name;
  std::string secret_hash;  // empty: public, it cannot keep a secret
  std::vector<std::string> redirect_uris;
  bool trusted = false;  // nobody is asked for consent
  Micros created_at = 0, updated_at = 0;
};
std::vector<Client> clients(db::Tx&);  // by name
std::optional<Client> client(db::Tx&, const std::string& id);
void insert_client(db::Tx&, const Client&);
void update_client(db::Tx&, const Client&);
bool delete_client(db::Tx&, const std::string& id);

struct Code {
  std::string hash, grant_id, client_id, user_id, redirect_uri, scope, nonce, challenge;
  Micros auth_time = 0, expires_at = 0;
  bool used = false;
};
void insert_code(db::Tx&, const Code&);
std::optional<Code> code(db::Tx&, const std::string& hash);
void mark_code(db::Tx&, const std::string& hash);

struct Token {
  std::string hash;
  std::string kind;  // access, refresh
  std::string grant_id, client_id, user_id, scope;
  Micros auth_time = 0, created_at = 0, expires_at = 0;
  bool used = false;
};
void insert_token(db::Tx&, const Token&);
std::optional<Token> token(db::Tx&, const std::string& hash);
void mark_token(db::Tx&, const std::string& hash);
void delete_token(db::Tx&, const std::string& hash);
void delete_grant(db::Tx&, const std::string& grant_id);
void delete_expired(db::Tx&, Micros now);

struct Consent {
  std::string client_id, client_name, scope;
  Micros created_at = 0;
};
std::vector<Consent> consents(db::Tx&, const std::string& user_id);
std::optional<std::string> consented_scope(db::Tx&, const std::string& user_id,
                                           const std::string& client_id);
void put_consent(db::Tx&, const std::string& user_id, const std::string& client_id,
                 const std::string& scope, Micros now);
// With the tokens that came of it; whether there was one.
bool delete_consent(db::Tx&, const std::string& user_id, const std::string& client_id);

}  // namespace ob::oauth::store
