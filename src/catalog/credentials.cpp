// The service's methods about stores: credentials for external tables, and whose the managed data
// is.
#include "base/error.h"
#include "base/ids.h"
#include "catalog/service.h"

namespace ob::catalog {
namespace {

constexpr const char* kOwnerKey = "openbricks-installation";
constexpr std::int64_t kMaxOwner = 100;

void require_admin(const identity::Caller& caller) {
  if (!caller.admin)
    throw forbidden("catalog.notAdmin",
                    "Only an administrator may see or change storage "
                    "credentials.");
}

}  // namespace

std::vector<StorageCredential> CatalogService::storage_credentials(const Caller& caller) {
  require_admin(caller);
  return credentials_.list();
}

StorageCredential CatalogService::create_storage_credential(const Caller& caller,
                                                            const std::string& name,
                                                            const std::vector<std::string>& urls,
                                                            const objects::Credentials& secrets) {
  require_admin(caller);
  StorageCredential fresh;
  fresh.name = name;
  fresh.owner = caller.user_id;
  fresh.urls = urls;
  return credentials_.create(std::move(fresh), secrets);
}

StorageCredential CatalogService::change_storage_credential(
    const Caller& caller, const std::string& name,
    const std::optional<std::vector<std::string>>& urls,
    const std::optional<objects::Credentials>& secrets) {
  require_admin(caller);
  return credentials_.change(name, urls, secrets);
}

std::vector<std::pair<std::string, std::optional<Error>>> CatalogService::test_storage_credential(
    const Caller& caller, const std::string& name) {
  require_admin(caller);
  return credentials_.test(name);
}

void CatalogService::drop_storage_credential(const Caller& caller, const std::string& name) {
  require_admin(caller);
  credentials_.drop(name);
}

// purge() deletes what no row names: with another installation's metadata that would be all of its
// tables.
void CatalogService::claim_store() {
  const std::string fresh = new_uuid();
  const auto id = db_.writing([&](db::Tx& tx) {
    tx.execute("INSERT INTO catalog_installation (one, id) VALUES (1, $1) ON CONFLICT DO NOTHING",
               {fresh});
    return tx.query_one("SELECT id FROM catalog_installation WHERE one = 1")->text(0);
  });
  if (objects_->put_if_absent(kOwnerKey, id)) return;
  const auto owner = objects_->get(kOwnerKey, kMaxOwner);
  if (owner == id) return;
  throw Error(500, "catalog.storeOfAnother",
              "The object storage belongs to another installation: its metadata is in another "
              "database. Set database_url to that one, or objects_url to another place. Only where "
              "that database is lost for good, remove the object '" +
                  std::string(kOwnerKey) +
                  "'; tables and volumes that this one does not know are "
                  "then deleted.");
}

}  // namespace ob::catalog
