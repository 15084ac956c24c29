// Passwords that were forgotten, changes of email and name, deletion, and sessions.
#include <algorithm>
#include <boost/json.hpp>

#include "base/error.h"
#include "base/ids.h"
#include "identity/account_service.h"
#include "identity/account_store.h"
#include "identity/budget.h"
#include "identity/letters.h"

namespace ob::identity {
namespace {

namespace json = boost::json;

constexpr Micros kMinute = 60'000'000, kHour = 60 * kMinute;
constexpr Micros kReset = kHour, kEmail = 24 * kHour;
constexpr std::size_t kMaxToken = 100;

Error last_administrator() {
  return conflict("identity.lastAdministrator",
                  "This is the last administrator. Make somebody else one first.");
}

}  // namespace

store::Revocation AccountsService::end_everything(db::Tx& tx, const store::UserRow& user) {
  const store::Revocation revocation{user.user.id, user.epoch + 1};
  store::set_epoch(tx, user.user.id, revocation.epoch);
  store::delete_sessions_of(tx, user.user.id);
  store::revoke(tx, revocation, now_micros());
  return revocation;
}

void AccountsService::forgot_password(const std::string& email, const Origin& origin) {
  check_email(email);
  defer("identity.forgot", email, origin);
}

void AccountsService::on_forgot(db::Tx& tx, const std::string& email) {
  const auto user = store::user_by_email(tx, email_key(email));
  if (user && !user->user.disabled) post_reset(tx, user->user);
}

void AccountsService::post_reset(db::Tx& tx, const User& user) {
  const Micros until = now_micros() + kReset;
  const std::string link =
      make_link(tx, {.kind = "reset", .user_id = user.id, .email = user.email, .expires_at = until},
                "/reset-password");
  post(tx, letters::reset_password(user.email, link, until));
}

void AccountsService::reset_password(const std::string& token, const std::string& password,
                                     const Origin& origin) {
  Passwords::check(password);
  if (token.size() > kMaxToken) throw bad_link();
  const std::string key = sha256_hex(token);
  // The user of a good link; a change of email ends the links that went to the old one.
  const auto find = [&](db::Tx& tx) {
    const auto row = store::link(tx, key, now_micros());
    auto user = row && row->kind == "reset" ? store::user_by_id(tx, row->user_id) : std::nullopt;
    if (!user || user->user.disabled || user->user.email != row->email) throw bad_link();
    audit::about({"user", user->user.id, user->user.email});
    return std::move(*user);
  };
  db_.reading(find);  // before any work that costs
  const std::string hash =
      identity_.passwords().hash(password, {.network = network_of(origin.address)});
  const auto revocation = db_.writing([&](db::Tx& tx) {
    const auto user = find(tx);
    const Micros now = now_micros();
    auto ended = end_everything(tx, user);
    store::set_password(tx, user.user.id, hash, ended.epoch);
    if (!user.user.verified) store::set_verified(tx, user.user.id, now);
    store::delete_links_of(tx, user.user.id);
    // Whoever reads the owner's mail is the owner: strangers who guess do not lock them out here.
    store::remember_network(tx, user.user.id, network_of(origin.address), now);
    post(tx, letters::password_changed(user.user.email, page("/sign-in")));
    return ended;
  });
  identity_.ended({revocation});
  mail_.wake();
}

void AccountsService::change_email(const Caller& caller, const std::string& password,
                                   const std::string& email) {
  check_email(email);
  if (!mail::is_address(email)) {
    throw bad_request("identity.badEmail", "That is not an email address.");
  }
  const auto user = identity_.reauthenticate(caller, password);
  const std::string note = json::serialize(json::object{{"user", user.user.id}, {"email", email}});
  db_.write([&](db::Tx& tx) {
    take(tx, {sha256_hex("email|" + user.user.id), 5, 12 * kMinute}, now_micros());
    mail_.defer(tx, "identity.changeEmail", note);
  });
  mail_.wake();
}

void AccountsService::on_change_email(db::Tx& tx, const std::string& note) {
  const json::value parsed = json::parse(note);
  const std::string id(parsed.at("user").as_string()), email(parsed.at("email").as_string());
  const auto other = store::user_by_email(tx, email_key(email));
  if (!store::user_by_id(tx, id) || (other && other->user.id != id)) return;
  const Micros until = now_micros() + kEmail;
  const std::string link = make_link(
      tx, {.kind = "email", .user_id = id, .email = email, .expires_at = until}, "/confirm-email");
  post(tx, letters::confirm_email(email, link, until));
}

void AccountsService::confirm_email(const std::string& token, const Origin&) {
  if (token.size() > kMaxToken) throw bad_link();
  const auto revocation = db_.writing([&](db::Tx& tx) {
    const Micros now = now_micros();
    const auto row = store::link(tx, sha256_hex(token), now);
    const auto user =
        row && row->kind == "email" ? store::user_by_id(tx, row->user_id) : std::nullopt;
    if (!user) throw bad_link();
    audit::about({"user", user->user.id, row->email});
    const std::string key = email_key(row->email);
    const auto other = store::user_by_email(tx, key);
    if (other && other->user.id != user->user.id) throw bad_link();
    store::set_email(tx, user->user.id, row->email, key, now);
    store::delete_links_of(tx, user->user.id);
    // Tokens name the email: they are made anew. Sessions go on.
    const store::Revocation ended{user->user.id, user->epoch + 1};
    store::set_epoch(tx, user->user.id, ended.epoch);
    store::revoke(tx, ended, now);
    post(tx, letters::email_changed(user->user.email, row->email));
    return ended;
  });
  identity_.ended({revocation});
  mail_.wake();
}

User AccountsService::rename(const Caller& caller, const std::string& name) {
  check_user_name(name);
  return db_.writing([&](db::Tx& tx) {
    auto user = store::user_by_id(tx, caller.user_id);
    if (!user) throw no_such_user();
    store::rename_user(tx, caller.user_id, name);
    user->user.name = name;
    return user->user;
  });
}

void AccountsService::delete_own_account(const Caller& caller, const std::string& password,
                                         const std::string& code) {
  const auto proved = identity_.reauthenticate(caller, password);
  require_code(caller, code);
  const auto revocation = db_.writing([&](db::Tx& tx) {
    const auto user = store::user_by_id(tx, caller.user_id);
    if (!user || user->password_hash != proved.password_hash) throw no_such_user();
    if (user->user.admin && store::count_admins(tx) <= 1) throw last_administrator();
    store::Revocation ended{user->user.id, user->epoch + 1};
    store::delete_user(tx, user->user.id);
    store::revoke(tx, ended, now_micros());
    post(tx, letters::account_deleted(user->user.email));
    return ended;
  });
  identity_.ended({revocation});
  mail_.wake();
}

std::vector<Session> AccountsService::sessions(const Caller& caller) {
  std::vector<Session> out;
  for (auto& row :
       db_.reading([&](db::Tx& tx) { return store::sessions_of(tx, caller.user_id); })) {
    out.push_back({.id = row.id,
                   .address = row.address,
                   .user_agent = row.user_agent,
                   .created_at = row.created_at,
                   .last_used_at = row.last_used_at,
                   .current = row.id == caller.session,
                   .via = row.via});
  }
  return out;
}

void AccountsService::end_session(const Caller& caller, const std::string& id) {
  db_.write([&](db::Tx& tx) {
    const auto own = store::sessions_of(tx, caller.user_id);
    if (std::ranges::none_of(own, [&](const auto& row) { return row.id == id; })) {
      throw not_found("identity.sessionNotFound", "You have no such session.");
    }
    store::delete_session(tx, id);
    store::revoke(tx, {.subject = id}, now_micros());
  });
  identity_.ended({{.subject = id}});
}

void AccountsService::end_other_sessions(const Caller& caller) {
  const auto revocations = db_.writing([&](db::Tx& tx) {
    std::vector<store::Revocation> ended;
    for (const auto& row : store::sessions_of(tx, caller.user_id)) {
      if (row.id == caller.session) continue;
      store::delete_session(tx, row.id);
      store::revoke(tx, {.subject = row.id}, now_micros());
      ended.push_back({.subject = row.id});
    }
    return ended;
  });
  identity_.ended(revocations);
}

// What administrators do with the accounts of others.

User AccountsService::change_user(const Caller& caller, const std::string& id,
                                  const UserChange& change) {
  require_admin(caller);
  if (change.name) check_user_name(*change.name);
  std::optional<store::Revocation> revocation;
  const User out = db_.writing([&](db::Tx& tx) {
    revocation.reset();
    const auto user = store::user_by_id(tx, id);
    if (!user || user->user.service) throw no_such_user();
    if (change.name) store::rename_user(tx, id, *change.name);
    const bool other_role = change.admin && *change.admin != user->user.admin;
    const bool other_state = change.disabled && *change.disabled != user->user.disabled;
    if (other_role) store::set_admin(tx, id, *change.admin);
    if (other_state) {
      store::set_disabled(tx, id, *change.disabled ? std::optional(now_micros()) : std::nullopt);
    }
    if (store::count_admins(tx) == 0) throw last_administrator();
    if (other_state && *change.disabled) {
      revocation = end_everything(tx, *user);
    } else if (other_role) {
      // Tokens say whether somebody is an administrator: they are made anew.
      revocation = store::Revocation{id, user->epoch + 1};
      store::set_epoch(tx, id, revocation->epoch);
      store::revoke(tx, *revocation, now_micros());
    }
    return store::user_by_id(tx, id)->user;
  });
  if (revocation) identity_.ended({*revocation});
  return out;
}

void AccountsService::set_temporary_password(const Caller& caller, const std::string& id,
                                             const std::string& password) {
  require_admin(caller);
  Passwords::check(password);
  const std::string hash = identity_.passwords().hash(password);
  const auto revocation = db_.writing([&](db::Tx& tx) {
    const auto user = store::user_by_id(tx, id);
    if (!user || user->user.service) throw no_such_user();
    auto ended = end_everything(tx, *user);
    store::set_password(tx, id, hash, ended.epoch);
    store::set_temporary(tx, id, true);
    store::delete_links_of(tx, id);
    return ended;
  });
  identity_.ended({revocation});
}

void AccountsService::send_reset(const Caller& caller, const std::string& id) {
  require_admin(caller);
  db_.write([&](db::Tx& tx) {
    const auto user = store::user_by_id(tx, id);
    if (!user || user->user.service) throw no_such_user();
    if (!mail::is_address(user->user.email)) {
      throw conflict("identity.noMailbox", "Letters cannot go to the email of this user.");
    }
    post_reset(tx, user->user);
  });
  mail_.wake();
}

}  // namespace ob::identity
