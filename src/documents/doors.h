#pragma once
#include "identity/guard.h"
#include "identity/passwords.h"

namespace ob::documents {

// The passwords of links, and the limits on guessing them.
class Doors {
 public:
  Doors(db::Database& database, int bcrypt_cost) : passwords(bcrypt_cost), guard(database) {}
  identity::Passwords passwords;
  identity::Guard guard;
};

}  // namespace ob::documents
