// Signing in by a provider, and the own identities there.

#include "base/log.h"
#include "net/net.h"
#include "sso/api_parts.h"
#include "sso/errors.h"

namespace ob::sso {

struct OfferedProvider {
  std::string slug, name;
  Kind kind = Kind::oidc;
};
BOOST_DESCRIBE_STRUCT(OfferedProvider, (), (slug, name, kind))

struct OfferedProviders {
  std::vector<OfferedProvider> items;
};
BOOST_DESCRIBE_STRUCT(OfferedProviders, (), (items))

struct LookupRequest {
  std::string email;
};
BOOST_DESCRIBE_STRUCT(LookupRequest, (), (email))

struct LookupAnswer {
  std::optional<OfferedProvider> provider;
};
BOOST_DESCRIBE_STRUCT(LookupAnswer, (), (provider))

struct DepartRequest {
  std::string slug, next;
};
BOOST_DESCRIBE_STRUCT(DepartRequest, (), (slug, next))

struct ReturnRequest {
  std::string slug, state, code, iss, error;
};
BOOST_DESCRIBE_STRUCT(ReturnRequest, (), (slug, state, code, iss, error))

struct SlugRequest {
  std::string slug;
};
BOOST_DESCRIBE_STRUCT(SlugRequest, (), (slug))

struct FinishRequest {
  std::string slug, ticket, relay;
};
BOOST_DESCRIBE_STRUCT(FinishRequest, (), (slug, ticket, relay))

struct DepartAnswer {
  std::string url;
};
BOOST_DESCRIBE_STRUCT(DepartAnswer, (), (url))

struct LinkedIdentity {
  std::string id, provider, email;
  wire::Instant created_at, last_used_at;
};
BOOST_DESCRIBE_STRUCT(LinkedIdentity, (), (id, provider, email, created_at, last_used_at))

struct LinkedIdentities {
  std::vector<LinkedIdentity> items;
};
BOOST_DESCRIBE_STRUCT(LinkedIdentities, (), (items))

}  // namespace ob::sso

namespace ob::wire {

template <>
struct Rules<sso::LookupRequest> {
  static constexpr auto value = rules(rule(&sso::LookupRequest::email, {.max = 254}));
};
template <>
struct Rules<sso::LookupAnswer> {
  static constexpr auto value = rules(
      rule(&sso::LookupAnswer::provider,
           {.text = "Where the email has to sign in; left out where a password does as well."}));
};
template <>
struct Rules<sso::DepartRequest> {
  static constexpr auto value =
      rules(rule(&sso::DepartRequest::slug, {.max = 50}),
            rule(&sso::DepartRequest::next,
                 {.max = 2000, .optional = true, .text = "The page to show then: /…"}));
};
template <>
struct Rules<sso::SlugRequest> {
  static constexpr auto value = rules(rule(&sso::SlugRequest::slug, {.max = 50}));
};
template <>
struct Rules<sso::FinishRequest> {
  static constexpr auto value = rules(rule(&sso::FinishRequest::slug, {.max = 50}),
                                      rule(&sso::FinishRequest::ticket, {.max = 100}),
                                      rule(&sso::FinishRequest::relay, {.optional = true}));
};
template <>
struct Rules<sso::ReturnRequest> {
  static constexpr auto value = rules(rule(&sso::ReturnRequest::slug, {.max = 50}),
                                      rule(&sso::ReturnRequest::state, {.optional = true}),
                                      rule(&sso::ReturnRequest::code, {.optional = true}),
                                      rule(&sso::ReturnRequest::iss, {.optional = true}),
                                      rule(&sso::ReturnRequest::error, {.optional = true}));
};

}  // namespace ob::wire

namespace ob::sso {
namespace {

namespace asio = boost::asio;

constexpr std::int64_t kMaxForm = 1024 * 1024;
constexpr std::string_view kMinutes = "600";

OfferedProvider to_offered(const Provider& provider) {
  return {provider.slug, provider.name, provider.kind};
}

// Over TLS a name that no other host of the domain can set; below a path, where browsers refuse
// that one, at least none without TLS.
std::string full_cookie_name(const api::Context& context, const std::string& name) {
  if (!identity::is_secure(context)) return name;
  return (context.request->prefix.empty() ? "__Host-" : "__Secure-") + name;
}

// Lax: the provider's redirect is to bring it back.
void set_flow_cookie(api::Context& context, const std::string& name, const std::string& value,
                     std::string_view seconds) {
  std::string text = full_cookie_name(context, name) + "=" + value;
  text.append("; Path=/; HttpOnly; SameSite=Lax; Max-Age=").append(seconds);
  if (identity::is_secure(context)) text += "; Secure";
  context.response_headers.emplace_back("Set-Cookie", text);
}

void go_to(api::Context& context, const std::string& url) {
  context.response_headers.emplace_back("Location", url);
  context.response_headers.emplace_back("Cache-Control", "no-store");
  context.response_headers.emplace_back("Referrer-Policy", "no-referrer");
}

// A person is at the other end, so what is wrong is told on a page; its texts go by the id.
void go_to_problem(api::Context& context, const Error& error, const std::string& slug) {
  log::warn("a sign-in through a provider was refused", {{"provider", slug},
                                                         {"error", error.id()},
                                                         {"detail", std::string_view(error.what())},
                                                         {"cause", error.cause()},
                                                         {"request_id", context.request_id},
                                                         {"address", context.caller.address}});
  const bool known = error.id().starts_with("sso.") || error.id().starts_with("identity.");
  const std::string id = known ? error.id() : "sso.providerFailed";
  go_to(context, "/sign-in?problem=" + net::percent_encode(id) +
                     "&request=" + net::percent_encode(context.request_id));
}

template <class Fn>
api::Empty guarded(api::Context& context, const std::string& slug, Fn fn) {
  try {
    fn();
  } catch (const Error& error) {
    if (error.status() >= 500 && error.status() != 502) throw;
    go_to_problem(context, error, slug);
  }
  return {};
}

void depart(api::Context& context, const Departure& departure) {
  set_flow_cookie(context, departure.cookie_name, departure.cookie, kMinutes);
}

std::function<std::string(const std::string&)> cookies_of(const api::Context& context) {
  return [&context](const std::string& name) {
    return identity::cookie_of(context, full_cookie_name(context, name));
  };
}

// The flow is over, however it ends.
void drop_flow_cookie(api::Context& context, const std::string& state) {
  if (state.empty() || state.size() > 100) return;
  set_flow_cookie(context, SignOn::cookie_name(net::percent_encode(state)), "", "0");
}

void enter(api::Context& context, const Arrival& arrival) {
  if (arrival.signed_in) identity::set_session_cookies(context, *arrival.signed_in);
  go_to(context, arrival.signed_in ? "/sign-in?signed=in&next=" + net::percent_encode(arrival.next)
                                   : arrival.next);
}

void arrive(api::Context& context, SignOn& service, const ReturnRequest& request) {
  drop_flow_cookie(context, request.state);
  enter(context,
        service.arrive(request.slug, {request.state, request.code, request.iss, request.error},
                       cookies_of(context), identity::origin_of(context)));
}

// A form that another site's page posts: without cookies, as they are SameSite=Lax. So it only
// leaves a ticket, and the redirect brings the cookies.
asio::awaitable<void> consume(SignOn& service, Pool& pool, api::Context& context,
                              SlugRequest request, net::Exchange& exchange) {
  const std::string body = co_await exchange.read_all(kMaxForm);
  auto work = [&] {
    guarded(context, request.slug, [&] {
      std::string response, relay;
      for (auto& [name, value] : net::parse_query(body)) {
        if (name == "SAMLResponse") response = value;
        if (name == "RelayState") relay = value.substr(0, 500);
      }
      const std::string ticket = service.receive(request.slug, response);
      go_to(context, "/api/v1/auth/sso/" + net::percent_encode(request.slug) + "/finish?ticket=" +
                         net::percent_encode(ticket) + "&relay=" + net::percent_encode(relay));
    });
  };
  co_await pool.run(std::move(work));
  net::Response answer{.status = 303, .headers = context.response_headers};
  co_await exchange.respond(std::move(answer));
}

asio::awaitable<void> describe(SignOn& service, Pool& pool, SlugRequest request,
                               net::Exchange& exchange) {
  auto work = [&] { return service.metadata(request.slug); };
  net::Response answer{.headers = {{"Content-Type", "application/samlmetadata+xml"}}};
  answer.body = co_await pool.run(std::move(work));
  co_await exchange.respond(std::move(answer));
}

void register_saml(api::Registry& registry, SignOn& service, Pool& blocking, Pool& slow) {
  registry.add_stream<SlugRequest>(
      "GET", "/api/v1/auth/sso/{slug}/metadata",
      {.operation = "signInMetadata",
       .tag = "sso",
       .summary = "This server as a SAML service provider",
       .errors = {404},
       .anonymous = true,
       .produces = {"application/samlmetadata+xml"}},
      [&](api::Context&, SlugRequest request, net::Exchange& exchange) {
        return describe(service, blocking, std::move(request), exchange);
      });
  registry.add_stream<SlugRequest>(
      "POST", "/api/v1/auth/sso/{slug}/acs",
      {.operation = "consumeAssertion",
       .tag = "sso",
       .summary = "Where a SAML provider's form posts its assertion",
       .status = 303,
       .errors = {413, 415},
       .anonymous = true,
       .consumes = {"application/x-www-form-urlencoded"}},
      [&](api::Context& context, SlugRequest request, net::Exchange& exchange) {
        return consume(service, blocking, context, std::move(request), exchange);
      });
  registry.add<FinishRequest, api::Empty>(
      "GET", "/api/v1/auth/sso/{slug}/finish",
      {.operation = "finishAssertionSignIn",
       .tag = "sso",
       .summary = "Signs in the browser that posted an assertion",
       .status = 303,
       .anonymous = true,
       .pool = &slow},
      [&service](api::Context& context, const FinishRequest& request) {
        return guarded(context, request.slug, [&] {
          drop_flow_cookie(context, request.relay);
          enter(context, service.finish(request.slug, request.ticket, request.relay,
                                        cookies_of(context), identity::origin_of(context)));
        });
      });
}

void register_sign_in(api::Registry& registry, SignOn& service, Pool& slow) {
  registry.add<api::Empty, OfferedProviders>("GET", "/api/v1/auth/sso",
                                             {.operation = "listSignInProviders",
                                              .tag = "sso",
                                              .summary = "Providers that the sign-in page offers",
                                              .anonymous = true},
                                             [&service](api::Context&, const api::Empty&) {
                                               OfferedProviders answer;
                                               for (const auto& one : service.offered())
                                                 answer.items.push_back(to_offered(one));
                                               return answer;
                                             });
  registry.add<LookupRequest, LookupAnswer>(
      "POST", "/api/v1/auth/sso/lookup",
      {.operation = "lookUpSignIn",
       .tag = "sso",
       .summary = "Whether an email has to sign in with a provider",
       .description = "By the email's domain only: it does not tell whether there is an account.",
       .anonymous = true},
      [&service](api::Context&, const LookupRequest& request) {
        const auto found = service.enforced_for(request.email);
        return LookupAnswer{found ? std::optional(to_offered(*found)) : std::nullopt};
      });
  registry.add<DepartRequest, api::Empty>(
      "GET", "/api/v1/auth/sso/{slug}/start",
      {.operation = "startProviderSignIn",
       .tag = "sso",
       .summary = "Sends the browser to a provider to sign in",
       .description = "A cookie binds the sign-in to this browser for ten minutes.",
       .status = 303,
       .anonymous = true,
       .pool = &slow},
      [&service](api::Context& context, const DepartRequest& request) {
        return guarded(context, request.slug, [&] {
          const Departure departure = service.depart(request.slug, request.next, nullptr);
          depart(context, departure);
          go_to(context, departure.url);
        });
      });
  registry.add<ReturnRequest, api::Empty>(
      "GET", "/api/v1/auth/sso/{slug}/callback",
      {.operation = "completeProviderSignIn",
       .tag = "sso",
       .summary = "Where a provider sends the browser back to",
       .description = "Signs in with cookies and leads to the page, or to one that says why not.",
       .status = 303,
       .open_query = true,
       .anonymous = true,
       .pool = &slow},
      [&service](api::Context& context, const ReturnRequest& request) {
        return guarded(context, request.slug, [&] { arrive(context, service, request); });
      });
}

void register_identities(api::Registry& registry, SignOn& service, Pool& slow) {
  registry.add<DepartRequest, DepartAnswer>(
      "POST", "/api/v1/auth/sso/{slug}/link",
      {.operation = "linkIdentity",
       .tag = "auth",
       .summary = "Begin to link an identity at a provider to the own account",
       .description = "The answer's address is where the browser goes next. Not with API keys.",
       .errors = {403, 404, 502},
       .pool = &slow},
      [&service](api::Context& context, const DepartRequest& request) {
        if (context.caller.credential != "session") {
          throw forbidden("sso.needsSession", "Identities are linked in the browser only.");
        }
        const Departure departure = service.depart(request.slug, request.next, &context.caller);
        depart(context, departure);
        return DepartAnswer{departure.url};
      });
  registry.add<api::Empty, LinkedIdentities>(
      "GET", "/api/v1/auth/identities",
      {.operation = "listIdentities",
       .tag = "auth",
       .summary = "Identities at providers that sign in to the own account"},
      [&service](api::Context& context, const api::Empty&) {
        LinkedIdentities answer;
        for (const auto& one : service.identities(context.caller)) {
          answer.items.push_back({one.row.id,
                                  one.provider,
                                  one.row.email,
                                  {one.row.created_at},
                                  {one.row.last_used_at}});
        }
        return answer;
      });
  registry.add<IdRequest, api::Empty>(
      "DELETE", "/api/v1/auth/identities/{id}",
      {.operation = "unlinkIdentity",
       .tag = "auth",
       .summary = "Unlink an identity from the own account",
       .status = 204,
       .errors = {403, 404, 409}},
      [&service](api::Context& context, const IdRequest& request) {
        if (context.caller.credential != "session") {
          throw forbidden("sso.needsSession", "Identities are unlinked in the browser only.");
        }
        service.unlink(context.caller, request.id);
        return api::Empty{};
      });
}

}  // namespace

void register_sign_in_api(api::Registry& registry, SignOn& service, Pool& blocking, Pool& slow) {
  register_sign_in(registry, service, slow);
  register_saml(registry, service, blocking, slow);
  register_identities(registry, service, slow);
}

}  // namespace ob::sso
