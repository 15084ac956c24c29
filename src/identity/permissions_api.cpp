#include "identity/permissions_api.h"

#include "identity/permissions_types.h"

namespace ob::identity {

struct ObjectRequest {
  ObjectType type = ObjectType::server;
  std::string object;
};
BOOST_DESCRIBE_STRUCT(ObjectRequest, (), (type, object))

struct SetGrantRequest {
  ObjectType type = ObjectType::server;
  std::string object, principal;
  std::optional<std::string> role;
  std::vector<Privilege> privileges;
};
BOOST_DESCRIBE_STRUCT(SetGrantRequest, (), (type, object, principal, role, privileges))

struct RemoveGrantRequest {
  ObjectType type = ObjectType::server;
  std::string object, principal;
};
BOOST_DESCRIBE_STRUCT(RemoveGrantRequest, (), (type, object, principal))

struct TransferRequest {
  ObjectType type = ObjectType::server;
  std::string object, principal;
};
BOOST_DESCRIBE_STRUCT(TransferRequest, (), (type, object, principal))

struct ExplainRequest {
  ObjectType type = ObjectType::server;
  std::string object, principal;
  Privilege privilege = Privilege::read;
};
BOOST_DESCRIBE_STRUCT(ExplainRequest, (), (type, object, principal, privilege))

struct GrantAnswer {
  PrincipalAnswer principal;
  std::optional<RoleAnswer> role;
  std::vector<Privilege> privileges;
  std::optional<ObjectAnswer> inherited_from;
};
BOOST_DESCRIBE_STRUCT(GrantAnswer, (), (principal, role, privileges, inherited_from))

struct PermissionsAnswer {
  ObjectAnswer object;
  std::optional<PrincipalAnswer> owner;
  std::vector<Privilege> own;
  std::vector<GrantAnswer> grants;
};
BOOST_DESCRIBE_STRUCT(PermissionsAnswer, (), (object, owner, own, grants))

enum class ReasonKind { administrator, owner, privilege, role };
BOOST_DESCRIBE_ENUM(ReasonKind, administrator, owner, privilege, role)

struct ReasonAnswer {
  ReasonKind kind = ReasonKind::administrator;
  std::optional<ObjectAnswer> object;
  std::vector<PrincipalAnswer> through;
  std::optional<Privilege> privilege;
  std::optional<RoleAnswer> role;
};
BOOST_DESCRIBE_STRUCT(ReasonAnswer, (), (kind, object, through, privilege, role))

struct ExplainAnswer {
  bool allowed = false;
  std::vector<ReasonAnswer> reasons;
};
BOOST_DESCRIBE_STRUCT(ExplainAnswer, (), (allowed, reasons))

}  // namespace ob::identity

namespace ob::wire {

constexpr std::string_view kObject =
    "What the object is called: `main.sales.orders` for a table; `server` for the server; the id "
    "of "
    "a workspace, a folder and what lies in folders.";
constexpr std::string_view kPrincipal =
    "A user's email, the name of a group, an id, or `everyone`.";

template <>
struct Rules<identity::ObjectRequest> {
  static constexpr auto value =
      rules(rule(&identity::ObjectRequest::object, {.min = 1, .max = 800, .text = kObject}));
};
template <>
struct Rules<identity::SetGrantRequest> {
  static constexpr auto value =
      rules(rule(&identity::SetGrantRequest::object, {.min = 1, .max = 800, .text = kObject}),
            rule(&identity::SetGrantRequest::principal, {.min = 1, .max = 254, .text = kPrincipal}),
            rule(&identity::SetGrantRequest::role,
                 {.max = 100, .text = "The id of a role; or give privileges."}),
            rule(&identity::SetGrantRequest::privileges, {.max = 5, .optional = true}));
};
template <>
struct Rules<identity::RemoveGrantRequest> {
  static constexpr auto value = rules(
      rule(&identity::RemoveGrantRequest::object, {.min = 1, .max = 800, .text = kObject}),
      rule(&identity::RemoveGrantRequest::principal, {.min = 1, .max = 254, .text = kPrincipal}));
};
template <>
struct Rules<identity::TransferRequest> {
  static constexpr auto value = rules(
      rule(&identity::TransferRequest::object, {.min = 1, .max = 800, .text = kObject}),
      rule(&identity::TransferRequest::principal, {.min = 1, .max = 254, .text = kPrincipal}));
};
template <>
struct Rules<identity::ExplainRequest> {
  static constexpr auto value =
      rules(rule(&identity::ExplainRequest::object, {.min = 1, .max = 800, .text = kObject}),
            rule(&identity::ExplainRequest::principal, {.min = 1, .max = 254, .text = kPrincipal}));
};
template <>
struct Rules<identity::PermissionsAnswer> {
  static constexpr auto value =
      rules(rule(&identity::PermissionsAnswer::own, {.text = "What the caller may do with it."}),
            rule(&identity::PermissionsAnswer::grants,
                 {.text = "Only for who may manage it; inherited ones after its own."}));
};

}  // namespace ob::wire

namespace ob::identity {

PrincipalAnswer to_answer(const Principal& p) {
  return {p.kind, p.id, p.name, p.email.empty() ? std::nullopt : std::optional(p.email)};
}

RoleAnswer to_answer(const Role& role) {
  return {role.id, role.name, role.text, role.privileges.list(), role.built_in};
}

ObjectAnswer to_answer(const Securable& object) {
  return {object.type, object.id, object.name};
}

Privileges to_set(const std::vector<Privilege>& list) {
  Privileges out;
  for (const Privilege p : list) out.add(p);
  return out;
}

namespace {

PermissionsAnswer permissions_of(Permissions& permissions, const Caller& caller,
                                 const ObjectRequest& request) {
  const auto path = permissions.resolve(caller, request.type, request.object);
  const Securable& object = path.front();
  PermissionsAnswer answer{.object = to_answer(object), .owner = {}, .own = {}, .grants = {}};
  for (const Privilege p : {Privilege::browse, Privilege::read, Privilege::write, Privilege::create,
                            Privilege::manage}) {
    if (permissions.may(caller, p, path)) answer.own.push_back(p);
  }
  if (!permissions.may(caller, Privilege::manage, path)) return answer;
  if (auto owner = permissions.find_by_id(object.owner)) answer.owner = to_answer(*owner);
  for (const Grant& grant : permissions.grants(caller, path, true)) {
    const bool own = grant.object.id == object.id;
    answer.grants.push_back({to_answer(grant.principal),
                             grant.role ? std::optional(to_answer(*grant.role)) : std::nullopt,
                             grant.privileges.list(),
                             own ? std::nullopt : std::optional(to_answer(grant.object))});
  }
  return answer;
}

ReasonKind to_kind(Reason::Kind kind) {
  switch (kind) {
    case Reason::Kind::administrator:
      return ReasonKind::administrator;
    case Reason::Kind::owner:
      return ReasonKind::owner;
    case Reason::Kind::privilege:
      return ReasonKind::privilege;
    case Reason::Kind::role:
      return ReasonKind::role;
  }
  throw internal("unknown reason");
}

ReasonAnswer to_answer(const Reason& reason) {
  ReasonAnswer answer{
      .kind = to_kind(reason.kind), .object = {}, .through = {}, .privilege = {}, .role = {}};
  for (const Principal& p : reason.through) answer.through.push_back(to_answer(p));
  if (reason.kind != Reason::Kind::administrator) answer.object = to_answer(reason.object);
  if (reason.kind == Reason::Kind::privilege) answer.privilege = reason.privilege;
  if (reason.role) answer.role = to_answer(*reason.role);
  return answer;
}

constexpr const char* kAt = "/api/v1/permissions/{type}/{object}";

}  // namespace

void register_permissions(api::Registry& registry, Permissions& permissions) {
  registry.add<ObjectRequest, PermissionsAnswer>(
      "GET", kAt,
      {.operation = "getPermissions",
       .tag = "permissions",
       .summary = "What the caller may do with an object, and who else was granted what",
       .errors = {404}},
      [&permissions](api::Context& context, const ObjectRequest& request) {
        return permissions_of(permissions, context.caller, request);
      });
  registry.add<SetGrantRequest, api::Empty>(
      "PUT", std::string(kAt) + "/{principal}",
      {.operation = "setGrant",
       .tag = "permissions",
       .summary = "Grant a role or privileges on an object",
       .description = "Takes the place of what the principal was granted on this object before. It "
                      "holds on all that the object contains.",
       .status = 204,
       .errors = {404, 409}},
      [&permissions](api::Context& context, const SetGrantRequest& request) {
        const auto path = permissions.resolve(context.caller, request.type, request.object);
        permissions.set_grant(context.caller, path, request.principal,
                              {to_set(request.privileges), request.role.value_or("")});
        return api::Empty{};
      });
  registry.add<TransferRequest, api::Empty>(
      "PUT", "/api/v1/owners/{type}/{object}",
      {.operation = "transferOwnership",
       .tag = "permissions",
       .summary = "Give an object to another owner: a user, a service account or a group",
       .description = "Who gave it away keeps what was granted to them.",
       .status = 204,
       .errors = {404, 409}},
      [&permissions](api::Context& context, const TransferRequest& request) {
        const auto path = permissions.resolve(context.caller, request.type, request.object);
        permissions.transfer(context.caller, path, request.principal);
        return api::Empty{};
      });
  registry.add<RemoveGrantRequest, api::Empty>(
      "DELETE", std::string(kAt) + "/{principal}",
      {.operation = "removeGrant",
       .tag = "permissions",
       .summary = "Take away all that a principal was granted on an object",
       .status = 204,
       .errors = {404}},
      [&permissions](api::Context& context, const RemoveGrantRequest& request) {
        const auto path = permissions.resolve(context.caller, request.type, request.object);
        permissions.set_grant(context.caller, path, request.principal, {});
        return api::Empty{};
      });
  registry.add<ExplainRequest, ExplainAnswer>(
      "GET", std::string(kAt) + "/{principal}/explain",
      {.operation = "explainPermission",
       .tag = "permissions",
       .summary = "Why a user may do something with an object, or that they may not",
       .errors = {404}},
      [&permissions](api::Context& context, const ExplainRequest& request) {
        const auto path = permissions.resolve(context.caller, request.type, request.object);
        ExplainAnswer answer;
        for (const Reason& reason :
             permissions.explain(context.caller, request.principal, request.privilege, path)) {
          answer.reasons.push_back(to_answer(reason));
        }
        answer.allowed = !answer.reasons.empty();
        return answer;
      });
}

}  // namespace ob::identity
