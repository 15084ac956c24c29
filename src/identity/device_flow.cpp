#include "identity/device_flow.h"

#include <openssl/rand.h>

#include "base/error.h"
#include "base/ids.h"
#include "identity/account_store.h"
#include "identity/audited_accounts.h"
#include "identity/budget.h"
#include "identity/device_store.h"
#include "identity/grant_error.h"
#include "identity/service.h"

namespace ob::identity {
namespace {

constexpr Micros kSecond = 1'000'000, kMinute = 60 * kSecond;
constexpr Micros kLife = 10 * kMinute, kInterval = 5 * kSecond;
constexpr std::size_t kMaxCode = 100, kMaxAgent = 300;
// No vowels, so that no words come about, and no digits to be taken for letters.
constexpr std::string_view kLetters = "BCDFGHJKLMNPQRSTVWXZ";
constexpr std::size_t kLength = 8;

std::string new_user_code() {
  std::string code;
  while (code.size() < kLength) {
    unsigned char byte = 0;
    if (RAND_bytes(&byte, 1) != 1) throw internal("no random bytes");
    if (byte < 240) code += kLetters[byte % kLetters.size()];  // 240 = 12 * 20: all as likely
  }
  return code;
}

// As people type it.
std::string plain(const std::string& code) {
  std::string out;
  for (const char c : code.substr(0, kMaxCode)) {
    if (c >= 'a' && c <= 'z') out += static_cast<char>(c - 'a' + 'A');
    if (c >= 'A' && c <= 'Z') out += c;
  }
  return out;
}

std::string hash_of(const std::string& what, const std::string& code) {
  return sha256_hex("device|" + what + "|" + code);
}

Error no_such_code() {
  return not_found(
      "identity.noSuchCode",
      "There is no such code, or it was used or is too old. Start again in the program.");
}

class DeviceFlowService final : public DeviceFlow {
 public:
  DeviceFlowService(IdentityService& identity, std::function<std::string()> public_url)
      : identity_(identity), db_(identity.database()), public_url_(std::move(public_url)) {}

  DeviceStart start(const Origin& origin) override;
  SignedIn poll(const std::string& device_code, const Origin& origin) override;
  DeviceRequest show(const Caller& caller, const std::string& user_code) override;
  void decide(const Caller& caller, const std::string& user_code, bool approve) override;

 private:
  SignedIn collect(const std::string& device_code, const Origin& origin);
  // fn(tx, row) on the request of a code; wrong codes are counted by the caller's account.
  template <class Fn>
  void with_code(const Caller& caller, const std::string& user_code, Fn fn);

  IdentityService& identity_;
  db::Database& db_;
  const std::function<std::string()> public_url_;
};

DeviceStart DeviceFlowService::start(const Origin& origin) {
  const std::string code = new_user_code();
  const std::string shown = code.substr(0, 4) + "-" + code.substr(4);
  const std::string page = public_url_() + "/device";
  DeviceStart out{.device_code = random_token(32),
                  .user_code = shown,
                  .page = page,
                  .page_with_code = page + "?code=" + shown,
                  .expires_in = kLife / kSecond,
                  .interval = kInterval / kSecond};
  const Micros now = now_micros();
  std::string agent = origin.user_agent.substr(0, kMaxAgent);
  std::erase_if(agent, [](unsigned char c) { return c < 0x20 || c >= 0x7F; });
  db_.write([&](db::Tx& tx) {
    take(tx, {sha256_hex("devices|" + network_of(origin.address)), 30, 20 * kSecond}, now);
    store::delete_expired_devices(tx, now);
    store::insert_device(tx, {.device_hash = hash_of("program", out.device_code),
                              .user_code_hash = hash_of("person", code),
                              .user_agent = agent,
                              .address = origin.address,
                              .state = "waiting",
                              .created_at = now,
                              .expires_at = now + kLife});
  });
  return out;
}

SignedIn DeviceFlowService::poll(const std::string& device_code, const Origin& origin) {
  identity_.audit().require_working();
  auto event = event_of(origin, "auth.deviceSignIn");
  const auto collected = [&] {
    const audit::Acting acting(event);
    return collect(device_code, origin);
  };
  try {
    auto signed_in = collected();
    identity_.audit().record_durably(std::move(event));
    return signed_in;
  } catch (const Error& error) {
    // Programs ask again and again: that nothing came of it yet is no event.
    if (error.status() == 503 || error.id() == "authorization_pending" ||
        error.id() == "slow_down") {
      throw;
    }
    event.fail(error);
    audit::record_failure(identity_.audit(), std::move(event));
    throw;
  }
}

SignedIn DeviceFlowService::collect(const std::string& device_code, const Origin& origin) {
  const auto expired = [] {
    return GrantError(400, "expired_token", "The code is too old, or was used. Start again.");
  };
  if (device_code.size() > kMaxCode) throw expired();
  const std::string hash = hash_of("program", device_code);
  const Micros now = now_micros();
  std::string state;
  auto signed_in = db_.writing([&](db::Tx& tx) -> std::optional<SignedIn> {
    const auto row = store::device(tx, hash, now);
    state = row ? row->state : "expired";
    if (!row) return std::nullopt;
    if (state == "waiting") {
      if (now < row->polled_at + kInterval - kSecond) state = "early";
      store::set_polled(tx, hash, now);
      return std::nullopt;
    }
    store::delete_device(tx, hash);
    if (state != "approved") return std::nullopt;
    const auto user = store::user_by_id(tx, row->user_id);
    if (!user) return std::nullopt;
    identity_.require_open(*user);
    return identity_.start_session(tx, *user, origin);
  });
  if (signed_in) return std::move(*signed_in);
  if (state == "waiting") {
    throw GrantError(400, "authorization_pending", "Nobody has approved the code yet.");
  }
  if (state == "early") {
    throw GrantError(400, "slow_down", "Ask less often whether the code was approved.");
  }
  if (state == "denied") throw GrantError(400, "access_denied", "The sign-in was not approved.");
  throw expired();
}

template <class Fn>
void DeviceFlowService::with_code(const Caller& caller, const std::string& user_code, Fn fn) {
  // Not by API keys: a key must not make itself a session that outlives it.
  if (caller.session.empty()) {
    throw forbidden("identity.needsSession", "Sign in on the page to approve a program.");
  }
  auto attempt = identity_.guard().begin(
      {.account = "device", .address = "user:" + caller.user_id, .device = {}, .known = true});
  const std::string hash = hash_of("person", plain(user_code));
  const bool found = db_.writing([&](db::Tx& tx) {
    const auto row = store::device_by_user_code(tx, hash, now_micros());
    if (!row || row->state != "waiting") return false;
    fn(tx, *row);
    return true;
  });
  if (!found) {
    attempt.fail();
    throw no_such_code();
  }
  attempt.succeed();
}

DeviceRequest DeviceFlowService::show(const Caller& caller, const std::string& user_code) {
  DeviceRequest out;
  with_code(caller, user_code, [&](db::Tx&, const store::DeviceRow& row) {
    out = {row.user_agent, row.address, row.created_at};
  });
  return out;
}

void DeviceFlowService::decide(const Caller& caller, const std::string& user_code, bool approve) {
  auto event = audit::event_of(caller, approve ? "auth.approveDevice" : "auth.denyDevice",
                               {"user", caller.user_id, caller.email});
  const auto decided = [&](db::Tx& tx, const store::DeviceRow& row) {
    if (audit::Event* act = audit::current()) act->details["device_address"] = row.address;
    store::decide_device(tx, row.device_hash, approve ? "approved" : "denied", caller.user_id);
  };
  audit::act(identity_.audit(), std::move(event),
             [&](audit::Event&) { with_code(caller, user_code, decided); });
}

}  // namespace

std::unique_ptr<DeviceFlow> open_device_flow(Identity& identity,
                                             std::function<std::string()> public_url) {
  return std::make_unique<DeviceFlowService>(dynamic_cast<IdentityService&>(identity),
                                             std::move(public_url));
}

}  // namespace ob::identity
