#pragma once
#include "audit/audit.h"
#include "identity/permissions_service.h"

namespace ob::identity {

// Permissions whose changes stand in the audit log.
class AuditedPermissions final : public PermissionsService {
 public:
  AuditedPermissions(db::Database& database, audit::Audit& audit)
      : PermissionsService(database), audit_(audit) {}

  void grant(const Caller&, std::span<const Securable> path, const std::string& principal,
             const Granted&) override;
  bool revoke(const Caller&, std::span<const Securable> path, const std::string& principal,
              const Granted&) override;
  void set_grant(const Caller&, std::span<const Securable> path, const std::string& principal,
                 const Granted&) override;

  void transfer(const Caller&, std::span<const Securable> path,
                const std::string& principal) override;

  Group create_group(const Caller&, const std::string& name) override;
  Group rename_group(const Caller&, const std::string& id, const std::string& name) override;
  void delete_group(const Caller&, const std::string& id) override;
  void add_member(const Caller&, const std::string& id, const std::string& principal) override;
  void remove_member(const Caller&, const std::string& id, const std::string& principal) override;

  Role create_role(const Caller&, const std::string& name, const std::string& text,
                   Privileges) override;
  Role change_role(const Caller&, const std::string& id, const std::string& name,
                   const std::string& text, Privileges) override;
  void delete_role(const Caller&, const std::string& id) override;

 private:
  audit::Event grant_event(const Caller&, const char* action, std::span<const Securable> path,
                           const std::string& principal, const Granted&);
  // What the log calls a group: its name too, if it is there.
  audit::Object group_object(const Caller&, const std::string& id);

  audit::Audit& audit_;
};

}  // namespace ob::identity
