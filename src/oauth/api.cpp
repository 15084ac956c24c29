// What the page uses: applications for administrators, and the decision of whoever is signed in.
#include "oauth/api.h"

#include "oauth/service.h"

namespace ob::oauth {

BOOST_DEFINE_ENUM_CLASS(DecisionName, open, approve, refuse)

struct ClientRequest {
  std::string name;
  std::vector<std::string> redirect_uris;
  bool trusted = false, confidential = true;
};
BOOST_DESCRIBE_STRUCT(ClientRequest, (), (name, redirect_uris, trusted, confidential))

struct ReplaceClientRequest {
  std::string id, name;
  std::vector<std::string> redirect_uris;
  bool trusted = false;
};
BOOST_DESCRIBE_STRUCT(ReplaceClientRequest, (), (id, name, redirect_uris, trusted))

struct ClientAnswer {
  std::string id, name;
  std::vector<std::string> redirect_uris;
  bool trusted = false, confidential = true;
  wire::Instant created_at, updated_at;
  std::optional<std::string> client_secret;
};
BOOST_DESCRIBE_STRUCT(ClientAnswer, (),
                      (id, name, redirect_uris, trusted, confidential, created_at, updated_at,
                       client_secret))

struct ClientList {
  std::vector<ClientAnswer> items;
};
BOOST_DESCRIBE_STRUCT(ClientList, (), (items))

struct ClientId {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(ClientId, (), (id))

struct RenewedSecretAnswer {
  std::string client_secret;
};
BOOST_DESCRIBE_STRUCT(RenewedSecretAnswer, (), (client_secret))

struct AuthorizeRequest {
  std::string client_id, redirect_uri, response_type, scope, state, nonce, code_challenge,
      code_challenge_method, prompt, response_mode, max_age;
  DecisionName decision = DecisionName::open;
};
BOOST_DESCRIBE_STRUCT(AuthorizeRequest, (),
                      (client_id, redirect_uri, response_type, scope, state, nonce, code_challenge,
                       code_challenge_method, prompt, response_mode, max_age, decision))

struct AuthorizeAnswer {
  std::optional<std::string> redirect;
  bool sign_in_again = false;
  std::optional<std::string> client_name, host;
  std::vector<std::string> scopes;
};
BOOST_DESCRIBE_STRUCT(AuthorizeAnswer, (), (redirect, sign_in_again, client_name, host, scopes))

struct ConsentAnswer {
  std::string client_id, client_name;
  std::vector<std::string> scopes;
  wire::Instant created_at;
};
BOOST_DESCRIBE_STRUCT(ConsentAnswer, (), (client_id, client_name, scopes, created_at))

struct ConsentList {
  std::vector<ConsentAnswer> items;
};
BOOST_DESCRIBE_STRUCT(ConsentList, (), (items))

}  // namespace ob::oauth

namespace ob::wire {

template <class T>
constexpr auto client_rules() {
  return rules(
      rule(&T::name, {.min = 1, .max = 100, .text = "People see it when they decide."}),
      rule(&T::redirect_uris,
           {.min = 1, .max = 20, .each_min = 1, .each_max = 1000, .text = "Compared exactly."}),
      rule(&T::trusted, {.optional = true, .text = "Nobody is asked for consent."}));
}

template <>
struct Rules<oauth::ClientRequest> {
  static constexpr auto value = std::tuple_cat(
      client_rules<oauth::ClientRequest>(),
      rules(rule(&oauth::ClientRequest::confidential,
                 {.optional = true,
                  .text = "It can keep a secret: it runs on a server. Others need PKCE."})));
};
template <>
struct Rules<oauth::ReplaceClientRequest> {
  static constexpr auto value = client_rules<oauth::ReplaceClientRequest>();
};
template <>
struct Rules<oauth::ClientAnswer> {
  static constexpr auto value =
      rules(rule(&oauth::ClientAnswer::client_secret, {.text = "Only just after it was made."}));
};
template <>
struct Rules<oauth::AuthorizeRequest> {
  static constexpr auto value =
      rules(rule(&oauth::AuthorizeRequest::client_id, {.max = 200}),
            rule(&oauth::AuthorizeRequest::redirect_uri, {.max = 1000}),
            rule(&oauth::AuthorizeRequest::response_type, {.max = 100, .optional = true}),
            rule(&oauth::AuthorizeRequest::scope, {.max = 1000, .optional = true}),
            rule(&oauth::AuthorizeRequest::state, {.max = 2000, .optional = true}),
            rule(&oauth::AuthorizeRequest::nonce, {.max = 500, .optional = true}),
            rule(&oauth::AuthorizeRequest::code_challenge, {.max = 200, .optional = true}),
            rule(&oauth::AuthorizeRequest::code_challenge_method, {.max = 20, .optional = true}),
            rule(&oauth::AuthorizeRequest::prompt, {.max = 200, .optional = true}),
            rule(&oauth::AuthorizeRequest::response_mode, {.max = 100, .optional = true}),
            rule(&oauth::AuthorizeRequest::max_age,
                 {.pattern = "^[0-9]{0,9}$", .optional = true, .text = "Seconds."}),
            rule(&oauth::AuthorizeRequest::decision, {.optional = true}));
};
template <>
struct Rules<oauth::AuthorizeAnswer> {
  static constexpr auto value = rules(
      rule(&oauth::AuthorizeAnswer::redirect, {.text = "Where the browser goes on, at once."}),
      rule(&oauth::AuthorizeAnswer::host, {.text = "Where the application gets the answer."}),
      rule(&oauth::AuthorizeAnswer::scopes, {.text = "What is to be decided about."}));
};

}  // namespace ob::wire

namespace ob::oauth {
namespace {

ClientAnswer to_answer(const store::Client& client) {
  return {.id = client.id,
          .name = client.name,
          .redirect_uris = client.redirect_uris,
          .trusted = client.trusted,
          .confidential = !client.secret_hash.empty(),
          .created_at = {client.created_at},
          .updated_at = {client.updated_at}};
}

void register_clients(api::Registry& registry, Provider& provider) {
  registry.add<api::Empty, ClientList>(
      "GET", "/api/v1/oauth/clients",
      {.operation = "listOauthClients",
       .tag = "oauth",
       .summary = "Applications that sign people in here (administrators)"},
      [&provider](api::Context& context, const api::Empty&) {
        ClientList answer;
        for (const auto& one : provider.clients(context.caller)) {
          answer.items.push_back(to_answer(one));
        }
        return answer;
      });
  registry.add<ClientRequest, ClientAnswer>(
      "POST", "/api/v1/oauth/clients",
      {.operation = "createOauthClient",
       .tag = "oauth",
       .summary = "Register an application (administrators)",
       .status = 201},
      [&provider](api::Context& context, const ClientRequest& request) {
        const auto [client, secret] = provider.create_client(
            context.caller, {request.name, request.redirect_uris, request.trusted},
            request.confidential);
        ClientAnswer answer = to_answer(client);
        if (!secret.empty()) answer.client_secret = secret;
        return answer;
      });
  registry.add<ReplaceClientRequest, ClientAnswer>(
      "PUT", "/api/v1/oauth/clients/{id}",
      {.operation = "replaceOauthClient",
       .tag = "oauth",
       .summary = "Change an application (administrators)",
       .errors = {404}},
      [&provider](api::Context& context, const ReplaceClientRequest& request) {
        return to_answer(provider.change_client(
            context.caller, request.id, {request.name, request.redirect_uris, request.trusted}));
      });
  registry.add<ClientId, RenewedSecretAnswer>(
      "POST", "/api/v1/oauth/clients/{id}/secret",
      {.operation = "renewOauthClientSecret",
       .tag = "oauth",
       .summary = "Give an application a new secret; the old one ends (administrators)",
       .status = 201,
       .errors = {404, 409}},
      [&provider](api::Context& context, const ClientId& request) {
        return RenewedSecretAnswer{provider.renew_secret(context.caller, request.id)};
      });
  registry.add<ClientId, api::Empty>(
      "DELETE", "/api/v1/oauth/clients/{id}",
      {.operation = "deleteOauthClient",
       .tag = "oauth",
       .summary = "Delete an application; all its tokens end (administrators)",
       .status = 204,
       .errors = {404}},
      [&provider](api::Context& context, const ClientId& request) {
        provider.delete_client(context.caller, request.id);
        return api::Empty{};
      });
}

Asked to_asked(const AuthorizeRequest& request) {
  Asked out{.client_id = request.client_id,
            .redirect_uri = request.redirect_uri,
            .response_type = request.response_type,
            .scope = request.scope,
            .state = request.state,
            .nonce = request.nonce,
            .code_challenge = request.code_challenge,
            .code_challenge_method = request.code_challenge_method,
            .prompt = request.prompt,
            .response_mode = request.response_mode};
  if (!request.max_age.empty()) out.max_age = std::stoll(request.max_age);
  return out;
}

void register_consent(api::Registry& registry, Provider& provider) {
  registry.add<AuthorizeRequest, AuthorizeAnswer>(
      "POST", "/api/v1/oauth/authorize",
      {.operation = "decideAuthorization",
       .tag = "auth",
       .summary = "What an application asks of whoever is signed in, and the decision",
       .description = "With `decision` open it says what is to be decided, or where to go on at "
                      "once. Not with API keys."},
      [&provider](api::Context& context, const AuthorizeRequest& request) {
        Step step = provider.authorize(context.caller, to_asked(request),
                                       static_cast<Decision>(request.decision));
        context.response_headers.emplace_back("Cache-Control", "no-store");
        AuthorizeAnswer answer{.sign_in_again = step.sign_in_again,
                               .scopes = std::move(step.scopes)};
        if (!step.redirect.empty()) answer.redirect = step.redirect;
        if (!step.client_name.empty()) answer.client_name = step.client_name;
        if (!step.host.empty()) answer.host = step.host;
        return answer;
      });
  registry.add<api::Empty, ConsentList>(
      "GET", "/api/v1/oauth/consents",
      {.operation = "listConsents",
       .tag = "auth",
       .summary = "Applications that the own account has let in"},
      [&provider](api::Context& context, const api::Empty&) {
        ConsentList answer;
        for (const auto& one : provider.consents(context.caller)) {
          const auto scopes = words_of(one.scope);
          answer.items.push_back(
              {one.client_id, one.client_name, {scopes.begin(), scopes.end()}, {one.created_at}});
        }
        return answer;
      });
  registry.add<ClientId, api::Empty>("DELETE", "/api/v1/oauth/consents/{id}",
                                     {.operation = "withdrawConsent",
                                      .tag = "auth",
                                      .summary = "Keep an application out again; its tokens end",
                                      .status = 204,
                                      .errors = {404}},
                                     [&provider](api::Context& context, const ClientId& request) {
                                       provider.withdraw(context.caller, request.id);
                                       return api::Empty{};
                                     });
}

}  // namespace

void register_api(api::Registry& registry, Service& service, const Grants& grants, Pool& blocking) {
  auto& provider = dynamic_cast<Provider&>(service);
  register_clients(registry, provider);
  register_consent(registry, provider);
  register_protocol_api(registry, provider, blocking);
  register_token_api(registry, provider, grants, blocking);
}

}  // namespace ob::oauth
