#pragma once
#include <map>

#include "workspaces/directory.h"
#include "workspaces/workspaces.h"

namespace ob::workspaces {

using Path = std::vector<identity::Securable>;

class WorkspaceService final : public Service {
 public:
  WorkspaceService(db::Database&, identity::Identity&, mail::Mail&,
                   std::function<std::string()> public_url);

  std::vector<Workspace> list(const Caller&, bool archived) override;
  Workspace get(const Caller&, const std::string& id) override;
  Workspace create(const Caller&, const std::string& name, const std::string& text) override;
  Workspace change(const Caller&, const std::string& id, const std::optional<std::string>& name,
                   const std::optional<std::string>& text) override;
  Workspace archive(const Caller&, const std::string& id, bool archived) override;
  void remove(const Caller&, const std::string& id) override;
  identity::Privileges own(const Caller&, const std::string& id) override;

  std::vector<Member> members(const Caller&, const std::string& workspace) override;
  void set_member(const Caller&, const std::string& workspace, const std::string& principal,
                  const std::string& role) override;
  void remove_member(const Caller&, const std::string& workspace,
                     const std::string& principal) override;
  Invitation invite(const Caller&, const std::string& workspace, const std::string& email,
                    const std::string& role) override;
  std::vector<Invitation> invitations(const Caller&, const std::string& workspace) override;
  void revoke_invitation(const Caller&, const std::string& id) override;
  std::vector<Invitation> own_invitations(const Caller&) override;
  void answer_invitation(const Caller&, const std::string& id, bool accept) override;

  ItemPage items(const Caller&, const Place&, const Filter&) override;
  ItemPage shared(const Caller&, const Filter&) override;
  Item item(const Caller&, const std::string& id) override;
  std::vector<Item> folders_above(const Caller&, const std::string& id) override;
  Item create_folder(const Caller&, const Place&, const std::string& name) override;
  Item rename(const Caller&, const std::string& id, const std::string& name) override;
  Item move(const Caller&, const std::string& id, const Place&) override;
  void remove_item(const Caller&, const std::string& id, bool with_content) override;

  void keep(ObjectType, Keep) override;
  Item add(const Caller&, ObjectType, const std::string& name, const Place&,
           const std::function<void(db::Tx&, const Item&)>& fn,
           const std::string& id = {}) override;
  Item require(const Caller&, Privilege, ObjectType, const std::string& id) override;
  Item change_item(const Caller&, ObjectType, const std::string& id, const std::string& name,
                   const std::function<void(db::Tx&)>& fn) override;
  std::vector<Item> visible(const Caller&, ObjectType, std::size_t limit) override;
  Reach reach(const Caller&, ObjectType) override;
  std::vector<Path> paths(const std::vector<Item>&) override;
  Item trash(const Caller&, ObjectType, const std::string& id) override;
  Item restore(const Caller&, ObjectType, const std::string& id) override;
  void remove_trashed(const Caller&, ObjectType, const std::string& id) override;
  std::vector<Item> trashed_before(ObjectType, Micros time, std::size_t limit) override;
  std::int64_t generation() override { return directory_.generation(); }
  void set_catalog_count(std::function<std::int64_t(const std::string&)>) override;
  void require_place(const Caller&, const Place&) override;

  void request_access(const Caller&, ObjectType, const std::string& reference,
                      const std::string& role, const std::string& message) override;
  std::vector<AccessRequest> access_requests(const Caller&, bool open_only) override;
  void decide(const Caller&, const std::string& id, bool grant, const std::string& role) override;

  std::string preferences(const Caller&, const std::string& workspace) override;
  void set_preferences(const Caller&, const std::string& workspace,
                       const std::string& json) override;

  std::string owner_name(const std::string& id) override;

  void name_objects();  // tells identity what there is
  void handle_notes();  // of the mail module, for work after the answer

 private:
  identity::Permissions& permissions() { return identity_.permissions(); }
  // The workspace as a path; throws 404 when the caller may not browse it, 403 without `wanted`.
  std::shared_ptr<const Directory::Entry> require_workspace(const Caller&, Privilege wanted,
                                                            const std::string& id);
  // From the item up to its workspace; throws 404 when there is none.
  Path path_of(db::Tx&, ObjectType, const std::string& id);
  struct Found {
    Item item;
    Path path;
  };
  Found require_item(const Caller&, Privilege, const std::string& id,
                     std::optional<ObjectType> type = {});
  Path path_of(const Place&);
  void transfer_item(const identity::Securable&, const std::string& owner);
  void transfer_workspace(const identity::Securable&, const std::string& owner);
  // for_ever: what has a trash, too.
  void remove_tree(db::Tx&, const Item&, bool for_ever, std::vector<identity::Securable>& gone);
  void put_back(db::Tx&, Item&);  // writes a changed item, and tells its feature
  Item set_trashed(const Caller&, ObjectType, const std::string& id, bool trashed);
  std::vector<std::string> readable_workspaces(const Caller&);
  void check_room(db::Tx&, const Item& moved, const Place&);
  void tell(const std::vector<mail::Letter>&);
  void file_request(db::Tx&, const std::string& note);
  // With `object` empty whatever has that name.
  std::optional<Path> resolve_as(const Caller&, const AccessRequest&);
  // What the request is about, when the caller decides on it.
  std::optional<Path> to_decide(const Caller&, const AccessRequest&);
  bool still_invites(const Invitation&);

  db::Database& db_;
  identity::Identity& identity_;
  mail::Mail& mail_;
  std::function<std::string()> public_url_;
  Directory directory_;
  std::map<ObjectType, Keep> kept_;
  std::function<std::int64_t(const std::string&)> catalog_count_;
};

Error no_such_item(std::optional<ObjectType> type = {});
// 1 to 200 bytes of UTF-8 without control characters; throws 400 workspaces.badName.
void check_name(const std::string& name);
Error no_such_workspace();

}  // namespace ob::workspaces
