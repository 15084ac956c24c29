#include "relay/relay.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "net/test_client.h"

namespace ob::relay {
namespace {

TEST(RelayPaths, HoldNothingSpecialAndComeBack) {
  for (const std::string location :
       {"s3://lake/x/a.parquet", "gs://b/a b?s3_endpoint=evil.example/[c]*.csv", "az://c/~/%2e/ä",
        "abfss://c@account.dfs.core.windows.net/x"}) {
    const auto path = to_path(location);
    EXPECT_EQ(path.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789._/=~-:"),
              std::string::npos)
        << path;
    EXPECT_EQ(to_location(path), location);
  }
  EXPECT_FALSE(is_remote("/tmp/x"));
  for (const std::string wrong :
       {"s3://other/s3/b/k", "s3://objects/http/h/x", "s3://objects/s3/b/~4", "/tmp/x"})
    EXPECT_THROW(to_location(wrong), Error) << wrong;
  EXPECT_THROW(to_path("http://host/x"), Error);
}

class RelayTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ob_relay_XXXXXX";
    directory_ = mkdtemp(name);
    store_ = objects::open("file://" + directory_);
    relay_->mount({.prefix = "s3://lake/p/",
                   .store = store_,
                   .serves = [](const std::string& key) { return !key.starts_with("secret/"); },
                   .immutable = [](const std::string& key) { return key.starts_with("t/"); }});
  }
  void TearDown() override {
    relay_.reset();
    std::filesystem::remove_all(directory_);
  }
  net::test::Answer ask(const std::string& method, const std::string& target,
                        const std::string& body = "", const std::string& header = "",
                        std::optional<std::string> token = {}) {
    const auto& endpoint = relay_->endpoint();
    net::test::Client client(std::stoi(endpoint.substr(endpoint.find(':') + 1)));
    client.send(method + " /objects/s3/lake/p/" + target + " HTTP/1.1\r\nHost: x\r\n" +
                "x-amz-security-token: " + token.value_or(relay_->token()) + "\r\n" + header +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.receive(method == "HEAD");
  }
  std::string start_upload(const std::string& key) {
    const auto body = ask("POST", key + "?uploads=").body;
    const auto from = body.find("<UploadId>") + 10;
    return body.substr(from, body.find("</UploadId>") - from);
  }

  std::string directory_;
  std::shared_ptr<objects::Store> store_;
  std::unique_ptr<Relay> relay_ = make();
};

TEST_F(RelayTest, AnswersRangesToThoseWhoHaveTheToken) {
  store_->put("t/a.parquet", "0123456789");
  EXPECT_EQ(ask("GET", "t/a.parquet").body, "0123456789");
  const auto part = ask("GET", "t/a.parquet", "", "Range: bytes=3-5\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "345");
  EXPECT_TRUE(part.has("bytes 3-5/10"));
  EXPECT_EQ(ask("GET", "t/a.parquet", "", "Range: bytes=10-12\r\n").status, 416);
  const auto head = ask("HEAD", "t/a.parquet");
  EXPECT_TRUE(head.has("Content-Length: 10")) << head.head;
  EXPECT_TRUE(head.has("ETag: ")) << head.head;
  for (const std::string token : {"", "x"}) {
    EXPECT_EQ(ask("GET", "t/a.parquet", "", "", token).status, 403);
    EXPECT_EQ(ask("PUT", "t/b.parquet", "x", "", token).status, 403);
  }
  EXPECT_FALSE(store_->head("t/b.parquet"));
}

TEST_F(RelayTest, ShowsOnlyWhatAMountServes) {
  store_->put("secret/a", "x");
  EXPECT_EQ(ask("GET", "secret/a").status, 404);
  EXPECT_EQ(ask("GET", "t/../secret/a").status, 400);
  EXPECT_EQ(ask("GET", "t/~2e~2e/secret/a").status, 400);
  EXPECT_EQ(ask("GET", ".openbricks-staged/x/made").status, 400);
  EXPECT_EQ(ask("PUT", "secret/b", "x").status, 404);
  EXPECT_EQ(ask("GET", "?list-type=2&prefix=").status, 501);
  EXPECT_EQ(ask("DELETE", "t/a").status, 501);
}

TEST_F(RelayTest, ForgetsWhatMayChangeAndKeepsWhatCannot) {
  store_->put("t/a", "old");
  store_->put("v/a", "old");
  for (const std::string key : {"t/a", "v/a"}) EXPECT_TRUE(ask("HEAD", key).has("Length: 3"));
  store_->put("t/a", "newer");
  store_->put("v/a", "newer");
  EXPECT_TRUE(ask("HEAD", "t/a").has("Length: 3"));
  EXPECT_TRUE(ask("HEAD", "v/a").has("Length: 5"));
  EXPECT_EQ(ask("GET", "v/a").body, "newer");
}

TEST_F(RelayTest, LooksManyUpBeforehand) {
  std::vector<std::string> locations = {"s3://lake/p/t/none", "s3://elsewhere/x"};
  for (int i = 0; i < 100; ++i) {
    const auto key = "t/" + std::to_string(i);
    store_->put(key, "x");
    locations.push_back("s3://lake/p/" + key);
  }
  relay_->prefetch(locations);
  store_->remove("t/7");
  EXPECT_EQ(ask("HEAD", "t/7").status, 200);
  EXPECT_EQ(ask("HEAD", "t/none").status, 404);
}

TEST_F(RelayTest, WritesWholeObjectsAndParts) {
  EXPECT_EQ(ask("PUT", "t/whole.parquet", "abc").status, 200);
  EXPECT_EQ(store_->get("t/whole.parquet", 10), "abc");
  const auto id = start_upload("t/parts.parquet");
  const auto part = [&](int number, const std::string& bytes) {
    const auto query = "?partNumber=" + std::to_string(number) + "&uploadId=" + id;
    return ask("PUT", "t/parts.parquet" + query, bytes).status;
  };
  EXPECT_EQ(part(1, "abc"), 200);
  EXPECT_EQ(part(2, "def"), 200);
  EXPECT_FALSE(store_->head("t/parts.parquet"));
  EXPECT_EQ(ask("POST", "t/other.parquet?uploadId=" + id, "<PartNumber>1</PartNumber>").status,
            404);
  const std::string both = "<PartNumber>1</PartNumber><PartNumber>2</PartNumber>";
  EXPECT_EQ(ask("POST", "t/parts.parquet?uploadId=" + id, both).status, 200);
  EXPECT_EQ(store_->get("t/parts.parquet", 10), "abcdef");
  EXPECT_EQ(ask("POST", "t/parts.parquet?uploadId=" + id, both).status, 404);
}

TEST_F(RelayTest, RefusesPartsOutOfOrderAndIncompleteUploads) {
  auto id = start_upload("t/a");
  EXPECT_EQ(ask("PUT", "t/a?partNumber=2&uploadId=" + id, "x").status, 501);
  EXPECT_EQ(ask("POST", "t/a?uploadId=" + id, "").status, 501);
  id = start_upload("t/a");
  EXPECT_EQ(ask("PUT", "t/a?partNumber=1&uploadId=" + id, "x").status, 200);
  EXPECT_EQ(ask("POST", "t/a?uploadId=" + id, "").status, 501);
  EXPECT_FALSE(store_->head("t/a"));
}

TEST_F(RelayTest, DiscardsWhatAWriteLeft) {
  for (const std::string key : {"t/part-1-0", "t/part-1-1", "t/part-2-0"}) store_->put(key, "x");
  const auto id = start_upload("t/part-1-2");
  relay_->discard("s3://lake/p/t/part-1-");
  EXPECT_FALSE(store_->head("t/part-1-0"));
  EXPECT_FALSE(store_->head("t/part-1-1"));
  EXPECT_TRUE(store_->head("t/part-2-0"));
  EXPECT_EQ(ask("PUT", "t/part-1-2?partNumber=1&uploadId=" + id, "x").status, 404);
}

TEST_F(RelayTest, OpensItsPortWithTheFirstStoreAndForgetsStores) {
  EXPECT_FALSE(make()->started());
  EXPECT_TRUE(relay_->started());
  store_->put("t/a", "x");
  EXPECT_EQ(ask("GET", "t/a").status, 200);
  relay_->unmount("s3://lake/p/");
  EXPECT_EQ(ask("GET", "t/a").status, 404);
}

TEST_F(RelayTest, TellsWhyARequestFailed) {
  EXPECT_EQ(ask("GET", "t/none").status, 404);
  EXPECT_EQ(ask("GET", "t/a=1/none").status, 404);
  for (const std::string message :
       {"HTTP GET error reading 's3://objects/s3/lake/p/t/none' in region",
        "to URL s3://objects/s3/lake/p/t/none: Bad",
        "error for HTTP PUT to 'http://127.0.0.1:1/objects/s3/lake/p/t/a%3D1/none?partNumber=1'"}) {
    const auto why = relay_->failure(message);
    ASSERT_TRUE(why) << message;
    EXPECT_EQ(why->id(), "objects.notFound");
  }
  EXPECT_FALSE(relay_->failure("'s3://objects/s3/lake/p/t/other'"));
  EXPECT_FALSE(relay_->failure("no path"));
}

}  // namespace
}  // namespace ob::relay
