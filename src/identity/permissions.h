#pragma once
// Who may do what: principals (users, service accounts, groups, everyone), roles, grants on
// objects, and the one evaluator that every way in asks. A privilege or a role that is granted on
// an object holds on all that the object contains.
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "identity/caller.h"

namespace ob::db {
class Tx;
}

namespace ob::identity {

// The principal that stands for all accounts, service accounts too.
inline constexpr std::string_view everyone = "everyone";

enum class PrincipalKind { user, service, group, everyone };
struct Principal {
  PrincipalKind kind = PrincipalKind::user;
  std::string id;
  std::string name;
  std::string email;  // users only
};

// A set of privileges as they were granted; what they include is the evaluator's to know.
class Privileges {
 public:
  constexpr Privileges() = default;
  constexpr Privileges(std::initializer_list<Privilege> list) {
    for (const Privilege p : list) add(p);
  }
  constexpr void add(Privilege p) { bits_ |= bit(p); }
  constexpr void add(Privileges other) { bits_ |= other.bits_; }
  constexpr bool has(Privilege p) const { return (bits_ & bit(p)) != 0; }
  // Whether one of them gives `wanted`: manage gives all, write gives read, all give browse.
  constexpr bool give(Privilege wanted) const {
    if (has(Privilege::manage) || has(wanted)) return true;
    if (wanted == Privilege::browse) return bits_ != 0;
    return wanted == Privilege::read && has(Privilege::write);
  }
  constexpr bool empty() const { return bits_ == 0; }
  std::vector<Privilege> list() const;
  bool operator==(const Privileges&) const = default;

 private:
  static constexpr std::uint8_t bit(Privilege p) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(p));
  }
  std::uint8_t bits_ = 0;
};

struct Role {
  std::string id;  // of a built-in one its name: viewer, commenter, editor, admin, owner
  std::string name, text;
  Privileges privileges;
  bool built_in = false;
};

struct Group {
  std::string id, name;
  Micros created_at = 0;
  std::int64_t members = 0;  // direct ones
};

// One grant of privileges or of one role to a principal.
struct Grant {
  Principal principal;
  Securable object;  // on which it was granted: the one asked for, or what contains it
  Privileges privileges;
  std::optional<Role> role;  // instead of single privileges
};

// What is granted or taken away: privileges, or a role by its id.
struct Granted {
  Privileges privileges;
  std::string role;
};

// Why somebody may do something.
struct Reason {
  enum class Kind { administrator, owner, privilege, role };
  Kind kind = Kind::administrator;
  Securable object;                // owned, or the one of the grant
  std::vector<Principal> through;  // from the user by way of groups to the holder
  Privilege privilege = Privilege::browse;
  std::optional<Role> role;
};

std::string_view to_text(Privilege);
std::optional<Privilege> privilege_named(std::string_view);
std::string_view to_text(ObjectType);
std::optional<ObjectType> object_type_named(std::string_view);

// A workspace as the evaluator sees it.
struct Container {
  Securable object;
  bool archived = false;  // nothing in it may be changed, whoever asks
};

// All block and are thread-safe. A change holds at once in this process, within half a second in
// others that share the database.
class Permissions {
 public:
  virtual ~Permissions() = default;

  // `path` is the object and its ancestors, from the object up. Allowed when the caller is an
  // administrator, owns any of them (itself or by a group), or holds a grant that gives the
  // privilege on any of them, itself, by its groups or as one of everyone. Without the database
  // when the caller's rights are known.
  virtual bool may(const Caller&, Privilege, std::span<const Securable> path) = 0;
  // Throws 404 "no such …" when the caller may not even browse it (existence is not told), 403
  // otherwise.
  void require(const Caller&, Privilege, std::span<const Securable> path);
  // Throws 409 workspaces.archived when that is why nobody may.
  virtual void require_unarchived(Privilege, std::span<const Securable> path) = 0;
  // Ids of the objects on which the caller was granted something, as may() counts grants.
  virtual std::vector<std::string> granted_objects(const Caller&) = 0;
  // Itself, its groups and everyone: the ids under which the caller owns and holds something.
  virtual std::vector<std::string> principals_of(const Caller&) = 0;
  // Grows with each change of grants, groups and roles, here or in another process. Asks the
  // database, and what changed holds here then.
  virtual std::int64_t generation() = 0;
  // Names of the groups that the caller is in, by way of groups too.
  virtual std::vector<std::string> groups_of(const Caller&) = 0;

  // --- grants; all need manage on the object
  virtual void grant(const Caller&, std::span<const Securable> path, const std::string& principal,
                     const Granted&) = 0;
  // Whether there was such a grant.
  virtual bool revoke(const Caller&, std::span<const Securable> path, const std::string& principal,
                      const Granted&) = 0;
  // Takes the place of all that the principal was granted on this very object; nothing: takes it
  // away.
  virtual void set_grant(const Caller&, std::span<const Securable> path,
                         const std::string& principal, const Granted&) = 0;
  // On the object and, where `inherited`, on what contains it; nearest first.
  virtual std::vector<Grant> grants(const Caller&, std::span<const Securable> path,
                                    bool inherited) = 0;
  // Why the user may: no reasons, they may not. For oneself browse is enough.
  virtual std::vector<Reason> explain(const Caller&, const std::string& user, Privilege,
                                      std::span<const Securable> path) = 0;
  virtual void forget(const Securable&) = 0;  // drops the grants on an object that is gone

  // Who hears of grants to people, and in the same transaction.
  struct Watcher {
    // A user who had nothing on this very object was granted something. `path`: with its workspace.
    std::function<void(db::Tx&, const Caller&, std::span<const Securable> path, const Principal&)>
        granted;
    std::function<void(const Principal&)> done;           // after that transaction
    std::function<void(db::Tx&, const Securable&)> gone;  // the object, and what was granted on it
  };
  virtual void watch(Watcher) = 0;  // before the first request

  // --- who there is
  // By id, email (exact), name of a group, or "everyone"; 404 identity.principalNotFound.
  virtual Principal principal(const Caller&, const std::string& reference) = 0;
  virtual std::optional<Principal> find_by_id(const std::string& id) = 0;
  // Whose name or email holds the text: administrators find all, others those whom they share a
  // group with, the groups they are in, and whoever's whole email they give.
  virtual std::vector<Principal> find_principals(const Caller&, const std::string& text,
                                                 std::size_t limit) = 0;

  // --- groups: administrators change them, members see theirs
  virtual std::vector<Group> groups(const Caller&) = 0;
  virtual Group group(const Caller&, const std::string& id) = 0;
  virtual Group create_group(const Caller&, const std::string& name) = 0;
  virtual Group rename_group(const Caller&, const std::string& id, const std::string& name) = 0;
  virtual void delete_group(const Caller&, const std::string& id) = 0;
  virtual std::vector<Principal> members(const Caller&, const std::string& id) = 0;
  virtual void add_member(const Caller&, const std::string& id, const std::string& principal) = 0;
  virtual void remove_member(const Caller&, const std::string& id,
                             const std::string& principal) = 0;

  // --- roles: administrators change them, everybody sees them
  virtual std::vector<Role> roles(const Caller&) = 0;
  virtual Role create_role(const Caller&, const std::string& name, const std::string& text,
                           Privileges) = 0;
  virtual Role change_role(const Caller&, const std::string& id, const std::string& name,
                           const std::string& text, Privileges) = 0;
  virtual void delete_role(const Caller&, const std::string& id) = 0;  // 409 while it is granted

  // --- objects by what users call them, told by the modules that hold them
  // The workspace of an id; null when it is gone.
  using Contain = std::function<std::shared_ptr<const Container>(const std::string& workspace)>;
  virtual void set_containers(Contain) = 0;  // before the first request
  // Gives objects of a type to another owner; needs manage on the object. The module is told ids.
  using Transfer = std::function<void(const Securable& object, const std::string& owner)>;
  virtual void set_transfer(ObjectType, Transfer) = 0;  // before the first request
  // Throws 409 identity.fixedOwner for types whose owner cannot change.
  virtual void transfer(const Caller&, std::span<const Securable> path,
                        const std::string& principal) = 0;
  // Answers the path; throws 404 when the caller may not browse it.
  using Resolve = std::function<std::vector<Securable>(const Caller&, const std::string&)>;
  virtual void set_resolver(ObjectType, Resolve) = 0;  // before the first request
  virtual std::vector<Securable> resolve(const Caller&, ObjectType,
                                         const std::string& reference) = 0;
};

}  // namespace ob::identity
