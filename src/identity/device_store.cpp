#include "identity/device_store.h"

namespace ob::identity::store {
namespace {

std::optional<DeviceRow> one_device(db::Tx& tx, std::string_view where, const std::string& hash,
                                    Micros now) {
  const auto row = tx.query_one(
      "SELECT device_hash, user_code_hash, user_agent, address, state, user_id, created_at, "
      "expires_at, polled_at FROM device_sign_ins WHERE expires_at > $1 AND " +
          std::string(where) + " = $2",
      {now, hash});
  if (!row) return std::nullopt;
  return DeviceRow{.device_hash = row->text(0),
                   .user_code_hash = row->text(1),
                   .user_agent = row->text(2),
                   .address = row->text(3),
                   .state = row->text(4),
                   .user_id = row->text(5),
                   .created_at = row->integer(6),
                   .expires_at = row->integer(7),
                   .polled_at = row->integer(8)};
}

}  // namespace

void insert_device(db::Tx& tx, const DeviceRow& row) {
  tx.execute(
      "INSERT INTO device_sign_ins (device_hash, user_code_hash, user_agent, address, state, "
      "user_id, created_at, expires_at, polled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      {row.device_hash, row.user_code_hash, row.user_agent, row.address, row.state, row.user_id,
       row.created_at, row.expires_at, row.polled_at});
}

std::optional<DeviceRow> device(db::Tx& tx, const std::string& device_hash, Micros now) {
  return one_device(tx, "device_hash", device_hash, now);
}

std::optional<DeviceRow> device_by_user_code(db::Tx& tx, const std::string& user_code_hash,
                                             Micros now) {
  return one_device(tx, "user_code_hash", user_code_hash, now);
}

void set_polled(db::Tx& tx, const std::string& device_hash, Micros now) {
  tx.execute("UPDATE device_sign_ins SET polled_at = $2 WHERE device_hash = $1",
             {device_hash, now});
}

void decide_device(db::Tx& tx, const std::string& device_hash, const std::string& state,
                   const std::string& user_id) {
  tx.execute("UPDATE device_sign_ins SET state = $2, user_id = $3 WHERE device_hash = $1",
             {device_hash, state, user_id});
}

void delete_device(db::Tx& tx, const std::string& device_hash) {
  tx.execute("DELETE FROM device_sign_ins WHERE device_hash = $1", {device_hash});
}

void delete_expired_devices(db::Tx& tx, Micros now) {
  tx.execute("DELETE FROM device_sign_ins WHERE expires_at <= $1", {now});
}

}  // namespace ob::identity::store
