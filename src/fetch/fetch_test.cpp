#include "fetch/fetch.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <thread>

#include "base/error.h"
#include "net/net.h"

namespace ob::fetch {
namespace {

std::string bytes(const char* text) {
  in6_addr six{};
  if (inet_pton(AF_INET6, text, &six) == 1) return {reinterpret_cast<const char*>(&six), 16};
  in_addr four{};
  EXPECT_EQ(inet_pton(AF_INET, text, &four), 1) << text;
  return {reinterpret_cast<const char*>(&four), 4};
}

TEST(Addresses, PrivateOnesInEverySpelling) {
  for (const char* one : {"0.0.0.0",
                          "10.1.2.3",
                          "100.64.0.1",
                          "127.0.0.1",
                          "127.8.8.8",
                          "169.254.169.254",
                          "172.16.0.1",
                          "172.31.255.255",
                          "192.168.1.1",
                          "192.0.0.8",
                          "198.18.0.1",
                          "224.0.0.1",
                          "255.255.255.255",
                          "::",
                          "::1",
                          "::127.0.0.1",
                          "::ffff:127.0.0.1",
                          "::ffff:10.0.0.1",
                          "64:ff9b::7f00:1",
                          "64:ff9b:1::1",
                          "2002:7f00:1::",
                          "2001::1",
                          "2001:db8::1",
                          "fc00::1",
                          "fd12::1",
                          "fe80::1",
                          "fec0::1",
                          "ff02::1"}) {
    EXPECT_TRUE(is_private(bytes(one))) << one;
  }
  for (const char* one : {"1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.0.1", "100.128.0.1",
                          "172.15.0.1", "172.32.0.1", "192.167.0.1", "::ffff:8.8.8.8",
                          "64:ff9b::808:808", "2002:808:808::", "2606:4700::1", "2a00::1"}) {
    EXPECT_FALSE(is_private(bytes(one))) << one;
  }
  EXPECT_TRUE(is_private("?"));
}

std::string refusal(const Client& client, const std::string& url) {
  try {
    client.send({.url = url, .max_bytes = 100});
  } catch (const Error& e) {
    return e.id();
  }
  return "";
}

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    server_ = net::serve(io_, {.port = 0}, [](net::Exchange& exchange) {
      return exchange.respond(answer(exchange.request()));
    });
    thread_ = std::thread([this] { io_.run(); });
    host_ = "127.0.0.1:" + std::to_string(server_->port());
  }
  void TearDown() override {
    server_->shutdown(0);
    io_.stop();
    thread_.join();
  }
  static net::Response answer(const net::Request& request) {
    if (request.path == "/long") return {200, {}, std::string(101, 'x')};
    if (request.path == "/away") return {302, {{"Location", "/long"}}, "away"};
    return {200,
            {{"Content-Type", "Application/JSON; charset=utf-8"}},
            std::string(request.header("x-a"))};
  }
  boost::asio::io_context io_;
  std::unique_ptr<net::Server> server_;
  std::thread thread_;
  std::string host_;
};

TEST_F(ServerTest, PrivateHostsOnlyWhereAllowed) {
  const Client strict({});
  EXPECT_EQ(refusal(strict, "http://" + host_ + "/"), "fetch.badAddress");
  EXPECT_EQ(refusal(strict, "https://" + host_ + "/"), "fetch.privateAddress");
  EXPECT_EQ(refusal(strict, "https://localhost:1/"), "fetch.privateAddress");
  const Client open({{host_}});
  const auto answer = open.send({.url = "http://" + host_ + "/", .headers = {{"X-A", "b"}}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(answer.body, "b");
  const Client by_name({{"127.0.0.1"}});
  EXPECT_EQ(refusal(by_name, "http://" + host_ + "/"), "");
}

TEST_F(ServerTest, BoundedAndWithoutRedirects) {
  const Client open({{host_}});
  EXPECT_EQ(refusal(open, "http://" + host_ + "/long"), "fetch.tooLarge");
  EXPECT_EQ(open.send({.url = "http://" + host_ + "/away"}).status, 302);
  EXPECT_EQ(refusal(open, "http://" + host_ + "/\r\nX: y"), "fetch.badAddress");
}

TEST(Addresses, OthersThanHttpsAreRefused) {
  const Client client({});
  for (const char* one : {"", "nonsense", "file:///etc/passwd", "ftp://example.org/",
                          "http://example.org/", "https://a:b@example.org/", "https://"}) {
    EXPECT_EQ(refusal(client, one), "fetch.badAddress") << one;
  }
}

}  // namespace
}  // namespace ob::fetch
