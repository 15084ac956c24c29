#include <gmock/gmock.h>

#include "delta/testing.h"

namespace ob::delta {
namespace {

using ::testing::ElementsAre;
using testing::field;
using testing::file;
using testing::TableTest;
using Op = Predicate::Op;

class PruneTest : public TableTest {
 protected:
  std::vector<std::string> kept(const std::string& column, Op op,
                                std::vector<std::string> values = {}) {
    std::vector<std::string> out;
    const auto s = table->snapshot();
    for (const auto* f : prune(*s, {{column, op, std::move(values)}})) out.push_back(f->path);
    return out;
  }
  // A file with the bounds of column c, as JSON.
  void add_file(const std::string& name, const std::string& min, const std::string& max,
                const std::string& nulls = "0", const std::string& column = "\"c\"") {
    auto f = file(name);
    f.stats = "{\"numRecords\":10,\"minValues\":{" + column + ":" + min + "},\"maxValues\":{" +
              column + ":" + max + "},\"nullCount\":{" + column + ":" + nulls + "}}";
    table->commit(append_request({f}));
  }
};

TEST_F(PruneTest, Integers) {
  create({field("c", "BIGINT")});
  add_file("a", "1", "5");
  add_file("b", "6", "9", "3");
  add_file("n", "null", "null", "10");
  auto f = file("unknown");
  f.stats.clear();
  table->commit(append_request({f}));
  EXPECT_THAT(kept("C", Op::eq, {"5"}), ElementsAre("a", "unknown"));
  EXPECT_THAT(kept("c", Op::lt, {"6"}), ElementsAre("a", "unknown"));
  EXPECT_THAT(kept("c", Op::le, {"6"}), ElementsAre("a", "b", "unknown"));
  EXPECT_THAT(kept("c", Op::gt, {"5.5"}), ElementsAre("b", "unknown"));
  EXPECT_THAT(kept("c", Op::ge, {"9"}), ElementsAre("b", "unknown"));
  EXPECT_THAT(kept("c", Op::gt, {"9"}), ElementsAre("unknown"));
  EXPECT_THAT(kept("c", Op::in, {"0", "7"}), ElementsAre("b", "unknown"));
  EXPECT_THAT(kept("c", Op::is_null), ElementsAre("b", "n", "unknown"));
  EXPECT_THAT(kept("c", Op::is_not_null), ElementsAre("a", "b", "unknown"));
  EXPECT_EQ(kept("c", Op::eq, {"5e0"}).size(), 4u);
  EXPECT_EQ(kept("c", Op::eq, {"x"}).size(), 4u);
  EXPECT_EQ(kept("nope", Op::eq, {"5"}).size(), 4u);
  EXPECT_EQ(kept("c", Op::eq, {}).size(), 4u);
}

TEST_F(PruneTest, Floats) {
  create({field("c", "DOUBLE"), field("f", "FLOAT")});
  add_file("a", "1.5", "2.5");
  add_file("f", "0.1", "0.1", "0", "\"f\"");
  EXPECT_TRUE(kept("c", Op::eq, {"3"}).size() == 1);
  EXPECT_EQ(kept("c", Op::gt, {"3"}).size(), 2u);  // a NaN may hide
  EXPECT_THAT(kept("c", Op::lt, {"1.5"}), ElementsAre("f"));
  EXPECT_EQ(kept("c", Op::eq, {"nan"}).size(), 2u);
  EXPECT_EQ(kept("f", Op::eq, {"0.1"}).size(), 2u);
  EXPECT_EQ(kept("f", Op::lt, {"0.1000000015"}).size(), 2u);
  EXPECT_EQ(kept("f", Op::eq, {"0.2"}).size(), 1u);
}

TEST_F(PruneTest, Times) {
  create({field("c", "TIMESTAMP"), field("n", "TIMESTAMP_NTZ"), field("d", "DATE")});
  add_file("c", "\"2020-01-01T00:00:00.000Z\"", "\"2020-01-01T00:00:00.123Z\"");
  add_file("n", "\"2020-01-01T00:00:00.000\"", "\"2020-01-01T00:00:00.123\"", "0", "\"n\"");
  add_file("d", "\"2020-01-01\"", "\"2020-01-02\"", "0", "\"d\"");
  const auto keeps = [&](const char* column, Op op, const char* value) {
    return kept(column, op, {value}).size() == 3;
  };
  EXPECT_TRUE(keeps("c", Op::ge, "2020-01-01T00:00:00.123900Z"));  // cut to milliseconds
  EXPECT_FALSE(keeps("c", Op::ge, "2020-01-01T00:00:00.124Z"));
  EXPECT_TRUE(keeps("c", Op::ge, "2020-01-01 12:00:00"));  // without zone: a day of slack
  EXPECT_FALSE(keeps("c", Op::ge, "2020-01-03 12:00:00"));
  EXPECT_TRUE(keeps("n", Op::eq, "2020-01-01 00:00:00.1239"));
  EXPECT_FALSE(keeps("n", Op::eq, "2020-01-01 00:00:01"));
  EXPECT_TRUE(keeps("d", Op::lt, "2020-01-01 12:00:00"));
  EXPECT_FALSE(keeps("d", Op::lt, "2020-01-01"));
  EXPECT_TRUE(keeps("d", Op::eq, "2020-01-02"));
  EXPECT_FALSE(keeps("d", Op::eq, "2020-01-03"));
}

TEST_F(PruneTest, TextsDecimalsAndStructs) {
  create({field("c", "STRING"), field("m", "DECIMAL(38,2)"), field("s", "STRUCT<x: INT>"),
          field("b", "BOOLEAN")});
  add_file("c", "\"aaa\"", "\"bbb\\u00fc\"");
  const std::string prefix(32, 'm');
  add_file("cut", "\"" + prefix + "\"", "\"" + prefix + "\"");
  add_file("m", "99999999999999999999999999999999999.10", "99999999999999999999999999999999999.12",
           "0", "\"m\"");
  add_file("s", "{\"x\":1}", "{\"x\":3}", "{\"x\":0}", "\"s\"");
  add_file("b", "false", "false", "0", "\"b\"");
  EXPECT_THAT(kept("c", Op::eq, {"bbbü"}), ElementsAre("c", "m", "s", "b"));
  EXPECT_THAT(kept("c", Op::eq, {prefix + "xyz"}), ElementsAre("cut", "m", "s", "b"));
  EXPECT_THAT(kept("c", Op::gt, {"n"}), ElementsAre("m", "s", "b"));
  EXPECT_EQ(kept("m", Op::eq, {"99999999999999999999999999999999999.11"}).size(), 5u);
  EXPECT_EQ(kept("m", Op::eq, {"99999999999999999999999999999999999.13"}).size(), 4u);
  EXPECT_EQ(kept("s.x", Op::gt, {"3"}).size(), 4u);
  EXPECT_EQ(kept("S.X", Op::is_null).size(), 4u);
  EXPECT_EQ(kept("s.y", Op::gt, {"3"}).size(), 5u);
  EXPECT_EQ(kept("s", Op::is_null).size(), 5u);
  EXPECT_EQ(kept("b", Op::eq, {"true"}).size(), 5u);
}

TEST_F(PruneTest, Partitions) {
  create({field("c", "INT"), field("p", "STRING"), field("t", "TIMESTAMP"), field("x", "DOUBLE")},
         {}, {"p", "t", "x"});
  const auto add = [&](const char* name, std::optional<std::string> p, const char* t,
                       const char* x) {
    table->commit(append_request({file(name, 1, {{"p", std::move(p)}, {"t", t}, {"x", x}})}));
  };
  add("a", "a/b ü", "2020-01-01T00:00:00.000000Z", "NaN");
  add("b", "5", "2020-01-02 00:00:00", "1.5");
  add("c", std::nullopt, "2020-06-01T00:00:00.000000Z", "Infinity");
  EXPECT_THAT(kept("p", Op::eq, {"a/b ü"}), ElementsAre("a"));
  EXPECT_THAT(kept("p", Op::is_null), ElementsAre("c"));
  EXPECT_THAT(kept("p", Op::is_not_null), ElementsAre("a", "b"));
  EXPECT_THAT(kept("p", Op::in, {"5", "6"}), ElementsAre("b"));
  EXPECT_THAT(kept("t", Op::eq, {"2020-01-01 00:00:00Z"}), ElementsAre("a", "b"));
  EXPECT_THAT(kept("t", Op::ge, {"2020-05-01 00:00:00"}), ElementsAre("c"));
  EXPECT_THAT(kept("x", Op::gt, {"1"}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(kept("x", Op::lt, {"2"}), ElementsAre("b"));
  EXPECT_THAT(kept("x", Op::eq, {"nan"}), ElementsAre("a"));
  const auto s = table->snapshot();
  EXPECT_EQ(prune(*s, {}).size(), 3u);
  EXPECT_EQ(prune(*s, {{"p", Op::eq, {"5"}}, {"x", Op::gt, {"2"}}}).size(), 0u);
}

TEST_F(PruneTest, BrokenStatsKeepTheFile) {
  create({field("c", "BIGINT")});
  int i = 0;
  for (const auto* text : {"", "{", "[]", "{\"minValues\":5}", "{\"maxValues\":{\"c\":{}}}",
                           "{\"maxValues\":{\"c\":\"x\"}}", "\xff", "{\"maxValues\":{\"c\":tru"}) {
    auto f = file("f" + std::to_string(i++));
    f.stats = text;
    if (std::string(text) == "\xff") f.stats = "{\"a\":\"\\ud800\"}";
    table->commit(append_request({f}));
  }
  EXPECT_EQ(kept("c", Op::eq, {"5"}).size(), 8u);
}

}  // namespace
}  // namespace ob::delta
