// Endpoints of a document's content.
#include <boost/json/serialize.hpp>

#include "base/error.h"
#include "documents/api_types.h"
#include "documents/text.h"

namespace ob::documents {

namespace asio = boost::asio;
namespace json = boost::json;

struct GetContent {
  std::string id, format = "delta";
};
BOOST_DESCRIBE_STRUCT(GetContent, (), (id, format))
struct PutContent {
  std::string id;
  json::value delta;
};
BOOST_DESCRIBE_STRUCT(PutContent, (), (id, delta))

}  // namespace ob::documents

template <>
struct ob::wire::Rules<ob::documents::GetContent> {
  static constexpr auto value =
      rules(rule(&documents::GetContent::format,
                 {.max = 20, .optional = true, .text = "delta, text, html or markdown."}));
};
template <>
struct ob::wire::Rules<ob::documents::PutContent> {
  static constexpr auto value =
      rules(rule(&documents::PutContent::delta,
                 {.text = "{\"ops\": […]} of Quill, insertions only: what it shall say then."}));
};

namespace ob::documents {
namespace {

net::Response content_of(Service& service, const Formats& formats, const Visitor& visitor,
                         const GetContent& request) {
  net::Response out{.status = 200};
  const auto answer = [&](std::string type, std::string body) {
    out.headers = {{"Content-Type", std::move(type)}, {"X-Content-Type-Options", "nosniff"}};
    out.body = std::move(body);
    return std::move(out);
  };
  const auto other = formats.find(request.format);
  if (request.format != "delta" && request.format != "text" && other == formats.end()) {
    std::string known = "delta, text";
    for (const auto& [name, format] : formats) known += ", " + name;
    throw bad_request("documents.badFormat", "There are the formats " + known + ".");
  }
  std::string delta = service.content(visitor, request.id);
  if (request.format == "delta") return answer("application/json", std::move(delta));
  if (request.format == "text") return answer("text/plain; charset=utf-8", text_of_delta(delta));
  const Document document = service.require(visitor, request.id, Level::viewer);
  return answer(other->second.type, other->second.render(document, delta));
}

asio::awaitable<void> get_content(Service& service, std::shared_ptr<const Formats> formats,
                                  Pool& pool, Visitor visitor, GetContent request,
                                  net::Exchange& exchange) {
  auto work = [&service, formats, visitor = std::move(visitor), request = std::move(request)] {
    return content_of(service, *formats, visitor, request);
  };
  net::Response response = co_await pool.run(std::move(work));
  co_await exchange.respond(std::move(response));
}

}  // namespace

void register_content_api(api::Registry& registry, Service& service, Pool& blocking,
                          Formats formats) {
  const std::string path = "/api/v1/documents/{id}/content";
  auto shared = std::make_shared<const Formats>(std::move(formats));
  registry.add_stream<GetContent>(
      "GET", path,
      {.operation = "getDocumentContent",
       .tag = "documents",
       .summary = "What a document says now",
       .errors = {404},
       .guests = true,
       .produces = {"application/json", "text/plain"}},
      [&service, &blocking, shared](api::Context& ctx, const GetContent& request,
                                    net::Exchange& exchange) {
        return get_content(service, shared, blocking, visitor_of(ctx), request, exchange);
      });
  registry.add<PutContent, api::Empty>(
      "PUT", path,
      {.operation = "putDocumentContent",
       .tag = "documents",
       .summary = "Let a document say this",
       .description = "Those who have it open see the least change that leads there.",
       .status = 204,
       .errors = {404, 409},
       .guests = true},
      [&service](api::Context& ctx, const PutContent& body) {
        const bool whole = body.delta.is_object();
        service.set_content(visitor_of(ctx), body.id,
                            whole ? json::serialize(body.delta)
                                  : json::serialize(json::object{{"ops", body.delta}}));
        return api::Empty{};
      });
}

}  // namespace ob::documents
