#include "workspaces/store.h"

#include <algorithm>

#include "base/error.h"

namespace ob::workspaces::store {
namespace {

constexpr const char* kItem =
    "i.id, i.type, i.workspace_id, i.folder_id, i.name, i.owner, i.created_at, i.updated_at, "
    "i.trashed_at";
constexpr const char* kInvitation =
    "v.id, v.workspace_id, w.name, v.email, v.role, v.invited_by, v.created_at, v.expires_at FROM "
    "workspace_invitations v JOIN workspaces w ON w.id = v.workspace_id";
constexpr const char* kRequest =
    "SELECT id, object_type, object_id, reference, requester, role, message, state, decided_by, "
    "created_at, decided_at FROM access_requests";

Item item_of(const db::Row& row) {
  const auto type = identity::object_type_named(row.text(1));
  if (!type) throw internal("an item of the unknown type " + row.text(1));
  return {*type,          row.text(0),    {row.text(2), row.text(3)}, row.text(4), row.text(5),
          row.integer(6), row.integer(7), row.optional_integer(8)};
}

std::vector<Item> items_of(const std::vector<db::Row>& rows) {
  std::vector<Item> out;
  for (const auto& row : rows) out.push_back(item_of(row));
  return out;
}

Invitation invitation_of(const db::Row& row) {
  return {row.text(0), row.text(1), row.text(2),    row.text(3),
          row.text(4), row.text(5), row.integer(6), row.integer(7)};
}

std::vector<Invitation> invitations_of(const std::vector<db::Row>& rows) {
  std::vector<Invitation> out;
  for (const auto& row : rows) out.push_back(invitation_of(row));
  return out;
}

constexpr std::string_view kStates[] = {"open", "granted", "refused"};

AccessRequest request_of(const db::Row& row) {
  const auto type = identity::object_type_named(row.text(1));
  const auto state = std::ranges::find(kStates, row.text(7));
  if (!type || state == std::end(kStates)) throw internal("a request of an unknown kind");
  AccessRequest out;
  out.id = row.text(0), out.type = *type, out.object = row.text(2), out.reference = row.text(3);
  out.requester = row.text(4), out.role = row.text(5), out.message = row.text(6);
  out.state = static_cast<AccessRequest::State>(state - std::begin(kStates));
  out.decided_by = row.text(8), out.created_at = row.integer(9);
  out.decided_at = row.optional_integer(10);
  return out;
}

std::string text_of(AccessRequest::State state) {
  return std::string(kStates[static_cast<std::size_t>(state)]);
}

db::Value optional(const std::optional<Micros>& time) {
  return time ? db::Value(*time) : db::Value(nullptr);
}

// "$n, $n+1, …" for the values, which it appends. None: what nothing is equal to; '' would be the
// place of what is private.
std::string listed(std::vector<db::Value>& values, const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) {
    values.emplace_back(text);
    out += (out.empty() ? "$" : ", $") + std::to_string(values.size());
  }
  return out.empty() ? "NULL" : out;
}

// Items of `where`, which refers to $1 and $2, as a filter asks for them, one more than the limit.
std::vector<Item> filtered(db::Tx& tx, const std::string& where, const std::string& first,
                           const std::string& second, const Filter& filter) {
  std::string pattern = "%";
  for (const char c : key_of(filter.text)) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  pattern += '%';
  const auto after = filter.after.empty()
                         ? std::nullopt
                         : tx.query_one("SELECT rank, name_key FROM workspace_items WHERE id = $1",
                                        {filter.after});
  return items_of(tx.query(
      std::string("SELECT ") + kItem + " FROM workspace_items i WHERE " + where +
          " AND i.trashed_at IS NULL AND ($3 = '' OR i.type = $3) AND i.name_key LIKE $4 ESCAPE "
          "'!' AND (i.rank > $5 OR "
          "(i.rank = $5 AND (i.name_key > $6 OR (i.name_key = $6 AND i.id > $7)))) ORDER BY "
          "i.rank, i.name_key, i.id LIMIT $8",
      {first, second,
       std::string(filter.type ? identity::to_text(*filter.type) : std::string_view()), pattern,
       after ? after->integer(0) : std::int64_t{-1}, after ? after->text(1) : std::string(),
       filter.after, static_cast<std::int64_t>(filter.limit + 1)}));
}

}  // namespace

std::string key_of(const std::string& name) {
  std::string out = name;
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::vector<Workspace> workspaces(db::Tx& tx) {
  std::vector<Workspace> out;
  for (const auto& row :
       tx.query("SELECT id, name, text, owner, created_at, updated_at, archived_at FROM "
                "workspaces")) {
    out.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.integer(4),
                   row.integer(5), row.optional_integer(6)});
  }
  return out;
}

std::int64_t workspaces_of(db::Tx& tx, const std::string& owner) {
  return tx.query("SELECT count(*) FROM workspaces WHERE owner = $1", {owner}).at(0).integer(0);
}

void insert_workspace(db::Tx& tx, const Workspace& w) {
  tx.execute(
      "INSERT INTO workspaces (id, name, text, owner, created_at, updated_at) VALUES ($1, $2, $3, "
      "$4, $5, $6)",
      {w.id, w.name, w.text, w.owner, w.created_at, w.updated_at});
}

bool update_workspace(db::Tx& tx, const Workspace& w) {
  return tx.execute(
             "UPDATE workspaces SET name = $2, text = $3, owner = $4, updated_at = $5, archived_at "
             "= $6 WHERE id = $1",
             {w.id, w.name, w.text, w.owner, w.updated_at, optional(w.archived_at)}) > 0;
}

void delete_workspace(db::Tx& tx, const std::string& id) {
  tx.execute("DELETE FROM workspace_invitations WHERE workspace_id = $1", {id});
  tx.execute("DELETE FROM preferences WHERE workspace_id = $1", {id});
  tx.execute("DELETE FROM workspaces WHERE id = $1", {id});
}

std::optional<Item> find_item(db::Tx& tx, const std::string& id) {
  const auto row = tx.query_one(
      std::string("SELECT ") + kItem + " FROM workspace_items i WHERE i.id = $1", {id});
  return row ? std::optional(item_of(*row)) : std::nullopt;
}

std::vector<Item> chain(db::Tx& tx, const std::string& id) {
  std::vector<Item> out;
  for (std::string next = id; !next.empty() && out.size() <= kDeepest;) {
    auto item = find_item(tx, next);
    if (!item) break;
    next = item->place.folder;
    out.push_back(std::move(*item));
  }
  return out;
}

std::vector<Item> items(db::Tx& tx, const Place& place, const Filter& filter) {
  return filtered(tx, "i.workspace_id = $1 AND i.folder_id = $2", place.workspace, place.folder,
                  filter);
}

std::vector<Item> items_anywhere(db::Tx& tx, const std::string& workspace, const Filter& filter) {
  return filtered(tx, "i.workspace_id = $1 AND $2 = ''", workspace, "", filter);
}

std::vector<Item> items_by_id(db::Tx& tx, const std::vector<std::string>& ids) {
  constexpr std::size_t kAtOnce = 500;
  std::vector<Item> out;
  for (std::size_t begin = 0; begin < ids.size(); begin += kAtOnce) {
    const auto end = std::min(begin + kAtOnce, ids.size());
    std::vector<db::Value> values;
    const auto list = listed(values, {ids.begin() + static_cast<std::ptrdiff_t>(begin),
                                      ids.begin() + static_cast<std::ptrdiff_t>(end)});
    for (auto& item : items_of(tx.query(std::string("SELECT ") + kItem +
                                            " FROM workspace_items i WHERE i.id IN (" + list + ")",
                                        values)))
      out.push_back(std::move(item));
  }
  return out;
}

std::vector<Item> items_of_type(db::Tx& tx, ObjectType type, const std::string& owner,
                                const std::vector<std::string>& workspaces, std::size_t limit) {
  std::vector<db::Value> values{std::string(identity::to_text(type)), owner,
                                static_cast<std::int64_t>(limit)};
  const auto list = listed(values, workspaces);
  return items_of(tx.query(
      std::string("SELECT ") + kItem +
          " FROM workspace_items i WHERE i.type = $1 AND i.trashed_at IS NULL AND (i.owner = $2 OR "
          "i.workspace_id IN (" +
          list + ")) ORDER BY i.updated_at DESC, i.id LIMIT $3",
      values));
}

std::vector<Item> inside(db::Tx& tx, const std::string& folder) {
  return items_of(tx.query(
      std::string("SELECT ") + kItem + " FROM workspace_items i WHERE i.folder_id = $1", {folder}));
}

bool any_inside(db::Tx& tx, const std::string& folder) {
  return tx
      .query_one(
          "SELECT 1 FROM workspace_items WHERE folder_id = $1 AND trashed_at IS NULL LIMIT "
          "1",
          {folder})
      .has_value();
}

std::int64_t items_owned(db::Tx& tx, ObjectType type, const std::string& owner) {
  return tx
      .query("SELECT count(*) FROM workspace_items WHERE owner = $1 AND type = $2",
             {owner, std::string(identity::to_text(type))})
      .at(0)
      .integer(0);
}

std::int64_t items_at(db::Tx& tx, const Place& place) {
  return tx
      .query("SELECT count(*) FROM workspace_items WHERE workspace_id = $1 AND folder_id = $2",
             {place.workspace, place.folder})
      .at(0)
      .integer(0);
}

void insert_item(db::Tx& tx, const Item& item) {
  tx.execute(
      "INSERT INTO workspace_items (id, type, rank, workspace_id, folder_id, name, name_key, "
      "owner, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
      {item.id, std::string(identity::to_text(item.type)),
       std::int64_t{item.type == ObjectType::folder ? 0 : 1}, item.place.workspace,
       item.place.folder, item.name, key_of(item.name), item.owner, item.created_at,
       item.updated_at});
}

void update_item(db::Tx& tx, const Item& item) {
  tx.execute(
      "UPDATE workspace_items SET workspace_id = $2, folder_id = $3, name = $4, name_key = $5, "
      "owner = $6, updated_at = $7, trashed_at = $8 WHERE id = $1",
      {item.id, item.place.workspace, item.place.folder, item.name, key_of(item.name), item.owner,
       item.updated_at, optional(item.trashed_at)});
}

void set_workspace(db::Tx& tx, const std::string& id, const std::string& workspace) {
  tx.execute("UPDATE workspace_items SET workspace_id = $2 WHERE id = $1", {id, workspace});
}

void delete_item(db::Tx& tx, const std::string& id) {
  tx.execute("DELETE FROM workspace_items WHERE id = $1", {id});
}

std::vector<Item> at_top(db::Tx& tx, const std::string& workspace, std::size_t limit) {
  return items_of(tx.query(std::string("SELECT ") + kItem +
                               " FROM workspace_items i WHERE i.workspace_id = $1 AND i.folder_id "
                               "= '' ORDER BY i.id LIMIT $2",
                           {workspace, static_cast<std::int64_t>(limit)}));
}

std::vector<Item> trashed_before(db::Tx& tx, ObjectType type, Micros time, std::size_t limit) {
  return items_of(tx.query(
      std::string("SELECT ") + kItem +
          " FROM workspace_items i WHERE i.type = $1 AND i.trashed_at < $2 ORDER BY i.trashed_at "
          "LIMIT $3",
      {std::string(identity::to_text(type)), time, static_cast<std::int64_t>(limit)}));
}

std::vector<std::string> folders_inside(db::Tx& tx, const std::vector<std::string>& folders) {
  std::vector<db::Value> values;
  const auto list = listed(values, folders);
  std::vector<std::string> out;
  for (const auto& row :
       tx.query("SELECT id FROM workspace_items WHERE type = 'folder' AND folder_id IN (" + list +
                    ") ORDER BY id",
                values))
    out.push_back(row.text(0));
  return out;
}

void raise(db::Tx& tx) {
  tx.execute("UPDATE workspace_generation SET items = items + 1");
}

std::vector<Invitation> invitations_to(db::Tx& tx, const std::string& email_key, Micros now) {
  return invitations_of(tx.query(std::string("SELECT ") + kInvitation +
                                     " WHERE v.email_key = $1 AND v.expires_at > $2 ORDER BY "
                                     "v.created_at, v.id",
                                 {email_key, now}));
}

std::vector<Invitation> invitations_of(db::Tx& tx, const std::string& workspace, Micros now) {
  return invitations_of(tx.query(std::string("SELECT ") + kInvitation +
                                     " WHERE v.workspace_id = $1 AND v.expires_at > $2 ORDER BY "
                                     "v.created_at, v.id",
                                 {workspace, now}));
}

std::optional<Invitation> find_invitation(db::Tx& tx, const std::string& id) {
  const auto row = tx.query_one(std::string("SELECT ") + kInvitation + " WHERE v.id = $1", {id});
  return row ? std::optional(invitation_of(*row)) : std::nullopt;
}

void put_invitation(db::Tx& tx, const Invitation& v, const std::string& email_key) {
  tx.execute("DELETE FROM workspace_invitations WHERE workspace_id = $1 AND email_key = $2",
             {v.workspace, email_key});
  tx.execute(
      "INSERT INTO workspace_invitations (id, workspace_id, email, email_key, role, invited_by, "
      "created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      {v.id, v.workspace, v.email, email_key, v.role, v.invited_by, v.created_at, v.expires_at});
}

bool delete_invitation(db::Tx& tx, const std::string& id) {
  return tx.execute("DELETE FROM workspace_invitations WHERE id = $1", {id}) > 0;
}

std::vector<AccessRequest> requests(db::Tx& tx, bool open_only, const std::string& requester,
                                    std::size_t limit) {
  std::vector<AccessRequest> out;
  for (const auto& row : tx.query(
           std::string(kRequest) +
               " WHERE ($1 = '' OR state = $1) AND ($2 = '' OR requester = $2) ORDER BY "
               "created_at DESC, id LIMIT $3",
           {std::string(open_only ? "open" : ""), requester, static_cast<std::int64_t>(limit)}))
    out.push_back(request_of(row));
  return out;
}

std::optional<AccessRequest> find_request(db::Tx& tx, const std::string& id) {
  const auto row = tx.query_one(std::string(kRequest) + " WHERE id = $1", {id});
  return row ? std::optional(request_of(*row)) : std::nullopt;
}

void insert_request(db::Tx& tx, const AccessRequest& r) {
  tx.execute(
      "INSERT INTO access_requests (id, object_type, object_id, reference, requester, role, "
      "message, state, decided_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9)",
      {r.id, std::string(identity::to_text(r.type)), r.object, r.reference, r.requester, r.role,
       r.message, text_of(r.state), r.created_at});
}

bool decide_request(db::Tx& tx, const AccessRequest& r) {
  return tx.execute(
             "UPDATE access_requests SET state = $2, role = $3, decided_by = $4, decided_at = $5 "
             "WHERE id = $1 AND state = 'open'",
             {r.id, text_of(r.state), r.role, r.decided_by, optional(r.decided_at)}) > 0;
}

std::int64_t open_requests(db::Tx& tx, const std::string& requester) {
  return tx
      .query("SELECT count(*) FROM access_requests WHERE requester = $1 AND state = 'open'",
             {requester})
      .at(0)
      .integer(0);
}

bool has_open_request(db::Tx& tx, const AccessRequest& r) {
  return tx
      .query_one(
          "SELECT 1 FROM access_requests WHERE requester = $1 AND object_type = $2 AND reference = "
          "$3 AND state = 'open' LIMIT 1",
          {r.requester, std::string(identity::to_text(r.type)), r.reference})
      .has_value();
}

void delete_open_requests(db::Tx& tx, Micros before) {
  tx.execute("DELETE FROM access_requests WHERE state = 'open' AND created_at < $1", {before});
}

std::optional<std::string> preferences(db::Tx& tx, const std::string& user,
                                       const std::string& workspace) {
  const auto row = tx.query_one(
      "SELECT value FROM preferences WHERE user_id = $1 AND workspace_id = $2", {user, workspace});
  return row ? std::optional(row->text(0)) : std::nullopt;
}

void set_preferences(db::Tx& tx, const std::string& user, const std::string& workspace,
                     const std::string& json) {
  tx.execute(
      "INSERT INTO preferences (user_id, workspace_id, value) VALUES ($1, $2, $3) ON CONFLICT "
      "(user_id, workspace_id) DO UPDATE SET value = $3",
      {user, workspace, json});
}

}  // namespace ob::workspaces::store
