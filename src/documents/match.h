#pragma once
// What two sequences have in common, in order: Myers' algorithm in linear space, bounded in steps.
#include <cstdint>
#include <span>
#include <vector>

namespace ob::documents {

struct Match {
  std::size_t a = 0, b = 0, length = 0;
};

// In order, never adjacent on both sides. Takes what it does off `budget`; where that runs out or
// the two differ by thousands of elements, more is found to differ than needs to.
std::vector<Match> match(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b,
                         std::int64_t& budget);

}  // namespace ob::documents
