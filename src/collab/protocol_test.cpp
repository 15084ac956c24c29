#include "collab/protocol.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace {

using namespace ob::collab;

TEST(Protocol, NumbersGoBothWays) {
  for (const std::uint64_t number : {0ULL, 1ULL, 127ULL, 128ULL, 300ULL, (1ULL << 53) - 1}) {
    std::string bytes;
    put_number(bytes, number);
    Reader reader(bytes);
    EXPECT_EQ(reader.number(), number);
    EXPECT_TRUE(reader.done());
  }
}

TEST(Protocol, MessagesAsOthersWriteThem) {
  EXPECT_EQ(sync_message(SyncType::step1, std::string(1, '\0')), std::string("\0\0\1\0", 4));
  EXPECT_EQ(sync_message(SyncType::update, "ab"), std::string("\0\2\2ab", 5));
  EXPECT_EQ(awareness_message("x"), "\x01\x01x");
  EXPECT_EQ(denied_message("no"), std::string("\x02\0\x02no", 5));
}

TEST(Protocol, WhatIsShortOrTooLargeIsRefused) {
  EXPECT_THROW(Reader("").number(), ob::Error);
  EXPECT_THROW(Reader("\xff").number(), ob::Error);
  EXPECT_THROW(Reader(std::string(20, '\xff')).number(), ob::Error);
  EXPECT_THROW(Reader("\x05"
                      "abc")
                   .bytes(),
               ob::Error);
  EXPECT_THROW(Reader("\xff\xff\xff\xff\xff\xff\xff\x7f"
                      "abc")
                   .bytes(),
               ob::Error);
}

}  // namespace
