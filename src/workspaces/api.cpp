// Endpoints of workspaces, members and invitations.
#include "workspaces/api.h"

#include "workspaces/api_parts.h"

namespace ob::workspaces {

struct WorkspaceAnswer {
  std::string id, name, text, owner_id, owner;
  wire::Instant created_at, updated_at;
  std::optional<wire::Instant> archived_at;
  std::vector<std::string> own;
};
BOOST_DESCRIBE_STRUCT(WorkspaceAnswer, (),
                      (id, name, text, owner_id, owner, created_at, updated_at, archived_at, own))
struct WorkspaceList {
  std::vector<WorkspaceAnswer> items;
};
BOOST_DESCRIBE_STRUCT(WorkspaceList, (), (items))
struct ListWorkspaces {
  bool archived = false;
};
BOOST_DESCRIBE_STRUCT(ListWorkspaces, (), (archived))
struct CreateWorkspace {
  std::string name;
  std::optional<std::string> text;
};
BOOST_DESCRIBE_STRUCT(CreateWorkspace, (), (name, text))
struct ChangeWorkspace {
  std::string workspace;
  std::optional<std::string> name, text;
  std::optional<bool> archived;
};
BOOST_DESCRIBE_STRUCT(ChangeWorkspace, (), (workspace, name, text, archived))

struct MemberAnswer {
  std::string kind, id, name;
  std::optional<std::string> email;
  std::string role, role_name;
};
BOOST_DESCRIBE_STRUCT(MemberAnswer, (), (kind, id, name, email, role, role_name))
struct MemberList {
  std::vector<MemberAnswer> items;
};
BOOST_DESCRIBE_STRUCT(MemberList, (), (items))
struct SetMember {
  std::string workspace, principal, role;
};
BOOST_DESCRIBE_STRUCT(SetMember, (), (workspace, principal, role))
struct MemberPath {
  std::string workspace, principal;
};
BOOST_DESCRIBE_STRUCT(MemberPath, (), (workspace, principal))

struct InvitationAnswer {
  std::string id, workspace, workspace_name, email, role, invited_by;
  wire::Instant created_at, expires_at;
};
BOOST_DESCRIBE_STRUCT(InvitationAnswer, (),
                      (id, workspace, workspace_name, email, role, invited_by, created_at,
                       expires_at))
struct InvitationList {
  std::vector<InvitationAnswer> items;
};
BOOST_DESCRIBE_STRUCT(InvitationList, (), (items))
struct Invite {
  std::string workspace, email, role = "editor";
};
BOOST_DESCRIBE_STRUCT(Invite, (), (workspace, email, role))
struct AnswerInvitation {
  std::string id;
  bool accept = false;
};
BOOST_DESCRIBE_STRUCT(AnswerInvitation, (), (id, accept))

}  // namespace ob::workspaces

namespace ob::wire {

template <>
struct Rules<workspaces::ListWorkspaces> {
  static constexpr auto value = rules(rule(&workspaces::ListWorkspaces::archived,
                                           {.optional = true, .text = "The archived ones."}));
};
template <>
struct Rules<workspaces::CreateWorkspace> {
  static constexpr auto value =
      rules(rule(&workspaces::CreateWorkspace::name, {.min = 1, .max = 200}),
            rule(&workspaces::CreateWorkspace::text, {.max = 4000}));
};
template <>
struct Rules<workspaces::ChangeWorkspace> {
  static constexpr auto value =
      rules(rule(&workspaces::ChangeWorkspace::name, {.min = 1, .max = 200}),
            rule(&workspaces::ChangeWorkspace::text, {.max = 4000}),
            rule(&workspaces::ChangeWorkspace::archived,
                 {.text = "Nothing in an archived workspace can be changed."}));
};
template <>
struct Rules<workspaces::SetMember> {
  static constexpr auto value =
      rules(rule(&workspaces::SetMember::principal,
                 {.min = 1, .max = 254, .text = "A user's email, the name of a group, or an id."}),
            rule(&workspaces::SetMember::role, {.min = 1, .max = 100}));
};
template <>
struct Rules<workspaces::Invite> {
  static constexpr auto value =
      rules(rule(&workspaces::Invite::email, {.min = 3, .max = 254}),
            rule(&workspaces::Invite::role, {.min = 1, .max = 100, .optional = true}));
};

}  // namespace ob::wire

namespace ob::workspaces {
namespace {

WorkspaceAnswer answer_of(Service& service, const Caller& caller, const Workspace& w) {
  WorkspaceAnswer out{w.id,
                      w.name,
                      w.text,
                      w.owner,
                      service.owner_name(w.owner),
                      {w.created_at},
                      {w.updated_at},
                      w.archived_at ? std::optional(wire::Instant{*w.archived_at}) : std::nullopt,
                      {}};
  for (const auto p : service.own(caller, w.id).list()) out.own.emplace_back(identity::to_text(p));
  return out;
}

InvitationAnswer answer_of(Service& service, const Invitation& v) {
  return {v.id,           v.workspace,   v.workspace_name,
          v.email,        v.role,        service.owner_name(v.invited_by),
          {v.created_at}, {v.expires_at}};
}

InvitationList list_of(Service& service, const std::vector<Invitation>& invitations) {
  InvitationList out;
  for (const auto& v : invitations) out.items.push_back(answer_of(service, v));
  return out;
}

void register_workspaces(api::Registry& registry, Service& service) {
  registry.add<ListWorkspaces, WorkspaceList>(
      "GET", "/api/v1/workspaces",
      {.operation = "listWorkspaces",
       .tag = "workspaces",
       .summary = "Workspaces that you may see, by name"},
      [&service](api::Context& ctx, const ListWorkspaces& request) {
        WorkspaceList out;
        for (const auto& w : service.list(ctx.caller, request.archived))
          out.items.push_back(answer_of(service, ctx.caller, w));
        return out;
      });
  registry.add<CreateWorkspace, WorkspaceAnswer>(
      "POST", "/api/v1/workspaces",
      {.operation = "createWorkspace",
       .tag = "workspaces",
       .summary = "Make a workspace of your own",
       .status = 201,
       .errors = {409}},
      [&service](api::Context& ctx, const CreateWorkspace& request) {
        return answer_of(service, ctx.caller,
                         service.create(ctx.caller, request.name, request.text.value_or("")));
      });
  registry.add<WorkspacePath, WorkspaceAnswer>(
      "GET", "/api/v1/workspaces/{workspace}",
      {.operation = "getWorkspace", .tag = "workspaces", .summary = "A workspace", .errors = {404}},
      [&service](api::Context& ctx, const WorkspacePath& path) {
        return answer_of(service, ctx.caller, service.get(ctx.caller, path.workspace));
      });
  registry.add<ChangeWorkspace, WorkspaceAnswer>(
      "PATCH", "/api/v1/workspaces/{workspace}",
      {.operation = "changeWorkspace",
       .tag = "workspaces",
       .summary = "Rename, describe, archive or restore a workspace",
       .errors = {404}},
      [&service](api::Context& ctx, const ChangeWorkspace& request) {
        if (request.name || request.text)
          service.change(ctx.caller, request.workspace, request.name, request.text);
        if (request.archived) service.archive(ctx.caller, request.workspace, *request.archived);
        return answer_of(service, ctx.caller, service.get(ctx.caller, request.workspace));
      });
  registry.add<WorkspacePath, api::Empty>(
      "DELETE", "/api/v1/workspaces/{workspace}",
      {.operation = "deleteWorkspace",
       .tag = "workspaces",
       .summary = "Delete an archived workspace with its folders and what is in them",
       .status = 204,
       .errors = {404, 409}},
      [&service](api::Context& ctx, const WorkspacePath& path) {
        service.remove(ctx.caller, path.workspace);
        return api::Empty{};
      });
}

void register_members(api::Registry& registry, Service& service) {
  registry.add<WorkspacePath, MemberList>(
      "GET", "/api/v1/workspaces/{workspace}/members",
      {.operation = "listWorkspaceMembers",
       .tag = "permissions",
       .summary = "Members of a workspace and their roles, the owner first",
       .errors = {404}},
      [&service](api::Context& ctx, const WorkspacePath& path) {
        MemberList out;
        for (const auto& [principal, role] : service.members(ctx.caller, path.workspace)) {
          constexpr std::string_view kKinds[] = {"user", "service", "group", "everyone"};
          out.items.push_back(
              {std::string(kKinds[static_cast<std::size_t>(principal.kind)]), principal.id,
               principal.name,
               principal.email.empty() ? std::nullopt : std::optional(principal.email), role.id,
               role.name});
        }
        return out;
      });
  registry.add<SetMember, api::Empty>(
      "PUT", "/api/v1/workspaces/{workspace}/members/{principal}",
      {.operation = "setWorkspaceMember",
       .tag = "permissions",
       .summary = "Make somebody a member, or give a member another role",
       .status = 204,
       .errors = {404, 409}},
      [&service](api::Context& ctx, const SetMember& request) {
        service.set_member(ctx.caller, request.workspace, request.principal, request.role);
        return api::Empty{};
      });
  registry.add<MemberPath, api::Empty>(
      "DELETE", "/api/v1/workspaces/{workspace}/members/{principal}",
      {.operation = "removeWorkspaceMember",
       .tag = "permissions",
       .summary = "Remove a member; everybody may leave",
       .status = 204,
       .errors = {404, 409}},
      [&service](api::Context& ctx, const MemberPath& path) {
        service.remove_member(ctx.caller, path.workspace, path.principal);
        return api::Empty{};
      });
}

void register_invitations(api::Registry& registry, Service& service) {
  registry.add<WorkspacePath, InvitationList>(
      "GET", "/api/v1/workspaces/{workspace}/invitations",
      {.operation = "listWorkspaceInvitations",
       .tag = "permissions",
       .summary = "Invitations that nobody answered yet",
       .errors = {404}},
      [&service](api::Context& ctx, const WorkspacePath& path) {
        return list_of(service, service.invitations(ctx.caller, path.workspace));
      });
  registry.add<Invite, InvitationAnswer>(
      "POST", "/api/v1/workspaces/{workspace}/invitations",
      {.operation = "inviteToWorkspace",
       .tag = "permissions",
       .summary = "Invite somebody by email",
       .description = "It is good for 14 days, and answered by whoever signs in with that address.",
       .status = 201,
       .errors = {404, 409}},
      [&service](api::Context& ctx, const Invite& request) {
        return answer_of(
            service, service.invite(ctx.caller, request.workspace, request.email, request.role));
      });
  registry.add<IdPath, api::Empty>("DELETE", "/api/v1/workspace-invitations/{id}",
                                   {.operation = "revokeWorkspaceInvitation",
                                    .tag = "permissions",
                                    .summary = "Take an invitation back",
                                    .status = 204,
                                    .errors = {404}},
                                   [&service](api::Context& ctx, const IdPath& path) {
                                     service.revoke_invitation(ctx.caller, path.id);
                                     return api::Empty{};
                                   });
  registry.add<api::Empty, InvitationList>(
      "GET", "/api/v1/me/invitations",
      {.operation = "listOwnInvitations",
       .tag = "account",
       .summary = "Invitations to workspaces for your email address"},
      [&service](api::Context& ctx, const api::Empty&) {
        return list_of(service, service.own_invitations(ctx.caller));
      });
  registry.add<AnswerInvitation, api::Empty>(
      "POST", "/api/v1/me/invitations/{id}",
      {.operation = "answerInvitation",
       .tag = "account",
       .summary = "Accept or decline an invitation",
       .status = 204,
       .errors = {404}},
      [&service](api::Context& ctx, const AnswerInvitation& request) {
        service.answer_invitation(ctx.caller, request.id, request.accept);
        return api::Empty{};
      });
}

}  // namespace

void register_api(api::Registry& registry, Service& service) {
  register_workspaces(registry, service);
  register_members(registry, service);
  register_invitations(registry, service);
  register_items(registry, service);
  register_requests(registry, service);
}

}  // namespace ob::workspaces
