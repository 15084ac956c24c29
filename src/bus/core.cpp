#include "bus/core.h"

#include "base/log.h"

namespace ob::bus {

Subscription::~Subscription() {
  if (entry_) core_->end(*entry_);
}

Subscription& Subscription::operator=(Subscription&& other) noexcept {
  if (this == &other) return *this;
  if (entry_) core_->end(*entry_);
  core_ = std::move(other.core_);
  entry_ = std::move(other.entry_);
  return *this;
}

bool Subscription::wait(std::chrono::milliseconds most) const {
  return entry_ && core_->wait(*entry_, most);
}

namespace detail {

namespace {
using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kChorePause{100};
}  // namespace

Core::Core(const Options& options, Hooks hooks) : options_(options), hooks_(std::move(hooks)) {}

Core::~Core() {
  stop();
}

void Core::start() {
  thread_ = std::thread([this] { run(); });
}

void Core::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    hooks_ = {};
  }
  wake_.notify_all();
  readiness_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Subscription Core::subscribe(const std::string& channel, Bus::Handler handler, Bus::Gap gap) {
  auto entry = std::make_shared<Entry>();
  entry->channel = channel;
  entry->handler = std::move(handler);
  entry->gap = std::move(gap);
  const std::scoped_lock lock(mutex_);
  Channel& of = channels_[channel];
  const bool first = of.entries.empty();
  of.entries.push_back(entry);
  if (first) {
    of.ready = !hooks_.first;
    of.whole = of.ready || hooks_.connected();
    if (hooks_.first) hooks_.first(channel);
  }
  return {shared_from_this(), std::move(entry)};
}

void Core::end(Entry& entry) {
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = channels_.find(entry.channel); found != channels_.end()) {
      std::erase_if(found->second.entries, [&](const auto& e) { return e.get() == &entry; });
      if (found->second.entries.empty()) {
        channels_.erase(found);
        if (hooks_.last) hooks_.last(entry.channel);
      }
    }
  }
  const std::scoped_lock running(entry.running);
  entry.ended = true;
}

bool Core::wait(const Entry& entry, std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  const auto held = [&] {
    const auto found = channels_.find(entry.channel);
    return stopping_ || found == channels_.end() || found->second.ready;
  };
  return readiness_.wait_for(lock, most, held) && !stopping_;
}

void Core::queue_gap(const std::string& name, Channel& channel) {
  if (channel.gap_queued) return;
  channel.gap_queued = true;
  Item item{name, {}, true};
  bytes_ += cost(item);
  queue_.push_back(std::move(item));
  wake_.notify_one();
}

bool Core::listens(const std::string& channel) const {
  const std::scoped_lock lock(mutex_);
  return channels_.contains(channel);
}

void Core::deliver(const std::string& channel, std::string message) {
  const std::scoped_lock lock(mutex_);
  const auto found = channels_.find(channel);
  if (found == channels_.end()) return;
  Item item{channel, std::move(message), false};
  if (bytes_ + cost(item) > options_.queue_bytes) {
    ++stats_.dropped;
    return queue_gap(channel, found->second);
  }
  bytes_ += cost(item);
  queue_.push_back(std::move(item));
  wake_.notify_one();
}

void Core::gap(const std::string& channel) {
  const std::scoped_lock lock(mutex_);
  const auto found = channels_.find(channel);
  if (found != channels_.end()) queue_gap(channel, found->second);
}

void Core::gap_everywhere() {
  const std::scoped_lock lock(mutex_);
  for (auto& [name, channel] : channels_) queue_gap(name, channel);
}

void Core::ready(const std::string& channel) {
  const std::scoped_lock lock(mutex_);
  const auto found = channels_.find(channel);
  if (found == channels_.end()) return;
  if (!found->second.whole) queue_gap(channel, found->second);
  found->second.ready = true;
  readiness_.notify_all();
}

void Core::lost() {
  const std::scoped_lock lock(mutex_);
  for (auto& [name, channel] : channels_) channel.ready = channel.whole = false;
}

void Core::poke() {
  const std::scoped_lock lock(mutex_);
  if (chore_at_ || stopping_) return;
  chore_at_ = Clock::now() + kChorePause;
  wake_.notify_one();
}

void Core::count_published() {
  const std::scoped_lock lock(mutex_);
  ++stats_.published;
}

void Core::count_dropped() {
  const std::scoped_lock lock(mutex_);
  ++stats_.dropped;
}

Bus::Stats Core::stats() const {
  const std::scoped_lock lock(mutex_);
  return stats_;
}

void Core::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto due = [&] { return stopping_ || !queue_.empty(); };
    if (chore_at_) {
      wake_.wait_until(lock, *chore_at_, due);
    } else {
      wake_.wait(lock, [&] { return due() || chore_at_; });
    }
    if (stopping_) return;
    if (chore_at_ && Clock::now() >= *chore_at_) {
      chore_at_.reset();
      const auto chore = hooks_.chore;
      lock.unlock();
      const bool again = chore && chore();
      lock.lock();
      if (again) chore_at_ = Clock::now() + kChorePause;
    }
    if (!queue_.empty()) take(lock);
  }
}

// Calls those who listen for the oldest item, without the lock.
void Core::take(std::unique_lock<std::mutex>& lock) {
  const Item item = std::move(queue_.front());
  queue_.pop_front();
  bytes_ -= cost(item);
  Entries entries;
  if (const auto found = channels_.find(item.channel); found != channels_.end()) {
    entries = found->second.entries;
    if (item.gap) found->second.gap_queued = false;
  }
  (item.gap ? stats_.gaps : stats_.delivered) += entries.size();
  lock.unlock();
  call(item, entries);
  entries.clear();
  lock.lock();
}

void Core::call(const Item& item, const Entries& entries) {
  for (const auto& entry : entries) {
    const std::scoped_lock running(entry->running);
    if (entry->ended) continue;
    try {
      if (item.gap) {
        if (entry->gap) entry->gap();
      } else {
        entry->handler(item.message);
      }
    } catch (const std::exception& e) {
      log::error("a handler of the bus failed",
                 {{"channel", item.channel.c_str()}, {"error", e.what()}});
    }
  }
}

}  // namespace detail
}  // namespace ob::bus
