#include "identity/service_account_api.h"

#include <algorithm>

#include "identity/api_pages.h"
#include "identity/user_answer.h"

namespace ob::identity {

using wire::Instant;

struct ServiceAccountAnswer {
  std::string id, client_id, name;
  Instant created_at;
  bool disabled = false;
};
BOOST_DESCRIBE_STRUCT(ServiceAccountAnswer, (), (id, client_id, name, created_at, disabled))

struct ServiceAccountList {
  std::vector<ServiceAccountAnswer> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(ServiceAccountList, (), (items, next))

struct CreateServiceAccount {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(CreateServiceAccount, (), (name))

struct ChangeServiceAccount {
  std::string id;
  std::optional<std::string> name;
  std::optional<bool> disabled;
};
BOOST_DESCRIBE_STRUCT(ChangeServiceAccount, (), (id, name, disabled))

struct SecretAnswer {
  std::string id, prefix;
  Instant created_at;
  std::optional<Instant> expires_at, last_used_at;
};
BOOST_DESCRIBE_STRUCT(SecretAnswer, (), (id, prefix, created_at, expires_at, last_used_at))

struct SecretList {
  std::vector<SecretAnswer> items;
};
BOOST_DESCRIBE_STRUCT(SecretList, (), (items))

struct CreateSecret {
  std::string id;
  std::optional<Instant> expires_at;
};
BOOST_DESCRIBE_STRUCT(CreateSecret, (), (id, expires_at))

struct SecretCreated {
  std::string id, client_id, prefix;
  Instant created_at;
  std::optional<Instant> expires_at;
  std::string client_secret;
};
BOOST_DESCRIBE_STRUCT(SecretCreated, (),
                      (id, client_id, prefix, created_at, expires_at, client_secret))

struct SecretRequest {
  std::string id, secret;
};
BOOST_DESCRIBE_STRUCT(SecretRequest, (), (id, secret))

}  // namespace ob::identity

namespace ob::wire {

template <>
struct Rules<identity::CreateServiceAccount> {
  static constexpr auto value = rules(
      rule(&identity::CreateServiceAccount::name,
           {.min = 1, .max = 200, .text = "Of no other account or group, and without an '@'."}));
};
template <>
struct Rules<identity::ChangeServiceAccount> {
  static constexpr auto value =
      rules(rule(&identity::ChangeServiceAccount::name, {.min = 1, .max = 200}));
};
template <>
struct Rules<identity::CreateSecret> {
  static constexpr auto value =
      rules(rule(&identity::CreateSecret::expires_at, {.text = "Never, when it is left out."}));
};
template <>
struct Rules<identity::SecretCreated> {
  static constexpr auto value = rules(
      rule(&identity::SecretCreated::client_secret, {.text = "The secret; it is shown only now."}));
};

}  // namespace ob::wire

namespace ob::identity {
namespace {

std::optional<Instant> to_instant(const std::optional<Micros>& time) {
  return time ? std::optional(Instant{*time}) : std::nullopt;
}

ServiceAccountAnswer to_answer(const ServiceAccount& account) {
  return {account.id, account.id, account.name, {account.created_at}, account.disabled};
}

SecretAnswer to_answer(const ClientSecret& secret) {
  return {secret.id,
          secret.prefix,
          {secret.created_at},
          to_instant(secret.expires_at),
          to_instant(secret.last_used_at)};
}

void register_accounts(api::Registry& registry, ServiceAccounts& accounts) {
  const auto doc = [](const char* operation, const char* summary, int status,
                      std::vector<int> errors) {
    return api::Doc{.operation = operation,
                    .tag = "users",
                    .summary = summary,
                    .status = status,
                    .errors = std::move(errors)};
  };
  registry.add<ListRequest, ServiceAccountList>(
      "GET", "/api/v1/service-accounts",
      doc("listServiceAccounts", "All service accounts (administrators)", 200, {}),
      [&accounts](api::Context& context, const ListRequest& request) {
        auto all = accounts.list(context.caller);
        std::ranges::sort(all, {}, &ServiceAccount::id);
        return page_of<ServiceAccountList>(
            all, request, &ServiceAccount::id,
            [](const ServiceAccount& account) { return to_answer(account); });
      });
  registry.add<CreateServiceAccount, ServiceAccountAnswer>(
      "POST", "/api/v1/service-accounts",
      doc("createServiceAccount", "Create a service account (administrators)", 201, {409}),
      [&accounts](api::Context& context, const CreateServiceAccount& request) {
        return to_answer(accounts.create(context.caller, request.name));
      });
  registry.add<IdRequest, ServiceAccountAnswer>(
      "GET", "/api/v1/service-accounts/{id}",
      doc("getServiceAccount", "Get a service account (administrators)", 200, {404}),
      [&accounts](api::Context& context, const IdRequest& request) {
        return to_answer(accounts.get(context.caller, request.id));
      });
  registry.add<ChangeServiceAccount, ServiceAccountAnswer>(
      "PATCH", "/api/v1/service-accounts/{id}",
      doc("changeServiceAccount", "Rename, disable or enable a service account (administrators)",
          200, {404, 409}),
      [&accounts](api::Context& context, const ChangeServiceAccount& request) {
        return to_answer(
            accounts.change(context.caller, request.id, {request.name, request.disabled}));
      });
  registry.add<IdRequest, api::Empty>(
      "DELETE", "/api/v1/service-accounts/{id}",
      doc("deleteServiceAccount", "Delete a service account (administrators)", 204, {404}),
      [&accounts](api::Context& context, const IdRequest& request) {
        accounts.remove(context.caller, request.id);
        return api::Empty{};
      });
}

void register_secrets(api::Registry& registry, ServiceAccounts& accounts) {
  const auto doc = [](const char* operation, const char* summary, int status,
                      std::vector<int> errors) {
    return api::Doc{.operation = operation,
                    .tag = "users",
                    .summary = summary,
                    .status = status,
                    .errors = std::move(errors)};
  };
  registry.add<IdRequest, SecretList>(
      "GET", "/api/v1/service-accounts/{id}/secrets",
      doc("listClientSecrets", "Secrets of a service account (administrators)", 200, {404}),
      [&accounts](api::Context& context, const IdRequest& request) {
        SecretList answer;
        for (const auto& secret : accounts.secrets(context.caller, request.id)) {
          answer.items.push_back(to_answer(secret));
        }
        return answer;
      });
  registry.add<CreateSecret, SecretCreated>(
      "POST", "/api/v1/service-accounts/{id}/secrets",
      doc("createClientSecret", "Make a secret of a service account (administrators)", 201,
          {404, 409}),
      [&accounts](api::Context& context, const CreateSecret& request) {
        const auto expires =
            request.expires_at ? std::optional(request.expires_at->micros) : std::nullopt;
        const auto [made, secret] = accounts.create_secret(context.caller, request.id, expires);
        context.response_headers.emplace_back("Cache-Control", "no-store");
        return SecretCreated{
            made.id, request.id, made.prefix, {made.created_at}, to_instant(made.expires_at),
            secret};
      });
  registry.add<SecretRequest, api::Empty>(
      "DELETE", "/api/v1/service-accounts/{id}/secrets/{secret}",
      doc("deleteClientSecret", "Delete a secret, with the tokens made with it (administrators)",
          204, {404}),
      [&accounts](api::Context& context, const SecretRequest& request) {
        accounts.delete_secret(context.caller, request.id, request.secret);
        return api::Empty{};
      });
}

}  // namespace

void register_service_account_api(api::Registry& registry, ServiceAccounts& accounts) {
  register_accounts(registry, accounts);
  register_secrets(registry, accounts);
}

}  // namespace ob::identity
