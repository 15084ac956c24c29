#include "db/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "base/error.h"
#include "base/log.h"
#include "db/migrate.h"
#include "db/parameters.h"
#include "db/usage.h"

namespace ob::db {
namespace {

constexpr std::size_t kStatementsPerConnection = 128;
constexpr std::size_t kIdleReaders = 8;
constexpr int kBusyTimeoutMs = 10'000;  // only other processes can hold the file

[[noreturn]] void fail(sqlite3* db, std::string_view sql) {
  const int code = sqlite3_extended_errcode(db);
  const std::string message = sqlite3_errmsg(db);
  if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY) {
    throw UniqueViolation(message);
  }
  const std::string cause =
      "sqlite " + std::to_string(code) + ": " + message + " in: " + std::string(sql);
  const bool full = (code & 0xff) == SQLITE_FULL ||
                    ((code & 0xff) == SQLITE_IOERR &&
                     (sqlite3_system_errno(db) == ENOSPC || sqlite3_system_errno(db) == EDQUOT));
  if (full) {
    throw Error(507, "db.diskFull",
                "The disk that holds the metadata is full. Free some space and try again.", cause);
  }
  if ((code & 0xff) == SQLITE_BUSY) {
    throw Error(503, "db.busy", "The metadata is locked by another process. Try again.", cause);
  }
  throw internal(cause);
}

struct Finalizer {
  void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
};
using StatementPtr = std::unique_ptr<sqlite3_stmt, Finalizer>;

struct Closer {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};

// One connection with its prepared statements; used by one thread at a time.
class Connection {
 public:
  enum class Use { read, read_relaxed, write, write_relaxed };
  Connection(const std::string& path, Use use) {
    sqlite3* raw = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    const int result = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
    db_.reset(raw);
    if (result != SQLITE_OK) fail(raw, "open");
    sqlite3_extended_result_codes(raw, 1);
    sqlite3_busy_timeout(raw, kBusyTimeoutMs);
    // Text such as "x" must not silently become a string where it names no column.
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    script("PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;");
    // There much is appended and read once: pages would fill the cache and not be asked for again.
    if (use == Use::write_relaxed) script("PRAGMA cache_size=-256;");
    if (use == Use::read_relaxed) script("PRAGMA cache_size=-64;");
    // Every commit of the writer empties the caches of the many that read.
    if (use == Use::read) script("PRAGMA cache_size=-512;");
    if (use == Use::read || use == Use::read_relaxed) {
      script("PRAGMA query_only=ON;");
      return;
    }
    script("PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=67108864;");
    // Checkpoints sync, which commits must not wait for: the syncer makes them.
    script(use == Use::write ? "PRAGMA synchronous=FULL;"
                             : "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=0;");
  }

  // Syncs the log and moves it into the database, beside a writer; `restart`: holds the writer
  // until the log begins anew.
  void checkpoint(bool restart) {
    const int mode = restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    const int result = sqlite3_wal_checkpoint_v2(db_.get(), nullptr, mode, nullptr, nullptr);
    if (result != SQLITE_OK && result != SQLITE_BUSY) fail(db_.get(), "checkpoint");
  }

  void script(std::string_view sql) {
    if (sqlite3_exec(db_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
      fail(db_.get(), sql);
    }
  }

  void roll_back() {
    // A failed statement may have ended the transaction already (disk full, I/O error).
    if (sqlite3_get_autocommit(db_.get()) == 0) script("ROLLBACK");
  }

  std::vector<Row> query(std::string_view sql, const std::vector<Value>& parameters) {
    sqlite3_stmt* statement = prepare(sql, parameters);
    Reset reset{statement};
    std::vector<Row> rows;
    const int columns = sqlite3_column_count(statement);
    int result;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
      std::vector<Value> values;
      values.reserve(columns);
      for (int i = 0; i < columns; ++i) values.push_back(column(statement, i));
      rows.emplace_back(std::move(values));
    }
    if (result != SQLITE_DONE) fail(db_.get(), sql);
    return rows;
  }

  std::int64_t execute(std::string_view sql, const std::vector<Value>& parameters) {
    sqlite3_stmt* statement = prepare(sql, parameters);
    Reset reset{statement};
    int result;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
    }
    if (result != SQLITE_DONE) fail(db_.get(), sql);
    return sqlite3_changes64(db_.get());
  }

 private:
  struct Reset {
    sqlite3_stmt* statement;
    ~Reset() {
      sqlite3_reset(statement);
      sqlite3_clear_bindings(statement);
    }
  };

  struct Cached {
    std::string sql;
    StatementPtr statement;
  };

  static Value column(sqlite3_stmt* s, int i) {
    const auto bytes = [&](const void* data) {
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(s, i));
      return size == 0 ? std::string() : std::string(static_cast<const char*>(data), size);
    };
    switch (sqlite3_column_type(s, i)) {
      case SQLITE_INTEGER:
        return std::int64_t{sqlite3_column_int64(s, i)};
      case SQLITE_FLOAT:
        return sqlite3_column_double(s, i);
      case SQLITE_TEXT:
        return bytes(sqlite3_column_text(s, i));
      case SQLITE_BLOB:
        return Blob{bytes(sqlite3_column_blob(s, i))};
      default:
        return nullptr;
    }
  }

  void bind(sqlite3_stmt* s, int index, const Value& value) {
    struct Visitor {
      sqlite3_stmt* s;
      int index;
      int operator()(std::nullptr_t) const { return sqlite3_bind_null(s, index); }
      int operator()(std::int64_t v) const { return sqlite3_bind_int64(s, index, v); }
      int operator()(double v) const { return sqlite3_bind_double(s, index, v); }
      int operator()(const std::string& v) const {
        return sqlite3_bind_text64(s, index, v.data(), v.size(), SQLITE_STATIC, SQLITE_UTF8);
      }
      int operator()(const Blob& v) const {
        return sqlite3_bind_blob64(s, index, v.bytes.data(), v.bytes.size(), SQLITE_STATIC);
      }
    };
    if (std::visit(Visitor{s, index}, value) != SQLITE_OK) fail(db_.get(), sqlite3_sql(s));
  }

  sqlite3_stmt* prepare(std::string_view sql, const std::vector<Value>& parameters) {
    sqlite3_stmt* statement = cached(sql);
    // "$2" is a name to SQLite: its number follows the order of first appearance.
    const int count = sqlite3_bind_parameter_count(statement);
    if (static_cast<std::size_t>(count) != parameters.size()) {
      throw internal("the statement takes " + std::to_string(count) + " parameters, not " +
                     std::to_string(parameters.size()) + ": " + std::string(sql));
    }
    for (int i = 1; i <= count; ++i) {
      const char* name = sqlite3_bind_parameter_name(statement, i);
      const int n = name && name[0] == '$' ? std::atoi(name + 1) : 0;
      if (n < 1 || n > count) {
        throw internal("parameters are written $1, $2 …: " + std::string(sql));
      }
      bind(statement, i, parameters[n - 1]);
    }
    return statement;
  }

  sqlite3_stmt* cached(std::string_view sql) {
    if (auto found = by_sql_.find(sql); found != by_sql_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return found->second->statement.get();
    }
    sqlite3_stmt* raw = nullptr;
    const char* tail = nullptr;
    if (sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &raw, &tail) != SQLITE_OK) {
      fail(db_.get(), sql);
    }
    StatementPtr statement(raw);
    const std::string_view rest(tail, sql.data() + sql.size() - tail);
    if (!raw || rest.find_first_not_of(" \t\r\n;") != rest.npos) {
      throw internal("one statement at a time: " + std::string(sql));
    }
    recent_.push_front({std::string(sql), std::move(statement)});
    by_sql_.emplace(recent_.front().sql, recent_.begin());
    if (recent_.size() > kStatementsPerConnection) {
      by_sql_.erase(recent_.back().sql);
      recent_.pop_back();
    }
    return raw;
  }

  std::unique_ptr<sqlite3, Closer> db_;
  std::list<Cached> recent_;  // newest first; destroyed before db_
  std::unordered_map<std::string_view, std::list<Cached>::iterator> by_sql_;
};

class SqliteTx : public MigrationTx {
 public:
  explicit SqliteTx(Connection& connection) : connection_(connection) {}
  std::vector<Row> query(std::string_view sql, std::vector<Value> parameters) override {
    check_text(parameters);
    return connection_.query(sql, parameters);
  }
  std::int64_t execute(std::string_view sql, std::vector<Value> parameters) override {
    check_text(parameters);
    return connection_.execute(sql, parameters);
  }
  void script(std::string_view sql) override { connection_.script(sql); }

 private:
  Connection& connection_;
};

void sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) throw internal("cannot open the directory of the database: " + directory.string());
  const int result = ::fsync(fd);
  ::close(fd);
  if (result != 0) throw internal("cannot sync the directory of the database");
}

// The file holds password hashes: only the server's user may read it (SQLite gives its WAL the same
// mode).
std::string create_private(const std::string& path) {
  const std::filesystem::path file(path);
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    throw Error(500, "db.cannotOpen",
                "The database file cannot be opened or created. Check that its directory is "
                "writable for the server.",
                path + ": " + std::generic_category().message(errno));
  }
  ::close(fd);
  sync_directory(file.parent_path());
  return path;
}

// Moves what relaxed commits wrote to the disk every second, on a thread of its own.
class Syncer {
 public:
  explicit Syncer(const std::string& path)
      : log_(path + "-wal"),
        connection_(path, Connection::Use::write_relaxed),
        thread_([this] { run(); }) {}
  ~Syncer() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  void committed() { dirty_.store(true, std::memory_order_relaxed); }

 private:
  void run() {
    constexpr auto kPeriod = std::chrono::milliseconds(800);
    std::unique_lock lock(mutex_);
    while (!stop_) {
      wake_.wait_for(lock, kPeriod, [this] { return stop_; });
      lock.unlock();
      if (dirty_.exchange(false)) sync();
      lock.lock();
    }
  }

  void sync() {
    constexpr std::uintmax_t kLarge = 64 << 20;  // bytes of the log
    std::error_code code;
    const auto size = std::filesystem::file_size(log_, code);
    // A checkpoint syncs nothing while a reader is in its way.
    if (const int log = ::open(log_.c_str(), O_RDONLY | O_CLOEXEC); log >= 0) {
      if (::fdatasync(log) != 0) dirty_ = true;
      ::close(log);
    }
    try {
      connection_.checkpoint(!code && size > kLarge);
    } catch (const std::exception& e) {
      dirty_ = true;
      log::error("a database could not be synced to the disk",
                 {{"error", std::string_view(e.what())}});
    }
  }

  const std::string log_;
  Connection connection_;
  std::atomic<bool> dirty_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

class SqliteDatabase : public Database, public Measured {
 public:
  SqliteDatabase(std::string path, bool relaxed)
      : path_(std::move(path)),
        read_(relaxed ? Connection::Use::read_relaxed : Connection::Use::read),
        writer_(create_private(path_),
                relaxed ? Connection::Use::write_relaxed : Connection::Use::write) {
    if (relaxed) syncer_.emplace(path_);
  }

  void migrate(std::string_view module, std::span<const Migration> migrations) override {
    const Dialect dialect{.blob_type = "BLOB",
                          .text_type = "TEXT",
                          .exclusively = [this](const auto& fn) { exclusive(fn); }};
    run_migrations(dialect, module, migrations);
  }

  void write(const std::function<void(Tx&)>& fn) override {
    exclusive([&](MigrationTx& tx) { fn(tx); });
  }

  void read(const std::function<void(Tx&)>& fn) override {
    const Lease lease(*this);
    lease.connection->script("BEGIN");
    SqliteTx tx(*lease.connection);
    fn(tx);
    lease.connection->script("COMMIT");
  }

  Usage usage() override {
    Usage out{.kind = "SQLite", .version = sqlite3_libversion()};
    for (const char* part : {"", "-wal"}) {
      std::error_code code;  // the log may not be there
      const auto bytes = std::filesystem::file_size(path_ + part, code);
      if (!code) out.bytes += static_cast<std::int64_t>(bytes);
    }
    return out;
  }

 private:
  void exclusive(const std::function<void(MigrationTx&)>& fn) {
    if (writing_.load() == std::this_thread::get_id()) {
      throw internal("a write transaction was begun inside another on the same thread");
    }
    std::lock_guard lock(write_mutex_);
    writer_.script("BEGIN IMMEDIATE");
    writing_ = std::this_thread::get_id();
    try {
      SqliteTx tx(writer_);
      fn(tx);
      writer_.script("COMMIT");
      if (syncer_) syncer_->committed();
    } catch (...) {
      writing_ = std::thread::id();
      writer_.roll_back();
      throw;
    }
    writing_ = std::thread::id();
  }

  // A reader's connection; a transaction that did not come to its end is rolled back.
  struct Lease {
    explicit Lease(SqliteDatabase& of) : database(of), connection(of.borrow()) {}
    ~Lease() {
      try {
        connection->roll_back();
        database.give_back(std::move(connection));
      } catch (const std::exception& e) {
        log::error("a reader of the database is given up", {{"error", std::string_view(e.what())}});
        const std::lock_guard lock(database.readers_mutex_);
        --database.open_readers_;
      }
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    SqliteDatabase& database;
    std::unique_ptr<Connection> connection;
  };

  // Each holds the schema and a cache of its own, so beyond one for each core a reader waits a
  // moment for another's; not for long, since that may be a slow one, or its own caller's.
  std::unique_ptr<Connection> borrow() {
    static const std::size_t few = std::max(2U, std::thread::hardware_concurrency());
    constexpr auto kMoment = std::chrono::milliseconds(2);
    {
      std::unique_lock lock(readers_mutex_);
      const auto idle = [this] { return !readers_.empty(); };
      if (idle() || (open_readers_ >= few && given_back_.wait_for(lock, kMoment, idle))) {
        auto connection = std::move(readers_.back());
        readers_.pop_back();
        return connection;
      }
      ++open_readers_;
    }
    try {
      return std::make_unique<Connection>(path_, read_);
    } catch (...) {
      const std::lock_guard lock(readers_mutex_);
      --open_readers_;
      throw;
    }
  }

  void give_back(std::unique_ptr<Connection> connection) {
    {
      const std::lock_guard lock(readers_mutex_);
      if (readers_.size() < kIdleReaders) {
        readers_.push_back(std::move(connection));
      } else {
        --open_readers_;
      }
    }
    given_back_.notify_one();
  }

  std::string path_;
  const Connection::Use read_;
  std::mutex write_mutex_;
  std::atomic<std::thread::id> writing_;
  Connection writer_;
  std::mutex readers_mutex_;
  std::condition_variable given_back_;
  std::vector<std::unique_ptr<Connection>> readers_;  // idle ones
  std::size_t open_readers_ = 0;
  std::optional<Syncer> syncer_;
};

}  // namespace

std::unique_ptr<Database> open_sqlite(const std::string& path, bool relaxed) {
  return std::make_unique<SqliteDatabase>(path, relaxed);
}

}  // namespace ob::db
