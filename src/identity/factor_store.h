#pragma once
// SQL of second factors and recovery codes.
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "db/db.h"

namespace ob::identity::store {

struct FactorRow {
  std::string sealed;
  bool confirmed = false;
  std::int64_t last_step = 0;  // of the newest code that was used
};
std::optional<FactorRow> second_factor(db::Tx&, const std::string& user_id);
bool has_second_factor(db::Tx&, const std::string& user_id);  // a confirmed one
void put_second_factor(db::Tx&, const std::string& user_id, const std::string& sealed, Micros now);
void confirm_second_factor(db::Tx&, const std::string& user_id, Micros now);
void set_last_step(db::Tx&, const std::string& user_id, std::int64_t step);
void delete_second_factor(db::Tx&, const std::string& user_id);  // and its recovery codes

void put_recovery_codes(db::Tx&, const std::string& user_id,
                        const std::vector<std::string>& hashes);  // in place of earlier ones
bool use_recovery_code(db::Tx&, const std::string& user_id, const std::string& hash);
std::int64_t count_recovery_codes(db::Tx&, const std::string& user_id);

}  // namespace ob::identity::store
