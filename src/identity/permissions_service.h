#pragma once
#include <map>

#include "identity/permissions.h"
#include "identity/rights.h"

namespace ob::identity {

class PermissionsService : public Permissions {
 public:
  explicit PermissionsService(db::Database& database) : db_(database), rights_(database) {}

  bool may(const Caller&, Privilege, std::span<const Securable> path) override;
  void require_unarchived(Privilege, std::span<const Securable> path) override;
  std::vector<std::string> granted_objects(const Caller&) override;
  std::vector<std::string> groups_of(const Caller&) override;
  std::vector<std::string> principals_of(const Caller&) override;
  std::int64_t generation() override;

  void grant(const Caller&, std::span<const Securable> path, const std::string& principal,
             const Granted&) override;
  bool revoke(const Caller&, std::span<const Securable> path, const std::string& principal,
              const Granted&) override;
  void set_grant(const Caller&, std::span<const Securable> path, const std::string& principal,
                 const Granted&) override;
  std::vector<Grant> grants(const Caller&, std::span<const Securable> path,
                            bool inherited) override;
  std::vector<Reason> explain(const Caller&, const std::string& user, Privilege,
                              std::span<const Securable> path) override;
  void forget(const Securable&) override;
  void watch(Watcher) override;

  Principal principal(const Caller&, const std::string& reference) override;
  std::optional<Principal> find_by_id(const std::string& id) override;
  std::vector<Principal> find_principals(const Caller&, const std::string& text,
                                         std::size_t limit) override;

  std::vector<Group> groups(const Caller&) override;
  Group group(const Caller&, const std::string& id) override;
  Group create_group(const Caller&, const std::string& name) override;
  Group rename_group(const Caller&, const std::string& id, const std::string& name) override;
  void delete_group(const Caller&, const std::string& id) override;
  std::vector<Principal> members(const Caller&, const std::string& id) override;
  void add_member(const Caller&, const std::string& id, const std::string& principal) override;
  void remove_member(const Caller&, const std::string& id, const std::string& principal) override;

  std::vector<Role> roles(const Caller&) override;
  Role create_role(const Caller&, const std::string& name, const std::string& text,
                   Privileges) override;
  Role change_role(const Caller&, const std::string& id, const std::string& name,
                   const std::string& text, Privileges) override;
  void delete_role(const Caller&, const std::string& id) override;

  void set_containers(Contain) override;
  void set_transfer(ObjectType, Transfer) override;
  void transfer(const Caller&, std::span<const Securable> path,
                const std::string& principal) override;
  void set_resolver(ObjectType, Resolve) override;
  std::vector<Securable> resolve(const Caller&, ObjectType, const std::string& reference) override;

 private:
  db::Database& db_;
  RightsCache rights_;
  // The workspace at the end of the path or around it.
  std::shared_ptr<const Container> container(std::span<const Securable> path) const;
  // With the workspace that the path lies in.
  std::vector<Securable> whole(std::span<const Securable> path) const;

  // Part of a transaction in which somebody is granted something who had nothing on the object.
  void tell(db::Tx&, const Caller&, std::span<const Securable> path, const Principal& to) const;
  void told(const Principal& to) const;

  Watcher watcher_;
  Contain contain_;
  std::map<ObjectType, Transfer> transfers_;
  std::map<ObjectType, Resolve> resolvers_;
};

// What names of users, groups, roles and keys must be: 1 to `most` bytes of UTF-8 without control
// characters. Throws ob::Error 400 identity.badName.
void check_name(const std::string& name, std::size_t most);
// Throws ob::Error 403 identity.notAdmin.
void require_admin(const Caller&);
// ASCII letters in lower case: names and emails are the same whatever their case.
std::string folded(const std::string& text);

}  // namespace ob::identity
