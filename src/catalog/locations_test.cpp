#include "catalog/locations.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "base/error.h"

namespace ob::catalog {
namespace {

namespace fs = std::filesystem;

class LocationsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "locations-XXXXXX").string();
    root_ = fs::canonical(mkdtemp(pattern.data()));
    for (const char* d : {"data/objects", "lake/sub", "lake2", "elsewhere"}) {
      fs::create_directories(root_ + "/" + d);
    }
  }
  void TearDown() override { fs::remove_all(root_); }
  static std::string error_of(const std::function<void()>& fn) {
    try {
      fn();
    } catch (const Error& error) {
      return error.id();
    }
    return "";
  }
  std::string root_;
};

TEST_F(LocationsTest, ResolvesBelowThePrefix) {
  Locations l(root_ + "/data", {root_ + "/lake"});
  EXPECT_EQ(l.resolve(root_ + "/lake/t"), root_ + "/lake/t");
  EXPECT_EQ(l.resolve(root_ + "/lake/sub/new/deep/"), root_ + "/lake/sub/new/deep");
  EXPECT_EQ(l.resolve("file://" + root_ + "/lake/a%20b"), root_ + "/lake/a b");
  EXPECT_EQ(l.resolve("file:" + root_ + "/lake/t"), root_ + "/lake/t");
  const auto place = l.place(root_ + "/lake/sub/t");
  EXPECT_EQ(place.root, "sub/t");
  EXPECT_EQ(place.store->location(place.root), root_ + "/lake/sub/t");
}

TEST_F(LocationsTest, RefusesAllElse) {
  Locations l(root_ + "/data", {root_ + "/lake"});
  const char* refused[] = {"/elsewhere/t",           "/lake", "/lake2/t",
                           "/data/objects/tables/x", "/data", "/"};
  for (const auto* path : refused) {
    EXPECT_EQ(error_of([&] { l.resolve(root_ + path); }), "catalog.locationNotAllowed") << path;
  }
  for (const std::string& path :
       {std::string("relative"), std::string(""), root_ + "/lake/../elsewhere/t",
        "file://" + root_ + "/lake/%2e%2e/data", std::string("s3://bucket/t"), root_ + "/lake/a\nb",
        root_ + "/lake/\xff", std::string("file:"), std::string(5000, '/')}) {
    EXPECT_EQ(error_of([&] { l.resolve(path); }), "catalog.badLocation") << path;
  }
  Locations none(root_ + "/data", {});
  EXPECT_EQ(error_of([&] { none.resolve(root_ + "/lake/t"); }), "catalog.locationNotAllowed");
}

TEST_F(LocationsTest, FollowsNoLinkOut) {
  Locations l(root_ + "/data", {root_ + "/lake"});
  fs::create_directory_symlink(root_ + "/elsewhere", root_ + "/lake/out");
  fs::create_directory_symlink(root_ + "/data", root_ + "/lake/in");
  fs::create_directory_symlink(root_ + "/lake/sub", root_ + "/lake/ok");
  fs::create_directory_symlink(root_ + "/elsewhere/none", root_ + "/lake/dangling");
  EXPECT_EQ(error_of([&] { l.resolve(root_ + "/lake/out/t"); }), "catalog.locationNotAllowed");
  EXPECT_EQ(error_of([&] { l.resolve(root_ + "/lake/in/objects/t"); }),
            "catalog.locationNotAllowed");
  EXPECT_EQ(l.resolve(root_ + "/lake/ok/t"), root_ + "/lake/sub/t");
  EXPECT_NE(error_of([&] { l.resolve(root_ + "/lake/dangling/t"); }), "");
  EXPECT_NE(error_of([&] { l.resolve(root_ + "/lake/dangling"); }), "");
}

TEST_F(LocationsTest, ChecksAgainWhenOpened) {
  Locations l(root_ + "/data", {root_ + "/lake"});
  fs::create_directories(root_ + "/lake/t");
  EXPECT_NO_THROW(l.place(root_ + "/lake/t"));
  fs::remove(root_ + "/lake/t");
  fs::create_directory_symlink(root_ + "/elsewhere", root_ + "/lake/t");
  EXPECT_EQ(error_of([&] { l.place(root_ + "/lake/t"); }), "catalog.locationNotAllowed");
}

TEST_F(LocationsTest, RefusesBadPrefixes) {
  for (const std::string& prefix :
       {std::string("lake"), root_ + "/absent", root_ + "/data", root_ + "/data/objects"}) {
    EXPECT_EQ(error_of([&] { Locations(root_ + "/data", {prefix}); }), "config.externalLocations")
        << prefix;
  }
  // A prefix above the data directory is fine; the data directory itself stays closed.
  Locations wide(root_ + "/data", {root_});
  EXPECT_EQ(wide.resolve(root_ + "/other/t"), root_ + "/other/t");
  EXPECT_EQ(error_of([&] { wide.resolve(root_ + "/data/t"); }), "catalog.locationNotAllowed");
}

TEST(Overlaps, ComparesWholeParts) {
  EXPECT_TRUE(overlaps("/a/b", "/a/b"));
  EXPECT_TRUE(overlaps("/a/b", "/a/b/c"));
  EXPECT_TRUE(overlaps("/a/b/c", "/a/b"));
  EXPECT_FALSE(overlaps("/a/b", "/a/bc"));
  EXPECT_FALSE(overlaps("/a/b", "/a/c"));
}

}  // namespace
}  // namespace ob::catalog
