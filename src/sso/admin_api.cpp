// Providers, for administrators.
#include "sso/api_parts.h"

namespace ob::sso {

struct ProviderRequest {
  std::string slug, name;
  Kind kind = Kind::oidc;
  bool enabled = true;
  std::optional<std::string> client_secret;
  Settings settings;
};
BOOST_DESCRIBE_STRUCT(ProviderRequest, (), (slug, name, kind, enabled, client_secret, settings))

struct ReplaceProviderRequest : ProviderRequest {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(ReplaceProviderRequest, (),
                      (id, slug, name, kind, enabled, client_secret, settings))

struct ProviderAnswer {
  std::string id, slug, name;
  Kind kind = Kind::oidc;
  bool enabled = true, has_secret = false;
  std::string start_url, redirect_url;
  std::optional<std::string> metadata_url;
  std::int64_t identities = 0;
  std::optional<wire::Instant> scim_since, scim_used_at;
  wire::Instant created_at, updated_at;
  Settings settings;
};
BOOST_DESCRIBE_STRUCT(ProviderAnswer, (),
                      (id, slug, name, kind, enabled, has_secret, start_url, redirect_url,
                       metadata_url, identities, scim_since, scim_used_at, created_at, updated_at,
                       settings))

struct ProviderList {
  std::vector<ProviderAnswer> items;
};
BOOST_DESCRIBE_STRUCT(ProviderList, (), (items))

}  // namespace ob::sso

namespace ob::wire {

template <class T>
constexpr auto provider_rules() {
  return rules(
      rule(&T::slug, {.pattern = "^[a-z0-9][a-z0-9-]{0,49}$", .text = "Part of its addresses."}),
      rule(&T::name, {.min = 1, .max = 100, .text = "On the button of the sign-in page."}),
      rule(&T::enabled, {.optional = true}),
      rule(&T::client_secret,
           {.max = 2000,
            .text = "Kept encrypted and never shown. Left out of a change: it stays; empty: "
                    "none."}));
}

template <>
struct Rules<sso::ProviderRequest> {
  static constexpr auto value = provider_rules<sso::ProviderRequest>();
};
template <>
struct Rules<sso::ReplaceProviderRequest> {
  static constexpr auto value = provider_rules<sso::ReplaceProviderRequest>();
};
template <>
struct Rules<sso::ProviderAnswer> {
  static constexpr auto value =
      rules(rule(&sso::ProviderAnswer::redirect_url, {.text = "To be registered there."}),
            rule(&sso::ProviderAnswer::metadata_url,
                 {.text = "SAML only: describes this server to the provider; also its entity "
                          "id."}),
            rule(&sso::ProviderAnswer::scim_since,
                 {.text = "When its SCIM token was made; left out where there is none."}),
            rule(&sso::ProviderAnswer::start_url, {.text = "Begins a sign-in."}),
            rule(&sso::ProviderAnswer::identities, {.text = "How many have signed in with it."}));
};

}  // namespace ob::wire

namespace ob::sso {
namespace {

ProviderAnswer to_answer(SignOn& service, scim::Scim& scim, const Provider& provider) {
  const auto token = scim.token(provider.id);
  return {.id = provider.id,
          .slug = provider.slug,
          .name = provider.name,
          .kind = provider.kind,
          .enabled = provider.enabled,
          .has_secret = !provider.sealed_secret.empty(),
          .start_url = service.public_url() + "/api/v1/auth/sso/" + provider.slug + "/start",
          .redirect_url = service.redirect_uri(provider),
          .metadata_url = provider.kind == Kind::saml
                              ? std::optional(service.metadata_url(provider))
                              : std::nullopt,
          .identities = service.count_identities(provider.id),
          .scim_since = token ? std::optional(wire::Instant{token->created_at}) : std::nullopt,
          .scim_used_at = token && token->last_used_at
                              ? std::optional(wire::Instant{*token->last_used_at})
                              : std::nullopt,
          .created_at = {provider.created_at},
          .updated_at = {provider.updated_at},
          .settings = provider.settings};
}

ProviderChange to_change(const ProviderRequest& request) {
  return {.slug = request.slug,
          .name = request.name,
          .kind = request.kind,
          .enabled = request.enabled,
          .client_secret = request.client_secret,
          .settings = request.settings};
}

void register_changes(api::Registry& registry, SignOn& service, scim::Scim& scim) {
  registry.add<ProviderRequest, ProviderAnswer>(
      "POST", "/api/v1/sso/providers",
      {.operation = "createSignInProvider",
       .tag = "sso",
       .summary = "Add a provider of single sign-on (administrators)",
       .status = 201,
       .errors = {409}},
      [&service, &scim](api::Context& context, const ProviderRequest& request) {
        return to_answer(service, scim, service.create(context.caller, to_change(request)));
      });
  registry.add<ReplaceProviderRequest, ProviderAnswer>(
      "PUT", "/api/v1/sso/providers/{id}",
      {.operation = "replaceSignInProvider",
       .tag = "sso",
       .summary = "Change a provider (administrators)",
       .errors = {404, 409}},
      [&service, &scim](api::Context& context, const ReplaceProviderRequest& request) {
        return to_answer(service, scim,
                         service.change(context.caller, request.id, to_change(request)));
      });
  registry.add<IdRequest, api::Empty>(
      "DELETE", "/api/v1/sso/providers/{id}",
      {.operation = "deleteSignInProvider",
       .tag = "sso",
       .summary = "Delete a provider (administrators)",
       .description = "Accounts that it made stay; who has no password needs a new way to sign in.",
       .status = 204,
       .errors = {404}},
      [&service](api::Context& context, const IdRequest& request) {
        service.remove(context.caller, request.id);
        return api::Empty{};
      });
}

}  // namespace

void register_admin_api(api::Registry& registry, SignOn& service, scim::Scim& scim, Pool& slow) {
  registry.add<api::Empty, ProviderList>(
      "GET", "/api/v1/sso/providers",
      {.operation = "listAllSignInProviders",
       .tag = "sso",
       .summary = "All providers of single sign-on (administrators)"},
      [&service, &scim](api::Context& context, const api::Empty&) {
        ProviderList answer;
        for (const auto& one : service.providers(context.caller)) {
          answer.items.push_back(to_answer(service, scim, one));
        }
        return answer;
      });
  registry.add<IdRequest, ProviderAnswer>(
      "GET", "/api/v1/sso/providers/{id}",
      {.operation = "getSignInProvider",
       .tag = "sso",
       .summary = "A provider (administrators)",
       .errors = {404}},
      [&service, &scim](api::Context& context, const IdRequest& request) {
        return to_answer(service, scim, service.provider(context.caller, request.id));
      });
  register_changes(registry, service, scim);
  registry.add<IdRequest, api::Empty>(
      "POST", "/api/v1/sso/providers/{id}/check",
      {.operation = "checkSignInProvider",
       .tag = "sso",
       .summary = "Whether a provider answers as it should (administrators)",
       .description = "Fetches its configuration and keys; 502 sso.checkFailed says what is wrong.",
       .status = 204,
       .errors = {404, 502},
       .pool = &slow},
      [&service](api::Context& context, const IdRequest& request) {
        service.check(context.caller, request.id);
        return api::Empty{};
      });
}

}  // namespace ob::sso
