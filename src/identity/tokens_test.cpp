#include "identity/tokens.h"

#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <boost/json.hpp>
#include <filesystem>

#include "base/ids.h"
#include "db/testing.h"
#include "identity/migrations/migrations.h"

namespace ob::identity {
namespace {

namespace json = boost::json;

class TokensTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ob_tokens_XXXXXX";
    directory_ = mkdtemp(name);
    database_ = db::open(db::testing::url_in(directory_));
    database_->migrate("identity", migrations());
    database_->migrate("accounts", account_migrations());
    signer_ = std::make_unique<TokenSigner>(*database_, box_);
    const std::int64_t now = now_micros() / 1'000'000;
    claims_ = {"user", "u@x", true, "session", 3, now, now + 900};
    token_ = signer_->sign(claims_);
  }
  void TearDown() override {
    signer_.reset();
    database_.reset();
    std::filesystem::remove_all(directory_);
  }
  bool good(const std::string& token, Micros later = 0) {
    return signer_->verify(token, now_micros() + later).has_value();
  }
  json::object part(int index) const {
    auto text = token_;
    for (int i = 0; i < index; ++i) text = text.substr(text.find('.') + 1);
    std::string out;
    EXPECT_TRUE(base64url_decode(text.substr(0, text.find('.')), out));
    return json::parse(out).as_object();
  }
  static std::string encode(const json::object& o) { return base64url_encode(json::serialize(o)); }
  std::string signature() const { return token_.substr(token_.rfind('.') + 1); }

  std::string directory_;
  std::unique_ptr<db::Database> database_;
  SecretBox box_{std::string(32, 'k')};
  std::unique_ptr<TokenSigner> signer_;
  Claims claims_;
  std::string token_;
};

TEST_F(TokensTest, RoundTrip) {
  const auto back = signer_->verify(token_, now_micros());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->user_id, "user");
  EXPECT_EQ(back->email, "u@x");
  EXPECT_TRUE(back->admin);
  EXPECT_EQ(back->session, "session");
  EXPECT_EQ(back->epoch, 3);
  EXPECT_EQ(part(0).at("alg"), "ES256");
  TokenSigner again(*database_, box_);  // the same key after a restart
  EXPECT_TRUE(again.verify(token_, now_micros()));
}

TEST_F(TokensTest, KindsOfTokensAreToldApart) {
  EXPECT_EQ(signer_->verify(token_, now_micros())->kind, Claims::Kind::session);
  Claims service = claims_;
  service.kind = Claims::Kind::service;
  service.secret = "secret id";
  service.scope = "sql:read";
  auto back = signer_->verify(signer_->sign(service), now_micros());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->kind, Claims::Kind::service);
  EXPECT_EQ(back->secret, "secret id");
  EXPECT_EQ(back->scope, "sql:read");
  EXPECT_TRUE(back->viewer_id.empty());
  Claims view = claims_;
  view.kind = Claims::Kind::view;
  view.viewer_id = "boss";
  view.viewer_email = "boss@x";
  view.viewer_epoch = 7;
  back = signer_->verify(signer_->sign(view), now_micros());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->kind, Claims::Kind::view);
  EXPECT_EQ(back->viewer_id, "boss");
  EXPECT_EQ(back->viewer_epoch, 7);
  EXPECT_TRUE(back->secret.empty());
}

TEST_F(TokensTest, Times) {
  EXPECT_TRUE(good(token_, 890'000'000));
  EXPECT_FALSE(good(token_, 901'000'000));
  EXPECT_FALSE(good(token_, -60'000'000));  // not before
}

TEST_F(TokensTest, AnyChangedCharacterIsRefused) {
  for (std::size_t i = 0; i < token_.size(); ++i) {
    auto changed = token_;
    changed[i] = changed[i] == 'A' ? 'Q' : 'A';  // differs in bits that count
    EXPECT_FALSE(good(changed)) << i;
  }
  EXPECT_FALSE(good(token_ + ".x"));
  EXPECT_FALSE(good(token_.substr(0, token_.size() - 4)));
}

TEST_F(TokensTest, OtherAlgorithmsAreRefused) {
  const std::string payload = encode(part(1));
  for (const char* algorithm : {"none", "None", "HS256", "ES384", "ES512", "RS256", "PS256", ""}) {
    auto header = part(0);
    header["alg"] = algorithm;
    EXPECT_FALSE(good(encode(header) + "." + payload + "." + signature())) << algorithm;
    EXPECT_FALSE(good(encode(header) + "." + payload + ".")) << algorithm;
  }
  // The classic confusion: an HMAC keyed with something public, here the key id.
  auto header = part(0);
  header["alg"] = "HS256";
  const std::string text = encode(header) + "." + payload;
  const std::string key(header.at("kid").as_string());
  unsigned char mac[32];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
  EXPECT_FALSE(good(text + "." + base64url_encode({reinterpret_cast<char*>(mac), size})));
}

TEST_F(TokensTest, OtherKeysAreRefused) {
  auto other_database = db::open(db::testing::url_in(directory_, "other"));
  other_database->migrate("identity", migrations());
  other_database->migrate("accounts", account_migrations());
  TokenSigner other(*other_database, box_);
  EXPECT_FALSE(good(other.sign(claims_)));
  auto header = part(0);
  header["kid"] = "other";
  EXPECT_FALSE(good(encode(header) + "." + encode(part(1)) + "." + signature()));
}

TEST_F(TokensTest, KeysRotate) {
  constexpr Micros kDay = 86'400'000'000;
  const Micros start = now_micros();
  TokenSigner one(*database_, box_, {.period = 2 * kDay}),
      two(*database_, box_, {.period = 2 * kDay});
  const auto kid = [](const std::string& token) {
    std::string header;
    EXPECT_TRUE(base64url_decode(token.substr(0, token.find('.')), header));
    return std::string(json::parse(header).at("kid").as_string());
  };
  const auto signed_at = [&](TokenSigner& signer, Micros time) {
    claims_.issued_s = time / 1'000'000;
    claims_.expires_s = claims_.issued_s + 3600;
    return signer.sign(claims_);
  };
  const std::string before = signed_at(one, start);
  const Micros later = start + 2 * kDay + 1'000'000;
  one.refresh(later);
  // It is known before it signs.
  EXPECT_EQ(one.public_keys().size(), 2u);
  EXPECT_EQ(kid(signed_at(one, later)), kid(before));
  two.refresh(later);
  EXPECT_EQ(two.public_keys().size(), 2u);
  const Micros active = later + 61'000'000;
  const std::string after = signed_at(one, active);
  EXPECT_NE(kid(after), kid(before));
  EXPECT_TRUE(two.verify(after, active));
  EXPECT_TRUE(two.verify(signed_at(two, active), active));
  EXPECT_TRUE(one.verify(before, start));
  EXPECT_FALSE(signer_->verify(after, active));  // it did not look yet
  one.refresh(active + kDay);
  EXPECT_FALSE(one.verify(before, start));
  ASSERT_EQ(one.public_keys().size(), 1u);
  const auto key = one.public_keys()[0];
  EXPECT_EQ(key.kid, kid(after));
  EXPECT_EQ(key.kty + key.crv + key.alg + key.use, "ECP-256ES256sig");
  EXPECT_EQ(key.x.size(), 43u);
}

TEST_F(TokensTest, Garbage) {
  for (const std::string token :
       {"..", "a.b.c", "e30.e30.e30", "e30..", "!!.!!.!!", "bnVsbA.bnVsbA.bnVsbA"}) {
    EXPECT_FALSE(good(token)) << token;
  }
  EXPECT_FALSE(good(std::string(5000, 'a') + "." + std::string(5000, 'a') + ".a"));
  EXPECT_FALSE(good(std::string("e30.e30.\0e30", 12)));
}

TEST(SecretsTest, ContextAndContentAreBound) {
  const SecretBox box(std::string(32, 'k'));
  const auto sealed = box.seal("secret", "a");
  EXPECT_EQ(box.open(sealed, "a"), "secret");
  EXPECT_NE(box.seal("secret", "a"), sealed);
  EXPECT_EQ(box.open(box.seal("", "a"), "a"), "");
  EXPECT_ANY_THROW(box.open(sealed, "b"));
  EXPECT_ANY_THROW(box.open("short", "a"));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] ^= 1;
    EXPECT_ANY_THROW(box.open(changed, "a"));
  }
}

}  // namespace
}  // namespace ob::identity
