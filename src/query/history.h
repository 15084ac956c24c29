#pragma once
// Finished statements in the database.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "query/query.h"

namespace ob::query {

// Kept 30 days, at most 10,000. Items are written in the background, so that no statement waits
// for the disk; reads see all that were added before.
class History {
 public:
  explicit History(db::Database& database);
  ~History();  // writes what is left

  void add(HistoryItem item);
  // As Service::history; `user_id` empty: of everyone.
  std::vector<HistoryItem> list(const std::string& user_id, std::size_t limit,
                                const HistoryFilter& filter);
  std::optional<HistoryItem> find(const std::string& id);

 private:
  void work(const std::stop_token& stop);
  void store(const std::vector<HistoryItem>& items);
  void prune();
  void flush();

  db::Database& database_;
  std::mutex mutex_;
  std::condition_variable_any changed_, drained_;
  std::deque<HistoryItem> waiting_;
  bool writing_ = false;
  int since_prune_ = 0;
  std::jthread writer_;
};

}  // namespace ob::query
