// Endpoints of requests for access, and of preferences.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "workspaces/api_parts.h"

namespace ob::workspaces {

enum class Theme { system, light, dark };
BOOST_DESCRIBE_ENUM(Theme, system, light, dark)

struct EditorPreferences {
  std::int64_t font_size = 13, tab_size = 2;
  bool line_numbers = true, word_wrap = true;
};
BOOST_DESCRIBE_STRUCT(EditorPreferences, (), (font_size, tab_size, line_numbers, word_wrap))

struct NotificationPreferences {
  bool email = true;
};
BOOST_DESCRIBE_STRUCT(NotificationPreferences, (), (email))

struct Preferences {
  Theme theme = Theme::system;
  std::string time_zone, language;
  EditorPreferences editor;
  NotificationPreferences notifications;
};
BOOST_DESCRIBE_STRUCT(Preferences, (), (theme, time_zone, language, editor, notifications))

struct WorkspacePreferences {
  std::string catalog, schema;
};
BOOST_DESCRIBE_STRUCT(WorkspacePreferences, (), (catalog, schema))
struct SetWorkspacePreferences {
  std::string workspace, catalog, schema;
};
BOOST_DESCRIBE_STRUCT(SetWorkspacePreferences, (), (workspace, catalog, schema))

struct RequestAccess {
  std::string type, object, role = "viewer", message;
};
BOOST_DESCRIBE_STRUCT(RequestAccess, (), (type, object, role, message))
struct RequestAnswer {
  std::string id, type, object, requester_id, requester, role, message, state;
  bool own = false;
  wire::Instant created_at;
  std::optional<wire::Instant> decided_at;
};
BOOST_DESCRIBE_STRUCT(RequestAnswer, (),
                      (id, type, object, requester_id, requester, role, message, state, own,
                       created_at, decided_at))
struct RequestList {
  std::vector<RequestAnswer> items;
};
BOOST_DESCRIBE_STRUCT(RequestList, (), (items))
struct ListRequests {
  bool all = false;
};
BOOST_DESCRIBE_STRUCT(ListRequests, (), (all))
struct DecideRequest {
  std::string id;
  bool grant = false;
  std::optional<std::string> role;
};
BOOST_DESCRIBE_STRUCT(DecideRequest, (), (id, grant, role))

}  // namespace ob::workspaces

namespace ob::wire {

template <>
struct Rules<workspaces::EditorPreferences> {
  static constexpr auto value = rules(
      rule(&workspaces::EditorPreferences::font_size, {.min = 8, .max = 32, .optional = true}),
      rule(&workspaces::EditorPreferences::tab_size, {.min = 1, .max = 8, .optional = true}),
      rule(&workspaces::EditorPreferences::line_numbers, {.optional = true}),
      rule(&workspaces::EditorPreferences::word_wrap, {.optional = true}));
};
template <>
struct Rules<workspaces::Preferences> {
  static constexpr auto value =
      rules(rule(&workspaces::Preferences::theme, {.optional = true}),
            rule(&workspaces::Preferences::time_zone,
                 {.max = 64, .optional = true, .text = "As Europe/Berlin; empty: the browser's."}),
            rule(&workspaces::Preferences::language,
                 {.max = 35,
                  .optional = true,
                  .text = "How numbers and dates are written, as de-DE; empty: the browser's."}),
            rule(&workspaces::Preferences::editor, {.optional = true}),
            rule(&workspaces::Preferences::notifications, {.optional = true}));
};
template <>
struct Rules<workspaces::NotificationPreferences> {
  static constexpr auto value =
      rules(rule(&workspaces::NotificationPreferences::email,
                 {.optional = true, .text = "Letters about what is unread in the inbox."}));
};
template <>
struct Rules<workspaces::WorkspacePreferences> {
  static constexpr auto value =
      rules(rule(&workspaces::WorkspacePreferences::catalog, {.max = 255, .optional = true}),
            rule(&workspaces::WorkspacePreferences::schema, {.max = 255, .optional = true}));
};
template <>
struct Rules<workspaces::SetWorkspacePreferences> {
  static constexpr auto value =
      rules(rule(&workspaces::SetWorkspacePreferences::catalog,
                 {.max = 255, .optional = true, .text = "That the SQL editor starts in."}),
            rule(&workspaces::SetWorkspacePreferences::schema, {.max = 255, .optional = true}));
};
template <>
struct Rules<workspaces::RequestAccess> {
  static constexpr auto value =
      rules(rule(&workspaces::RequestAccess::type,
                 {.min = 1, .max = 50, .text = "As in /permissions: table, workspace, folder, …"}),
            rule(&workspaces::RequestAccess::object,
                 {.min = 1, .max = 800, .text = "What the object is called."}),
            rule(&workspaces::RequestAccess::role, {.min = 1, .max = 100, .optional = true}),
            rule(&workspaces::RequestAccess::message, {.max = 2000, .optional = true}));
};
template <>
struct Rules<workspaces::ListRequests> {
  static constexpr auto value =
      rules(rule(&workspaces::ListRequests::all,
                 {.optional = true, .text = "Your own that were decided, too."}));
};
template <>
struct Rules<workspaces::DecideRequest> {
  static constexpr auto value = rules(
      rule(&workspaces::DecideRequest::role, {.max = 100, .text = "Another role than asked for."}));
};

}  // namespace ob::wire

namespace ob::workspaces {
namespace {

ObjectType type_of(const std::string& name) {
  if (const auto type = identity::object_type_named(name)) return *type;
  throw bad_request("workspaces.badType", "There is no type of object '" + name + "'.");
}

template <class T>
T read(const std::string& json) {
  return wire::decode<T>(boost::json::parse(json));
}

RequestAnswer answer_of(Service& service, const Caller& caller, const AccessRequest& r) {
  constexpr std::string_view kStates[] = {"open", "granted", "refused"};
  return {r.id,
          std::string(identity::to_text(r.type)),
          r.reference,
          r.requester,
          service.owner_name(r.requester),
          r.role,
          r.message,
          std::string(kStates[static_cast<std::size_t>(r.state)]),
          r.requester == caller.user_id,
          {r.created_at},
          r.decided_at ? std::optional(wire::Instant{*r.decided_at}) : std::nullopt};
}

void register_preferences(api::Registry& registry, Service& service) {
  registry.add<api::Empty, Preferences>(
      "GET", "/api/v1/me/preferences",
      {.operation = "getPreferences", .tag = "account", .summary = "What you prefer"},
      [&service](api::Context& ctx, const api::Empty&) {
        return read<Preferences>(service.preferences(ctx.caller, ""));
      });
  registry.add<Preferences, Preferences>(
      "PUT", "/api/v1/me/preferences",
      {.operation = "setPreferences", .tag = "account", .summary = "Change what you prefer"},
      [&service](api::Context& ctx, const Preferences& wanted) {
        service.set_preferences(ctx.caller, "", boost::json::serialize(wire::encode(wanted)));
        return wanted;
      });
  registry.add<WorkspacePath, WorkspacePreferences>(
      "GET", "/api/v1/workspaces/{workspace}/preferences",
      {.operation = "getWorkspacePreferences",
       .tag = "workspaces",
       .summary = "What you prefer in a workspace",
       .errors = {404}},
      [&service](api::Context& ctx, const WorkspacePath& path) {
        return read<WorkspacePreferences>(service.preferences(ctx.caller, path.workspace));
      });
  registry.add<SetWorkspacePreferences, WorkspacePreferences>(
      "PUT", "/api/v1/workspaces/{workspace}/preferences",
      {.operation = "setWorkspacePreferences",
       .tag = "workspaces",
       .summary = "Change what you prefer in a workspace",
       .errors = {404}},
      [&service](api::Context& ctx, const SetWorkspacePreferences& request) {
        const WorkspacePreferences wanted{request.catalog, request.schema};
        service.set_preferences(ctx.caller, request.workspace,
                                boost::json::serialize(wire::encode(wanted)));
        return wanted;
      });
}

}  // namespace

void register_requests(api::Registry& registry, Service& service) {
  register_preferences(registry, service);
  registry.add<RequestAccess, api::Empty>(
      "POST", "/api/v1/access-requests",
      {.operation = "requestAccess",
       .tag = "permissions",
       .summary = "Ask for access to an object",
       .description = "Answers the same whether or not there is such an object.",
       .status = 202,
       .errors = {404, 409}},
      [&service](api::Context& ctx, const RequestAccess& request) {
        service.request_access(ctx.caller, type_of(request.type), request.object, request.role,
                               request.message);
        return api::Empty{};
      });
  registry.add<ListRequests, RequestList>(
      "GET", "/api/v1/access-requests",
      {.operation = "listAccessRequests",
       .tag = "permissions",
       .summary = "Requests that you may decide on, and your own; newest first"},
      [&service](api::Context& ctx, const ListRequests& request) {
        RequestList out;
        for (const auto& r : service.access_requests(ctx.caller, !request.all))
          out.items.push_back(answer_of(service, ctx.caller, r));
        return out;
      });
  registry.add<DecideRequest, api::Empty>(
      "POST", "/api/v1/access-requests/{id}",
      {.operation = "decideAccessRequest",
       .tag = "permissions",
       .summary = "Grant or refuse what somebody asked for",
       .status = 204,
       .errors = {404}},
      [&service](api::Context& ctx, const DecideRequest& request) {
        service.decide(ctx.caller, request.id, request.grant, request.role.value_or(""));
        return api::Empty{};
      });
}

}  // namespace ob::workspaces
