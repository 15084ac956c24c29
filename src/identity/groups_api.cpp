#include "identity/api_pages.h"
#include "identity/permissions_api.h"
#include "identity/permissions_types.h"

namespace ob::identity {

struct GroupAnswer {
  std::string id, name;
  wire::Instant created_at;
  std::int64_t members = 0;
};
BOOST_DESCRIBE_STRUCT(GroupAnswer, (), (id, name, created_at, members))

struct GroupList {
  std::vector<GroupAnswer> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(GroupList, (), (items, next))

struct CreateGroupRequest {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(CreateGroupRequest, (), (name))

struct RenameGroupRequest {
  std::string id, name;
};
BOOST_DESCRIBE_STRUCT(RenameGroupRequest, (), (id, name))

struct MemberRequest {
  std::string id, principal;
};
BOOST_DESCRIBE_STRUCT(MemberRequest, (), (id, principal))

struct PrincipalsAnswer {
  std::vector<PrincipalAnswer> items;
};
BOOST_DESCRIBE_STRUCT(PrincipalsAnswer, (), (items))

struct FindPrincipalsRequest {
  std::string search;
  std::int64_t limit = 20;
};
BOOST_DESCRIBE_STRUCT(FindPrincipalsRequest, (), (search, limit))

struct RoleList {
  std::vector<RoleAnswer> items;
};
BOOST_DESCRIBE_STRUCT(RoleList, (), (items))

struct CreateRoleRequest {
  std::string name, text;
  std::vector<Privilege> privileges;
};
BOOST_DESCRIBE_STRUCT(CreateRoleRequest, (), (name, text, privileges))

struct ChangeRoleRequest {
  std::string id, name, text;
  std::vector<Privilege> privileges;
};
BOOST_DESCRIBE_STRUCT(ChangeRoleRequest, (), (id, name, text, privileges))

}  // namespace ob::identity

namespace ob::wire {

template <>
struct Rules<identity::CreateGroupRequest> {
  static constexpr auto value =
      rules(rule(&identity::CreateGroupRequest::name, {.min = 1, .max = 200}));
};
template <>
struct Rules<identity::RenameGroupRequest> {
  static constexpr auto value =
      rules(rule(&identity::RenameGroupRequest::name, {.min = 1, .max = 200}));
};
template <>
struct Rules<identity::MemberRequest> {
  static constexpr auto value =
      rules(rule(&identity::MemberRequest::principal,
                 {.min = 1, .max = 254, .text = "A user's email, the name of a group, or an id."}));
};
template <>
struct Rules<identity::FindPrincipalsRequest> {
  static constexpr auto value = rules(
      rule(&identity::FindPrincipalsRequest::search, {.max = 254, .optional = true}),
      rule(&identity::FindPrincipalsRequest::limit, {.min = 1, .max = 100, .optional = true}));
};
template <>
struct Rules<identity::CreateRoleRequest> {
  static constexpr auto value =
      rules(rule(&identity::CreateRoleRequest::name, {.min = 1, .max = 100}),
            rule(&identity::CreateRoleRequest::text, {.max = 1000, .optional = true}),
            rule(&identity::CreateRoleRequest::privileges, {.min = 1, .max = 5}));
};
template <>
struct Rules<identity::ChangeRoleRequest> {
  static constexpr auto value =
      rules(rule(&identity::ChangeRoleRequest::name, {.min = 1, .max = 100}),
            rule(&identity::ChangeRoleRequest::text, {.max = 1000, .optional = true}),
            rule(&identity::ChangeRoleRequest::privileges, {.min = 1, .max = 5}));
};

}  // namespace ob::wire

namespace ob::identity {
namespace {

GroupAnswer to_group_answer(const Group& group) {
  return {group.id, group.name, {group.created_at}, group.members};
}

PrincipalsAnswer to_answers(const std::vector<Principal>& principals) {
  PrincipalsAnswer answer;
  for (const Principal& p : principals) answer.items.push_back(to_answer(p));
  return answer;
}

void register_group_list(api::Registry& registry, Permissions& permissions) {
  registry.add<ListRequest, GroupList>(
      "GET", "/api/v1/groups",
      {.operation = "listGroups",
       .tag = "groups",
       .summary = "Groups: all for administrators, else those that one is in"},
      [&permissions](api::Context& context, const ListRequest& request) {
        return page_of<GroupList>(permissions.groups(context.caller), request, &Group::id,
                                  to_group_answer);
      });
  registry.add<CreateGroupRequest, GroupAnswer>(
      "POST", "/api/v1/groups",
      {.operation = "createGroup",
       .tag = "groups",
       .summary = "Create a group (administrators)",
       .status = 201,
       .errors = {409}},
      [&permissions](api::Context& context, const CreateGroupRequest& request) {
        return to_group_answer(permissions.create_group(context.caller, request.name));
      });
  registry.add<IdRequest, GroupAnswer>(
      "GET", "/api/v1/groups/{id}",
      {.operation = "getGroup", .tag = "groups", .summary = "A group", .errors = {404}},
      [&permissions](api::Context& context, const IdRequest& request) {
        return to_group_answer(permissions.group(context.caller, request.id));
      });
  registry.add<RenameGroupRequest, GroupAnswer>(
      "PATCH", "/api/v1/groups/{id}",
      {.operation = "renameGroup",
       .tag = "groups",
       .summary = "Rename a group (administrators)",
       .errors = {404, 409}},
      [&permissions](api::Context& context, const RenameGroupRequest& request) {
        return to_group_answer(permissions.rename_group(context.caller, request.id, request.name));
      });
  registry.add<IdRequest, api::Empty>(
      "DELETE", "/api/v1/groups/{id}",
      {.operation = "deleteGroup",
       .tag = "groups",
       .summary = "Delete a group with what was granted to it (administrators)",
       .status = 204,
       .errors = {404}},
      [&permissions](api::Context& context, const IdRequest& request) {
        permissions.delete_group(context.caller, request.id);
        return api::Empty{};
      });
}

void register_members(api::Registry& registry, Permissions& permissions) {
  registry.add<IdRequest, PrincipalsAnswer>(
      "GET", "/api/v1/groups/{id}/members",
      {.operation = "listGroupMembers",
       .tag = "groups",
       .summary = "Members of a group: users, service accounts and groups",
       .errors = {404}},
      [&permissions](api::Context& context, const IdRequest& request) {
        return to_answers(permissions.members(context.caller, request.id));
      });
  registry.add<MemberRequest, api::Empty>(
      "PUT", "/api/v1/groups/{id}/members/{principal}",
      {.operation = "addGroupMember",
       .tag = "groups",
       .summary = "Add a member to a group (administrators)",
       .status = 204,
       .errors = {404, 409}},
      [&permissions](api::Context& context, const MemberRequest& request) {
        permissions.add_member(context.caller, request.id, request.principal);
        return api::Empty{};
      });
  registry.add<MemberRequest, api::Empty>(
      "DELETE", "/api/v1/groups/{id}/members/{principal}",
      {.operation = "removeGroupMember",
       .tag = "groups",
       .summary = "Take a member out of a group (administrators)",
       .status = 204,
       .errors = {404}},
      [&permissions](api::Context& context, const MemberRequest& request) {
        permissions.remove_member(context.caller, request.id, request.principal);
        return api::Empty{};
      });
  registry.add<FindPrincipalsRequest, PrincipalsAnswer>(
      "GET", "/api/v1/principals",
      {.operation = "findPrincipals",
       .tag = "groups",
       .summary = "Find users, service accounts and groups to share with",
       .description = "Administrators find all. Others find those whom they share a group with, "
                      "their groups, and whoever's whole email they give."},
      [&permissions](api::Context& context, const FindPrincipalsRequest& request) {
        return to_answers(permissions.find_principals(context.caller, request.search,
                                                      static_cast<std::size_t>(request.limit)));
      });
}

void register_roles(api::Registry& registry, Permissions& permissions) {
  registry.add<api::Empty, RoleList>(
      "GET", "/api/v1/roles",
      {.operation = "listRoles", .tag = "roles", .summary = "Roles, the built-in ones first"},
      [&permissions](api::Context& context, const api::Empty&) {
        RoleList answer;
        for (const Role& role : permissions.roles(context.caller)) {
          answer.items.push_back(to_answer(role));
        }
        return answer;
      });
  registry.add<CreateRoleRequest, RoleAnswer>(
      "POST", "/api/v1/roles",
      {.operation = "createRole",
       .tag = "roles",
       .summary = "Create a role (administrators)",
       .status = 201,
       .errors = {409}},
      [&permissions](api::Context& context, const CreateRoleRequest& request) {
        return to_answer(permissions.create_role(context.caller, request.name, request.text,
                                                 to_set(request.privileges)));
      });
  registry.add<ChangeRoleRequest, RoleAnswer>(
      "PUT", "/api/v1/roles/{id}",
      {.operation = "changeRole",
       .tag = "roles",
       .summary = "Change a role (administrators)",
       .errors = {404, 409}},
      [&permissions](api::Context& context, const ChangeRoleRequest& request) {
        return to_answer(permissions.change_role(context.caller, request.id, request.name,
                                                 request.text, to_set(request.privileges)));
      });
  registry.add<IdRequest, api::Empty>(
      "DELETE", "/api/v1/roles/{id}",
      {.operation = "deleteRole",
       .tag = "roles",
       .summary = "Delete a role that is granted nowhere (administrators)",
       .status = 204,
       .errors = {404, 409}},
      [&permissions](api::Context& context, const IdRequest& request) {
        permissions.delete_role(context.caller, request.id);
        return api::Empty{};
      });
}

}  // namespace

void register_groups(api::Registry& registry, Permissions& permissions) {
  register_group_list(registry, permissions);
  register_members(registry, permissions);
  register_roles(registry, permissions);
}

}  // namespace ob::identity
