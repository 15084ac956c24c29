#pragma once
// What is counted for the metrics; from any thread.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace ob::collab {

struct Counters {
  // Seconds.
  static constexpr std::array kBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                         0.05,   0.1,   0.25,   0.5,   1.0,  5.0};
  std::atomic<std::int64_t> connections = 0, updates = 0, bytes_in = 0, bytes_out = 0, refused = 0,
                            compactions = 0, stores = 0, store_ns = 0, latency_ns = 0;
  std::array<std::atomic<std::int64_t>, kBounds.size() + 1> latency = {};

  void count(std::atomic<std::int64_t>& counter, std::int64_t by = 1) {
    counter.fetch_add(by, std::memory_order_relaxed);
  }
  void took(std::chrono::nanoseconds time) {
    const double seconds = std::chrono::duration<double>(time).count();
    std::size_t i = 0;
    while (i < kBounds.size() && seconds > kBounds[i]) ++i;
    count(latency[i]);
    count(latency_ns, time.count());
  }
};

}  // namespace ob::collab
