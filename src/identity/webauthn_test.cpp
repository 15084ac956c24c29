#include "identity/webauthn.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "identity/webauthn_testing.h"

namespace ob::identity::webauthn {
namespace {

const RelyingParty kParty{"ob.example", "https://ob.example"};
const std::string kChallenge = "a challenge that nobody knew, 32";

std::string origin_of(const std::string& url) {
  const auto party = relying_party(url);
  return party ? party->id + " " + party->origin : "none";
}

std::string why_not(const std::function<void()>& fn) {
  try {
    fn();
  } catch (const Refused& problem) {
    return problem.what();
  }
  return "";
}

Registered registered(const Authenticator& device) {
  return verify_registration(kParty, kChallenge, device.client_data("webauthn.create", kChallenge),
                             device.attestation());
}

std::string refused(const Authenticator& device) {
  return why_not([&] { registered(device); });
}

Asserted asserted(const Authenticator& device, bool verified = true) {
  const std::string client = device.client_data("webauthn.get", kChallenge);
  const std::string data = device.data(false);
  const std::string signature = device.sign(data, client);
  return verify_assertion(kParty, kChallenge, {client, data, signature}, device.cose(), verified);
}

std::string refused_use(const Authenticator& device, bool verified = true) {
  return why_not([&] { asserted(device, verified); });
}

TEST(RelyingParty, IsTheHostOfThePublicAddress) {
  EXPECT_EQ(origin_of("https://Bricks.Example.org"),
            "bricks.example.org https://bricks.example.org");
  EXPECT_EQ(origin_of("https://b.example/path/to"), "b.example https://b.example");
  EXPECT_EQ(origin_of("https://b.example:443"), "b.example https://b.example");
  EXPECT_EQ(origin_of("https://b.example:8443/x"), "b.example https://b.example:8443");
  EXPECT_EQ(origin_of("http://localhost:8080"), "localhost http://localhost:8080");
  EXPECT_EQ(origin_of("http://localhost:80"), "localhost http://localhost");
  EXPECT_EQ(origin_of("http://a.localhost:81"), "a.localhost http://a.localhost:81");
}

TEST(RelyingParty, IsLocalhostForTheOwnMachine) {
  EXPECT_EQ(origin_of("http://127.0.0.1:8080"), "localhost http://localhost:8080");
  EXPECT_EQ(origin_of("http://127.8.0.1"), "localhost http://localhost");
  EXPECT_EQ(origin_of("http://[::1]:8080"), "localhost http://localhost:8080");
}

TEST(RelyingParty, IsNoneWhereBrowsersAllowNone) {
  for (const auto* url :
       {"http://b.example", "https://10.0.0.1", "https://[2001:db8::1]:443", "http://10.0.0.1:8080",
        "", "ftp://b.example", "https://", "https://:8080", "http://notlocalhost"}) {
    EXPECT_EQ(origin_of(url), "none") << url;
  }
}

TEST(Webauthn, RegistersAndVerifiesEachAlgorithm) {
  for (const auto kind :
       {Authenticator::Kind::es256, Authenticator::Kind::rs256, Authenticator::Kind::eddsa}) {
    Authenticator device(kind);
    device.counter = 0x01020304;
    device.flags |= Authenticator::eligible | Authenticator::backed_up;
    const auto made = registered(device);
    EXPECT_EQ(made.credential_id, device.credential_id);
    EXPECT_EQ(made.public_key, device.cose());
    EXPECT_EQ(made.counter, 0x01020304U);
    EXPECT_TRUE(made.backed_up);
    const auto used = asserted(device);
    EXPECT_EQ(used.counter, 0x01020304U);
    EXPECT_TRUE(used.backed_up);
  }
}

TEST(Webauthn, RefusesWhatIsForSomebodyElse) {
  Authenticator device;
  device.origin = "https://ob.example:444";
  EXPECT_EQ(refused(device), "it comes from another origin");
  EXPECT_EQ(refused_use(device), "it comes from another origin");
  device.origin = "https://ob.example.evil.example";
  EXPECT_EQ(refused_use(device), "it comes from another origin");
  device.origin = kParty.origin;
  device.rp_id = "evil.example";
  EXPECT_EQ(refused(device), "it is for another relying party");
  EXPECT_EQ(refused_use(device), "it is for another relying party");
  device.rp_id = kParty.id;
  device.more_client_data = R"(,"crossOrigin":true)";
  EXPECT_EQ(refused_use(device), "it comes from within another page");
  device.more_client_data = R"(,"topOrigin":"https://evil.example")";
  EXPECT_EQ(refused_use(device), "it comes from within another page");
  device.more_client_data = "";
  EXPECT_EQ(refused_use(device), "");
}

TEST(Webauthn, RefusesOtherChallengesAndTypes) {
  const Authenticator device;
  const auto use = [&](const std::string& client) {
    const std::string data = device.data(false), signature = device.sign(data, client);
    return why_not([&] {
      verify_assertion(kParty, kChallenge, {client, data, signature}, device.cose(), true);
    });
  };
  EXPECT_EQ(use(device.client_data("webauthn.get", kChallenge)), "");
  EXPECT_EQ(use(device.client_data("webauthn.get", "another")), "the challenge is another");
  EXPECT_EQ(use(device.client_data("webauthn.get", "")), "the challenge is another");
  EXPECT_EQ(use(device.client_data("webauthn.create", kChallenge)),
            "the client data is of another type");
  for (const auto* text : {"", "[]", "{", "null", R"({"type":1})", "{}"}) {
    EXPECT_NE(use(text), "") << text;
  }
  EXPECT_EQ(why_not([&] {
              verify_registration(kParty, kChallenge,
                                  device.client_data("webauthn.get", kChallenge),
                                  device.attestation());
            }),
            "the client data is of another type");
}

TEST(Webauthn, RefusesFlagsThatLack) {
  Authenticator device;
  device.flags = Authenticator::present;
  EXPECT_EQ(refused(device), "the user was not verified");
  EXPECT_EQ(refused_use(device), "the user was not verified");
  EXPECT_EQ(refused_use(device, false), "");
  device.flags = Authenticator::verified;
  EXPECT_EQ(refused(device), "nobody was present");
  EXPECT_EQ(refused_use(device, false), "nobody was present");
  device.flags = Authenticator::present | Authenticator::verified | Authenticator::backed_up;
  EXPECT_EQ(refused(device), "its flags contradict each other");
}

TEST(Webauthn, RefusesWrongSignatures) {
  const Authenticator device, other;
  const std::string client = device.client_data("webauthn.get", kChallenge);
  const std::string data = device.data(false);
  const auto use = [&](const std::string& signature) {
    return why_not([&] {
      verify_assertion(kParty, kChallenge, {client, data, signature}, device.cose(), true);
    });
  };
  std::string signature = device.sign(data, client);
  EXPECT_EQ(use(signature), "");
  EXPECT_EQ(use(other.sign(data, client)), "the signature is wrong");
  EXPECT_EQ(use(device.sign(data, client + " ")), "the signature is wrong");
  EXPECT_EQ(use(""), "the signature is wrong");
  signature.back() = static_cast<char>(signature.back() ^ 1);
  EXPECT_EQ(use(signature), "the signature is wrong");
  EXPECT_EQ(why_not([&] {
              verify_assertion(kParty, kChallenge, {client, data, device.sign(data, client)},
                               nobodys_key(), true);
            }),
            "the signature is wrong");
}

TEST(Webauthn, ReadsExtensionsAndNothingMore) {
  Authenticator device;
  device.tail = "x";
  EXPECT_EQ(refused(device), "the authenticator data has more than it should");
  device.flags |= Authenticator::more;
  EXPECT_NE(refused(device), "");
  device.tail = cbor_head(5, 1) + cbor_text("credProtect") + cbor_integer(2);
  EXPECT_EQ(refused(device), "");
  EXPECT_EQ(refused_use(device), "");
  device.tail += "x";
  EXPECT_EQ(refused_use(device), "the authenticator data has more than it should");
  device.tail = "";
  EXPECT_EQ(refused_use(device), "CBOR ends early");
}

TEST(Webauthn, RefusesKeysThatAreNone) {
  const auto with_key = [](const std::string& cose) {
    const Authenticator device;
    const std::string data = device.data(true);
    const std::string all = data.substr(0, data.size() - device.cose().size()) + cose;
    const std::string object = cbor_head(5, 3) + cbor_text("fmt") + cbor_text("none") +
                               cbor_text("attStmt") + cbor_head(5, 0) + cbor_text("authData") +
                               cbor_bytes(all);
    return why_not([&] {
      verify_registration(kParty, kChallenge, device.client_data("webauthn.create", kChallenge),
                          object);
    });
  };
  const auto ec = [](std::int64_t algorithm, std::int64_t curve, const std::string& x,
                     const std::string& y) {
    return cbor_head(5, 5) + cbor_integer(1) + cbor_integer(2) + cbor_integer(3) +
           cbor_integer(algorithm) + cbor_integer(-1) + cbor_integer(curve) + cbor_integer(-2) +
           cbor_bytes(x) + cbor_integer(-3) + cbor_bytes(y);
  };
  EXPECT_EQ(with_key(nobodys_key()), "");
  const std::string zeros(32, '\0');
  EXPECT_EQ(with_key(ec(-7, 1, zeros, zeros)), "the key is none of its kind");
  EXPECT_EQ(with_key(ec(-7, 2, zeros, zeros)), "the key is none on P-256");
  EXPECT_EQ(with_key(ec(-7, 1, zeros + "x", zeros)), "the key is none on P-256");
  EXPECT_EQ(with_key(ec(-35, 1, zeros, zeros)),
            "the key is of an algorithm that was not asked for");
  const auto rsa = [](const std::string& n, const std::string& e) {
    return cbor_head(5, 4) + cbor_integer(1) + cbor_integer(3) + cbor_integer(3) +
           cbor_integer(-257) + cbor_integer(-1) + cbor_bytes(n) + cbor_integer(-2) + cbor_bytes(e);
  };
  EXPECT_NE(with_key(rsa(std::string(128, '\x7f'), "\x03")), "");
  EXPECT_NE(with_key(rsa(std::string(600, '\x7f'), "\x03")), "");
  EXPECT_NE(with_key(rsa(std::string(256, '\x7f'), "\x01")), "");
  EXPECT_NE(with_key(rsa(std::string(256, '\x7f'), std::string(5, '\x03'))), "");
  EXPECT_EQ(with_key(rsa(std::string(256, '\x7f'), "\x03")), "");
  EXPECT_EQ(with_key(cbor_head(5, 2) + cbor_integer(1) + cbor_integer(2) + cbor_integer(1) +
                     cbor_integer(2)),
            "the key has a part twice");
  EXPECT_EQ(with_key(cbor_head(5, 0)), "the key is of an algorithm that was not asked for");
}

TEST(Webauthn, RefusesOtherAttestations) {
  const Authenticator device;
  const auto use = [&](const std::string& object) {
    return why_not([&] {
      verify_registration(kParty, kChallenge, device.client_data("webauthn.create", kChallenge),
                          object);
    });
  };
  const std::string data = cbor_text("authData") + cbor_bytes(device.data(true));
  const std::string format = cbor_text("fmt") + cbor_text("packed");
  // A statement is not looked at, whatever is in it.
  const std::string statement = cbor_text("attStmt") + cbor_head(5, 2) + cbor_text("alg") +
                                cbor_integer(-7) + cbor_text("x5c") + cbor_head(4, 1) +
                                cbor_bytes("none");
  EXPECT_EQ(use(cbor_head(5, 3) + format + statement + data), "");
  EXPECT_NE(use(cbor_head(5, 3) + format + statement + data + "x"), "");
  EXPECT_NE(use(cbor_head(5, 2) + format + data), "");
  EXPECT_NE(use(cbor_head(5, 4) + format + statement + data + data), "");
  EXPECT_NE(use(cbor_head(5, 3) + format + statement + cbor_text("authData") +
                cbor_bytes(device.data(false))),
            "");
  EXPECT_NE(use(""), "");
  EXPECT_NE(use(data), "");
}

TEST(Webauthn, EndsWhateverItIsGiven) {
  const Authenticator device;
  const std::string good = device.attestation();
  const std::string client = device.client_data("webauthn.create", kChallenge);
  std::mt19937 random(11);
  for (int i = 0; i < 5'000; ++i) {
    std::string object = good;
    for (int change = 0; change < 2; ++change) {
      object[random() % object.size()] = static_cast<char>(random());
    }
    if (i % 3 == 0) object.resize(random() % object.size());
    try {
      const auto made = verify_registration(kParty, kChallenge, client, object);
      EXPECT_FALSE(made.credential_id.empty());
    } catch (const Refused&) {
      continue;
    }
  }
}

}  // namespace
}  // namespace ob::identity::webauthn
