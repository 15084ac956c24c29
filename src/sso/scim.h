#pragma once
// SCIM 2.0 (RFC 7643, 7644): a provider keeps its people and groups here up to date.
#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "audit/audit.h"
#include "db/db.h"
#include "identity/accounts.h"
#include "identity/external.h"
#include "identity/identity.h"
#include "sso/provider.h"
#include "sso/scim_store.h"

namespace ob::sso::scim {

// What a list is asked for.
struct ListQuery {
  std::string filter;
  std::int64_t start = 1, count = 100;      // the first is 1
  std::vector<std::string> only, excluded;  // attributes
};

// All methods block and are thread-safe; those with a provider act for it, on what is its own.
class Scim {
 public:
  Scim(db::Database& database, identity::Identity& identity, identity::Accounts& accounts,
       identity::External& external, std::function<std::string()> public_url, audit::Audit* audit);

  // Administrators.
  std::string make_token(const Caller&, const std::string& provider_id);  // ends an older one
  void drop_token(const Caller&, const std::string& provider_id);
  std::optional<store::TokenRow> token(const std::string& provider_id);
  std::string base_url() const { return public_url_() + "/scim/v2"; }

  audit::Audit& audit() { return audit_; }

  // Whose token it is; throws 401.
  Provider authenticate(const std::string& bearer);

  using Resource = boost::json::object;
  Resource users(const Provider&, const ListQuery&);
  Resource user(const Provider&, const std::string& id);
  Resource create_user(const Provider&, const Resource&);
  Resource replace_user(const Provider&, const std::string& id, const Resource&);
  Resource patch_user(const Provider&, const std::string& id, const Resource& message);
  // The account stays, disabled: what it owns is not lost.
  void delete_user(const Provider&, const std::string& id);

  Resource groups(const Provider&, const ListQuery&);
  Resource group(const Provider&, const std::string& id);
  Resource create_group(const Provider&, const Resource&);
  Resource replace_group(const Provider&, const std::string& id, const Resource&);
  Resource patch_group(const Provider&, const std::string& id, const Resource& message);
  void delete_group(const Provider&, const std::string& id);

 private:
  struct UserValues;
  UserValues read_user(const Provider&, Resource) const;
  Resource shown(const store::UserRow&, const identity::User&) const;
  Resource shown(const store::GroupRow&, const identity::Group&,
                 const std::vector<identity::Principal>& members) const;
  std::string account_for(db::Tx&, const Provider&, const UserValues&);
  Resource update_user(const Provider&, const std::string& id,
                       const std::function<Resource(Resource)>& change);
  void set_active(const std::string& user_id, bool active);
  store::GroupRow known_group(const Provider&, const std::string& id);
  // Users of this provider among the group's members.
  std::vector<identity::Principal> members(const Provider&, const std::string& group_id);
  void set_members(const Provider&, const std::string& group_id, const boost::json::value* wanted);
  Resource save_group(const Provider&, store::GroupRow, const Resource& before,
                      const Resource& after);

  db::Database& db_;
  identity::Identity& identity_;
  identity::Accounts& accounts_;
  identity::External& external_;
  std::function<std::string()> public_url_;
  audit::Audit& audit_;
};

// A page of resources as a ListResponse.
Scim::Resource list_of(std::vector<Scim::Resource> all, const ListQuery&, std::int64_t total);
// Keeps to the attributes that are asked for; ids and schemas stay.
void trim(Scim::Resource& resource, const ListQuery&);

inline constexpr std::string_view kUserSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
inline constexpr std::string_view kGroupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group";
inline constexpr std::string_view kEnterprise =
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

}  // namespace ob::sso::scim
