#include "collab/awareness.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "collab/json_state.h"
#include "collab/protocol.h"

namespace {

using namespace ob::collab;

std::string update(std::uint64_t client, std::uint64_t clock, std::string_view json) {
  std::string out;
  put_number(out, 1);
  put_number(out, client);
  put_number(out, clock);
  put_bytes(out, json);
  return out;
}

std::string nested(int depth, const std::string& begin, const std::string& end) {
  std::string out = "{\"a\":";
  for (int i = 1; i < depth; ++i) out += begin;
  out += "1";
  for (int i = 1; i < depth; ++i) out += end;
  return out + "}";
}

TEST(States, AreObjectsOrNothing) {
  for (const std::string& good :
       {std::string("null"), std::string(" {} "), std::string(R"({"a":1,"b":[true,false,null]})"),
        std::string(R"({"a":{"b":[[],{}]},"c":"\u00e9\ud83d\n\\\"é"})"),
        std::string(R"({"":-0,"a":0.5,"b":1e5,"c":-12.5E-3,"d":1e+400})"), nested(64, "[", "]"),
        nested(64, "{\"a\":", "}")}) {
    EXPECT_TRUE(is_state(good)) << good;
  }
  for (const std::string& bad : {std::string(),
                                 std::string("nul"),
                                 std::string("1"),
                                 std::string("\"a\""),
                                 std::string("[]"),
                                 std::string("{}{}"),
                                 std::string("{"),
                                 std::string("{]"),
                                 std::string("{\"a\"}"),
                                 std::string("{\"a\":}"),
                                 std::string("{\"a\":1,}"),
                                 std::string("{,}"),
                                 std::string("{a:1}"),
                                 std::string("{\"a\":01}"),
                                 std::string("{\"a\":.5}"),
                                 std::string("{\"a\":1.}"),
                                 std::string("{\"a\":+1}"),
                                 std::string("{\"a\":1e}"),
                                 std::string("{\"a\":NaN}"),
                                 std::string("{\"a\":\"\\x\"}"),
                                 std::string("{\"a\":\"\\u12g4\"}"),
                                 std::string("{\"a\":\"\\u12"),
                                 std::string("{\"a\":\"\\"),
                                 std::string("{\"a\":\"\n\"}"),
                                 std::string("{\"a\":\"\0\"}", 9),
                                 std::string("{}\0", 3),
                                 nested(65, "[", "]"),
                                 nested(65, "{\"a\":", "}"),
                                 std::string(60'000, '['),
                                 std::string(60'000, '{')}) {
    EXPECT_FALSE(is_state(bad)) << bad.substr(0, 100);
  }
}

class Awareness : public testing::Test {
 protected:
  int a = 0, b = 0;
  ob::collab::Awareness awareness;
};

TEST_F(Awareness, OnlyNewerStatesCount) {
  EXPECT_EQ(awareness.update(&a, "ann", update(7, 1, "{}")), update(7, 1, "{}"));
  EXPECT_EQ(awareness.update(&a, "ann", update(7, 1, "{\"x\":1}")), "");
  EXPECT_EQ(awareness.update(&a, "ann", update(7, 0, "{\"x\":1}")), "");
  EXPECT_EQ(awareness.update(&a, "ann", update(7, 2, "{\"x\":1}")), update(7, 2, "{\"x\":1}"));
  EXPECT_EQ(awareness.all(), update(7, 2, "{\"x\":1}"));
}

TEST_F(Awareness, WhoLeavesTakesTheirClientsAlong) {
  awareness.update(&a, "ann", update(7, 1, "{}"));
  awareness.update(&b, "ann", update(8, 1, "{}"));
  // A repetition of what was heard makes nobody the owner, nor can it end another's presence.
  EXPECT_EQ(awareness.update(&b, "ann", update(7, 1, "null")), "");
  EXPECT_EQ(awareness.leave(&a), update(7, 1, "null"));
  EXPECT_EQ(awareness.leave(&a), "");
  EXPECT_EQ(awareness.all(), update(8, 1, "{}"));
  // What was late does not bring them back.
  EXPECT_EQ(awareness.update(&b, "ann", update(7, 1, "{}")), "");
}

TEST_F(Awareness, OneselfMayEndOnesPresence) {
  awareness.update(&a, "ann", update(7, 1, "{}"));
  EXPECT_EQ(awareness.update(&a, "ann", update(7, 1, "null")), update(7, 1, "null"));
  EXPECT_EQ(awareness.all(), "");
}

TEST_F(Awareness, NobodySpeaksForSomebodyElse) {
  awareness.update(&a, "ann", update(7, 1, "{}"));
  for (const char* other : {"bob", ""}) {
    EXPECT_EQ(awareness.update(&b, other, update(7, 9, "{\"name\":\"ann\"}")), "");
    EXPECT_EQ(awareness.update(&b, other, update(7, 9, "null")), "");
  }
  EXPECT_EQ(awareness.leave(&b), "");
  EXPECT_EQ(awareness.all(), update(7, 1, "{}"));
  // A new connection of the same user may, before the old one is known to be gone.
  EXPECT_EQ(awareness.update(&b, "ann", update(7, 2, "{}")), update(7, 2, "{}"));
  EXPECT_EQ(awareness.leave(&a), "");
  EXPECT_EQ(awareness.leave(&b), update(7, 2, "null"));
  // Whose client is gone may be anybody's.
  EXPECT_EQ(awareness.update(&a, "bob", update(7, 3, "{}")), update(7, 3, "{}"));
}

TEST_F(Awareness, ConnectionsStandForFewClients) {
  for (std::uint64_t client = 0; client < 32; ++client)
    EXPECT_NE(awareness.update(&a, "ann", update(client, 1, "{}")), "");
  EXPECT_THROW(awareness.update(&a, "ann", update(100, 1, "{}")), ob::Error);
  EXPECT_NE(awareness.update(&b, "ann", update(101, 1, "{}")), "");
}

TEST_F(Awareness, WhatIsMalformedIsRefused) {
  EXPECT_THROW(awareness.update(&a, "ann", ""), ob::Error);
  EXPECT_THROW(awareness.update(&a, "ann", "\x7f"), ob::Error);
  EXPECT_THROW(awareness.update(&a, "ann", update(1, 1, "\xff\xfe")), ob::Error);
  EXPECT_THROW(awareness.update(&a, "ann", update(1, 1, std::string(70'000, 'x'))), ob::Error);
  EXPECT_EQ(awareness.size(), 0U);
}

}  // namespace
