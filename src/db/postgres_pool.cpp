#include "db/postgres_pool.h"

#include "base/log.h"

namespace ob::db {
namespace {

constexpr std::chrono::minutes kIdle{5};
// So long nobody tries again after a failed attempt: callers get the answer at once, and a database
// that starts is not stormed.
constexpr std::chrono::milliseconds kRefused{500};

}  // namespace

PostgresPool::PostgresPool(std::string url, const Options& options)
    : url_(std::move(url)), options_(options) {}

std::unique_ptr<PostgresConnection> PostgresPool::connect() const {
  return std::make_unique<PostgresConnection>(url_, options_);
}

PostgresPool::Lease PostgresPool::borrow(bool nested) {
  const auto until = Clock::now() + std::chrono::milliseconds(options_.wait_ms);
  std::unique_lock lock(mutex_);
  for (;;) {
    while (!idle_.empty()) {
      auto connection = std::move(idle_.back().connection);
      idle_.pop_back();
      lock.unlock();
      if (connection->usable()) return {*this, std::move(connection)};
      connection.reset();
      lock.lock();
      --open_;
    }
    if (nested || open_ < options_.connections) {
      if (auto connection = open(lock, until)) return {*this, std::move(connection)};
      continue;
    }
    if (freed_.wait_until(lock, until) == std::cv_status::timeout && idle_.empty() &&
        open_ >= options_.connections) {
      throw Error(503, "db.busy", "All connections to the metadata database are in use. Try again.",
                  std::to_string(open_) + " connections were in use for " +
                      std::to_string(options_.wait_ms) + " ms");
    }
  }
}

// Null when the server has no connection left and one of ours may come back.
std::unique_ptr<PostgresConnection> PostgresPool::open(std::unique_lock<std::mutex>& lock,
                                                       Clock::time_point until) {
  if (refused_ && Clock::now() < refused_until_) throw Error(*refused_);
  ++open_;
  lock.unlock();
  try {
    auto connection = connect();
    lock.lock();
    if (refused_) log::info("the database can be reached again");
    refused_.reset();
    return connection;
  } catch (const ServerFull&) {
    lock.lock();
    --open_;
    if (open_ == 0) throw;
    const auto any = [this] { return !idle_.empty(); };
    const bool came = freed_.wait_until(lock, std::min(until, Clock::now() + kRefused), any);
    if (!came && Clock::now() >= until) throw;
    return nullptr;
  } catch (const Error& error) {
    lock.lock();
    --open_;
    if (!refused_) log::error("the database cannot be reached", {{"cause", error.cause()}});
    refused_ = error;
    refused_until_ = Clock::now() + kRefused;
    freed_.notify_one();
    throw;
  }
}

void PostgresPool::give_back(std::unique_ptr<PostgresConnection> connection) {
  std::vector<Idle> closing;  // outside the lock
  {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    if (connection->broken() || open_ > options_.connections) {
      --open_;
      closing.push_back({std::move(connection), now});
    } else {
      idle_.push_back({std::move(connection), now});
    }
    while (idle_.size() > 1 && now - idle_.front().since > kIdle) {
      closing.push_back(std::move(idle_.front()));
      idle_.erase(idle_.begin());
      --open_;
    }
  }
  freed_.notify_one();
}

void PostgresPool::drop_idle() {
  std::vector<Idle> closing;
  const std::lock_guard lock(mutex_);
  closing.swap(idle_);
  open_ -= static_cast<int>(closing.size());
}

PostgresPool::Use PostgresPool::use() {
  const std::lock_guard lock(mutex_);
  return {.open = open_, .idle = static_cast<int>(idle_.size())};
}

}  // namespace ob::db
