#pragma once
// All SQL of storage.
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "db/db.h"

namespace ob::storage::store {

struct UploadRow {
  std::string id, path;
  std::int64_t bytes = 0;
  bool overwrite = false;
  std::string owner;  // user id
  Micros created_at = 0;
};
std::optional<UploadRow> upload(db::Tx&, const std::string& id);
std::int64_t count_uploads(db::Tx&, const std::string& owner);
void insert_upload(db::Tx&, const UploadRow&);
bool delete_upload(db::Tx&, const std::string& id);
std::vector<std::string> upload_ids(db::Tx&);
void delete_uploads(db::Tx&, Micros before);

}  // namespace ob::storage::store
