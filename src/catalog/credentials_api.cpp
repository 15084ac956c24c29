// Endpoints of storage credentials. Secrets go in and never come out.
#include "catalog/credentials_api.h"

#include "catalog/api.h"
#include "catalog/api_types.h"
#include "catalog/owners.h"

namespace ob::catalog {

struct StorageCredentialItem {
  std::string id, name, owner;
  std::vector<std::string> urls;
  wire::Instant created_at;
};
BOOST_DESCRIBE_STRUCT(StorageCredentialItem, (), (id, name, owner, urls, created_at))
struct StorageCredentialList {
  std::vector<StorageCredentialItem> items;
};
BOOST_DESCRIBE_STRUCT(StorageCredentialList, (), (items))
struct StorageSecrets {
  std::optional<std::string> access_key, secret_key, session_token, service_account, account_key,
      sas_token, tenant_id, client_id, client_secret;
};
BOOST_DESCRIBE_STRUCT(StorageSecrets, (),
                      (access_key, secret_key, session_token, service_account, account_key,
                       sas_token, tenant_id, client_id, client_secret))
struct CreateStorageCredential : StorageSecrets {
  std::string name;
  std::vector<std::string> urls;
};
BOOST_DESCRIBE_STRUCT(CreateStorageCredential, (StorageSecrets), (name, urls))
struct ChangeStorageCredential : StorageSecrets {
  std::string name;
  std::optional<std::vector<std::string>> urls;
};
BOOST_DESCRIBE_STRUCT(ChangeStorageCredential, (StorageSecrets), (name, urls))
struct StorageTest {
  std::string url;
  bool works = false;
  std::optional<std::string> id, detail;  // of the error
};
BOOST_DESCRIBE_STRUCT(StorageTest, (), (url, works, id, detail))
struct StorageTestList {
  std::vector<StorageTest> items;
};
BOOST_DESCRIBE_STRUCT(StorageTestList, (), (items))
struct StorageCredentialPath {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(StorageCredentialPath, (), (name))

namespace {

StorageCredentialItem item(Owners& owners, const StorageCredential& c) {
  return {c.id, c.name, owners.name(c.owner), c.urls, {c.created_at}};
}

bool any_given(const StorageSecrets& r) {
  for (const auto* secret :
       {&r.access_key, &r.secret_key, &r.session_token, &r.service_account, &r.account_key,
        &r.sas_token, &r.tenant_id, &r.client_id, &r.client_secret})
    if (secret->has_value()) return true;
  return false;
}

objects::Credentials secrets_of(const StorageSecrets& r) {
  objects::Credentials out;
  out.access_key = r.access_key.value_or("");
  out.secret_key = r.secret_key.value_or("");
  out.session_token = r.session_token.value_or("");
  out.service_account = r.service_account.value_or("");
  out.account_key = r.account_key.value_or("");
  out.sas_token = r.sas_token.value_or("");
  out.tenant_id = r.tenant_id.value_or("");
  out.client_id = r.client_id.value_or("");
  out.client_secret = r.client_secret.value_or("");
  return out;
}

}  // namespace
}  // namespace ob::catalog

namespace ob::catalog {
constexpr wire::Spec kUrlsRule{.min = 1,
                               .max = 20,
                               .text =
                                   "What it serves: s3://bucket/prefix, gs://bucket/prefix, "
                                   "az://container/prefix?account=name; also with ?region=, "
                                   "endpoint= and path_style=true."};
}
template <>
struct ob::wire::Rules<ob::catalog::CreateStorageCredential> {
  using T = catalog::CreateStorageCredential;
  static constexpr auto value = rules(
      rule(&T::name, {.min = 1, .max = 255}), rule(&T::urls, catalog::kUrlsRule),
      rule(&T::access_key, {.text = "S3, with secret_key and perhaps session_token."}),
      rule(&T::service_account, {.text = "Google Cloud: the JSON of the account's key file."}),
      rule(&T::account_key, {.text = "Azure: this, sas_token, or tenant_id, client_id and "
                                     "client_secret."}));
};
template <>
struct ob::wire::Rules<ob::catalog::ChangeStorageCredential> {
  using T = catalog::ChangeStorageCredential;
  static constexpr auto value = rules(rule(&T::urls, catalog::kUrlsRule));
};

namespace ob::catalog {

void register_credentials(api::Registry& registry, Service& service) {
  registry.add<api::Empty, StorageCredentialList>(
      "GET", "/api/v1/storage-credentials",
      {.operation = "listStorageCredentials",
       .tag = "storage-credentials",
       .summary = "List the credentials for external tables in the cloud (administrators)",
       .errors = {403}},
      [&service](api::Context& ctx, const api::Empty&) {
        Owners owners(service);
        StorageCredentialList list;
        for (const auto& c : service.storage_credentials(ctx.caller))
          list.items.push_back(item(owners, c));
        return list;
      });
  registry.add<CreateStorageCredential, StorageCredentialItem>(
      "POST", "/api/v1/storage-credentials",
      {.operation = "createStorageCredential",
       .tag = "storage-credentials",
       .summary = "Let external tables live below URLs in the cloud (administrators)",
       .status = 201,
       .errors = {403, 409, 502, 503}},
      [&service](api::Context& ctx, const CreateStorageCredential& request) {
        Owners owners(service);
        return item(owners, service.create_storage_credential(ctx.caller, request.name,
                                                              request.urls, secrets_of(request)));
      });
  registry.add<ChangeStorageCredential, StorageCredentialItem>(
      "PATCH", "/api/v1/storage-credentials/{name}",
      {.operation = "changeStorageCredential",
       .tag = "storage-credentials",
       .summary = "Change a storage credential's URLs or secrets (administrators)",
       .description =
           "What is not given stays; one secret replaces all. The stores are asked first.",
       .errors = {403, 404, 409, 502, 503}},
      [&service](api::Context& ctx, const ChangeStorageCredential& request) {
        Owners owners(service);
        std::optional<objects::Credentials> secrets;
        if (any_given(request)) secrets = secrets_of(request);
        return item(owners, service.change_storage_credential(ctx.caller, request.name,
                                                              request.urls, secrets));
      });
  registry.add<StorageCredentialPath, StorageTestList>(
      "POST", "/api/v1/storage-credentials/{name}/test",
      {.operation = "testStorageCredential",
       .tag = "storage-credentials",
       .summary = "Ask the stores of a storage credential (administrators)",
       .errors = {403, 404}},
      [&service](api::Context& ctx, const StorageCredentialPath& request) {
        StorageTestList list;
        for (const auto& [url, error] : service.test_storage_credential(ctx.caller, request.name)) {
          StorageTest test{.url = url, .works = !error};
          if (error) {
            test.id = error->id();
            test.detail = error->what();
          }
          list.items.push_back(std::move(test));
        }
        return list;
      });
  registry.add<StorageCredentialPath, api::Empty>(
      "DELETE", "/api/v1/storage-credentials/{name}",
      {.operation = "dropStorageCredential",
       .tag = "storage-credentials",
       .summary = "Drop a storage credential that no table uses (administrators)",
       .status = 204,
       .errors = {403, 404, 409}},
      [&service](api::Context& ctx, const StorageCredentialPath& request) {
        service.drop_storage_credential(ctx.caller, request.name);
      });
}

}  // namespace ob::catalog
