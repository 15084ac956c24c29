// Endpoints of statements and their history.
#include "base/error.h"
#include "base/ids.h"
#include "query/api_results.h"

namespace ob::query {

// Defined in api_tables.cpp.
void register_tables(api::Registry& registry, Service& service, std::shared_ptr<Pages> pages);

namespace {

namespace asio = boost::asio;

const std::vector<std::string> result_types = {json_type, arrow_type, csv_type, parquet_type};

Request request_of(RunQuery&& body) {
  Request request;
  request.sql = std::move(body.sql);
  if (body.parameters) request.parameters = std::move(*body.parameters);
  if (!request.parameters.is_null() && !request.parameters.is_array() &&
      !request.parameters.is_object())
    throw bad_request("query.badParameters", "parameters must be an array or an object.");
  request.catalog = body.catalog.value_or("");
  request.schema = body.schema.value_or("");
  request.query_id = body.query_id.value_or(new_uuid());
  request.row_limit = body.row_limit;
  request.timeout_s = body.timeout_s;
  request.cache = body.cache.value_or(true);
  return request;
}

asio::awaitable<void> answer(Service& service, std::shared_ptr<Pages> pages, Caller caller,
                             RunQuery body, net::Exchange& exchange) {
  const std::string type = api::negotiate(exchange.request().header("Accept"), result_types);
  const std::int64_t page_rows = body.page_rows;
  Request request = request_of(std::move(body));
  const std::string id = request.query_id;
  const CancelToken gone = exchange.cancel_token();
  const auto abandoned = gone.on_cancel([&service, id] { service.abandon(id); });
  net::Response head{200, {{"Content-Type", type}, {"Query-Id", id}}, ""};
  if (type == json_type) {
    auto work = [&] {
      if (gone.cancelled()) throw Error(499, "query.cancelled", "The client has gone.");
      return first_page(service, *pages, caller, request, page_rows);
    };
    head.body = co_await service.pool().run(work);
    co_await exchange.respond(std::move(head));
    co_return;
  }
  auto next = type == arrow_type ? arrow_stream(service, caller, request)
              : type == csv_type ? csv_stream(service, caller, request)
                                 : parquet_stream(service, caller, request);
  co_await api::stream_from(service.pool(), exchange, std::move(head), std::move(next));
}

asio::awaitable<void> answer_page(Service& service, std::shared_ptr<Pages> pages, Caller caller,
                                  std::string cursor, net::Exchange& exchange) {
  auto work = [&] { return further_page(*pages, caller, cursor); };
  net::Response response{200, {{"Content-Type", json_type}}, ""};
  response.body = co_await service.pool().run(work);
  co_await exchange.respond(std::move(response));
}

void register_statements(api::Registry& registry, Service& service, std::shared_ptr<Pages> pages) {
  registry.add_stream_json<RunQuery>(
      "POST", "/api/v1/query",
      {.operation = "runQuery",
       .tag = "queries",
       .summary = "Run one SQL statement",
       .description = "The Accept header chooses JSON pages, an Arrow IPC stream, CSV or Parquet.",
       .errors = {404, 406, 408, 409, 413, 507},
       .produces = result_types,
       .changes = false},  // what a statement changes, it asks for itself
      [&service, pages](api::Context& ctx, RunQuery body, net::Exchange& exchange) {
        return answer(service, pages, ctx.caller, std::move(body), exchange);
      });
  registry.describe_response<QueryResult>("runQuery");
  registry.add_stream<PagePath>(
      "GET", "/api/v1/query/pages/{cursor}",
      {.operation = "getQueryPage",
       .tag = "queries",
       .summary = "Get the next page of a result",
       .description = "A cursor works once and closes after five idle minutes.",
       .errors = {404, 408, 507}},
      [&service, pages](api::Context& ctx, PagePath path, net::Exchange& exchange) {
        return answer_page(service, pages, ctx.caller, std::move(path.cursor), exchange);
      });
  registry.describe_response<QueryPage>("getQueryPage");
}

StatementItem item_of(const HistoryItem& item) {
  StatementItem out{item.id,         item.sql,  item.state,    item.user, {item.started_at},
                    item.elapsed_ms, item.rows, item.progress, {}};
  if (!item.error_id.empty()) out.error = StatementError{item.error_id, item.error_detail};
  return out;
}

void register_history(api::Registry& registry, Service& service) {
  registry.add<ListStatements, StatementList>(
      "GET", "/api/v1/queries",
      {.operation = "listQueries",
       .tag = "queries",
       .summary = "List running and past statements, newest first",
       .description = "Your own; administrators see all. Kept for 30 days, at most 10,000."},
      [&service](api::Context& ctx, const ListStatements& request) {
        StatementList list;
        const auto limit = static_cast<std::size_t>(request.limit);
        for (const HistoryItem& item : service.history(ctx.caller, limit,
                                                       {.after = request.after.value_or(""),
                                                        .state = request.state.value_or(""),
                                                        .user = request.user.value_or(""),
                                                        .text = request.text.value_or("")}))
          list.items.push_back(item_of(item));
        if (list.items.size() == limit && list.items.back().state != "running")
          list.next = list.items.back().id;
        return list;
      });
  registry.add<StatementPath, StatementItem>(
      "GET", "/api/v1/queries/{id}",
      {.operation = "getQuery", .tag = "queries", .summary = "Get a statement", .errors = {404}},
      [&service](api::Context& ctx, const StatementPath& path) {
        return item_of(service.history_item(ctx.caller, path.id));
      });
  registry.add<StatementPath, api::Empty>("POST", "/api/v1/queries/{id}/cancel",
                                          {.operation = "cancelQuery",
                                           .tag = "queries",
                                           .summary = "Cancel a running statement",
                                           .description = "Does nothing when it has ended.",
                                           .status = 204,
                                           .errors = {404}},
                                          [&service](api::Context& ctx, const StatementPath& path) {
                                            service.cancel(ctx.caller, path.id);
                                          });
}

}  // namespace

void register_api(api::Registry& registry, Service& service) {
  auto pages = std::make_shared<Pages>(service.options());
  register_statements(registry, service, pages);
  register_history(registry, service);
  register_tables(registry, service, pages);
}

}  // namespace ob::query
