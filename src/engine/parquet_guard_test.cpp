#include "engine/parquet_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace ob::engine {
namespace {

using testing::HasSubstr;

std::string number(std::uint64_t n) {
  std::string out;
  for (; n > 127; n >>= 7) out += static_cast<char>((n & 127) | 128);
  return out + static_cast<char>(n);
}

// A list of structs as the next field but `skipped` ones.
std::string structs(int step, std::uint64_t count, const std::string& items) {
  return std::string{static_cast<char>(step << 4 | 9), '\xFC'} + number(count) + items;
}

// A column, or what holds some.
std::string element(std::uint64_t children) {
  std::string out = std::string("\x48\x01") + "a";
  if (children > 0) out += '\x15' + number(children << 1);
  return out + '\0';
}

std::string footer(const std::string& elements, std::uint64_t count, const std::string& groups = {},
                   std::uint64_t group_count = 0) {
  std::string out = std::string("\x15\x02") + structs(1, count, elements) + std::string("\x16\x02");
  return out + structs(1, group_count, groups) + '\0';
}

std::string fault(const std::string& text) {
  return footer_fault(text).value_or("none");
}

TEST(ParquetGuard, TakesSchemasOfUse) {
  EXPECT_EQ(fault(footer(element(2) + element(0) + element(1) + element(0), 4)), "none");
  std::string wide = element(20'000);
  for (int i = 0; i < 20'000; ++i) wide += element(0);
  EXPECT_EQ(fault(footer(wide, 20'001)), "none");
  std::string deep;  // many, but beside each other
  for (int i = 0; i < 1000; ++i) deep += element(1) + element(0);
  EXPECT_EQ(fault(footer(element(1000) + deep, 2001)), "none");
}

TEST(ParquetGuard, RefusesDepthAndNumbers) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += element(1);
  EXPECT_THAT(fault(footer(deep + element(0), 1001)), HasSubstr("nested deeper than 300"));
  std::string wide = element(100'001);
  for (int i = 0; i < 100'001; ++i) wide += element(0);
  EXPECT_THAT(fault(footer(wide, 100'002)), HasSubstr("more than 100000 parts"));
  EXPECT_THAT(fault(footer(element(0), 1u << 31)), HasSubstr("counts more than it holds"));
  EXPECT_THAT(fault(footer(element(0), 1, std::string(70'000, '\0'), 70'000)),
              HasSubstr("more than 65536 row groups"));
  EXPECT_THAT(fault(std::string(100'000, '\x1C')), HasSubstr("nested too deeply"));
  EXPECT_THAT(fault("\x19" + std::string(100'000, '\x19')), HasSubstr("nested too deeply"));
  EXPECT_THAT(fault(std::string("\x18\xFF\xFF\xFF\xFF\x0F")), HasSubstr("cut off"));
}

TEST(ParquetGuard, StandsNoise) {
  std::minstd_rand random(7);
  const std::string good = footer(element(2) + element(0) + element(0), 3);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = i % 2 == 0 ? good : std::string(random() % 60, '\0');
    for (auto& c : text)
      if (i % 2 == 1 || random() % 8 == 0) c = static_cast<char>(random());
    footer_fault(text);
    footer_fault(std::string_view(good).substr(0, static_cast<std::size_t>(i) % good.size()));
  }
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_NE(fault(good.substr(0, n)), "none") << n;
}

}  // namespace
}  // namespace ob::engine
