#include "documents/text.h"

#include <gtest/gtest.h>

#include "documents/documents.h"

namespace ob::documents {
namespace {

TEST(DocumentText, FoldsAndCuts) {
  EXPECT_EQ(folded("ÄÖÜ ABC Ж"), "äöü abc ж");
  const std::string control("a\0b\x01  c\n\nd", 10);
  EXPECT_EQ(searchable(control), "a b c\n\nd");
  const std::string large(99'999, 'x');
  EXPECT_EQ(searchable(large + "äö"), large);
  EXPECT_EQ(words_of("  Eins\tZWEI "), (std::vector<std::string>{"eins", "zwei"}));
  EXPECT_EQ(words_of("a b c d e f g h i j").size(), 8U);
  std::string text(100, 'a');
  text += " Nädel ";
  text += std::string(300, 'b');
  const auto snippet = snippet_of(text, {"nädel"});
  EXPECT_TRUE(snippet.starts_with("…aaa") && snippet.ends_with("bbb…")) << snippet;
  EXPECT_NE(snippet.find("Nädel"), std::string::npos);
  EXPECT_EQ(pattern_of("5%_!"), "%5!%!_!!%");
  EXPECT_EQ(count_words(" a  b\nc "), 3);
  EXPECT_EQ(count_words("two words\uFFFC\u00A03\n"), 3);
  EXPECT_EQ(text_of_delta(R"({"ops":[{"insert":"a"},{"insert":{"image":"x"}},{"insert":"b\n"}]})"),
            "a b\n");
  for (const char* bad : {"", "[]", "{", R"({"ops":1})", R"({"ops":[1,{"retain":2}]})"})
    EXPECT_EQ(text_of_delta(bad), "");
}

}  // namespace
}  // namespace ob::documents
