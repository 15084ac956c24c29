// Registration and invitations.
#include <boost/json.hpp>

#include "base/error.h"
#include "base/ids.h"
#include "identity/account_service.h"
#include "identity/account_store.h"
#include "identity/audited_accounts.h"
#include "identity/budget.h"
#include "identity/letters.h"

namespace ob::identity {
namespace {

namespace json = boost::json;

constexpr Micros kHour = 3'600'000'000;
constexpr Micros kVerify = 24 * kHour, kInvitation = 7 * 24 * kHour;
constexpr Micros kMinute = 60'000'000;
constexpr std::size_t kMaxToken = 100;

Error closed() {
  return forbidden("identity.registrationClosed",
                   "This server does not let people make accounts by themselves. Ask an "
                   "administrator for one.");
}

// Letters go there, so more is asked of it than of an address that an administrator types.
void check_mailbox(const std::string& email) {
  check_email(email);
  if (!mail::is_address(email)) {
    throw bad_request("identity.badEmail", "That is not an email address.");
  }
}

}  // namespace

Error bad_link() {
  return bad_request("identity.badLink",
                     "This link was used, is too old or is not complete. Ask for a new one.");
}

AccountsService::AccountsService(IdentityService& identity, mail::Mail& mail,
                                 AccountOptions options)
    : identity_(identity), db_(identity.database()), mail_(mail), options_(std::move(options)) {
  const auto handle = [&](const char* kind, auto method) {
    mail_.handle(
        kind, [this, method](db::Tx& tx, const std::string& note) { (this->*method)(tx, note); });
  };
  handle("identity.register", &AccountsService::on_register);
  handle("identity.resend", &AccountsService::on_resend);
  handle("identity.forgot", &AccountsService::on_forgot);
  handle("identity.changeEmail", &AccountsService::on_change_email);
}

std::string AccountsService::page(const std::string& path, const std::string& token) const {
  // The fragment stays in the browser: no log and no other site sees it.
  return options_.public_url() + path + (token.empty() ? "" : "#token=" + token);
}

std::string AccountsService::make_link(db::Tx& tx, store::LinkRow row, const std::string& path) {
  const std::string token = random_token(32);
  const Micros now = now_micros();
  store::delete_expired_links(tx, now);
  store::insert_link(tx, sha256_hex(token), row, now);
  return page(path, token);
}

void AccountsService::post(db::Tx& tx, const mail::Letter& letter) {
  const Budget budget{sha256_hex("letters|" + email_key(letter.to)), 6, 10 * kMinute};
  if (mail::is_address(letter.to) && try_take(tx, budget, now_micros())) mail_.post(tx, letter);
}

void AccountsService::take_request(db::Tx& tx, const Origin& origin) {
  take(tx, {sha256_hex("requests|" + network_of(origin.address)), 20, 3 * kMinute}, now_micros());
}

void AccountsService::defer(const std::string& kind, const std::string& note,
                            const Origin& origin) {
  db_.write([&](db::Tx& tx) {
    take_request(tx, origin);
    mail_.defer(tx, kind, note);
  });
  mail_.wake();
}

void AccountsService::register_account(const std::string& email, const std::string& name,
                                       const std::string& password, const Origin& origin) {
  if (options_.registration != Registration::open) throw closed();
  check_mailbox(email);
  identity_.require_password_sign_in(email);
  check_user_name(name);
  Passwords::check(password);
  db_.write([&](db::Tx& tx) { take_request(tx, origin); });
  const std::string hash =
      identity_.passwords().hash(password, {.network = network_of(origin.address)});
  const std::string note =
      json::serialize(json::object{{"email", email}, {"name", name}, {"hash", hash}});
  db_.write([&](db::Tx& tx) {
    if (mail_.has_server()) {
      mail_.defer(tx, "identity.register", note);
    } else {
      on_register(tx, note);  // nobody waits for a letter: the account works at once
    }
  });
  mail_.wake();
}

void AccountsService::on_register(db::Tx& tx, const std::string& note) {
  const json::value parsed = json::parse(note);
  const auto text = [&](const char* key) { return std::string(parsed.at(key).as_string()); };
  const std::string email = text("email");
  if (const auto user = store::user_by_email(tx, email_key(email))) {
    post(tx, letters::already_registered(user->user.email, page("/sign-in")));
    return;
  }
  const Micros until = now_micros() + kVerify;
  store::LinkRow row{.kind = "register",
                     .email = email,
                     .name = text("name"),
                     .password_hash = text("hash"),
                     .expires_at = until};
  if (!mail_.has_server()) {
    const User user{.id = new_uuid(),
                    .email = email,
                    .name = row.name,
                    .created_at = now_micros(),
                    .verified = false};
    store::insert_user(tx, user, email_key(email), row.password_hash);
    row = {.kind = "verify", .user_id = user.id, .email = email, .expires_at = until};
  }
  post(tx, letters::confirm_registration(email, text("name"), make_link(tx, row, "/verify-email"),
                                         until));
}

void AccountsService::resend(const std::string& email, const Origin& origin) {
  check_mailbox(email);
  defer("identity.resend", email, origin);
}

void AccountsService::on_resend(db::Tx& tx, const std::string& email) {
  const Micros now = now_micros(), until = now + kVerify;
  const auto user = store::user_by_email(tx, email_key(email));
  store::LinkRow row{.kind = "verify", .expires_at = until};
  std::string name;
  if (user && !user->user.verified) {
    row.user_id = user->user.id;
    row.email = user->user.email;
    name = user->user.name;
  } else if (const auto waiting = store::newest_link(tx, "register", email_key(email), now);
             !user && waiting) {
    row = *waiting;
    row.expires_at = until;
    name = row.name;
  } else {
    return;
  }
  post(tx,
       letters::confirm_registration(row.email, name, make_link(tx, row, "/verify-email"), until));
}

void AccountsService::verify(const std::string& token, const Origin&) {
  if (token.size() > kMaxToken) throw bad_link();
  db_.write([&](db::Tx& tx) {
    const Micros now = now_micros();
    const auto row = store::link(tx, sha256_hex(token), now);
    if (!row || (row->kind != "register" && row->kind != "verify")) throw bad_link();
    const std::string key = email_key(row->email);
    const auto user = store::user_by_email(tx, key);
    audit::about({"user", user ? user->user.id : "", row->email});
    if (row->kind == "register") {
      if (user) throw bad_link();
      store::insert_user(
          tx, {.id = new_uuid(), .email = row->email, .name = row->name, .created_at = now}, key,
          row->password_hash);
    } else {
      // The link confirms the address that it went to, not one that the user has since.
      if (!user || user->user.id != row->user_id) throw bad_link();
      store::set_verified(tx, user->user.id, now);
    }
    store::delete_links(tx, "register", key);
    store::delete_links(tx, "verify", key);
  });
}

Invitation AccountsService::invite(const Caller& caller, const std::string& email, bool admin) {
  require_admin(caller);
  if (options_.registration == Registration::off) throw closed();
  check_mailbox(email);
  const Micros now = now_micros();
  const std::string token = random_token(32);
  Invitation invitation{.id = new_uuid(),
                        .email = email,
                        .admin = admin,
                        .invited_by = caller.email,
                        .created_at = now,
                        .expires_at = now + kInvitation};
  const std::string link = page("/accept-invitation", token);
  db_.write([&](db::Tx& tx) {
    if (store::user_by_email(tx, email_key(email))) {
      throw conflict("identity.emailTaken", "There is already a user with that email.");
    }
    store::delete_expired_links(tx, now);
    store::insert_invitation(tx, {invitation, sha256_hex(token), caller.user_id});
    mail_.post(tx, letters::invitation(email, caller.email, link, invitation.expires_at));
  });
  mail_.wake();
  // Without a server nobody else could hand it over; an administrator may make accounts anyway.
  if (!mail_.has_server()) invitation.link = link;
  return invitation;
}

std::vector<Invitation> AccountsService::invitations(const Caller& caller) {
  require_admin(caller);
  return db_.reading([](db::Tx& tx) { return store::invitations(tx, now_micros()); });
}

void AccountsService::revoke_invitation(const Caller& caller, const std::string& id) {
  require_admin(caller);
  if (!db_.writing([&](db::Tx& tx) { return store::delete_invitation(tx, id); })) {
    throw not_found("identity.invitationNotFound", "There is no such invitation.");
  }
}

Invitation AccountsService::invitation(const std::string& token) {
  if (token.size() > kMaxToken) throw bad_link();
  const auto found = db_.reading(
      [&](db::Tx& tx) { return store::invitation_by_token(tx, sha256_hex(token), now_micros()); });
  if (!found) throw bad_link();
  return *found;
}

SignedIn AccountsService::accept(const std::string& token, const std::string& name,
                                 const std::string& password, const Origin& origin) {
  check_user_name(name);
  Passwords::check(password);
  // Before any work that costs.
  identity_.require_password_sign_in(invitation(token).email);
  const std::string hash =
      identity_.passwords().hash(password, {.network = network_of(origin.address)});
  return db_.writing([&](db::Tx& tx) {
    const Micros now = now_micros();
    const auto found = store::invitation_by_token(tx, sha256_hex(token), now);
    if (!found || store::user_by_email(tx, email_key(found->email))) throw bad_link();
    const auto inviter = store::user_by_email(tx, email_key(found->invited_by));
    if (!inviter || !inviter->user.admin || inviter->user.disabled) throw bad_link();
    const User user{.id = new_uuid(),
                    .email = found->email,
                    .name = name,
                    .admin = found->admin,
                    .created_at = now};
    store::insert_user(tx, user, email_key(user.email), hash);
    store::delete_invitation(tx, found->id);
    store::delete_links(tx, "register", email_key(user.email));
    return identity_.start_session(tx, *store::user_by_id(tx, user.id), origin);
  });
}

std::unique_ptr<Accounts> open_accounts(Identity& identity, mail::Mail& mail,
                                        AccountOptions options) {
  return std::make_unique<AuditedAccounts>(dynamic_cast<IdentityService&>(identity), mail,
                                           std::move(options));
}

}  // namespace ob::identity
