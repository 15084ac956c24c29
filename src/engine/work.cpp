#include "engine/work.h"

#include <algorithm>

namespace ob::engine {

void Work::interrupt() {
  ++interrupts_;
  const std::lock_guard lock(mutex_);
  for (const auto& other : others_) other();
}

std::shared_ptr<void> Work::join(std::function<void()> interrupt) {
  const std::lock_guard lock(mutex_);
  const auto joined = others_.insert(others_.end(), std::move(interrupt));
  return {nullptr, [this, joined](void*) {
            const std::lock_guard guard(mutex_);
            others_.erase(joined);
          }};
}

std::shared_ptr<Work::Progress> Work::begin(std::size_t total) {
  auto progress = std::make_shared<Progress>(total);
  const std::lock_guard lock(mutex_);
  std::erase_if(begun_, [](const auto& old) { return old.expired(); });
  begun_.push_back(progress);
  return progress;
}

double Work::progress() {
  std::size_t total = 0, done = 0;
  const std::lock_guard lock(mutex_);
  for (const auto& begun : begun_)
    if (const auto progress = begun.lock()) {
      total += progress->total;
      done += std::min<std::size_t>(progress->done, progress->total);
    }
  return total == 0 ? -1 : 100.0 * static_cast<double>(done) / static_cast<double>(total);
}

void Works::add(idx_t connection, std::shared_ptr<Work> work) {
  const std::lock_guard lock(mutex_);
  works_[connection] = std::move(work);
}

void Works::remove(idx_t connection) {
  const std::lock_guard lock(mutex_);
  works_.erase(connection);
}

std::shared_ptr<Work> Works::find(idx_t connection) {
  const std::lock_guard lock(mutex_);
  const auto found = works_.find(connection);
  return found == works_.end() ? nullptr : found->second;
}

}  // namespace ob::engine
