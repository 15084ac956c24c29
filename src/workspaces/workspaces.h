#pragma once
// Workspaces: what a team works on, with its members, and folders that hold every kind of object
// but those of the catalog (a catalog belongs to a workspace as a whole). A member is who was
// granted a role on the workspace; it holds on all within. An object without a place is private to
// its owner. Also requests for access, and what people prefer.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "db/db.h"
#include "identity/identity.h"
#include "mail/mail.h"

namespace ob::workspaces {

using identity::Caller;
using identity::ObjectType;
using identity::Privilege;

struct Workspace {
  std::string id, name, text, owner;
  Micros created_at = 0, updated_at = 0;
  std::optional<Micros> archived_at;  // then nothing in it changes
};

// Of an object: `folder` empty is the top of the workspace, both empty is nowhere.
struct Place {
  std::string workspace, folder;
  bool operator==(const Place&) const = default;
};

// A folder, or an object that a feature keeps.
struct Item {
  ObjectType type = ObjectType::folder;
  std::string id;
  Place place;
  std::string name, owner;
  Micros created_at = 0, updated_at = 0;
  std::optional<Micros> trashed_at;
};

// Where objects lie that somebody may read: each that they may is in one of these, but not all in
// these may be read.
struct Reach {
  std::vector<std::string> owners;      // the caller, its groups
  std::vector<std::string> workspaces;  // of which they may read all
  std::vector<std::string> folders;     // granted to them, with those below
  std::vector<std::string> objects;     // granted to them
};

struct Filter {
  std::optional<ObjectType> type;
  std::string text;   // a part of the name, in any case
  std::string after;  // the cursor of the page before
  std::size_t limit = 100;
};
struct ItemPage {
  std::vector<Item> items;  // folders first, by name
  std::string next;         // cursor; empty at the end
};

struct Member {
  identity::Principal principal;
  identity::Role role;
};

struct Invitation {
  std::string id, workspace, workspace_name, email, role;
  std::string invited_by;  // id of a user
  Micros created_at = 0, expires_at = 0;
};

// Somebody wants to use an object. `reference` is what it was called then.
struct AccessRequest {
  enum class State { open, granted, refused };
  std::string id;
  ObjectType type = ObjectType::workspace;
  std::string object, reference, requester, role, message;
  State state = State::open;
  std::string decided_by;
  Micros created_at = 0;
  std::optional<Micros> decided_at;
};

// All block and are thread-safe. 404 where the caller may not even see the thing.
class Service {
 public:
  virtual ~Service() = default;

  // --- workspaces: everyone makes some (100 at most), their owners and admins manage them
  virtual std::vector<Workspace> list(const Caller&, bool archived) = 0;  // by name
  virtual Workspace get(const Caller&, const std::string& id) = 0;
  virtual Workspace create(const Caller&, const std::string& name, const std::string& text) = 0;
  virtual Workspace change(const Caller&, const std::string& id,
                           const std::optional<std::string>& name,
                           const std::optional<std::string>& text) = 0;
  virtual Workspace archive(const Caller&, const std::string& id, bool archived) = 0;
  // With its folders and the objects in them. Only an archived one, 409 otherwise and while
  // catalogs belong to it.
  virtual void remove(const Caller&, const std::string& id) = 0;
  virtual identity::Privileges own(const Caller&, const std::string& id) = 0;

  // --- members, seen by all of them
  virtual std::vector<Member> members(const Caller&, const std::string& workspace) = 0;
  virtual void set_member(const Caller&, const std::string& workspace, const std::string& principal,
                          const std::string& role) = 0;
  // Everybody may leave.
  virtual void remove_member(const Caller&, const std::string& workspace,
                             const std::string& principal) = 0;
  // A letter asks whoever has the address; it is theirs to accept with that address, confirmed.
  virtual Invitation invite(const Caller&, const std::string& workspace, const std::string& email,
                            const std::string& role) = 0;
  virtual std::vector<Invitation> invitations(const Caller&, const std::string& workspace) = 0;
  virtual void revoke_invitation(const Caller&, const std::string& id) = 0;
  virtual std::vector<Invitation> own_invitations(const Caller&) = 0;
  virtual void answer_invitation(const Caller&, const std::string& id, bool accept) = 0;

  // --- folders and what is in them
  virtual ItemPage items(const Caller&, const Place&, const Filter&) = 0;
  // Objects that the caller was granted something on, without being a member of their workspace.
  virtual ItemPage shared(const Caller&, const Filter&) = 0;
  virtual Item item(const Caller&, const std::string& id) = 0;
  // From the top of the workspace down to the item's folder.
  virtual std::vector<Item> folders_above(const Caller&, const std::string& id) = 0;
  virtual Item create_folder(const Caller&, const Place&, const std::string& name) = 0;
  virtual Item rename(const Caller&, const std::string& id, const std::string& name) = 0;
  // To another workspace, or out of all: needs manage.
  virtual Item move(const Caller&, const std::string& id, const Place&) = 0;
  // 409 for a folder that is not empty unless `with_content`. What has a trash goes there, to the
  // top of the workspace when its folder goes.
  virtual void remove_item(const Caller&, const std::string& id, bool with_content) = 0;

  // --- for the features that keep objects. `fn` runs in the same transaction.
  struct Keep {
    std::function<void(db::Tx&, const std::string& id)> remove;  // it goes, whoever removes it
    std::function<void(db::Tx&, const Item&)> changed = {};      // name, owner, place, or its trash
    bool trash = false;                                          // removing puts it into the trash
  };
  virtual void keep(ObjectType, Keep) = 0;  // before the first request
  // `id`: a fresh one when empty; 409 workspaces.idTaken.
  virtual Item add(const Caller&, ObjectType, const std::string& name, const Place&,
                   const std::function<void(db::Tx&, const Item&)>& fn,
                   const std::string& id = {}) = 0;
  virtual Item require(const Caller&, Privilege, ObjectType, const std::string& id) = 0;
  virtual Item change_item(const Caller&, ObjectType, const std::string& id,
                           const std::string& name, const std::function<void(db::Tx&)>& fn) = 0;
  // Those that the caller may read: their own, those in workspaces, and those that were granted to
  // them; newest change first, at most `limit`.
  virtual std::vector<Item> visible(const Caller&, ObjectType, std::size_t limit) = 0;
  virtual Reach reach(const Caller&, ObjectType) = 0;
  // From each item up, for permissions().may().
  virtual std::vector<std::vector<identity::Securable>> paths(const std::vector<Item>&) = 0;
  // Into and out of the trash: no list but the feature's own shows what lies there, and it keeps
  // its place. Needs write.
  virtual Item trash(const Caller&, ObjectType, const std::string& id) = 0;
  virtual Item restore(const Caller&, ObjectType, const std::string& id) = 0;
  // For ever; needs manage. 409 workspaces.notTrashed.
  virtual void remove_trashed(const Caller&, ObjectType, const std::string& id) = 0;
  virtual std::vector<Item> trashed_before(ObjectType, Micros time, std::size_t limit) = 0;
  // Grows when workspaces change, and when an item gets another place or owner, goes or comes back,
  // here or in another process. Asks the database, and what changed holds here then.
  virtual std::int64_t generation() = 0;
  // Tells how many catalogs belong to a workspace; before the first request.
  virtual void set_catalog_count(std::function<std::int64_t(const std::string& workspace)>) = 0;
  // Throws unless the caller may put something into this workspace.
  virtual void require_place(const Caller&, const Place&) = 0;

  // --- requests for access
  // Tells nobody, and shows the same to the caller, when there is no such object.
  virtual void request_access(const Caller&, ObjectType, const std::string& reference,
                              const std::string& role, const std::string& message) = 0;
  // What the caller may decide on and, of the caller's own, all; newest first.
  virtual std::vector<AccessRequest> access_requests(const Caller&, bool open_only) = 0;
  virtual void decide(const Caller&, const std::string& id, bool grant,
                      const std::string& role) = 0;

  // --- preferences: JSON by user, and by user and workspace (empty: everywhere)
  virtual std::string preferences(const Caller&, const std::string& workspace) = 0;
  virtual void set_preferences(const Caller&, const std::string& workspace,
                               const std::string& json) = 0;

  virtual std::string owner_name(const std::string& id) = 0;
};

// `public_url` for the links in letters.
std::unique_ptr<Service> open(db::Database&, identity::Identity&, mail::Mail&,
                              std::function<std::string()> public_url);

}  // namespace ob::workspaces
