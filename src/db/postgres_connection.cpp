#include "db/postgres_connection.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "db/parameters.h"

namespace ob::db {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kStatementsPerConnection = 128;
constexpr milliseconds kConnectTime{5'000};
constexpr milliseconds kAnswerMargin{5'000};  // on top of the server's own statement_timeout
constexpr int kIdleInTransactionMs = 60'000;

std::string without_newline(const char* text) {
  std::string out = text ? text : "";
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

Error unavailable(const std::string& cause) {
  return {503, "db.unavailable",
          "The metadata database cannot be reached at the moment. Try again shortly.", cause};
}

std::string session_settings(const Options& options) {
  const auto ms = [](std::int64_t n) { return "'" + std::to_string(n) + "ms'"; };
  // A commit is on the disk when it is acknowledged, whatever the server's default is; a relaxed
  // one after wal_writer_delay.
  const std::string commits = options.relaxed
                                  ? "SET synchronous_commit = off"
                                  : "SELECT set_config('synchronous_commit', 'on', false) WHERE "
                                    "current_setting('synchronous_commit') = 'off'";
  return "SET statement_timeout = " + ms(options.statement_ms) +
         "; SET lock_timeout = " + ms(options.wait_ms) +
         "; SET idle_in_transaction_session_timeout = " + ms(kIdleInTransactionMs) +
         "; SET standard_conforming_strings = on; SET default_transaction_isolation = 'read "
         "committed'; " +
         commits;
}

// Milliseconds for poll().
int remaining(Clock::time_point until) {
  constexpr milliseconds kLongest{60'000};  // one that waits longer asks again
  const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
  return static_cast<int>(std::clamp(left, milliseconds{0}, kLongest).count());
}

bool poll_socket(PGconn* connection, short events, Clock::time_point until) {
  pollfd wanted{PQsocket(connection), events, 0};
  while (Clock::now() < until) {
    if (::poll(&wanted, 1, remaining(until)) > 0) return true;
  }
  return false;
}

}  // namespace

PostgresConnection::PostgresConnection(const std::string& url, const Options& options)
    : patience_(milliseconds(options.statement_ms) + kAnswerMargin) {
  connect(url);
  script(session_settings(options));
}

void PostgresConnection::connect(const std::string& url) {
  // The URL's own settings win over those before it.
  constexpr std::array keywords{"connect_timeout",           "keepalives_idle",
                                "keepalives_interval",       "keepalives_count",
                                "tcp_user_timeout",          "target_session_attrs",
                                "fallback_application_name", "dbname",
                                "client_encoding",           static_cast<const char*>(nullptr)};
  const std::array values{
      "5",          "30",         "10",        "3",    "30000",
      "read-write", "openbricks", url.c_str(), "UTF8", static_cast<const char*>(nullptr)};
  connection_.reset(PQconnectStartParams(keywords.data(), values.data(), 1));
  PGconn* raw = connection_.get();
  if (!raw) throw unavailable("libpq has no memory");
  PQsetErrorVerbosity(raw, PQERRORS_VERBOSE);  // with the SQLSTATE
  const auto until = Clock::now() + kConnectTime;
  auto state = PQstatus(raw) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!poll_socket(raw, events, until)) throw unavailable("no answer to a connection in time");
    state = PQconnectPoll(raw);
  }
  if (state == PGRES_POLLING_FAILED) {
    const auto cause = without_newline(PQerrorMessage(raw));
    if (cause.find(" 53300: ") != cause.npos) {
      throw ServerFull(503, "db.busy",
                       "All connections of the metadata database are taken. Try again.", cause);
    }
    throw unavailable(cause);
  }
  PQsetErrorVerbosity(raw, PQERRORS_DEFAULT);
  PQsetNoticeProcessor(raw, [](void*, const char*) {}, nullptr);
  PQsetnonblocking(raw, 1);
}

// --- sending and receiving

void PostgresConnection::lose(const std::string& cause) {
  broken_ = true;
  failure_ = Failure::lost;
  throw unavailable(cause);
}

void PostgresConnection::wait(Deadline until, bool for_writing) {
  const short events = static_cast<short>(for_writing ? POLLIN | POLLOUT : POLLIN);
  if (!poll_socket(connection_.get(), events, until)) lose("the database did not answer in time");
  // The server's last words may stand in the buffer: next() reads them.
  if (PQconsumeInput(connection_.get()) == 0) broken_ = true;
}

void PostgresConnection::send(int accepted) {
  if (accepted == 0) lose(without_newline(PQerrorMessage(connection_.get())));
}

PostgresConnection::ResultPtr PostgresConnection::next(Deadline until) {
  PGconn* raw = connection_.get();
  for (int rest = PQflush(raw); rest != 0 && !broken_; rest = PQflush(raw)) {
    if (rest < 0) break;  // what the server said before it hung up is still to be read
    wait(until, true);
  }
  while (!broken_ && PQisBusy(raw) != 0) wait(until, false);
  return ResultPtr(PQgetResult(raw));
}

// Reads up to the end of one statement or script: the last result, or throws for the first error.
PostgresConnection::ResultPtr PostgresConnection::finish(Deadline until, std::string_view sql) {
  ResultPtr last, error;
  while (auto result = next(until)) {
    const auto status = PQresultStatus(result.get());
    const bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!good && !error)
      error = std::move(result);
    else
      last = std::move(result);
  }
  if (error) fail(error.get(), sql);
  if (!last) lose(without_newline(PQerrorMessage(connection_.get())));
  return last;
}

void PostgresConnection::drain() {
  if (!in_flight_) return;
  in_flight_ = false;
  finish(deadline(), "COMMIT");
}

bool PostgresConnection::usable() noexcept {
  try {
    drain();
    pollfd idle{PQsocket(connection_.get()), POLLIN, 0};
    if (::poll(&idle, 1, 0) > 0 && PQconsumeInput(connection_.get()) == 0) broken_ = true;
  } catch (...) {
    broken_ = true;
  }
  return !broken_ && PQstatus(connection_.get()) == CONNECTION_OK;
}

void PostgresConnection::fail(const PGresult* result, std::string_view sql) {
  const auto field = [&](int code) {
    const char* text = PQresultErrorField(result, code);
    return std::string(text ? text : "");
  };
  // Never the detail: it quotes the row, and rows hold secrets.
  const std::string state = field(PG_DIAG_SQLSTATE), message = field(PG_DIAG_MESSAGE_PRIMARY);
  const std::string cause =
      "postgresql " + state + ": " +
      (message.empty() ? without_newline(PQresultErrorMessage(result)) : message) +
      " in: " + std::string(sql);
  const std::string severity = field(PG_DIAG_SEVERITY_NONLOCALIZED);
  if (state.empty() || severity == "FATAL" || severity == "PANIC" ||
      PQstatus(connection_.get()) == CONNECTION_BAD) {
    lose(cause);
  }
  // A plan that another release's migration outdated: a fresh connection makes it anew.
  if (state == "0A000") lose(cause);
  const bool first = failure_ == Failure::none;
  if (first) failure_ = Failure::other;
  const auto because = [&](Failure failure) {
    if (first) failure_ = failure;
  };
  if (state == "40001" || state == "40P01") {
    because(Failure::conflict);
    throw Error(503, "db.busy",
                "Too many changes at the same time touch what this one does. Try again.", cause);
  }
  if (state.starts_with("23")) because(Failure::constraint);
  if (state == "23505") throw UniqueViolation(message);
  if (state == "55P03") {
    throw Error(503, "db.busy", "The metadata is locked by another transaction. Try again.", cause);
  }
  if (state == "57014") {
    throw Error(503, "db.timeout", "The metadata database took too long to answer. Try again.",
                cause);
  }
  if (state == "53100") {
    throw Error(507, "db.diskFull",
                "The disk that holds the metadata is full. Free some space and try again.", cause);
  }
  if (state.starts_with("53")) throw unavailable(cause);
  throw internal(cause);
}

// --- statements

void PostgresConnection::script(std::string_view sql, bool unlimited) {
  drain();
  const std::string text(sql);
  send(PQsendQuery(connection_.get(), text.c_str()));
  finish(unlimited ? Deadline::max() : deadline(), sql);
}

const std::string& PostgresConnection::prepared(std::string_view sql,
                                                const WireParameters& parameters) {
  std::string key = parameters.signature() + ":" + std::string(sql);
  if (auto found = by_key_.find(key); found != by_key_.end()) {
    recent_.splice(recent_.begin(), recent_, found->second);
    return found->second->name;
  }
  const auto wanted = highest_parameter(sql);
  if (wanted != static_cast<std::size_t>(parameters.count())) {
    if (failure_ == Failure::none) failure_ = Failure::other;
    throw internal("the statement takes " + std::to_string(wanted) + " parameters, not " +
                   std::to_string(parameters.count()) + ": " + std::string(sql));
  }
  if (recent_.size() >= kStatementsPerConnection) {
    script("DEALLOCATE " + recent_.back().name);
    by_key_.erase(recent_.back().key);
    recent_.pop_back();
  }
  std::string name = "s" + std::to_string(++names_);
  send(PQsendPrepare(connection_.get(), name.c_str(), std::string(sql).c_str(), parameters.count(),
                     parameters.types()));
  finish(deadline(), sql);
  recent_.push_front({std::move(key), std::move(name)});
  by_key_.emplace(recent_.front().key, recent_.begin());
  return recent_.front().name;
}

void PostgresConnection::send_prepared(const std::string& name, const WireParameters& parameters) {
  send(PQsendQueryPrepared(connection_.get(), name.c_str(), parameters.count(), parameters.values(),
                           parameters.lengths(), parameters.formats(), 1));
}

PostgresConnection::ResultPtr PostgresConnection::run(std::string_view sql,
                                                      const std::vector<Value>& parameters) {
  drain();
  check_text(parameters);
  const WireParameters wire(parameters);
  const std::string& name = prepared(sql, wire);
  if (!beginning_.empty()) return run_first(name, wire, sql);
  send_prepared(name, wire);
  return finish(deadline(), sql);
}

PostgresConnection::ResultPtr PostgresConnection::run_first(const std::string& name,
                                                            const WireParameters& parameters,
                                                            std::string_view sql) {
  PGconn* raw = connection_.get();
  const auto beginning = std::exchange(beginning_, {});
  send(PQenterPipelineMode(raw));
  for (const auto& statement : beginning) {
    send(PQsendQueryParams(raw, statement.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0));
  }
  send_prepared(name, parameters);
  send(PQpipelineSync(raw));
  const auto until = deadline();
  ResultPtr last, error;
  for (std::size_t statement = 0;;) {
    auto result = next(until);
    if (!result) {
      if (broken_ || ++statement > beginning.size() + 1) break;
      continue;
    }
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_PIPELINE_SYNC) break;
    const bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!good) {
      if (!error) error = std::move(result);
    } else if (statement == beginning.size()) {
      last = std::move(result);
    }
  }
  if (!broken_ && PQexitPipelineMode(raw) == 0) broken_ = true;
  if (error) fail(error.get(), sql);
  if (!last || broken_) lose(without_newline(PQerrorMessage(raw)));
  return last;
}

std::vector<Row> PostgresConnection::query(std::string_view sql,
                                           const std::vector<Value>& parameters) {
  return rows_of(run(sql, parameters).get());
}

std::int64_t PostgresConnection::execute(std::string_view sql,
                                         const std::vector<Value>& parameters) {
  const auto result = run(sql, parameters);
  const std::string_view count = PQcmdTuples(result.get());
  std::int64_t changed = 0;
  std::from_chars(count.data(), count.data() + count.size(), changed);
  return changed;
}

// --- transactions

void PostgresConnection::begin_read() {
  failure_ = Failure::none;
  commit_sent_ = false;
  beginning_ = {"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
}

void PostgresConnection::begin_write(std::string note) {
  failure_ = Failure::none;
  commit_sent_ = false;
  beginning_ = {"BEGIN ISOLATION LEVEL SERIALIZABLE", std::move(note)};
}

void PostgresConnection::begin_script(std::string_view sql) {
  failure_ = Failure::none;
  commit_sent_ = false;
  script(sql, true);
}

void PostgresConnection::end_read() {
  if (!beginning_.empty()) return beginning_.clear();  // nothing was asked
  if (failure_ != Failure::none) return roll_back();
  send(PQsendQuery(connection_.get(), "COMMIT"));
  in_flight_ = true;
  // A few bytes always fit into the socket's buffer; drain() sends what does not.
  PQflush(connection_.get());
}

void PostgresConnection::commit() {
  if (!beginning_.empty()) return beginning_.clear();
  if (failure_ != Failure::none) {
    throw internal("the error of a failed statement was passed over");
  }
  commit_sent_ = true;
  send(PQsendQuery(connection_.get(), "COMMIT"));
  const auto result = finish(deadline(), "COMMIT");
  if (std::string_view(PQcmdStatus(result.get())) != "COMMIT") {
    failure_ = Failure::other;
    throw internal("COMMIT was answered by " + std::string(PQcmdStatus(result.get())));
  }
}

void PostgresConnection::roll_back() noexcept {
  beginning_.clear();
  if (broken_) return;
  try {
    const auto failure = failure_;
    if (PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) script("ROLLBACK");
    failure_ = failure;
  } catch (...) {
    broken_ = true;
  }
}

}  // namespace ob::db
