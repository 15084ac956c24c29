// Endpoints of previews and of tables made from files.
#include <boost/json/serialize.hpp>

#include "catalog/api.h"
#include "query/api_results.h"

namespace ob::query {

namespace {

namespace asio = boost::asio;
namespace json = boost::json;

json::object options_of(const std::map<std::string, json::value>& options) {
  json::object out;
  for (const auto& [key, value] : options) out[key] = value;
  return out;
}

Request preview_request(const PreviewTable& preview) {
  Request request;
  request.in_history = false;
  request.sql = "SELECT * FROM " + engine::quote_identifier(preview.catalog) + "." +
                engine::quote_identifier(preview.schema) + "." +
                engine::quote_identifier(preview.table);
  if (preview.version) request.sql += " VERSION AS OF " + std::to_string(*preview.version);
  request.row_limit = preview.limit;
  return request;
}

asio::awaitable<void> answer_preview(Service& service, std::shared_ptr<Pages> pages, Caller caller,
                                     PreviewTable preview, net::Exchange& exchange) {
  const Request request = preview_request(preview);
  auto work = [&] { return first_page(service, *pages, caller, request, preview.limit); };
  net::Response response{200, {{"Content-Type", json_type}}, ""};
  response.body = co_await service.pool().run(work);
  co_await exchange.respond(std::move(response));
}

std::string infer(Service& service, const Caller& caller, const InferFile& body) {
  const InferredFile file =
      service.infer(caller, body.path, body.format.value_or(""), options_of(body.options));
  json::array columns;
  for (const engine::Column& column : file.columns)
    columns.push_back({{"name", column.name}, {"type", column.type}});
  return "{\"format\":" + json::serialize(json::value(file.format)) +
         ",\"columns\":" + json::serialize(columns) + ",\"rows\":" + file.rows_json + "}";
}

asio::awaitable<void> answer_infer(Service& service, Caller caller, InferFile body,
                                   net::Exchange& exchange) {
  auto work = [&] { return infer(service, caller, body); };
  net::Response response{200, {{"Content-Type", json_type}}, ""};
  response.body = co_await service.pool().run(work);
  co_await exchange.respond(std::move(response));
}

catalog::TableDetail make_table(Service& service, const Caller& caller, const MakeTable& body) {
  TableFromFile from;
  from.name = body.name;
  from.path = body.path.value_or("");
  from.format = body.format.value_or("");
  from.options = options_of(body.options);
  for (const NewColumn& column : body.columns)
    from.columns.push_back(
        {column.name, column.type, column.nullable.value_or(true), column.comment.value_or("")});
  from.partition_by = body.partition_by;
  from.comment = body.comment.value_or("");
  from.location = body.location.value_or("");
  from.mode = body.mode;
  const catalog::Name name = service.table_from_file(caller, from);
  return catalog::describe_table(service.catalog(), caller, name, std::nullopt, {});
}

asio::awaitable<void> answer_make(Service& service, Caller caller, MakeTable body,
                                  net::Exchange& exchange) {
  auto work = [&] {
    return json::serialize(wire::encode<catalog::TableDetail>(make_table(service, caller, body)));
  };
  net::Response response{201, {{"Content-Type", json_type}}, ""};
  response.body = co_await service.pool().run(work);
  co_await exchange.respond(std::move(response));
}

}  // namespace

void register_tables(api::Registry& registry, Service& service, std::shared_ptr<Pages> pages) {
  registry.add_stream<PreviewTable>(
      "GET", "/api/v1/catalogs/{catalog}/schemas/{schema}/tables/{table}/preview",
      {.operation = "previewTable",
       .tag = "tables",
       .summary = "Get the first rows of a table, also of an older version",
       .errors = {404, 408, 507}},
      [&service, pages](api::Context& ctx, PreviewTable preview, net::Exchange& exchange) {
        return answer_preview(service, pages, ctx.caller, std::move(preview), exchange);
      });
  registry.describe_response<QueryResult>("previewTable");
  registry.add_stream_json<InferFile>(
      "POST", "/api/v1/tables/infer",
      {.operation = "inferTable",
       .tag = "tables",
       .summary = "Tell the columns of a file, with its first 50 rows",
       .errors = {404, 408, 507},
       .changes = false},
      [&service](api::Context& ctx, InferFile body, net::Exchange& exchange) {
        return answer_infer(service, ctx.caller, std::move(body), exchange);
      });
  registry.describe_response<InferredTable>("inferTable");
  registry.add_stream_json<MakeTable>(
      "POST", "/api/v1/tables",
      {.operation = "makeTable",
       .tag = "tables",
       .summary = "Make a table from columns or a file, or add a file to one",
       .status = 201,
       .errors = {404, 408, 409, 507}},
      [&service](api::Context& ctx, MakeTable body, net::Exchange& exchange) {
        return answer_make(service, ctx.caller, std::move(body), exchange);
      });
  registry.describe_response<catalog::TableDetail>("makeTable");
}

}  // namespace ob::query
