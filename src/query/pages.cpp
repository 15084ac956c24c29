#include "query/pages.h"

#include <algorithm>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"

namespace ob::query {
namespace {

constexpr std::size_t page_bytes = 8 * 1024 * 1024;
constexpr std::int64_t step_rows = 1000;

}  // namespace

bool PagedResult::fill() {
  while (!batch_ || offset_ >= batch_->rows()) {
    batch_ = execution_->next();
    offset_ = 0;
    if (!batch_) return false;
  }
  return true;
}

bool PagedResult::next_page(std::string& rows) {
  const std::size_t begin = rows.size();
  std::int64_t left = page_rows_;
  while (left > 0 && rows.size() - begin < page_bytes) {
    if (!fill()) return false;
    const std::int64_t count = std::min({left, batch_->rows() - offset_, step_rows});
    if (rows.size() > begin) rows += ',';
    batch_->append_json(rows, offset_, offset_ + count);
    offset_ += count;
    left -= count;
  }
  return fill();
}

Pages::Pages(const Options& options)
    : options_(options), sweeper_([this](const std::stop_token& stop) { sweep(stop); }) {}

Pages::~Pages() {
  sweeper_.request_stop();
}

std::string Pages::keep(const std::string& user_id, std::unique_ptr<PagedResult> result) {
  result->execution().park();
  std::list<Kept> closed;  // destroyed outside the lock
  std::string cursor = random_token(24);
  {
    const std::lock_guard lock(mutex_);
    kept_.push_back({cursor, user_id, now_micros(), std::move(result)});
    const auto mine = [&](const Kept& kept) { return kept.user_id == user_id; };
    if (std::ranges::count_if(kept_, mine) > options_.cursors_per_user)
      closed.splice(closed.end(), kept_, std::ranges::find_if(kept_, mine));
  }
  return cursor;
}

std::unique_ptr<PagedResult> Pages::take(const std::string& user_id, const std::string& cursor) {
  std::unique_ptr<PagedResult> result;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find_if(
        kept_, [&](const Kept& kept) { return kept.user_id == user_id && kept.cursor == cursor; });
    if (found == kept_.end())
      throw not_found("query.cursorNotFound",
                      "This page is no longer open: a cursor works once and closes after five idle "
                      "minutes. Run the query again.");
    result = std::move(found->result);
    kept_.erase(found);
  }
  result->execution().resume();
  return result;
}

void Pages::sweep(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    stopping_.wait_for(lock, stop, std::chrono::seconds(5), [] { return false; });
    const Micros edge = now_micros() - options_.cursor_idle_s * 1'000'000;
    std::list<Kept> closed;
    for (auto kept = kept_.begin(); kept != kept_.end();) {
      const auto next = std::next(kept);
      if (kept->since < edge) closed.splice(closed.end(), kept_, kept);
      kept = next;
    }
    if (closed.empty()) continue;
    lock.unlock();
    closed.clear();
    lock.lock();
  }
}

}  // namespace ob::query
