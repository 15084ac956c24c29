// The endpoints through a real HTTP server, also with connections that break.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <thread>

#include "storage/digests.h"
#include "storage/testing.h"

namespace ob::storage {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;
using testing::StartsWith;

asio::awaitable<void> handle(const api::Registry& registry, net::Exchange& exchange) {
  api::Context context;
  context.caller.user_id = "bob";
  net::Response problem;
  try {
    const auto match = registry.match(exchange.request().method, exchange.request().path);
    if (!match.endpoint) throw not_found("test.noRoute", "no route");
    co_await match.endpoint->run(context, exchange, match.path_values);
    co_return;
  } catch (const Error& e) {
    problem.status = e.status();
    problem.headers = context.response_headers;
    problem.body = e.id();
  }
  if (!exchange.started()) co_await exchange.respond(std::move(problem));
}

class Connection {
 public:
  explicit Connection(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  ~Connection() { close(fd_); }
  void send(const std::string& text) {
    EXPECT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  std::string receive_all() {
    std::string out;
    char buffer[4096];
    for (ssize_t n; (n = recv(fd_, buffer, sizeof buffer, 0)) > 0;) {
      out.append(buffer, static_cast<std::size_t>(n));
    }
    return out;
  }

 private:
  int fd_;
};

class StorageApiTest : public StorageFixture {
 protected:
  void SetUp() override {
    StorageFixture::SetUp();
    register_api(registry_, *service_, pool_);
    server_ = net::serve(io_, {.port = 0},
                         [this](net::Exchange& exchange) { return handle(registry_, exchange); });
    thread_ = std::thread([this] { io_.run(); });
  }
  void TearDown() override {
    server_->shutdown(1);
    server_.reset();
    io_.stop();
    thread_.join();
    StorageFixture::TearDown();
  }
  std::string call(const std::string& method, const std::string& path,
                   const std::string& headers = "", const std::string& body = "") {
    Connection connection(server_->port());
    std::string length;
    if (method != "GET" && method != "HEAD") {
      length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    connection.send(method + " /api/v1" + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
                    length + headers + "\r\n" + body);
    return connection.receive_all();
  }
  static std::string body_of(const std::string& answer) {
    return answer.substr(answer.find("\r\n\r\n") + 4);
  }
  static std::string header_of(const std::string& answer, const std::string& name) {
    const auto at = answer.find("\r\n" + name + ": ");
    if (at == answer.npos) return "";
    const auto from = at + name.size() + 4;
    return answer.substr(from, answer.find("\r\n", from) - from);
  }
  bool eventually(const std::function<bool()>& fn) {
    for (int i = 0; i < 200; ++i) {
      if (fn()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  asio::io_context io_;
  Pool pool_{"test", 2};
  api::Registry registry_{pool_};
  std::unique_ptr<net::Server> server_;
  std::thread thread_;
  const std::string json_ = "Content-Type: application/json\r\n";
};

TEST_F(StorageApiTest, UploadDownloadRangesAndConditions) {
  const std::string path = "/files/main/s/mine/dir/%C3%BC%201.csv";
  auto answer = call("PUT", path, "", "0123456789");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 201"));
  const auto made = boost::json::parse(body_of(answer)).as_object();
  EXPECT_EQ(made.at("path").as_string(), at("dir/ü 1.csv"));
  EXPECT_EQ(made.at("bytes").as_int64(), 10);
  EXPECT_THAT(call("PUT", path, "", "x"), StartsWith("HTTP/1.1 409"));

  answer = call("GET", path);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(body_of(answer), "0123456789");
  const std::string etag = header_of(answer, "ETag");
  EXPECT_EQ(header_of(answer, "Content-Type"), "text/csv; charset=utf-8");
  EXPECT_EQ(header_of(answer, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header_of(answer, "Content-Disposition"),
            "attachment; filename=\"__ 1.csv\"; filename*=UTF-8''%C3%BC%201.csv");
  EXPECT_EQ(header_of(answer, "Content-Length"), "10");

  answer = call("HEAD", path);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(header_of(answer, "Content-Length"), "10");
  EXPECT_EQ(body_of(answer), "");

  answer = call("GET", path, "Range: bytes=2-4\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 206"));
  EXPECT_EQ(header_of(answer, "Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(body_of(answer), "234");
  answer = call("GET", path, "Range: bytes=10-\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 416"));
  EXPECT_EQ(header_of(answer, "Content-Range"), "bytes */10");

  answer = call("GET", path, "If-None-Match: \"x\", " + etag + "\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 304"));
  EXPECT_EQ(body_of(answer), "");
  EXPECT_THAT(call("PUT", path + "?overwrite=true", "", "abcdefghij"), StartsWith("HTTP/1.1 201"));
  EXPECT_EQ(body_of(call("GET", path, "If-None-Match: " + etag + "\r\n")), "abcdefghij");
  EXPECT_THAT(call("GET", path, "Range: bytes=0-1\r\nIf-Range: " + etag + "\r\n"),
              StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(call("DELETE", path), StartsWith("HTTP/1.1 204"));
  EXPECT_THAT(call("GET", path), StartsWith("HTTP/1.1 404"));
}

TEST_F(StorageApiTest, EmptyFile) {
  EXPECT_THAT(call("PUT", "/files/main/s/mine/e", "", ""), StartsWith("HTTP/1.1 201"));
  const auto answer = call("GET", "/files/main/s/mine/e");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(header_of(answer, "Content-Length"), "0");
  EXPECT_THAT(call("GET", "/files/main/s/mine/e", "Range: bytes=0-\r\n"),
              StartsWith("HTTP/1.1 416"));
}

TEST_F(StorageApiTest, BadUploadsAreRefused) {
  const std::string path = "/files/main/s/mine/h";
  EXPECT_THAT(call("PUT", path, "Content-MD5: nonsense\r\n", "hello"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(call("PUT", path, "Content-Digest: sha-256=:AAAA:\r\n", "hello"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(call("PUT", path, "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n", "hellO"),
              HasSubstr("storage.wrongDigest"));
  EXPECT_THAT(call("PUT", path + "/%2e%2e/x", "", "x"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(call("PUT", path + "%00", "", "x"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(call("PUT", path + "%FF", "", "x"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(call("GET", path), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(call("PUT", path, "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==\r\n", "hello"),
              StartsWith("HTTP/1.1 201"));
}

TEST_F(StorageApiTest, ABrokenConnectionLeavesNothing) {
  {
    Connection connection(server_->port());
    connection.send(
        "PUT /api/v1/files/main/s/mine/half HTTP/1.1\r\nHost: x\r\nContent-Length: "
        "1000000\r\n\r\n" +
        std::string(600'000, 'x'));
    EXPECT_TRUE(eventually(
        [&] { return !std::filesystem::is_empty(directory_ + "/objects/.openbricks-tmp"); }));
  }
  EXPECT_TRUE(eventually(
      [&] { return std::filesystem::is_empty(directory_ + "/objects/.openbricks-tmp"); }));
  EXPECT_THAT(call("GET", "/files/main/s/mine/half"), StartsWith("HTTP/1.1 404"));
}

TEST_F(StorageApiTest, ResumableUploadOverBrokenConnections) {
  auto answer =
      call("POST", "/uploads", json_, R"({"path": "/Volumes/main/s/mine/big", "bytes": 1000000})");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 201"));
  const std::string upload =
      "/uploads/" + std::string(boost::json::parse(body_of(answer)).at("id").as_string());
  const auto offset = [&] {
    return boost::json::parse(body_of(call("GET", upload))).at("offset").to_number<std::int64_t>();
  };
  {
    Connection connection(server_->port());
    connection.send("PATCH /api/v1" + upload +
                    " HTTP/1.1\r\nHost: x\r\nUpload-Offset: 0\r\nContent-Length: 1000000\r\n\r\n" +
                    std::string(600'000, 'a'));
    EXPECT_TRUE(eventually([&] { return offset() > 0; }));
  }
  answer = call("PATCH", upload, "Upload-Offset: 999999\r\n", "x");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 409"));
  const auto from = offset();
  EXPECT_EQ(header_of(answer, "Upload-Offset"), std::to_string(from));
  EXPECT_LE(from, 600'000);
  EXPECT_THAT(call("POST", upload + "/finish", json_), StartsWith("HTTP/1.1 409"));
  EXPECT_THAT(call("PATCH", upload, "Upload-Offset: x\r\n", "x"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(call("PATCH", upload, "", "x"), StartsWith("HTTP/1.1 400"));
  const std::string rest(static_cast<std::size_t>(1'000'000 - from), 'b');
  EXPECT_THAT(call("PATCH", upload, "Upload-Offset: " + std::to_string(from) + "\r\n", rest + "!"),
              StartsWith("HTTP/1.1 413"));
  const auto now = offset();
  answer = call("PATCH", upload, "Upload-Offset: " + std::to_string(now) + "\r\n",
                std::string(static_cast<std::size_t>(1'000'000 - now), 'b'));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 204"));
  EXPECT_EQ(header_of(answer, "Upload-Offset"), "1000000");
  EXPECT_THAT(call("POST", upload + "/finish", json_), StartsWith("HTTP/1.1 201"));
  EXPECT_EQ(get(at("big")), std::string(static_cast<std::size_t>(from), 'a') + rest);
  EXPECT_THAT(call("DELETE", upload), StartsWith("HTTP/1.1 404"));
}

TEST_F(StorageApiTest, Directories) {
  const std::string root = "/directories/main/s/mine";
  EXPECT_THAT(call("PUT", root + "/a/b"), StartsWith("HTTP/1.1 201"));
  call("PUT", "/files/main/s/mine/a/f", "", "12");
  const auto items = boost::json::parse(body_of(call("GET", root + "/a"))).at("items").as_array();
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].at("name").as_string(), "b");
  EXPECT_TRUE(items[0].at("directory").as_bool());
  EXPECT_EQ(items[1].at("bytes").as_int64(), 2);
  for (const std::string& suffix : {"", "/"}) {
    EXPECT_THAT(call("GET", root + suffix), HasSubstr("\"name\":\"a\""));
  }
  EXPECT_THAT(call("GET", root + "/none"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(call("GET", root + "?limit=0"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(call("POST", "/files/move", json_,
                   R"({"from": "/Volumes/main/s/mine/a", "to": "/Volumes/main/s/other/z"})"),
              StartsWith("HTTP/1.1 204"));
  EXPECT_THAT(call("DELETE", "/directories/main/s/other/z"), StartsWith("HTTP/1.1 409"));
  EXPECT_THAT(call("DELETE", "/directories/main/s/other/z?recursive=true"),
              StartsWith("HTTP/1.1 204"));
  EXPECT_EQ(body_of(call("GET", "/directories/main/s/other")), R"({"items":[]})");
}

TEST(HeadersTest, TypesAndDates) {
  EXPECT_EQ(net::http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(net::http_date(1'795'253'356'000'000), "Sat, 21 Nov 2026 09:29:16 GMT");
  EXPECT_EQ(content_type("A.CSV"), "text/csv; charset=utf-8");
  EXPECT_EQ(content_type("csv"), "application/octet-stream");
}

}  // namespace
}  // namespace ob::storage
