#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "audit/audit.h"

namespace ob::audit {

class AuditService final : public Audit {
 public:
  AuditService(db::Database& database, const Options& options);
  ~AuditService() override { stop(); }

  void record(Event event) override;
  void record_durably(Event event) override;
  void require_working() override;
  std::vector<Entry> list(const Filter& filter, const std::optional<Position>& after,
                          std::size_t limit) override;
  std::vector<db::Row> scan(const std::vector<std::size_t>& columns, const Position& after,
                            Micros end, std::size_t limit) override;
  std::int64_t clean_up(const std::function<bool()>& stopped) override;
  void stop() override;

 private:
  // The number of the entry: how many were taken up to it.
  std::uint64_t enqueue(std::unique_lock<std::mutex>& lock, Event event);
  void work();
  // Takes a batch in hand, unless one is, and writes it; false: it stays in hand. No other thread
  // may be writing.
  bool write_batch(std::unique_lock<std::mutex>& lock);
  // Whether they are in the database; tells why not.
  bool store(const std::vector<Entry>& batch, std::optional<Error>& failure);
  bool away() const;  // the database takes no entries
  [[noreturn]] void give_up() const;

  db::Database& db_;
  const Options options_;
  std::mutex mutex_;
  std::condition_variable work_, progress_;
  std::deque<Entry> waiting_;
  std::vector<Entry> in_hand_;     // the batch that is written, or tried again
  std::size_t taken_in_hand_ = 0;  // the entries that it was made of
  bool writing_ = false;           // a thread writes it, without the lock
  std::uint64_t taken_ = 0, stored_ = 0;
  int urgent_ = 0;                // threads that wait until all is durable
  Micros failing_since_ = 0;      // 0: the last batch was written
  std::optional<Error> failure_;  // of the last batch, where it says how to mend it
  bool stopping_ = false;
  std::thread writer_;
};

}  // namespace ob::audit
