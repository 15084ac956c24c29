#include "catalog/names.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace ob::catalog {
namespace {

TEST(Names, ParsesPartsAndQuotes) {
  EXPECT_EQ(parse_name("t"), (Name{"main", "default", "t"}));
  EXPECT_EQ(parse_name("s.t"), (Name{"main", "s", "t"}));
  EXPECT_EQ(parse_name("c.s.t"), (Name{"c", "s", "t"}));
  EXPECT_EQ(parse_name("`a b`.\"c\"\"d\".`e``f`"), (Name{"a b", "c\"d", "e`f"}));
  EXPECT_EQ(parse_name(" c . s . my table "), (Name{"c", "s", "my table"}));
  EXPECT_EQ(parse_name("`größe`.数据.😀"), (Name{"größe", "数据", "😀"}));
}

TEST(Names, RefusesBadOnesNamingTheField) {
  const std::string_view bad[] = {"",      ".",    "a.",   ".a",   "a..b",     "a.b.c.d", "`a",
                                  "`a`b",  "a`b`", "\"\"", "a/b",  "`a/b`",    "`a.b`",   "a\nb",
                                  "a\x7f", "\xff", "` a`", "`a `", "a\xC2\x85"};
  for (const auto text : bad) {
    try {
      parse_name(text);
      ADD_FAILURE() << "accepted: " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.id(), "catalog.badName") << text;
      EXPECT_EQ(error.status(), 400);
      ASSERT_EQ(error.fields().size(), 1u);
      EXPECT_EQ(error.fields()[0].field, "name");
    }
  }
  EXPECT_THROW(parse_name(std::string(256, 'a')), Error);
  EXPECT_NO_THROW(parse_name(std::string(255, 'a')));
  EXPECT_THROW(parse_name(std::string(1'000'000, '`')), Error);
}

TEST(Names, TextQuotesWhereNeededAndComesBack) {
  EXPECT_EQ((Name{"main", "sales", "orders_2"}.text()), "main.sales.orders_2");
  EXPECT_EQ((Name{"main", "my schema", ""}.text()), "main.`my schema`");
  EXPECT_EQ((Name{"1st", "", ""}.text()), "`1st`");
  for (const Name& name :
       {Name{"a`b", "c d", "\"x\""}, Name{"ü", "-", "0"}, Name{"a", "b", "``"}}) {
    EXPECT_EQ(parse_name(name.text()), name);
  }
}

TEST(Names, FoldsCaseByUnicode) {
  EXPECT_EQ(fold("Orders"), "orders");
  EXPECT_EQ(fold("GRÖßE"), "größe");
  EXPECT_EQ(fold("ΑΒΓ"), "αβγ");
  EXPECT_EQ(fold("ЖУК 数据 😀"), "жук 数据 😀");
  EXPECT_EQ(fold("\xff\x41"), "\xff\x41");
}

TEST(Names, CommentsAreBounded) {
  EXPECT_NO_THROW(check_comment(std::string(kMaxComment, 'x')));
  EXPECT_NO_THROW(check_comment("zwei\nZeilen\tmit Tab"));
  EXPECT_THROW(check_comment(std::string(kMaxComment + 1, 'x')), Error);
  EXPECT_THROW(check_comment("\xff"), Error);
  EXPECT_THROW(check_comment(std::string("a\0b", 3)), Error);
}

TEST(Names, LikePatternsAreLiteral) {
  EXPECT_EQ(like_escape("50%_a\\b"), "50\\%\\_a\\\\b");
}

}  // namespace
}  // namespace ob::catalog
