// Sign-out, and who a bearer credential is.
#include <algorithm>

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "identity/account_store.h"
#include "identity/audited_accounts.h"
#include "identity/secret_store.h"
#include "identity/service.h"

namespace ob::identity {
namespace {

constexpr std::string_view kKeyPrefix = "obk_";
constexpr Micros kReload = 5'000'000;    // how long another process's revocation may take
constexpr Micros kKeyTrust = 5'000'000;  // how long a checked API key is not looked up again
constexpr Micros kTouch = 60'000'000;    // last use of a key is written at most this often
constexpr std::size_t kMaxKnown = 10'000;
constexpr std::size_t kMaxBearer = 4096;

Error bad_token() {
  return unauthenticated("identity.badToken",
                         "The access token or API key is wrong or has expired. Sign in again.");
}

}  // namespace

void Revocations::add(const std::vector<store::Revocation>& revocations, Micros now) {
  std::unique_lock lock(mutex_);
  for (const auto& one : revocations) {
    Entry& entry = entries_.try_emplace(one.subject, Entry{one.epoch, now}).first->second;
    entry.epoch = std::max(entry.epoch, one.epoch);
  }
}

void Revocations::drop(Micros before) {
  std::unique_lock lock(mutex_);
  std::erase_if(entries_, [&](const auto& item) { return item.second.added_at < before; });
}

bool Revocations::covers(const Claims& claims) const {
  std::shared_lock lock(mutex_);
  if (entries_.contains(claims.session) || entries_.contains(claims.secret)) return true;
  const auto ended = [&](const std::string& id, std::int64_t epoch) {
    const auto user = entries_.find(id);
    return user != entries_.end() && epoch < user->second.epoch;
  };
  return ended(claims.user_id, claims.epoch) || ended(claims.viewer_id, claims.viewer_epoch);
}

void IdentityService::sign_out(const std::string& refresh_token, const Origin& origin) {
  if (refresh_token.size() > 256) return;
  audit::act(audit_, event_of(origin, "auth.signOut"), [&](audit::Event&) { end(refresh_token); });
}

void IdentityService::end(const std::string& refresh_token) {
  const Micros now = now_micros();
  const auto session = db_.writing([&](db::Tx& tx) -> std::optional<std::string> {
    const auto row = store::refresh_token(tx, sha256_hex(refresh_token));
    if (!row) return std::nullopt;
    if (const auto user = store::user_by_id(tx, row->user_id)) {
      audit::acted_by(audit::ActorKind::user, user->user.id, user->user.email, row->session);
    }
    store::delete_session(tx, row->session);
    store::revoke(tx, {.subject = row->session}, now);
    store::delete_revocations(tx, now - 2 * token_lifetime_micros());
    return row->session;
  });
  if (session) revocations_.add({{.subject = *session}}, now);
}

void IdentityService::load_revocations() {
  const Micros now = now_micros();
  if (now - loaded_at_ < kReload) return;
  // One thread loads, the others go on with what is known.
  std::unique_lock lock(loading_, std::try_to_lock);
  if (lock) load_revocations_now(now);
}

// While loading_ is held.
void IdentityService::load_revocations_now(Micros now) {
  const Micros since = now - 2 * token_lifetime_micros();
  revocations_.add(db_.reading([&](db::Tx& tx) { return store::revocations(tx, since); }), now);
  revocations_.drop(since);
  signer_.refresh(now);
  loaded_at_ = now;
}

std::int64_t IdentityService::generation() {
  const std::int64_t fresh =
      db_.reading([](db::Tx& tx) { return store::generation_of_accounts(tx); });
  const std::unique_lock lock(loading_);
  if (fresh <= generation_) return generation_;
  load_revocations_now(now_micros());
  forget_credentials();
  generation_ = fresh;
  return fresh;
}

bool IdentityService::knows_offhand(const std::string& bearer) const {
  constexpr Micros kMargin = 100'000;  // until authenticate itself looks at the clock
  return !bearer.starts_with(kKeyPrefix) && now_micros() - loaded_at_ < kReload - kMargin;
}

Caller IdentityService::authenticate(const std::string& bearer) {
  if (bearer.empty() || bearer.size() > kMaxBearer) throw bad_token();
  const Micros now = now_micros();
  load_revocations();
  const std::string digest = sha256_hex(bearer);
  std::uint64_t generation = 0;
  if (auto found = known(digest, now, generation)) return found->caller;
  Known fresh = bearer.starts_with(kKeyPrefix) ? check_key(digest, now) : check_token(bearer, now);
  remember(digest, fresh, generation);
  return fresh.caller;
}

std::optional<IdentityService::Known> IdentityService::known(const std::string& digest, Micros now,
                                                             std::uint64_t& generation) const {
  std::shared_lock lock(known_mutex_);
  generation = known_generation_;
  const auto found = known_.find(digest);
  if (found == known_.end()) return std::nullopt;
  const Known& entry = found->second;
  if (entry.claims) {
    if (now / 1'000'000 >= entry.claims->expires_s || revocations_.covers(*entry.claims)) {
      return std::nullopt;
    }
  } else if (now - entry.checked_at > kKeyTrust || (entry.expires_at && now >= *entry.expires_at)) {
    return std::nullopt;
  }
  return entry;
}

void IdentityService::remember(const std::string& digest, Known entry, std::uint64_t generation) {
  std::unique_lock lock(known_mutex_);
  if (generation != known_generation_) return;
  if (known_.size() >= kMaxKnown) known_.clear();
  known_.insert_or_assign(digest, std::move(entry));
}

void IdentityService::forget_credentials() {
  std::unique_lock lock(known_mutex_);
  known_.clear();
  ++known_generation_;
}

IdentityService::Known IdentityService::check_token(const std::string& bearer, Micros now) {
  auto claims = signer_.verify(bearer, now);
  if (!claims || revocations_.covers(*claims)) throw bad_token();
  Known entry{.checked_at = now};
  entry.caller.user_id = claims->user_id;
  entry.caller.email = claims->email;
  entry.caller.admin = claims->admin;
  entry.caller.credential = "session";
  entry.caller.session = claims->session;
  entry.caller.scopes = Scopes::parse(store::words_of(claims->scope));
  entry.caller.read_only = entry.caller.scopes.read_only();
  if (claims->kind == Claims::Kind::service) {
    entry.caller.service = true;
    entry.caller.credential = "service:" + claims->secret;
    entry.caller.session.clear();
  } else if (claims->kind == Claims::Kind::view) {
    entry.caller.read_only = true;
    entry.caller.credential = "view";
    entry.caller.session.clear();
    entry.caller.viewer_id = claims->viewer_id;
    entry.caller.viewer_email = claims->viewer_email;
    entry.caller.viewer_session = claims->session;
  }
  if (claims->kind != Claims::Kind::session)
    entry.caller.expires_at = claims->expires_s * 1'000'000;
  entry.claims = std::move(claims);
  return entry;
}

Caller IdentityService::renewed(const Caller& caller) {
  if (caller.user_id.empty() || caller.user_id == system().user_id) return caller;
  const Micros now = now_micros();
  const auto after = [](const std::string& text) { return text.substr(text.find(':') + 1); };
  const auto user = db_.reading([&](db::Tx& tx) -> std::optional<store::UserRow> {
    auto row = store::user_by_id(tx, caller.user_id);
    if (!row || row->user.disabled) return std::nullopt;
    if (caller.credential == "session") {
      if (!store::is_session(tx, caller.session)) return std::nullopt;
    } else if (caller.credential.starts_with("key:")) {
      const auto key = store::key_by_id(tx, after(caller.credential));
      if (!key || (key->key.expires_at && now >= *key->key.expires_at)) return std::nullopt;
    } else if (caller.credential.starts_with("service:")) {
      if (!store::has_secret(tx, after(caller.credential), now)) return std::nullopt;
    } else if (caller.credential == "view") {
      const auto viewer = store::user_by_id(tx, caller.viewer_id);
      if (!viewer || viewer->user.disabled || !viewer->user.admin ||
          !store::is_session(tx, caller.viewer_session))
        return std::nullopt;
    }
    return row;
  });
  if (!user || (caller.expires_at != 0 && now >= caller.expires_at)) throw bad_token();
  Caller out = caller;
  out.email = user->user.email;
  out.admin = caller.admin && user->user.admin;
  return out;
}

IdentityService::Known IdentityService::check_key(const std::string& digest, Micros now) {
  const auto [row, user] = db_.reading([&](db::Tx& tx) {
    auto key = store::key_by_hash(tx, digest);
    auto owner = key ? store::user_by_id(tx, key->user_id) : std::nullopt;
    return std::pair(std::move(key), std::move(owner));
  });
  if (!row || !user || user->user.disabled || (row->key.expires_at && now >= *row->key.expires_at))
    throw bad_token();
  if (now - row->key.last_used_at.value_or(0) >= kTouch) {
    db_.write([&](db::Tx& tx) { store::touch_key(tx, row->key.id, now); });
  }
  Known entry{.expires_at = row->key.expires_at, .checked_at = now};
  entry.caller.user_id = user->user.id;
  entry.caller.email = user->user.email;
  entry.caller.admin = user->user.admin;
  entry.caller.credential = "key:" + row->key.id;
  entry.caller.scopes = row->key.scopes;
  entry.caller.read_only = row->key.scopes.read_only();
  return entry;
}

}  // namespace ob::identity
