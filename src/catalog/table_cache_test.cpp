#include "catalog/table_cache.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/ids.h"
#include "objects/objects.h"

namespace ob::catalog {
namespace {

TEST(TableCache, OpensATableAnewInAnotherStore) {
  const auto directory = std::filesystem::temp_directory_path() / ("ob-cache-" + new_uuid());
  const auto url = "file://" + directory.string();
  const std::shared_ptr<objects::Store> one = objects::open(url), other = objects::open(url);
  TableCache cache(2);
  int opened = 0;
  const auto open = [&] {
    ++opened;
    return std::shared_ptr<delta::Table>();
  };
  cache.get("t", one, open);
  cache.set_columns("t", "known");
  cache.get("t", one, open);
  EXPECT_EQ(opened, 1);
  EXPECT_EQ(cache.columns("t"), "known");
  // As after new secrets: the table itself may have changed, too.
  cache.get("t", other, open);
  EXPECT_EQ(opened, 2);
  EXPECT_EQ(cache.columns("t"), "");
  EXPECT_EQ(cache.size(), 1U);
  cache.get("u", one, open);
  cache.get("v", one, open);
  EXPECT_EQ(cache.size(), 2U);
  cache.get("t", other, open);
  EXPECT_EQ(opened, 5);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace ob::catalog
