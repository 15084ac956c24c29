#include "gateway/gateway.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <chrono>

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "gateway/docs_page.h"
#include "gateway/limiter.h"
#include "gateway/metrics.h"
#include "gateway/page.h"
#include "gateway/wrapped.h"

namespace ob::gateway {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

using Clock = std::chrono::steady_clock;

// What is known of a request while it runs, for its log line and the metrics.
struct Trace {
  std::string request_id;
  std::string user_id;
  Metrics::Route* route = nullptr;
  bool quiet = false;  // logged only when it fails: probes and files of the page
  std::string cause;
  std::string error_id;
  net::Headers failure_headers;  // what an endpoint gave before it failed (Upload-Offset, …)
};

bool well_formed_id(std::string_view id) {
  constexpr std::size_t kMost = 64;
  return !id.empty() && id.size() <= kMost && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::string_view bearer_of(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  if (header.size() <= kScheme.size() ||
      !net::same_name(header.substr(0, kScheme.size()), kScheme)) {
    return {};
  }
  header.remove_prefix(kScheme.size());
  while (header.starts_with(' ')) header.remove_prefix(1);
  return header;
}

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& one : list) out += (out.empty() ? "" : ", ") + one;
  return out;
}

bool reads(const net::Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

Error as_error(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& e) {
    return e;
  } catch (const std::exception& e) {
    return internal(e.what());
  } catch (...) {
    return internal("an exception of an unknown type");
  }
}

// Seconds to wait that an error names, 0 when it names none.
std::int64_t retry_after(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const identity::Throttled& e) {
    return e.retry_after_s;
  } catch (...) {
    return 0;
  }
}

class GatewayImpl final : public Gateway {
 public:
  GatewayImpl(api::Registry& registry, identity::Identity& identity, Pool& blocking,
              Options options)
      : registry_(registry),
        identity_(identity),
        blocking_(blocking),
        options_(std::move(options)),
        limiter_(options_.requests_per_second),
        page_(options_.web_dir),
        openapi_(json::serialize(registry.openapi())),
        openapi_etag_("\"" + sha256_hex(openapi_).substr(0, 20) + "\"") {
    for (const api::Endpoint& endpoint : registry_.endpoints()) {
      routes_.push_back(&metrics_.add_route(endpoint.path, endpoint.method));
    }
  }

  net::Server::Handler handler() override {
    return [this](net::Exchange& exchange) { return handle(exchange); };
  }
  void add_gauge(std::string name, std::string help, std::function<double()> value) override {
    add_single(std::move(name), std::move(help), "gauge", std::move(value));
  }
  void add_counter(std::string name, std::string help, std::function<double()> value) override {
    add_single(std::move(name), std::move(help), "counter", std::move(value));
  }
  void add_samples(std::string name, std::string help, std::string type,
                   std::function<std::vector<Sample>()> values) override {
    metrics_.add_samples(std::move(name), std::move(help), std::move(type), std::move(values));
  }

 private:
  void add_single(std::string name, std::string help, std::string type,
                  std::function<double()> value) {
    metrics_.add_samples(std::move(name), std::move(help), std::move(type),
                         [value = std::move(value)] {
                           std::vector<Sample> one(1);
                           one[0].value = value();
                           return one;
                         });
  }

  // Headers of every answer to this request.
  net::Headers common_headers(const net::Request& request, const std::string& request_id) const {
    net::Headers headers{{"X-Request-Id", request_id}};
    if (!options_.cors_origins.empty()) {
      headers.emplace_back("Vary", "Origin");
      if (const std::string_view origin = request.header("origin"); allowed_origin(origin)) {
        headers.emplace_back("Access-Control-Allow-Origin", origin);
        headers.emplace_back("Access-Control-Expose-Headers",
                             "X-Request-Id, ETag, Location, Upload-Offset, Content-Range");
      }
    }
    return headers;
  }
  bool allowed_origin(std::string_view origin) const {
    return !origin.empty() && std::find(options_.cors_origins.begin(), options_.cors_origins.end(),
                                        origin) != options_.cors_origins.end();
  }

  asio::awaitable<void> handle(net::Exchange& exchange);
  asio::awaitable<void> dispatch(Wrapped& exchange, Trace& trace);
  asio::awaitable<bool> built_in(Wrapped& exchange, Trace& trace);
  asio::awaitable<void> endpoint(Wrapped& exchange, Trace& trace, api::Registry::Match match);
  asio::awaitable<Caller> authenticate(std::string bearer);
  asio::awaitable<bool> preflight(Wrapped& exchange);
  void finish(const net::Exchange& exchange, Trace& trace, Clock::time_point begin, int status);

  api::Registry& registry_;
  identity::Identity& identity_;
  Pool& blocking_;
  Options options_;
  Metrics metrics_;
  std::vector<Metrics::Route*> routes_;  // as registry_.endpoints()
  Metrics::Route& health_ = metrics_.add_route("/healthz", "GET");
  Metrics::Route& probes_ = metrics_.add_route("(probes)", "GET");
  Metrics::Route& documents_ = metrics_.add_route("(description)", "GET");
  Metrics::Route& files_ = metrics_.add_route("(page)", "GET");
  Metrics::Route& others_ = metrics_.add_route("(none)", "any");
  Limiter limiter_;
  Page page_;
  std::string openapi_, openapi_etag_;
};

asio::awaitable<void> GatewayImpl::handle(net::Exchange& inner) {
  const Clock::time_point begin = Clock::now();
  const net::Request& request = inner.request();
  Trace trace;
  const std::string_view given = request.header("x-request-id");
  trace.request_id = well_formed_id(given) ? std::string(given) : new_uuid();
  trace.route = &others_;
  Wrapped exchange(inner, common_headers(request, trace.request_id));
  metrics_.in_flight.fetch_add(1, std::memory_order_relaxed);
  std::exception_ptr failure;
  try {
    co_await dispatch(exchange, trace);
  } catch (...) {
    failure = std::current_exception();
  }
  bool cut = false;
  int status = exchange.status();
  if (failure) {
    const Error error = as_error(failure);
    trace.cause = error.cause();
    trace.error_id = error.id();
    status = error.status();
    cut = exchange.started();
    if (!cut) {
      net::Response response = net::problem_response(error, trace.request_id);
      for (auto& header : trace.failure_headers) response.headers.push_back(std::move(header));
      if (const std::int64_t seconds = retry_after(failure); seconds > 0) {
        response.headers.emplace_back("Retry-After", std::to_string(seconds));
      }
      try {
        co_await exchange.respond(std::move(response));
      } catch (const Error& e) {
        // The client has gone before it could be told.
        cut = true;
        status = e.status();
      }
    }
  }
  metrics_.in_flight.fetch_sub(1, std::memory_order_relaxed);
  finish(exchange, trace, begin, status);
  // An answer that ends early must not look whole: the connection closes.
  if (cut) throw Error(499, "request.cut", "The answer was cut short.");
}

asio::awaitable<void> GatewayImpl::dispatch(Wrapped& exchange, Trace& trace) {
  const net::Request& request = exchange.request();
  if (request.path == "/healthz" && reads(request)) {
    trace.route = &health_;
    trace.quiet = true;
    net::Response ok{200, {{"Content-Type", "application/json"}}, R"({"status":"ok"})"};
    co_await exchange.respond(std::move(ok));
    co_return;
  }
  if (!limiter_.admit(request.remote_address)) {
    throw Error(429, "request.tooMany",
                "Too many requests come from this address: send at most " +
                    std::to_string(options_.requests_per_second) + " a second.");
  }
  if (co_await preflight(exchange)) co_return;
  if (co_await built_in(exchange, trace)) co_return;
  api::Registry::Match match = registry_.match(request.method, request.path);
  if (match.endpoint) {
    co_await endpoint(exchange, trace, std::move(match));
    co_return;
  }
  if (!match.allowed.empty()) {
    const Error error(405, "request.methodNotAllowed",
                      "This address allows " + joined(match.allowed) + ".");
    net::Response response = net::problem_response(error, trace.request_id);
    response.headers.emplace_back("Allow", joined(match.allowed));
    co_await exchange.respond(std::move(response));
    co_return;
  }
  if (request.path == "/api" || request.path.starts_with("/api/")) {
    throw not_found("request.noSuchPath",
                    "The API has nothing at this address. It is described at /api/docs.");
  }
  if (!reads(request)) {
    const Error error(405, "request.methodNotAllowed", "This address allows GET, HEAD.");
    net::Response response = net::problem_response(error, trace.request_id);
    response.headers.emplace_back("Allow", "GET, HEAD");
    co_await exchange.respond(std::move(response));
    co_return;
  }
  trace.route = &files_;
  trace.quiet = true;
  co_await exchange.respond(page_.answer(request));
}

asio::awaitable<bool> GatewayImpl::preflight(Wrapped& exchange) {
  const net::Request& request = exchange.request();
  if (request.method != "OPTIONS" || !allowed_origin(request.header("origin")) ||
      request.header("access-control-request-method").empty()) {
    co_return false;
  }
  net::Response response{
      204,
      {{"Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE"},
       {"Access-Control-Allow-Headers",
        "Authorization, Content-Type, Range, If-Match, If-None-Match, Upload-Offset, X-Request-Id"},
       {"Access-Control-Max-Age", "600"}},
      {}};
  co_await exchange.respond(std::move(response));
  co_return true;
}

// Health, metrics and the description of the API: all answer without identity.
asio::awaitable<bool> GatewayImpl::built_in(Wrapped& exchange, Trace& trace) {
  const net::Request& request = exchange.request();
  if (!reads(request)) co_return false;
  net::Response response{200, {}, {}};
  if (request.path == "/readyz") {
    trace.route = &probes_;
    trace.quiet = true;
    std::optional<std::string> reason;
    if (options_.not_ready) reason = co_await blocking_.run(options_.not_ready);
    if (reason) throw Error(503, "server.notReady", "Not ready yet: " + *reason);
    response.headers.emplace_back("Content-Type", "application/json");
    response.body = R"({"status":"ready"})";
  } else if (request.path == "/metrics") {
    trace.route = &probes_;
    trace.quiet = true;
    auto write = [this] { return metrics_.text(); };
    response.body = co_await blocking_.run(write);
    response.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  } else if (request.path == "/api/openapi.json") {
    trace.route = &documents_;
    response.headers = {{"Content-Type", "application/json"},
                        {"Cache-Control", "no-cache"},
                        {"ETag", openapi_etag_}};
    if (etag_matches(request.header("if-none-match"), openapi_etag_)) {
      response.status = 304;
    } else {
      response.body = openapi_;
    }
  } else if (request.path == "/api/docs" || request.path == "/api/docs.js") {
    trace.route = &documents_;
    const bool script = request.path.ends_with(".js");
    response.headers = {
        {"Content-Type", script ? "text/javascript; charset=utf-8" : "text/html; charset=utf-8"},
        {"Cache-Control", "no-cache"}};
    response.body = script ? docs_script() : docs_page();
  } else {
    co_return false;
  }
  co_await exchange.respond(std::move(response));
  co_return true;
}

asio::awaitable<Caller> GatewayImpl::authenticate(std::string bearer) {
  if (bearer.empty()) {
    throw unauthenticated("auth.missing",
                          "Sign in, or send an API key: Authorization: Bearer <token>.");
  }
  if (identity_.knows_offhand(bearer)) co_return identity_.authenticate(bearer);
  auto look_up = [this, bearer = std::move(bearer)] { return identity_.authenticate(bearer); };
  co_return co_await blocking_.run(std::move(look_up));
}

asio::awaitable<void> GatewayImpl::endpoint(Wrapped& exchange, Trace& trace,
                                            api::Registry::Match match) {
  const net::Request& request = exchange.request();
  const auto index = static_cast<std::size_t>(match.endpoint - registry_.endpoints().data());
  trace.route = routes_[index];
  api::Context context;
  context.request_id = trace.request_id;
  if (!match.endpoint->doc.anonymous) {
    context.caller = co_await authenticate(std::string(bearer_of(request.header("authorization"))));
    trace.user_id = context.caller.user_id;
  }
  context.caller.request_id = trace.request_id;
  context.caller.address = request.remote_address;
  context.request = &request;
  context.cancel = exchange.cancel_token();
  try {
    co_await match.endpoint->run(context, exchange, match.path_values);
  } catch (...) {
    trace.failure_headers = std::move(context.response_headers);
    throw;
  }
}

void GatewayImpl::finish(const net::Exchange& exchange, Trace& trace, Clock::time_point begin,
                         int status) {
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  trace.route->record(status, seconds);
  const net::Request& request = exchange.request();
  if (status >= 500) {
    log::error("a request failed", {{"request_id", trace.request_id.c_str()},
                                    {"error", trace.error_id.c_str()},
                                    {"cause", trace.cause.c_str()}});
  }
  if (trace.quiet && status < 400) return;
  // The query string is left out: it may hold what the caller would not want in a log.
  log::info("request", {{"request_id", trace.request_id.c_str()},
                        {"method", request.method.c_str()},
                        {"path", request.path.c_str()},
                        {"route", trace.route->route.c_str()},
                        {"status", status},
                        {"ms", std::round(seconds * 1e6) / 1e3},
                        {"bytes", exchange.bytes_sent()},
                        {"user", trace.user_id.c_str()},
                        {"address", request.remote_address.c_str()},
                        {"error", trace.error_id.c_str()},
                        {"cause", trace.cause.c_str()}});
}

}  // namespace

std::unique_ptr<Gateway> make(api::Registry& registry, identity::Identity& identity, Pool& blocking,
                              Options options) {
  return std::make_unique<GatewayImpl>(registry, identity, blocking, std::move(options));
}

}  // namespace ob::gateway
