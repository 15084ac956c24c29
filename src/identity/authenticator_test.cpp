#include "identity/authenticator.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>

#include "db/testing.h"

namespace ob::identity {
namespace {

namespace asio = boost::asio;

net::Request request_of(std::string query, net::Headers headers = {}) {
  return {.method = "GET", .path = "/ws", .query = std::move(query), .headers = std::move(headers)};
}

TEST(Credentials, OfARequest) {
  using api::credentials_of;
  const auto both = credentials_of(request_of("x=1&token=a%2Bb&share=s"));
  EXPECT_EQ(both.bearer, "a+b");
  EXPECT_EQ(both.share, "s");
  const net::Headers headers{{"authorization", "bearer  k"}, {"X-Share", "l"}};
  EXPECT_EQ(credentials_of(request_of("", headers)).bearer, "k");
  EXPECT_EQ(credentials_of(request_of("", headers)).share, "l");
  EXPECT_EQ(credentials_of(request_of("token=t", headers)).bearer, "t");
  EXPECT_EQ(credentials_of(request_of("", {{"Authorization", "Basic eA=="}})).bearer, "");
  EXPECT_THROW(credentials_of(request_of("token=" + std::string(9000, 'x'))), Error);
  EXPECT_THROW(credentials_of(request_of("token=%zz")), Error);
}

class AuthenticatorTest : public testing::Test {
 protected:
  AuthenticatorTest() {
    char name[] = "/tmp/ob_authenticator_XXXXXX";
    directory_ = mkdtemp(name);
    database_ = db::open(db::testing::url_in(directory_));
    audit_ = audit::open(*database_);
    identity_ = open(*database_, directory_, "", {.bcrypt_cost = 4});
    identity_->bootstrap("admin@localhost", "first password");
    authenticator_ = make_authenticator(*identity_, pool_, audit_.get());
  }
  ~AuthenticatorTest() override {
    pool_.executor().join();
    authenticator_.reset();
    identity_.reset();
    audit_.reset();
    database_.reset();
    std::filesystem::remove_all(directory_);
  }
  Caller sign_in(const std::string& bearer) {
    Caller request;
    request.address = "1.2.3.4";
    request.request_id = "r1";
    asio::io_context io;
    auto done = asio::co_spawn(io, authenticator_->sign_in(request, bearer), asio::use_future);
    io.run();
    return done.get();
  }
  static int status_of(const std::function<void()>& fn) {
    try {
      fn();
    } catch (const Error& e) {
      return e.status();
    }
    return 200;
  }

  std::string directory_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<audit::Audit> audit_;
  std::unique_ptr<Identity> identity_;
  Pool pool_{"test", 1};
  std::unique_ptr<api::Authenticator> authenticator_;
};

TEST_F(AuthenticatorTest, TokensKeysAndNobody) {
  const auto tokens = identity_->sign_in("admin@localhost", "first password", "1.2.3.4");
  const Caller admin = sign_in(tokens.access_token);
  EXPECT_TRUE(admin.admin);
  EXPECT_EQ(admin.address, "1.2.3.4");
  EXPECT_EQ(admin.request_id, "r1");
  const auto [key, secret] = identity_->create_key(admin, "k", std::nullopt);
  EXPECT_EQ(sign_in(secret).user_id, admin.user_id);
  EXPECT_EQ(sign_in("").user_id, "");
  EXPECT_EQ(sign_in("").address, "1.2.3.4");
  EXPECT_EQ(authenticator_->again(sign_in(""), "").user_id, "");

  const Caller by_key = sign_in(secret);
  EXPECT_EQ(authenticator_->again(by_key, secret).user_id, admin.user_id);
  identity_->delete_key(admin, key.id);
  EXPECT_EQ(status_of([&] { authenticator_->again(by_key, secret); }), 401);
  EXPECT_EQ(status_of([&] { sign_in(secret); }), 401);
  identity_->sign_out(tokens.refresh_token);
  EXPECT_EQ(status_of([&] { authenticator_->again(admin, tokens.access_token); }), 401);
}

TEST_F(AuthenticatorTest, ABadTokenIsRecorded) {
  for (const auto* bad : {"a.b.c", "obk_none"}) {
    EXPECT_EQ(status_of([&] { sign_in(bad); }), 401);
  }
  // A flood of them is one entry.
  audit_->stop();
  const auto entries = audit_->list({.action = "auth.badToken"}, std::nullopt, 10);
  ASSERT_GE(entries.size(), 1u);
  EXPECT_EQ(entries[0].event.address, "1.2.3.4");
  EXPECT_EQ(entries[0].event.request_id, "r1");
}

}  // namespace
}  // namespace ob::identity
