#include "identity/permissions.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "base/ids.h"
#include "db/testing.h"
#include "identity/identity.h"

namespace ob::identity {
namespace {

class PermissionsTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ob_permissions_XXXXXX";
    directory_ = mkdtemp(name);
    database_ = db::open(db::testing::url_in(directory_));
    identity_ = open(*database_, directory_, "", {.bcrypt_cost = 4});
    for (Caller* caller : {&ann_, &bob_}) {
      const User user = identity_->create_user(root_, new_uuid() + "@x", "User", "long password");
      caller->user_id = user.id;
    }
  }
  void TearDown() override {
    identity_.reset();
    database_.reset();
    std::filesystem::remove_all(directory_);
  }
  Permissions& permissions() { return identity_->permissions(); }
  static std::vector<Securable> table(const std::string& owner = "nobody") {
    return {{ObjectType::table, new_uuid(), "c.s.t", owner},
            {ObjectType::schema, new_uuid(), "c.s", "nobody"}};
  }

  std::string directory_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<Identity> identity_;
  const Caller root_ = Identity::system();
  Caller ann_, bob_;
};

TEST_F(PermissionsTest, GroupsOwnAndHold) {
  const Group outer = permissions().create_group(root_, "Outer");
  const Group inner = permissions().create_group(root_, "Inner");
  permissions().add_member(root_, inner.id, ann_.user_id);
  permissions().add_member(root_, outer.id, inner.id);
  EXPECT_EQ(permissions().groups_of(ann_), (std::vector<std::string>{"Inner", "Outer"}));
  EXPECT_TRUE(permissions().may(ann_, Privilege::manage, table(outer.id)));
  EXPECT_FALSE(permissions().may(bob_, Privilege::browse, table(outer.id)));
  const auto path = table();
  permissions().grant(root_, std::span(path).subspan(1), "outer", {.role = "viewer"});
  EXPECT_TRUE(permissions().may(ann_, Privilege::read, path));
  EXPECT_FALSE(permissions().may(ann_, Privilege::write, path));
  permissions().delete_group(root_, inner.id);
  EXPECT_FALSE(permissions().may(ann_, Privilege::browse, path));
}

TEST_F(PermissionsTest, WhoOnlyLooksChangesNothing) {
  Caller looking = ann_;
  looking.read_only = true;
  const auto own = table(ann_.user_id);
  EXPECT_TRUE(permissions().may(looking, Privilege::read, own));
  for (const auto wanted : {Privilege::write, Privilege::create, Privilege::manage}) {
    EXPECT_TRUE(permissions().may(ann_, wanted, own));
    EXPECT_FALSE(permissions().may(looking, wanted, own));
    looking.admin = true;
    EXPECT_FALSE(permissions().may(looking, wanted, own));
    looking.admin = false;
  }
}

// Two processes that share the database: a change made by one comes to hold in the other.
TEST_F(PermissionsTest, ChangesReachOtherInstances) {
  const auto other = open(*database_, directory_, "", {.bcrypt_cost = 4});
  const auto path = table();
  const auto comes_to = [&](bool expected) {
    for (int i = 0; i < 200; ++i) {
      if (other->permissions().may(ann_, Privilege::read, path) == expected) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  };
  EXPECT_TRUE(comes_to(false));
  permissions().grant(root_, path, ann_.user_id, {.privileges = {Privilege::read}});
  EXPECT_TRUE(comes_to(true));
  permissions().revoke(root_, path, ann_.user_id, {.privileges = {Privilege::read}});
  EXPECT_TRUE(comes_to(false));
}

// Each right of the matrix is explained, and nothing that is not there.
TEST_F(PermissionsTest, ExplanationsAgreeWithDecisions) {
  const Group group = permissions().create_group(root_, "Group");
  permissions().add_member(root_, group.id, ann_.user_id);
  const Role custom = permissions().create_role(root_, "Writer", "", {Privilege::write});
  const std::vector<Granted> all{{.privileges = {Privilege::browse}},
                                 {.privileges = {Privilege::read, Privilege::create}},
                                 {.role = "viewer"},
                                 {.role = "owner"},
                                 {.role = custom.id}};
  for (const Granted& granted : all) {
    for (const std::string& to : {ann_.user_id, group.id, std::string(everyone)}) {
      for (const std::size_t level : {0U, 1U}) {
        const auto path = table();
        permissions().grant(root_, std::span(path).subspan(level), to, granted);
        for (const auto wanted : {Privilege::browse, Privilege::read, Privilege::write,
                                  Privilege::create, Privilege::manage}) {
          const auto why = permissions().explain(root_, ann_.user_id, wanted, path);
          EXPECT_EQ(!why.empty(), permissions().may(ann_, wanted, path));
          for (const Reason& reason : why) EXPECT_EQ(reason.object.id, path[level].id);
        }
      }
    }
  }
}

}  // namespace
}  // namespace ob::identity
