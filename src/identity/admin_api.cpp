// What administrators do with accounts and invitations.
#include "identity/api.h"
#include "identity/api_pages.h"
#include "identity/user_answer.h"

namespace ob::identity {

struct InviteRequest {
  std::string email;
  bool admin = false;
};
BOOST_DESCRIBE_STRUCT(InviteRequest, (), (email, admin))

struct InvitationAnswer {
  std::string id, email;
  bool admin = false;
  std::string invited_by;
  wire::Instant created_at, expires_at;
  std::optional<std::string> link;
};
BOOST_DESCRIBE_STRUCT(InvitationAnswer, (),
                      (id, email, admin, invited_by, created_at, expires_at, link))

struct InvitationList {
  std::vector<InvitationAnswer> items;
};
BOOST_DESCRIBE_STRUCT(InvitationList, (), (items))

struct ChangeUserRequest {
  std::string id;
  std::optional<std::string> name;
  std::optional<bool> admin, disabled;
};
BOOST_DESCRIBE_STRUCT(ChangeUserRequest, (), (id, name, admin, disabled))

struct TemporaryPasswordRequest {
  std::string id, password;
};
BOOST_DESCRIBE_STRUCT(TemporaryPasswordRequest, (), (id, password))

}  // namespace ob::identity

namespace ob::wire {

template <>
struct Rules<identity::InviteRequest> {
  static constexpr auto value =
      rules(rule(&identity::InviteRequest::email, {.min = 3, .max = 254}),
            rule(&identity::InviteRequest::admin, {.optional = true, .text = "As administrator."}));
};
template <>
struct Rules<identity::InvitationAnswer> {
  static constexpr auto value = rules(rule(
      &identity::InvitationAnswer::link,
      {.text = "To hand over: only just after it was made, and where no mail server is set."}));
};
template <>
struct Rules<identity::ChangeUserRequest> {
  static constexpr auto value =
      rules(rule(&identity::ChangeUserRequest::name, {.min = 1, .max = 200}),
            rule(&identity::ChangeUserRequest::disabled,
                 {.text = "A disabled user cannot sign in, and all sessions and keys stop."}));
};
template <>
struct Rules<identity::TemporaryPasswordRequest> {
  static constexpr auto value =
      rules(rule(&identity::TemporaryPasswordRequest::password,
                 {.min = 10, .max = 72, .text = "At most 72 bytes of UTF-8."}));
};

}  // namespace ob::wire

namespace ob::identity {
namespace {

InvitationAnswer to_answer(const Invitation& one) {
  return {.id = one.id,
          .email = one.email,
          .admin = one.admin,
          .invited_by = one.invited_by,
          .created_at = {one.created_at},
          .expires_at = {one.expires_at},
          .link = one.link.empty() ? std::nullopt : std::optional(one.link)};
}

void register_invitations(api::Registry& registry, Accounts& accounts) {
  registry.add<InviteRequest, InvitationAnswer>(
      "POST", "/api/v1/invitations",
      {.operation = "invite",
       .tag = "users",
       .summary = "Invite somebody by email (administrators)",
       .description = "Good for 7 days, in place of an earlier one to the same email.",
       .status = 201,
       .errors = {409, 503}},
      [&accounts](api::Context& context, const InviteRequest& request) {
        return to_answer(accounts.invite(context.caller, request.email, request.admin));
      });
  registry.add<api::Empty, InvitationList>(
      "GET", "/api/v1/invitations",
      {.operation = "listInvitations",
       .tag = "users",
       .summary = "Invitations that were not accepted yet (administrators)"},
      [&accounts](api::Context& context, const api::Empty&) {
        InvitationList answer;
        for (const auto& one : accounts.invitations(context.caller)) {
          answer.items.push_back(to_answer(one));
        }
        return answer;
      });
  registry.add<IdRequest, api::Empty>("DELETE", "/api/v1/invitations/{id}",
                                      {.operation = "revokeInvitation",
                                       .tag = "users",
                                       .summary = "Take an invitation back (administrators)",
                                       .status = 204,
                                       .errors = {404}},
                                      [&accounts](api::Context& context, const IdRequest& request) {
                                        accounts.revoke_invitation(context.caller, request.id);
                                        return api::Empty{};
                                      });
}

}  // namespace

void register_admin_api(api::Registry& registry, Accounts& accounts, Pool& slow) {
  register_invitations(registry, accounts);
  registry.add<ChangeUserRequest, UserAnswer>(
      "PATCH", "/api/v1/users/{id}",
      {.operation = "changeUser",
       .tag = "users",
       .summary = "Rename, disable or enable a user, make them administrator or not "
                  "(administrators)",
       .description = "One administrator always stays.",
       .errors = {404, 409}},
      [&accounts](api::Context& context, const ChangeUserRequest& request) {
        return to_answer(accounts.change_user(
            context.caller, request.id,
            {.name = request.name, .admin = request.admin, .disabled = request.disabled}));
      });
  registry.add<TemporaryPasswordRequest, api::Empty>(
      "POST", "/api/v1/users/{id}/password",
      {.operation = "setTemporaryPassword",
       .tag = "users",
       .summary = "Set a password that its user must change at sign-in (administrators)",
       .description = "Ends all sessions of the user; API keys and the second factor stay.",
       .status = 204,
       .errors = {404, 503},
       .pool = &slow},
      [&accounts](api::Context& context, const TemporaryPasswordRequest& request) {
        accounts.set_temporary_password(context.caller, request.id, request.password);
        return api::Empty{};
      });
  registry.add<IdRequest, api::Empty>(
      "POST", "/api/v1/users/{id}/reset",
      {.operation = "sendReset",
       .tag = "users",
       .summary = "Send a user a link that sets a new password (administrators)",
       .status = 202,
       .errors = {404, 409, 503}},
      [&accounts](api::Context& context, const IdRequest& request) {
        accounts.send_reset(context.caller, request.id);
        return api::Empty{};
      });
  registry.add<IdRequest, api::Empty>(
      "DELETE", "/api/v1/users/{id}/second-factor",
      {.operation = "resetSecondFactor",
       .tag = "users",
       .summary = "Turn off the second factor of a user who lost it (administrators)",
       .status = 204,
       .errors = {404}},
      [&accounts](api::Context& context, const IdRequest& request) {
        accounts.reset_second_factor(context.caller, request.id);
        return api::Empty{};
      });
}

}  // namespace ob::identity
