#include "documents/leftovers.h"

#include <array>

namespace ob::documents::leftovers {
namespace {

constexpr const char* kFirst = R"sql(
CREATE TABLE document_leftovers (
  key TEXT PRIMARY KEY,
  due_at BIGINT NOT NULL
);
CREATE INDEX document_leftovers_due ON document_leftovers (due_at)
)sql";
constexpr std::array<db::Migration, 1> kMigrations{{{1, kFirst}}};
constexpr std::size_t kAtOnce = 500;

}  // namespace

void migrate(db::Database& database) {
  database.migrate("document_leftovers", kMigrations);
}

void leave(db::Tx& tx, const std::string& key, Micros due_at) {
  tx.execute(
      "INSERT INTO document_leftovers (key, due_at) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE "
      "SET due_at = $2",
      {key, due_at});
}

void leave_document(db::Tx& tx, const std::string& document) {
  leave(tx, "documents/" + document + "/", 0);
}

bool taken(db::Tx& tx, const std::string& key) {
  return tx.execute("DELETE FROM document_leftovers WHERE key = $1", {key}) > 0;
}

bool sweep_one(db::Database& database, objects::Store& objects, Micros now) {
  const auto row = database.reading([&](db::Tx& tx) {
    return tx.query_one(
        "SELECT key FROM document_leftovers WHERE due_at <= $1 ORDER BY due_at, key LIMIT 1",
        {now});
  });
  if (!row) return false;
  const std::string& key = row->text(0);
  if (!key.ends_with('/')) {
    objects.remove(key);
  } else {
    for (auto found = objects.list(key, "", kAtOnce, false); !found.empty();
         found = objects.list(key, "", kAtOnce, false)) {
      for (const auto& object : found) objects.remove(object.key);
    }
  }
  database.write([&](db::Tx& tx) { taken(tx, key); });
  return true;
}

}  // namespace ob::documents::leftovers
