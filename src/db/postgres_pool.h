#pragma once
// A bounded number of connections, opened when they are needed. Thread-safe.
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "db/postgres_connection.h"

namespace ob::db {

class PostgresPool {
 public:
  PostgresPool(std::string url, const Options& options);

  // Gives its connection back; a broken one is closed.
  class Lease {
   public:
    Lease(PostgresPool& pool, std::unique_ptr<PostgresConnection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    ~Lease() { pool_.give_back(std::move(connection_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    PostgresConnection& operator*() const { return *connection_; }
    PostgresConnection* operator->() const { return connection_.get(); }

   private:
    PostgresPool& pool_;
    std::unique_ptr<PostgresConnection> connection_;
  };

  // Waits up to Options::wait_ms for a free one, then throws db.busy. `nested`: the thread holds
  // one already, so that waiting might never end; the limit does not count then.
  Lease borrow(bool nested);
  // One outside the limit, not kept.
  std::unique_ptr<PostgresConnection> connect() const;
  // After a connection was lost: the others are most likely lost too.
  void drop_idle();
  struct Use {
    int open = 0, idle = 0;  // the idle ones are among the open
  };
  Use use();

 private:
  using Clock = std::chrono::steady_clock;
  struct Idle {
    std::unique_ptr<PostgresConnection> connection;
    Clock::time_point since;
  };

  std::unique_ptr<PostgresConnection> open(std::unique_lock<std::mutex>& lock,
                                           Clock::time_point until);
  void give_back(std::unique_ptr<PostgresConnection> connection);

  const std::string url_;
  const Options options_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<Idle> idle_;        // the longest first
  int open_ = 0;                  // lent, idle, or being opened
  std::optional<Error> refused_;  // why the last attempt to connect failed
  Clock::time_point refused_until_{};
};

}  // namespace ob::db
