#include "api/api.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "api/files.h"

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using ob::api::Context;
using ob::api::Empty;

struct Rename {
  std::string catalog;
  std::optional<std::string> name;
  std::vector<int> order;
};
BOOST_DESCRIBE_STRUCT(Rename, (), (catalog, name, order))
struct Item {
  std::string id;
  int count = 0;
};
BOOST_DESCRIBE_STRUCT(Item, (), (id, count))
struct List {
  int limit = 100;
  std::optional<std::string> after;
  std::vector<std::string> kind;
};
BOOST_DESCRIBE_STRUCT(List, (), (limit, after, kind))
struct Items {
  std::vector<Item> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(Items, (), (items, next))
struct File {
  std::string volume, path;
  bool overwrite = false;
};
BOOST_DESCRIBE_STRUCT(File, (), (volume, path, overwrite))
struct ById {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(ById, (), (id))

}  // namespace

template <>
struct ob::wire::Rules<Rename> {
  static constexpr auto value = rules(rule(&Rename::name, {.min = 1, .max = 8}),
                                      rule(&Rename::order, {.max = 3, .optional = true}));
};
template <>
struct ob::wire::Rules<List> {
  static constexpr auto value =
      rules(rule(&List::limit, {.min = 1, .max = 1000, .optional = true, .text = "How many."}),
            rule(&List::kind, {.values = {"table", "view"}, .optional = true}));
};
template <>
struct ob::wire::Rules<File> {
  static constexpr auto value = rules(rule(&File::overwrite, {.optional = true}));
};

namespace {

class FakeExchange : public ob::net::Exchange {
 public:
  ob::net::Request in;
  std::string body, out;
  ob::net::Response head;
  bool done = false;
  asio::any_io_executor exec;

  const ob::net::Request& request() const override { return in; }
  asio::awaitable<std::size_t> read_some(std::span<std::byte> to) override {
    const std::size_t n = std::min({to.size(), body.size(), std::size_t{3}});
    std::memcpy(to.data(), body.data(), n);
    body.erase(0, n);
    co_return n;
  }
  asio::awaitable<std::string> read_all(std::int64_t limit) override {
    if (static_cast<std::int64_t>(body.size()) > limit) throw ob::too_large("x", "too large");
    co_return std::move(body);
  }
  void set_body_limit(std::int64_t) override {}
  asio::awaitable<void> respond(ob::net::Response response) override {
    out = response.body;
    head = std::move(response);
    done = true;
    co_return;
  }
  asio::awaitable<void> start(ob::net::Response response) override {
    head = std::move(response);
    co_return;
  }
  asio::awaitable<void> write(std::string_view bytes) override {
    out += bytes;
    co_return;
  }
  asio::awaitable<void> finish() override {
    done = true;
    co_return;
  }
  bool started() const override { return done; }
  int status() const override { return head.status; }
  std::int64_t bytes_sent() const override { return static_cast<std::int64_t>(out.size()); }
  asio::any_io_executor executor() override { return exec; }
  ob::CancelToken cancel_token() override { return {}; }
  asio::awaitable<void> accept_websocket(ob::net::WebSocketSession) override {
    throw ob::bad_request("x", "no");
  }
};

class Api : public testing::Test {
 protected:
  Api() {
    registry.add<Rename, Item>(
        "PATCH", "/api/v1/catalogs/{catalog}",
        {.operation = "renameCatalog", .tag = "catalog", .summary = "Rename", .errors = {409}},
        [](Context& context, const Rename& r) {
          context.response_headers.emplace_back("X-Made", "yes");
          return Item{r.catalog + ">" + r.name.value_or("-"), static_cast<int>(r.order.size())};
        });
    registry.add<List, Items>(
        "GET", "/api/v1/catalogs",
        {.operation = "listCatalogs", .tag = "catalog", .summary = "List"},
        [](Context&, const List& r) { return Items{{{r.after.value_or(""), r.limit}}, {}}; });
    registry.add<ById, Empty>("DELETE", "/api/v1/keys/{id}",
                              {.operation = "deleteKey", .status = 204},
                              [](Context&, const ById&) {});
    registry.add<ById, Item>("GET", "/api/v1/keys/special",
                             {.operation = "special", .anonymous = true},
                             [](Context&, const ById&) { return Item{"special"}; });
    registry.add<ById, Item>("GET", "/api/v1/keys/{id}", {.operation = "getKey"},
                             [](Context&, const ById& r) { return Item{r.id}; });
    registry.add_stream<File>(
        "PUT", "/api/v1/files/{volume}/{path...}",
        {.operation = "putFile", .status = 201, .consumes = {"application/octet-stream"}},
        [this](Context&, File r, ob::net::Exchange& x) -> asio::awaitable<void> {
          std::string got;
          auto take = [&got](std::span<const std::byte> bytes) {
            got.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
          };
          co_await ob::api::receive_into(pool, x, take, 4);
          co_await x.respond({201, {}, r.volume + "|" + r.path + "|" + got});
        });
    registry.add_stream_json<Rename>(
        "POST", "/api/v1/run/{catalog}",
        {.operation = "run", .produces = {"application/json", "text/csv"}},
        [this](Context&, Rename r, ob::net::Exchange& x) -> asio::awaitable<void> {
          const std::string type =
              ob::api::negotiate(x.request().header("accept"), {"application/json", "text/csv"});
          int left = 3;
          auto next = [&left, &r](std::string& out) {
            out = r.catalog + std::to_string(left);
            return --left > 0;
          };
          co_await ob::api::stream_from(pool, x, {200, {{"Content-Type", type}}, {}}, next);
        });
    registry.describe_response<Items>("run");
  }

  FakeExchange call(std::string method, std::string target, std::string body = {},
                    ob::net::Headers headers = {{"content-type", "application/json"}}) {
    FakeExchange x;
    const std::size_t mark = target.find('?');
    x.in = {.method = method, .path = target.substr(0, mark), .headers = std::move(headers)};
    if (mark != std::string::npos) x.in.query = target.substr(mark + 1);
    x.body = std::move(body);
    const auto match = registry.match(method, x.in.path);
    if (!match.endpoint) throw ob::not_found("none", "none");
    asio::io_context io;
    Context context;
    std::exception_ptr failed;
    asio::co_spawn(io, match.endpoint->run(context, x, match.path_values),
                   [&](std::exception_ptr e) { failed = e; });
    io.run();
    if (failed) std::rethrow_exception(failed);
    return x;
  }
  ob::Error refused(std::string method, std::string target, std::string body = {},
                    ob::net::Headers headers = {{"content-type", "application/json"}}) {
    try {
      call(method, target, body, headers);
    } catch (const ob::Error& e) {
      return e;
    }
    ADD_FAILURE() << method << " " << target << " was accepted";
    return {0, "", ""};
  }

  ob::Pool pool{"test", 2};
  ob::api::Registry registry{pool, 1000};
};

TEST_F(Api, BindsPathQueryAndBody) {
  const auto renamed = call("PATCH", "/api/v1/catalogs/a%2Fb%20c", R"({"name":"n","order":[1,2]})");
  EXPECT_EQ(renamed.out, R"({"id":"a/b c>n","count":2})");
  EXPECT_EQ(ob::net::find_header(renamed.head.headers, "x-made"), "yes");
  EXPECT_EQ(ob::net::find_header(renamed.head.headers, "content-type"), "application/json");
  EXPECT_EQ(call("PATCH", "/api/v1/catalogs/a", "").out, R"({"id":"a>-","count":0})");
  EXPECT_EQ(call("GET", "/api/v1/catalogs?limit=5&after=x+y&kind=table&kind=view").out,
            R"({"items":[{"id":"x y","count":5}]})");
  EXPECT_EQ(call("GET", "/api/v1/catalogs").out, R"({"items":[{"id":"","count":100}]})");
  const auto gone = call("DELETE", "/api/v1/keys/k1");
  EXPECT_EQ(gone.head.status, 204);
  EXPECT_EQ(gone.out, "");
}

TEST_F(Api, StreamsBothWays) {
  EXPECT_EQ(call("PUT", "/api/v1/files/v/a/b%20c/d.csv", "hello world", {}).out,
            "v|a/b c/d.csv|hello world");
  EXPECT_EQ(call("PUT", "/api/v1/files/v/", "", {}).out, "v||");
  EXPECT_EQ(call("PUT", "/api/v1/files/v", "", {}).out, "v||");
  const auto csv = call("POST", "/api/v1/run/r", "{}",
                        {{"Accept", "text/csv"}, {"Content-Type", "application/json"}});
  EXPECT_EQ(csv.out, "r3r2r1");
  EXPECT_EQ(ob::net::find_header(csv.head.headers, "content-type"), "text/csv");
}

TEST_F(Api, NamesWhatIsWrong) {
  const auto unknown = refused("GET", "/api/v1/catalogs?limt=5");
  EXPECT_EQ(unknown.status(), 400);
  EXPECT_EQ(unknown.fields().at(0).field, "limt");
  EXPECT_EQ(refused("GET", "/api/v1/catalogs?limit=0").fields().at(0).problem,
            "must be at least 1");
  EXPECT_EQ(refused("GET", "/api/v1/catalogs?limit=1&limit=2").fields().at(0).problem,
            "is given more than once");
  EXPECT_EQ(refused("GET", "/api/v1/catalogs?kind=x").fields().at(0).field, "kind[0]");
  EXPECT_EQ(refused("GET", "/api/v1/catalogs?after=%ff").status(), 400);
  EXPECT_EQ(refused("GET", "/api/v1/keys/%00").status(), 400);
  EXPECT_EQ(refused("GET", "/api/v1/keys/%zz").id(), "request.badEscape");
  EXPECT_EQ(refused("PATCH", "/api/v1/catalogs/a?name=x", "{}").fields().at(0).field, "name");
  EXPECT_EQ(refused("PATCH", "/api/v1/catalogs/a", R"({"catalog":"b"})").fields().at(0).field,
            "catalog");
  EXPECT_EQ(refused("PATCH", "/api/v1/catalogs/a", "[]").status(), 400);
  EXPECT_EQ(refused("PATCH", "/api/v1/catalogs/a", "{}", {{"content-type", "text/plain"}}).status(),
            415);
  EXPECT_EQ(refused("PATCH", "/api/v1/catalogs/a", std::string(2000, ' ')).status(), 413);
  EXPECT_EQ(refused("POST", "/api/v1/run/r", "{}",
                    {{"Accept", "image/png"}, {"Content-Type", "application/json"}})
                .status(),
            406);
}

TEST_F(Api, BrokenJsonIsLocated) {
  const auto broken = refused("PATCH", "/api/v1/catalogs/a", "{\n \"name\": nul}");
  EXPECT_EQ(broken.id(), "request.badJson");
  EXPECT_NE(std::string(broken.what()).find("line 2"), std::string::npos) << broken.what();
  EXPECT_EQ(refused("PATCH", "/api/v1/catalogs/a", "{} x").id(), "request.badJson");
  EXPECT_EQ(refused("PATCH", "/api/v1/catalogs/a", "{\"name\":\"\xff\"}").id(), "request.badJson");
  EXPECT_EQ(refused("PATCH", "/api/v1/catalogs/a", "{\"name\":\"\\ud800\"}").id(),
            "request.badJson");
  const auto deep = refused("PATCH", "/api/v1/catalogs/a", std::string(500, '['));
  EXPECT_NE(std::string(deep.what()).find("32 levels"), std::string::npos) << deep.what();
  EXPECT_EQ(refused("PATCH", "/api/v1/catalogs/a", "{\"name\":").id(), "request.badJson");
}

TEST_F(Api, Routes) {
  EXPECT_EQ(registry.match("GET", "/api/v1/keys/special").endpoint->doc.operation, "special");
  EXPECT_EQ(registry.match("DELETE", "/api/v1/keys/special").endpoint->doc.operation, "deleteKey");
  EXPECT_EQ(registry.match("HEAD", "/api/v1/keys/other").endpoint->doc.operation, "getKey");
  const auto wrong = registry.match("PUT", "/api/v1/keys/special");
  EXPECT_EQ(wrong.endpoint, nullptr);
  EXPECT_EQ(std::set<std::string>(wrong.allowed.begin(), wrong.allowed.end()),
            (std::set<std::string>{"GET", "HEAD", "DELETE"}));
  EXPECT_TRUE(registry.match("GET", "/api/v1/none").allowed.empty());
  EXPECT_TRUE(registry.match("GET", "/api/v1/keys/").allowed.empty());
  EXPECT_TRUE(registry.match("GET", "").allowed.empty());
  const auto twice = [this] {
    registry.add<ById, Item>("GET", "/api/v1/keys/{id}", {},
                             [](Context&, const ById&) { return Item{}; });
  };
  EXPECT_THROW(twice(), std::logic_error);
  const auto misnamed = [this] {
    registry.add<ById, Item>("GET", "/x/{key}", {}, [](Context&, const ById&) { return Item{}; });
  };
  EXPECT_THROW(misnamed(), std::logic_error);
}

TEST_F(Api, OpenApi) {
  const json::value doc = registry.openapi();
  const auto& rename = doc.at("paths").at("/api/v1/catalogs/{catalog}").at("patch");
  EXPECT_EQ(rename.at("requestBody").at("content").at("application/json").at("schema").at("$ref"),
            "#/components/schemas/RenameBody");
  EXPECT_EQ(rename.at("requestBody").at("required"), false);
  const auto& body = doc.at("components").at("schemas").at("RenameBody").at("properties");
  EXPECT_FALSE(body.as_object().contains("catalog"));
  EXPECT_EQ(rename.at("parameters").at(0).at("schema"),
            json::parse(R"({"type":"string","minLength":1})"));
  for (const char* status :
       {"200", "400", "401", "403", "404", "408", "409", "413", "415", "429", "500"}) {
    EXPECT_TRUE(rename.at("responses").as_object().contains(status)) << status;
  }
  EXPECT_EQ(rename.at("responses")
                .at("409")
                .at("content")
                .at("application/problem+json")
                .at("schema")
                .at("$ref"),
            "#/components/schemas/Problem");
  const auto& list = doc.at("paths").at("/api/v1/catalogs").at("get");
  EXPECT_EQ(list.at("parameters").at(0),
            json::parse(R"({"name":"limit","in":"query","required":false,"description":"How many.",
              "schema":{"type":"integer","minimum":1,"maximum":1000,"default":100}})"));
  EXPECT_EQ(doc.at("paths").at("/api/v1/keys/special").at("get").at("security"), json::array());
  EXPECT_TRUE(doc.at("paths").as_object().contains("/api/v1/files/{volume}/{path}"));
  const auto& run = doc.at("paths").at("/api/v1/run/{catalog}").at("post").at("responses");
  EXPECT_TRUE(run.at("200").at("content").as_object().contains("text/csv"));
  EXPECT_TRUE(run.as_object().contains("406"));
  EXPECT_TRUE(doc.at("servers").is_array());
  EXPECT_EQ(doc.at("security"), json::parse(R"([{"bearer":[]}])"));
  EXPECT_EQ(doc.at("tags"), json::parse(R"([{"name":"catalog"}])"));
  EXPECT_EQ(doc.at("components").at("schemas").at("Problem").at("required").as_array().size(), 6u);
}

TEST(Negotiate, PicksTheBest) {
  const std::vector<std::string> types{"application/json", "text/csv"};
  using ob::api::negotiate;
  EXPECT_EQ(negotiate("", types), "application/json");
  EXPECT_EQ(negotiate("*/*", types), "application/json");
  EXPECT_EQ(negotiate("text/*;q=0.5, application/json;q=0.4", types), "text/csv");
  EXPECT_EQ(negotiate("Text/CSV", types), "text/csv");
  EXPECT_EQ(negotiate("application/json;q=0, */*", types), "text/csv");
  EXPECT_THROW(negotiate("image/png", types), ob::Error);
}

TEST(RangesTest, Parse) {
  const auto parse = [](const char* header, std::int64_t size) -> std::string {
    const auto answer = ob::api::parse_range(header, size);
    if (answer.unsatisfiable) return "416";
    if (!answer.range) return "all";
    return std::to_string(answer.range->first) + "+" + std::to_string(answer.range->length);
  };
  EXPECT_EQ(parse("bytes=0-0", 10), "0+1");
  EXPECT_EQ(parse("Bytes = 2 - ", 10), "2+8");
  EXPECT_EQ(parse("bytes=-3", 10), "7+3");
  EXPECT_EQ(parse("bytes=-30", 10), "0+10");
  EXPECT_EQ(parse("bytes=5-99999999999999999999999", 10), "5+5");
  EXPECT_EQ(parse("bytes=99999999999999999999999-", 10), "416");
  EXPECT_EQ(parse("bytes=10-", 10), "416");
  EXPECT_EQ(parse("bytes=-0", 10), "416");
  EXPECT_EQ(parse("bytes=-1", 0), "416");
  for (const char* bad : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=3-2", "items=0-1",
                          "bytes=0-1,3-4", "bytes=--1", "bytes=+1-2", "bytes=1-2-3"}) {
    EXPECT_EQ(parse(bad, 10), "all") << bad;
  }
}

TEST(RangesTest, Names) {
  EXPECT_EQ(ob::api::content_disposition("a\"b\\c%d;é.txt"),
            "attachment; filename=\"a_b_c_d;__.txt\"; filename*=UTF-8''a%22b%5Cc%25d%3B%C3%A9.txt");
}

}  // namespace
