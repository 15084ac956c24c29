// The second factor, and the sign-ins that it and temporary passwords complete.
#include "base/error.h"
#include "base/ids.h"
#include "identity/account_service.h"
#include "identity/account_store.h"
#include "identity/factor_store.h"
#include "identity/letters.h"
#include "identity/totp.h"

namespace ob::identity {
namespace {

constexpr std::size_t kRecoveryCodes = 10, kMaxCode = 64;

std::string context_of(const std::string& user_id) {
  return "identity.second_factor:" + user_id;
}

std::string hash_of(const std::string& user_id, const std::string& code) {
  return sha256_hex(user_id + "|" + totp::plain(code));
}

Error bad_code(int status) {
  return {status, "identity.badCode",
          "The code is wrong, too old or was used. Each code works once: wait for the next."};
}

}  // namespace

bool AccountsService::use_code(db::Tx& tx, const std::string& user_id, const std::string& code) {
  const auto row = store::second_factor(tx, user_id);
  if (!row || code.size() > kMaxCode) return false;
  const std::string secret = identity_.box().open(row->sealed, context_of(user_id));
  if (const auto step = totp::match(secret, totp::plain(code), now_micros(), row->last_step)) {
    store::set_last_step(tx, user_id, *step);
    return true;
  }
  return row->confirmed && store::use_recovery_code(tx, user_id, hash_of(user_id, code));
}

void AccountsService::require_code(const Caller& caller, const std::string& code) {
  if (!db_.reading([&](db::Tx& tx) { return store::has_second_factor(tx, caller.user_id); })) {
    return;
  }
  auto attempt = identity_.guard().begin(
      {.account = "code", .address = "user:" + caller.user_id, .device = {}, .known = true});
  if (!db_.writing([&](db::Tx& tx) { return use_code(tx, caller.user_id, code); })) {
    attempt.fail();
    throw bad_code(403);
  }
  attempt.succeed();
}

void AccountsService::prove(const Caller& caller, const std::string& password,
                            const std::string& code) {
  identity_.reauthenticate(caller, password);
  require_code(caller, code);
}

SignedIn AccountsService::second_factor(const std::string& challenge, const std::string& code,
                                        const Origin& origin) {
  const std::string what = "second-factor";
  store::UserRow user;
  bool known = false;
  db_.read([&](db::Tx& tx) {
    user = identity_.read_challenge(tx, what, challenge);
    known = identity_.knows(tx, user.user.id, origin);
  });
  const std::string device = identity_.device_of(origin.device, user.user.id);
  auto attempt = identity_.guard().begin({.account = "code:" + user.user.id,
                                          .address = origin.address,
                                          .device = device,
                                          .known = known || !device.empty()});
  if (!db_.writing([&](db::Tx& tx) { return use_code(tx, user.user.id, code); })) {
    attempt.fail();
    throw bad_code(401);
  }
  attempt.succeed();
  return db_.writing([&](db::Tx& tx) {
    const auto still = identity_.read_challenge(tx, what, challenge);
    identity_.require_open(still);
    identity_.require_own_password(still);
    return identity_.start_session(tx, still, origin);
  });
}

SignedIn AccountsService::replace_password(const std::string& challenge,
                                           const std::string& password, const Origin& origin) {
  Passwords::check(password);
  const auto read = [&](db::Tx& tx) { return identity_.read_challenge(tx, "password", challenge); };
  const Line line{.network = network_of(origin.address)};
  if (identity_.passwords().verify(password, db_.reading(read).password_hash, line)) {
    throw bad_request("identity.samePassword",
                      "Choose another password than the one you were given.");
  }
  const std::string hash = identity_.passwords().hash(password, line);
  store::Revocation revocation;
  auto signed_in = db_.writing([&](db::Tx& tx) {
    const auto user = read(tx);
    identity_.require_open(user);
    revocation = end_everything(tx, user);
    store::set_password(tx, user.user.id, hash, revocation.epoch);
    return identity_.start_session(tx, *store::user_by_id(tx, user.user.id), origin);
  });
  identity_.ended({revocation});
  return signed_in;
}

SecondFactor AccountsService::second_factor_state(const Caller& caller) {
  return db_.reading([&](db::Tx& tx) {
    return SecondFactor{.enabled = store::has_second_factor(tx, caller.user_id),
                        .recovery_codes = store::count_recovery_codes(tx, caller.user_id)};
  });
}

Enrolment AccountsService::enrol(const Caller& caller, const std::string& password) {
  const auto user = identity_.reauthenticate(caller, password);
  const std::string secret = totp::new_secret();
  const std::string sealed = identity_.box().seal(secret, context_of(user.user.id));
  db_.write([&](db::Tx& tx) {
    if (!store::user_by_id(tx, user.user.id)) throw no_such_user();
    if (store::has_second_factor(tx, user.user.id)) {
      throw conflict("identity.secondFactorOn", "Turn off the second factor that you have first.");
    }
    store::put_second_factor(tx, user.user.id, sealed, now_micros());
  });
  return {totp::base32(secret), totp::url(secret, user.user.email)};
}

std::vector<std::string> AccountsService::confirm_enrolment(const Caller& caller,
                                                            const std::string& code) {
  auto attempt = identity_.guard().begin(
      {.account = "enrol", .address = "user:" + caller.user_id, .device = {}, .known = true});
  const auto codes = totp::new_recovery_codes(kRecoveryCodes);
  std::vector<std::string> hashes;
  for (const auto& one : codes) hashes.push_back(hash_of(caller.user_id, one));
  const bool right = db_.writing([&](db::Tx& tx) {
    const auto user = store::user_by_id(tx, caller.user_id);
    const auto row = store::second_factor(tx, caller.user_id);
    if (!user || !row || row->confirmed) {
      throw conflict("identity.notEnrolling", "Start to turn on the second factor first.");
    }
    if (!use_code(tx, caller.user_id, code)) return false;
    store::confirm_second_factor(tx, caller.user_id, now_micros());
    store::put_recovery_codes(tx, caller.user_id, hashes);
    post(tx, letters::second_factor_changed(user->user.email, true));
    return true;
  });
  if (!right) {
    attempt.fail();
    throw bad_code(403);
  }
  attempt.succeed();
  mail_.wake();
  return codes;
}

void AccountsService::disable_second_factor(const Caller& caller, const std::string& password,
                                            const std::string& code) {
  const auto user = identity_.reauthenticate(caller, password);
  require_code(caller, code);
  db_.write([&](db::Tx& tx) {
    store::delete_second_factor(tx, user.user.id);
    post(tx, letters::second_factor_changed(user.user.email, false));
  });
  mail_.wake();
}

void AccountsService::reset_second_factor(const Caller& caller, const std::string& id) {
  require_admin(caller);
  db_.write([&](db::Tx& tx) {
    const auto user = store::user_by_id(tx, id);
    if (!user) throw no_such_user();
    store::delete_second_factor(tx, id);
    post(tx, letters::second_factor_changed(user->user.email, false));
  });
  mail_.wake();
}

}  // namespace ob::identity
