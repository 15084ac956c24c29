#pragma once
// What the work in the background did last, for those who watch over the server.
#include <algorithm>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace ob::app {

// Thread-safe.
class TaskLog {
 public:
  struct Task {
    std::string id, name;
    bool running = false;
    std::optional<Micros> started_at, ended_at, next_at;
    std::string error;  // of the last run that ended; empty: it came about
  };

  void begin(const std::string& id, const std::string& name) {
    const std::lock_guard lock(mutex_);
    Task& task = of(id);
    task.name = name;
    task.running = true;
    task.started_at = now_micros();
    task.next_at.reset();
  }
  void end(const std::string& id, std::string error) {
    const std::lock_guard lock(mutex_);
    Task& task = of(id);
    task.running = false;
    task.ended_at = now_micros();
    task.error = std::move(error);
  }
  void plan(const std::string& id, Micros next_at) {
    const std::lock_guard lock(mutex_);
    of(id).next_at = next_at;
  }
  // In the order in which they first began.
  std::vector<Task> list() const {
    const std::lock_guard lock(mutex_);
    return tasks_;
  }

 private:
  Task& of(const std::string& id) {
    const auto found = std::ranges::find(tasks_, id, &Task::id);
    return found != tasks_.end() ? *found : tasks_.emplace_back(Task{.id = id});
  }
  mutable std::mutex mutex_;
  std::vector<Task> tasks_;
};

}  // namespace ob::app
