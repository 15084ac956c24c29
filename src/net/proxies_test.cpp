#include "net/proxies.h"

#include <gtest/gtest.h>

#include <random>

namespace {

using ob::net::Proxies;
using ob::net::Request;

Request request(ob::net::Headers headers, std::string path = "/x") {
  Request out;
  out.path = std::move(path);
  out.headers = std::move(headers);
  out.remote_address = "10.0.0.1";
  return out;
}

Request applied(const Proxies& proxies, ob::net::Headers headers, std::string path = "/x") {
  Request out = request(std::move(headers), std::move(path));
  proxies.apply(out, proxies.trusts(out.remote_address));
  return out;
}

TEST(Proxies, Networks) {
  const Proxies proxies({"10.0.0.0/8", "192.168.1.7", "2001:db8::/33", "0.0.0.0/32"}, false, "");
  for (const char* in : {"10.255.0.1", "192.168.1.7", "2001:db8:7fff::1", "::ffff:10.1.1.1"}) {
    EXPECT_TRUE(proxies.trusts(in)) << in;
  }
  for (const char* out : {"11.0.0.1", "192.168.1.8", "2001:db8:8000::1", "", "x", "::1"}) {
    EXPECT_FALSE(proxies.trusts(out)) << out;
  }
  EXPECT_TRUE(Proxies({"0.0.0.0/0"}, false, "").trusts("8.8.8.8"));
  EXPECT_FALSE(Proxies({"0.0.0.0/0"}, false, "").trusts("2001::1"));
  for (const char* bad :
       {"10.0.0.0/33", "10.0.0/8", "::1/129", "a", "", "10.0.0.0/", "1.1.1.1/-1", "10.0.0.0/8x"}) {
    EXPECT_THROW(Proxies({bad}, false, ""), ob::Error) << bad;
  }
}

TEST(Proxies, StrangersAreNotBelieved) {
  const ob::net::Headers claims{{"X-Forwarded-For", "1.2.3.4"},
                                {"X-Forwarded-Proto", "https"},
                                {"X-Forwarded-Host", "evil.example"},
                                {"X-Forwarded-Prefix", "/evil"},
                                {"Host", "here:8080"}};
  const Request r = applied(Proxies({"127.0.0.1"}, false, ""), claims);
  EXPECT_EQ(r.remote_address, "10.0.0.1");
  EXPECT_FALSE(r.secure);
  EXPECT_FALSE(r.proxied);
  EXPECT_EQ(r.host, "here:8080");
  EXPECT_EQ(r.prefix, "");
}

TEST(Proxies, TheNearestThatIsNotOurs) {
  const Proxies proxies({"10.0.0.0/8", "fd00::/8"}, false, "");
  const auto from = [&](std::string text) {
    return applied(proxies, {{"X-Forwarded-For", std::move(text)}}).remote_address;
  };
  EXPECT_EQ(from("1.2.3.4"), "1.2.3.4");
  EXPECT_EQ(from("6.6.6.6, 1.2.3.4"), "1.2.3.4");  // the client made the first up
  EXPECT_EQ(from("6.6.6.6, 1.2.3.4, 10.9.9.9"), "1.2.3.4");
  EXPECT_EQ(from("10.1.1.1, 10.2.2.2"), "10.1.1.1");
  EXPECT_EQ(from("1.2.3.4:5555"), "1.2.3.4");
  EXPECT_EQ(from("[2001:DB8:0::1]:443"), "2001:db8::1");
  EXPECT_EQ(from("::ffff:1.2.3.4"), "1.2.3.4");
  EXPECT_EQ(from("1.2.3.4, nonsense"), "10.0.0.1");
  EXPECT_EQ(from("1.2.3.4, nonsense, fd00::5"), "fd00::5");
  EXPECT_EQ(from(""), "10.0.0.1");
  EXPECT_EQ(from("1.2.3.4,"), "10.0.0.1");
  EXPECT_EQ(applied(proxies, {{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "1.2.3.4"}})
                .remote_address,
            "1.2.3.4");
  std::string long_chain = "6.6.6.6";
  for (int i = 0; i < 1000; ++i) long_chain += ", 10.0.0.2";
  EXPECT_EQ(from(long_chain), "10.0.0.2");
  // The standard header is not this proxy's: a client wrote it.
  EXPECT_EQ(applied(proxies, {{"Forwarded", "for=6.6.6.6"}}).remote_address, "10.0.0.1");
}

TEST(Proxies, Forwarded) {
  const Proxies proxies({"10.0.0.0/8"}, true, "");
  const Request r = applied(
      proxies, {{"Forwarded", R"(for=6.6.6.6;host=evil, For="[2001:db8::7]:4711";proto=https)"
                              R"(;by=10.0.0.1;host="bricks.example:8443")"},
                {"X-Forwarded-For", "6.6.6.6"}});
  EXPECT_EQ(r.remote_address, "2001:db8::7");
  EXPECT_TRUE(r.secure);
  EXPECT_EQ(r.host, "bricks.example:8443");
  const auto from = [&](std::string text) {
    return applied(proxies, {{"Forwarded", std::move(text)}}).remote_address;
  };
  EXPECT_EQ(from("for=unknown"), "10.0.0.1");
  EXPECT_EQ(from("for=_hidden"), "10.0.0.1");
  EXPECT_EQ(from("for=1.2.3.4, for=\"10.1.1.1\""), "1.2.3.4");
  EXPECT_EQ(from("for=\"1.2.3.4"), "10.0.0.1");
}

TEST(Proxies, HostAndSecurity) {
  const Proxies proxies({"10.0.0.1"}, false, "");
  Request r = applied(proxies, {{"Host", "inner:8080"},
                                {"X-Forwarded-Host", "bricks.example"},
                                {"X-Forwarded-Proto", "HTTPS"}});
  EXPECT_EQ(r.host, "bricks.example");
  EXPECT_TRUE(r.secure);
  r = applied(proxies, {{"Host", "inner:8080"}, {"X-Forwarded-Host", "a b/\"<"}});
  EXPECT_EQ(r.host, "inner:8080");
  EXPECT_EQ(applied(proxies, {{"Host", "a/b"}}).host, "");
  r = request({{"X-Forwarded-Proto", "http"}});
  r.secure = true;  // TLS between the proxy and us says nothing of the client's
  proxies.apply(r, true);
  EXPECT_FALSE(r.secure);
}

TEST(Proxies, Prefix) {
  const Proxies given({"10.0.0.1"}, false, "");
  const auto prefix = [&](std::string text) {
    return applied(given, {{"X-Forwarded-Prefix", std::move(text)}}).prefix;
  };
  EXPECT_EQ(prefix("/bricks"), "/bricks");
  EXPECT_EQ(prefix("/a/b/"), "/a/b");
  for (const char* bad :
       {"//evil.example", "evil", "/a\"><script>", "/", "/a/../b", "/a//b", "/ü"}) {
    EXPECT_EQ(prefix(bad), "") << bad;
  }
  const Proxies own({}, false, "/bricks");
  EXPECT_EQ(applied(own, {}, "/bricks/api/v1/x").path, "/api/v1/x");
  EXPECT_EQ(applied(own, {}, "/bricks").path, "/");
  EXPECT_EQ(applied(own, {}, "/bricksy").path, "/bricksy");
  EXPECT_EQ(applied(own, {}, "/api/v1/x").path, "/api/v1/x");
  EXPECT_EQ(applied(own, {}, "/api/v1/x").prefix, "/bricks");
}

// Whatever stands in the headers, the address is one, and host and prefix are plain.
TEST(Proxies, Fuzz) {
  const Proxies own({"10.0.0.0/8", "::1"}, false, "/p"), standard({"10.0.0.0/8"}, true, "");
  const std::string alphabet = "10.:[],;=\"/ \t\\aFf-_%\xff\x01x";
  std::mt19937 random(1);
  const auto text = [&] {
    std::string out(random() % 40, ' ');
    for (char& c : out) c = alphabet[random() % alphabet.size()];
    return random() % 3 == 0 ? "for=" + out : out;
  };
  for (int i = 0; i < 100'000; ++i) {
    const ob::net::Headers headers{{"X-Forwarded-For", text()},  {"X-Forwarded-Proto", text()},
                                   {"X-Forwarded-Host", text()}, {"X-Forwarded-Prefix", text()},
                                   {"Forwarded", text()},        {"Host", text()}};
    for (const Proxies* proxies : {&own, &standard}) {
      const Request r = applied(*proxies, headers, "/" + text());
      ASSERT_EQ(ob::net::plain_address(r.remote_address), r.remote_address);
      ASSERT_FALSE(r.remote_address.empty());
      ASSERT_TRUE(r.path.starts_with('/'));
      ASSERT_EQ((r.host + r.prefix).find_first_of("\" <>\\\x01\xff"), std::string::npos);
      ASSERT_TRUE(r.prefix.empty() || (r.prefix[0] == '/' && r.prefix.find("//") == r.prefix.npos));
    }
  }
}

}  // namespace
