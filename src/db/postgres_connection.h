#pragma once
// One connection to PostgreSQL with its prepared statements; used by one thread at a time.
#include <libpq-fe.h>

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "db/db.h"
#include "db/postgres_values.h"

namespace ob::db {

// Every connection that the server has is taken; some of them may be ours and come back.
class ServerFull : public Error {
  using Error::Error;
};

class PostgresConnection {
 public:
  // Why a transaction cannot go on. What may be done about it depends on this, and not on the
  // exception, which the caller's code may have replaced.
  enum class Failure {
    none,
    lost,        // the connection is gone, and with it the transaction unless commit_sent()
    conflict,    // with another transaction: run again
    constraint,  // refused by a constraint, perhaps for what another transaction did meanwhile
    other,
  };

  // Throws ob::Error db.unavailable, or ServerFull. Blocks for a few seconds at most.
  PostgresConnection(const std::string& url, const Options& options);

  // Several statements without parameters, without a limit of time where `unlimited`.
  void script(std::string_view sql, bool unlimited = false);
  // As script, unlimited, where the first statement is BEGIN.
  void begin_script(std::string_view sql);

  // A transaction begins with its first statement, in one round trip.
  void begin_read();
  // `note`: a statement that notes this transaction, so that one can ask later whether it
  // committed.
  void begin_write(std::string note);
  std::vector<Row> query(std::string_view sql, const std::vector<Value>& parameters);
  std::int64_t execute(std::string_view sql, const std::vector<Value>& parameters);
  // The end of a transaction that only read; nobody waits for the answer.
  void end_read();
  // Throws when the transaction did not commit, or nobody knows: failure() == lost.
  void commit();
  // Leaves no transaction; a connection where that fails is broken.
  void roll_back() noexcept;

  Failure failure() const { return failure_; }
  bool commit_sent() const { return commit_sent_; }
  bool broken() const { return broken_; }
  // Looks at what arrived while it was idle: the server may have said goodbye.
  bool usable() noexcept;

 private:
  struct Closer {
    void operator()(PGconn* c) const { PQfinish(c); }
  };
  struct Clearer {
    void operator()(PGresult* r) const { PQclear(r); }
  };
  using ResultPtr = std::unique_ptr<PGresult, Clearer>;
  using Deadline = std::chrono::steady_clock::time_point;
  struct Prepared {
    std::string key, name;
  };

  void connect(const std::string& url);
  Deadline deadline() const { return std::chrono::steady_clock::now() + patience_; }
  ResultPtr run(std::string_view sql, const std::vector<Value>& parameters);
  ResultPtr run_first(const std::string& name, const WireParameters& parameters,
                      std::string_view sql);
  void send_prepared(const std::string& name, const WireParameters& parameters);
  void send(int accepted);  // what a PQsend… function said
  ResultPtr next(Deadline until);
  ResultPtr finish(Deadline until, std::string_view sql);
  void drain();
  void wait(Deadline until, bool for_writing);
  const std::string& prepared(std::string_view sql, const WireParameters& parameters);
  [[noreturn]] void lose(const std::string& cause);
  [[noreturn]] void fail(const PGresult* result, std::string_view sql);

  std::unique_ptr<PGconn, Closer> connection_;
  std::chrono::milliseconds patience_;  // for an answer, after the server's own limit
  std::vector<std::string> beginning_;  // statements to send before the first of a transaction
  Failure failure_ = Failure::none;
  bool commit_sent_ = false;
  bool broken_ = false;
  bool in_flight_ = false;      // an answer is on its way that nobody waited for
  std::list<Prepared> recent_;  // newest first
  std::unordered_map<std::string_view, std::list<Prepared>::iterator> by_key_;
  std::uint64_t names_ = 0;
};

}  // namespace ob::db
