#include "db/migrate.h"

#include "base/error.h"
#include "base/time.h"

namespace ob::db {
namespace {

constexpr std::string_view kRecord =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "module TEXT NOT NULL, version BIGINT NOT NULL, applied_at BIGINT NOT NULL, "
    "PRIMARY KEY (module, version))";

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string with_types(std::string_view sql, const Dialect& dialect) {
  constexpr std::string_view kBlob = "{blob}", kText = "TEXT";
  std::string out;
  for (std::size_t i = 0; i < sql.size();) {
    const auto rest = sql.substr(i);
    if (rest.starts_with(kBlob)) {
      out.append(dialect.blob_type);
      i += kBlob.size();
    } else if (is_word(sql[i])) {
      auto end = i;
      while (end < sql.size() && is_word(sql[end])) ++end;
      const auto word = sql.substr(i, end - i);
      out.append(word == kText ? dialect.text_type : word);
      i = end;
    } else {
      out += sql[i++];
    }
  }
  return out;
}

std::int64_t applied_version(Tx& tx, const std::string& module) {
  auto row = tx.query_one("SELECT coalesce(max(version), 0) FROM schema_migrations WHERE module=$1",
                          {module});
  return row->integer(0);
}

void apply(MigrationTx& tx, const Dialect& dialect, const std::string& module,
           const Migration& migration) {
  try {
    tx.script(with_types(migration.sql, dialect));
  } catch (const Error& e) {
    throw Error(500, "db.migration",
                "Migration " + std::to_string(migration.version) + " of " + module +
                    " failed; the database is as it was before it.",
                e.cause().empty() ? e.what() : e.cause());
  }
  tx.execute("INSERT INTO schema_migrations (module, version, applied_at) VALUES ($1, $2, $3)",
             {module, std::int64_t{migration.version}, now_micros()});
}

}  // namespace

void run_migrations(const Dialect& dialect, std::string_view module_name,
                    std::span<const Migration> migrations) {
  const std::string module(module_name);
  dialect.exclusively([&](MigrationTx& tx) { tx.script(with_types(kRecord, dialect)); });
  std::int64_t newest = 0;
  for (const Migration& migration : migrations) {
    if (migration.version != newest + 1) {
      throw internal("migrations of " + module + " must count 1, 2, 3 …; found " +
                     std::to_string(migration.version) + " after " + std::to_string(newest));
    }
    newest = migration.version;
    // Looked up inside the transaction: another process may be starting at the same time.
    dialect.exclusively([&](MigrationTx& tx) {
      if (applied_version(tx, module) < migration.version) apply(tx, dialect, module, migration);
    });
  }
  dialect.exclusively([&](MigrationTx& tx) {
    const auto found = applied_version(tx, module);
    if (found > newest) {
      throw Error(500, "db.newerSchema",
                  "The database holds version " + std::to_string(found) + " of the " + module +
                      " tables, this release knows " + std::to_string(newest) +
                      ". Start the release that wrote it, or a newer one.");
    }
  });
}

}  // namespace ob::db
