#pragma once
// All SQL of single sign-on.
#include <optional>
#include <string>
#include <vector>

#include "db/db.h"
#include "sso/provider.h"

namespace ob::sso::store {

std::vector<Provider> providers(db::Tx&);  // by name
std::optional<Provider> provider_by_id(db::Tx&, const std::string& id);
std::optional<Provider> provider_by_slug(db::Tx&, const std::string& slug);
// Throw db::UniqueViolation when the slug or an enforced domain is taken.
void insert_provider(db::Tx&, const Provider&);
void update_provider(db::Tx&, const Provider&);
bool delete_provider(db::Tx&, const std::string& id);
// The enabled provider at which emails of the domain have to sign in.
std::optional<Provider> provider_of_domain(db::Tx&, const std::string& domain);

struct IdentityRow {
  std::string id, provider_id, subject, user_id, email;
  Micros created_at = 0, last_used_at = 0;
};
std::optional<IdentityRow> identity(db::Tx&, const std::string& provider_id,
                                    const std::string& subject);
std::vector<IdentityRow> identities_of(db::Tx&, const std::string& user_id);
void insert_identity(db::Tx&, const IdentityRow&);
void touch_identity(db::Tx&, const IdentityRow&);  // email, last_used_at
void delete_identity(db::Tx&, const std::string& id);
std::int64_t count_identities(db::Tx&, const std::string& provider_id);

// Whether the key was not used before; it is now. Forgets what expired.
bool use_once(db::Tx&, const std::string& key, Micros expires_at, Micros now);

// Keys of the server's own, sealed.
struct KeyRow {
  std::string id, sealed, certificate;
  Micros created_at = 0;
};
std::optional<KeyRow> key(db::Tx&, const std::string& id);
void insert_key(db::Tx&, const KeyRow&);

void insert_ticket(db::Tx&, const std::string& hash, const std::string& sealed, Micros expires_at);
// Gives and removes it; nullopt when there is none or it expired.
std::optional<std::string> take_ticket(db::Tx&, const std::string& hash, Micros now);

}  // namespace ob::sso::store
