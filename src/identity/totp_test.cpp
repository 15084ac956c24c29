#include "identity/totp.h"

#include <gtest/gtest.h>

#include <set>

namespace ob::identity::totp {
namespace {

// RFC 6238, appendix B (SHA-1), the last six digits.
TEST(Totp, KnownValues) {
  const std::string secret = "12345678901234567890";
  for (const auto& [seconds, code] :
       std::vector<std::pair<std::int64_t, std::string>>{{59, "287082"},
                                                         {1111111109, "081804"},
                                                         {1111111111, "050471"},
                                                         {1234567890, "005924"},
                                                         {2000000000, "279037"},
                                                         {20000000000, "353130"}}) {
    EXPECT_EQ(code_at(secret, step_of(seconds * 1'000'000)), code) << seconds;
  }
}

TEST(Totp, Base32) {
  EXPECT_EQ(base32(""), "");
  EXPECT_EQ(base32("f"), "MY");
  EXPECT_EQ(base32("foobar"), "MZXW6YTBOI");
  EXPECT_EQ(base32("12345678901234567890"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

TEST(Totp, ACodeWorksOnceAndNotForLong) {
  const std::string secret = new_secret();
  const Micros now = 1'700'000'015'000'000;
  const auto step = step_of(now);
  for (std::int64_t near = -1; near <= 1; ++near) {
    EXPECT_EQ(match(secret, code_at(secret, step + near), now, 0), step + near);
  }
  EXPECT_FALSE(match(secret, code_at(secret, step), now, step));
  EXPECT_FALSE(match(secret, code_at(secret, step - 1), now, step));
  EXPECT_TRUE(match(secret, code_at(secret, step + 1), now, step));
  EXPECT_FALSE(match(secret, code_at(secret, step - 2), now, 0));
  EXPECT_FALSE(match(secret, code_at(secret, step + 2), now, 0));
  for (const auto* wrong : {"", "1", "1234567", "abcdef"})
    EXPECT_FALSE(match(secret, wrong, now, 0));
}

TEST(Totp, RecoveryCodes) {
  const auto codes = new_recovery_codes(10);
  EXPECT_EQ(std::set(codes.begin(), codes.end()).size(), 10u);
  for (const auto& code : codes) EXPECT_EQ(plain(code).size(), 10u);
  EXPECT_EQ(plain(" ABC-de f"), "abcdef");
}

TEST(Totp, Url) {
  EXPECT_EQ(
      url("f", "a b@c"),
      "otpauth://totp/OpenBricks:a%20b%40c?secret=MY&issuer=OpenBricks&algorithm=SHA1&digits=6"
      "&period=30");
}

}  // namespace
}  // namespace ob::identity::totp
