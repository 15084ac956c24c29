// Endpoints of the fourth seed's protocol.
#include <boost/json/serialize.hpp>

#include "base/error.h"
#include "base/ids.h"
#include "documents/api_types.h"
#include "documents/delta.h"
#include "documents/delta_protocol.h"

namespace ob::documents {

namespace json = boost::json;

// A document as those clients know it.
struct SocketDocument {
  std::string id, Data;
};
BOOST_DESCRIBE_STRUCT(SocketDocument, (), (id, Data))
struct SocketDocumentId {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(SocketDocumentId, (), (id))
struct NewSocketDocument {
  std::optional<std::string> id;
  std::optional<json::value> Data;
};
BOOST_DESCRIBE_STRUCT(NewSocketDocument, (), (id, Data))
// Clients send the document as they have it, with its id.
struct ChangedSocketDocument {
  std::string document;
  std::optional<std::string> id;
  json::value Data;
};
BOOST_DESCRIBE_STRUCT(ChangedSocketDocument, (), (document, id, Data))

namespace {

constexpr const char* kTag = "documents";

// Content as they send it: a text of JSON, or the JSON itself.
std::string delta_text(const json::value& data) {
  if (const auto* text = data.if_string()) {
    if (text->empty()) return R"({"ops":[]})";
    return whole_pairs(*text);
  }
  if (data.is_null()) return R"({"ops":[]})";
  return json::serialize(data.is_array() ? json::value(json::object{{"ops", data}}) : data);
}

void require_uuid(const std::string& id) {
  constexpr std::size_t kLength = 36;
  bool fine = id.size() == kLength;
  for (std::size_t i = 0; fine && i < id.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    fine = hyphen ? id[i] == '-' : std::isxdigit(static_cast<unsigned char>(id[i])) != 0;
  }
  if (!fine) throw bad_request("documents.badId", "The id of a document is a UUID.");
}

class Endpoints {
 public:
  explicit Endpoints(DeltaProtocol parts) : service_(parts.service), parts_(parts) {}

  // Also those who send ?token=.
  Visitor visitor(const api::Context& ctx) {
    Visitor out = visitor_of(ctx);
    const std::string bearer = api::credentials_of(*ctx.request).bearer;
    if (!out.caller.user_id.empty() || bearer.empty()) return out;
    out.caller = parts_.authenticator.sign_in_now(out.caller, bearer);
    require_scope(out.caller.scopes,
                  ctx.request->method == "GET" ? "documents:read" : "documents:write");
    return out;
  }

  SocketDocument get(const Visitor& visitor, const std::string& id) {
    return {id, service_.content(visitor, id)};
  }

  SocketDocument get_or_create(const Visitor& visitor, const std::string& id) {
    try {
      return get(visitor, id);
    } catch (const Error& e) {
      if (e.id() != "documents.documentNotFound") throw;
    }
    require_uuid(id);
    require_scope(visitor.caller.scopes, "documents:write");
    try {
      return create(visitor, id, {});
    } catch (const Error& e) {
      if (e.status() != 409) throw;
      // That there is one is not told to whoever may not see it.
      return get(visitor, id);
    }
  }

  SocketDocument create(const Visitor& visitor, const std::string& id,
                        const std::optional<json::value>& data) {
    if (visitor.caller.user_id.empty()) {
      throw unauthenticated("auth.missing",
                            "Documents are made by people who are signed in: send ?token=, or "
                            "Authorization: Bearer <token>.");
    }
    if (!id.empty()) require_uuid(id);
    const Document made = service_.create(visitor.caller, {.id = id});
    if (data) service_.set_content(visitor, made.id, delta_text(*data));
    return {made.id, parts_.contents.delta(made.id)};
  }

  SocketDocument put(const Visitor& visitor, const ChangedSocketDocument& request) {
    if (request.id && *request.id != request.document)
      throw bad_request("documents.badId", "The body's id is not the one in the address.");
    service_.set_content(visitor, request.document, delta_text(request.Data));
    return {request.document, parts_.contents.delta(request.document)};
  }

 private:
  Service& service_;
  DeltaProtocol parts_;
};

struct DeltaSocket {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(DeltaSocket, (), (id))

}  // namespace

void register_delta_protocol(api::Registry& registry, DeltaProtocol parts) {
  const std::string base = "/api/database/documents";
  auto endpoints = std::make_shared<Endpoints>(parts);
  registry.add<SocketDocumentId, SocketDocument>(
      "GET", base + "/get/{id}",
      {.operation = "getSocketDocument",
       .tag = kTag,
       .summary = "A document with its content as a text of JSON",
       .errors = {404},
       .open_query = true,
       .guests = true},
      [endpoints](api::Context& ctx, const SocketDocumentId& request) {
        return endpoints->get(endpoints->visitor(ctx), request.id);
      });
  registry.add<SocketDocumentId, SocketDocument>(
      "GET", base + "/getorcreate/{id}",
      {.operation = "getOrCreateSocketDocument",
       .tag = kTag,
       .summary = "A document, made now if there is none of this id",
       .errors = {404},
       .open_query = true,
       .guests = true,
       .changes = true},
      [endpoints](api::Context& ctx, const SocketDocumentId& request) {
        return endpoints->get_or_create(endpoints->visitor(ctx), request.id);
      });
  registry.add<NewSocketDocument, SocketDocument>(
      "POST", base,
      {.operation = "createSocketDocument",
       .tag = kTag,
       .summary = "Make a document",
       .status = 201,
       .errors = {409},
       .open_query = true,
       .guests = true},
      [endpoints](api::Context& ctx, const NewSocketDocument& request) {
        return endpoints->create(endpoints->visitor(ctx), request.id.value_or(""), request.Data);
      });
  registry.add<ChangedSocketDocument, SocketDocument>(
      "PUT", base + "/{document}",
      {.operation = "putSocketDocument",
       .tag = kTag,
       .summary = "Let a document say this",
       .errors = {404},
       .open_query = true,
       .guests = true},
      [endpoints](api::Context& ctx, const ChangedSocketDocument& request) {
        return endpoints->put(endpoints->visitor(ctx), request);
      });
  auto shared = std::make_shared<DeltaProtocol>(parts);
  registry.add_stream<DeltaSocket>(
      "GET", "/ws/documents/{id}",
      {.operation = "openDocumentSocket",
       .tag = kTag,
       .summary = "A document by deltas",
       .description = "A WebSocket of JSON messages {type, data}. The client sends get-document, "
                      "changes-received (a delta) and save-changes (the whole content); it is sent "
                      "db-document (id, Data) and update-document (a delta).",
       .status = 101,
       .errors = {400},
       .open_query = true,
       .anonymous = true},
      [shared](api::Context& context, DeltaSocket request, net::Exchange& exchange) {
        return serve_deltas(*shared, context, std::move(request.id), exchange);
      });
}

}  // namespace ob::documents
