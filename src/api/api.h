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
// T>, described structs, boost::json::value (anything). A member whose struct gives it a default
// initialiser that differs from T{} is optional with that default… only std::optional members and
// members named in a rule with `.optional = true` may be absent.
#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <memory>
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
  net::Headers response_headers;  // a handler may add some
};

struct Empty {};  // for endpoints without request fields, or that answer 204
BOOST_DESCRIBE_STRUCT(Empty, (), ())

struct Doc {
  std::string operation, tag, summary, description;
  int status = 200;         // of success
  std::vector<int> errors;  // documented beside 400, 401, 403, 429, 500, which the registry adds
                            // where they apply
  bool anonymous = false;   // answers without identity (sign-in)
  // Streaming endpoints: content types of the request body and the answers; empty means JSON.
  std::vector<std::string> consumes, produces;
};

struct Endpoint {
  std::string method, path;
  Doc doc;
  boost::json::value request_schema, response_schema;  // JSON Schema 2020-12
  std::vector<std::string> path_parameters;
  std::vector<std::string> query_parameters;
  // Runs the endpoint; the gateway has authenticated and filled the context.
  std::function<boost::asio::awaitable<void>(Context&, net::Exchange&,
                                             const std::vector<std::string>& path_values)>
      run;
};

class Registry {
 public:
  explicit Registry(Pool& blocking) : blocking_(blocking) {}

  // handler: Res(Context&, Req), run on the blocking pool.
  template <class Req, class Res, class Handler>
  void add(std::string method, std::string path, Doc doc, Handler handler);
  // handler: awaitable<void>(Context&, Req, net::Exchange&), run on the connection's strand; Req is
  // bound from path and query only, the body is the handler's to read.
  template <class Req, class Handler>
  void add_stream(std::string method, std::string path, Doc doc, Handler handler);

  struct Match {
    const Endpoint* endpoint = nullptr;
    std::vector<std::string> path_values;  // decoded
    std::vector<std::string> allowed;      // methods of the path when only the method is wrong
  };
  Match match(const std::string& method, const std::string& path) const;
  boost::json::value openapi() const;
  const std::vector<Endpoint>& endpoints() const { return endpoints_; }

 private:
  void insert(Endpoint endpoint);
  Pool& blocking_;
  std::vector<Endpoint> endpoints_;
};

}  // namespace ob::api

#include "api/registry.inl"
