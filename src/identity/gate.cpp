#include "identity/gate.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"

namespace ob::identity {
namespace {

constexpr auto kMaxWait = std::chrono::seconds(10);
constexpr std::size_t kMostServed = 10'000;

Error busy() {
  return {503, "identity.busy", "Too many sign-ins at once. Try again in a few seconds."};
}

}  // namespace

Gate::Turn Gate::enter(const Line& line) {
  std::unique_lock lock(mutex_);
  const auto of_network = std::ranges::count_if(
      waiting_, [&](const Waiting* w) { return w->line->network == line.network; });
  if (!line.network.empty() && of_network >= most_waiting_) throw busy();
  Waiting self{&line};
  waiting_.push_back(&self);
  call_next();
  const bool called = changed_.wait_for(lock, kMaxWait, [&] { return self.called; });
  if (!called) {
    std::erase(waiting_, &self);
    throw busy();
  }
  return Turn(*this);
}

void Gate::leave() {
  const std::scoped_lock lock(mutex_);
  --running_;
  call_next();
}

void Gate::call_next() {
  const auto last_turn = [this](const Waiting* w) {
    const auto found = served_.find(w->line->network);
    return found == served_.end() ? 0 : found->second;
  };
  while (running_ < at_once_ && !waiting_.empty()) {
    const auto next = std::ranges::min_element(waiting_, [&](const Waiting* a, const Waiting* b) {
      if (a->line->known != b->line->known) return a->line->known;
      return last_turn(a) < last_turn(b);
    });
    Waiting* chosen = *next;
    waiting_.erase(next);
    if (served_.size() >= kMostServed) served_.clear();
    served_[chosen->line->network] = ++turns_;
    chosen->called = true;
    ++running_;
  }
  changed_.notify_all();
}

}  // namespace ob::identity
