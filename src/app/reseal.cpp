#include "app/reseal.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "app/parts.h"
#include "base/error.h"
#include "base/ids.h"
#include "db/db.h"
#include "identity/secrets.h"

namespace ob::app {
namespace {

// Where a module keeps something sealed: by the id of its row, in the context that the module
// gives it. Names are parts of statements, so they stand here alone.
struct Place {
  std::string table, id, column, context;
  bool base64 = false;
};
const std::array kPlaces{
    Place{"signing_keys", "kid", "sealed", "identity.signing_key:"},
    Place{"second_factors", "user_id", "sealed", "identity.second_factor:"},
    Place{"mail_outbox", "id", "sealed", "mail.outbox:"},
    Place{"sso_providers", "id", "secret", "sso.secret:"},
    Place{"sso_keys", "id", "sealed", "sso.key:"},
    Place{"document_links", "id", "sealed", "documents.link:"},
    Place{"catalog_storage_credentials", "id", "sealed", "storage credential ", true},
};

// What is over within minutes: it may fail once when the old key goes.
const std::array kPassing{Place{.table = "sso_tickets", .column = "sealed"}};

// Bytes that are no secrets: the contents of documents, which PostgreSQL keeps beside the rest.
const std::array kPlain{Place{.table = "collab_snapshots", .column = "bytes"},
                        Place{.table = "collab_snapshot_parts", .column = "bytes"},
                        Place{.table = "collab_updates", .column = "bytes"}};

struct Count {
  int all = 0, changed = 0;
};

std::string bytes_of(const Place& place, const db::Row& row) {
  if (!place.base64) return row.blob(1);
  std::string out;
  if (!base64_decode(row.text(1), out)) throw internal(place.table + " holds no base64");
  return out;
}

Count reseal(db::Tx& tx, const identity::SecretBox& box, const Place& place) {
  Count out;
  const auto rows = tx.query("SELECT " + place.id + ", " + place.column + " FROM " + place.table +
                             " WHERE " + place.column + " IS NOT NULL");
  for (const auto& row : rows) {
    const std::string sealed = bytes_of(place, row);
    if (sealed.empty()) continue;
    const std::string context = place.context + row.text(0);
    ++out.all;
    if (box.is_current(sealed, context)) continue;
    const std::string fresh = box.seal(box.open(sealed, context), context);
    const db::Value value =
        place.base64 ? db::Value(base64_encode(fresh)) : db::Value(db::Blob{fresh});
    tx.execute(
        "UPDATE " + place.table + " SET " + place.column + " = $2 WHERE " + place.id + " = $1",
        {row.text(0), value});
    ++out.changed;
  }
  return out;
}

// What a module seals and nothing here names would be lost with the old key. Sealed things are
// bytes, or text in a column whose name says so.
void refuse_unknown_places(db::Tx& tx, bool sqlite) {
  constexpr std::string_view kSqlite =
      "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE "
      "m.type = 'table' AND (c.type = 'BLOB' OR c.name LIKE '%sealed%')";
  constexpr std::string_view kPostgres =
      "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE "
      "table_schema = current_schema() AND (data_type = 'bytea' OR column_name LIKE '%sealed%')";
  for (const auto& row : tx.query(sqlite ? kSqlite : kPostgres)) {
    const auto is_it = [&](const Place& place) {
      return place.table == row.text(0) && place.column == row.text(1);
    };
    if (std::ranges::none_of(kPlaces, is_it) && std::ranges::none_of(kPassing, is_it) &&
        std::ranges::none_of(kPlain, is_it)) {
      throw internal("the column " + row.text(0) + "." + row.text(1) + " is not re-sealed");
    }
  }
}

}  // namespace

int run_reseal(const Config& config, bool new_key) {
  const Paths paths(config);
  const auto& file = config.text("master_key_file");
  const auto& value = config.text("master_key");
  std::optional<DataLock> lock;
  if (new_key) {
    if (!value.empty()) {
      throw bad_request("config.badValue",
                        "--new-key writes into the master key file, but the key is given by "
                        "master_key: put a new one before it there, and a comma between them.");
    }
    lock.emplace(paths.data);
    identity::load_master_key(paths.data, file);  // it must be readable before it is replaced
    const std::string written = identity::add_master_key(paths.data, file);
    std::printf("A new key stands in the first line of %s.\n", written.c_str());
  }
  const auto box = identity::load_master_key(paths.data, file, value);
  const auto database = db::open(paths.database_url);
  const bool sqlite = paths.database_url.starts_with("sqlite:");
  // All or nothing: the first secret under an unknown key leaves everything as it was.
  const auto counts = database->writing([&](db::Tx& tx) {
    refuse_unknown_places(tx, sqlite);
    std::vector<Count> out;
    for (const Place& place : kPlaces) out.push_back(reseal(tx, box, place));
    return out;
  });
  for (std::size_t i = 0; i < kPlaces.size(); ++i) {
    std::printf("%s: %d of %d sealed anew\n", kPlaces[i].table.c_str(), counts[i].changed,
                counts[i].all);
  }
  std::printf(
      "All secrets are under the first key now%s.\n",
      box.keys() > 1 ? "; the others can be removed once no server runs that lacks it" : "");
  return 0;
}

}  // namespace ob::app
