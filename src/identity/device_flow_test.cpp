#include "identity/device_flow.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "db/testing.h"

namespace ob::identity {
namespace {

class DeviceFlowTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ob_device_XXXXXX";
    directory_ = mkdtemp(name);
    database_ = db::open(db::testing::url_in(directory_));
    identity_ = open(*database_, directory_, "", {.bcrypt_cost = 4});
    identity_->bootstrap("admin@x.org", "a long password");
    devices_ = open_device_flow(*identity_, [] { return std::string("https://ob.example"); });
    admin_ = identity_->authenticate(
        identity_->sign_in("admin@x.org", "a long password", "1.2.3.4").access_token);
  }
  void TearDown() override {
    devices_.reset();
    identity_.reset();
    database_.reset();
    std::filesystem::remove_all(directory_);
  }
  std::string poll(const std::string& code) {
    // The pace of questions is another test's matter.
    database_->write([](db::Tx& tx) { tx.execute("UPDATE device_sign_ins SET polled_at = 0"); });
    return refusal([&] { devices_->poll(code, cli_); });
  }
  static std::string refusal(const std::function<void()>& fn) {
    try {
      fn();
    } catch (const Error& e) {
      return e.id();
    }
    return "";
  }

  Origin cli_{.address = "9.9.9.9", .user_agent = "openbricks-cli"};
  std::string directory_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<Identity> identity_;
  std::unique_ptr<DeviceFlow> devices_;
  Caller admin_;
};

TEST_F(DeviceFlowTest, ApprovedItSignsInOnce) {
  const auto start = devices_->start(cli_);
  EXPECT_EQ(start.user_code.size(), 9u);
  EXPECT_EQ(start.page_with_code, "https://ob.example/device?code=" + start.user_code);
  EXPECT_EQ(poll(start.device_code), "authorization_pending");
  EXPECT_EQ(devices_->show(admin_, start.user_code).user_agent, "openbricks-cli");
  std::string typed = start.user_code;
  for (char& c : typed) c = static_cast<char>(std::tolower(c));
  std::erase(typed, '-');
  devices_->decide(admin_, typed, true);
  EXPECT_EQ(refusal([&] { devices_->decide(admin_, typed, false); }), "identity.noSuchCode");
  const auto tokens = devices_->poll(start.device_code, cli_).tokens;
  EXPECT_EQ(identity_->authenticate(tokens.access_token).user_id, admin_.user_id);
  EXPECT_EQ(poll(start.device_code), "expired_token");
}

TEST_F(DeviceFlowTest, Refusals) {
  const auto start = devices_->start(cli_);
  devices_->decide(admin_, start.user_code, false);
  EXPECT_EQ(poll(start.device_code), "access_denied");
  EXPECT_EQ(poll(start.device_code), "expired_token");
  EXPECT_EQ(poll("unknown"), "expired_token");
  EXPECT_EQ(poll(std::string(1000, 'x')), "expired_token");
  const auto key = identity_->create_key(admin_, "k", std::nullopt).second;
  const auto other = devices_->start(cli_);
  EXPECT_EQ(refusal([&] { devices_->decide(identity_->authenticate(key), other.user_code, true); }),
            "identity.needsSession");
  // The program's secret is not what a person types, nor the other way round.
  EXPECT_EQ(poll(other.user_code), "expired_token");
  EXPECT_EQ(refusal([&] { devices_->show(admin_, other.device_code); }), "identity.noSuchCode");
  database_->write([](db::Tx& tx) { tx.execute("UPDATE device_sign_ins SET expires_at = 1"); });
  EXPECT_EQ(poll(other.device_code), "expired_token");
  EXPECT_EQ(refusal([&] { devices_->show(admin_, other.user_code); }), "identity.noSuchCode");
}

TEST_F(DeviceFlowTest, ThePaceIsBounded) {
  const auto start = devices_->start(cli_);
  EXPECT_EQ(refusal([&] { devices_->poll(start.device_code, cli_); }), "authorization_pending");
  EXPECT_EQ(refusal([&] { devices_->poll(start.device_code, cli_); }), "slow_down");
  int shown = 0;
  for (int i = 0; i < 100; ++i) {
    shown += refusal([&] { devices_->show(admin_, "BBBB-BBBB"); }) == "identity.noSuchCode";
  }
  EXPECT_LE(shown, 6);
  EXPECT_EQ(refusal([&] {
              for (int i = 0; i < 40; ++i) devices_->start(cli_);
            }),
            "identity.throttled");
}

TEST_F(DeviceFlowTest, ADeletedUserSignsNothingIn) {
  identity_->create_user(admin_, "bob@x.org", "Bob", "a long password");
  const Caller bob = identity_->authenticate(
      identity_->sign_in("bob@x.org", "a long password", "1.2.3.4").access_token);
  const auto start = devices_->start(cli_);
  devices_->decide(bob, start.user_code, true);
  identity_->delete_user(admin_, bob.user_id);
  EXPECT_EQ(poll(start.device_code), "expired_token");
}

}  // namespace
}  // namespace ob::identity
