#include "identity/throttle.h"

#include <algorithm>
#include <chrono>

#include "identity/guard.h"
#include "identity/identity.h"

namespace ob::identity {
namespace {

constexpr Micros kSecond = 1'000'000;
constexpr Micros kMemory = 3600 * kSecond;  // failures are forgotten after this time without one
constexpr std::size_t kMaxEntries = 100'000;
constexpr auto kMaxWait = std::chrono::seconds(10);

}  // namespace

bool Throttle::ready(Entry& entry, const Limit& limit) {
  const Micros now = clock_();
  if (entry.running == 0 && now - entry.last > kMemory) entry = {};
  entry.last = now;
  if (now < entry.blocked_until) {
    throw Throttled((entry.blocked_until - now + kSecond - 1) / kSecond);
  }
  return entry.running == 0 || entry.failures + entry.running < limit.free;
}

Throttle::Attempt Throttle::begin(const std::string& account, const std::string& address) {
  const std::string network = network_of(address);
  const std::string pair = account + '\0' + network;
  std::unique_lock lock(mutex_);
  if (entries_.size() >= kMaxEntries) forget_old();
  const bool admitted = changed_.wait_for(lock, kMaxWait, [&] {
    return ready(entries_[pair], kPair) && ready(entries_[network], kAddress);
  });
  if (!admitted) throw Throttled(1);
  ++entries_[pair].running;
  ++entries_[network].running;
  return Attempt(*this, pair, network);
}

void Throttle::end(const std::string& pair, const std::string& address, Outcome outcome) {
  std::lock_guard lock(mutex_);
  const Micros now = clock_();
  const auto settle = [&](Entry& entry, const Limit& limit) {
    --entry.running;
    entry.last = now;
    if (outcome != Outcome::wrong) return;
    ++entry.failures;
    const int beyond = std::min(entry.failures - limit.free, 20);
    if (beyond >= 0) {
      entry.blocked_until = now + std::min(std::int64_t{1} << beyond, limit.most_s) * kSecond;
    }
  };
  settle(entries_[pair], kPair);
  settle(entries_[address], kAddress);
  // Not the address: an attacker may own one account there.
  if (outcome == Outcome::right) entries_[pair].failures = 0;
  changed_.notify_all();
}

void Throttle::forget_old() {
  const Micros now = clock_();
  std::erase_if(entries_, [&](const auto& item) {
    const Entry& e = item.second;
    return e.running == 0 && e.blocked_until <= now && (now - e.last > kMemory || e.failures < 5);
  });
}

}  // namespace ob::identity
