#include "query/result_cache.h"

#include "query/functions.h"
#include "query/testing.h"

namespace ob::query {
namespace {

CachedResultPtr answer(const std::string& bytes) {
  auto result = std::make_shared<CachedResult>();
  result->columns = {{"id", "BIGINT"}};
  result->bytes = bytes;
  result->ends = {static_cast<std::uint32_t>(bytes.size())};
  return result;
}

TEST(ResultCache, AnswersForTheSameSnapshotsOnly) {
  ResultCache cache(1 << 20);
  const delta::SnapshotPtr one = std::make_shared<FakeSnapshot>("id BIGINT");
  delta::SnapshotPtr other = std::make_shared<FakeSnapshot>("id BIGINT");
  cache.put({"q", {one, other}}, answer("[1]"));
  ASSERT_TRUE(cache.find({"q", {one, other}}));
  EXPECT_EQ(cache.find({"q", {one, other}})->piece(0), "[1]");
  EXPECT_FALSE(cache.find({"p", {one, other}}));
  EXPECT_FALSE(cache.find({"q", {other, one}}));
  EXPECT_FALSE(cache.find({"q", {one}}));
  other = std::make_shared<FakeSnapshot>("id BIGINT");
  EXPECT_FALSE(cache.find({"q", {one, other}}));
}

TEST(ResultCache, StaysWithinItsCapacity) {
  ResultCache cache(16 << 10);
  EXPECT_EQ(cache.largest(), 2u << 10);
  for (int i = 0; i < 100; ++i)
    cache.put({"q" + std::to_string(i), {}}, answer(std::string(1 << 10, 'x')));
  int kept = 0;
  for (int i = 0; i < 100; ++i) kept += cache.find({"q" + std::to_string(i), {}}) ? 1 : 0;
  EXPECT_GT(kept, 5);
  EXPECT_LT(kept, 16);
  EXPECT_TRUE(cache.find({"q99", {}}));
}

TEST(ResultCache, PartsOfKeysCannotRunIntoEachOther) {
  const auto key = [](std::initializer_list<std::string_view> parts, std::string_view nonce) {
    std::string out;
    for (const auto part : parts) add_key_part(out, part, nonce);
    return out;
  };
  EXPECT_EQ(key({"a_n1_b"}, "n1"), key({"a_n2_b"}, "n2"));
  EXPECT_NE(key({"ab", "c"}, "n1"), key({"a", "bc"}, "n1"));
  EXPECT_NE(key({"a_n1_b"}, "n1"), key({"a__b"}, "n1"));
  EXPECT_NE(key({"a_n1_b"}, "n1"), key({"a_*_b"}, "n1"));
  EXPECT_NE(key({"2:a_*2:_b;"}, "n1"), key({"a_n1_b"}, "n1"));
}

TEST(CachedRows, GivesRowsAsTheyWere) {
  auto result = std::make_shared<CachedResult>();
  result->bytes = "[1],[2],[33],";
  result->ends = {4, 8, 13};
  const CachedRows all(result, 0, 3);
  EXPECT_EQ(all.rows(), 3);
  std::string out;
  all.append_json(out, 0, 2);
  EXPECT_EQ(out, "[1],[2]");
  out.clear();
  CachedRows(result, 1, 3).append_json(out, 1, 2);
  EXPECT_EQ(out, "[33]");
}

class Repeatable : public Rewrite {};

TEST_F(Repeatable, IsWhatNeitherTimeNorChanceChanges) {
  const auto repeatable = [this](const std::string& sql) {
    rewritten(sql);
    return last_.repeatable;
  };
  EXPECT_TRUE(repeatable("select id, upper(name) from t where d > date '2020-01-01' order by 1"));
  EXPECT_TRUE(repeatable("select current_user, user, current_schema from t"));
  for (const char* sql :
       {"select now()", "select NOW() from t", "select current_date", "select current_timestamp",
        "select * from t where d = current_date", "select random()", "select uuid() from t",
        "select localtimestamp", "select current_time", "select today()",
        "select (select max(x) from t where x < random())", "select age(d) from t",
        "select * from t using sample 10%", "select * from t tablesample 5 rows",
        "with c as (select gen_random_uuid() as u) select * from c",
        "select sum(id) over (order by random()) from t",
        "select list_transform([1], e -> e + random())"})
    EXPECT_FALSE(repeatable(sql)) << sql;
}

// A new version of DuckDB may bring functions that change from call to call.
TEST_F(Repeatable, KnowsEveryChangingFunctionThatIsAllowed) {
  const auto rows = connection_->rows(
      "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability IS NOT NULL AND "
      "stability <> 'CONSISTENT'");
  EXPECT_GT(rows.size(), 10u);
  for (const auto& row : rows) {
    // Replaced by constants before they reach DuckDB.
    if (*row[0] == "current_schema" || *row[0] == "current_database") continue;
    if (function_allowed(*row[0])) EXPECT_FALSE(function_repeatable(*row[0])) << *row[0];
  }
}

}  // namespace
}  // namespace ob::query
