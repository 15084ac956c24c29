#pragma once
// SQL of what providers keep here by SCIM.
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "db/db.h"

namespace ob::sso::scim::store {

struct TokenRow {
  std::string provider_id, hash;
  Micros created_at = 0;
  std::optional<Micros> last_used_at;
};
void set_token(db::Tx&, const TokenRow&);  // in place of an older one
void delete_token(db::Tx&, const std::string& provider_id);
std::optional<TokenRow> token_of(db::Tx&, const std::string& provider_id);
// Of an enabled provider.
std::optional<TokenRow> token_by_hash(db::Tx&, const std::string& hash);
void touch_token(db::Tx&, const std::string& provider_id, Micros now);

struct UserRow {
  std::string provider_id, user_id, user_name_key, external_id;
  std::string resource;  // JSON
  Micros created_at = 0, updated_at = 0;
};
std::optional<UserRow> user(db::Tx&, const std::string& provider_id, const std::string& user_id);
std::optional<UserRow> user_by_name(db::Tx&, const std::string& provider_id,
                                    const std::string& user_name_key);
std::vector<UserRow> users(db::Tx&, const std::string& provider_id, std::int64_t offset,
                           std::int64_t limit);
std::int64_t count_users(db::Tx&, const std::string& provider_id);
// Throw db::UniqueViolation when the name is taken.
void insert_user(db::Tx&, const UserRow&);
void update_user(db::Tx&, const UserRow&);
void delete_user(db::Tx&, const std::string& provider_id, const std::string& user_id);

struct GroupRow {
  std::string provider_id, group_id, external_id;
  Micros created_at = 0, updated_at = 0;
};
std::vector<GroupRow> groups(db::Tx&, const std::string& provider_id);
std::optional<GroupRow> group(db::Tx&, const std::string& provider_id, const std::string& id);
void put_group(db::Tx&, const GroupRow&);

}  // namespace ob::sso::scim::store
