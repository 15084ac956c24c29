#pragma once
// What table functions know of the connection that they run for: DuckDB tells them of no interrupt,
// and asks them not how far they are.
#include <duckdb.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace ob::engine {

class Work {
 public:
  struct Progress {
    std::size_t total = 0;
    std::atomic<std::size_t> done = 0;
  };
  // How often the connection was interrupted.
  std::uint64_t interrupts() const { return interrupts_; }
  void interrupt();
  // Calls it for another connection that works for this one's statement: that is interrupted with
  // it as long as the handle lives.
  std::shared_ptr<void> join(std::function<void()> interrupt);
  // Counts for progress() as long as it lives.
  std::shared_ptr<Progress> begin(std::size_t total);
  double progress();  // 0…100; -1: unknown

 private:
  std::atomic<std::uint64_t> interrupts_ = 0;
  std::mutex mutex_;
  std::list<std::function<void()>> others_;
  std::vector<std::weak_ptr<Progress>> begun_;
};

// Of the connections of one database, by DuckDB's numbers of them.
class Works {
 public:
  void add(idx_t connection, std::shared_ptr<Work> work);
  void remove(idx_t connection);
  std::shared_ptr<Work> find(idx_t connection);

 private:
  std::mutex mutex_;
  std::unordered_map<idx_t, std::shared_ptr<Work>> works_;
};

}  // namespace ob::engine
