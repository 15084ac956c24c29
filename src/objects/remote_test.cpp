// Stores in the cloud: their URLs, and what they do when the server or the network does not work.
#include "objects/remote.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "base/error.h"
#include "objects/test_s3.h"

namespace ob::objects {
namespace {

using testing::HasSubstr;
using testing::Not;

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::optional<Error> error_of(const std::function<void()>& fn) {
  try {
    fn();
  } catch (const Error& e) {
    return e;
  }
  return std::nullopt;
}

std::string refusal(const std::function<void()>& fn) {
  const auto error = error_of(fn);
  return error ? error->id() : "";
}

TEST(RemoteUrls, AreParsed) {
  auto place = parse_remote("s3://bucket/a/b/?region=eu-west-1", {});
  EXPECT_EQ(place.root, "s3://bucket/a/b/");
  EXPECT_EQ(place.prefix, "a/b/");
  EXPECT_EQ(place.region, "eu-west-1");
  EXPECT_FALSE(place.path_style);
  EXPECT_TRUE(parse_remote("s3://a.bucket.with.dots", {}).path_style);

  place = parse_remote("s3://b?endpoint=https%3A%2F%2Fminio.example:9000/", {});
  EXPECT_EQ(place.endpoint, "https://minio.example:9000");
  EXPECT_EQ(place.root, "s3://b/");
  EXPECT_TRUE(place.path_style);
  EXPECT_FALSE(parse_remote("s3://b?endpoint=https://x.example&path_style=false", {}).path_style);
  EXPECT_TRUE(parse_remote("s3://b?endpoint=http://127.0.0.1:9", {}).plain_http);

  place = parse_remote("abfss://box@account.dfs.core.windows.net/p", {});
  EXPECT_EQ(place.bucket + " " + place.account, "box account");
  EXPECT_EQ(place.root, "abfss://box@account.dfs.core.windows.net/p/");
  EXPECT_EQ(parse_remote("az://box/p?account=me", {}).account, "me");
  EXPECT_EQ(parse_remote("gs://bucket/p", {}).root, "gs://bucket/p/");

  place = parse_remote("s3://b?region=x", {.endpoint = "https://own.example", .region = "y"});
  EXPECT_EQ(place.endpoint + " " + place.region, "https://own.example y");
}

TEST(RemoteUrls, AreRefused) {
  for (const char* url :
       {"s3://", "s3:///a", "s3://user:pw@bucket/a", "s3://bucket/a/../b", "s3://bucket/a//b",
        "s3://bucket?secret_key=x", "s3://bucket?account=x", "s3://bucket?region=a%2Fb",
        "s3://bucket?endpoint=http://elsewhere.example", "s3://bucket?endpoint=ftp://x",
        "s3://bucket?endpoint=https://user@x", "s3://bucket?endpoint=https://",
        "s3://bucket?endpoint=http://127.0.0.1.evil.example", "s3://bucket?path_style=1",
        "s3://bucket?endpoint=https%3", "az://box", "gs://b?region=x",
        "abfss://box@account.evil.example/p", "abfss://box.dfs.core.windows.net/p"}) {
    const auto error = error_of([&] { open(url, Credentials{}); });
    ASSERT_TRUE(error) << url;
    EXPECT_EQ(error->status(), 400) << url;
    EXPECT_THAT(error->what(), Not(HasSubstr("pw"))) << url;
  }
  EXPECT_EQ(
      refusal([] { open("s3://bucket?endpoint=http://elsewhere.example", {.allow_http = true}); }),
      "");
}

TEST(RemoteUrls, GiveLocations) {
  EXPECT_EQ(open("s3://b/p?region=x")->location("t/f"), "s3://b/p/t/f");
  EXPECT_EQ(open("gs://b")->location("f"), "gs://b/f");
  EXPECT_EQ(open("az://b/p?account=me")->location("f"), "az://b/p/f");
}

TEST(RemoteUrls, WrongCredentialsAreRefusedWithoutTheirValue) {
  const auto check = [](const std::string& url, const Credentials& credentials) {
    const auto error = error_of([&] { open(url, credentials); });
    ASSERT_TRUE(error) << url;
    EXPECT_EQ(error->id(), "objects.badSettings");
    EXPECT_THAT(error->what() + error->cause(), Not(HasSubstr("hidden")));
  };
  check("gs://b", {.service_account = "{\"private_key\": \"hidden\"}"});
  check("az://b?account=a", {.account_key = "hidden, not base64"});
  check("s3://b", {.access_key = "hidden"});
}

TEST(RemoteVersions, AreOfTheirLetters) {
  EXPECT_EQ(version_of("\"0a1b-3\""), "0a1b-3");
  EXPECT_EQ(version_of("W/\"0x8D\""), "-30783844");
}

class FaultTest : public testing::Test {
 protected:
  void SetUp() override {
    prefix_ = "faults-" + random_token(9);
    store_ = test::open_s3(prefix_);
    // What the store asks of a server once is asked before the faults begin.
    ASSERT_TRUE(store_->put_if_absent("ready", "x"));
  }
  // A rule for keys with this name: fault("x", "503", R"("times": 2)").
  void fault(const std::string& key, const std::string& what, const std::string& more = "") {
    test::inject(R"([{"key": ")" + prefix_ + "/" + key + R"(", "fault": ")" + what + '"' +
                 (more.empty() ? "" : ", " + more) + "}]");
  }
  std::string seen(const std::string& key) { return test::seen(prefix_ + "/" + key); }

  std::string prefix_;
  std::unique_ptr<Store> store_;
};

// Every way to fail once, then to work.
const std::vector<std::string> kPassing = {"500", "503", "429", "cut", "lose", "hang"};

TEST_F(FaultTest, ReadsAndWritesGoOnAfterAFault) {
  for (const auto& kind : kPassing) {
    const std::string key = "once-" + kind;
    fault(key, kind, R"("method": "PUT")");
    store_->put(key, kind);
    EXPECT_EQ(seen(key), "PUT PUT") << kind;
    fault(key, kind, R"("method": "GET")");
    EXPECT_EQ(store_->get(key, 10), kind) << kind;
    fault(key, kind, R"("method": "HEAD")");
    EXPECT_EQ(store_->head(key)->size, std::ssize(kind)) << kind;
  }
}

TEST_F(FaultTest, ATornBodyIsReadAgain) {
  const std::string data(1 << 20, 'd');
  store_->put("torn", data);
  fault("torn", "torn", R"("method": "GET", "times": 2)");
  EXPECT_TRUE(store_->get("torn", 2 << 20) == data);
  fault("torn", "torn", R"("method": "GET", "times": 2)");
  std::string got(data.size(), '\0');
  EXPECT_EQ(store_->open("torn")->read(0, std::as_writable_bytes(std::span(got))), data.size());
  EXPECT_TRUE(got == data);
}

TEST_F(FaultTest, PutIfAbsentIsExactWhenTheAnswerIsLost) {
  for (const auto& kind : kPassing) {
    fault("mine-" + kind, kind, R"("method": "PUT")");
    EXPECT_TRUE(store_->put_if_absent("mine-" + kind, "ours")) << kind;
    EXPECT_FALSE(store_->put_if_absent("mine-" + kind, "ours")) << kind;  // the same bytes, too

    store_->put("theirs-" + kind, "theirs");
    fault("theirs-" + kind, kind, R"("method": "PUT")");
    EXPECT_FALSE(store_->put_if_absent("theirs-" + kind, "ours")) << kind;
    EXPECT_EQ(store_->get("theirs-" + kind, 10), "theirs") << kind;
  }
}

TEST_F(FaultTest, PutIfAbsentAsksWhoseItIsWhenEveryAnswerIsLost) {
  fault("lost", "lose", R"("method": "PUT", "times": 1)");
  fault("lost", "503", R"("method": "PUT", "times": 3)");
  EXPECT_TRUE(store_->put_if_absent("lost", "ours"));
  EXPECT_EQ(seen("lost"), "PUT PUT PUT PUT HEAD");
  // A refusal by an object that is gone again is no answer either.
  fault("gone", "409", R"("method": "PUT")");
  EXPECT_TRUE(store_->put_if_absent("gone", "ours"));
}

TEST_F(FaultTest, SmallObjectsAreOpenedAndReadInOneRequest) {
  const std::string text(1000, 'x');
  store_->put("small", text);
  auto reader = store_->open("small");
  EXPECT_EQ(reader->size(), 1000);
  std::string out(1000, ' ');
  EXPECT_EQ(reader->read_range(0, std::as_writable_bytes(std::span(out))), 1000U);
  EXPECT_EQ(out, text);
  EXPECT_EQ(seen("small"), "PUT GET");
  EXPECT_EQ(reader->read_range(990, std::as_writable_bytes(std::span(out))), 10U);
  EXPECT_EQ(reader->read_range(1000, std::as_writable_bytes(std::span(out))), 0U);
  store_->put("empty", "");
  auto empty = store_->open("empty");
  EXPECT_EQ(empty->size(), 0);
  EXPECT_EQ(empty->read_range(0, std::as_writable_bytes(std::span(out))), 0U);
}

TEST_F(FaultTest, LastingFaultsAreClearErrors) {
  const std::vector<std::pair<std::string, std::string>> faults = {
      {"500", "objects.unavailable"}, {"503", "objects.throttled"}, {"cut", "objects.unavailable"},
      {"hang", "objects.timeout"},    {"403", "objects.denied"},    {"400", "objects.refused"}};
  store_ = test::open_s3(prefix_, {.attempts = 2, .attempt_timeout_ms = 300, .backoff_ms = 1});
  ASSERT_TRUE(store_->put_if_absent("ready again", "x"));
  for (const auto& [kind, id] : faults) {
    const std::string key = "lasting-" + kind;
    store_->put(key, std::string(100'000, 'x'));  // its end comes when it is opened
    auto reader = store_->open(key);
    fault(key, kind, R"("times": 1000)");
    const std::vector<std::function<void()>> calls = {
        [&] { store_->get(key, 1); },
        [&] { store_->put(key, "y"); },
        [&] { store_->put_if_absent(key, "y"); },
        [&] { store_->open(key); },
        [&] { store_->move("ready", key); },
        [&] { store_->create(key)->commit_if_absent(); },
        [&] {
          std::byte one;
          reader->read(0, std::span(&one, 1));
        }};
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const auto error = error_of(calls[i]);
      ASSERT_TRUE(error) << kind << " " << i;
      EXPECT_EQ(error->id(), id) << kind << " " << i << ": " << error->cause();
      EXPECT_THAT(error->what() + error->cause(), Not(HasSubstr("very-secret")));
      EXPECT_THAT(error->what() + error->cause(), Not(HasSubstr("Signature=")));
    }
  }
  EXPECT_EQ(store_->get("ready", 10), "x");
}

TEST_F(FaultTest, UploadsInPartsAreExact) {
  const std::string data(11 << 20, 'p');
  const auto write = [&](const std::string& key, bool replace) {
    auto writer = store_->create(key);
    writer->write(bytes(data));
    if (!replace) return writer->commit_if_absent();
    writer->commit();
    return true;
  };
  for (const auto& kind : {"500", "503", "lose", "cut"}) {
    for (const auto& step : {R"("query": "uploads")", R"("query": "partNumber=2")",
                             R"("method": "POST", "query": "uploadId")"}) {
      for (const bool replace : {false, true}) {
        const std::string key = "parts-" + random_token(6);
        fault(key, kind, step);
        EXPECT_TRUE(write(key, replace)) << kind << " " << step << " " << replace;
        EXPECT_EQ(store_->head(key)->size, std::ssize(data));
      }
    }
    const std::string taken = "taken-" + std::string(kind);
    store_->put(taken, "theirs");
    fault(taken, kind, R"("method": "POST", "query": "uploadId")");
    EXPECT_FALSE(write(taken, false)) << kind;
    EXPECT_EQ(store_->get(taken, 10), "theirs") << kind;
  }
}

TEST_F(FaultTest, UploadsThatAreCopiedToTheirKeyAreExact) {
  auto google = test::open_gcs(prefix_);
  const std::string data(11 << 20, 'p');
  for (const auto& kind : {"500", "503", "lose", "cut"}) {
    const std::string key = "copied-" + std::string(kind);
    for (const bool expected : {true, false}) {
      auto writer = google->create(key);
      writer->write(bytes(data));
      fault(key, kind, R"("method": "PUT")");  // the copy
      EXPECT_EQ(writer->commit_if_absent(), expected) << kind;
      EXPECT_EQ(google->head(key)->size, std::ssize(data));
    }
    fault("copied-put-" + std::string(kind), kind, R"("method": "PUT")");
    EXPECT_TRUE(google->put_if_absent("copied-put-" + std::string(kind), "x")) << kind;
  }
  auto scratch = test::open_s3(prefix_ + "/.openbricks-tmp");
  EXPECT_TRUE(scratch->list("", "", 1, false).empty());
}

TEST_F(FaultTest, UncommittedUploadsAreAborted) {
  auto writer = store_->create("aborted");
  writer->write(bytes(std::string(11 << 20, 'x')));
  writer.reset();
  EXPECT_TRUE(seen("aborted").ends_with("DELETE")) << seen("aborted");
}

TEST_F(FaultTest, PublishingAgainAfterALostAnswerFindsItDone) {
  auto staged = store_->stage("up", true);
  staged->append(bytes("abc"));
  // A removal names its keys in the body, so this is for the next ones, whatever their keys.
  test::inject(R"([{"method": "POST", "query": "delete", "fault": "500", "times": 4}])");
  EXPECT_EQ(refusal([&] { staged->publish_if_absent("to"); }), "objects.unavailable");
  EXPECT_EQ(store_->get("to", 10), "abc");
  staged = store_->stage("up", false);
  ASSERT_TRUE(staged);
  EXPECT_TRUE(staged->publish_if_absent("to"));
  EXPECT_TRUE(store_->staged().empty());
}

TEST_F(FaultTest, AStagedPartThatCameTwiceCountsOnce) {
  auto staged = store_->stage("up", true);
  staged->append(bytes("abcdef"));
  staged->sync();
  staged->append(bytes("ghi"));
  staged->sync();
  // An earlier append of "abcd", whose answer was lost, arrives after all.
  const std::string late = "part-" + std::string(16, '0') + "-" + std::string(15, '0') + "4";
  auto hidden = test::open_s3(prefix_ + "/.openbricks-staged");
  hidden->put("up/" + late, "abcd");
  staged = store_->stage("up", false);
  EXPECT_EQ(staged->size(), 9);
  staged->publish("to");
  EXPECT_EQ(store_->get("to", 10), "abcdefghi");
  EXPECT_TRUE(store_->staged().empty());
}

TEST_F(FaultTest, AServerThatIgnoresConditionsIsNotCommittedTo) {
  auto careless = test::open_s3(prefix_ + "/careless");
  fault("careless/", "unconditional", R"("method": "PUT", "times": 100)");
  EXPECT_EQ(refusal([&] { careless->put_if_absent("x", "y"); }), "objects.unsupported");
  EXPECT_FALSE(careless->head("x"));
  auto writer = store_->create("big");
  writer->write(bytes(std::string(6 << 20, 'x')));
  fault("", "unconditional", R"("method": "POST", "query": "uploadId", "times": 100)");
  EXPECT_EQ(refusal([&] { writer->commit_if_absent(); }), "objects.unsupported");
  EXPECT_FALSE(store_->head("big"));
  EXPECT_TRUE(store_->list("", "", 10, false).size() == 1);  // no probe is left: only "ready"
}

TEST_F(FaultTest, ACancelledCallStops) {
  store_->put("slow", "x");
  store_ = test::open_s3(prefix_, {.attempts = 3, .attempt_timeout_ms = 300'000});
  fault("slow", "hang", R"("times": 2)");
  const CancelToken token;
  std::thread canceller([&] {
    while (seen("slow").find("GET") == std::string::npos) std::this_thread::yield();
    token.cancel();
  });
  {
    const Cancelling scope(token);
    EXPECT_EQ(refusal([&] { store_->get("slow", 1); }), "objects.cancelled");
    EXPECT_EQ(refusal([&] { store_->put("never", "x"); }), "objects.cancelled");
  }
  canceller.join();
  EXPECT_FALSE(store_->head("never"));
}

TEST_F(FaultTest, AMissingBucketIsNotAMissingObject) {
  auto lost = open("s3://no-such-bucket/x", test::s3_credentials(), test::quick());
  EXPECT_EQ(refusal([&] { lost->get("x", 1); }), "objects.noBucket");
  EXPECT_EQ(refusal([&] { lost->put("x", "y"); }), "objects.noBucket");
  EXPECT_EQ(refusal([&] { lost->list("", "", 1, false); }), "objects.noBucket");
  auto nowhere = open("s3://b?endpoint=http://127.0.0.1:1", {.access_key = "a", .secret_key = "b"},
                      test::quick());
  EXPECT_EQ(refusal([&] { nowhere->get("x", 1); }), "objects.unavailable");
}

TEST_F(FaultTest, KeysAreTextWithoutControlCharacters) {
  EXPECT_EQ(refusal([&] { store_->put("a\nb", "x"); }), "objects.badKey");
  EXPECT_EQ(refusal([&] { store_->put("a\xff", "x"); }), "objects.badKey");
  EXPECT_EQ(refusal([&] { store_->list("a\xff", "", 1, false); }), "objects.badKey");
}

}  // namespace
}  // namespace ob::objects
