#pragma once
// Templates of api/api.h: only what depends on the request and response types.

namespace ob::api {

template <class Req>
void Registry::describe_request(const Binding& binding, Endpoint& endpoint) {
  endpoint.request_schema = wire::object_schema<Req>(definitions_, {});
  if (has_body(binding)) {
    endpoint.body_schema = wire::struct_reference<Req>(definitions_, path_names(binding));
  }
}

template <class Req, class Res, class Handler>
void Registry::add(std::string method, std::string path, Doc doc, Handler handler) {
  auto binding = bind(method, path, wire::members<Req>(), true);
  Endpoint endpoint{.method = std::move(method), .path = std::move(path), .doc = std::move(doc)};
  describe_request<Req>(*binding, endpoint);
  if constexpr (!std::is_same_v<Res, Empty>) {
    endpoint.response_schema = wire::schema_in<Res>(definitions_);
  }
  insert(
      std::move(binding), std::move(endpoint),
      [handler = std::move(handler)](Context& context, const boost::json::value& in) {
        if constexpr (std::is_void_v<std::invoke_result_t<const Handler&, Context&, Req>>) {
          handler(context, wire::decode<Req>(in));
          return boost::json::value(boost::json::object());
        } else {
          return boost::json::value(wire::encode<Res>(handler(context, wire::decode<Req>(in))));
        }
      },
      nullptr);
}

template <class Req, class Handler>
void Registry::add_stream(std::string method, std::string path, Doc doc, Handler handler) {
  auto binding = bind(method, path, wire::members<Req>(), false);
  Endpoint endpoint{.method = std::move(method),
                    .path = std::move(path),
                    .doc = std::move(doc),
                    .streaming = true};
  describe_request<Req>(*binding, endpoint);
  insert(std::move(binding), std::move(endpoint), nullptr,
         [handler = std::move(handler)](Context& context, const boost::json::value& in,
                                        net::Exchange& exchange) {
           return handler(context, wire::decode<Req>(in), exchange);
         });
}

template <class Req, class Handler>
void Registry::add_stream_json(std::string method, std::string path, Doc doc, Handler handler) {
  auto binding = bind(method, path, wire::members<Req>(), true);
  Endpoint endpoint{.method = std::move(method),
                    .path = std::move(path),
                    .doc = std::move(doc),
                    .streaming = true};
  describe_request<Req>(*binding, endpoint);
  insert(std::move(binding), std::move(endpoint), nullptr,
         [handler = std::move(handler)](Context& context, const boost::json::value& in,
                                        net::Exchange& exchange) {
           return handler(context, wire::decode<Req>(in), exchange);
         });
}

template <class Res>
void Registry::describe_response(const std::string& operation) {
  boost::json::value schema = wire::schema_in<Res>(definitions_);
  for (Endpoint& endpoint : endpoints_) {
    if (endpoint.doc.operation == operation) {
      endpoint.response_schema = std::move(schema);
      return;
    }
  }
  throw std::logic_error("no operation " + operation);
}

}  // namespace ob::api
