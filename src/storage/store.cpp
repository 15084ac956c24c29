#include "storage/store.h"

namespace ob::storage::store {

std::optional<UploadRow> upload(db::Tx& tx, const std::string& id) {
  const auto row = tx.query_one(
      "SELECT id, path, bytes, overwrite, owner, created_at FROM storage_uploads WHERE id = $1",
      {id});
  if (!row) return std::nullopt;
  return UploadRow{.id = row->text(0),
                   .path = row->text(1),
                   .bytes = row->integer(2),
                   .overwrite = row->integer(3) != 0,
                   .owner = row->text(4),
                   .created_at = row->integer(5)};
}

std::int64_t count_uploads(db::Tx& tx, const std::string& owner) {
  return tx.query_one("SELECT count(*) FROM storage_uploads WHERE owner = $1", {owner})->integer(0);
}

void insert_upload(db::Tx& tx, const UploadRow& row) {
  tx.execute(
      "INSERT INTO storage_uploads (id, path, bytes, overwrite, owner, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6)",
      {row.id, row.path, row.bytes, std::int64_t{row.overwrite ? 1 : 0}, row.owner,
       row.created_at});
}

bool delete_upload(db::Tx& tx, const std::string& id) {
  return tx.execute("DELETE FROM storage_uploads WHERE id = $1", {id}) > 0;
}

std::vector<std::string> upload_ids(db::Tx& tx) {
  std::vector<std::string> out;
  for (const auto& row : tx.query("SELECT id FROM storage_uploads")) out.push_back(row.text(0));
  return out;
}

void delete_uploads(db::Tx& tx, Micros before) {
  tx.execute("DELETE FROM storage_uploads WHERE created_at < $1", {before});
}

}  // namespace ob::storage::store
