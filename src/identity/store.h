#pragma once
// All SQL of identity.
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "db/db.h"
#include "identity/identity.h"

namespace ob::identity::store {

struct UserRow {
  User user;
  std::string password_hash;
  std::int64_t epoch = 0;
  bool password_temporary = false;
};
// Words with a space between them, as lists of scopes are kept.
std::vector<std::string> words_of(const std::string& text);
std::string joined(const std::vector<std::string>& words);

std::int64_t count_users(db::Tx&);
std::vector<User> users(db::Tx&);
std::optional<UserRow> user_by_email(db::Tx&, const std::string& email_key);
std::optional<UserRow> user_by_id(db::Tx&, const std::string& id);
// Throws db::UniqueViolation when the email is taken.
void insert_user(db::Tx&, const User&, const std::string& email_key, const std::string& hash);
void set_password(db::Tx&, const std::string& id, const std::string& hash, std::int64_t epoch);
// With all that belongs to it: sessions, keys and grants to it.
void delete_user(db::Tx&, const std::string& id);

struct RefreshRow {
  std::string session, user_id;
  Micros expires_at = 0;
  bool used = false;
};
std::optional<RefreshRow> refresh_token(db::Tx&, const std::string& hash);
void insert_refresh_token(db::Tx&, const std::string& hash, const RefreshRow&);
void mark_used(db::Tx&, const std::string& hash, Micros now);
void delete_session(db::Tx&, const std::string& session);
void delete_sessions_of(db::Tx&, const std::string& user_id);
void delete_expired_sessions(db::Tx&, Micros now);

struct Revocation {
  std::string subject;     // a session, or a user
  std::int64_t epoch = 0;  // tokens of a user with a smaller one have ended
};
void revoke(db::Tx&, const Revocation&, Micros now);
std::int64_t generation_of_accounts(db::Tx&);  // grows with each credential that ends
std::vector<Revocation> revocations(db::Tx&, Micros since);
void delete_revocations(db::Tx&, Micros before);

struct KeyRow {
  ApiKey key;
  std::string user_id;
};
std::vector<ApiKey> keys(db::Tx&, const std::string& user_id);
std::optional<KeyRow> key_by_hash(db::Tx&, const std::string& hash);
std::optional<KeyRow> key_by_id(db::Tx&, const std::string& id);
void insert_key(db::Tx&, const KeyRow&, const std::string& hash);
void touch_key(db::Tx&, const std::string& id, Micros now);
void delete_key(db::Tx&, const std::string& id);

}  // namespace ob::identity::store
