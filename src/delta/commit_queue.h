#pragma once
// The order of one table's commits in this process. While one is being written others gather, and
// blind appends that wait side by side become one commit: each of them could have been in it.
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <vector>

#include "delta/delta.h"

namespace ob::delta {

// Whether a commit may be joined with others like it: it adds files and does nothing else.
bool may_join(const CommitRequest& request);
// Whether two commits that may be joined say the same of themselves (who, what, how).
bool alike(const CommitRequest& a, const CommitRequest& b);
// One commit with all files, on the oldest base (so that it is checked against all that any of them
// has not seen) and with the sums of the metrics.
CommitRequest join(const std::vector<const CommitRequest*>& requests);

// Thread-safe.
class CommitQueue {
 public:
  // Writes one commit and gives its version. Never called by two threads at once.
  using Commit = std::function<std::int64_t(const CommitRequest&)>;
  explicit CommitQueue(Commit commit) : commit_(std::move(commit)) {}

  // Waits for its turn; the version in which the request's actions are, or what Commit throws. A
  // lone request does not wait for company.
  std::int64_t run(const CommitRequest& request);

 private:
  struct Waiting {
    const CommitRequest& request;
    const bool joins;
    std::condition_variable turn;
    std::int64_t version = 0;
    std::exception_ptr failure;
    bool done = false;
  };
  std::vector<Waiting*> take_group();
  void commit_together(const std::vector<Waiting*>& group);
  void commit_one(Waiting& waiting);

  const Commit commit_;
  std::mutex mutex_;
  std::deque<Waiting*> waiting_;  // in order of arrival
  bool busy_ = false;
};

}  // namespace ob::delta
