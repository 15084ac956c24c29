#pragma once
// The service behind catalog.h. Its methods are split over files by object kind: catalogs.cpp,
// schemas.cpp, tables.cpp, create_table.cpp, volumes.cpp, search.cpp, purge.cpp, credentials.cpp;
// guard.cpp holds what they share. Identity is never asked inside a transaction of ours.
#include <mutex>
#include <set>

#include "catalog/catalog.h"
#include "catalog/locations.h"
#include "catalog/storage_credentials.h"
#include "catalog/store.h"
#include "catalog/table_cache.h"

namespace ob::catalog {

inline constexpr Micros kRestorable = Micros{7} * 24 * 3600 * 1'000'000;  // UNDROP's time

using Path = std::vector<identity::Securable>;
Path path_of(const Catalog&);
Path path_of(const store::SchemaRow&);
Path path_of(const store::TableRow&);
Path path_of(const store::VolumeRow&);
Path path_of(const store::FunctionRow&);
Path server_path();

class CatalogService : public Service {
 public:
  CatalogService(db::Database&, identity::Identity&, std::shared_ptr<objects::Store>,
                 delta::ParquetIo&, const Options&);

  std::vector<Catalog> catalogs(const Caller&) override;
  Catalog catalog(const Caller&, const std::string& name) override;
  Catalog create_catalog(const Caller&, const std::string& name, const std::string& comment,
                         bool if_not_exists, const std::string& workspace) override;
  void move_catalog(const Caller&, const std::string& name, const std::string& workspace) override;
  std::int64_t catalogs_of(const std::string& workspace) override;
  void rename_catalog(const Caller&, const std::string& name, const std::string& fresh) override;
  void drop_catalog(const Caller&, const std::string& name, bool if_exists, bool cascade) override;

  std::vector<Schema> schemas(const Caller&, const std::string& catalog) override;
  Schema schema(const Caller&, const Name&) override;
  Schema create_schema(const Caller&, const Name&, const std::string& comment,
                       bool if_not_exists) override;
  void rename_schema(const Caller&, const Name&, const std::string& fresh) override;
  void drop_schema(const Caller&, const Name&, bool if_exists, bool cascade) override;

  std::vector<Table> tables(const Caller&, const Name& schema, bool dropped) override;
  Table table(const Caller&, const Name&) override;
  Opened open(const Caller&, const Name&, identity::Privilege) override;
  Table create_table(const Caller&, const Name&, const std::string& external_location,
                     const std::string& comment, bool if_not_exists, bool or_replace,
                     const std::function<void(delta::Table&)>& build) override;
  Table create_view(const Caller&, const Name&, const std::string& sql, const Name& defaults,
                    const std::string& comment, bool if_not_exists, bool or_replace) override;
  void rename_table(const Caller&, const Name&, const Name& fresh) override;
  void drop_table(const Caller&, const Name&, bool if_exists, std::optional<bool> view) override;
  void undrop_table(const Caller&, const Name&) override;
  void comment(const Caller&, identity::ObjectType, const Name&, const std::string& text) override;

  std::vector<Volume> volumes(const Caller&, const Name& schema) override;
  Volume volume(const Caller&, const Name&, identity::Privilege) override;
  Volume create_volume(const Caller&, const Name&, const std::string& comment,
                       bool if_not_exists) override;
  void drop_volume(const Caller&, const Name&, bool if_exists) override;

  std::vector<StorageCredential> storage_credentials(const Caller&) override;
  StorageCredential create_storage_credential(const Caller&, const std::string& name,
                                              const std::vector<std::string>& urls,
                                              const objects::Credentials& secrets) override;
  StorageCredential change_storage_credential(
      const Caller&, const std::string& name, const std::optional<std::vector<std::string>>& urls,
      const std::optional<objects::Credentials>& secrets) override;
  std::vector<std::pair<std::string, std::optional<Error>>> test_storage_credential(
      const Caller&, const std::string& name) override;
  void drop_storage_credential(const Caller&, const std::string& name) override;

  std::vector<Found> search(const Caller&, const std::string& text, std::size_t limit) override;
  void require(const Caller&, identity::Privilege, identity::ObjectType, const Name&) override;
  std::vector<identity::Privilege> table_privileges(const Caller&, const Name&) override;
  void share_catalog(const Caller&, const std::string& name, identity::Privilege) override;

  void note_schema(const std::string& table_id, const delta::Snapshot&) override;
  std::string owner_name(const std::string& user_id) override;
  std::vector<Function> functions(const Caller&, const Name& schema) override;
  Function function(const Caller&, const Name&, identity::Privilege) override;
  Function create_function(const Caller&, const Function&, bool if_not_exists,
                           bool or_replace) override;
  void drop_function(const Caller&, const Name&, bool if_exists) override;
  std::vector<Policy> policies(const Table&) override;
  void set_policy(const Caller&, const Name& table, const std::string& column,
                  const std::optional<Name>& function,
                  const std::vector<std::string>& columns) override;
  std::size_t purge() override;
  void name_objects();

  // First start: catalog `main` with schema `default`.
  void ensure_main();
  // Makes the store this installation's, or refuses that of another.
  void claim_store();
  void open_credentials() { credentials_.open_all(); }

 private:
  // --- guard.cpp: a row that the caller may see, or 404 in words that do not tell whether it is
  // there; then 403 when the privilege is missing.
  // May the caller put a catalog there?
  void require_catalog_place(const Caller&, const std::string& workspace);
  Catalog require_catalog(const Caller&, identity::Privilege, const std::string& name);
  store::SchemaRow require_schema(const Caller&, identity::Privilege, const Name&);
  store::TableRow require_table(const Caller&, identity::Privilege, const Name&);
  store::FunctionRow require_function(const Caller&, identity::Privilege, const Name&);
  store::VolumeRow require_volume(const Caller&, identity::Privilege, const Name&);
  void require_privilege(const Caller&, identity::Privilege, const Path&);
  // May see it: by its own path, or because something below it may be seen.
  bool visible(const Caller&, const Catalog&);
  bool visible(const Caller&, const store::SchemaRow&);
  void forget(const Path&);

  // What a parent holds, to be dropped with it.
  struct Contents {
    std::vector<store::SchemaRow> schemas;
    std::vector<store::TableRow> tables;
    std::vector<store::VolumeRow> volumes;
    std::vector<store::FunctionRow> functions;
  };
  void drop_contents(db::Tx&, const store::SchemaRow&, Micros now, Contents& dropped);
  void after_drop(const Contents&);

  // --- tables.cpp
  static Path path_of_dropped(const store::DroppedRow&, const store::SchemaRow& parent);
  // --- create_table.cpp
  std::shared_ptr<delta::Table> delta_of(const Table&);
  Table replace_table(const Caller&, const store::TableRow&, const std::string& external_location,
                      const std::string& comment, const std::function<void(delta::Table&)>& build);
  using Build = std::function<void(delta::Table&)>;
  Table create_managed(Table, const store::SchemaRow&, bool if_not_exists, const Build&);
  Table create_external(Table, const store::SchemaRow&, const std::string& location,
                        bool if_not_exists, const Build&);
  Table lost_race(const Table&, bool if_not_exists);
  void discard(const Table&);
  Table publish(const Table&, const store::SchemaRow&);
  // --- search.cpp
  bool may_find(const Caller&, const store::Hit&);
  // --- purge.cpp
  void remove_prefix(const std::string& root);
  // Deletes the files of a directory in the trash. When that fails it stays there for next time.
  bool empty_trash(const std::string& root);
  std::size_t purge_expired();
  std::size_t purge_leftovers();
  bool is_leftover(const std::string& root, const std::string& id);

  db::Database& db_;
  identity::Identity& identity_;
  std::shared_ptr<objects::Store> objects_;
  delta::ParquetIo& parquet_;
  const std::unique_ptr<delta::Housekeeper> housekeeper_ = delta::make_housekeeper();
  StorageCredentials credentials_;
  Locations locations_;
  TableCache cache_{256};
  std::mutex creating_mutex_;
  std::set<std::string> creating_;  // roots that a running creation writes to
  std::mutex purge_mutex_;
};

}  // namespace ob::catalog
