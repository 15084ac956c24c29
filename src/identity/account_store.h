#pragma once
// SQL of sessions, of what is known of places and devices, and of what accounts keep beside
// `users`.
#include <optional>
#include <string>
#include <vector>

#include "db/db.h"
#include "identity/accounts.h"

namespace ob::identity::store {

struct SessionRow {
  std::string id, user_id, address, user_agent;
  Micros created_at = 0, last_used_at = 0, expires_at = 0;
  std::string via;
};
void insert_session(db::Tx&, const SessionRow&);
void touch_session(db::Tx&, const SessionRow&);  // address, last_used_at, expires_at
std::vector<SessionRow> sessions_of(db::Tx&, const std::string& user_id);
bool is_session(db::Tx&, const std::string& id);

bool knows_network(db::Tx&, const std::string& user_id, const std::string& network);
void remember_network(db::Tx&, const std::string& user_id, const std::string& network, Micros now);
void delete_networks_unused(db::Tx&, Micros before);

Micros budget_used_until(db::Tx&, const std::string& key);  // 0 when it is whole
void set_budget(db::Tx&, const std::string& key, Micros used_until);
void delete_unused_budgets(db::Tx&, Micros now);

int highest_cost(db::Tx&);  // of the passwords' hashes, 0 without any

// Flags and names of a user; each gives whether there is such a user.
void rename_user(db::Tx&, const std::string& id, const std::string& name);
void set_hash(db::Tx&, const std::string& id, const std::string& hash);  // nothing else changes
void set_epoch(db::Tx&, const std::string& id, std::int64_t epoch);
void set_admin(db::Tx&, const std::string& id, bool admin);
void set_disabled(db::Tx&, const std::string& id, std::optional<Micros> at);
void set_verified(db::Tx&, const std::string& id, Micros at);
void set_temporary(db::Tx&, const std::string& id, bool temporary);
void set_email(db::Tx&, const std::string& id, const std::string& email, const std::string& key,
               Micros verified_at);
std::int64_t count_admins(db::Tx&);  // those that are not disabled

// All that hangs on a user here; before the user goes.
void delete_account_parts(db::Tx&, const std::string& user_id);

}  // namespace ob::identity::store
