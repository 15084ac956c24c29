#pragma once
// SQL of the client secrets of service accounts.
#include <optional>
#include <string>
#include <vector>

#include "identity/service_accounts.h"

namespace ob::identity::store {

struct SecretRow {
  ClientSecret secret;
  std::string user_id;
};
std::vector<ClientSecret> secrets_of(db::Tx&, const std::string& user_id);
std::optional<SecretRow> secret_by_hash(db::Tx&, const std::string& hash);
bool has_secret(db::Tx&, const std::string& id, Micros now);  // that has not expired
void insert_secret(db::Tx&, const SecretRow&, const std::string& hash);
void touch_secret(db::Tx&, const std::string& id, Micros now);
bool delete_secret(db::Tx&, const std::string& user_id, const std::string& id);

void set_service_name(db::Tx&, const std::string& id, const std::string& name,
                      const std::string& key);

}  // namespace ob::identity::store
