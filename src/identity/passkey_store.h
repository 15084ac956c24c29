#pragma once
// SQL of passkeys.
#include <optional>
#include <string>
#include <vector>

#include "db/db.h"
#include "identity/passkeys.h"

namespace ob::identity::store {

struct PasskeyRow {
  Passkey passkey;
  std::string user_id;
  std::string credential_id, public_key;  // base64url
  std::int64_t counter = 0;
  std::vector<std::string> transports;
};
std::vector<PasskeyRow> passkeys_of(db::Tx&, const std::string& user_id);  // oldest first
std::int64_t count_passkeys(db::Tx&, const std::string& user_id);
std::optional<PasskeyRow> passkey_by_credential(db::Tx&, const std::string& credential_id);
// Throws db::UniqueViolation when the credential is registered already.
void insert_passkey(db::Tx&, const PasskeyRow&);
void set_passkey_name(db::Tx&, const std::string& id, const std::string& name);
void set_passkey_used(db::Tx&, const PasskeyRow&);  // counter, backed_up, last_used_at
void delete_passkey(db::Tx&, const std::string& id);
std::int64_t delete_passkeys_of(db::Tx&, const std::string& user_id);  // how many there were

// Whether nobody used the challenge before.
bool use_challenge(db::Tx&, const std::string& hash, Micros expires_at, Micros now);

}  // namespace ob::identity::store
