#include "gateway/gateway.h"

#include <algorithm>
#include <atomic>
#include <boost/json/serialize.hpp>
#include <chrono>

#include "api/authenticator.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "gateway/docs_page.h"
#include "gateway/entries.h"
#include "gateway/failures.h"
#include "gateway/limits.h"
#include "gateway/metrics.h"
#include "gateway/page.h"
#include "gateway/redirect.h"
#include "gateway/wrapped.h"

namespace ob::gateway {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kHttpsPort = 443;

// What is known of a request while it runs, for its log line and the metrics.
struct Trace {
  std::string request_id;
  std::string user_id;
  Metrics::Route* route = nullptr;
  bool limit_told = false;
  bool quiet = false;  // logged only when it fails: probes and files of the page
  std::string cause;
  std::string error_id;
  std::string kind;              // of the exception
  Verdict limit;                 // the tightest that was looked at
  net::Headers failure_headers;  // what an endpoint gave before it failed (Upload-Offset, …)
};

bool well_formed_id(std::string_view id) {
  constexpr std::size_t kMost = 64;
  return !id.empty() && id.size() <= kMost && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& one : list) out += (out.empty() ? "" : ", ") + one;
  return out;
}

// A trusted proxy says so; its own probes come without a word.
bool came_plainly(const net::Request& request) {
  return request.proxied && !request.secure &&
         !(request.header("x-forwarded-proto").empty() && request.header("forwarded").empty());
}

bool reads(const net::Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

std::vector<LimitRule> limit_rules(const Options& options) {
  std::vector<LimitRule> rules = parse_limits(options.rate_limits);
  const bool named = std::any_of(rules.begin(), rules.end(),
                                 [](const LimitRule& rule) { return rule.name == "any.address"; });
  if (options.requests_per_second > 0 && !named) {
    const auto rate = std::to_string(options.requests_per_second);
    rules.push_back(parse_limits("any.address=" + rate + "/s").front());
  }
  return rules;
}

// What is left of the tightest limit, as draft-ietf-httpapi-ratelimit-headers-06 has it.
void tell_limit(const Verdict& limit, net::Headers& headers) {
  if (!limit.rule) return;
  const auto whole = [](double number) {
    return std::to_string(static_cast<std::int64_t>(std::ceil(number)));
  };
  const std::string quota = whole(limit.rule->burst);
  headers.emplace_back("RateLimit-Limit", quota);
  headers.emplace_back("RateLimit-Remaining", whole(limit.remaining));
  headers.emplace_back("RateLimit-Reset", whole(limit.full_in_s));
  headers.emplace_back("RateLimit-Policy", quota + ";w=" + std::to_string(limit.rule->window_s));
}

class GatewayImpl final : public Gateway {
 public:
  GatewayImpl(api::Registry& registry, identity::Identity& identity, Pool& blocking,
              Options options)
      : registry_(registry),
        identity_(identity),
        blocking_(blocking),
        options_(std::move(options)),
        audit_(options_.audit ? *options_.audit : audit::nowhere()),
        cors_(options_.cors),
        rules_(options_.response_headers),
        limits_(limit_rules(options_), options_.redis),
        page_(options_.web_dir),
        openapi_(json::serialize(registry.openapi())),
        openapi_etag_("\"" + sha256_hex(openapi_).substr(0, 20) + "\"") {
    for (const api::Endpoint& endpoint : registry_.endpoints()) {
      routes_.push_back(&metrics_.add_route(endpoint.path, endpoint.method));
      classes_.push_back(class_of(endpoint.method, endpoint.path, endpoint.doc.anonymous));
    }
    add_counter("openbricks_http_limited_total", "Requests refused by a rate limit.",
                [this] { return static_cast<double>(limits_.refused()); });
    if (options_.redis) {
      add_gauge("openbricks_redis_up", "1 while Redis answers.",
                [this] { return options_.redis->up() ? 1.0 : 0.0; });
    }
  }

  net::Server::Handler handler() override {
    return [this](net::Exchange& exchange) { return handle(exchange); };
  }
  void drain() override { draining_ = true; }
  Vitals vitals() override {
    Vitals out = metrics_.vitals();
    out.limited = limits_.refused();
    out.draining = draining_;
    return out;
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
    cors_.decorate(request, headers);
    return headers;
  }

  asio::awaitable<void> handle(net::Exchange& exchange);
  asio::awaitable<void> dispatch(Wrapped& exchange, Trace& trace);
  asio::awaitable<bool> probe(Wrapped& exchange, Trace& trace);
  asio::awaitable<bool> built_in(Wrapped& exchange, Trace& trace);
  asio::awaitable<void> endpoint(Wrapped& exchange, Trace& trace, api::Registry::Match match);
  asio::awaitable<void> limit(Trace& trace, std::optional<RouteClass> of, LimitBy by,
                              std::string id);
  asio::awaitable<void> limit_caller(Trace& trace, RouteClass of, const Caller& caller);
  asio::awaitable<Caller> authenticate(std::string bearer);
  asio::awaitable<void> record(audit::Event event);
  void finish(const net::Exchange& exchange, Trace& trace, Clock::time_point begin, int status);

  api::Registry& registry_;
  identity::Identity& identity_;
  Pool& blocking_;
  Options options_;
  audit::Audit& audit_;
  Metrics metrics_;
  std::vector<Metrics::Route*> routes_;  // as registry_.endpoints()
  std::vector<RouteClass> classes_;      // the same
  Metrics::Route& health_ = metrics_.add_route("/healthz", "GET");
  Metrics::Route& probes_ = metrics_.add_route("(probes)", "GET");
  Metrics::Route& documents_ = metrics_.add_route("(description)", "GET");
  Metrics::Route& files_ = metrics_.add_route("(page)", "GET");
  Metrics::Route& others_ = metrics_.add_route("(none)", "any");
  Cors cors_;
  HeaderRules rules_;
  Limits limits_;
  std::atomic<bool> draining_ = false;
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
  Wrapped exchange(inner, common_headers(request, trace.request_id), rules_, options_.hsts_s);
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
    trace.kind = kind_of(failure);
    status = error.status();
    cut = exchange.started();
    if (!cut) {
      net::Response response = net::problem_response(error, trace.request_id);
      for (auto& header : trace.failure_headers) response.headers.push_back(std::move(header));
      if (!trace.limit_told) tell_limit(trace.limit, response.headers);
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
  co_await limit(trace, std::nullopt, LimitBy::address, limited_address(request.remote_address));
  if (options_.https_redirect && came_plainly(request)) {
    co_await exchange.respond(to_https(request, options_.public_url, kHttpsPort));
    co_return;
  }
  if (cors_.is_preflight(request)) {
    co_await exchange.respond(cors_.preflight());
    co_return;
  }
  if (co_await probe(exchange, trace)) co_return;
  if (const Role role = role_of(request.path); !options_.roles.has(role)) {
    const std::string name(name_of(role));
    throw not_found("request.otherRole", "This instance runs the roles " + options_.roles.text() +
                                             "; instances with the role " + name +
                                             " answer here. Ask through the proxy before them.");
  }
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

// Answered by instances of every role, without identity.
asio::awaitable<bool> GatewayImpl::probe(Wrapped& exchange, Trace& trace) {
  const net::Request& request = exchange.request();
  if (!reads(request)) co_return false;
  net::Response response{200, {}, {}};
  if (request.path == "/readyz") {
    trace.route = &probes_;
    trace.quiet = true;
    std::optional<std::string> reason;
    if (draining_) throw Error(503, "server.stopping", "This instance stops: ask another.");
    if (options_.not_ready) reason = co_await blocking_.run(options_.not_ready);
    if (reason) throw Error(503, "server.notReady", "Not ready yet: " + *reason);
    response.headers.emplace_back("Content-Type", "application/json");
    // Without Redis an instance goes on by itself, so it is ready all the same.
    const char* redis = !options_.redis        ? ""
                        : options_.redis->up() ? R"(,"redis":"connected")"
                                               : R"(,"redis":"away")";
    response.body = std::string(R"({"status":"ready")") + redis + "}";
  } else if (request.path == "/metrics") {
    trace.route = &probes_;
    trace.quiet = true;
    auto write = [this] { return metrics_.text(); };
    response.body = co_await blocking_.run(write);
    response.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  } else {
    co_return false;
  }
  co_await exchange.respond(std::move(response));
  co_return true;
}

// The description of the API: answered without identity.
asio::awaitable<bool> GatewayImpl::built_in(Wrapped& exchange, Trace& trace) {
  const net::Request& request = exchange.request();
  if (!reads(request)) co_return false;
  net::Response response{200, {}, {}};
  if (request.path == "/api/openapi.json") {
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

// Notes the tightest limit for the answer's headers. Throws TooMany.
asio::awaitable<void> GatewayImpl::limit(Trace& trace, std::optional<RouteClass> of, LimitBy by,
                                         std::string id) {
  const Verdict verdict = co_await limits_.admit(of, by, std::move(id));
  if (!verdict.admitted || verdict.share() < trace.limit.share()) trace.limit = verdict;
  if (!verdict.admitted) throw TooMany(verdict);
}

asio::awaitable<void> GatewayImpl::limit_caller(Trace& trace, RouteClass of, const Caller& caller) {
  constexpr std::string_view kKey = "key:";
  co_await limit(trace, of, LimitBy::user, caller.user_id);
  if (caller.credential.starts_with(kKey)) {
    co_await limit(trace, of, LimitBy::key, caller.credential.substr(kKey.size()));
  }
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
  const RouteClass of = classes_[index];
  co_await limit(trace, of, LimitBy::address, limited_address(request.remote_address));
  api::Context context;
  context.request_id = trace.request_id;
  const bool guest = match.endpoint->doc.guests && request.header("authorization").empty();
  const bool named = !match.endpoint->doc.anonymous && !guest;
  if (named) {
    const std::string bearer(api::bearer_of(request.header("authorization")));
    std::exception_ptr refused;
    try {
      context.caller = co_await authenticate(bearer);
    } catch (const Error&) {
      if (bearer.empty()) throw;
      refused = std::current_exception();
    }
    if (refused) {
      co_await record(refused_token(request, trace.request_id, as_error(refused)));
      std::rethrow_exception(refused);
    }
    trace.user_id = context.caller.user_id;
    co_await limit_caller(trace, of, context.caller);
  }
  context.caller.request_id = trace.request_id;
  context.caller.address = request.remote_address;
  context.caller.user_agent = std::string(request.header("user-agent"));
  context.caller.noted = std::make_shared<Noted>();
  context.request = &request;
  context.cancel = exchange.cancel_token();
  std::exception_ptr failure;
  tell_limit(trace.limit, exchange.headers());
  trace.limit_told = true;
  try {
    if (named) require_scope(*match.endpoint, context.caller);
    co_await match.endpoint->run(context, exchange, match.path_values);
  } catch (...) {
    trace.failure_headers = std::move(context.response_headers);
    failure = std::current_exception();
  }
  const std::optional<Error> error = failure ? std::optional(as_error(failure)) : std::nullopt;
  if (auto entry = missing_entry(*match.endpoint, context.caller, request.path, error)) {
    co_await record(std::move(*entry));
  }
  if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> GatewayImpl::record(audit::Event event) {
  auto work = [this, event = std::move(event)]() mutable { audit_.record(std::move(event)); };
  co_await blocking_.run(std::move(work));
}

void GatewayImpl::finish(const net::Exchange& exchange, Trace& trace, Clock::time_point begin,
                         int status) {
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  trace.route->record(status, seconds);
  const net::Request& request = exchange.request();
  // A probe that says no is an answer; its line below tells why.
  if (status >= 500 && trace.route != &probes_) {
    log::error("a request failed", {{"request_id", trace.request_id.c_str()},
                                    {"method", request.method.c_str()},
                                    {"route", trace.route->route.c_str()},
                                    {"status", status},
                                    {"kind", trace.kind.c_str()},
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
