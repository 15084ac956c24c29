#include "gateway/gateway.h"

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>

#include "gateway/header_rules.h"
#include "gateway/limits.h"
#include "gateway/redirect.h"
#include "net/test_client.h"

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
namespace fs = std::filesystem;
using ob::Caller;
using ob::api::Context;
using ob::api::Empty;
using ob::net::test::Answer;
using ob::net::test::Client;
using ob::net::test::TestServer;

class FakeIdentity : public ob::identity::Identity {
 public:
  Caller authenticate(const std::string& bearer) override {
    if (bearer == "good" || bearer == "obk_good") return {.user_id = "u1", .email = "a@b"};
    throw ob::unauthenticated("identity.badToken", "The token is not valid.");
  }
  Caller renewed(const Caller& caller) override { return caller; }
  std::int64_t generation() override { return 1; }
  std::optional<std::string> bootstrap(const std::string&, const std::string&) override {
    return {};
  }
  ob::identity::Tokens sign_in(const std::string&, const std::string&,
                               const std::string&) override {
    throw ob::identity::Throttled(7);
  }
  ob::identity::Tokens refresh(const std::string&, const std::string&) override { return {}; }
  void sign_out(const std::string&, const ob::identity::Origin&) override {}
  void change_password(const Caller&, const std::string&, const std::string&) override {}
  ob::identity::User me(const Caller&) override { return {}; }
  std::vector<ob::identity::User> users(const Caller&) override { return {}; }
  ob::identity::User create_user(const Caller&, const std::string&, const std::string&,
                                 const std::string&) override {
    return {};
  }
  void delete_user(const Caller&, const std::string&) override {}
  std::vector<ob::identity::ApiKey> keys(const Caller&) override { return {}; }
  std::pair<ob::identity::ApiKey, std::string> create_key(const Caller&, const std::string&,
                                                          std::optional<ob::Micros>,
                                                          const ob::Scopes&) override {
    return {};
  }
  void delete_key(const Caller&, const std::string&) override {}
  ob::identity::Tokens view_as(const Caller&, const std::string&) override { return {}; }
  ob::identity::Permissions& permissions() override {
    throw std::logic_error("the gateway asks for no permission");
  }
  std::string seal(std::string_view, std::string_view) const override { return {}; }
  std::string unseal(std::string_view, std::string_view) const override { return {}; }
  std::string display_name(const std::string& id) override { return id; }
};

struct Who {
  std::string id, user;
  int depth = 0;
};
BOOST_DESCRIBE_STRUCT(Who, (), (id, user, depth))
struct ById {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(ById, (), (id))
struct Make {
  std::string name;
  std::optional<json::value> extra;
};
BOOST_DESCRIBE_STRUCT(Make, (), (name, extra))

class GatewayTest : public testing::Test {
 protected:
  GatewayTest() {
    web = fs::temp_directory_path() / ("ob_gateway_" + std::to_string(::getpid()));
    fs::create_directories(web / "assets");
    std::ofstream(web / "index.html") << "<div id=root></div>";
    std::ofstream(web / "assets/app-1.js") << "let a;";
    std::ofstream(web / "assets/app-1.js.br") << "brotli";
    std::ofstream(web / "assets/app-1.js.gz") << "gzipped";
    std::ofstream(web.string() + "_secret") << "root:";
    registry.add<ById, Who>("GET", "/api/v1/things/{id}", {.operation = "getThing"},
                            [](Context& c, const ById& r) {
                              if (r.id == "none")
                                throw ob::not_found("test.none", "No such thing.");
                              if (r.id == "boom") throw std::runtime_error("the secret cause");
                              return Who{r.id, c.caller.user_id + "@" + c.caller.address};
                            });
    registry.add<ById, Who>(
        "GET", "/api/v1/shared/{id}", {.operation = "getShared", .guests = true},
        [](Context& c, const ById& r) { return Who{r.id, c.caller.user_id + "@" + c.share}; });
    registry.add<Make, Who>("POST", "/api/v1/things", {.operation = "makeThing", .status = 201},
                            [](Context&, const Make& r) { return Who{r.name}; });
    registry.add<Empty, Empty>("POST", "/api/v1/login",
                               {.operation = "login", .status = 204, .anonymous = true},
                               [this](Context&, Empty) { identity.sign_in("", "", ""); });
    registry.add_stream<Empty>("GET", "/api/v1/broken", {.operation = "broken"},
                               [](Context&, Empty, ob::net::Exchange& x) -> asio::awaitable<void> {
                                 co_await x.start({200, {{"Content-Type", "text/csv"}}, {}});
                                 co_await x.write("a,b\n");
                                 throw std::runtime_error("half way");
                               });
  }

 public:
  ~GatewayTest() override {
    fs::remove_all(web);
    fs::remove(web.string() + "_secret");
  }

 protected:
  void serve(ob::gateway::Options options = {}, ob::net::ServerOptions listen = {}) {
    if (options.web_dir.empty()) options.web_dir = web.string();
    gateway = ob::gateway::make(registry, identity, pool, options);
    server = std::make_unique<TestServer>(gateway->handler(), listen);
  }
  Answer get(const std::string& target, const std::string& headers = {}) {
    Client c(server->port());
    return c.get(target, headers);
  }
  Answer send(const std::string& method, const std::string& target, const std::string& body,
              const std::string& headers = "Content-Type: application/json\r\n") {
    Client c(server->port());
    c.send(method + " " + target + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n" +
           headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return c.receive(method == "HEAD");
  }
  static std::string id(const Answer& a) {
    return json::parse(a.body).at("id").as_string().c_str();
  }

  const std::string good = "Authorization: Bearer good\r\n";
  fs::path web;
  FakeIdentity identity;
  ob::Pool pool{"test", 2};
  ob::api::Registry registry{pool, 100'000};
  std::unique_ptr<ob::gateway::Gateway> gateway;
  std::unique_ptr<TestServer> server;
};

TEST_F(GatewayTest, Identity) {
  serve();
  const Answer none = get("/api/v1/things/1");
  EXPECT_EQ(none.status, 401);
  EXPECT_TRUE(none.has("WWW-Authenticate: Bearer"));
  EXPECT_TRUE(none.has("application/problem+json"));
  EXPECT_EQ(get("/api/v1/things/1", "Authorization: Bearer bad\r\n").status, 401);
  EXPECT_EQ(get("/api/v1/things/1", "Authorization: Basic good\r\n").status, 401);
  const Answer ok = get("/api/v1/things/1", good);
  EXPECT_EQ(ok.status, 200);
  EXPECT_EQ(ok.body, R"({"id":"1","user":"u1@127.0.0.1","depth":0})");
  EXPECT_TRUE(ok.has("X-Content-Type-Options: nosniff"));
  EXPECT_TRUE(ok.has("Cache-Control: no-store"));
  EXPECT_TRUE(ok.has("sandbox"));
  EXPECT_EQ(get("/api/v1/things/1", "Authorization: Bearer obk_good\r\n").status, 200);
  EXPECT_EQ(get("/api/v1/things/1", "Authorization: Bearer obk_bad\r\n").status, 401);
  const Answer throttled = send("POST", "/api/v1/login", "");
  EXPECT_EQ(throttled.status, 429);
  EXPECT_TRUE(throttled.has("Retry-After: 7"));
}

TEST_F(GatewayTest, Guests) {
  serve();
  const auto who = [&](const std::string& query, const std::string& headers = {}) {
    const Answer answer = get("/api/v1/shared/7" + query, headers);
    if (answer.status != 200) return std::to_string(answer.status);
    return std::string(json::parse(answer.body).at("user").as_string());
  };
  EXPECT_EQ(who(""), "@");
  EXPECT_EQ(who("", "X-Share: key\r\n"), "@key");
  EXPECT_EQ(who("?share=a%2Bb"), "@a+b");
  EXPECT_EQ(who("?share=x", good), "u1@x");
  // Whoever names themselves wrongly is no guest, and what is far too long is no share.
  EXPECT_EQ(who("", "Authorization: Bearer bad\r\n"), "401");
  EXPECT_EQ(who("?share=" + std::string(1025, 'x')), "@");
  EXPECT_EQ(who("?other=x"), "400");
  EXPECT_EQ(get("/api/v1/things/7?share=x", good).status, 400);
}

TEST_F(GatewayTest, Errors) {
  serve();
  const Answer none = get("/api/v1/things/none", good + "X-Request-Id: my-id.1\r\n");
  EXPECT_EQ(none.status, 404);
  EXPECT_TRUE(none.has("X-Request-Id: my-id.1"));
  const auto body = json::parse(none.body);
  EXPECT_EQ(body.at("id"), "test.none");
  EXPECT_EQ(body.at("request_id"), "my-id.1");
  EXPECT_EQ(body.at("detail"), "No such thing.");
  EXPECT_FALSE(get("/healthz", "X-Request-Id: bad id\r\n").has("bad id"));
  const Answer boom = get("/api/v1/things/boom", good);
  EXPECT_EQ(boom.status, 500);
  EXPECT_EQ(boom.body.find("secret"), std::string::npos);
  const Answer wrong = send("PUT", "/api/v1/things", "{}");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_TRUE(wrong.has("Allow: POST"));
  EXPECT_EQ(get("/api/v1/nothing", good).status, 404);
  EXPECT_EQ(get("/api/v1/things/1?x=1", good).status, 400);
  EXPECT_EQ(get("/api/v1/things/%zz", good).status, 400);
  Client c(server->port());
  const Answer cut = c.get("/api/v1/broken", good);
  EXPECT_EQ(cut.status, 200);
  EXPECT_TRUE(c.cut);
}

TEST_F(GatewayTest, JsonBodies) {
  serve();
  EXPECT_EQ(send("POST", "/api/v1/things", R"({"name":"n"})").status, 201);
  const Answer broken = send("POST", "/api/v1/things", "{\"name\":\n\n}");
  EXPECT_EQ(broken.status, 400);
  EXPECT_NE(broken.body.find("line 3"), std::string::npos) << broken.body;
  EXPECT_EQ(id(send("POST", "/api/v1/things", "{\"name\":\"\xff\"}")), "request.badJson");
  EXPECT_EQ(id(send("POST", "/api/v1/things", std::string(50'000, '['))), "request.badJson");
  EXPECT_EQ(send("POST", "/api/v1/things", "{}", "Content-Type: text/plain\r\n").status, 415);
  EXPECT_EQ(send("POST", "/api/v1/things", std::string(200'000, ' ')).status, 413);
  const auto fields = json::parse(send("POST", "/api/v1/things", R"({"nam":1})").body).at("errors");
  EXPECT_EQ(fields.as_array().size(), 2u);
}

TEST_F(GatewayTest, HealthAndMetrics) {
  std::optional<std::string> reason = "starting";
  serve({.not_ready = [&reason] { return reason; }});
  gateway->add_gauge("test_gauge", "A test.", [] { return 1.5; });
  gateway->add_counter("test_broken", "Fails.", []() -> double { throw std::runtime_error("x"); });
  EXPECT_EQ(get("/healthz").body, R"({"status":"ok"})");
  EXPECT_EQ(get("/readyz").status, 503);
  reason.reset();
  EXPECT_EQ(get("/readyz").status, 200);
  get("/api/v1/things/1", good);
  get("/api/v1/things/none", good);
  // A request is counted once its answer is out.
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const Answer metrics = get("/metrics");
  EXPECT_TRUE(metrics.has("text/plain; version=0.0.4"));
  const auto holds = [&](std::string_view text) {
    EXPECT_NE(metrics.body.find(text), std::string::npos) << text << "\n" << metrics.body;
  };
  holds(
      "openbricks_http_requests_total{route=\"/api/v1/things/{id}\",method=\"GET\",status=\"200\"} "
      "1");
  holds(
      "openbricks_http_requests_total{route=\"/api/v1/things/{id}\",method=\"GET\",status=\"404\"} "
      "1");
  holds(
      "openbricks_http_request_duration_seconds_bucket{route=\"/api/v1/things/"
      "{id}\",method=\"GET\",le=\"+Inf\"} 2");
  holds("# TYPE test_gauge gauge\ntest_gauge 1.5\n");
  holds("openbricks_http_requests_in_flight 1");
  holds("process_resident_memory_bytes ");
  gateway->drain();
  EXPECT_EQ(id(get("/readyz")), "server.stopping");
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/api/v1/things/1", good).status, 200);
}

TEST_F(GatewayTest, Description) {
  serve();
  const Answer a = get("/api/openapi.json");
  EXPECT_EQ(json::parse(a.body).at("openapi"), "3.1.0");
  const std::size_t at = a.head.find("ETag: ") + 6;
  const std::string etag = a.head.substr(at, a.head.find("\r\n", at) - at);
  EXPECT_EQ(get("/api/openapi.json", "If-None-Match: W/" + etag + "\r\n").status, 304);
  const Answer docs = get("/api/docs");
  EXPECT_TRUE(docs.has("text/html"));
  EXPECT_TRUE(docs.has("default-src 'self'"));
  EXPECT_NE(docs.body.find("\"docs.js\""), std::string::npos);
  EXPECT_NE(get("/api/docs.js").body.find("openapi.json"), std::string::npos);
}

TEST_F(GatewayTest, Page) {
  serve();
  const Answer home = get("/");
  EXPECT_EQ(home.body, "<div id=root></div>");
  EXPECT_TRUE(home.has("frame-ancestors 'none'"));
  EXPECT_TRUE(home.has("Cache-Control: no-cache"));
  EXPECT_EQ(get("/tables/main.sales.orders").body, home.body);
  const Answer script = get("/assets/app-1.js");
  EXPECT_EQ(script.body, "let a;");
  EXPECT_TRUE(script.has("immutable"));
  EXPECT_TRUE(script.has("text/javascript"));
  EXPECT_EQ(get("/assets/app-1.js", "Accept-Encoding: gzip, br\r\n").body, "brotli");
  const Answer zipped = get("/assets/app-1.js", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(zipped.body, "gzipped");
  EXPECT_TRUE(zipped.has("Content-Encoding: gzip"));
  const std::size_t at = script.head.find("ETag: ") + 6;
  const std::string etag = script.head.substr(at, script.head.find("\r\n", at) - at);
  EXPECT_EQ(get("/assets/app-1.js", "If-None-Match: " + etag + "\r\n").status, 304);
  EXPECT_EQ(get("/assets/none.js").status, 404);
  EXPECT_EQ(get("/none.js").status, 404);
  EXPECT_EQ(get("/files/logo.png", "Accept: text/html,*/*\r\n").status, 200);
  EXPECT_EQ(send("POST", "/", "").status, 405);
  EXPECT_EQ(send("HEAD", "/", "").status, 200);
  EXPECT_EQ(get("/ws/x").status, 404);
  const std::string beside = web.filename().string() + "_secret";
  for (const std::string& path : {"/../" + beside, "/%2e%2e/" + beside, "/..%2f" + beside,
                                  "/assets/../../" + beside, "//../" + beside}) {
    const Answer a = get(path);
    EXPECT_EQ(a.body.find("root:"), std::string::npos) << path;
    EXPECT_EQ(a.status, 404) << path;
  }
}

TEST_F(GatewayTest, NoPage) {
  serve({.web_dir = "/nonexistent"});
  EXPECT_EQ(get("/").status, 404);
}

TEST_F(GatewayTest, Cors) {
  serve({.cors = {.origins = {"https://app.example"}}});
  const std::string preflight =
      "Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n";
  const Answer yes = send("OPTIONS", "/api/v1/things", "", preflight);
  EXPECT_EQ(yes.status, 204);
  EXPECT_TRUE(yes.has("Access-Control-Allow-Origin: https://app.example"));
  const Answer no = send("OPTIONS", "/api/v1/things", "",
                         "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n");
  EXPECT_EQ(no.status, 405);
  EXPECT_FALSE(no.has("Access-Control-Allow-Origin"));
  EXPECT_TRUE(get("/api/v1/things/1", good + "Origin: https://app.example\r\n")
                  .has("Access-Control-Allow-Origin: https://app.example"));
}

TEST_F(GatewayTest, CorsForAll) {
  serve({.cors = {.origins = {"*"}, .headers = {"X-Mine"}, .max_age_s = 5}});
  const Answer any = send("OPTIONS", "/api/v1/things", "",
                          "Origin: https://a.example\r\nAccess-Control-Request-Method: PUT\r\n");
  EXPECT_TRUE(any.has("Access-Control-Allow-Origin: *\r\n"));
  EXPECT_TRUE(any.has("X-Session, X-Mine\r\n"));
  EXPECT_TRUE(any.has("Access-Control-Max-Age: 5\r\n"));
  EXPECT_FALSE(any.has("Credentials"));
  for (const ob::gateway::CorsOptions& bad :
       std::vector<ob::gateway::CorsOptions>{{.origins = {"*"}, .credentials = true},
                                             {.origins = {"app.example"}},
                                             {.origins = {"https://app.example/"}},
                                             {.origins = {}, .headers = {"X: y"}}}) {
    EXPECT_THROW(ob::gateway::Cors{bad}, ob::Error);
  }
}

TEST_F(GatewayTest, CorsWithCookies) {
  serve({.cors = {.origins = {"https://app.example"}, .credentials = true}});
  EXPECT_TRUE(get("/api/v1/things/1", good + "Origin: https://app.example\r\n")
                  .has("Access-Control-Allow-Credentials: true"));
  EXPECT_FALSE(
      get("/api/v1/things/1", good + "Origin: https://b.example\r\n").has("Access-Control-Allow-"));
}

TEST_F(GatewayTest, SecurityHeaders) {
  serve({}, {.trusted_proxies = {"127.0.0.1"}});
  const Answer page = get("/");
  EXPECT_TRUE(page.has("script-src 'self';"));
  EXPECT_TRUE(page.has("Cross-Origin-Opener-Policy: same-origin"));
  EXPECT_TRUE(page.has("camera=()"));
  EXPECT_TRUE(page.has("X-Frame-Options: DENY"));
  EXPECT_TRUE(page.has("Referrer-Policy: same-origin"));
  EXPECT_FALSE(page.has("Strict-Transport-Security"));
  EXPECT_TRUE(
      get("/", "X-Forwarded-Proto: https\r\n").has("Strict-Transport-Security: max-age=31536000"));
  EXPECT_TRUE(get("/api/v1/things/1", good).has("default-src 'none'"));
}

TEST_F(GatewayTest, Roles) {
  using ob::gateway::Role;
  using ob::gateway::role_of;
  EXPECT_EQ(role_of("/api/v1/auth/login"), Role::auth);
  EXPECT_EQ(role_of("/api/v1/oauth/token"), Role::auth);
  EXPECT_EQ(role_of("/.well-known/jwks.json"), Role::auth);
  EXPECT_EQ(role_of("/scim/v2/Users"), Role::auth);
  EXPECT_EQ(role_of("/api/v1/files/main/a/b/c"), Role::storage);
  EXPECT_EQ(role_of("/api/v1/uploads"), Role::storage);
  EXPECT_EQ(role_of("/api/v1/query"), Role::api);
  EXPECT_EQ(role_of("/api/docs"), Role::api);
  EXPECT_EQ(role_of("/api/v1/events"), Role::realtime);
  EXPECT_EQ(role_of("/ws/events"), Role::realtime);
  EXPECT_EQ(role_of("/catalog"), Role::web);
  EXPECT_TRUE(ob::gateway::Roles().has(Role::worker));
  EXPECT_FALSE(ob::gateway::Roles({"api", "web"}).has(Role::worker));
  EXPECT_EQ(ob::gateway::Roles({"web", "worker"}).answering(), std::vector<std::string>{"web"});
  EXPECT_THROW(ob::gateway::Roles(std::vector<std::string>{"all"}), ob::Error);
  serve({.roles = ob::gateway::Roles(std::vector<std::string>{"web"})});
  EXPECT_EQ(get("/catalog").status, 200);
  const Answer other = get("/api/v1/things/1", good);
  EXPECT_EQ(other.status, 404);
  EXPECT_EQ(id(other), "request.otherRole");
  EXPECT_EQ(get("/api/docs").status, 404);
  EXPECT_EQ(get("/readyz").status, 200);
  EXPECT_EQ(get("/metrics").status, 200);
}

TEST_F(GatewayTest, HeaderRules) {
  serve({.response_headers =
             "X-Robots-Tag: noindex\n referrer-policy: no-referrer\r\n-x-frame-options"});
  const Answer page = get("/");
  EXPECT_TRUE(page.has("X-Robots-Tag: noindex\r\n"));
  EXPECT_TRUE(page.has("referrer-policy: no-referrer\r\n"));
  EXPECT_FALSE(page.has("Referrer-Policy"));
  EXPECT_FALSE(page.has("X-Frame-Options"));
  for (const char* bad :
       {"X-A", "X A: b", "Content-Length: 5", "-transfer-encoding", ": b", "X: \x01"}) {
    EXPECT_THROW(ob::gateway::HeaderRules{bad}, ob::Error) << bad;
  }
}

TEST_F(GatewayTest, Redirect) {
  serve({.https_redirect = true}, {.trusted_proxies = {"127.0.0.1"}});
  const Answer plain =
      get("/tables/x?a=b%20c", "X-Forwarded-Proto: http\r\nX-Forwarded-Host: b.example\r\n");
  EXPECT_EQ(plain.status, 308);
  EXPECT_TRUE(plain.has("Location: https://b.example/tables/x?a=b%20c\r\n"));
  EXPECT_EQ(get("/", "X-Forwarded-Proto: https\r\n").status, 200);
  EXPECT_EQ(get("/healthz", "X-Forwarded-Proto: http\r\n").status, 200);
  ob::net::Request request;
  request.path = "/x";
  request.host = "[::1]:8080";
  const auto location = [&](const std::string& url, int port) {
    return ob::gateway::to_https(request, url, port).headers[0].second;
  };
  EXPECT_EQ(location("", 443), "https://[::1]/x");
  EXPECT_EQ(location("", 8443), "https://[::1]:8443/x");
  EXPECT_EQ(location("https://b.example:9/p", 8443), "https://b.example:9/x");
  request.host = "a";
  request.prefix = "/p";
  EXPECT_EQ(location("http://b.example", 443), "https://a/p/x");
  request.host.clear();
  EXPECT_THROW(location("", 443), ob::Error);
}

TEST_F(GatewayTest, BelowAPath) {
  std::ofstream(web / "index.html") << "<base href=\"/\" /><div id=root></div>";
  registry.add<Empty, Empty>(
      "POST", "/api/v1/cookie", {.operation = "cookie", .status = 204, .anonymous = true},
      [](Context& c, Empty) {
        c.response_headers = {{"Set-Cookie", "a=b; Path=/api/v1; Secure"}, {"Location", "/there"}};
      });
  serve({}, {.trusted_proxies = {"127.0.0.1"}, .path_prefix = "/bricks"});
  const std::string based = "<base href=\"/bricks/\" /><div id=root></div>";
  EXPECT_EQ(get("/bricks/tables/x").body, based);
  EXPECT_EQ(get("/tables/x").body, based);
  EXPECT_EQ(get("/bricks").body, based);
  EXPECT_EQ(get("/bricks/assets/app-1.js").body, "let a;");
  EXPECT_EQ(get("/", "X-Forwarded-Prefix: /other\r\n").body,
            "<base href=\"/other/\" /><div id=root></div>");
  const Answer made = send("POST", "/bricks/api/v1/cookie", "");
  EXPECT_EQ(made.status, 204);
  EXPECT_TRUE(made.has("Set-Cookie: a=b; Path=/bricks/api/v1; Secure\r\n")) << made.head;
  EXPECT_TRUE(made.has("Location: /bricks/there\r\n"));
}

TEST_F(GatewayTest, RateLimit) {
  serve({.requests_per_second = 5});
  int refused = 0;
  Client c(server->port());
  for (int i = 0; i < 20; ++i) {
    const Answer a = c.get("/api/v1/things/1", good);
    EXPECT_TRUE(a.has("RateLimit-Limit: 5\r\n"));
    EXPECT_TRUE(a.has("RateLimit-Policy: 5;w=1\r\n"));
    if (i == 0) {
      EXPECT_TRUE(a.has("RateLimit-Remaining: 4\r\n")) << a.head;
      EXPECT_TRUE(a.has("RateLimit-Reset: 1\r\n"));
    }
    if (a.status == 429) {
      ++refused;
      EXPECT_TRUE(a.has("Retry-After: 1"));
      EXPECT_TRUE(a.has("RateLimit-Remaining: 0\r\n"));
    }
  }
  EXPECT_GE(refused, 10);
  EXPECT_EQ(c.get("/healthz").status, 200);
}

TEST_F(GatewayTest, LimitsByClassAndCaller) {
  serve({.rate_limits = "any.user=3/h, write.address=2/m, auth.address=1/h"});
  EXPECT_EQ(send("POST", "/api/v1/things", R"({"name":"n"})").status, 201);
  const Answer second = send("POST", "/api/v1/things", R"({"name":"n"})");
  EXPECT_TRUE(second.has("RateLimit-Limit: 2\r\n")) << second.head;
  const Answer third = send("POST", "/api/v1/things", R"({"name":"n"})");
  EXPECT_EQ(third.status, 429);
  EXPECT_TRUE(third.has("Retry-After: 30\r\n")) << third.head;
  EXPECT_NE(third.body.find("2 in 60 seconds (write.address)"), std::string::npos) << third.body;
  EXPECT_EQ(get("/api/v1/things/1", good).status, 200);
  const Answer user = get("/api/v1/things/1", good);
  EXPECT_EQ(user.status, 429);
  EXPECT_TRUE(user.has("RateLimit-Policy: 3;w=3600\r\n")) << user.head;
  EXPECT_EQ(get("/api/v1/things/1").status, 401);  // its address has some left
  EXPECT_EQ(send("POST", "/api/v1/auth/none", "").status, 404);
}

}  // namespace
