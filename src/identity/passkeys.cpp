#include "identity/passkeys.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "identity/account_store.h"
#include "identity/audited_accounts.h"
#include "identity/budget.h"
#include "identity/letters.h"
#include "identity/passkey_store.h"
#include "identity/service.h"
#include "identity/tickets.h"
#include "identity/webauthn.h"

namespace ob::identity {
namespace {

namespace json = boost::json;

constexpr Micros kSecond = 1'000'000, kMinute = 60 * kSecond;
constexpr Micros kChallenge = 5 * kMinute, kFresh = 10 * kMinute;
constexpr std::size_t kChallengeBytes = 32;
constexpr std::int64_t kMaxPasskeys = 20;
constexpr std::string_view kCreate = "identity.passkey:create", kGet = "identity.passkey:get",
                           kSecondFactor = "identity.passkey:second-factor";
constexpr const char* kVia = "a passkey";
constexpr std::array<std::string_view, 6> kTransports{"ble", "hybrid",     "internal",
                                                      "nfc", "smart-card", "usb"};

// The same whatever is wrong, so that it tells nothing of accounts.
Error bad_passkey(const std::string& why) {
  return {401, "identity.badPasskey",
          "This passkey did not sign you in: it is not known here, or its answer came too late. "
          "Try again, or sign in in another way.",
          why};
}

Error no_such_passkey() {
  return not_found("identity.passkeyNotFound", "You have no such passkey.");
}

std::string decoded(const std::string& text) {
  std::string out;
  if (!base64url_decode(text, out)) throw webauthn::Refused("it is not base64url");
  return out;
}

std::vector<std::string> known_transports(const std::vector<std::string>& given) {
  std::vector<std::string> out;
  for (const auto name : kTransports) {
    if (std::ranges::find(given, name) != given.end()) out.emplace_back(name);
  }
  return out;
}

std::vector<PasskeyReference> references(const std::vector<store::PasskeyRow>& rows) {
  std::vector<PasskeyReference> out;
  for (const auto& row : rows) out.push_back({row.credential_id, row.transports});
  return out;
}

Budget failures_from(const Origin& origin) {
  return {sha256_hex("passkeys|" + network_of(origin.address)), 50, 10 * kSecond};
}

// What a browser was asked.
struct Ticket {
  std::string challenge, user, used_key;
  std::int64_t epoch = 0;
  Micros until = 0;
};

class PasskeyService final : public Passkeys {
 public:
  PasskeyService(IdentityService& identity, AccountsService& accounts)
      : identity_(identity), accounts_(accounts), db_(identity.database()) {}

  std::vector<Passkey> list(const Caller& caller) override;
  bool proves_by_password(const Caller& caller) override;
  PasskeyCreation begin(const Caller& caller, const std::string& password,
                        const std::string& code) override;
  Passkey add(const Caller& caller, const NewPasskey& made) override;
  Passkey rename(const Caller& caller, const std::string& id, const std::string& name) override;
  void remove(const Caller& caller, const std::string& id, const std::string& password,
              const std::string& code) override;
  void remove_all(const Caller& caller, const std::string& user_id) override;
  PasskeyRequest ask() override { return ask(kGet, {}, {}); }
  SignedIn sign_in(const PasskeyProof& proof, const Origin& origin) override;
  PasskeyRequest ask_second(const std::string& challenge) override;
  SignedIn second_factor(const std::string& challenge, const PasskeyProof& proof,
                         const Origin& origin) override;

 private:
  webauthn::RelyingParty party() const;
  std::string make_ticket(std::string_view context, const std::string& challenge,
                          const store::UserRow* user) const;
  // Throws webauthn::Refused for one that is none of ours or too old.
  Ticket read_ticket(std::string_view context, const std::string& text) const;
  PasskeyRequest ask(std::string_view context, const store::UserRow* user,
                     std::vector<PasskeyReference> allow) const;

  // The own account, once it was proved to be the own.
  store::UserRow proved(const Caller& caller, const std::string& password, const std::string& code);
  store::PasskeyRow own(db::Tx& tx, const Caller& caller, const std::string& id) const;
  Passkey store_new(const Caller& caller, const NewPasskey& made);
  void take_away(const Caller& caller, const std::string& id, const std::string& password,
                 const std::string& code, audit::Event& event);

  // The user whom a proof is of, and that it was used; `user_id` may be empty: anybody.
  store::UserRow check(std::string_view context, const PasskeyProof& proof,
                       const std::string& user_id, const Origin& origin);
  store::UserRow verify(std::string_view context, const PasskeyProof& proof,
                        const std::string& user_id);
  // What hangs on the proof being right: it works once, and its counter goes up.
  store::UserRow use(const std::string& credential_id, const Ticket& ticket,
                     const webauthn::Asserted& asserted);

  IdentityService& identity_;
  AccountsService& accounts_;
  db::Database& db_;
};

webauthn::RelyingParty PasskeyService::party() const {
  if (auto found = webauthn::relying_party(accounts_.public_url())) return std::move(*found);
  throw conflict("identity.noPasskeysHere",
                 "Browsers allow passkeys only at an address with a name and TLS. An administrator "
                 "can give the server one, with the setting public_url.");
}

std::string PasskeyService::make_ticket(std::string_view context, const std::string& challenge,
                                        const store::UserRow* user) const {
  return seal_object(identity_.box(),
                     {{"challenge", challenge},
                      {"user", user ? user->user.id : std::string()},
                      {"epoch", user ? user->epoch : 0},
                      {"until", now_micros() + kChallenge}},
                     context);
}

Ticket PasskeyService::read_ticket(std::string_view context, const std::string& text) const {
  const auto content = open_object(identity_.box(), text, context);
  if (!content) throw webauthn::Refused("the ticket is none");
  const std::string challenge(content->at("challenge").as_string());
  Ticket out{.challenge = decoded(challenge),
             .user = std::string(content->at("user").as_string()),
             .used_key = sha256_hex(challenge),
             .epoch = content->at("epoch").as_int64(),
             .until = content->at("until").as_int64()};
  if (out.until < now_micros()) throw webauthn::Refused("the challenge is too old");
  return out;
}

std::vector<Passkey> PasskeyService::list(const Caller& caller) {
  std::vector<Passkey> out;
  for (auto& row :
       db_.reading([&](db::Tx& tx) { return store::passkeys_of(tx, caller.user_id); })) {
    out.push_back(std::move(row.passkey));
  }
  return out;
}

bool PasskeyService::proves_by_password(const Caller& caller) {
  const auto user = db_.reading([&](db::Tx& tx) { return store::user_by_id(tx, caller.user_id); });
  return user && !user->password_hash.empty();
}

store::UserRow PasskeyService::proved(const Caller& caller, const std::string& password,
                                      const std::string& code) {
  if (caller.session.empty()) {
    throw forbidden("identity.needsSession", "Sign in on the page to change your passkeys.");
  }
  std::optional<store::UserRow> user;
  Micros since = 0;
  db_.read([&](db::Tx& tx) {
    user = store::user_by_id(tx, caller.user_id);
    since = 0;
    for (const auto& row : store::sessions_of(tx, caller.user_id)) {
      // One that another session approved for a program says nothing of who is there now.
      if (row.id == caller.session && !row.via.empty()) since = row.created_at;
    }
  });
  if (!user) throw no_such_user();
  if (!user->password_hash.empty()) {
    accounts_.prove(caller, password, code);
  } else if (now_micros() - since > kFresh) {
    throw forbidden("identity.freshSignInNeeded",
                    "Your account has no password, so sign out and in again first: passkeys can be "
                    "changed within ten minutes of a sign-in.");
  }
  return std::move(*user);
}

store::PasskeyRow PasskeyService::own(db::Tx& tx, const Caller& caller,
                                      const std::string& id) const {
  for (auto& row : store::passkeys_of(tx, caller.user_id)) {
    if (row.passkey.id == id) return std::move(row);
  }
  throw no_such_passkey();
}

PasskeyCreation PasskeyService::begin(const Caller& caller, const std::string& password,
                                      const std::string& code) {
  const auto party = this->party();
  const auto user = proved(caller, password, code);
  identity_.require_password_sign_in(user.user.email);
  PasskeyCreation out{.challenge = random_token(kChallengeBytes),
                      .rp_id = party.id,
                      .rp_name = "OpenBricks",
                      .user_handle = base64url_encode(user.user.id),
                      .user_name = user.user.email,
                      .display_name = user.user.name.empty() ? user.user.email : user.user.name};
  out.ticket = make_ticket(kCreate, out.challenge, &user);
  out.exclude =
      references(db_.reading([&](db::Tx& tx) { return store::passkeys_of(tx, caller.user_id); }));
  return out;
}

Passkey PasskeyService::add(const Caller& caller, const NewPasskey& made) {
  auto event = audit::event_of(caller, "auth.addPasskey", {"user", caller.user_id, caller.email});
  event.details["passkey"] = made.name;
  return audit::act(identity_.audit(), std::move(event),
                    [&](audit::Event&) { return store_new(caller, made); });
}

Passkey PasskeyService::store_new(const Caller& caller, const NewPasskey& made) {
  const auto party = this->party();
  check_user_name(made.name);
  if (caller.session.empty()) {
    throw forbidden("identity.needsSession", "Sign in on the page to change your passkeys.");
  }
  const auto refused = [](const std::string& why) {
    return Error(400, "identity.badPasskey",
                 "The passkey could not be added: what the device made of it is not right, or came "
                 "too late. Try again.",
                 why);
  };
  store::PasskeyRow row{.user_id = caller.user_id, .transports = known_transports(made.transports)};
  Ticket ticket;
  try {
    ticket = read_ticket(kCreate, made.ticket);
    if (ticket.user != caller.user_id) throw webauthn::Refused("it is another account's");
    const auto found = webauthn::verify_registration(
        party, ticket.challenge, decoded(made.client_data), decoded(made.attestation));
    row.passkey = {.id = new_uuid(),
                   .name = made.name,
                   .created_at = now_micros(),
                   .backed_up = found.backed_up};
    row.credential_id = base64url_encode(found.credential_id);
    row.public_key = base64url_encode(found.public_key);
    row.counter = found.counter;
  } catch (const webauthn::Refused& problem) {
    throw refused(problem.what());
  }
  try {
    db_.write([&](db::Tx& tx) {
      const auto user = store::user_by_id(tx, caller.user_id);
      if (!user || user->epoch != ticket.epoch ||
          !store::use_challenge(tx, ticket.used_key, ticket.until, now_micros())) {
        throw refused("the challenge was used, or the account changed");
      }
      if (store::count_passkeys(tx, caller.user_id) >= kMaxPasskeys) {
        throw conflict("identity.tooManyPasskeys", "You have 20 passkeys. Remove one first.");
      }
      store::insert_passkey(tx, row);
      accounts_.post(tx, letters::passkey_changed(user->user.email, made.name, true));
    });
  } catch (const db::UniqueViolation&) {
    throw conflict("identity.passkeyTaken", "This passkey is registered already.");
  }
  accounts_.wake();
  return row.passkey;
}

Passkey PasskeyService::rename(const Caller& caller, const std::string& id,
                               const std::string& name) {
  check_user_name(name);
  auto event =
      audit::event_of(caller, "auth.renamePasskey", {"user", caller.user_id, caller.email});
  event.details["passkey"] = name;
  return audit::act(identity_.audit(), std::move(event), [&](audit::Event&) {
    return db_.writing([&](db::Tx& tx) {
      auto row = own(tx, caller, id);
      store::set_passkey_name(tx, id, name);
      row.passkey.name = name;
      return row.passkey;
    });
  });
}

void PasskeyService::remove(const Caller& caller, const std::string& id,
                            const std::string& password, const std::string& code) {
  audit::act(identity_.audit(),
             audit::event_of(caller, "auth.removePasskey", {"user", caller.user_id, caller.email}),
             [&](audit::Event& event) { take_away(caller, id, password, code, event); });
}

void PasskeyService::take_away(const Caller& caller, const std::string& id,
                               const std::string& password, const std::string& code,
                               audit::Event& event) {
  proved(caller, password, code);
  std::string name;
  db_.write([&](db::Tx& tx) {
    const auto row = own(tx, caller, id);
    const auto user = store::user_by_id(tx, caller.user_id);
    if (!user) throw no_such_user();
    name = row.passkey.name;
    // Without a password another way is known to work only to whoever has just come by it.
    const auto sessions = store::sessions_of(tx, caller.user_id);
    const bool came_otherwise = std::ranges::any_of(
        sessions, [&](const auto& one) { return one.id == caller.session && one.via != kVia; });
    if (user->password_hash.empty() && !came_otherwise &&
        store::count_passkeys(tx, caller.user_id) == 1) {
      throw conflict("identity.lastWayToSignIn",
                     "You could not sign in any more without this passkey. Set a password first "
                     "(“Forgot your password?” where you sign in), or come by single sign-on.");
    }
    store::delete_passkey(tx, id);
    accounts_.post(tx, letters::passkey_changed(user->user.email, name, false));
  });
  event.details["passkey"] = name;
  accounts_.wake();
}

void PasskeyService::remove_all(const Caller& caller, const std::string& user_id) {
  auto event = audit::event_of(caller, "admin.removePasskeys",
                               {"user", user_id, identity_.display_name(user_id)});
  audit::act(identity_.audit(), std::move(event), [&](audit::Event& act) {
    require_admin(caller);
    std::int64_t removed = 0;
    db_.write([&](db::Tx& tx) {
      const auto user = store::user_by_id(tx, user_id);
      if (!user || user->user.service) throw no_such_user();
      removed = store::delete_passkeys_of(tx, user_id);
      if (removed > 0) {
        accounts_.post(tx, letters::passkey_changed(user->user.email, "all", false));
      }
    });
    act.details["passkeys"] = removed;
    accounts_.wake();
  });
}

PasskeyRequest PasskeyService::ask(std::string_view context, const store::UserRow* user,
                                   std::vector<PasskeyReference> allow) const {
  const auto party = this->party();
  const std::string challenge = random_token(kChallengeBytes);
  return {.ticket = make_ticket(context, challenge, user),
          .challenge = challenge,
          .rp_id = party.id,
          .allow = std::move(allow)};
}

PasskeyRequest PasskeyService::ask_second(const std::string& challenge) {
  store::UserRow user;
  std::vector<store::PasskeyRow> rows;
  db_.read([&](db::Tx& tx) {
    user = identity_.read_challenge(tx, "second-factor", challenge);
    rows = store::passkeys_of(tx, user.user.id);
  });
  if (rows.empty()) {
    throw not_found("identity.noPasskey", "The account has no passkey. Enter a code.");
  }
  return ask(kSecondFactor, &user, references(rows));
}

store::UserRow PasskeyService::check(std::string_view context, const PasskeyProof& proof,
                                     const std::string& user_id, const Origin& origin) {
  const Budget failures = failures_from(origin);
  db_.read([&](db::Tx& tx) { require_left(tx, failures, now_micros()); });
  try {
    return verify(context, proof, user_id);
  } catch (const webauthn::Refused& problem) {
    if (audit::Event* event = audit::current()) event->details["why"] = problem.what();
    db_.write([&](db::Tx& tx) {
      store::delete_unused_budgets(tx, now_micros());
      take(tx, failures, now_micros());
    });
    log::info("a passkey was refused",
              {{"address", json::value(origin.address)}, {"why", json::value(problem.what())}});
    throw bad_passkey(problem.what());
  }
}

store::UserRow PasskeyService::verify(std::string_view context, const PasskeyProof& proof,
                                      const std::string& user_id) {
  const auto party = this->party();
  const Ticket ticket = read_ticket(context, proof.ticket);
  if (ticket.user != user_id) throw webauthn::Refused("it is another account's");
  // One spelling of each id.
  const std::string credential_id = base64url_encode(decoded(proof.credential_id));
  const auto row =
      db_.reading([&](db::Tx& tx) { return store::passkey_by_credential(tx, credential_id); });
  const auto asserted = webauthn::verify_assertion(
      party, ticket.challenge,
      {.client_data = decoded(proof.client_data),
       .authenticator_data = decoded(proof.authenticator_data),
       .signature = decoded(proof.signature)},
      row ? decoded(row->public_key) : webauthn::nobodys_key(), user_id.empty());
  if (!row) throw webauthn::Refused("the passkey is unknown");
  // A device that knows whose it is has to say so; asked for some, it need not.
  const std::string handle = decoded(proof.user_handle);
  if ((handle.empty() && user_id.empty()) || (!handle.empty() && handle != row->user_id) ||
      (!user_id.empty() && user_id != row->user_id)) {
    throw webauthn::Refused("it is another account's");
  }
  return use(credential_id, ticket, asserted);
}

store::UserRow PasskeyService::use(const std::string& credential_id, const Ticket& ticket,
                                   const webauthn::Asserted& asserted) {
  return db_.writing([&](db::Tx& tx) {
    const Micros now = now_micros();
    auto row = store::passkey_by_credential(tx, credential_id);
    auto user = row ? store::user_by_id(tx, row->user_id) : std::nullopt;
    if (!user) throw webauthn::Refused("the passkey was removed");
    audit::about({"user", user->user.id, user->user.email});
    if (!store::use_challenge(tx, ticket.used_key, ticket.until, now)) {
      throw webauthn::Refused("the challenge was used before");
    }
    // Zero: of a passkey that does not count, as those that are synced.
    if ((row->counter != 0 || asserted.counter != 0) && asserted.counter <= row->counter) {
      throw webauthn::Refused("its counter went back: somebody may have a copy of the passkey");
    }
    row->counter = asserted.counter;
    row->passkey.backed_up = asserted.backed_up;
    row->passkey.last_used_at = now;
    store::set_passkey_used(tx, *row);
    return std::move(*user);
  });
}

SignedIn PasskeyService::sign_in(const PasskeyProof& proof, const Origin& origin) {
  return audit::act(identity_.audit(), event_of(origin, "auth.passkeySignIn"), [&](audit::Event&) {
    const auto user = check(kGet, proof, {}, origin);
    identity_.require_password_sign_in(user.user.email);
    Origin from = origin;
    from.via = kVia;
    return db_.writing([&](db::Tx& tx) {
      const auto still = store::user_by_id(tx, user.user.id);
      if (!still) throw bad_passkey("the account was deleted");
      identity_.require_open(*still);
      identity_.require_own_password(*still);
      return identity_.start_session(tx, *still, from);
    });
  });
}

SignedIn PasskeyService::second_factor(const std::string& challenge, const PasskeyProof& proof,
                                       const Origin& origin) {
  return audit::act(identity_.audit(), event_of(origin, "auth.passkeySecondFactor"),
                    [&](audit::Event&) {
                      const auto read = [&](db::Tx& tx) {
                        return identity_.read_challenge(tx, "second-factor", challenge);
                      };
                      const auto user = db_.reading(read);
                      check(kSecondFactor, proof, user.user.id, origin);
                      return db_.writing([&](db::Tx& tx) {
                        const auto still = read(tx);
                        identity_.require_open(still);
                        identity_.require_own_password(still);
                        return identity_.start_session(tx, still, origin);
                      });
                    });
}

}  // namespace

std::string AccountsService::passkey_origin() const {
  const auto party = webauthn::relying_party(options_.public_url());
  return party ? party->origin : std::string();
}

std::unique_ptr<Passkeys> open_passkeys(Identity& identity, Accounts& accounts) {
  return std::make_unique<PasskeyService>(dynamic_cast<IdentityService&>(identity),
                                          dynamic_cast<AccountsService&>(accounts));
}

}  // namespace ob::identity
