// A bounded run of malformed requests over real sockets. Deterministic: the same on every machine.
#include <gtest/gtest.h>

#include <random>

#include "net/net.h"
#include "net/test_client.h"

namespace {

using namespace ob::net;
using ob::net::test::Client;
using ob::net::test::TestServer;

boost::asio::awaitable<void> echo(Exchange& x) {
  std::string body = co_await x.read_all(100000);
  co_await x.respond({200, {}, x.request().method + std::to_string(body.size())});
}

class Requests {
 public:
  explicit Requests(unsigned seed) : random_(seed) {}
  std::string make() {
    std::string text = pick(kStarts);
    for (unsigned i = random_() % 6; i > 0; --i) text += std::string(pick(kFields));
    text += "\r\n";
    for (unsigned i = random_() % 4; i > 0; --i) text += std::string(pick(kBodies));
    for (unsigned i = random_() % 4; i > 0 && !text.empty(); --i) mutate(text);
    return text;
  }

 private:
  template <std::size_t N>
  std::string pick(const std::array<std::string_view, N>& from) {
    return std::string(from[random_() % N]);
  }
  void mutate(std::string& text) {
    const std::size_t at = random_() % text.size();
    switch (random_() % 5) {
      case 0:
        text[at] = static_cast<char>(random_());
        break;
      case 1:
        text.erase(at, random_() % 8);
        break;
      case 2:
        text.insert(at, 1 + random_() % 40, static_cast<char>(random_()));
        break;
      case 3:
        text.insert(at, text.substr(random_() % text.size(), random_() % 64));
        break;
      default:
        text.resize(at + 1);
        break;
    }
  }
  static constexpr std::array<std::string_view, 8> kStarts{
      "GET / HTTP/1.1\r\nHost: a\r\n",
      "POST /x?y=%zz HTTP/1.1\r\nHost: a\r\n",
      "PUT /a//b HTTP/1.0\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\n",
      "GET  / HTTP/1.1\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n",
      "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n",
      "HEAD http://h/p HTTP/1.1\r\nHost:\r\n"};
  static constexpr std::array<std::string_view, 12> kFields{
      "Content-Length: 5\r\n",
      "Content-Length: 99999999999999999999\r\n",
      "Transfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked, gzip\r\n",
      "Connection: close\r\n",
      "Connection: keep-alive, upgrade\r\n",
      "Expect: 100-continue\r\n",
      "X: folded\r\n more\r\n",
      ": no name\r\n",
      "Upgrade: websocket\r\n",
      "Accept-Encoding: gzip;q=,,;\r\n",
      "X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"};
  static constexpr std::array<std::string_view, 8> kBodies{
      "hello",  "5\r\nhello\r\n",     "0\r\n\r\n",         "ffffffffffffffffff\r\n",
      "-1\r\n", "3;a=\"b\r\nabc\r\n", "0\r\nT: v\r\n\r\n", "GET / HTTP/1.1\r\nHost: b\r\n\r\n"};
  std::mt19937 random_;
};

TEST(NetFuzz, MalformedRequestsAreAnsweredOrClosed) {
  TestServer server(echo,
                    {.header_timeout_s = 1, .body_idle_timeout_s = 1, .keep_alive_timeout_s = 1});
  Requests requests(20261121);
  for (int i = 0; i < 4000; ++i) {
    Client c(server.port());
    c.send(requests.make());
    boost::system::error_code ec;
    c.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ec);
    const std::string answer = c.rest();
    EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.")) << answer;
    EXPECT_EQ(answer.find(" 500 "), std::string::npos) << answer;
  }
  EXPECT_EQ(Client(server.port()).get("/").body, "GET0");
}

}  // namespace
