#pragma once
// For tests only: real databases to test on. A PostgreSQL server of the test program's own on
// 127.0.0.1, started when it is first asked for and ended with the program.
#include <sys/types.h>

#include <string>
#include <vector>

namespace ob::db::testing {

class Postgres {
 public:
  Postgres();
  ~Postgres();
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  // A new database, ordered as English is: bytes would hide a missing COLLATE "C".
  std::string create_database();  // its URL
  int port() const { return port_; }
  void kill();   // as a crash does it
  void start();  // the same data and port
  // Runs SQL as the superuser, beside the code that is tested; the first value of the first row.
  std::string run(const std::string& url, const std::string& sql);

 private:
  pid_t spawn(const std::string& program, const std::vector<std::string>& arguments) const;

  std::string directory_, binaries_;
  int port_ = 0;
  pid_t pid_ = 0;
  int databases_ = 0;
};

Postgres& postgres();

// Whether OPENBRICKS_TEST_DATABASE asks for tests on PostgreSQL.
bool on_postgres();

// URL of the database that belongs to a directory of a test, the same at each call: a file there,
// or a database of postgres().
std::string url_in(const std::string& directory, const std::string& name = "meta");

}  // namespace ob::db::testing
