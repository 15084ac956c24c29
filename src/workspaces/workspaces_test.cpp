#include "workspaces/workspaces.h"

#include <thread>

#include "base/error.h"
#include "identity/testing.h"

namespace ob::workspaces {
namespace {

class WorkspacesTest : public identity::AccountsTest {
 protected:
  void SetUp() override {
    identity::AccountsTest::SetUp();
    service_ = open_service(*identity_);
    ann_ = user("ann@x.org"), bob_ = user("bob@x.org");
  }
  void TearDown() override {
    service_.reset();
    identity::AccountsTest::TearDown();
  }
  std::unique_ptr<Service> open_service(identity::Identity& identity) {
    return open(*database_, identity, *mail_, [] { return std::string("https://ob.example"); });
  }
  Caller ann_, bob_;
  std::unique_ptr<Service> service_;
};

TEST_F(WorkspacesTest, AnotherProcessLearnsOfChanges) {
  const auto other_identity = identity::open(*database_, directory_, "", {.bcrypt_cost = 4});
  const auto other = open_service(*other_identity);
  const auto made = service_->create(ann_, "Sales", "");
  EXPECT_EQ(refusal([&] { other->get(bob_, made.id); }), "404 workspaces.workspaceNotFound");
  service_->set_member(ann_, made.id, "bob@x.org", "editor");
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_EQ(other->get(bob_, made.id).name, "Sales");
  service_->archive(ann_, made.id, true);
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_EQ(refusal([&] { other->create_folder(bob_, {made.id, ""}, "f"); }),
            "409 workspaces.archived");
  EXPECT_EQ(refusal([&] { other->create_folder(admin_, {made.id, ""}, "f"); }),
            "409 workspaces.archived");
  other->archive(ann_, made.id, false);
  EXPECT_EQ(other->create_folder(bob_, {made.id, ""}, "f").name, "f");
}

TEST_F(WorkspacesTest, FoldersFormATree) {
  const auto w = service_->create(ann_, "Sales", "");
  const auto v = service_->create(ann_, "Other", "");
  const auto a = service_->create_folder(ann_, {w.id, ""}, "a");
  const auto b = service_->create_folder(ann_, {w.id, a.id}, "b");
  const auto c = service_->create_folder(ann_, {w.id, b.id}, "c");
  EXPECT_EQ(refusal([&] { service_->move(ann_, a.id, {w.id, c.id}); }), "400 workspaces.badPlace");
  EXPECT_EQ(refusal([&] { service_->move(ann_, a.id, {w.id, a.id}); }), "400 workspaces.badPlace");
  EXPECT_EQ(refusal([&] { service_->move(ann_, a.id, {v.id, b.id}); }), "400 workspaces.badPlace");
  // What is within moves along.
  service_->move(ann_, a.id, {v.id, ""});
  EXPECT_EQ(service_->item(ann_, c.id).place, (Place{v.id, b.id}));
  EXPECT_EQ(service_->folders_above(ann_, c.id).size(), 2U);
  EXPECT_EQ(refusal([&] { service_->remove_item(ann_, a.id, false); }),
            "409 workspaces.folderNotEmpty");
  service_->remove_item(ann_, a.id, true);
  EXPECT_EQ(refusal([&] { service_->item(ann_, c.id); }), "404 workspaces.itemNotFound");

  Place deepest{w.id, ""};
  std::string refused;
  for (int depth = 0; depth < 40 && refused.empty(); ++depth)
    refused = refusal([&] { deepest.folder = service_->create_folder(ann_, deepest, "d").id; });
  EXPECT_EQ(refused, "409 workspaces.tooDeep");
  // Nor by moving a deep tree below another.
  const auto top = service_->create_folder(ann_, {v.id, ""}, "top");
  const auto sub = service_->create_folder(ann_, {v.id, top.id}, "sub");
  service_->create_folder(ann_, {v.id, sub.id}, "leaf");
  const auto above = service_->folders_above(ann_, deepest.folder).back();
  EXPECT_EQ(refusal([&] { service_->move(ann_, top.id, {w.id, above.id}); }),
            "409 workspaces.tooDeep");
}

}  // namespace
}  // namespace ob::workspaces
