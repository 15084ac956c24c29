#include "query/statement_cache.h"

#include "query/testing.h"

namespace ob::query {
namespace {

// Counts what reaches the engine.
class Counting : public engine::Connection {
 public:
  explicit Counting(engine::Connection& real) : real_(real) {}
  json::value parse(std::string_view sql) override {
    ++parsed;
    return real_.parse(sql);
  }
  std::string unparse(const json::value& tree) override {
    ++printed;
    return real_.unparse(tree);
  }
  std::unique_ptr<engine::Result> execute(const std::string& sql,
                                          const engine::Parameters& parameters) override {
    return real_.execute(sql, parameters);
  }
  std::unique_ptr<engine::Result> execute_at_once(const std::string& sql) override {
    return real_.execute_at_once(sql);
  }
  void interrupt() override { real_.interrupt(); }
  double progress() override { return real_.progress(); }
  int parsed = 0, printed = 0;

 private:
  engine::Connection& real_;
};

class Statements : public Rewrite {
 protected:
  std::string print(const std::string& sql, const std::string& nonce) {
    return cache_.print(counting_, cache_.parse(counting_, sql), nonce, {"__scan_1_" + nonce});
  }
  Counting counting_{*connection_};
  StatementCache cache_;
};

TEST_F(Statements, AreParsedOnce) {
  const json::value first = cache_.parse(counting_, "select 1 + 2");
  EXPECT_EQ(cache_.parse(counting_, "select 1 + 2"), first);
  EXPECT_EQ(counting_.parsed, 1);
  EXPECT_NE(cache_.parse(counting_, "select 1 + 3"), first);
  EXPECT_EQ(counting_.parsed, 2);
}

TEST_F(Statements, FailuresAreToldEachTime) {
  for (const char* sql : {"select from where", "", "select 1; select 2"}) {
    EXPECT_THROW(cache_.parse(counting_, sql), Error) << sql;
    EXPECT_THROW(cache_.parse(counting_, sql), Error) << sql;
  }
  EXPECT_EQ(counting_.parsed, 6);
}

TEST_F(Statements, ArePrintedOnceWithTheNamesOfEachTime) {
  const std::string first = print("select * from __scan_1_aaaa", "aaaa");
  const std::string second = print("select * from __scan_1_bbbb", "bbbb");
  EXPECT_EQ(counting_.printed, 1);
  EXPECT_THAT(first, testing::HasSubstr("__scan_1_aaaa"));
  EXPECT_THAT(second, testing::HasSubstr("__scan_1_bbbb"));
  EXPECT_THAT(second, testing::Not(testing::HasSubstr("aaaa")));
}

TEST_F(Statements, TextsOfTheUserAreNotTakenForMadeUpNames) {
  const std::string made_up = print("select 'x', i from __scan_1_aaaa t(i)", "aaaa");
  const std::string literal = print("select '\x01', i from __scan_1_bbbb t(i)", "bbbb");
  EXPECT_EQ(counting_.printed, 2);
  EXPECT_THAT(literal, testing::HasSubstr("'\x01'"));
  EXPECT_THAT(made_up, testing::HasSubstr("'x'"));
}

TEST_F(Statements, UnverifiedTextIsNotKept) {
  for (int i = 0; i < 2; ++i) EXPECT_THROW(print("select * from somewhere_else", "aaaa"), Error);
  EXPECT_EQ(counting_.printed, 2);
}

}  // namespace
}  // namespace ob::query
