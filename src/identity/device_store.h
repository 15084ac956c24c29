#pragma once
// SQL of sign-ins of programs that wait for a person's approval.
#include <optional>
#include <string>

#include "base/time.h"
#include "db/db.h"

namespace ob::identity::store {

struct DeviceRow {
  std::string device_hash, user_code_hash, user_agent, address;
  std::string state;    // waiting, approved, denied
  std::string user_id;  // who decided
  Micros created_at = 0, expires_at = 0, polled_at = 0;
};
void insert_device(db::Tx&, const DeviceRow&);
std::optional<DeviceRow> device(db::Tx&, const std::string& device_hash, Micros now);
std::optional<DeviceRow> device_by_user_code(db::Tx&, const std::string& user_code_hash,
                                             Micros now);
void set_polled(db::Tx&, const std::string& device_hash, Micros now);
void decide_device(db::Tx&, const std::string& device_hash, const std::string& state,
                   const std::string& user_id);
void delete_device(db::Tx&, const std::string& device_hash);
void delete_expired_devices(db::Tx&, Micros now);

}  // namespace ob::identity::store
