#include <gtest/gtest.h>

#include <thread>

#include "base/ascii.h"
#include "base/cancel.h"
#include "base/config.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/lru.h"
#include "base/text.h"
#include "base/time.h"

namespace ob {
namespace {

TEST(Time, FormatsAndParsesInstants) {
  EXPECT_EQ(format_instant(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_instant(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(parse_instant("1970-01-01"), 0);
  EXPECT_EQ(parse_instant("2026-11-21T09:02:36.5Z"),
            parse_instant("2026-11-21 10:02:36.500000+01:00"));
  for (const Micros t : {0L, 1'700'000'000'123'456L, -62'135'596'800'000'000L}) {
    EXPECT_EQ(parse_instant(format_instant(t)), t);
  }
  for (const char* bad : {"", "2026", "2026-13-01", "2026-02-30", "2026-01-01T25:00",
                          "2026-01-01T10:00:00.", "x", "2026-01-01T10:00:00 Mars"}) {
    EXPECT_FALSE(parse_instant(bad)) << bad;
  }
}

TEST(Ids, UuidsAreVersion7AndSortByTime) {
  const auto a = new_uuid();
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const auto b = new_uuid();
  EXPECT_EQ(a.size(), 36u);
  EXPECT_EQ(a[14], '7');
  EXPECT_LT(a, b);
}

TEST(Ids, Base64RoundTripsAndRefusesMalformed) {
  for (const std::string& data : {std::string(), std::string("f"), std::string("fo"),
                                  std::string("foo"), std::string("\xff\xfe\x00z", 4)}) {
    std::string back;
    EXPECT_TRUE(base64_decode(base64_encode(data), back));
    EXPECT_EQ(back, data);
    EXPECT_TRUE(base64url_decode(base64url_encode(data), back));
    EXPECT_EQ(back, data);
  }
  EXPECT_EQ(base64_encode("foob"), "Zm9vYg==");
  std::string out;
  for (const char* bad : {"Zg", "Zg=", "Z===", "Zh==", "Z*==", "=Zg="})
    EXPECT_FALSE(base64_decode(bad, out)) << bad;
}

TEST(Ids, Utf8FollowsRfc3629) {
  EXPECT_TRUE(valid_utf8("grüße €  \xf0\x9f\x98\x80"));
  for (const char* bad : {"\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80",
                          "a\xc3", "\xe2\x82"}) {
    EXPECT_FALSE(valid_utf8(bad));
  }
}

TEST(Text, CodePointsThereAndBack) {
  for (const char32_t c : {U'a', U'\x7F', U'\x80', U'ß', U'\x7FF', U'\x800', U'€', U'\xFFFF',
                           U'\x10000', U'😀', U'\x10FFFF'}) {
    std::string text = "x";
    append_code_point(text, c);
    EXPECT_TRUE(valid_utf8(text));
    std::size_t i = 1;
    EXPECT_EQ(next_code_point(text, i), c);
    EXPECT_EQ(i, text.size());
  }
}

TEST(Text, MarkupIsEscaped) {
  EXPECT_EQ(escape_markup("<a b=\"c\" d='e'>&amp;ü"),
            "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;ü");
}

TEST(Ascii, BlanksAndLetters) {
  EXPECT_EQ(ascii::trimmed(" \ta b\t "), "a b");
  EXPECT_EQ(ascii::trimmed("a\r\n"), "a\r\n");
  EXPECT_EQ(ascii::trimmed("\r\na \n", " \r\n"), "a");
  EXPECT_EQ(ascii::trimmed(" \t "), "");
  EXPECT_EQ(ascii::trimmed(""), "");
  EXPECT_EQ(ascii::lower("AZaz[@ÄÖ"), "azaz[@ÄÖ");
}

TEST(Ids, Sha256KnownAnswer) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Log, WritesLinesOfJson) {
  testing::internal::CaptureStderr();
  log::info("a \"thing\"", {{"ms", 15.308}, {"whole", 2000.0}, {"count", 7}, {"name", "x\ny"}});
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(
      line.ends_with("\"level\":\"info\",\"message\":\"a \\\"thing\\\"\",\"ms\":15.308,"
                     "\"whole\":2000,\"count\":7,\"name\":\"x\\ny\"}\n"))
      << line;
}

TEST(Lru, ForgetsWhatWasUsedLongestAgo) {
  LruCache<int> cache(10);
  cache.put("a", 1, 4);
  cache.put("b", 2, 4);
  EXPECT_EQ(cache.find("a"), 1);
  cache.put("c", 3, 4);  // 12: b goes
  EXPECT_EQ(cache.find("b"), std::nullopt);
  EXPECT_EQ(cache.find("a"), 1);
  EXPECT_EQ(cache.find("c"), 3);
  cache.put("a", 5, 10);
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(cache.find("a"), 5);
  cache.put("a", 6, 11);  // too large to keep, and the old one would be wrong
  EXPECT_EQ(cache.size(), 0U);
}

TEST(Cancel, RunsCallbacksOnce) {
  CancelToken token;
  int ran = 0;
  auto kept = token.on_cancel([&] { ++ran; });
  auto dropped = token.on_cancel([&] { ran += 100; });
  dropped.reset();
  token.cancel("stop");
  token.cancel("again");
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(token.reason(), "stop");
  auto late = token.on_cancel([&] { ++ran; });
  EXPECT_EQ(ran, 2);
}

TEST(Config, FlagsOverrideDefaultsAndErrorsNameTheSetting) {
  const auto config = Config::load({{"port", "0"}, {"samples", "on"}}, "");
  EXPECT_EQ(config.number("port"), 0);
  EXPECT_TRUE(config.flag("samples"));
  EXPECT_EQ(config.text("host"), "127.0.0.1");
  try {
    (void)Config::load({{"port", "70000"}}, "");
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("'port'"), std::string::npos);
    EXPECT_NE(std::string(e.what()).find("65535"), std::string::npos);
  }
  EXPECT_THROW((void)Config::load({{"nonsense", "1"}}, ""), Error);
}

}  // namespace
}  // namespace ob
