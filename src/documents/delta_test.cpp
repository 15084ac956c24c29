#include "documents/delta.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "base/error.h"
#include "documents/match.h"

namespace ob::documents {
namespace {

namespace json = boost::json;

Delta parsed(const std::string& text) {
  return Delta::from_json(text);
}

std::string refusal(const std::string& text) {
  try {
    Delta::from_json(text);
  } catch (const Error& e) {
    return e.id() + ": " + e.what();
  }
  return "";
}

// Cases that testdata/delta_cases.mjs wrote with npm's quill-delta.
json::array cases() {
  const char* other = std::getenv("OPENBRICKS_DELTA_CASES");
  std::ifstream file(other != nullptr ? other : DOCUMENTS_TESTDATA "/delta_cases.json");
  std::stringstream text;
  text << file.rdbuf();
  return json::parse(text.str()).as_array();
}

TEST(Delta, DoesWhatQuillDoes) {
  std::size_t done = 0;
  for (const auto& value : cases()) {
    const auto& one = value.as_array();
    const auto delta = [&](std::size_t i) { return Delta::from_json(one.at(i)); };
    const Delta doc = delta(0), a = delta(1), b = delta(2), c = delta(3);
    const auto at = one.at(4).as_int64();
    const std::string what = json::serialize(value);
    ASSERT_EQ(doc.compose(a), delta(6)) << what;
    ASSERT_EQ(a.compose(c), delta(7)) << what;
    ASSERT_EQ(a.transform(b, true), delta(8)) << what;
    ASSERT_EQ(a.transform(b, false), delta(9)) << what;
    ASSERT_EQ(a.transform_position(at, true), one.at(10).as_int64()) << what;
    ASSERT_EQ(a.transform_position(at, false), one.at(11).as_int64()) << what;
    ASSERT_EQ(a.invert(doc), delta(12)) << what;
    ASSERT_EQ(Delta::from_json(a.to_json()), a) << what;
    ASSERT_EQ(doc.slice(0, at).length() + doc.slice(at, doc.length()).length(), doc.length());
    ++done;
  }
  EXPECT_GT(done, 500U);
}

TEST(Delta, DifferencesLeadFromOneToTheOther) {
  for (const auto& value : cases()) {
    const auto& one = value.as_array();
    const Delta doc = Delta::from_json(one.at(0));
    for (const std::size_t i : {std::size_t{5}, std::size_t{6}}) {
      const Delta other = Delta::from_json(one.at(i));
      if (!other.is_document()) continue;  // a change beyond the end
      const Delta diff = doc.diff(other);
      ASSERT_EQ(doc.compose(diff), other) << json::serialize(value);
      ASSERT_EQ(other.compose(diff.invert(doc)), doc) << json::serialize(value);
      ASSERT_TRUE(doc.diff(doc).ops().empty());
      // Marked, what went and what came are told apart.
      Delta before, after;
      for (Op op : marked(doc, diff).ops()) {
        const auto* mark = op.attributes.if_contains("diff");
        const std::string kind = mark == nullptr ? "" : std::string(mark->as_string());
        op.attributes.erase("diff");
        if (kind != "insert") before.push({.text = op.text, .embed = op.embed});
        if (kind != "delete") after.push(op);
      }
      ASSERT_EQ(plain_text(before), plain_text(doc)) << json::serialize(value);
      ASSERT_EQ(after, other) << json::serialize(value);
    }
  }
}

TEST(Delta, DiffsByWords) {
  const auto diff = [](const std::string& a, const std::string& b) {
    return json::serialize(
        Delta().insert(to_utf16(a)).diff(Delta().insert(to_utf16(b))).to_array());
  };
  EXPECT_EQ(diff("one two three\n", "one 2 three\n"),
            R"([{"retain":4},{"insert":"2"},{"delete":3}])");
  EXPECT_EQ(diff("colour\n", "colours\n"), R"([{"retain":6},{"insert":"s"}])");
  EXPECT_EQ(diff("a\nb\nc\n", "a\nc\n"), R"([{"retain":2},{"delete":2}])");
  EXPECT_EQ(diff("😀\n", "😁\n"), R"([{"insert":"😁"},{"delete":2}])");  // not half of one
  EXPECT_EQ(diff("", "x"), R"([{"insert":"x"}])");
  EXPECT_THROW(Delta().retain(1).diff(Delta()), Error);
}

TEST(Delta, FindsShortestDifferences) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::uint32_t> a(random() % 12), b(random() % 12);
    for (auto& x : a) x = random() % 3;
    for (auto& x : b) x = random() % 3;
    std::int64_t budget = 1'000'000;
    std::size_t common = 0, at_a = 0, at_b = 0;
    for (const Match& m : match(a, b, budget)) {
      ASSERT_GE(m.a, at_a);
      ASSERT_GE(m.b, at_b);
      for (std::size_t i = 0; i < m.length; ++i) ASSERT_EQ(a.at(m.a + i), b.at(m.b + i));
      at_a = m.a + m.length, at_b = m.b + m.length;
      common += m.length;
    }
    // The longest common subsequence, the slow way.
    std::vector<std::vector<std::size_t>> best(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 1; i <= a.size(); ++i) {
      for (std::size_t j = 1; j <= b.size(); ++j) {
        best[i][j] = a[i - 1] == b[j - 1] ? best[i - 1][j - 1] + 1
                                          : std::max(best[i - 1][j], best[i][j - 1]);
      }
    }
    ASSERT_EQ(common, best[a.size()][b.size()]);
  }
}

TEST(Delta, HugeDifferencesAreBounded) {
  std::mt19937 random(3);
  std::u16string a, b;
  for (int i = 0; i < 400'000; ++i) {
    a += random() % 7 == 0 ? u' ' : static_cast<char16_t>('a' + random() % 26);
    b += random() % 7 == 0 ? u' ' : static_cast<char16_t>('a' + random() % 26);
  }
  const Delta from = Delta().insert(a), to = Delta().insert(b);
  EXPECT_EQ(from.compose(from.diff(to)), to);
  // Without any steps all is replaced.
  std::int64_t none = 0;
  const std::vector<std::uint32_t> x{1, 2, 3}, y{3, 2, 1};
  EXPECT_TRUE(match(x, y, none).empty());
}

TEST(Delta, RefusesWhatIsNone) {
  EXPECT_EQ(parsed(R"([{"insert":"a"},{"insert":""},{"retain":0},{"delete":2.0}])").length(), 3);
  EXPECT_EQ(refusal("{}"),
            "documents.badDelta: A delta is {\"ops\": […]} with operations such as {\"insert\": "
            "\"text\"}.");
  EXPECT_EQ(refusal(R"({"ops":[{"insert":"a"},{"retain":-1}]})"),
            "documents.badDelta: The delta's operation 1 has 'retain', which must be a whole "
            "number of characters.");
  // What Yjs clients embed may be anything.
  EXPECT_EQ(parsed(R"([{"insert":3},{"insert":{}}])").length(), 2);
  for (const char* bad :
       {R"([1])", R"([{}])", R"([{"insert":"a","delete":1}])", R"([{"retain":1.5}])",
        R"([{"retain":{"x":1}}])", R"([{"delete":1e300}])", R"([{"insert":"a","attributes":[]}])",
        R"([{"other":1}])", R"([{"insert":null}])", R"([{"retain":9223372036854775807}])"}) {
    EXPECT_TRUE(refusal(bad).starts_with("documents.badDelta")) << bad;
  }
}

TEST(Delta, HalvesOfPairsInJsonAreMended) {
  for (const char* same : {"", "[]", R"("a\n\u00e9\\ud83d\u0000")", R"("\ud83d\ude00")",
                           R"("\uD83D\uDE00")", R"("\u12g4")", R"("\ud83)", "\"\\"})
    EXPECT_EQ(whole_pairs(same), same);
  EXPECT_EQ(whole_pairs(R"("\ud83d")"), R"("\ufffd")");
  EXPECT_EQ(whole_pairs(R"("\uDE00\uD83D\n")"), R"("\ufffd\ufffd\n")");
  EXPECT_EQ(whole_pairs(R"("\ud83d\ud83d\ude00x\\\ud83d")"), R"("\ufffd\ud83d\ude00x\\\ufffd")");
}

TEST(Delta, CountsAsUtf16Does) {
  const Delta text = Delta().insert(to_utf16("a😀b"));
  EXPECT_EQ(text.length(), 4);
  // Cut through the middle and joined again.
  Delta halves;
  for (const Op& op : text.slice(0, 2).ops()) halves.push(op);
  EXPECT_EQ(plain_text(halves), "a\uFFFD");
  for (const Op& op : text.slice(2, 4).ops()) halves.push(op);
  EXPECT_EQ(halves, text);
}

}  // namespace
}  // namespace ob::documents
