#include "redis/redis.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "base/error.h"
#include "redis/testing.h"

namespace {

namespace asio = boost::asio;
using ob::redis::ask_now;
using ob::redis::Command;
using ob::redis::Reply;
using ob::redis::test::becomes;
using ob::redis::test::Server;
using Kind = Reply::Kind;

TEST(Redis, Urls) {
  for (const char* bad : {"", "localhost:6379", "http://localhost", "redis://", "redis://h/x",
                          "redis://h:x", "redis://h/0?a=b", "redis://h:99999999/0"}) {
    EXPECT_THROW(ob::redis::open(bad), ob::Error) << bad;
  }
}

TEST(Redis, Replies) {
  Server server("p w/@:");
  // The password's characters are percent-encoded in the address.
  std::string url = server.url();
  url.replace(url.find("p w/@:"), 6, "p%20w%2F%40%3A");
  const auto client = ob::redis::open(url + "/3");
  ASSERT_TRUE(becomes(*client, true));
  EXPECT_EQ(ask_now(*client, {"SET", "a", std::string("x\0\r\ny", 5)})->text, "OK");
  EXPECT_EQ(ask_now(*client, {"GET", "a"})->text, std::string("x\0\r\ny", 5));
  EXPECT_EQ(ask_now(*client, {"GET", "none"})->kind, Kind::nil);
  EXPECT_EQ(ask_now(*client, {"INCR", "n"})->integer, 1);
  const auto list = ask_now(*client, {"EVAL", "return {1, 'b', {2}, false}", "0"});
  ASSERT_EQ(list->items.size(), 4u);
  EXPECT_EQ(list->items[1].text, "b");
  EXPECT_EQ(list->items[2].items[0].integer, 2);
  EXPECT_EQ(ask_now(*client, {"INCR", "a"})->kind, Kind::error);
  // A wrong password is Redis being away, not an answer.
  url.replace(url.find("p%20"), 4, "q");
  const auto none = ob::redis::open(url);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_FALSE(none->up());
}

TEST(Redis, ManyAtOnceKeepTheirAnswers) {
  Server server;
  const auto client = ob::redis::open(server.url());
  ASSERT_TRUE(becomes(*client, true));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string text = std::to_string(t) + "." + std::to_string(i);
        const auto reply = ask_now(*client, {"ECHO", text});
        if (!reply || reply->text != text) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  static asio::io_context io;  // the client's thread may still be about to leave it
  auto answer = asio::co_spawn(io, ob::redis::ask(*client, {"ECHO", "co"}), asio::use_future);
  io.run();
  EXPECT_EQ(answer.get()->text, "co");
}

TEST(Redis, GoesAwayAndComesBack) {
  Server server;
  const auto client = ob::redis::open(server.url());
  ASSERT_TRUE(becomes(*client, true));
  // It hangs: the answer is given up, and the connection with it.
  server.signal(SIGSTOP);
  EXPECT_FALSE(ask_now(*client, {"PING"}).has_value());
  EXPECT_TRUE(becomes(*client, false));
  EXPECT_FALSE(ask_now(*client, {"PING"}).has_value());
  server.signal(SIGCONT);
  EXPECT_TRUE(becomes(*client, true));
  EXPECT_EQ(ask_now(*client, {"PING"})->text, "PONG");
  server.stop();
  EXPECT_TRUE(becomes(*client, false));
  server.start();
  EXPECT_TRUE(becomes(*client, true));
  EXPECT_EQ(ask_now(*client, {"PING"})->text, "PONG");
}

TEST(Redis, EndsWithCommandsUnderWay) {
  Server server;
  std::atomic<int> answered = 0;
  {
    const auto client = ob::redis::open(server.url());
    ASSERT_TRUE(becomes(*client, true));
    server.signal(SIGSTOP);
    for (int i = 0; i < 100; ++i) client->send({"PING"}, [&](auto) { ++answered; });
  }
  server.signal(SIGCONT);
  EXPECT_EQ(answered, 100);
}

}  // namespace
