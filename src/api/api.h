#pragma once
// Endpoints from one declaration: a struct with BOOST_DESCRIBE_STRUCT, its rules by member pointer,
// and one line of registration give routing, binding of path, query and body, validation with the
// path of each wrong field, and the OpenAPI 3.1 schema.
//
//   struct CreateKey { std::string name; std::optional<std::string> expires_at; };
//   BOOST_DESCRIBE_STRUCT(CreateKey, (), (name, expires_at))
//   template <> struct ob::wire::Rules<CreateKey> {
//     static constexpr auto value = wire::rules(
//         wire::rule(&CreateKey::name, {.min = 1, .max = 100, .text = "Shown in the list of
//         keys."}));
//   };
//   registry.add<CreateKey, KeyCreated>("POST", "/api/v1/keys",
//       {.operation = "createKey", .tag = "keys", .summary = "Create an API key", .status = 201,
//       .errors = {404}},
//       [&](api::Context& ctx, CreateKey request) { return …; });
//
// Binding: a member named like a {part} of the path comes from the path; for GET, HEAD and DELETE
// all others come from the query string; otherwise from the JSON body. A last part "{path...}"
// takes the rest with its slashes, decoded. Wire forms (base/wire.h): bool, integers, double,
// std::string, enums with BOOST_DESCRIBE_ENUM, std::optional, std::vector, std::map<std::string,
// T>, wire::Instant, described structs, boost::json::value (anything). Only std::optional members
// and members named in a rule with `.optional = true` may be absent; the latter keep the struct's
// default.
#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/caller.h"
#include "base/cancel.h"
#include "base/pool.h"
#include "base/wire.h"
#include "net/net.h"

namespace ob::api {

struct Context {
  Caller caller;
  std::string request_id;
  CancelToken cancel;
  net::Headers response_headers;          // a handler may add some
  const net::Request* request = nullptr;  // its head, while the handler runs; null in unit tests
  std::string share;  // of a guest: the header X-Share, or the query parameter `share`
};

struct Empty {};  // for endpoints without request fields, or that answer 204
BOOST_DESCRIBE_STRUCT(Empty, (), ())

struct Doc {
  std::string operation, tag, summary, description;
  int status = 200;         // of success
  std::vector<int> errors;  // documented beside 400, 401, 403, 429, 500, which the registry adds
                            // where they apply
  bool open_query = false;  // lets unknown query parameters pass, as others' protocols demand
  bool anonymous = false;   // answers without identity (sign-in)
  // Answers those who sent no credential, too: the service decides what they may, by `share`.
  bool guests = false;
  Pool* pool = nullptr;  // where its handler runs; null: the registry's
  // Streaming endpoints: content types of the request body and the answers; empty means JSON.
  std::vector<std::string> consumes, produces;
  // Whether it changes something; by default all but GET and HEAD do.
  std::optional<bool> changes;
  bool oauth = false;   // 400 and 401 may also be answered as RFC 6749 section 5.2 says
  std::string problem;  // content type of errors that it tells by itself; empty: the usual one
};

// What an endpoint is: from it come routing, binding and the OpenAPI document.
struct Endpoint {
  std::string method, path;
  Doc doc;
  // JSON Schema 2020-12. request_schema describes all fields in place (wherever they come from);
  // body_schema and response_schema are references into components, null when there is none.
  boost::json::value request_schema, body_schema, response_schema;
  bool body_required = false;
  bool streaming = false;
  bool changes = false;
  std::string scope;  // that a limited credential needs
  std::vector<std::string> path_parameters;
  std::vector<std::string> query_parameters;
  // Runs the endpoint; the gateway has authenticated and filled the context.
  std::function<boost::asio::awaitable<void>(Context&, net::Exchange&,
                                             const std::vector<std::string>& path_values)>
      run;
};

struct Binding;  // where the members of a request come from

class Registry {
 public:
  // max_json_bytes: the largest JSON body that is read.
  explicit Registry(Pool& blocking, std::int64_t max_json_bytes = 16 * 1024 * 1024);
  ~Registry();

  // handler: Res(Context&, Req), run on the blocking pool.
  template <class Req, class Res, class Handler>
  void add(std::string method, std::string path, Doc doc, Handler handler);
  // handler: awaitable<void>(Context&, Req, net::Exchange&), run on the connection's strand; Req is
  // bound from path and query only, the body is the handler's to read.
  template <class Req, class Handler>
  void add_stream(std::string method, std::string path, Doc doc, Handler handler);
  // The same with a JSON body bound into Req, for endpoints that take JSON and answer a stream.
  template <class Req, class Handler>
  void add_stream_json(std::string method, std::string path, Doc doc, Handler handler);
  // Documents the JSON answer of a streaming endpoint (operation as in Doc) by its struct.
  template <class Res>
  void describe_response(const std::string& operation);

  struct Match {
    const Endpoint* endpoint = nullptr;
    std::vector<std::string> path_values;  // decoded
    std::vector<std::string> allowed;      // methods of the path when only the method is wrong
  };
  // HEAD falls back to the path's GET. Throws ob::Error 400 for a broken percent escape.
  Match match(const std::string& method, const std::string& path) const;
  boost::json::value openapi() const;
  const std::vector<Endpoint>& endpoints() const { return endpoints_; }

 private:
  using Invoke = std::function<boost::json::value(Context&, const boost::json::value&)>;
  using Stream = std::function<boost::asio::awaitable<void>(Context&, const boost::json::value&,
                                                            net::Exchange&)>;
  // Splits the members of a request into path, query and body; throws std::logic_error for a path
  // part without a member, since that is a mistake in the program.
  std::shared_ptr<Binding> bind(const std::string& method, const std::string& path,
                                std::span<const wire::Member> members, bool with_body) const;
  static const std::vector<std::string>& path_names(const Binding& binding);
  static bool has_body(const Binding& binding);
  void insert(std::shared_ptr<Binding> binding, Endpoint endpoint, Invoke invoke, Stream stream);
  template <class Req>
  void describe_request(const Binding& binding, Endpoint& endpoint);

  struct Node;
  Pool& blocking_;
  std::int64_t max_json_bytes_;
  std::vector<Endpoint> endpoints_;
  wire::Definitions definitions_{"#/components/schemas/"};
  std::unique_ptr<Node> root_;
};

// Parses a JSON body: at most 32 levels deep, valid UTF-8. Throws ob::Error 400 with line and
// offset.
boost::json::value parse_json(std::string_view text);

// The best of `types` for an Accept header (absent or "*/*": the first); throws ob::Error 406.
std::string negotiate(std::string_view accept, const std::vector<std::string>& types);

// Streams what blocking work makes: `next` runs on the pool, appends some bytes to its argument and
// returns false at the end. No pool thread waits for a slow client. The first call happens before
// the head is sent, so that an error in it still becomes a proper answer.
boost::asio::awaitable<void> stream_from(Pool& pool, net::Exchange& exchange, net::Response head,
                                         std::function<bool(std::string& out)> next);
// Hands the request's body to blocking work in pieces of at most `piece` bytes, in order, one at a
// time. Returns the number of bytes.
boost::asio::awaitable<std::int64_t> receive_into(
    Pool& pool, net::Exchange& exchange, std::function<void(std::span<const std::byte>)> consume,
    std::size_t piece = 512 * 1024);

}  // namespace ob::api

#include "api/registry.inl"
