#include "base/cancel.h"

#include <list>
#include <mutex>

namespace ob {

struct CancelToken::State {
  std::mutex mutex;  // guards the fields
  std::recursive_mutex
      running;  // held while callbacks run, so that a handle's destruction can wait for them
  bool cancelled = false;
  std::string reason;
  std::list<std::function<void()>> callbacks;
};

CancelToken::CancelToken() : state_(std::make_shared<State>()) {}

void CancelToken::cancel(std::string reason) const {
  const std::scoped_lock run(state_->running);
  std::list<std::function<void()>> callbacks;
  {
    const std::scoped_lock lock(state_->mutex);
    if (state_->cancelled) return;
    state_->cancelled = true;
    state_->reason = std::move(reason);
    callbacks = state_->callbacks;
  }
  for (const auto& callback : callbacks) callback();
}

bool CancelToken::cancelled() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->cancelled;
}

std::string CancelToken::reason() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->reason;
}

CancelToken::Handle CancelToken::on_cancel(std::function<void()> callback) const {
  std::unique_lock lock(state_->mutex);
  if (state_->cancelled) {
    lock.unlock();
    callback();
    return nullptr;
  }
  auto at = state_->callbacks.insert(state_->callbacks.end(), std::move(callback));
  // The pointer is only a token: its deleter takes the callback out.
  return {static_cast<void*>(&*at), [state = state_, at](void*) {
            const std::scoped_lock run(state->running);
            const std::scoped_lock guard(state->mutex);
            state->callbacks.erase(at);
          }};
}

}  // namespace ob
