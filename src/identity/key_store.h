#pragma once
// SQL of the keys that sign access tokens.
#include <string>
#include <vector>

#include "base/time.h"
#include "db/db.h"

namespace ob::identity::store {

struct SigningKey {
  std::string kid, sealed;
  Micros created_at = 0;
  Micros active_from = 0;  // signs from then on, until a newer one does
};
std::vector<SigningKey> signing_keys(db::Tx&);  // oldest first
void insert_signing_key(db::Tx&, const SigningKey&);
void delete_signing_key(db::Tx&, const std::string& kid);

}  // namespace ob::identity::store
