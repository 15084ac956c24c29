#include "tracking/tracking.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "net/net.h"
#include "tracking/dsn.h"
#include "tracking/event.h"
#include "tracking/quota.h"
#include "tracking/scrub.h"

namespace ob::tracking {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

TEST(Dsn, NamesTheAddressOfEnvelopes) {
  const Dsn plain = parse_dsn("https://ab12@errors.example.org/42");
  EXPECT_EQ(plain.envelopes, "https://errors.example.org/api/42/envelope/");
  EXPECT_EQ(plain.key, "ab12");
  EXPECT_EQ(plain.secret, "");
  const Dsn full = parse_dsn("http://key:hidden@Host:9000/below/it/7");
  EXPECT_EQ(full.envelopes, "http://host:9000/below/it/api/7/envelope/");
  EXPECT_EQ(full.secret, "hidden");
  EXPECT_EQ(full.host, "host:9000");
}

TEST(Dsn, RefusesWhatIsNoneWithoutRepeatingIt) {
  for (const char* one : {"x", "https://host/1", "ftp://k@host/1", "https://@host/1",
                          "https://k@/1", "https://k@host", "https://k@host/", "https://k@host/1?a",
                          "https://k@ho st/1", "https://k@host/1\r\nX: y", "https://k@a@b/1"}) {
    try {
      parse_dsn(one);
      ADD_FAILURE() << one;
    } catch (const Error& e) {
      EXPECT_EQ(e.id(), "config.badValue");
      EXPECT_EQ(std::string(e.what()).find(one), std::string::npos) << one;
    }
  }
}

TEST(Quota, IsWhatTheAnswerSays) {
  const auto ms = [](int status, const char* after, const char* limits) {
    return pause_of(status, after, limits).count();
  };
  EXPECT_EQ(ms(200, "", ""), 0);
  EXPECT_EQ(ms(200, "5", ""), 0);
  EXPECT_EQ(ms(429, "5", ""), 5000);
  EXPECT_EQ(ms(429, "0.5", ""), 500);
  EXPECT_EQ(ms(429, "", ""), 60'000);
  EXPECT_EQ(ms(429, "Fri, 31 Dec 1999 23:59:59 GMT", ""), 60'000);
  EXPECT_EQ(ms(429, "-1", ""), 60'000);
  EXPECT_EQ(ms(429, "1e300", ""), 86'400'000);
  EXPECT_EQ(ms(200, "", "30::organization"), 30'000);
  EXPECT_EQ(ms(200, "", "60:transaction:key, 27:default;error;security:organization"), 27'000);
  EXPECT_EQ(ms(429, "9", "60:transaction:key"), 0);
  EXPECT_EQ(ms(200, "", "5:error:x, 7:error:y:z:more"), 7000);
  EXPECT_EQ(ms(200, "", "many:error:x"), 60'000);
  EXPECT_EQ(ms(200, "", ",,;;::,"), 60'000);
}

TEST(Scrub, KeepsWhatSaysWhatIsWrong) {
  for (const char* one :
       {"no such table: document_comments", "a document could not be loaded",
        "the user's document doesn't load", "std::bad_alloc", "disk I/O error (code 10)",
        "out of memory: 1048576 bytes", "Cannot read properties of undefined", "a == b, 5 > 3"}) {
    EXPECT_EQ(scrubbed(one), one);
  }
  EXPECT_EQ(scrubbed_route("GET /api/v1/documents/{id}/content"),
            "GET /api/v1/documents/{id}/content");
  EXPECT_EQ(scrubbed_route("/documents/$id"), "/documents/$id");
}

TEST(Scrub, TakesOutWhatIsSomebodysOwn) {
  const std::string token = "ob_9fK3jQ0zXv7LmN2pR8sT1uWy";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"no account for ann.lee@example.com here", "no account for [e-mail] here"},
      {"refused " + token + ", sorry", "refused [token], sorry"},
      {"Authorization: Bearer abc.def", "Authorization: Bearer …"},
      {"password: hunter2 was wrong", "password: … was wrong"},
      {"host=db user=me password=hunter2", "host=… user=… password=…"},
      {"GET https://u:p@host.org/s/abc?token=1 failed", "GET https://host.org/… failed"},
      {"GET /x?share=abc failed", "GET [path]?… failed"},
      {"cannot open /var/lib/openbricks/x.db", "cannot open [path]"},
      {"invalid input syntax for type integer: \"my secret\"",
       "invalid input syntax for type integer: \"…\""},
      {"Could not convert string 'the plan' to INT32", "Could not convert string '…' to INT32"},
      {"Key (email)=(ann) already exists", "Key (email)=(…) already exists"},
      {"document 0199f3a2-7b1c-7000-8000-0123456789ab is gone", "document [token] is gone"},
      {"cut \"off", "cut \"…"},
  };
  for (const auto& [text, out] : cases) EXPECT_EQ(scrubbed(text), out);
  EXPECT_EQ(scrubbed_route("/s/" + token + "?x=1#y"), "/s/[token]");
  EXPECT_EQ(scrubbed("\xff\xfe"), "[not text]");
  EXPECT_LE(scrubbed(std::string(100'000, 'a') + "é").size(), 2000U);
  EXPECT_EQ(shortened("aé", 2), "a");
}

TEST(Frames, AreReadOfBothKindsOfStacks) {
  const auto chrome = frames_of(
      "TypeError: x\n    at run (https://host/assets/a-1.js?v=2:10:5)\n    at "
      "https://host/s/secret:3:4\n    at <anonymous>");
  ASSERT_EQ(chrome.size(), 2U);
  EXPECT_EQ(chrome[1].at("function").as_string(), "run");
  EXPECT_EQ(chrome[1].at("filename").as_string(), "app:///assets/a-1.js");
  EXPECT_EQ(chrome[1].at("lineno").as_int64(), 10);
  EXPECT_EQ(chrome[1].at("colno").as_int64(), 5);
  EXPECT_EQ(json::serialize(chrome).find("secret"), std::string::npos);
  const auto firefox = frames_of("run@https://host/assets/a.js:1:2\n@https://host/assets/b.js:3:4");
  ASSERT_EQ(firefox.size(), 2U);
  EXPECT_EQ(firefox[1].at("function").as_string(), "run");
  EXPECT_TRUE(frames_of("").empty());
  EXPECT_TRUE(frames_of("at :::\nat a (:1)\n@@@\n\xff").empty());
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "f@https://h/assets/a.js:1:2\n";
  EXPECT_EQ(frames_of(deep).size(), 50U);
}

// What a tracker got: the body of each request. `answer` says what it says.
class Receiver {
 public:
  explicit Receiver(std::function<net::Response(int)> answer) : answer_(std::move(answer)) {
    server_ = net::serve(
        io_, {.port = 0},
        [this](net::Exchange& exchange) -> asio::awaitable<void> { co_await take(exchange); });
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Receiver() {
    server_->shutdown(0);
    io_.stop();
    thread_.join();
  }
  std::string dsn() { return "http://abc@127.0.0.1:" + std::to_string(server_->port()) + "/7"; }
  std::vector<std::string> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, std::chrono::seconds(20), [&] { return bodies_.size() >= count; });
    return bodies_;
  }

 private:
  asio::awaitable<void> take(net::Exchange& exchange) {
    const std::string body = co_await exchange.read_all(1 << 20);
    int number = 0;
    {
      const std::lock_guard lock(mutex_);
      bodies_.push_back(exchange.request().path + "\n" +
                        std::string(exchange.request().header("x-sentry-auth")) + "\n" + body);
      number = static_cast<int>(bodies_.size());
    }
    came_.notify_all();
    co_await exchange.respond(answer_(number));
  }

  std::function<net::Response(int)> answer_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::string> bodies_;
  asio::io_context io_;
  std::unique_ptr<net::Server> server_;
  std::thread thread_;
};

Options options_of(Receiver& receiver) {
  return {.dsn = receiver.dsn(), .environment = "test", .release = "r@1", .version = "1"};
}

TEST(Tracker, TellsWhatIsLoggedAsAnError) {
  Receiver receiver([](int) { return net::Response{200, {}, "{}"}; });
  const auto tracker = open(options_of(receiver));
  log::warn("not this");
  log::error("a request failed", {{"request_id", "r-1"},
                                  {"method", "GET"},
                                  {"route", "/x/{id}"},
                                  {"kind", "std::bad_alloc"},
                                  {"document", "of-nobodys-business"},
                                  {"cause", "no place for ann@example.com"}});
  tracker->stop();
  log::error("nor this");
  const auto bodies = receiver.wait(1);
  ASSERT_EQ(bodies.size(), 1U);
  EXPECT_TRUE(bodies[0].starts_with(
      "/api/7/envelope/\nSentry sentry_version=7, sentry_client=openbricks/1, sentry_key=abc\n"));
  EXPECT_EQ(bodies[0].find("business"), std::string::npos);
  EXPECT_EQ(bodies[0].find("ann@"), std::string::npos);
  const auto end = bodies[0].rfind('\n');
  const auto event = json::parse(
      bodies[0].substr(bodies[0].rfind('\n', end - 1) + 1, end - bodies[0].rfind('\n', end - 1)));
  const auto& exception = event.at_pointer("/exception/values/0");
  EXPECT_EQ(exception.at("type").as_string(), "std::bad_alloc");
  EXPECT_EQ(exception.at("value").as_string(), "no place for [e-mail]");
  EXPECT_EQ(event.at("transaction").as_string(), "GET /x/{id}");
  EXPECT_EQ(event.at_pointer("/tags/request_id").as_string(), "r-1");
  EXPECT_EQ(event.at("environment").as_string(), "test");
  EXPECT_EQ(tracker->stats().sent, 1);
}

TEST(Tracker, DropsWhatFindsNoPlace) {
  // The first answer waits until all were told.
  std::atomic<bool> told = false;
  Receiver receiver([&](int) {
    told.wait(false);
    return net::Response{200, {}, "{}"};
  });
  const auto tracker = open(options_of(receiver));
  for (int i = 0; i < 1000; ++i) tracker->tell({.kind = "x", .text = "y", .what = "z"});
  EXPECT_GE(tracker->stats().full, 890);
  told = true;
  told.notify_all();
  tracker->stop();
}

TEST(Tracker, PagesTakeNoPlaceOfTheServersOwnErrors) {
  std::atomic<bool> told = false;
  Receiver receiver([&](int) {
    told.wait(false);
    return net::Response{200, {}, "{}"};
  });
  const auto tracker = open(options_of(receiver));
  for (int i = 0; i < 1000; ++i)
    tracker->tell({.kind = "x", .text = "y", .what = "of a page", .page = true});
  receiver.wait(1);  // it is under way
  const auto dropped = tracker->stats().full;
  EXPECT_GE(dropped, 900);
  for (int i = 0; i < 30; ++i) tracker->tell({.kind = "x", .text = "y", .what = "of the server"});
  EXPECT_EQ(tracker->stats().full, dropped);
  told = true;
  told.notify_all();
  // Then come the server's, and at last the other pages'.
  const auto bodies = receiver.wait(32);
  tracker->stop();
  ASSERT_GE(bodies.size(), 32U);
  for (std::size_t i = 1; i < 31; ++i)
    EXPECT_NE(bodies[i].find("of the server"), std::string::npos) << i;
  EXPECT_NE(bodies[31].find("of a page"), std::string::npos);
}

TEST(Tracker, SendsNothingWhileTheTrackerTakesNone) {
  Receiver receiver(
      [](int) { return net::Response{200, {{"X-Sentry-Rate-Limits", "3600:error:key"}}, "{}"}; });
  const auto tracker = open(options_of(receiver));
  tracker->tell({.kind = "first", .text = "y", .what = "z"});
  receiver.wait(1);
  while (tracker->stats().sent == 0) std::this_thread::yield();
  for (int i = 0; i < 3; ++i) tracker->tell({.kind = "later", .text = "y", .what = "z"});
  while (tracker->stats().limited < 3) std::this_thread::yield();
  tracker->stop();
  EXPECT_EQ(receiver.wait(1).size(), 1U);
}

TEST(Tracker, OutlivesATrackerThatIsAway) {
  std::string dsn;
  {
    Receiver receiver([](int) { return net::Response{200, {}, ""}; });
    dsn = receiver.dsn();
  }
  const auto tracker = open({.dsn = dsn});
  tracker->tell({.kind = "x", .text = "y", .what = "z"});
  while (tracker->stats().failed == 0) std::this_thread::yield();
  tracker->tell({.kind = "x", .text = "y", .what = "z"});
  tracker->stop();
  EXPECT_EQ(tracker->stats().sent, 0);
}

TEST(Tracker, IsNotThereWithoutADsn) {
  EXPECT_EQ(open({}), nullptr);
}

}  // namespace
}  // namespace ob::tracking
