#include "delta/commit_queue.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "delta/text.h"

namespace ob::delta {
namespace {

constexpr std::size_t kMaxJoined = 256;
constexpr std::size_t kMaxJoinedFiles = 10'000;

std::optional<std::int64_t> number(const boost::json::value& value) {
  std::int64_t out = 0;
  if (value.is_int64()) return value.get_int64();
  if (value.is_string() && parse_whole(std::string_view(value.get_string()), out)) return out;
  return std::nullopt;
}

}  // namespace

bool may_join(const CommitRequest& request) {
  if (!request.base || request.operation != "WRITE" || request.actions.empty() ||
      request.reads.whole_table || request.reads.predicates ||
      !request.reads.removed_paths.empty()) {
    return false;
  }
  const auto added = [](const Action& a) {
    const auto* add = std::get_if<Add>(&a);
    return add && add->data_change;
  };
  return std::ranges::all_of(request.actions, added) &&
         std::ranges::all_of(request.metrics, [](const auto& m) {
           const auto n = number(m.value());
           return n && *n >= 0 && *n <= std::numeric_limits<std::int64_t>::max() / 1024;
         });
}

bool alike(const CommitRequest& a, const CommitRequest& b) {
  return a.user_id == b.user_id && a.user_name == b.user_name && a.parameters == b.parameters &&
         a.base->metadata().id == b.base->metadata().id;
}

CommitRequest join(const std::vector<const CommitRequest*>& requests) {
  CommitRequest out = *requests.front();
  boost::json::object sums;
  out.actions.clear();
  for (const auto* request : requests) {
    if (request->base->version() < out.base->version()) out.base = request->base;
    out.actions.insert(out.actions.end(), request->actions.begin(), request->actions.end());
    for (const auto& [key, value] : request->metrics) {
      auto& sum = sums[key];
      sum = (sum.is_null() ? 0 : sum.as_int64()) + *number(value);
    }
  }
  out.metrics = std::move(sums);
  return out;
}

std::vector<CommitQueue::Waiting*> CommitQueue::take_group() {
  std::vector<Waiting*> group{waiting_.front()};
  waiting_.pop_front();
  const auto& first = *group.front();
  if (!first.joins) return group;
  std::size_t files = first.request.actions.size();
  std::erase_if(waiting_, [&](Waiting* other) {
    const auto size = other->request.actions.size();
    if (group.size() >= kMaxJoined || !other->joins || files + size > kMaxJoinedFiles ||
        !alike(first.request, other->request)) {
      return false;
    }
    files += size;
    group.push_back(other);
    return true;
  });
  return group;
}

void CommitQueue::commit_one(Waiting& waiting) {
  try {
    waiting.version = commit_(waiting.request);
  } catch (...) {
    waiting.failure = std::current_exception();
  }
}

void CommitQueue::commit_together(const std::vector<Waiting*>& group) {
  try {
    std::vector<const CommitRequest*> requests;
    for (const auto* w : group) requests.push_back(&w->request);
    const auto version = commit_(join(requests));
    for (auto* w : group) w->version = version;
  } catch (const Error& e) {
    if (e.id() == kUnknownOutcome) {
      for (auto* w : group) w->failure = std::make_exception_ptr(e);
      return;
    }
    // One of them may be at fault: each for itself.
    for (auto* w : group) commit_one(*w);
  } catch (...) {
    for (auto* w : group) w->failure = std::current_exception();
  }
}

std::int64_t CommitQueue::run(const CommitRequest& request) {
  Waiting mine{.request = request, .joins = may_join(request)};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&mine);
  mine.turn.wait(lock, [&] { return mine.done || (!busy_ && waiting_.front() == &mine); });
  if (!mine.done) {
    const auto group = take_group();
    busy_ = true;
    lock.unlock();
    if (group.size() == 1) {
      commit_one(mine);
    } else {
      commit_together(group);
    }
    lock.lock();
    busy_ = false;
    for (auto* w : group) {
      w->done = true;
      w->turn.notify_one();
    }
    if (!waiting_.empty()) waiting_.front()->turn.notify_one();
  }
  lock.unlock();
  if (mine.failure) std::rethrow_exception(mine.failure);
  return mine.version;
}

}  // namespace ob::delta
