#include "identity/link_store.h"

#include "identity/service.h"

namespace ob::identity::store {
namespace {

constexpr std::int64_t kLinksKept = 3;
constexpr std::string_view kLink =
    "SELECT kind, user_id, email, name, password_hash, expires_at FROM links ";
constexpr std::string_view kInvitation =
    "SELECT i.id, i.email, i.admin, coalesce(u.email, ''), i.created_at, i.expires_at "
    "FROM invitations i LEFT JOIN users u ON u.id = i.invited_by ";

LinkRow to_link(const db::Row& row) {
  return {.kind = row.text(0),
          .user_id = row.text(1),
          .email = row.text(2),
          .name = row.text(3),
          .password_hash = row.text(4),
          .expires_at = row.integer(5)};
}

Invitation to_invitation(const db::Row& row) {
  return {.id = row.text(0),
          .email = row.text(1),
          .admin = row.integer(2) != 0,
          .invited_by = row.text(3),
          .created_at = row.integer(4),
          .expires_at = row.integer(5)};
}

}  // namespace

void insert_link(db::Tx& tx, const std::string& token_hash, const LinkRow& row, Micros now) {
  const std::string key = email_key(row.email);
  tx.execute(
      "INSERT INTO links (token_hash, kind, user_id, email, email_key, name, password_hash, "
      "created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      {token_hash, row.kind, row.user_id, row.email, key, row.name, row.password_hash, now,
       row.expires_at});
  tx.execute(
      "DELETE FROM links WHERE kind = $1 AND email_key = $2 AND token_hash NOT IN "
      "(SELECT token_hash FROM links WHERE kind = $1 AND email_key = $2 "
      "ORDER BY created_at DESC, token_hash LIMIT $3)",
      {row.kind, key, kLinksKept});
}

std::optional<LinkRow> link(db::Tx& tx, const std::string& token_hash, Micros now) {
  const auto row = tx.query_one(std::string(kLink) + "WHERE token_hash = $1 AND expires_at > $2",
                                {token_hash, now});
  return row ? std::optional(to_link(*row)) : std::nullopt;
}

std::optional<LinkRow> newest_link(db::Tx& tx, const std::string& kind,
                                   const std::string& email_key, Micros now) {
  const auto row = tx.query_one(std::string(kLink) +
                                    "WHERE kind = $1 AND email_key = $2 AND expires_at > $3 "
                                    "ORDER BY created_at DESC LIMIT 1",
                                {kind, email_key, now});
  return row ? std::optional(to_link(*row)) : std::nullopt;
}

void delete_links(db::Tx& tx, const std::string& kind, const std::string& email_key) {
  tx.execute("DELETE FROM links WHERE kind = $1 AND email_key = $2", {kind, email_key});
}

void delete_links_of(db::Tx& tx, const std::string& user_id) {
  tx.execute("DELETE FROM links WHERE user_id = $1", {user_id});
}

void delete_expired_links(db::Tx& tx, Micros now) {
  tx.execute("DELETE FROM links WHERE expires_at <= $1", {now});
  tx.execute("DELETE FROM invitations WHERE expires_at <= $1", {now});
}

void insert_invitation(db::Tx& tx, const InvitationRow& row) {
  const Invitation& one = row.invitation;
  const std::string key = email_key(one.email);
  tx.execute("DELETE FROM invitations WHERE email_key = $1", {key});
  tx.execute(
      "INSERT INTO invitations (id, email, email_key, admin, invited_by, token_hash, created_at, "
      "expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      {one.id, one.email, key, std::int64_t{one.admin ? 1 : 0}, row.inviter_id, row.token_hash,
       one.created_at, one.expires_at});
}

std::vector<Invitation> invitations(db::Tx& tx, Micros now) {
  std::vector<Invitation> out;
  for (const auto& row :
       tx.query(std::string(kInvitation) + "WHERE i.expires_at > $1 ORDER BY i.id", {now})) {
    out.push_back(to_invitation(row));
  }
  return out;
}

std::optional<Invitation> invitation_by_token(db::Tx& tx, const std::string& token_hash,
                                              Micros now) {
  const auto row =
      tx.query_one(std::string(kInvitation) + "WHERE i.token_hash = $1 AND i.expires_at > $2",
                   {token_hash, now});
  return row ? std::optional(to_invitation(*row)) : std::nullopt;
}

bool delete_invitation(db::Tx& tx, const std::string& id) {
  return tx.execute("DELETE FROM invitations WHERE id = $1", {id}) > 0;
}

}  // namespace ob::identity::store
