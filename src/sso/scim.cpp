// Tokens of SCIM, and lists.
#include "sso/scim.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/ids.h"
#include "sso/errors.h"
#include "sso/scim_filter.h"
#include "sso/service.h"
#include "sso/store.h"

namespace ob::sso::scim {
namespace {

namespace json = boost::json;

constexpr std::string_view kPrefix = "obs_";
constexpr Micros kTouch = 60'000'000;  // the last use is written at most this often
constexpr std::size_t kMaxBearer = 200;

}  // namespace

Scim::Scim(db::Database& database, identity::Identity& identity, identity::Accounts& accounts,
           identity::External& external, std::function<std::string()> public_url,
           audit::Audit* audit)
    : db_(database),
      identity_(identity),
      accounts_(accounts),
      external_(external),
      public_url_(std::move(public_url)),
      audit_(audit ? *audit : audit::nowhere()) {}

std::string Scim::make_token(const Caller& caller, const std::string& provider_id) {
  require_admin(caller);
  const std::string secret = std::string(kPrefix) + random_token(32);
  db_.write([&](db::Tx& tx) {
    if (!sso::store::provider_by_id(tx, provider_id)) throw no_such_provider();
    store::set_token(
        tx, {.provider_id = provider_id, .hash = sha256_hex(secret), .created_at = now_micros()});
  });
  return secret;
}

void Scim::drop_token(const Caller& caller, const std::string& provider_id) {
  require_admin(caller);
  db_.write([&](db::Tx& tx) {
    if (!sso::store::provider_by_id(tx, provider_id)) throw no_such_provider();
    store::delete_token(tx, provider_id);
  });
}

std::optional<store::TokenRow> Scim::token(const std::string& provider_id) {
  return db_.reading([&](db::Tx& tx) { return store::token_of(tx, provider_id); });
}

Provider Scim::authenticate(const std::string& bearer) {
  const Error wrong = refusal(401, "", "The token is wrong. An administrator can make a new one.");
  if (!bearer.starts_with(kPrefix) || bearer.size() > kMaxBearer) throw wrong;
  const Micros now = now_micros();
  std::optional<store::TokenRow> row;
  std::optional<Provider> provider;
  db_.read([&](db::Tx& tx) {
    row = store::token_by_hash(tx, sha256_hex(bearer));
    provider = row ? sso::store::provider_by_id(tx, row->provider_id) : std::nullopt;
  });
  if (!provider) throw wrong;
  if (now - row->last_used_at.value_or(0) >= kTouch) {
    db_.write([&](db::Tx& tx) { store::touch_token(tx, provider->id, now); });
  }
  return std::move(*provider);
}

Scim::Resource list_of(std::vector<Scim::Resource> all, const ListQuery& query,
                       std::int64_t total) {
  json::array resources;
  for (auto& one : all) {
    trim(one, query);
    resources.push_back(std::move(one));
  }
  return {{"schemas", {"urn:ietf:params:scim:api:messages:2.0:ListResponse"}},
          {"totalResults", total},
          {"startIndex", query.start},
          {"itemsPerPage", resources.size()},
          {"Resources", std::move(resources)}};
}

void trim(Scim::Resource& resource, const ListQuery& query) {
  const auto named = [](const std::vector<std::string>& list, std::string_view key) {
    return std::ranges::any_of(list, [&](const std::string& one) {
      const std::string attribute = parse_path(one).attribute;
      return same(attribute.empty() ? one : attribute, key);
    });
  };
  std::vector<std::string> gone;
  for (const auto& [key, value] : resource) {
    if (key == "id" || key == "schemas") continue;
    const bool left_out =
        named(query.excluded, key) || (!query.only.empty() && !named(query.only, key));
    if (left_out) gone.emplace_back(key);
  }
  for (const auto& key : gone) resource.erase(key);
}

}  // namespace ob::sso::scim
