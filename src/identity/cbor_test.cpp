#include "identity/cbor.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace ob::identity::cbor {
namespace {

using namespace std::string_literals;

// The hex digits as bytes.
std::string bytes(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return out;
}

std::int64_t integer(const std::string& hex) {
  const std::string data = bytes(hex);
  Reader reader(data);
  const auto value = reader.integer();
  EXPECT_TRUE(reader.at_end()) << hex;
  return value;
}

bool skips(const std::string& data) {
  Reader reader(data);
  try {
    reader.skip();
  } catch (const Malformed&) {
    return false;
  }
  return reader.at_end();
}

TEST(Cbor, ReadsIntegers) {
  EXPECT_EQ(integer("00"), 0);
  EXPECT_EQ(integer("17"), 23);
  EXPECT_EQ(integer("1818"), 24);
  EXPECT_EQ(integer("1903e8"), 1000);
  EXPECT_EQ(integer("1a000f4240"), 1'000'000);
  EXPECT_EQ(integer("1b7fffffffffffffff"), INT64_MAX);
  EXPECT_EQ(integer("20"), -1);
  EXPECT_EQ(integer("26"), -7);
  EXPECT_EQ(integer("390100"), -257);
  EXPECT_EQ(integer("3b7fffffffffffffff"), INT64_MIN);
}

TEST(Cbor, ReadsMapsAndStrings) {
  const std::string data = bytes("a2636162634301020301f5");
  Reader reader(data);
  ASSERT_EQ(reader.map(), 2U);
  EXPECT_EQ(reader.text(), "abc");
  EXPECT_EQ(reader.next(), Type::bytes);
  EXPECT_EQ(reader.bytes(), "\x01\x02\x03"s);
  EXPECT_EQ(reader.integer(), 1);
  EXPECT_EQ(reader.next(), Type::simple);
  reader.skip();
  EXPECT_TRUE(reader.at_end());
  EXPECT_THROW(reader.next(), Malformed);
  EXPECT_THROW(reader.skip(), Malformed);
}

TEST(Cbor, RefusesOtherTypes) {
  const auto refused = [](const std::string& hex, auto read) {
    const std::string data = bytes(hex);
    Reader reader(data);
    EXPECT_THROW(read(reader), Malformed) << hex;
  };
  refused("4100", [](Reader& r) { r.integer(); });
  refused("1b8000000000000000", [](Reader& r) { r.integer(); });
  refused("6161", [](Reader& r) { r.bytes(); });
  refused("4161", [](Reader& r) { r.text(); });
  refused("80", [](Reader& r) { r.map(); });
}

TEST(Cbor, RefusesWhatIsNotCanonical) {
  for (const auto* hex : {"1817", "190017", "1900ff", "1a0000ffff", "1b00000000ffffffff",
                          "5803010203", "5f4101ff", "7f6161ff", "9f01ff", "bf0101ff", "c001",
                          "f93c00", "fb3ff199999999999a", "f7", "f820", "e0", "ff", "1c", "fe"}) {
    EXPECT_FALSE(skips(bytes(hex))) << hex;
  }
  for (const auto* hex : {"f4", "f5", "f6", "80", "a0", "8201a10102", "40", "60"}) {
    EXPECT_TRUE(skips(bytes(hex))) << hex;
  }
}

TEST(Cbor, RefusesHostileLengths) {
  EXPECT_FALSE(skips(bytes("5bffffffffffffffff00")));
  EXPECT_FALSE(skips(bytes("9bffffffffffffffff00")));
  EXPECT_FALSE(skips(bytes("bb800000000000000000")));
  EXPECT_FALSE(skips(bytes("ba0001000000")));
  EXPECT_FALSE(
      skips(bytes("43"
                  "0102")));
  EXPECT_FALSE(skips(bytes("19")));
  EXPECT_FALSE(skips(""));
}

TEST(Cbor, RefusesDeepAndLargeThings) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '\x81') + '\0';
  };
  EXPECT_TRUE(skips(nested(kMaxDepth)));
  EXPECT_FALSE(skips(nested(kMaxDepth + 1)));
  EXPECT_FALSE(skips(nested(1'000'000)));
  EXPECT_TRUE(skips(bytes("98ff") + std::string(255, '\0')));
  EXPECT_FALSE(skips(bytes("990101") + std::string(257, '\0')));
  // Many small ones are no way around it.
  EXPECT_FALSE(skips(bytes("98c8") + std::string(200, '\x81') + std::string(200, '\0')));
  std::string pairs = bytes("98c8");
  for (int i = 0; i < 200; ++i) pairs += "\x81\0"s;
  EXPECT_FALSE(skips(pairs));
}

TEST(Cbor, EndsWhateverItIsGiven) {
  std::mt19937 random(7);
  const std::string good = bytes("a3636162634301020301f582a10102182620f6");
  for (int i = 0; i < 20'000; ++i) {
    std::string data = good;
    for (int change = 0; change < 3; ++change) {
      data[random() % data.size()] = static_cast<char>(random());
    }
    data.resize(random() % (data.size() + 1));
    Reader reader(data);
    try {
      while (!reader.at_end()) reader.skip();
    } catch (const Malformed&) {
      EXPECT_LE(reader.position(), data.size());
    }
  }
}

}  // namespace
}  // namespace ob::identity::cbor
