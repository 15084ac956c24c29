#pragma once
#include "audit/audit.h"
#include "catalog/service.h"

namespace ob::catalog {

// The catalog whose changes, and whose reads outside of statements, stand in the audit log.
class AuditedCatalog final : public CatalogService {
 public:
  AuditedCatalog(db::Database& database, identity::Identity& identity,
                 std::shared_ptr<objects::Store> objects, delta::ParquetIo& parquet,
                 const Options& options)
      : CatalogService(database, identity, std::move(objects), parquet, options),
        audit_(options.audit ? *options.audit : audit::nowhere()) {}

  Catalog create_catalog(const Caller&, const std::string& name, const std::string& comment,
                         bool if_not_exists, const std::string& workspace) override;
  void move_catalog(const Caller&, const std::string& name, const std::string& workspace) override;
  void rename_catalog(const Caller&, const std::string& name, const std::string& fresh) override;
  void drop_catalog(const Caller&, const std::string& name, bool if_exists, bool cascade) override;
  Schema create_schema(const Caller&, const Name&, const std::string& comment,
                       bool if_not_exists) override;
  void rename_schema(const Caller&, const Name&, const std::string& fresh) override;
  void drop_schema(const Caller&, const Name&, bool if_exists, bool cascade) override;
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
  Volume create_volume(const Caller&, const Name&, const std::string& comment,
                       bool if_not_exists) override;
  void drop_volume(const Caller&, const Name&, bool if_exists) override;
  Function create_function(const Caller&, const Function&, bool if_not_exists,
                           bool or_replace) override;
  void drop_function(const Caller&, const Name&, bool if_exists) override;
  void set_policy(const Caller&, const Name& table, const std::string& column,
                  const std::optional<Name>& function,
                  const std::vector<std::string>& columns) override;
  StorageCredential create_storage_credential(const Caller&, const std::string& name,
                                              const std::vector<std::string>& urls,
                                              const objects::Credentials& secrets) override;
  StorageCredential change_storage_credential(
      const Caller&, const std::string& name, const std::optional<std::vector<std::string>>& urls,
      const std::optional<objects::Credentials>& secrets) override;
  std::vector<std::pair<std::string, std::optional<Error>>> test_storage_credential(
      const Caller&, const std::string& name) override;
  void drop_storage_credential(const Caller&, const std::string& name) override;
  void share_catalog(const Caller&, const std::string& name, identity::Privilege) override;

 private:
  // fn(event), of an object that is there, or is not; its id is looked up where it can be seen.
  template <class Fn>
  auto upon(const Caller&, const char* action, const char* type, const Name&, Fn fn);
  std::string id_of(const Caller&, std::string_view type, const Name&);

  audit::Audit& audit_;
};

}  // namespace ob::catalog
