#pragma once
// All SQL of workspaces, items, invitations and requests.
#include <optional>
#include <string>
#include <vector>

#include "db/db.h"
#include "workspaces/workspaces.h"

namespace ob::workspaces::store {

std::vector<Workspace> workspaces(db::Tx&);
std::int64_t workspaces_of(db::Tx&, const std::string& owner);
void insert_workspace(db::Tx&, const Workspace&);
bool update_workspace(db::Tx&, const Workspace&);
// With its invitations and preferences; its items have to be gone.
void delete_workspace(db::Tx&, const std::string& id);

// --- items. `key`: of the name, as search and order take it.
std::string key_of(const std::string& name);
std::optional<Item> find_item(db::Tx&, const std::string& id);
// The item, its folder, … up to the top; at most kDeepest.
inline constexpr std::size_t kDeepest = 32;
std::vector<Item> chain(db::Tx&, const std::string& id);
std::vector<Item> items(db::Tx&, const Place&, const Filter&);
// Of a workspace, in any folder.
std::vector<Item> items_anywhere(db::Tx&, const std::string& workspace, const Filter&);
std::vector<Item> items_by_id(db::Tx&, const std::vector<std::string>& ids);
// Newest change first: the owner's, and those in these workspaces.
std::vector<Item> items_of_type(db::Tx&, ObjectType, const std::string& owner,
                                const std::vector<std::string>& workspaces, std::size_t limit);
std::vector<Item> inside(db::Tx&, const std::string& folder);  // directly
bool any_inside(db::Tx&, const std::string& folder);           // but what is in the trash
std::int64_t items_owned(db::Tx&, ObjectType, const std::string& owner);
std::int64_t items_at(db::Tx&, const Place&);
void insert_item(db::Tx&, const Item&);
void update_item(db::Tx&, const Item&);
void set_workspace(db::Tx&, const std::string& id, const std::string& workspace);
void delete_item(db::Tx&, const std::string& id);
std::vector<Item> at_top(db::Tx&, const std::string& workspace, std::size_t limit);  // trash, too
std::vector<Item> trashed_before(db::Tx&, ObjectType, Micros time, std::size_t limit);
std::vector<std::string> folders_inside(db::Tx&, const std::vector<std::string>& folders);
void raise(db::Tx&);  // the number that tells of items with another place or owner

// --- invitations
std::vector<Invitation> invitations_to(db::Tx&, const std::string& email_key, Micros now);
std::vector<Invitation> invitations_of(db::Tx&, const std::string& workspace, Micros now);
std::optional<Invitation> find_invitation(db::Tx&, const std::string& id);
void put_invitation(db::Tx&, const Invitation&, const std::string& email_key);
bool delete_invitation(db::Tx&, const std::string& id);

// --- requests for access
std::vector<AccessRequest> requests(db::Tx&, bool open_only, const std::string& requester,
                                    std::size_t limit);
std::optional<AccessRequest> find_request(db::Tx&, const std::string& id);
void insert_request(db::Tx&, const AccessRequest&);
bool decide_request(db::Tx&, const AccessRequest&);  // false when it is not open any more
std::int64_t open_requests(db::Tx&, const std::string& requester);
// Of the same requester, type and reference.
bool has_open_request(db::Tx&, const AccessRequest&);
void delete_open_requests(db::Tx&, Micros before);

// --- preferences
std::optional<std::string> preferences(db::Tx&, const std::string& user,
                                       const std::string& workspace);
void set_preferences(db::Tx&, const std::string& user, const std::string& workspace,
                     const std::string& json);

}  // namespace ob::workspaces::store
