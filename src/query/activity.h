#pragma once
// Statements at work: their places (in all and for each user), clocks, and the way to stop them.
#include <condition_variable>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "base/cancel.h"
#include "query/query.h"

namespace ob::query {

// One statement from its arrival to its end.
class Job {
 public:
  Job(HistoryItem item, std::int64_t timeout_us) : item_(std::move(item)), left_us_(timeout_us) {}

  const std::string& id() const { return item_.id; }
  const std::string& user_id() const { return item_.user_id; }
  Micros started_at() const { return item_.started_at; }
  // Throws 499 query.cancelled or 408 query.timeout once it was stopped.
  void check() const;
  bool stopped() const;
  // The connection that works for it, so that it can be interrupted; null: none.
  void attach(engine::Connection* connection);
  void stop(bool by_clock);
  // Cancelled with it.
  const CancelToken& token() const { return token_; }

 private:
  friend class Activity;
  [[noreturn]] void throw_stopped() const;
  HistoryItem item_;
  mutable std::mutex mutex_;
  engine::Connection* connection_ = nullptr;
  bool cancelled_ = false, timed_out_ = false;
  const CancelToken token_;
  // Guarded by the activity's mutex:
  bool holds_place_ = false;
  std::int64_t left_us_;  // of its time, while it does not run
  Micros deadline_ = 0;   // while it runs
};

class Activity {
 public:
  explicit Activity(const Options& options);
  ~Activity();

  // Registers a statement and waits for a place. Throws 409 query.idTaken, 429 query.tooMany, and
  // what check() throws while it waits.
  std::shared_ptr<Job> enter(const Caller& caller, const std::string& id, const std::string& sql,
                             std::int64_t timeout_s);
  void park(Job& job);                                 // gives the place back, stops the clock
  void resume(Job& job);                               // waits for a place again
  HistoryItem leave(const std::shared_ptr<Job>& job);  // with its elapsed time
  std::shared_ptr<Job> find(const std::string& id) const;
  std::vector<HistoryItem> list() const;  // with progress
  int running() const;
  int waiting() const;

 private:
  struct Waiting {
    Job& job;
    std::condition_variable turn;
  };
  bool may_run(const Job& job) const;
  void wait_for_place(Job& job, std::unique_lock<std::mutex>& lock);
  void take_place(Job& job);
  void release_place(Job& job);
  void watch(const std::stop_token& stop);

  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, std::shared_ptr<Job>> jobs_;
  std::map<std::string, int> running_of_;
  int running_ = 0;
  std::list<Waiting*> waiting_;  // in order of arrival
  std::jthread watcher_;
};

}  // namespace ob::query
