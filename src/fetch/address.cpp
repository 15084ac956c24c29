// Which addresses are not of the public internet (IANA's special-purpose registries).
#include <algorithm>
#include <array>

#include "fetch/fetch.h"

namespace ob::fetch {
namespace {

struct Block {
  std::array<unsigned char, 4> start;
  int bits;
};

constexpr std::array<Block, 16> kV4{{{{0, 0, 0, 0}, 8},
                                     {{10, 0, 0, 0}, 8},
                                     {{100, 64, 0, 0}, 10},
                                     {{127, 0, 0, 0}, 8},
                                     {{169, 254, 0, 0}, 16},
                                     {{172, 16, 0, 0}, 12},
                                     {{192, 0, 0, 0}, 24},
                                     {{192, 0, 2, 0}, 24},
                                     {{192, 88, 99, 0}, 24},
                                     {{192, 168, 0, 0}, 16},
                                     {{198, 18, 0, 0}, 15},
                                     {{198, 51, 100, 0}, 24},
                                     {{203, 0, 113, 0}, 24},
                                     {{224, 0, 0, 0}, 4},
                                     {{240, 0, 0, 0}, 4},
                                     {{255, 255, 255, 255}, 32}}};

unsigned char at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

bool covers(const Block& block, std::string_view bytes) {
  for (int bit = 0; bit < block.bits; ++bit) {
    const auto byte = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if ((at(bytes, byte) & mask) != (block.start[byte] & mask)) return false;
  }
  return true;
}

bool private_v4(std::string_view bytes) {
  return std::ranges::any_of(kV4, [&](const Block& block) { return covers(block, bytes); });
}

bool private_v6(std::string_view bytes) {
  const auto zeros = [&](std::size_t from, std::size_t to) {
    return std::ranges::all_of(bytes.substr(from, to - from), [](char c) { return c == 0; });
  };
  // Addresses that carry one of IPv4: mapped, compatible, translated (64:ff9b::/96), 6to4.
  if (zeros(0, 10) && at(bytes, 10) == 0xFF && at(bytes, 11) == 0xFF) {
    return private_v4(bytes.substr(12));
  }
  if (zeros(0, 12)) return true;
  if (at(bytes, 0) == 0 && at(bytes, 1) == 0x64 && at(bytes, 2) == 0xFF && at(bytes, 3) == 0x9B) {
    return !zeros(4, 12) || private_v4(bytes.substr(12));
  }
  if (at(bytes, 0) == 0x20 && at(bytes, 1) == 0x02) return private_v4(bytes.substr(2, 4));
  // 2001::/23 (Teredo and other protocols) and 2001:db8::/32 (documentation).
  if (at(bytes, 0) == 0x20 && at(bytes, 1) == 0x01) {
    return (at(bytes, 2) & 0xFE) == 0 || (at(bytes, 2) == 0x0D && at(bytes, 3) == 0xB8);
  }
  // All others that are given out begin with 001.
  return (at(bytes, 0) & 0xE0) != 0x20;
}

}  // namespace

bool is_private(std::string_view address_bytes) {
  if (address_bytes.size() == 4) return private_v4(address_bytes);
  if (address_bytes.size() == 16) return private_v6(address_bytes);
  return true;
}

}  // namespace ob::fetch
