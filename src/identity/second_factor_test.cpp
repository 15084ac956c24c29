#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "identity/testing.h"
#include "identity/totp.h"
#include "identity/webauthn_testing.h"

namespace ob::identity {
namespace {

class SecondFactorTest : public AccountsTest {
 protected:
  void SetUp() override {
    AccountsTest::SetUp();
    bob_ = user("bob@x.org");
    enrolment_ = accounts_->enrol(bob_, kPassword);
    codes_ = accounts_->confirm_enrolment(bob_, code(-1));
  }
  // As an app makes it of the base32 text.
  std::string code(std::int64_t steps) {
    std::string secret;
    std::uint32_t held = 0;
    int bits = 0;
    for (const char c : enrolment_.secret) {
      held = held << 5 | static_cast<std::uint32_t>(c <= '7' ? c - '2' + 26 : c - 'A');
      if ((bits += 5) >= 8) secret += static_cast<char>(held >> (bits -= 8));
    }
    return totp::code_at(secret, totp::step_of(now_micros()) + steps);
  }

  Caller bob_;
  Enrolment enrolment_;
  std::vector<std::string> codes_;
};

TEST_F(SecondFactorTest, SignInTakesBoth) {
  EXPECT_TRUE(accounts_->second_factor_state(bob_).enabled);
  EXPECT_EQ(refused_sign_in("bob@x.org"), "401 identity.secondFactorNeeded");
  EXPECT_EQ(refused_sign_in("bob@x.org", "wrong password"), "401 identity.badCredentials");
  EXPECT_EQ(refusal([&] { identity_->sign_in("bob@x.org", kPassword, "1.2.3.4"); }),
            "401 identity.secondFactorNeeded");
  const std::string challenge = this->challenge("bob@x.org");
  EXPECT_EQ(refusal([&] { accounts_->second_factor(challenge, "000000", here_); }),
            "401 identity.badCode");
  const std::string now = code(1);
  const auto tokens = accounts_->second_factor(challenge, now, here_).tokens;
  EXPECT_EQ(identity_->authenticate(tokens.access_token).email, "bob@x.org");
  // Nobody who looked over the shoulder can use it again.
  EXPECT_EQ(refusal([&] { accounts_->second_factor(this->challenge("bob@x.org"), now, here_); }),
            "401 identity.badCode");
  EXPECT_EQ(refusal([&] { accounts_->replace_password(challenge, "some password", here_); }),
            "401 identity.badChallenge");
}

TEST_F(SecondFactorTest, RecoveryCodesWorkOnce) {
  ASSERT_EQ(codes_.size(), 10u);
  accounts_->second_factor(challenge("bob@x.org"), codes_[0], here_);
  EXPECT_EQ(refusal([&] { accounts_->second_factor(challenge("bob@x.org"), codes_[0], here_); }),
            "401 identity.badCode");
  EXPECT_EQ(accounts_->second_factor_state(bob_).recovery_codes, 9);
}

TEST_F(SecondFactorTest, CodesAreThrottled) {
  const std::string challenge = this->challenge("bob@x.org");
  int tried = 0;
  for (int i = 0; i < 1000; ++i) {
    here_ = {.address = std::to_string(i % 200 + 10) + ".0.0." + std::to_string(i % 7)};
    tried += refusal([&] { accounts_->second_factor(challenge, "000000", here_); }) ==
             "401 identity.badCode";
  }
  EXPECT_LT(tried, 20);
  here_ = {.address = "1.2.3.4"};
  accounts_->second_factor(challenge, codes_[0], here_);
}

TEST_F(SecondFactorTest, ItEndsWithPasswordAndCode) {
  EXPECT_EQ(refusal([&] { accounts_->disable_second_factor(bob_, kPassword, ""); }),
            "403 identity.badCode");
  EXPECT_EQ(refusal([&] { accounts_->disable_second_factor(bob_, "wrong password", codes_[1]); }),
            "403 identity.badCredentials");
  EXPECT_EQ(refusal([&] { accounts_->delete_own_account(bob_, kPassword, ""); }),
            "403 identity.badCode");
  EXPECT_EQ(refusal([&] { accounts_->enrol(bob_, kPassword); }), "409 identity.secondFactorOn");
  accounts_->disable_second_factor(bob_, kPassword, codes_[1]);
  EXPECT_EQ(mail_->letters.back().subject, "Your second factor was turned off");
  sign_in("bob@x.org");
}

TEST_F(SecondFactorTest, AnAdministratorCanResetIt) {
  EXPECT_EQ(refusal([&] { accounts_->reset_second_factor(bob_, bob_.user_id); }),
            "403 identity.notAdmin");
  accounts_->reset_second_factor(admin_, bob_.user_id);
  sign_in("bob@x.org");
}

TEST_F(SecondFactorTest, AResetPasswordDoesNotGoAroundIt) {
  accounts_->forgot_password("bob@x.org", here_);
  accounts_->reset_password(mail_->token(), "a fresh password", here_);
  EXPECT_EQ(refused_sign_in("bob@x.org", "a fresh password"), "401 identity.secondFactorNeeded");
  accounts_->set_temporary_password(admin_, bob_.user_id, "for the moment");
  EXPECT_EQ(refused_sign_in("bob@x.org", "for the moment"), "401 identity.secondFactorNeeded");
  EXPECT_EQ(refusal([&] {
              accounts_->second_factor(challenge("bob@x.org", "for the moment"), codes_[2], here_);
            }),
            "403 identity.passwordChangeNeeded");
}

TEST_F(SecondFactorTest, UnconfirmedItDoesNothing) {
  const Caller ann = user("ann@x.org");
  EXPECT_EQ(refusal([&] { accounts_->enrol(ann, "wrong password"); }),
            "403 identity.badCredentials");
  accounts_->enrol(ann, kPassword);
  sign_in("ann@x.org");
  EXPECT_EQ(refusal([&] { accounts_->confirm_enrolment(ann, "000000"); }), "403 identity.badCode");
  EXPECT_EQ(refusal([&] { accounts_->confirm_enrolment(admin_, "000000"); }),
            "409 identity.notEnrolling");
}

TEST_F(SecondFactorTest, APasskeyStandsForTheCode) {
  using webauthn::Authenticator;
  const auto passkeys = open_passkeys(*identity_, *accounts_);
  const std::string challenge = this->challenge("bob@x.org");
  EXPECT_EQ(refusal([&] { passkeys->ask_second(challenge); }), "404 identity.noPasskey");
  EXPECT_EQ(refusal([&] { passkeys->begin(bob_, kPassword, ""); }), "403 identity.badCode");
  Authenticator device, other;
  passkeys->add(bob_, webauthn::made(device, passkeys->begin(bob_, kPassword, codes_[0])));
  passkeys->add(admin_, webauthn::made(other, passkeys->begin(admin_, kPassword, "")));
  EXPECT_EQ(refusal([&] { passkeys->ask_second("none"); }), "401 identity.badChallenge");
  const auto asked = passkeys->ask_second(challenge);
  ASSERT_EQ(asked.allow.size(), 1U);
  const auto refused = [&](const PasskeyProof& proof) {
    return refusal([&] { passkeys->second_factor(challenge, proof, here_); });
  };
  EXPECT_EQ(refused(webauthn::proof(other, asked, admin_.user_id)), "401 identity.badPasskey");
  EXPECT_EQ(refused(webauthn::proof(other, asked, "")), "401 identity.badPasskey");
  EXPECT_EQ(refused(webauthn::proof(device, passkeys->ask(), bob_.user_id)),
            "401 identity.badPasskey");
  // The password was the first factor, so that somebody is there is enough. It may be silent of
  // whose it is.
  device.flags = Authenticator::present;
  const auto proof = webauthn::proof(device, asked, "");
  const auto tokens = passkeys->second_factor(challenge, proof, here_).tokens;
  EXPECT_EQ(identity_->authenticate(tokens.access_token).email, "bob@x.org");
  EXPECT_EQ(refused(proof), "401 identity.badPasskey");
  // Alone, with its user verified, it stands for both.
  device.flags = Authenticator::present | Authenticator::verified;
  passkeys->sign_in(webauthn::proof(device, passkeys->ask(), bob_.user_id), here_);
}

TEST_F(SecondFactorTest, NothingSecretIsStoredInClear) {
  if (db::testing::on_postgres()) GTEST_SKIP() << "reads the file of the database";
  accounts_->forgot_password("bob@x.org", here_);
  const std::string token = mail_->token();
  database_.reset(nullptr);
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    std::ifstream in(entry.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(in), {});
  }
  EXPECT_NE(all.find("bob@x.org"), all.npos);
  for (const auto& secret : {token, enrolment_.secret, codes_[5], totp::plain(codes_[5])}) {
    EXPECT_EQ(all.find(secret), all.npos) << secret;
  }
  accounts_.reset();
  identity_.reset();
}

}  // namespace
}  // namespace ob::identity
