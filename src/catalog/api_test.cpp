// The endpoints, called through the registry as the gateway does.
#include "catalog/api.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "catalog/testing.h"

namespace ob::catalog {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

class OneCall : public net::Exchange {
 public:
  net::Request in;
  std::string body;
  net::Response answer;

  const net::Request& request() const override { return in; }
  asio::awaitable<std::size_t> read_some(std::span<std::byte>) override { co_return 0; }
  asio::awaitable<std::string> read_all(std::int64_t) override { co_return std::move(body); }
  void set_body_limit(std::int64_t) override {}
  asio::awaitable<void> respond(net::Response response) override {
    answer = std::move(response);
    co_return;
  }
  asio::awaitable<void> start(net::Response) override { co_return; }
  asio::awaitable<void> write(std::string_view) override { co_return; }
  asio::awaitable<void> finish() override { co_return; }
  bool started() const override { return false; }
  int status() const override { return answer.status; }
  std::int64_t bytes_sent() const override { return 0; }
  asio::any_io_executor executor() override { return io.get_executor(); }
  CancelToken cancel_token() override { return {}; }
  asio::awaitable<void> accept_websocket(net::WebSocketSession) override {
    throw bad_request("x", "no");
  }
  asio::io_context io;
};

class ApiTest : public CatalogFixture {
 protected:
  void SetUp() override {
    CatalogFixture::SetUp();
    caller_ = admin_;
    register_api(registry_, *service_, [](const Caller&, const Table& view) {
      if (view.view_sql == "broken") throw bad_request("sql.bad", "There is no table t.");
      return std::vector<std::pair<std::string, std::string>>{{"n", "BIGINT"}};
    });
  }
  void TearDown() override { CatalogFixture::TearDown(); }

  // "200 {…}", or "404 catalog.tableNotFound" for an error.
  std::string call(const std::string& method, const std::string& target,
                   const std::string& body = "") {
    OneCall x;
    const auto mark = target.find('?');
    x.in = {.method = method,
            .path = "/api/v1" + target.substr(0, mark),
            .headers = {{"content-type", "application/json"}}};
    if (mark != std::string::npos) x.in.query = target.substr(mark + 1);
    x.body = body;
    const auto match = registry_.match(method, x.in.path);
    if (match.endpoint == nullptr) return "no endpoint";
    api::Context context;
    context.caller = caller_;
    std::exception_ptr failure;
    asio::co_spawn(x.io, match.endpoint->run(context, x, match.path_values),
                   [&](std::exception_ptr e) { failure = e; });
    x.io.run();
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const Error& error) {
      return std::to_string(error.status()) + " " + error.id();
    }
    body_ = x.answer.body.empty() ? json::value() : json::parse(x.answer.body);
    return std::to_string(x.answer.status);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& item : body_.at("items").as_array()) {
      out.emplace_back(item.at("name").as_string());
    }
    return out;
  }

  Pool pool_{"test", 1};
  api::Registry registry_{pool_};
  Caller caller_;
  json::value body_;
};

TEST_F(ApiTest, Catalogs) {
  EXPECT_EQ(call("POST", "/catalogs", R"({"name":"Sales","comment":"c"})"), "201");
  EXPECT_EQ(body_.at("name"), "Sales");
  EXPECT_EQ(body_.at("owner"), "admin@localhost");
  EXPECT_TRUE(parse_instant(body_.at("created_at").as_string()));
  EXPECT_EQ(call("POST", "/catalogs", R"({"name":"sales"})"), "409 catalog.catalogExists");
  EXPECT_EQ(call("POST", "/catalogs", R"({"name":"a/b"})"), "400 catalog.badName");
  EXPECT_EQ(call("POST", "/catalogs", R"({"name":5})").substr(0, 3), "400");
  EXPECT_EQ(call("GET", "/catalogs"), "200");
  EXPECT_EQ(names(), (std::vector<std::string>{"main", "Sales"}));
  EXPECT_EQ(call("PATCH", "/catalogs/sales", R"({"name":"shop","comment":"d"})"), "200");
  EXPECT_EQ(body_.at("comment"), "d");
  EXPECT_EQ(call("GET", "/catalogs/SHOP"), "200");
  EXPECT_EQ(body_.at("name"), "shop");
  EXPECT_EQ(call("POST", "/catalogs/shop/schemas", R"({"name":"s"})"), "201");
  EXPECT_EQ(call("DELETE", "/catalogs/shop"), "409 catalog.notEmpty");
  EXPECT_EQ(call("DELETE", "/catalogs/shop?cascade=true"), "204");
  EXPECT_EQ(call("GET", "/catalogs/shop"), "404 catalog.catalogNotFound");
}

TEST_F(ApiTest, SchemasAndVolumes) {
  EXPECT_EQ(call("POST", "/catalogs/main/schemas", R"({"name":"my schema"})"), "201");
  EXPECT_EQ(call("GET", "/catalogs/main/schemas/my%20schema"), "200");
  EXPECT_EQ(call("PATCH", "/catalogs/main/schemas/my%20schema", R"({"name":"s"})"), "200");
  EXPECT_EQ(body_.at("name"), "s");
  const std::string volumes = "/catalogs/main/schemas/s/volumes";
  EXPECT_EQ(call("POST", volumes, R"({"name":"raw"})"), "201");
  EXPECT_EQ(body_.at("full_name"), "main.s.raw");
  EXPECT_EQ(call("GET", volumes + "/RAW"), "200");
  EXPECT_EQ(call("GET", volumes), "200");
  EXPECT_EQ(names(), std::vector<std::string>{"raw"});
  EXPECT_EQ(call("DELETE", "/catalogs/main/schemas/s"), "409 catalog.notEmpty");
  EXPECT_EQ(call("DELETE", volumes + "/raw"), "204");
  EXPECT_EQ(call("DELETE", volumes + "/raw"), "404 catalog.volumeNotFound");
  EXPECT_EQ(call("DELETE", "/catalogs/main/schemas/s"), "204");
}

TEST_F(ApiTest, ListsComeInPages) {
  for (const char* name : {"b", "A", "c", "D"}) make(name);
  const std::string tables = "/catalogs/main/schemas/default/tables";
  std::vector<std::string> seen;
  std::string after;
  for (int page = 0; page < 3; ++page) {
    EXPECT_EQ(call("GET", tables + "?limit=2" + (after.empty() ? "" : "&after=" + after)), "200");
    for (const auto& name : names()) seen.push_back(name);
    const auto* next = body_.as_object().if_contains("next");
    if (next == nullptr) break;
    after = next->as_string();
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"A", "b", "c", "D"}));
  EXPECT_EQ(call("GET", tables + "?after=%21"), "400 request.badCursor");
  EXPECT_EQ(call("GET", tables + "?limit=0").substr(0, 3), "400");
  EXPECT_EQ(call("GET", tables + "?limit=1001").substr(0, 3), "400");
}

TEST_F(ApiTest, TableDetail) {
  service_->create_table(
      admin_, parse_name("t"), "", "", false, false,
      columns("id BIGINT, d DECIMAL(10,2), tags ARRAY<STRING>, day DATE", {"day"}));
  const auto opened = service_->open(admin_, parse_name("t"), identity::Privilege::write);
  columns("other STRING")(*opened.delta);
  const std::string table = "/catalogs/main/schemas/default/tables/T";
  EXPECT_EQ(call("GET", table + "?version=0"), "200");
  EXPECT_EQ(body_.at("full_name"), "main.default.t");
  EXPECT_EQ(body_.at("kind"), "managed");
  EXPECT_EQ(body_.at("format"), "delta");
  EXPECT_EQ(body_.at("location"), json::string(opened.delta->location()));
  EXPECT_EQ(body_.at("version"), 0);
  EXPECT_EQ(body_.at("rows"), 0);
  EXPECT_EQ(body_.at("files"), 0);
  EXPECT_EQ(body_.at("bytes"), 0);
  EXPECT_EQ(body_.at("min_reader_version"), 1);
  EXPECT_EQ(body_.at("partition_columns"), json::array{"day"});
  const auto& columns = body_.at("columns").as_array();
  ASSERT_EQ(columns.size(), 4u);
  EXPECT_EQ(columns[1].at("type"), "DECIMAL(10,2)");
  EXPECT_EQ(columns[2].at("type"), "ARRAY<STRING>");
  EXPECT_EQ(columns[3].at("partition_index"), 0);
  EXPECT_EQ(columns[0].at("nullable"), true);
  EXPECT_EQ(call("GET", table), "200");
  EXPECT_EQ(body_.at("version"), 1);
  EXPECT_EQ(body_.at("columns").as_array().at(0).at("name"), "other");
  EXPECT_EQ(call("GET", table + "?version=7"), "404 delta.noSuchVersion");
  EXPECT_EQ(call("GET", "/catalogs/main/schemas/default/tables/none"), "404 catalog.tableNotFound");
}

TEST_F(ApiTest, ViewDetail) {
  const auto view = [&](const std::string& name, const std::string& sql) {
    service_->create_view(admin_, parse_name(name), sql, {"main", "default", ""}, "", false, false);
    return call("GET", "/catalogs/main/schemas/default/tables/" + name);
  };
  EXPECT_EQ(view("v", "SELECT 1 AS n"), "200");
  EXPECT_EQ(body_.at("kind"), "view");
  EXPECT_EQ(body_.at("view_sql"), "SELECT 1 AS n");
  EXPECT_EQ(body_.at("columns").as_array().at(0).at("name"), "n");
  EXPECT_FALSE(body_.as_object().contains("version"));
  EXPECT_EQ(view("w", "broken"), "200");
  EXPECT_TRUE(body_.at("columns").as_array().empty());
  EXPECT_EQ(body_.at("problem"), "There is no table t.");
  EXPECT_EQ(call("GET", "/catalogs/main/schemas/default/tables/v?version=0"), "400 catalog.isView");
  EXPECT_EQ(call("GET", "/catalogs/main/schemas/default/tables/v/history"), "400 catalog.isView");
}

TEST_F(ApiTest, HistoryAndFiles) {
  make("t");
  const auto opened = service_->open(admin_, parse_name("t"), identity::Privilege::write);
  for (int i = 0; i < 3; ++i) {
    delta::Add add;
    add.path = "part-" + std::to_string(i) + ".parquet";
    add.size = 100;
    add.modification_time = 1'700'000'000'000;
    if (i > 0) add.stats = R"({"numRecords":5})";
    opened.delta->commit({.operation = "WRITE",
                          .parameters = {{"mode", "Append"}},
                          .metrics = {{"numFiles", "1"}},
                          .user_id = ann_.user_id,
                          .user_name = "ann@localhost",
                          .actions = {add},
                          .base = opened.delta->snapshot()});
  }
  const std::string table = "/catalogs/main/schemas/default/tables/t";
  EXPECT_EQ(call("GET", table + "/history?limit=3"), "200");
  const auto first = body_.at("items").as_array();
  ASSERT_EQ(first.size(), 3u);
  EXPECT_EQ(first[0].at("version"), 3);
  EXPECT_EQ(first[0].at("operation"), "WRITE");
  EXPECT_EQ(first[0].at("parameters").at("mode"), "Append");
  EXPECT_EQ(first[0].at("user"), "ann@localhost");
  EXPECT_EQ(body_.at("next"), "1");
  EXPECT_EQ(call("GET", table + "/history?before_version=1"), "200");
  EXPECT_EQ(body_.at("items").as_array().size(), 1u);
  EXPECT_FALSE(body_.as_object().contains("next"));

  EXPECT_EQ(call("GET", table + "/files?limit=2"), "200");
  const auto files = body_.at("items").as_array();
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].at("path"), "part-0.parquet");
  EXPECT_FALSE(files[0].as_object().contains("rows"));
  EXPECT_EQ(files[1].at("rows"), 5);
  EXPECT_EQ(files[1].at("modified_at"), "2023-11-14T22:13:20.000000Z");
  EXPECT_EQ(
      call("GET", table + "/files?limit=2&after=" + std::string(body_.at("next").as_string())),
      "200");
  EXPECT_EQ(body_.at("items").as_array().at(0).at("path"), "part-2.parquet");
  EXPECT_FALSE(body_.as_object().contains("next"));
  EXPECT_EQ(call("GET", table + "/files?version=1"), "200");
  EXPECT_EQ(body_.at("items").as_array().size(), 1u);
  for (const char* cursor :
       {"x", "1", "1.", ".1", "-1.0", "1.-1", "1.2x", "99999999999999999999.1"}) {
    EXPECT_EQ(call("GET", table + "/files?after=" + std::string(cursor)), "400 request.badCursor")
        << cursor;
  }
  // What they hold is data: seeing that the table is there is not enough.
  caller_ = bob_;
  give("bob@localhost", identity::Privilege::browse, opened.table.id);
  EXPECT_EQ(call("GET", table), "200");
  EXPECT_EQ(call("GET", table + "/files"), "403 catalog.forbidden");
  EXPECT_EQ(call("GET", table + "/history"), "403 catalog.forbidden");
}

TEST_F(ApiTest, RenameDropAndUndrop) {
  make("t");
  const std::string tables = "/catalogs/main/schemas/default/tables";
  EXPECT_EQ(call("PATCH", tables + "/t", R"({"name":"t2","comment":"hi"})"), "200");
  EXPECT_EQ(body_.at("name"), "t2");
  EXPECT_EQ(body_.at("comment"), "hi");
  make("taken");
  EXPECT_EQ(call("PATCH", tables + "/t2", R"({"name":"taken","comment":"no"})"),
            "409 catalog.tableExists");
  EXPECT_EQ(service_->table(admin_, parse_name("t2")).comment, "hi");
  EXPECT_EQ(call("DELETE", tables + "/t2"), "204");
  EXPECT_EQ(call("DELETE", tables + "/t2"), "404 catalog.tableNotFound");
  EXPECT_EQ(call("GET", tables + "?dropped=true"), "200");
  EXPECT_EQ(names(), std::vector<std::string>{"t2"});
  EXPECT_TRUE(parse_instant(body_.at("items").as_array().at(0).at("dropped_at").as_string()));
  EXPECT_EQ(call("POST", tables + "/T2/undrop"), "200");
  EXPECT_EQ(body_.at("name"), "t2");
  EXPECT_EQ(call("POST", tables + "/T2/undrop"), "404 catalog.nothingToRestore");
}

TEST_F(ApiTest, Search) {
  make("orders");
  EXPECT_EQ(call("GET", "/search?q=ORD"), "200");
  const auto hit = body_.at("items").as_array().at(0);
  EXPECT_EQ(hit.at("kind"), "table");
  EXPECT_EQ(hit.at("name"), "main.default.orders");
  EXPECT_EQ(hit.at("object"), "orders");
  EXPECT_EQ(call("GET", "/search").substr(0, 3), "400");
}

TEST_F(ApiTest, EveryEndpointIsDocumented) {
  const auto document = json::serialize(registry_.openapi());
  for (const auto& endpoint : registry_.endpoints()) {
    EXPECT_FALSE(endpoint.doc.operation.empty()) << endpoint.path;
    EXPECT_FALSE(endpoint.doc.anonymous) << endpoint.path;
    EXPECT_NE(document.find("\"" + endpoint.doc.operation + "\""), std::string::npos);
  }
  EXPECT_EQ(registry_.endpoints().size(), 28u);
}

}  // namespace
}  // namespace ob::catalog
