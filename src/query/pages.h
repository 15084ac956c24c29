#pragma once
// Results that clients fetch page by page: open between requests, a bounded number for each user.
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include "query/query.h"

namespace ob::query {

// One open result and where its reader stands.
class PagedResult {
 public:
  PagedResult(std::unique_ptr<Execution> execution, std::int64_t page_rows)
      : execution_(std::move(execution)), page_rows_(page_rows) {}
  // Appends the next rows as JSON arrays without brackets around them; false when none are left
  // after them. A page ends at page_rows rows or some 8 MB.
  bool next_page(std::string& rows);
  Execution& execution() { return *execution_; }

 private:
  bool fill();
  std::unique_ptr<Execution> execution_;
  std::unique_ptr<engine::Batch> batch_;
  std::int64_t offset_ = 0, page_rows_;
};

// Thread-safe.
class Pages {
 public:
  explicit Pages(const Options& options);
  ~Pages();
  // Keeps a result for its user until it is asked for; gives the cursor. Closes the user's oldest
  // when there are too many.
  std::string keep(const std::string& user_id, std::unique_ptr<PagedResult> result);
  // Takes it out again; throws 404 query.cursorNotFound.
  std::unique_ptr<PagedResult> take(const std::string& user_id, const std::string& cursor);

 private:
  struct Kept {
    std::string cursor, user_id;
    Micros since = 0;
    std::unique_ptr<PagedResult> result;
  };
  void sweep(const std::stop_token& stop);
  const Options options_;
  std::mutex mutex_;
  std::condition_variable_any stopping_;
  std::list<Kept> kept_;  // oldest first
  std::jthread sweeper_;
};

}  // namespace ob::query
