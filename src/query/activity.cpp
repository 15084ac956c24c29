#include "query/activity.h"

#include <algorithm>

#include "base/error.h"
#include "base/time.h"

namespace ob::query {

void Job::check() const {
  if (stopped()) throw_stopped();
}

bool Job::stopped() const {
  const std::lock_guard lock(mutex_);
  return cancelled_ || timed_out_;
}

void Job::throw_stopped() const {
  const std::lock_guard lock(mutex_);
  if (cancelled_) throw Error(499, "query.cancelled", "The statement was cancelled.");
  throw Error(408, "query.timeout",
              "The statement took longer than its time limit: narrow it, or allow more time with "
              "timeout_s.");
}

void Job::attach(engine::Connection* connection) {
  const std::lock_guard lock(mutex_);
  connection_ = connection;
}

void Job::stop(bool by_clock) {
  {
    const std::lock_guard lock(mutex_);
    (by_clock ? timed_out_ : cancelled_) = true;
    if (connection_) connection_->interrupt();
  }
  token_.cancel();
}

Activity::Activity(const Options& options)
    : options_(options), watcher_([this](const std::stop_token& stop) { watch(stop); }) {}

Activity::~Activity() {
  watcher_.request_stop();
  changed_.notify_all();
}

std::shared_ptr<Job> Activity::enter(const Caller& caller, const std::string& id,
                                     const std::string& sql, std::int64_t timeout_s) {
  HistoryItem item;
  item.id = id;
  item.sql = sql;
  item.state = "running";
  item.user_id = caller.user_id;
  item.user = caller.email;
  item.started_at = now_micros();
  auto job = std::make_shared<Job>(std::move(item), timeout_s * 1'000'000);
  {
    const std::lock_guard lock(mutex_);
    if (!jobs_.emplace(id, job).second)
      throw conflict("query.idTaken", "A statement with this query_id is running already.");
  }
  try {
    resume(*job);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    jobs_.erase(id);
    throw;
  }
  return job;
}

void Activity::resume(Job& job) {
  std::unique_lock lock(mutex_);
  if (job.holds_place_) return;
  job.deadline_ = now_micros() + job.left_us_;
  if (!may_run(job)) {
    if (static_cast<int>(waiting_.size()) >= options_.queued_total)
      throw Error(429, "query.tooMany",
                  "Too many statements are running and waiting: try again shortly.");
    wait_for_place(job, lock);
    return;
  }
  take_place(job);
}

// In order of arrival among those whose user may run one more: who frees a place hands it on.
void Activity::wait_for_place(Job& job, std::unique_lock<std::mutex>& lock) {
  Waiting mine{.job = job};
  const auto place = waiting_.insert(waiting_.end(), &mine);
  // Woken to be told its place; now and then to see whether it was stopped.
  while (!job.holds_place_ && !job.stopped())
    mine.turn.wait_for(lock, std::chrono::milliseconds(100));
  if (job.holds_place_) return;
  waiting_.erase(place);
  job.check();
}

bool Activity::may_run(const Job& job) const {
  const auto mine = running_of_.find(job.user_id());
  return running_ < options_.running_total &&
         (mine == running_of_.end() || mine->second < options_.running_per_user);
}

void Activity::take_place(Job& job) {
  job.holds_place_ = true;
  ++running_;
  ++running_of_[job.user_id()];
}

void Activity::release_place(Job& job) {
  if (!job.holds_place_) return;
  job.holds_place_ = false;
  --running_;
  const auto mine = running_of_.find(job.user_id());
  if (--mine->second == 0) running_of_.erase(mine);
  const auto next = std::ranges::find_if(waiting_, [&](Waiting* w) { return may_run(w->job); });
  if (next == waiting_.end()) return;
  Waiting& waiting = **next;
  waiting_.erase(next);
  take_place(waiting.job);
  waiting.turn.notify_one();
}

void Activity::park(Job& job) {
  const std::lock_guard lock(mutex_);
  job.left_us_ = std::max<std::int64_t>(job.deadline_ - now_micros(), 1'000'000);
  job.deadline_ = 0;
  release_place(job);
}

HistoryItem Activity::leave(const std::shared_ptr<Job>& job) {
  const std::lock_guard lock(mutex_);
  release_place(*job);
  jobs_.erase(job->id());
  HistoryItem item = job->item_;
  item.elapsed_ms = (now_micros() - item.started_at) / 1000;
  return item;
}

std::shared_ptr<Job> Activity::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : found->second;
}

std::vector<HistoryItem> Activity::list() const {
  std::vector<std::shared_ptr<Job>> jobs;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, job] : jobs_) jobs.push_back(job);
  }
  std::vector<HistoryItem> items;
  for (const auto& job : jobs) {
    HistoryItem item = job->item_;
    item.elapsed_ms = (now_micros() - item.started_at) / 1000;
    const std::lock_guard lock(job->mutex_);
    const double progress = job->connection_ ? job->connection_->progress() : -1;
    if (progress >= 0) item.progress = progress;
    items.push_back(std::move(item));
  }
  std::ranges::sort(items, std::greater{}, &HistoryItem::started_at);
  return items;
}

int Activity::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

int Activity::waiting() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(waiting_.size());
}

// Ends what has used up its time, and interrupts again what was stopped between two statements of
// its connection.
void Activity::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    changed_.wait_for(lock, stop, std::chrono::milliseconds(100), [] { return false; });
    const Micros now = now_micros();
    for (const auto& [id, job] : jobs_) {
      if (job->deadline_ != 0 && now > job->deadline_) {
        job->stop(true);
      } else if (job->holds_place_ && job->stopped()) {
        const std::lock_guard guard(job->mutex_);
        if (job->connection_) job->connection_->interrupt();
      }
    }
  }
}

}  // namespace ob::query
