// What applications use: discovery, authorization, and what tokens tell.
#include "oauth/forms.h"

namespace ob::oauth {

struct EntryRequest {
  std::string client_id, redirect_uri, state;
  bool no_session = false;
};
BOOST_DESCRIBE_STRUCT(EntryRequest, (), (client_id, redirect_uri, state, no_session))

struct Configuration {
  std::string issuer, authorization_endpoint, device_authorization_endpoint, token_endpoint,
      userinfo_endpoint, jwks_uri, revocation_endpoint, introspection_endpoint;
  std::vector<std::string> scopes_supported, response_types_supported, response_modes_supported,
      grant_types_supported, subject_types_supported, id_token_signing_alg_values_supported,
      token_endpoint_auth_methods_supported, claims_supported, code_challenge_methods_supported;
  bool authorization_response_iss_parameter_supported = true;
};
BOOST_DESCRIBE_STRUCT(Configuration, (),
                      (issuer, authorization_endpoint, device_authorization_endpoint,
                       token_endpoint, userinfo_endpoint, jwks_uri, revocation_endpoint,
                       introspection_endpoint, scopes_supported, response_types_supported,
                       response_modes_supported, grant_types_supported, subject_types_supported,
                       id_token_signing_alg_values_supported, token_endpoint_auth_methods_supported,
                       claims_supported, code_challenge_methods_supported,
                       authorization_response_iss_parameter_supported))

}  // namespace ob::oauth

namespace ob::wire {

template <>
struct Rules<oauth::EntryRequest> {
  static constexpr auto value = rules(
      rule(&oauth::EntryRequest::client_id, {.max = 200, .optional = true}),
      rule(&oauth::EntryRequest::redirect_uri, {.max = 1000, .optional = true}),
      rule(&oauth::EntryRequest::state, {.max = 2000, .optional = true}),
      rule(&oauth::EntryRequest::no_session,
           {.optional = true, .text = "The page found nobody signed in, and may ask nobody."}));
};

}  // namespace ob::wire

namespace ob::oauth {
namespace {

namespace asio = boost::asio;

net::Response userinfo_answer(Provider& provider, const net::Request& request) {
  try {
    const std::string_view header = request.header("authorization");
    const bool bearer = header.size() > 7 && net::same_name(header.substr(0, 7), "bearer ");
    return json_answer(200, provider.userinfo(bearer ? std::string(header.substr(7)) : ""));
  } catch (const Error& error) {
    if (error.status() >= 500) throw;
    return refusal_answer(error, "Bearer");
  }
}

asio::awaitable<void> serve_userinfo(Provider& provider, Pool& pool, net::Exchange& exchange) {
  auto work = [&] { return userinfo_answer(provider, exchange.request()); };
  net::Response response = co_await pool.run(std::move(work));
  co_await exchange.respond(std::move(response));
}

Configuration configuration(const std::string& issuer) {
  const std::string base = issuer + "/api/v1/oauth/";
  return {.issuer = issuer,
          .authorization_endpoint = base + "authorize",
          .device_authorization_endpoint = base + "device",
          .token_endpoint = base + "token",
          .userinfo_endpoint = base + "userinfo",
          .jwks_uri = issuer + "/.well-known/jwks.json",
          .revocation_endpoint = base + "revoke",
          .introspection_endpoint = base + "introspect",
          .scopes_supported = {"openid", "email", "profile", "groups", "offline_access"},
          .response_types_supported = {"code"},
          .response_modes_supported = {"query"},
          .grant_types_supported = {"authorization_code", "refresh_token", "client_credentials",
                                    std::string(device_grant)},
          .subject_types_supported = {"public"},
          .id_token_signing_alg_values_supported = {"ES256"},
          .token_endpoint_auth_methods_supported = {"client_secret_basic", "client_secret_post",
                                                    "none"},
          .claims_supported = {"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash",
                               "email", "email_verified", "name", "groups"},
          .code_challenge_methods_supported = {"S256"}};
}

// Browsers come here; who they are the page knows, so it goes on.
void enter(Provider& provider, api::Context& context, const EntryRequest& request) {
  std::string to = "/oauth/authorize?" + (context.request ? context.request->query : "");
  if (request.no_session) {
    to = provider.login_required({.client_id = request.client_id,
                                  .redirect_uri = request.redirect_uri,
                                  .state = request.state});
  }
  context.response_headers.emplace_back("Location", to);
  context.response_headers.emplace_back("Cache-Control", "no-store");
}

}  // namespace

void register_protocol_api(api::Registry& registry, Provider& provider, Pool& blocking) {
  registry.add<api::Empty, Configuration>(
      "GET", "/.well-known/openid-configuration",
      {.operation = "openidConfiguration",
       .tag = "oauth",
       .summary = "This server as an OpenID Connect provider (Discovery 1.0)",
       .anonymous = true},
      [&provider](api::Context&, const api::Empty&) { return configuration(provider.issuer()); });
  registry.add<api::Empty, Configuration>(
      "GET", "/.well-known/oauth-authorization-server",
      {.operation = "oauthConfiguration",
       .tag = "oauth",
       .summary = "The same for programs that know OAuth 2 only (RFC 8414)",
       .anonymous = true},
      [&provider](api::Context&, const api::Empty&) { return configuration(provider.issuer()); });
  registry.add<EntryRequest, api::Empty>(
      "GET", "/api/v1/oauth/authorize",
      {.operation = "authorize",
       .tag = "oauth",
       .summary = "Where applications send browsers to sign in (RFC 6749, OpenID Connect)",
       .status = 303,
       .open_query = true,
       .anonymous = true},
      [&provider](api::Context& context, const EntryRequest& request) {
        enter(provider, context, request);
        return api::Empty{};
      });
  add_form(
      registry, blocking, "/api/v1/oauth/introspect",
      {.operation = "introspectToken",
       .tag = "oauth",
       .summary = "What a token is good for (RFC 7662)"},
      [&provider](const Posted& posted) { return provider.introspect(posted.form, posted.who); });
  for (const char* method : {"GET", "POST"}) {
    registry.add_stream<api::Empty>(
        method, "/api/v1/oauth/userinfo",
        {.operation = std::string(method == std::string("GET") ? "userinfo" : "postUserinfo"),
         .tag = "oauth",
         .summary = "Whom an access token of an application is about",
         .errors = {401},
         .anonymous = true,
         .produces = {"application/json"},
         .oauth = true},
        [&provider, &blocking](api::Context&, api::Empty, net::Exchange& exchange) {
          return serve_userinfo(provider, blocking, exchange);
        });
  }
}

}  // namespace ob::oauth
