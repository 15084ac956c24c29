// Counts of times in nanoseconds, exact to 1.6 %, whatever their range.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace load {

class Histogram {
 public:
  void add(std::int64_t value) {
    ++counts_[bucket(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)))];
    ++count_;
  }

  std::uint64_t count() const { return count_; }

  // The time that a share of all stays within; 0 of none.
  std::uint64_t at(double share) const {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > 0 && seen >= wanted) return highest(i);
    }
    return 0;
  }

 private:
  static constexpr int kBits = 6;

  static std::size_t bucket(std::uint64_t value) {
    const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kBits - 1);
    return (static_cast<std::size_t>(shift) << kBits) + (value >> shift);
  }

  static std::uint64_t highest(std::size_t bucket) {
    if (bucket < (2U << kBits)) return bucket;
    const std::uint64_t shift = (bucket >> kBits) - 1;
    const std::uint64_t mantissa = bucket - (shift << kBits);
    return ((mantissa + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 << kBits)> counts_{};
  std::uint64_t count_ = 0;
};

}  // namespace load
