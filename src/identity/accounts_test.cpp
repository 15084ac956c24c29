#include "identity/accounts.h"

#include <gtest/gtest.h>

#include <set>

#include "base/ids.h"
#include "identity/api.h"
#include "identity/migrations/migrations.h"
#include "identity/testing.h"

namespace ob::identity {
namespace {

TEST_F(AccountsTest, RegistrationTakesTheLink) {
  accounts_->register_account("ann@x.org", "Ann", kPassword, here_);
  EXPECT_EQ(refused_sign_in("ann@x.org"), "401 identity.badCredentials");
  ASSERT_EQ(mail_->letters.size(), 1u);
  EXPECT_EQ(mail_->letters[0].to, "ann@x.org");
  EXPECT_TRUE(mail_->letters[0].link.starts_with("https://ob.example/verify-email#token="));
  const auto token = mail_->token();
  accounts_->verify(token);
  EXPECT_EQ(caller("ann@x.org").email, "ann@x.org");
  EXPECT_EQ(refusal([&] { accounts_->verify(token); }), "400 identity.badLink");
  EXPECT_EQ(refusal([&] { accounts_->verify("x"); }), "400 identity.badLink");
  EXPECT_EQ(refusal([&] { accounts_->verify(std::string(5000, 'x')); }), "400 identity.badLink");
}

TEST_F(AccountsTest, RegisteringATakenEmailLooksTheSame) {
  user("bob@x.org");
  mail_->letters.clear();
  accounts_->register_account("BOB@x.org", "Eve", "another password", here_);
  ASSERT_EQ(mail_->letters.size(), 1u);
  EXPECT_EQ(mail_->letters[0].to, "bob@x.org");
  EXPECT_EQ(mail_->letters[0].subject, "You already have an account");
  EXPECT_EQ(refused_sign_in("bob@x.org", "another password"), "401 identity.badCredentials");
  sign_in("bob@x.org");
}

TEST_F(AccountsTest, WhoRegistersForAnotherGetsNoAccountThatTheOtherMade) {
  accounts_->register_account("ann@x.org", "Eve", "password of eve", here_);
  accounts_->register_account("ann@x.org", "Ann", kPassword, here_);
  accounts_->verify(mail_->token());  // the letter of Ann's own registration
  EXPECT_EQ(refused_sign_in("ann@x.org", "password of eve"), "401 identity.badCredentials");
  sign_in("ann@x.org");
  EXPECT_EQ(refusal([&] {
              const auto& link = mail_->letters[0].link;
              accounts_->verify(link.substr(link.find('=') + 1));
            }),
            "400 identity.badLink");
}

TEST_F(AccountsTest, ALinkCanBeSentAgain) {
  accounts_->register_account("ann@x.org", "Ann", kPassword, here_);
  accounts_->resend("ANN@x.org", here_);
  ASSERT_EQ(mail_->letters.size(), 2u);
  accounts_->resend("nobody@x.org", here_);
  accounts_->resend("admin@x.org", here_);
  EXPECT_EQ(mail_->letters.size(), 2u);
  accounts_->verify(mail_->token());
  sign_in("ann@x.org");
}

TEST_F(AccountsTest, LettersToOneAddressAreBounded) {
  for (int i = 0; i < 15; ++i) accounts_->forgot_password("admin@x.org", here_);
  EXPECT_EQ(mail_->letters.size(), 6u);
  EXPECT_EQ(refusal([&] {
              for (int i = 0; i < 10; ++i) accounts_->forgot_password("nobody@x.org", here_);
            }),
            "429 identity.throttled");
}

TEST_F(AccountsTest, RegistrationCanBeClosed) {
  for (const auto registration : {Registration::invitation, Registration::off}) {
    start({.bcrypt_cost = 4}, registration);
    EXPECT_EQ(refusal([&] { accounts_->register_account("a@x.org", "A", kPassword, here_); }),
              "403 identity.registrationClosed");
  }
  EXPECT_EQ(refusal([&] { accounts_->invite(admin_, "a@x.org", false); }),
            "403 identity.registrationClosed");
}

TEST_F(AccountsTest, WithoutMailAnAccountWorksAtOnceAndIsUnverified) {
  start({.bcrypt_cost = 4}, Registration::open);
  mail_->server = false;
  accounts_->register_account("ann@x.org", "Ann", kPassword, here_);
  const Caller ann = caller("ann@x.org");
  EXPECT_FALSE(identity_->me(ann).verified);
  const std::string token = mail_->token();
  start({.bcrypt_cost = 4, .demand_verified = true}, Registration::open);
  EXPECT_EQ(refused_sign_in("ann@x.org"), "403 identity.unverified");
  EXPECT_EQ(refused_sign_in("ann@x.org", "wrong password"), "401 identity.badCredentials");
  accounts_->verify(token);
  EXPECT_TRUE(identity_->me(caller("ann@x.org")).verified);
}

TEST_F(AccountsTest, BadRegistrations) {
  const auto attempt = [&](const std::string& email, const std::string& name,
                           const std::string& password) {
    return refusal([&] { accounts_->register_account(email, name, password, here_); });
  };
  EXPECT_EQ(attempt("a@x\r\nBcc: b@x", "A", kPassword), "400 identity.badEmail");
  EXPECT_EQ(attempt("<a@x>", "A", kPassword), "400 identity.badEmail");
  EXPECT_EQ(attempt("a@x.org", "", kPassword), "400 identity.badName");
  EXPECT_EQ(attempt("a@x.org", "A\n", kPassword), "400 identity.badName");
  EXPECT_EQ(attempt("a@x.org", "A", "short"), "400 identity.badPassword");
}

TEST_F(AccountsTest, Invitations) {
  const Caller bob = user("bob@x.org");
  EXPECT_EQ(refusal([&] { accounts_->invite(bob, "c@x.org", false); }), "403 identity.notAdmin");
  EXPECT_EQ(refusal([&] { accounts_->invitations(bob); }), "403 identity.notAdmin");
  EXPECT_EQ(refusal([&] { accounts_->revoke_invitation(bob, "x"); }), "403 identity.notAdmin");
  EXPECT_EQ(refusal([&] { accounts_->invite(admin_, "BOB@x.org", false); }),
            "409 identity.emailTaken");
  accounts_->invite(admin_, "cat@x.org", true);
  const std::string first = mail_->token();
  const auto second = accounts_->invite(admin_, "CAT@x.org", true);
  EXPECT_EQ(second.link, "");
  EXPECT_EQ(refusal([&] { accounts_->invitation(first); }), "400 identity.badLink");
  const std::string token = mail_->token();
  EXPECT_EQ(accounts_->invitation(token).invited_by, "admin@x.org");
  ASSERT_EQ(accounts_->invitations(admin_).size(), 1u);
  const auto tokens = accounts_->accept(token, "Cat", kPassword, here_).tokens;
  EXPECT_TRUE(identity_->authenticate(tokens.access_token).admin);
  EXPECT_EQ(refusal([&] { accounts_->accept(token, "Cat", kPassword, here_); }),
            "400 identity.badLink");
  const auto third = accounts_->invite(admin_, "dan@x.org", false);
  accounts_->revoke_invitation(admin_, third.id);
  EXPECT_EQ(refusal([&] { accounts_->accept(mail_->token(), "D", kPassword, here_); }),
            "400 identity.badLink");
  EXPECT_EQ(refusal([&] { accounts_->revoke_invitation(admin_, third.id); }),
            "404 identity.invitationNotFound");
}

TEST_F(AccountsTest, AnInvitationOfWhoIsNoAdministratorAnyMoreIsVoid) {
  const Caller bob = user("bob@x.org");
  accounts_->change_user(admin_, bob.user_id, {.admin = true});
  accounts_->invite(caller("bob@x.org"), "cat@x.org", true);
  accounts_->change_user(admin_, bob.user_id, {.admin = false});
  EXPECT_EQ(refusal([&] { accounts_->accept(mail_->token(), "Cat", kPassword, here_); }),
            "400 identity.badLink");
}

TEST_F(AccountsTest, ForgottenPasswords) {
  const Caller bob = user("bob@x.org");
  const auto session = sign_in("bob@x.org").tokens;
  accounts_->forgot_password("nobody@x.org", here_);
  EXPECT_TRUE(mail_->letters.empty());
  accounts_->forgot_password("Bob@x.org", here_);
  const std::string token = mail_->token();
  EXPECT_EQ(mail_->letters.back().to, "bob@x.org");
  EXPECT_EQ(refusal([&] { accounts_->reset_password(token, "short", here_); }),
            "400 identity.badPassword");
  accounts_->reset_password(token, "a fresh password", here_);
  EXPECT_EQ(mail_->letters.back().subject, "Your password was changed");
  EXPECT_EQ(refusal([&] { accounts_->reset_password(token, "a third password", here_); }),
            "400 identity.badLink");
  EXPECT_EQ(refusal([&] { identity_->authenticate(session.access_token); }),
            "401 identity.badToken");
  EXPECT_EQ(refusal([&] { accounts_->refresh(session.refresh_token, here_); }),
            "401 identity.badRefreshToken");
  EXPECT_EQ(refused_sign_in("bob@x.org"), "401 identity.badCredentials");
  sign_in("bob@x.org", "a fresh password");
}

TEST_F(AccountsTest, LinksExpireAndFitOnlyTheirUse) {
  accounts_->forgot_password("admin@x.org", here_);
  const std::string reset = mail_->token();
  EXPECT_EQ(refusal([&] { accounts_->verify(reset); }), "400 identity.badLink");
  EXPECT_EQ(refusal([&] { accounts_->confirm_email(reset); }), "400 identity.badLink");
  EXPECT_EQ(refusal([&] { accounts_->invitation(reset); }), "400 identity.badLink");
  database_->write([](db::Tx& tx) { tx.execute("UPDATE links SET expires_at = 1"); });
  EXPECT_EQ(refusal([&] { accounts_->reset_password(reset, kPassword, here_); }),
            "400 identity.badLink");
}

TEST_F(AccountsTest, EmailsChangeOnceConfirmed) {
  const Caller bob = user("bob@x.org");
  EXPECT_EQ(refusal([&] { accounts_->change_email(bob, "wrong password", "b@x.org"); }),
            "403 identity.badCredentials");
  accounts_->change_email(bob, kPassword, "admin@x.org");  // taken: nobody is told
  EXPECT_TRUE(mail_->letters.empty());
  accounts_->forgot_password("bob@x.org", here_);
  const std::string reset = mail_->token();
  accounts_->change_email(bob, kPassword, "robert@x.org");
  EXPECT_EQ(mail_->letters.back().to, "robert@x.org");
  sign_in("bob@x.org");
  const auto before = sign_in("bob@x.org").tokens;
  accounts_->confirm_email(mail_->token());
  EXPECT_EQ(mail_->letters.back().to, "bob@x.org");  // the notice
  EXPECT_EQ(refused_sign_in("bob@x.org"), "401 identity.badCredentials");
  const auto after = accounts_->refresh(before.refresh_token, here_).tokens;
  EXPECT_EQ(identity_->authenticate(after.access_token).email, "robert@x.org");
  EXPECT_EQ(refusal([&] { accounts_->reset_password(reset, kPassword, here_); }),
            "400 identity.badLink");
}

TEST_F(AccountsTest, OwnAccountsCanGo) {
  const Caller bob = user("bob@x.org");
  EXPECT_EQ(refusal([&] { accounts_->delete_own_account(bob, "wrong password", ""); }),
            "403 identity.badCredentials");
  accounts_->delete_own_account(bob, kPassword, "");
  EXPECT_EQ(count("bob@x.org"), 0u);
  EXPECT_EQ(refused_sign_in("bob@x.org"), "401 identity.badCredentials");
  EXPECT_EQ(refusal([&] { accounts_->delete_own_account(admin_, kPassword, ""); }),
            "409 identity.lastAdministrator");
}

TEST_F(AccountsTest, AdministratorsChangeUsers) {
  const Caller bob = user("bob@x.org");
  EXPECT_EQ(refusal([&] { accounts_->change_user(bob, bob.user_id, {.admin = true}); }),
            "403 identity.notAdmin");
  EXPECT_EQ(refusal([&] { accounts_->change_user(admin_, admin_.user_id, {.admin = false}); }),
            "409 identity.lastAdministrator");
  EXPECT_EQ(refusal([&] { accounts_->change_user(admin_, admin_.user_id, {.disabled = true}); }),
            "409 identity.lastAdministrator");
  EXPECT_EQ(refusal([&] { accounts_->change_user(admin_, "x", {}); }), "404 identity.userNotFound");
  const auto tokens = sign_in("bob@x.org").tokens;
  const auto key = identity_->create_key(bob, "k", std::nullopt).second;
  identity_->authenticate(key);
  EXPECT_TRUE(accounts_->change_user(admin_, bob.user_id, {.name = "Bob", .admin = true}).admin);
  // The old token says something else, so it ends; its session goes on.
  EXPECT_EQ(refusal([&] { identity_->authenticate(tokens.access_token); }),
            "401 identity.badToken");
  const auto fresh = accounts_->refresh(tokens.refresh_token, here_).tokens;
  EXPECT_TRUE(identity_->authenticate(fresh.access_token).admin);
  EXPECT_TRUE(identity_->authenticate(key).admin);
  EXPECT_TRUE(accounts_->change_user(admin_, bob.user_id, {.disabled = true}).disabled);
  EXPECT_EQ(refused_sign_in("bob@x.org"), "403 identity.disabled");
  EXPECT_EQ(refused_sign_in("bob@x.org", "wrong password"), "401 identity.badCredentials");
  for (const auto& bearer : {fresh.access_token, key}) {
    EXPECT_EQ(refusal([&] { identity_->authenticate(bearer); }), "401 identity.badToken");
  }
  EXPECT_EQ(refusal([&] { accounts_->refresh(fresh.refresh_token, here_); }),
            "401 identity.badRefreshToken");
  accounts_->forgot_password("bob@x.org", here_);
  EXPECT_TRUE(mail_->letters.empty());
  accounts_->change_user(admin_, bob.user_id, {.disabled = false});
  sign_in("bob@x.org");
}

TEST_F(AccountsTest, TemporaryPasswords) {
  const Caller bob = user("bob@x.org");
  EXPECT_EQ(refusal([&] { accounts_->set_temporary_password(bob, bob.user_id, kPassword); }),
            "403 identity.notAdmin");
  accounts_->set_temporary_password(admin_, bob.user_id, "for the moment");
  EXPECT_EQ(refused_sign_in("bob@x.org", "for the moment"), "403 identity.passwordChangeNeeded");
  const std::string challenge = this->challenge("bob@x.org", "for the moment");
  EXPECT_EQ(refusal([&] { accounts_->replace_password(challenge, "for the moment", here_); }),
            "400 identity.samePassword");
  EXPECT_EQ(refusal([&] { accounts_->replace_password(challenge + "A", kPassword, here_); }),
            "401 identity.badChallenge");
  EXPECT_EQ(refusal([&] { accounts_->second_factor(challenge, "123456", here_); }),
            "401 identity.badChallenge");
  const auto tokens = accounts_->replace_password(challenge, "my own password", here_).tokens;
  identity_->authenticate(tokens.access_token);
  sign_in("bob@x.org", "my own password");
  EXPECT_EQ(refusal([&] { accounts_->replace_password(challenge, "another one 123", here_); }),
            "401 identity.badChallenge");
}

TEST_F(AccountsTest, SessionsAreListedAndEnded) {
  const Caller bob = user("bob@x.org");
  here_ = {.address = "5.6.7.8", .user_agent = std::string(1000, 'x')};
  const auto other = sign_in("bob@x.org");
  auto sessions = accounts_->sessions(bob);
  ASSERT_EQ(sessions.size(), 2u);
  EXPECT_EQ(sessions[0].id, other.session);
  EXPECT_EQ(sessions[0].address, "5.6.7.8");
  EXPECT_EQ(sessions[0].user_agent.size(), 300u);
  EXPECT_FALSE(sessions[0].current);
  EXPECT_TRUE(sessions[1].current);
  EXPECT_EQ(sessions[1].user_agent, "Browser1");
  EXPECT_EQ(refusal([&] { accounts_->end_session(admin_, other.session); }),
            "404 identity.sessionNotFound");
  accounts_->end_session(bob, other.session);
  EXPECT_EQ(refusal([&] { identity_->authenticate(other.tokens.access_token); }),
            "401 identity.badToken");
  EXPECT_EQ(refusal([&] { accounts_->refresh(other.tokens.refresh_token, here_); }),
            "401 identity.badRefreshToken");
  const auto third = sign_in("bob@x.org"), fourth = sign_in("bob@x.org");
  accounts_->end_other_sessions(bob);
  sessions = accounts_->sessions(bob);
  ASSERT_EQ(sessions.size(), 1u);
  EXPECT_TRUE(sessions[0].current);
  for (const auto& tokens : {third.tokens, fourth.tokens}) {
    EXPECT_EQ(refusal([&] { identity_->authenticate(tokens.access_token); }),
              "401 identity.badToken");
  }
  identity_->authenticate(sign_in("bob@x.org").tokens.access_token);
}

TEST_F(AccountsTest, AStolenRefreshTokenEndsBothSessions) {
  const auto first = sign_in("admin@x.org").tokens;
  const auto thief = accounts_->refresh(first.refresh_token, {.address = "6.6.6.6"}).tokens;
  EXPECT_EQ(accounts_->sessions(admin_)[0].address, "6.6.6.6");
  EXPECT_EQ(refusal([&] { accounts_->refresh(first.refresh_token, here_); }),
            "401 identity.badRefreshToken");
  for (const auto& token : {first.access_token, thief.access_token}) {
    EXPECT_EQ(refusal([&] { identity_->authenticate(token); }), "401 identity.badToken");
  }
  EXPECT_EQ(refusal([&] { accounts_->refresh(thief.refresh_token, here_); }),
            "401 identity.badRefreshToken");
  EXPECT_EQ(accounts_->sessions(admin_).size(), 1u);
}

TEST_F(AccountsTest, HashesAreMadeAnewAtAHigherCost) {
  start({.bcrypt_cost = 5}, Registration::open);
  sign_in("admin@x.org");
  const auto hash = database_->reading(
      [](db::Tx& tx) { return tx.query_one("SELECT password_hash FROM users")->text(0); });
  EXPECT_TRUE(hash.starts_with("$2b$05$")) << hash;
  identity_->authenticate(sign_in("admin@x.org").tokens.access_token);
  EXPECT_EQ(refused_sign_in("admin@x.org", "wrong password"), "401 identity.badCredentials");
}

TEST_F(AccountsTest, StrangersDoNotLockOutAKnownDevice) {
  user("bob@x.org");
  const std::string device = sign_in("bob@x.org").device;
  for (int i = 0; i < 30; ++i) {
    here_ = {.address = std::to_string(i + 10) + ".0.0.1"};
    refused_sign_in("bob@x.org", "wrong password");
  }
  here_ = {.address = "99.0.0.1"};
  EXPECT_EQ(refused_sign_in("bob@x.org"), "429 identity.throttled");
  here_.device = "forged";
  EXPECT_EQ(refused_sign_in("bob@x.org"), "429 identity.throttled");
  here_.device = sign_in("admin@x.org").device;  // another's
  EXPECT_EQ(refused_sign_in("bob@x.org"), "429 identity.throttled");
  here_.device = device;
  sign_in("bob@x.org");
  here_ = {.address = "1.2.3.4"};
  sign_in("bob@x.org");
}

TEST_F(AccountsTest, AResetLetsTheOwnerInFromAnywhere) {
  user("bob@x.org");
  for (int i = 0; i < 30; ++i) {
    here_ = {.address = std::to_string(i + 10) + ".0.0.1"};
    refused_sign_in("bob@x.org", "wrong password");
  }
  here_ = {.address = "99.0.0.1"};
  EXPECT_EQ(refused_sign_in("bob@x.org"), "429 identity.throttled");
  accounts_->forgot_password("bob@x.org", here_);
  accounts_->reset_password(mail_->token(), "a fresh password", here_);
  sign_in("bob@x.org", "a fresh password");
}

TEST(AccountMigrations, KeepWhoIsThereAndSignedIn) {
  char name[] = "/tmp/ob_accounts_XXXXXX";
  const std::string directory = mkdtemp(name);
  {
    auto database = db::open(db::testing::url_in(directory));
    database->migrate("identity", migrations());
    const std::string token = "obr_" + std::string(43, 'x');
    database->write([&](db::Tx& tx) {
      tx.execute(
          "INSERT INTO users (id, email, email_key, name, password_hash, admin, epoch, created_at) "
          "VALUES ('u', 'a@x.org', 'a@x.org', 'A', '$2b$04$', 1, 0, 7)");
      tx.execute(
          "INSERT INTO refresh_tokens (token_hash, session, user_id, expires_at) "
          "VALUES ($1, 's', 'u', $2)",
          {sha256_hex(token), now_micros() + 3'600'000'000});
    });
    auto identity = open(*database, directory, "", {.bcrypt_cost = 4, .demand_verified = true});
    const auto tokens = identity->refresh(token, "1.2.3.4");
    const Caller caller = identity->authenticate(tokens.access_token);
    EXPECT_EQ(caller.session, "s");
    EXPECT_TRUE(identity->me(caller).verified);
    FakeMail mail(*database);
    const auto accounts =
        open_accounts(*identity, mail, {Registration::off, [] { return std::string(); }});
    ASSERT_EQ(accounts->sessions(caller).size(), 1u);
    EXPECT_EQ(accounts->sessions(caller)[0].address, "1.2.3.4");
  }
  std::filesystem::remove_all(directory);
}

TEST_F(AccountsTest, EndpointsAreDeclared) {
  Pool pool("test", 1);
  api::Registry registry(pool);
  register_api(registry, *identity_);
  register_account_api(registry, *identity_, *accounts_, pool);
  const std::set<std::string> open = {"login",
                                      "completeSignIn",
                                      "register",
                                      "refresh",
                                      "replaceTemporaryPassword",
                                      "logout",
                                      "authSettings",
                                      "resendVerification",
                                      "verifyEmail",
                                      "showInvitation",
                                      "acceptInvitation",
                                      "forgotPassword",
                                      "resetPassword",
                                      "confirmEmail",
                                      "publicKeys"};
  std::set<std::string> found;
  for (const auto& endpoint : registry.endpoints()) {
    if (endpoint.doc.anonymous) found.insert(endpoint.doc.operation);
  }
  EXPECT_EQ(found, open);
}

}  // namespace
}  // namespace ob::identity
