#include "identity/passkeys.h"

#include <gtest/gtest.h>

#include "base/ids.h"
#include "identity/external.h"
#include "identity/testing.h"
#include "identity/webauthn_testing.h"

namespace ob::identity {
namespace {

using webauthn::Authenticator;
using webauthn::bytes;
using webauthn::made;

class PasskeysTest : public AccountsTest {
 protected:
  void SetUp() override {
    AccountsTest::SetUp();
    passkeys_ = open_passkeys(*identity_, *accounts_);
    bob_ = user("bob@x.org");
  }
  void TearDown() override {
    passkeys_.reset();
    AccountsTest::TearDown();
  }
  Passkey add(const Caller& caller, const Authenticator& device,
              const std::string& password = kPassword) {
    return passkeys_->add(caller, made(device, passkeys_->begin(caller, password, "")));
  }
  PasskeyProof proof(const Authenticator& device, const std::string& user_id) {
    return webauthn::proof(device, passkeys_->ask(), user_id);
  }
  std::string refused(const PasskeyProof& proof) {
    return refusal([&] { passkeys_->sign_in(proof, here_); });
  }

  std::unique_ptr<Passkeys> passkeys_;
  Caller bob_;
};

constexpr const char* kBad = "401 identity.badPasskey";

TEST_F(PasskeysTest, SignsInWithoutAPassword) {
  Authenticator device;
  device.flags |= Authenticator::eligible | Authenticator::backed_up;
  EXPECT_TRUE(passkeys_->list(bob_).empty());
  const auto asked = passkeys_->begin(bob_, kPassword, "");
  EXPECT_EQ(asked.rp_id, "ob.example");
  EXPECT_EQ(asked.user_name, "bob@x.org");
  EXPECT_EQ(bytes(asked.challenge).size(), 32U);
  passkeys_->add(bob_, made(device, asked));
  EXPECT_EQ(mail_->letters.back().subject, "A passkey was added to your account");
  ASSERT_EQ(passkeys_->list(bob_).size(), 1U);
  EXPECT_FALSE(passkeys_->list(bob_)[0].last_used_at);
  EXPECT_TRUE(passkeys_->list(bob_)[0].backed_up);

  const auto signed_in = passkeys_->sign_in(proof(device, bob_.user_id), here_);
  const Caller caller = identity_->authenticate(signed_in.tokens.access_token);
  EXPECT_EQ(caller.email, "bob@x.org");
  EXPECT_TRUE(passkeys_->list(bob_)[0].last_used_at);
  EXPECT_EQ(accounts_->sessions(caller)[0].via, "a passkey");
  // The device is told which it has.
  const auto again = passkeys_->begin(bob_, kPassword, "");
  ASSERT_EQ(again.exclude.size(), 1U);
  EXPECT_EQ(bytes(again.exclude[0].credential_id), device.credential_id);
  EXPECT_EQ(again.exclude[0].transports, (std::vector<std::string>{"hybrid", "internal"}));
}

TEST_F(PasskeysTest, EachChallengeWorksOnce) {
  const Authenticator device, other;
  const auto asked = passkeys_->begin(bob_, kPassword, "");
  passkeys_->add(bob_, made(device, asked));
  EXPECT_EQ(refusal([&] { passkeys_->add(bob_, made(other, asked)); }), "400 identity.badPasskey");
  const auto used = proof(device, bob_.user_id);
  passkeys_->sign_in(used, here_);
  EXPECT_EQ(refused(used), kBad);
}

TEST_F(PasskeysTest, ProofsOfOtherThingsAreRefused) {
  Authenticator device, stranger;
  add(bob_, device);
  EXPECT_EQ(refused(proof(stranger, bob_.user_id)), kBad);
  EXPECT_EQ(refused(proof(device, admin_.user_id)), kBad);
  EXPECT_EQ(refused(proof(device, "")), kBad);
  auto wrong = proof(device, bob_.user_id);
  wrong.ticket = passkeys_->ask().ticket;
  EXPECT_EQ(refused(wrong), kBad);
  wrong.ticket = passkeys_->begin(bob_, kPassword, "").ticket;
  EXPECT_EQ(refused(wrong), kBad);
  wrong.ticket = "none";
  EXPECT_EQ(refused(wrong), kBad);
  wrong = proof(device, bob_.user_id);
  wrong.signature = "not base64url!";
  EXPECT_EQ(refused(wrong), kBad);
  device.flags = Authenticator::present;
  EXPECT_EQ(refused(proof(device, bob_.user_id)), kBad);
  device.flags = Authenticator::present | Authenticator::verified;
  device.origin = "https://evil.example";
  EXPECT_EQ(refused(proof(device, bob_.user_id)), kBad);
  device.origin = "https://ob.example";
  passkeys_->sign_in(proof(device, bob_.user_id), here_);
}

TEST_F(PasskeysTest, ACounterThatGoesBackIsRefused) {
  Authenticator device;
  device.counter = 5;
  add(bob_, device);
  EXPECT_EQ(refused(proof(device, bob_.user_id)), kBad);
  device.counter = 6;
  passkeys_->sign_in(proof(device, bob_.user_id), here_);
  device.counter = 0;
  EXPECT_EQ(refused(proof(device, bob_.user_id)), kBad);
  device.counter = 7;
  passkeys_->sign_in(proof(device, bob_.user_id), here_);
}

TEST_F(PasskeysTest, FailuresFromANetworkAreBounded) {
  const Authenticator device;
  add(bob_, device);
  auto bad = proof(device, bob_.user_id);
  bad.signature = "AAAA";
  int tried = 0;
  for (int i = 0; i < 100; ++i) tried += refused(bad) == kBad ? 1 : 0;
  EXPECT_GE(tried, 50);
  EXPECT_LT(tried, 60);
  EXPECT_EQ(refused(proof(device, bob_.user_id)), "429 identity.throttled");
  here_.address = "4.3.2.1";
  passkeys_->sign_in(proof(device, bob_.user_id), here_);
}

TEST_F(PasskeysTest, AddingTakesProof) {
  EXPECT_EQ(refusal([&] { passkeys_->begin(bob_, "wrong password", ""); }),
            "403 identity.badCredentials");
  const auto key = identity_->create_key(bob_, "key", std::nullopt).second;
  EXPECT_EQ(refusal([&] { passkeys_->begin(identity_->authenticate(key), kPassword, ""); }),
            "403 identity.needsSession");
  // What one account was asked is no other's.
  const Authenticator device;
  const auto asked = passkeys_->begin(bob_, kPassword, "");
  EXPECT_EQ(refusal([&] { passkeys_->add(admin_, made(device, asked)); }),
            "400 identity.badPasskey");
  // Nor is it good once the password was changed.
  identity_->change_password(bob_, kPassword, "another password");
  const Caller again = caller("bob@x.org", "another password");
  EXPECT_EQ(refusal([&] { passkeys_->add(again, made(device, asked)); }),
            "400 identity.badPasskey");
}

TEST_F(PasskeysTest, ACredentialIsOfOneAccount) {
  const Authenticator device;
  add(bob_, device);
  EXPECT_EQ(refusal([&] { add(admin_, device); }), "409 identity.passkeyTaken");
  EXPECT_EQ(refusal([&] { add(bob_, device); }), "409 identity.passkeyTaken");
}

TEST_F(PasskeysTest, TheyAreRenamedAndRemoved) {
  const Authenticator device;
  const std::string id = add(bob_, device).id;
  EXPECT_EQ(passkeys_->rename(bob_, id, "Laptop").name, "Laptop");
  EXPECT_EQ(passkeys_->list(bob_)[0].name, "Laptop");
  EXPECT_EQ(refusal([&] { passkeys_->rename(admin_, id, "Mine"); }),
            "404 identity.passkeyNotFound");
  EXPECT_EQ(refusal([&] { passkeys_->remove(admin_, id, kPassword, ""); }),
            "404 identity.passkeyNotFound");
  EXPECT_EQ(refusal([&] { passkeys_->remove(bob_, id, "wrong password", ""); }),
            "403 identity.badCredentials");
  passkeys_->remove(bob_, id, kPassword, "");
  EXPECT_EQ(mail_->letters.back().subject, "A passkey was removed from your account");
  EXPECT_EQ(refused(proof(device, bob_.user_id)), kBad);
}

TEST_F(PasskeysTest, WhoMayNotSignInMayNotWithAPasskey) {
  const Authenticator device;
  add(bob_, device);
  accounts_->change_user(admin_, bob_.user_id, {.disabled = true});
  EXPECT_EQ(refused(proof(device, bob_.user_id)), "403 identity.disabled");
  accounts_->change_user(admin_, bob_.user_id, {.disabled = false});
  accounts_->set_temporary_password(admin_, bob_.user_id, "for the moment");
  EXPECT_EQ(refused(proof(device, bob_.user_id)), "403 identity.passwordChangeNeeded");
  const auto external = open_external(*identity_);
  external->set_password_gate([](const std::string& email) {
    if (email == "bob@x.org") throw forbidden("identity.singleSignOn", "Elsewhere.");
  });
  EXPECT_EQ(refused(proof(device, bob_.user_id)), "403 identity.singleSignOn");
  external->set_password_gate({});
  identity_->delete_user(admin_, bob_.user_id);
  EXPECT_EQ(refused(proof(device, bob_.user_id)), kBad);
}

TEST_F(PasskeysTest, AnAdministratorRemovesAll) {
  const Authenticator device;
  add(bob_, device);
  EXPECT_EQ(refusal([&] { passkeys_->remove_all(bob_, admin_.user_id); }), "403 identity.notAdmin");
  passkeys_->remove_all(admin_, bob_.user_id);
  EXPECT_TRUE(passkeys_->list(bob_).empty());
  EXPECT_EQ(refusal([&] { passkeys_->remove_all(admin_, "nobody"); }), "404 identity.userNotFound");
}

TEST_F(PasskeysTest, AccountsWithoutAPasswordKeepAWay) {
  const auto external = open_external(*identity_);
  const auto enter = [&](const std::string& id) {
    return database_->writing(
        [&](db::Tx& tx) { return external->sign_in(tx, id, here_, "Acme").tokens.access_token; });
  };
  const std::string id =
      database_->writing([&](db::Tx& tx) { return external->create(tx, "sso@x.org", "Sso").id; });
  const Caller by_provider = identity_->authenticate(enter(id));
  EXPECT_FALSE(passkeys_->proves_by_password(by_provider));
  const Authenticator device;
  const std::string passkey = add(by_provider, device, "").id;
  // Nobody knows whether the provider still works who came with the passkey.
  const Caller by_passkey =
      identity_->authenticate(passkeys_->sign_in(proof(device, id), here_).tokens.access_token);
  EXPECT_EQ(refusal([&] { passkeys_->remove(by_passkey, passkey, "", ""); }),
            "409 identity.lastWayToSignIn");
  // Nor does a session prove anything that an older one approved for a program.
  const auto approved = database_->writing(
      [&](db::Tx& tx) { return external->sign_in(tx, id, here_, "").tokens.access_token; });
  EXPECT_EQ(refusal([&] { passkeys_->begin(identity_->authenticate(approved), "", ""); }),
            "403 identity.freshSignInNeeded");
  // A session of some time ago proves nothing.
  database_->write([&](db::Tx& tx) {
    tx.execute("UPDATE sessions SET created_at = created_at - 700000000 WHERE id = $1",
               {by_provider.session});
  });
  EXPECT_EQ(refusal([&] { passkeys_->remove(by_provider, passkey, "", ""); }),
            "403 identity.freshSignInNeeded");
  EXPECT_EQ(refusal([&] { passkeys_->begin(by_provider, "", ""); }),
            "403 identity.freshSignInNeeded");
  passkeys_->remove(identity_->authenticate(enter(id)), passkey, "", "");
}

TEST_F(PasskeysTest, AreAtMostTwenty) {
  for (int i = 0; i < 20; ++i) add(bob_, Authenticator());
  EXPECT_EQ(refusal([&] { add(bob_, Authenticator()); }), "409 identity.tooManyPasskeys");
}

}  // namespace
}  // namespace ob::identity
