#include "identity/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/ids.h"
#include "db/testing.h"
#include "identity/api.h"
#include "identity/passwords.h"
#include "identity/throttle.h"

namespace ob::identity {
namespace {

constexpr Micros kSecond = 1'000'000;

class IdentityTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ob_identity_XXXXXX";
    directory_ = mkdtemp(name);
    start();
    EXPECT_EQ(identity_->bootstrap("Admin@localhost", "first password"), std::nullopt);
    admin_ = caller("admin@localhost", "first password");
  }
  void TearDown() override {
    identity_.reset();
    database_.reset();
    std::filesystem::remove_all(directory_);
  }
  void start() {
    identity_.reset();
    database_ = db::open(db::testing::url_in(directory_));
    identity_ = open(*database_, directory_, "", {.bcrypt_cost = 4});
  }
  Caller caller(const std::string& email, const std::string& password) {
    return identity_->authenticate(identity_->sign_in(email, password, "1.2.3.4").access_token);
  }
  Caller user(const std::string& email) {
    identity_->create_user(admin_, email, "User", "a long password");
    return caller(email, "a long password");
  }
  static std::string refusal(const std::function<void()>& fn) {
    try {
      fn();
    } catch (const Error& e) {
      return std::to_string(e.status()) + " " + e.id();
    }
    return "";
  }

  std::string directory_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<Identity> identity_;
  Caller admin_;
};

TEST_F(IdentityTest, BootstrapOnce) {
  EXPECT_TRUE(admin_.admin);
  EXPECT_EQ(admin_.credential, "session");
  EXPECT_EQ(identity_->bootstrap("other@localhost", ""), std::nullopt);
  EXPECT_EQ(identity_->users(admin_).size(), 1u);
  EXPECT_EQ(identity_->me(admin_).email, "Admin@localhost");

  auto empty = db::open(db::testing::url_in(directory_, "other"));
  auto fresh = open(*empty, directory_, "", {.bcrypt_cost = 4});
  const auto made = fresh->bootstrap("root@localhost", "");
  ASSERT_TRUE(made);
  EXPECT_GE(made->size(), 16u);
  EXPECT_TRUE(
      fresh->authenticate(fresh->sign_in("root@localhost", *made, "::1").access_token).admin);
}

TEST_F(IdentityTest, TokensSurviveARestart) {
  const auto tokens = identity_->sign_in("admin@localhost", "first password", "1.2.3.4");
  EXPECT_GE(tokens.expires_in, 900);
  start();
  EXPECT_EQ(identity_->authenticate(tokens.access_token).user_id, admin_.user_id);
  EXPECT_NE(identity_->refresh(tokens.refresh_token, "1.2.3.4").access_token, "");
  struct stat info;
  ASSERT_EQ(stat((directory_ + "/master.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(IdentityTest, AnotherMasterKeyIsRefused) {
  std::ofstream(directory_ + "/other.key") << base64_encode(std::string(32, 'k')) << "\n";
  EXPECT_EQ(refusal([&] { open(*database_, directory_, directory_ + "/other.key"); }),
            "500 identity.masterKey");
  EXPECT_EQ(refusal([&] { open(*database_, directory_, directory_ + "/absent.key"); }),
            "500 identity.masterKey");
  std::ofstream(directory_ + "/short.key") << "c2hvcnQ=\n";
  EXPECT_EQ(refusal([&] { open(*database_, directory_, directory_ + "/short.key"); }),
            "500 identity.masterKey");
}

TEST_F(IdentityTest, OnlyTokensAreCheckedWithoutTheDatabase) {
  start();  // has just read what is revoked
  EXPECT_TRUE(identity_->knows_offhand("a.b.c"));
  EXPECT_FALSE(identity_->knows_offhand("obk_abc"));
}

TEST_F(IdentityTest, NothingSecretIsStoredInClear) {
  if (db::testing::on_postgres()) GTEST_SKIP() << "reads the file of the database";
  const auto tokens = identity_->sign_in("admin@localhost", "first password", "1.2.3.4");
  const auto [key, secret] = identity_->create_key(admin_, "k", std::nullopt);
  database_.reset(nullptr);
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    std::ifstream in(entry.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(in), {});
  }
  EXPECT_NE(all.find("Admin@localhost"), all.npos);
  for (const auto& text : {tokens.refresh_token, secret, std::string("first password"),
                           std::string("\"crv\""), std::string("\"d\":")}) {
    EXPECT_EQ(all.find(text), all.npos) << text;
  }
  database_ = db::open(db::testing::url_in(directory_));
}

TEST_F(IdentityTest, WrongCredentials) {
  for (const auto& [email, password] : std::vector<std::pair<std::string, std::string>>{
           {"admin@localhost", "wrong"},
           {"nobody@localhost", "first password"},
           {"admin@localhost", ""},
           {std::string(300, 'x'), "first password"},
           {"admin@localhost", std::string(100, 'x')},
           {"admin@localhost", std::string("first password\0x", 16)}}) {
    EXPECT_EQ(refusal([&] { identity_->sign_in(email, password, "9.9.9.9"); }),
              "401 identity.badCredentials");
  }
  for (const auto& bearer : {"", "x", "obk_x", "obr_x", "a.b.c", "..", "...."}) {
    EXPECT_EQ(refusal([&] { identity_->authenticate(bearer); }), "401 identity.badToken");
  }
  EXPECT_EQ(refusal([&] { identity_->authenticate(std::string(100'000, 'a')); }),
            "401 identity.badToken");
}

TEST_F(IdentityTest, RefreshRotatesAndReuseEndsTheSession) {
  const auto first = identity_->sign_in("admin@localhost", "first password", "1.2.3.4");
  const auto second = identity_->refresh(first.refresh_token, "1.2.3.4");
  EXPECT_NE(second.refresh_token, first.refresh_token);
  identity_->authenticate(second.access_token);
  EXPECT_EQ(refusal([&] { identity_->refresh(first.refresh_token, "6.6.6.6"); }),
            "401 identity.badRefreshToken");
  EXPECT_EQ(refusal([&] { identity_->refresh(second.refresh_token, "1.2.3.4"); }),
            "401 identity.badRefreshToken");
  EXPECT_EQ(refusal([&] { identity_->authenticate(second.access_token); }),
            "401 identity.badToken");
  EXPECT_EQ(refusal([&] { identity_->authenticate(first.access_token); }), "401 identity.badToken");
  EXPECT_EQ(refusal([&] { identity_->refresh("obr_unknown", "1.2.3.4"); }),
            "401 identity.badRefreshToken");
}

TEST_F(IdentityTest, SignOutEndsOneSession) {
  const auto one = identity_->sign_in("admin@localhost", "first password", "1.2.3.4");
  const auto two = identity_->sign_in("admin@localhost", "first password", "1.2.3.4");
  identity_->authenticate(one.access_token);
  identity_->sign_out(one.refresh_token);
  identity_->sign_out(one.refresh_token);
  identity_->sign_out("nonsense");
  EXPECT_EQ(refusal([&] { identity_->authenticate(one.access_token); }), "401 identity.badToken");
  EXPECT_EQ(refusal([&] { identity_->refresh(one.refresh_token, ""); }),
            "401 identity.badRefreshToken");
  identity_->authenticate(two.access_token);
  start();
  EXPECT_EQ(refusal([&] { identity_->authenticate(one.access_token); }), "401 identity.badToken");
}

TEST_F(IdentityTest, ChangingThePasswordEndsSessions) {
  const auto before = identity_->sign_in("admin@localhost", "first password", "1.2.3.4");
  EXPECT_EQ(refusal([&] { identity_->change_password(admin_, "wrong", "second password"); }),
            "403 identity.badCredentials");
  EXPECT_EQ(refusal([&] { identity_->change_password(admin_, "first password", "short"); }),
            "400 identity.badPassword");
  identity_->change_password(admin_, "first password", "second password");
  EXPECT_EQ(refusal([&] { identity_->authenticate(before.access_token); }),
            "401 identity.badToken");
  EXPECT_EQ(refusal([&] { identity_->refresh(before.refresh_token, ""); }),
            "401 identity.badRefreshToken");
  EXPECT_TRUE(caller("ADMIN@localhost", "second password").admin);
}

TEST_F(IdentityTest, PasswordRules) {
  const auto check = [](const std::string& p) { return refusal([&] { Passwords::check(p); }); };
  EXPECT_EQ(check("123456789"), "400 identity.badPassword");
  EXPECT_EQ(check("1234567890"), "");
  EXPECT_EQ(check("ééééééééé"), "400 identity.badPassword");  // nine characters
  EXPECT_EQ(check(std::string(72, 'x')), "");
  EXPECT_EQ(check(std::string(73, 'x')), "400 identity.badPassword");
  EXPECT_EQ(check(std::string("12345\00067890", 11)), "400 identity.badPassword");
  EXPECT_EQ(check("123456789\xff"), "400 identity.badPassword");
  Passwords passwords(4);
  const auto hash = passwords.hash(std::string(72, 'x'));
  EXPECT_TRUE(hash.starts_with("$2b$04$"));
  EXPECT_TRUE(passwords.verify(std::string(72, 'x'), hash));
  EXPECT_FALSE(passwords.verify(std::string(73, 'x'), hash));
  EXPECT_FALSE(passwords.verify("", ""));
}

TEST_F(IdentityTest, Users) {
  const Caller bob = user("Bob@Example.org");
  EXPECT_FALSE(bob.admin);
  EXPECT_EQ(
      refusal([&] { identity_->create_user(admin_, "bob@example.ORG", "B", "a long password"); }),
      "409 identity.emailTaken");
  EXPECT_EQ(refusal([&] { identity_->create_user(bob, "c@d.e", "C", "a long password"); }),
            "403 identity.notAdmin");
  EXPECT_EQ(refusal([&] { identity_->users(bob); }), "403 identity.notAdmin");
  EXPECT_EQ(refusal([&] { identity_->delete_user(bob, admin_.user_id); }), "403 identity.notAdmin");
  for (const auto& email : {"", "x", "@x", "x@", "a@b@c", "a b@c", "a\n@b"}) {
    EXPECT_EQ(refusal([&] { identity_->create_user(admin_, email, "C", "a long password"); }),
              "400 identity.badEmail")
        << email;
  }
  EXPECT_EQ(identity_->display_name(bob.user_id), "Bob@Example.org");
  EXPECT_EQ(identity_->display_name("gone"), "gone");
}

TEST_F(IdentityTest, ADeletedUserStopsAtOnce) {
  const Caller bob = user("bob@x");
  const auto tokens = identity_->sign_in("bob@x", "a long password", "1.2.3.4");
  const auto key = identity_->create_key(bob, "k", std::nullopt).second;
  identity_->authenticate(key);
  EXPECT_EQ(refusal([&] { identity_->delete_user(admin_, admin_.user_id); }),
            "409 identity.ownAccount");
  identity_->delete_user(admin_, bob.user_id);
  EXPECT_EQ(refusal([&] { identity_->delete_user(admin_, bob.user_id); }),
            "404 identity.userNotFound");
  for (const auto& bearer : {tokens.access_token, key}) {
    EXPECT_EQ(refusal([&] { identity_->authenticate(bearer); }), "401 identity.badToken");
  }
  EXPECT_EQ(refusal([&] { identity_->refresh(tokens.refresh_token, ""); }),
            "401 identity.badRefreshToken");
  start();
  EXPECT_EQ(refusal([&] { identity_->authenticate(tokens.access_token); }),
            "401 identity.badToken");
}

TEST_F(IdentityTest, ApiKeys) {
  const Caller bob = user("bob@x");
  const auto [key, secret] = identity_->create_key(bob, "laptop", now_micros() + 3600 * kSecond);
  EXPECT_TRUE(secret.starts_with("obk_"));
  EXPECT_TRUE(secret.starts_with(key.prefix));
  EXPECT_LT(key.prefix.size(), 16u);
  const Caller by_key = identity_->authenticate(secret);
  EXPECT_EQ(by_key.user_id, bob.user_id);
  EXPECT_EQ(by_key.credential, "key:" + key.id);
  EXPECT_TRUE(identity_->keys(bob)[0].last_used_at);
  EXPECT_TRUE(identity_->keys(admin_).empty());
  EXPECT_EQ(refusal([&] { identity_->create_key(by_key, "forever", std::nullopt); }),
            "403 identity.keyTooLong");
  identity_->create_key(by_key, "shorter", now_micros() + 60 * kSecond);
  EXPECT_EQ(refusal([&] { identity_->create_key(bob, "past", now_micros() - 1); }),
            "400 identity.badExpiry");
  EXPECT_EQ(refusal([&] { identity_->delete_key(admin_, key.id); }), "404 identity.keyNotFound");
  identity_->delete_key(bob, key.id);
  EXPECT_EQ(refusal([&] { identity_->authenticate(secret); }), "401 identity.badToken");
}

TEST_F(IdentityTest, AnApiKeyExpires) {
  const auto secret = identity_->create_key(admin_, "brief", now_micros() + kSecond / 2).second;
  identity_->authenticate(secret);
  std::this_thread::sleep_for(std::chrono::milliseconds(550));
  EXPECT_EQ(refusal([&] { identity_->authenticate(secret); }), "401 identity.badToken");
}

// Every held privilege against every wanted one, on the object and on its ancestor.
TEST_F(IdentityTest, PermissionTable) {
  const auto all = {Privilege::browse, Privilege::read, Privilege::write, Privilege::create,
                    Privilege::manage};
  const bool expected[5][5] = {
      // browse read write create manage
      {true, false, false, false, false},  // browse
      {true, true, false, false, false},   // read
      {true, true, true, false, false},    // write
      {true, false, false, true, false},   // create
      {true, true, true, true, true},      // manage
  };
  const Caller bob = user("bob@x");
  const Caller eve = user("eve@x");
  for (const std::string principal : {bob.user_id, std::string("everyone")}) {
    for (const std::size_t level : {0, 1}) {
      for (auto held : all) {
        const std::vector<Securable> path = {
            {ObjectType::table, new_uuid(), "c.s.t", admin_.user_id},
            {ObjectType::schema, new_uuid(), "c.s", admin_.user_id}};
        identity_->permissions().grant(admin_, std::span(path).subspan(level), principal,
                                       {.privileges = {held}});
        for (auto wanted : all) {
          const bool want = expected[static_cast<int>(held)][static_cast<int>(wanted)];
          EXPECT_EQ(identity_->permissions().may(bob, wanted, path), want);
          EXPECT_EQ(identity_->permissions().may(eve, wanted, path),
                    want && principal == "everyone");
          EXPECT_TRUE(identity_->permissions().may(admin_, wanted, path));
        }
        identity_->permissions().forget(path[level]);
        EXPECT_FALSE(identity_->permissions().may(bob, Privilege::browse, path));
      }
    }
  }
}

TEST_F(IdentityTest, OwnersAndRefusals) {
  const Caller bob = user("bob@x");
  const Caller eve = user("eve@x");
  const std::vector<Securable> path = {{ObjectType::table, new_uuid(), "c.s.t", "somebody"},
                                       {ObjectType::schema, new_uuid(), "c.s", bob.user_id},
                                       {ObjectType::catalog, new_uuid(), "c", "somebody"}};
  identity_->permissions().require(bob, Privilege::manage, path);
  EXPECT_FALSE(identity_->permissions().may(bob, Privilege::browse, std::span(path).subspan(2)));
  EXPECT_EQ(refusal([&] { identity_->permissions().require(eve, Privilege::manage, path); }),
            "404 catalog.tableNotFound");
  EXPECT_EQ(refusal([&] {
              identity_->permissions().grant(eve, path, eve.user_id,
                                             {.privileges = {Privilege::read}});
            }),
            "404 catalog.tableNotFound");
  identity_->permissions().grant(bob, path, eve.user_id, {.privileges = {Privilege::read}});
  identity_->permissions().grant(bob, path, eve.user_id, {.privileges = {Privilege::read}});
  EXPECT_EQ(refusal([&] { identity_->permissions().require(eve, Privilege::write, path); }),
            "403 identity.forbidden");
  EXPECT_EQ(refusal([&] {
              identity_->permissions().grant(bob, path, "nobody",
                                             {.privileges = {Privilege::read}});
            }),
            "404 identity.principalNotFound");
  EXPECT_FALSE(identity_->permissions().may(Caller{}, Privilege::browse, path));
  EXPECT_FALSE(identity_->permissions().may(eve, Privilege::browse, {}));
  identity_->permissions().require(Identity::system(), Privilege::manage, path);
}

TEST_F(IdentityTest, EndpointsAreDeclared) {
  Pool pool("test", 1);
  api::Registry registry(pool);
  register_api(registry, *identity_);
  for (const auto& endpoint : registry.endpoints()) {
    EXPECT_EQ(endpoint.doc.anonymous, endpoint.path == "/api/v1/auth/logout") << endpoint.path;
  }
  EXPECT_NE(registry.match("DELETE", "/api/v1/keys/x").endpoint, nullptr);
}

TEST(ThrottleTest, DelaysGrow) {
  Micros now = 1'000 * kSecond;
  Throttle throttle([&] { return now; });
  const auto guess = [&](const std::string& account, const std::string& address) {
    try {
      throttle.begin(account, address).fail();
    } catch (const Throttled& e) {
      return e.retry_after_s;
    }
    return std::int64_t{0};
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(guess("a", "1.1.1.1"), 0);
  EXPECT_EQ(guess("a", "1.1.1.1"), 1);
  EXPECT_EQ(guess("a", "2.2.2.2"), 0);  // another address
  EXPECT_EQ(guess("b", "1.1.1.1"), 0);  // another account
  std::int64_t expected = 2;
  for (int i = 0; i < 14; ++i) {
    now += 1'000 * kSecond;
    EXPECT_EQ(guess("a", "1.1.1.1"), 0);
    EXPECT_EQ(guess("a", "1.1.1.1"), std::min<std::int64_t>(expected, 900));
    expected *= 2;
  }
  now += 1'000 * kSecond;
  throttle.begin("a", "1.1.1.1").succeed();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(guess("a", "1.1.1.1"), 0);
  now += 4'000 * kSecond;  // forgotten
  for (int i = 0; i < 5; ++i) EXPECT_EQ(guess("a", "1.1.1.1"), 0);
}

TEST(ThrottleTest, OneAddressOverManyAccounts) {
  Throttle throttle;
  const auto guess = [&](int i, const std::string& address) {
    throttle.begin("account" + std::to_string(i), address).fail();
  };
  for (int i = 0; i < 50; ++i) guess(i, "2001:db8::" + std::to_string(i));
  EXPECT_THROW(guess(99, "2001:db8::ffff"), Throttled);  // the same /64
  guess(99, "2001:db8:0:1::1");
}

TEST(ThrottleTest, AttemptsAtTheSameTimeDoNotSlipThrough) {
  Throttle throttle;
  std::atomic<int> wrong = 0, refused = 0, running = 0, most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&] {
      try {
        auto attempt = throttle.begin("a", "1.1.1.1");
        most = std::max(most.load(), ++running);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        --running;
        ++wrong;
        attempt.fail();
      } catch (const Throttled&) {
        ++refused;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 5);
  EXPECT_EQ(refused, 15);
  EXPECT_LE(most, 5);
}

TEST_F(IdentityTest, GuessingIsThrottled) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(refusal([&] { identity_->sign_in("admin@localhost", "wrong", "5.5.5.5"); }),
              "401 identity.badCredentials");
  }
  EXPECT_EQ(refusal([&] { identity_->sign_in("ADMIN@localhost", "first password", "5.5.5.5"); }),
            "429 identity.throttled");
  identity_->sign_in("admin@localhost", "first password", "1.2.3.4");
}

}  // namespace
}  // namespace ob::identity
