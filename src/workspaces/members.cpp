// Members of a workspace, and invitations to become one.
#include <algorithm>

#include "base/error.h"
#include "base/ids.h"
#include "identity/budget.h"
#include "workspaces/service.h"
#include "workspaces/store.h"

namespace ob::workspaces {
namespace {

constexpr Micros kInvitationLife = 14LL * 86'400 * 1'000'000;
constexpr std::size_t kMostInvitations = 500;
constexpr Micros kMinute = 60'000'000;

Error no_such_invitation() {
  return not_found("workspaces.invitationNotFound", "There is no such invitation any more.");
}

// Everybody may make workspaces: they must not fill other people's mailboxes with them.
void take_letter(db::Tx& tx, const std::string& inviter, const std::string& email, Micros now) {
  const identity::Budget to{sha256_hex("invitations|to|" + store::key_of(email)), 5, 60 * kMinute};
  const identity::Budget from{sha256_hex("invitations|from|" + inviter), 100, 3 * kMinute};
  if (identity::try_take(tx, to, now) && identity::try_take(tx, from, now)) return;
  throw Error(429, "workspaces.tooManyLetters",
              "Too many invitations went to this address, or from you. Try again in an hour.");
}

// Names are what strangers typed: nothing that mail programs make a link of.
std::string harmless(const std::string& text) {
  std::string out;
  for (const char c : text.substr(0, 100))
    out += std::string_view("./:@\\<>[]").contains(c) ? ' ' : c;
  return out;
}

}  // namespace

std::vector<Member> WorkspaceService::members(const Caller& caller, const std::string& workspace) {
  const auto found = require_workspace(caller, Privilege::browse, workspace);
  std::vector<Member> out;
  const auto roles = permissions().roles(caller);
  if (const auto owner = permissions().find_by_id(found->workspace.owner)) {
    const auto role = std::ranges::find(roles, "owner", &identity::Role::id);
    out.push_back({*owner, *role});
  }
  // Members see each other, though only who manages the workspace may ask for its grants.
  const std::span path(&found->container.object, 1);
  for (auto& grant : permissions().grants(identity::Identity::system(), path, false))
    if (grant.role && grant.principal.id != found->workspace.owner)
      out.push_back({std::move(grant.principal), std::move(*grant.role)});
  return out;
}

void WorkspaceService::set_member(const Caller& caller, const std::string& workspace,
                                  const std::string& principal, const std::string& role) {
  const auto found = require_workspace(caller, Privilege::manage, workspace);
  const auto who = permissions().principal(caller, principal);
  if (who.id == found->workspace.owner)
    throw conflict("workspaces.isOwner",
                   "The owner has every right: give the workspace to somebody else first.");
  permissions().set_grant(caller, std::span(&found->container.object, 1), who.id, {{}, role});
}

void WorkspaceService::remove_member(const Caller& caller, const std::string& workspace,
                                     const std::string& principal) {
  const auto found = require_workspace(caller, Privilege::browse, workspace);
  const auto who = permissions().principal(caller, principal);
  if (who.id == found->workspace.owner)
    throw conflict("workspaces.isOwner",
                   "The owner cannot leave: give the workspace to somebody else first.");
  const std::span path(&found->container.object, 1);
  const bool leaves = who.id == caller.user_id && !caller.read_only;
  permissions().set_grant(leaves ? identity::Identity::system() : caller, path, who.id, {});
}

Invitation WorkspaceService::invite(const Caller& caller, const std::string& workspace,
                                    const std::string& email, const std::string& role) {
  const auto found = require_workspace(caller, Privilege::manage, workspace);
  if (!mail::is_address(email))
    throw bad_request("workspaces.badEmail", "'" + email + "' is no email address.");
  const auto roles = permissions().roles(caller);
  const auto given = std::ranges::find(roles, role, &identity::Role::id);
  if (given == roles.end())
    throw not_found("identity.roleNotFound", "There is no role '" + role + "'.");
  const Micros now = now_micros();
  const Invitation invitation{new_uuid(),     workspace, found->workspace.name, email, role,
                              caller.user_id, now,       now + kInvitationLife};
  db_.write([&](db::Tx& tx) {
    if (store::invitations_of(tx, workspace, now).size() >= kMostInvitations)
      throw conflict("workspaces.tooManyInvitations",
                     "500 invitations are open: wait until some are answered, or revoke some.");
    take_letter(tx, caller.user_id, email, now);
    store::put_invitation(tx, invitation, store::key_of(email));
    mail_.post(
        tx, {.to = email,
             .subject = "An invitation to a workspace",
             .paragraphs = {harmless(owner_name(caller.user_id)) +
                            " invites you to work together in “" + harmless(found->workspace.name) +
                            "”, as " + harmless(given->name) + "."},
             .link_text = "See the invitation",
             .link = public_url_() + "/workspaces",
             .after = {"Sign in with this email address to accept or decline; if you have "
                       "no account yet, make one with it. The invitation is good for 14 "
                       "days."},
             .good_until = invitation.expires_at});
  });
  mail_.wake();
  return invitation;
}

std::vector<Invitation> WorkspaceService::invitations(const Caller& caller,
                                                      const std::string& workspace) {
  require_workspace(caller, Privilege::manage, workspace);
  return db_.reading(
      [&](db::Tx& tx) { return store::invitations_of(tx, workspace, now_micros()); });
}

void WorkspaceService::revoke_invitation(const Caller& caller, const std::string& id) {
  const auto found = db_.reading([&](db::Tx& tx) { return store::find_invitation(tx, id); });
  if (!found) throw no_such_invitation();
  const auto workspace = directory_.find(found->workspace);
  if (!workspace ||
      !permissions().may(caller, Privilege::manage, std::span(&workspace->container.object, 1)))
    throw no_such_invitation();
  db_.write([&](db::Tx& tx) { store::delete_invitation(tx, id); });
}

// Whoever may not manage the workspace any more opens it to nobody.
bool WorkspaceService::still_invites(const Invitation& invitation) {
  const auto workspace = directory_.find(invitation.workspace);
  if (!workspace) return false;
  try {
    const auto inviter = identity_.me({.user_id = invitation.invited_by});
    const Caller as_they{.user_id = inviter.id, .email = inviter.email, .admin = inviter.admin};
    return !inviter.disabled && permissions().may(as_they, Privilege::manage,
                                                  std::span(&workspace->container.object, 1));
  } catch (const Error& error) {
    if (error.status() != 404) throw;
    return false;  // deleted
  }
}

std::vector<Invitation> WorkspaceService::own_invitations(const Caller& caller) {
  const auto user = identity_.me(caller);
  if (!user.verified) return {};
  auto out = db_.reading([&](db::Tx& tx) {
    return store::invitations_to(tx, store::key_of(user.email), now_micros());
  });
  std::erase_if(out, [&](const Invitation& one) { return !still_invites(one); });
  return out;
}

void WorkspaceService::answer_invitation(const Caller& caller, const std::string& id, bool accept) {
  if (caller.read_only) throw forbidden("identity.forbidden", "This sign-in may only read.");
  const auto own = own_invitations(caller);
  const auto found = std::ranges::find(own, id, &Invitation::id);
  if (found == own.end()) throw no_such_invitation();
  const auto workspace = directory_.find(found->workspace);
  if (!workspace) throw no_such_invitation();
  const bool member =
      permissions().may(caller, Privilege::manage, std::span(&workspace->container.object, 1));
  db_.write([&](db::Tx& tx) {
    if (!store::delete_invitation(tx, id)) throw no_such_invitation();
  });
  if (accept && !member)
    permissions().set_grant(identity::Identity::system(),
                            std::span(&workspace->container.object, 1), caller.user_id,
                            {{}, found->role});
}

}  // namespace ob::workspaces
