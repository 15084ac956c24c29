#pragma once
// SQL of links in letters and of invitations.
#include <optional>
#include <string>
#include <vector>

#include "db/db.h"
#include "identity/accounts.h"

namespace ob::identity::store {

// What a link does: register (makes an account), verify, reset (a password), email (a change).
struct LinkRow {
  std::string kind;
  std::string user_id;  // empty for register
  std::string email;
  std::string name, password_hash;  // of register
  Micros expires_at = 0;
};
// Of the same kind and email only the newest few stay.
void insert_link(db::Tx&, const std::string& token_hash, const LinkRow&, Micros now);
std::optional<LinkRow> link(db::Tx&, const std::string& token_hash, Micros now);
std::optional<LinkRow> newest_link(db::Tx&, const std::string& kind, const std::string& email_key,
                                   Micros now);
void delete_links(db::Tx&, const std::string& kind, const std::string& email_key);
void delete_links_of(db::Tx&, const std::string& user_id);
void delete_expired_links(db::Tx&, Micros now);  // invitations too

struct InvitationRow {
  Invitation invitation;
  std::string token_hash, inviter_id;
};
void insert_invitation(db::Tx&, const InvitationRow&);  // in place of an earlier one
std::vector<Invitation> invitations(db::Tx&, Micros now);
std::optional<Invitation> invitation_by_token(db::Tx&, const std::string& token_hash, Micros now);
bool delete_invitation(db::Tx&, const std::string& id);

}  // namespace ob::identity::store
