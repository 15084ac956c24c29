#pragma once
// What every dialect shares: the order of migrations and the record of those applied.
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "db/db.h"

namespace ob::db {

// A transaction that can also run a script of several statements without parameters.
class MigrationTx : public Tx {
 public:
  virtual void script(std::string_view sql) = 0;
};

struct Dialect {
  std::string_view blob_type;  // what {blob} becomes
  std::string_view text_type;  // what the word TEXT becomes
  // Runs fn in one write transaction that no other process interleaves with.
  std::function<void(const std::function<void(MigrationTx&)>&)> exclusively;
};

// Throws ob::Error db.newerSchema when the database was written by a newer release, db.migration
// when a step fails (nothing of that step remains).
void run_migrations(const Dialect& dialect, std::string_view module,
                    std::span<const Migration> migrations);

}  // namespace ob::db
