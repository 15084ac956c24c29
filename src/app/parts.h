#pragma once
// Every part of the server, built in order, lowest layer first, and destroyed in reverse.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/api.h"
#include "app/health.h"
#include "app/task_log.h"
#include "audit/audit.h"
#include "base/config.h"
#include "base/pool.h"
#include "bus/bus.h"
#include "catalog/catalog.h"
#include "catalog/information_schema.h"
#include "catalog/system_access.h"
#include "collab/collab.h"
#include "db/db.h"
#include "documents/access.h"
#include "documents/companions.h"
#include "engine/engine.h"
#include "gateway/gateway.h"
#include "identity/accounts.h"
#include "identity/device_flow.h"
#include "identity/identity.h"
#include "identity/passkeys.h"
#include "identity/service_accounts.h"
#include "mail/mail.h"
#include "notify/notify.h"
#include "oauth/oauth.h"
#include "objects/objects.h"
#include "query/query.h"
#include "query/saved_queries.h"
#include "realtime/realtime.h"
#include "redis/redis.h"
#include "relay/relay.h"
#include "sso/sso.h"
#include "storage/storage.h"
#include "tracking/tracking.h"
#include "workspaces/workspaces.h"

namespace ob::app {

// The parts of "a, b", without the blanks around them.
std::vector<std::string> split_list(const std::string& text);

// Where things are, from the configuration, as absolute paths.
struct Paths {
  explicit Paths(const Config& config);
  void make_temp() const;  // empty; after the lock is held
  std::string data, database_url, objects_url, temp, web, samples;
  std::string httpfs;  // DuckDB's extension; empty when it is not there
  std::vector<std::string> external_locations;
};

// Keeps a second server away from the same data; freed when the process ends, however it ends.
class DataLock {
 public:
  explicit DataLock(const std::string& data);
  ~DataLock();
  DataLock(const DataLock&) = delete;
  DataLock& operator=(const DataLock&) = delete;

 private:
  int file_;
};

struct Parts {
  explicit Parts(const Config& config);
  ~Parts();
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  Paths paths;
  DataLock lock;
  std::unique_ptr<tracking::Tracker> tracker;  // hears of errors of all below; null without a DSN
  Pool blocking;
  Pool outbound;  // where other servers are called
  Pool sign_ins;  // where passwords are hashed: those who wait there keep nothing else waiting
  std::unique_ptr<redis::Client> redis;  // where several instances meet; null without
  std::unique_ptr<bus::Bus> bus;
  std::unique_ptr<db::Database> database;
  std::unique_ptr<db::Database>
      contents_database;  // of documents: written often; null with DynamoDB
  std::unique_ptr<audit::Audit> audit;
  std::shared_ptr<objects::Store> store;
  std::unique_ptr<identity::Identity> identity;
  std::unique_ptr<mail::Mail> mail;
  std::string public_url;  // for links in letters; set before serving starts
  std::unique_ptr<api::Authenticator> authenticator;  // of streams
  // Grows when somebody's rights may have changed.
  std::shared_ptr<documents::Generation> rights_generation =
      std::make_shared<documents::Generation>();
  std::unique_ptr<realtime::Hub> events;
  std::unique_ptr<identity::Accounts> accounts;
  std::unique_ptr<identity::DeviceFlow> device_flow;
  std::unique_ptr<identity::Passkeys> passkeys;
  std::unique_ptr<identity::External> external;
  std::unique_ptr<sso::Service> sso;
  std::unique_ptr<identity::ServiceAccounts> service_accounts;
  std::unique_ptr<oauth::Service> oauth;
  std::optional<std::string> made_up_password;  // of the first administrator, to be shown once
  std::unique_ptr<relay::Relay> relay;          // with httpfs only
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<workspaces::Service> workspaces;
  std::unique_ptr<collab::Service> collab;
  std::unique_ptr<documents::Access> document_access;
  std::unique_ptr<documents::Service> documents;
  std::unique_ptr<notify::Inbox> inbox;
  std::unique_ptr<documents::Companions> companions;  // comments, versions, … of documents
  std::unique_ptr<catalog::Service> catalog;
  std::unique_ptr<catalog::TableProvider> information_schema, system_access;
  std::unique_ptr<storage::Service> storage;
  std::unique_ptr<query::FileResolver> files;  // lets SQL read files of volumes
  std::unique_ptr<query::Service> query;
  std::unique_ptr<query::SavedQueries> saved_queries;
  api::Registry registry;
  std::unique_ptr<gateway::Gateway> gateway;
  TaskLog task_log;
  std::unique_ptr<Health> health;  // looks at all of them
};

}  // namespace ob::app
