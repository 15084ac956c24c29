#pragma once
// What a database takes up, for those who watch over the server.
#include <cstdint>
#include <string>

#include "db/db.h"

namespace ob::db {

struct Usage {
  std::string kind;        // "SQLite", "PostgreSQL"
  std::string version;     // of the library, or of the server
  std::int64_t bytes = 0;  // of the whole database; of SQLite with its log
  int open = 0, idle = 0;  // connections; the idle ones are among the open
  int most = 0;            // connections; 0: no bound
};

// Asks the database; throws what read() throws. Only for databases of open().
Usage usage_of(Database& database);

// What open() gives is this, too.
class Measured {
 public:
  virtual ~Measured() = default;
  virtual Usage usage() = 0;
};

}  // namespace ob::db
