#include "sso/scim_store.h"

namespace ob::sso::scim::store {
namespace {

constexpr std::string_view kToken =
    "SELECT t.provider_id, t.token_hash, t.created_at, t.last_used_at FROM sso_scim_tokens t ";
constexpr std::string_view kUser =
    "SELECT provider_id, user_id, user_name_key, external_id, resource, created_at, updated_at "
    "FROM sso_scim_users WHERE provider_id = $1 ";
constexpr std::string_view kGroup =
    "SELECT provider_id, group_id, external_id, created_at, updated_at FROM sso_scim_groups "
    "WHERE provider_id = $1 ";

TokenRow to_token(const db::Row& row) {
  return {.provider_id = row.text(0),
          .hash = row.text(1),
          .created_at = row.integer(2),
          .last_used_at = row.optional_integer(3)};
}

UserRow to_user(const db::Row& row) {
  return {.provider_id = row.text(0),
          .user_id = row.text(1),
          .user_name_key = row.text(2),
          .external_id = row.text(3),
          .resource = row.text(4),
          .created_at = row.integer(5),
          .updated_at = row.integer(6)};
}

GroupRow to_group(const db::Row& row) {
  return {.provider_id = row.text(0),
          .group_id = row.text(1),
          .external_id = row.text(2),
          .created_at = row.integer(3),
          .updated_at = row.integer(4)};
}

template <class T>
std::optional<T> mapped(const std::optional<db::Row>& row, T (*map)(const db::Row&)) {
  return row ? std::optional(map(*row)) : std::nullopt;
}

}  // namespace

void set_token(db::Tx& tx, const TokenRow& row) {
  tx.execute(
      "INSERT INTO sso_scim_tokens (provider_id, token_hash, created_at) VALUES ($1, $2, $3) "
      "ON CONFLICT (provider_id) DO UPDATE SET token_hash = excluded.token_hash, "
      "created_at = excluded.created_at, last_used_at = NULL",
      {row.provider_id, row.hash, row.created_at});
}

void delete_token(db::Tx& tx, const std::string& provider_id) {
  tx.execute("DELETE FROM sso_scim_tokens WHERE provider_id = $1", {provider_id});
}

std::optional<TokenRow> token_of(db::Tx& tx, const std::string& provider_id) {
  return mapped(tx.query_one(std::string(kToken) + "WHERE t.provider_id = $1", {provider_id}),
                to_token);
}

std::optional<TokenRow> token_by_hash(db::Tx& tx, const std::string& hash) {
  return mapped(tx.query_one(std::string(kToken) + "JOIN sso_providers p ON p.id = t.provider_id "
                                                   "WHERE t.token_hash = $1 AND p.enabled = 1",
                             {hash}),
                to_token);
}

void touch_token(db::Tx& tx, const std::string& provider_id, Micros now) {
  tx.execute("UPDATE sso_scim_tokens SET last_used_at = $2 WHERE provider_id = $1",
             {provider_id, now});
}

std::optional<UserRow> user(db::Tx& tx, const std::string& provider_id,
                            const std::string& user_id) {
  return mapped(tx.query_one(std::string(kUser) + "AND user_id = $2", {provider_id, user_id}),
                to_user);
}

std::optional<UserRow> user_by_name(db::Tx& tx, const std::string& provider_id,
                                    const std::string& user_name_key) {
  return mapped(
      tx.query_one(std::string(kUser) + "AND user_name_key = $2", {provider_id, user_name_key}),
      to_user);
}

std::vector<UserRow> users(db::Tx& tx, const std::string& provider_id, std::int64_t offset,
                           std::int64_t limit) {
  std::vector<UserRow> out;
  for (const auto& row : tx.query(std::string(kUser) + "ORDER BY user_id LIMIT $2 OFFSET $3",
                                  {provider_id, limit, offset})) {
    out.push_back(to_user(row));
  }
  return out;
}

std::int64_t count_users(db::Tx& tx, const std::string& provider_id) {
  return tx.query_one("SELECT count(*) FROM sso_scim_users WHERE provider_id = $1", {provider_id})
      ->integer(0);
}

void insert_user(db::Tx& tx, const UserRow& row) {
  tx.execute(
      "INSERT INTO sso_scim_users (provider_id, user_id, user_name_key, external_id, resource, "
      "created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
      {row.provider_id, row.user_id, row.user_name_key, row.external_id, row.resource,
       row.created_at, row.updated_at});
}

void update_user(db::Tx& tx, const UserRow& row) {
  tx.execute(
      "UPDATE sso_scim_users SET user_name_key = $3, external_id = $4, resource = $5, "
      "updated_at = $6 WHERE provider_id = $1 AND user_id = $2",
      {row.provider_id, row.user_id, row.user_name_key, row.external_id, row.resource,
       row.updated_at});
}

void delete_user(db::Tx& tx, const std::string& provider_id, const std::string& user_id) {
  tx.execute("DELETE FROM sso_scim_users WHERE provider_id = $1 AND user_id = $2",
             {provider_id, user_id});
}

std::vector<GroupRow> groups(db::Tx& tx, const std::string& provider_id) {
  std::vector<GroupRow> out;
  for (const auto& row : tx.query(std::string(kGroup) + "ORDER BY group_id", {provider_id})) {
    out.push_back(to_group(row));
  }
  return out;
}

std::optional<GroupRow> group(db::Tx& tx, const std::string& provider_id, const std::string& id) {
  return mapped(tx.query_one(std::string(kGroup) + "AND group_id = $2", {provider_id, id}),
                to_group);
}

void put_group(db::Tx& tx, const GroupRow& row) {
  tx.execute(
      "INSERT INTO sso_scim_groups (provider_id, group_id, external_id, created_at, updated_at) "
      "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (provider_id, group_id) DO UPDATE SET "
      "external_id = excluded.external_id, updated_at = excluded.updated_at",
      {row.provider_id, row.group_id, row.external_id, row.created_at, row.updated_at});
}

}  // namespace ob::sso::scim::store
