#pragma once
// Where in the cloud external tables may live: below the URLs of credentials that administrators
// made. Secrets are encrypted in the database; opened stores are kept, and mounted for the engine.
#include <map>
#include <mutex>

#include "catalog/catalog.h"
#include "catalog/locations.h"
#include "relay/relay.h"

namespace ob::catalog {

class StorageCredentials {
 public:
  // `own`: what locations of managed data start with when it is in the cloud, else "". No external
  // table may come over it.
  StorageCredentials(db::Database&, identity::Identity&, relay::Relay* relay, std::string own);

  // Opens what there is, so that the engine reaches it from its first use.
  void open_all();

  std::vector<StorageCredential> list();
  StorageCredential create(StorageCredential fresh, const objects::Credentials& secrets);
  // As in the service. A changed one gets a new id, so that every process opens its stores anew.
  StorageCredential change(const std::string& name,
                           const std::optional<std::vector<std::string>>& urls,
                           const std::optional<objects::Credentials>& secrets);
  std::vector<std::pair<std::string, std::optional<Error>>> test(const std::string& name);
  void drop(const std::string& name);

  // As in Locations, for URLs.
  std::string resolve(const std::string& location);
  Locations::Place place(const std::string& location);

 private:
  struct Row {
    StorageCredential credential;
    std::string sealed;
  };
  static std::vector<Row> rows(db::Tx& tx);
  // The row and URL that allow this location; nullopt when none does.
  std::optional<std::pair<Row, std::string>> find(const std::string& location);
  std::shared_ptr<objects::Store> store_of(const Row& row, const std::string& url);
  void check_urls(const StorageCredential& fresh, const std::vector<Row>& others) const;
  void forget(const std::vector<std::string>& urls);  // that they are open
  objects::Credentials secrets_of(const Row& row) const;
  Row row_named(const std::string& name);

  db::Database& db_;
  identity::Identity& identity_;
  relay::Relay* const relay_;
  const std::string own_;
  struct Opened {
    std::string id;  // of the credential
    std::shared_ptr<objects::Store> store;
  };
  std::mutex mutex_;
  std::map<std::string, Opened> opened_;  // by prefix
};

}  // namespace ob::catalog
