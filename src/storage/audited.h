#pragma once
#include "audit/audit.h"
#include "storage/service.h"

namespace ob::storage {

// Files whose transfers and changes stand in the audit log.
class AuditedStorage final : public StorageService {
 public:
  AuditedStorage(db::Database& database, VolumeFinder find_volume,
                 std::shared_ptr<objects::Store> objects, const Options& options)
      : StorageService(database, std::move(find_volume), std::move(objects), options),
        audit_(options.audit ? *options.audit : audit::nowhere()) {}

  std::unique_ptr<Incoming> receive(const Caller&, const std::string& path, bool overwrite,
                                    const Expected& expected) override;
  Outgoing open_file(const Caller&, const std::string& path) override;
  void remove_file(const Caller&, const std::string& path) override;
  Entry make_directory(const Caller&, const std::string& path) override;
  void remove_directory(const Caller&, const std::string& path, bool recursive) override;
  void move(const Caller&, const std::string& from, const std::string& to, bool overwrite) override;
  Upload create_upload(const Caller&, const std::string& path, std::int64_t bytes,
                       bool overwrite) override;
  File finish_upload(const Caller&, const std::string& id) override;
  void cancel_upload(const Caller&, const std::string& id) override;
  std::string readable_location(const Caller&, const std::string& path) override;

 private:
  audit::Audit& audit_;
};

}  // namespace ob::storage
