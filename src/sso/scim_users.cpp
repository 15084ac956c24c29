// Users of SCIM.
#include <algorithm>
#include <boost/json.hpp>

#include "base/ids.h"
#include "base/log.h"
#include "sso/remote.h"
#include "sso/scim.h"
#include "sso/scim_filter.h"
#include "sso/scim_patch.h"
#include "sso/service.h"
#include "sso/store.h"

namespace ob::sso::scim {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxResource = 32 * 1024, kMaxName = 254, kMaxShownName = 200;
constexpr std::int64_t kBatch = 500;

std::string key_of(const std::string& user_name) {
  std::string out = user_name;
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

Error no_such_user() {
  return refusal(404, "", "There is no such user.");
}

std::string text_at(const json::object& in, std::string_view name) {
  const auto* value = find(in, name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

// The primary address, else the first one, else the user's name.
std::string email_of(const json::object& resource) {
  std::string first;
  if (const auto* list = find(resource, "emails"); list && list->is_array()) {
    for (const auto& one : list->get_array()) {
      const auto* entry = one.if_object();
      if (!entry) continue;
      const std::string value = text_at(*entry, "value");
      if (value.empty()) continue;
      if (is_true(find(*entry, "primary"))) return value;
      if (first.empty()) first = value;
    }
  }
  return first.empty() ? text_at(resource, "userName") : first;
}

std::string name_of(const json::object& resource, const std::string& email) {
  std::string out = text_at(resource, "displayName");
  if (const auto* name = find(resource, "name"); out.empty() && name && name->is_object()) {
    out = text_at(name->get_object(), "formatted");
    if (out.empty()) {
      const std::string given = text_at(name->get_object(), "givenName");
      const std::string family = text_at(name->get_object(), "familyName");
      out = given + (given.empty() || family.empty() ? "" : " ") + family;
    }
  }
  std::erase_if(out, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (out.empty()) out = email.substr(0, email.find('@'));
  std::size_t end = std::min(out.size(), kMaxShownName);
  while (end < out.size() && end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80)
    --end;
  return out.substr(0, end);
}

// Takes out what is not the provider's to say, what is unassigned, and secrets.
void clean(json::object& resource) {
  std::vector<std::string> gone;
  for (const auto& [key, value] : resource) {
    const bool empty = value.is_null() || (value.is_array() && value.get_array().empty());
    // In whatever case, and however often.
    const bool ours = std::ranges::any_of(
        std::initializer_list<std::string_view>{"id", "meta", "schemas", "groups", "password"},
        [&](std::string_view name) { return same(name, key); });
    if (empty || ours) gone.emplace_back(key);
  }
  for (const auto& key : gone) resource.erase(key);
}

// Entra sends "True" and "False" as texts.
bool active_of(json::object& resource) {
  json::value* value = find(resource, "active");
  if (!value || value->is_null()) return true;
  if (value->is_string() &&
      (same(value->get_string(), "true") || same(value->get_string(), "false"))) {
    *value = same(value->get_string(), "true");
  }
  if (!value->is_bool()) throw refusal(400, "invalidValue", "active must be true or false.");
  return value->get_bool();
}

}  // namespace

struct Scim::UserValues {
  std::string user_name, external_id, email, name;
  bool active = true;
  Resource resource;
};

Scim::UserValues Scim::read_user(const Provider& provider, Resource resource) const {
  clean(resource);
  UserValues out{.user_name = text_at(resource, "userName"),
                 .external_id = text_at(resource, "externalId"),
                 .active = active_of(resource)};
  if (out.user_name.empty() || out.user_name.size() > kMaxName ||
      out.external_id.size() > kMaxName) {
    throw refusal(400, "invalidValue", "userName has 1 to 254 bytes, externalId at most 254.");
  }
  out.email = email_of(resource);
  out.name = name_of(resource, out.email);
  const auto& domains = provider.settings.allowed_domains;
  if (!domains.empty() && !holds(domains, domain_of(out.email))) {
    throw refusal(400, "invalidValue",
                  "The email " + out.email + " is of a domain that this provider may not use.");
  }
  if (json::serialize(resource).size() > kMaxResource) {
    throw refusal(400, "invalidValue", "A user has at most 32 KiB.");
  }
  out.resource = std::move(resource);
  return out;
}

Scim::Resource Scim::shown(const store::UserRow& row, const identity::User& user) const {
  Resource out = json::parse(row.resource).as_object();
  json::array schemas{kUserSchema};
  if (find(out, kEnterprise)) schemas.emplace_back(kEnterprise);
  out["schemas"] = std::move(schemas);
  out["id"] = row.user_id;
  slot(out, "active") = !user.disabled;
  out["meta"] = {{"resourceType", "User"},
                 {"created", format_instant(row.created_at)},
                 {"lastModified", format_instant(row.updated_at)},
                 {"location", base_url() + "/Users/" + row.user_id}};
  return out;
}

Scim::Resource Scim::users(const Provider& provider, const ListQuery& query) {
  const FilterPtr filter = query.filter.empty() ? nullptr : parse_filter(query.filter);
  return db_.reading([&](db::Tx& tx) {
    std::vector<Resource> page;
    const auto add = [&](const store::UserRow& row) {
      const auto account = external_.by_id(tx, row.user_id);
      if (!account) return false;
      Resource resource = shown(row, account->user);
      if (filter && !matches(*filter, resource)) return false;
      page.push_back(std::move(resource));
      return true;
    };
    if (!filter) {
      for (const auto& row : store::users(tx, provider.id, query.start - 1, query.count)) add(row);
      return list_of(std::move(page), query, store::count_users(tx, provider.id));
    }
    // The question that providers ask of each user before they make it.
    if (filter->operation == "eq" && same(filter->path.attribute, "userName") &&
        filter->value.is_string()) {
      const auto row =
          store::user_by_name(tx, provider.id, key_of(std::string(filter->value.get_string())));
      if (row) add(*row);
    } else {
      for (std::int64_t at = 0;; at += kBatch) {
        const auto rows = store::users(tx, provider.id, at, kBatch);
        for (const auto& row : rows) add(row);
        if (static_cast<std::int64_t>(rows.size()) < kBatch) break;
      }
    }
    const auto total = static_cast<std::int64_t>(page.size());
    const auto from = std::min(query.start - 1, total);
    const auto to = std::min(from + query.count, total);
    page = {page.begin() + from, page.begin() + to};
    return list_of(std::move(page), query, total);
  });
}

Scim::Resource Scim::user(const Provider& provider, const std::string& id) {
  return db_.reading([&](db::Tx& tx) {
    const auto row = store::user(tx, provider.id, id);
    const auto account = row ? external_.by_id(tx, id) : std::nullopt;
    if (!account) throw no_such_user();
    return shown(*row, account->user);
  });
}

std::string Scim::account_for(db::Tx& tx, const Provider& provider, const UserValues& values) {
  const auto taken = [](const std::string& detail) { return refusal(409, "uniqueness", detail); };
  if (store::user_by_name(tx, provider.id, key_of(values.user_name))) {
    throw taken("There is a user with this userName already.");
  }
  const auto account = external_.by_email(tx, values.email);
  if (!account) return external_.create(tx, values.email, values.name).id;
  if (!provider.settings.link_accounts || !account->user.verified ||
      store::user(tx, provider.id, account->user.id)) {
    throw taken("There is an account with this email already, which this provider may not take.");
  }
  return account->user.id;
}

Scim::Resource Scim::create_user(const Provider& provider, const Resource& resource) {
  const UserValues values = read_user(provider, resource);
  const Micros now = now_micros();
  store::UserRow row{.provider_id = provider.id,
                     .user_name_key = key_of(values.user_name),
                     .external_id = values.external_id,
                     .resource = json::serialize(values.resource),
                     .created_at = now,
                     .updated_at = now};
  db_.write([&](db::Tx& tx) {
    row.user_id = account_for(tx, provider, values);
    store::insert_user(tx, row);
  });
  set_active(row.user_id, values.active);
  log::info("a user was provisioned", {{"provider", provider.slug}, {"user", row.user_id}});
  return user(provider, row.user_id);
}

void Scim::set_active(const std::string& user_id, bool active) {
  const auto account = db_.reading([&](db::Tx& tx) { return external_.by_id(tx, user_id); });
  if (!account || account->user.disabled == !active) return;
  // Ends sessions and keys at once where it disables.
  accounts_.change_user(identity::Identity::system(), user_id, {.disabled = !active});
}

Scim::Resource Scim::update_user(const Provider& provider, const std::string& id,
                                 const std::function<Resource(Resource)>& change) {
  bool active = true;
  db_.write([&](db::Tx& tx) {
    auto row = store::user(tx, provider.id, id);
    const auto account = row ? external_.by_id(tx, id) : std::nullopt;
    if (!account) throw no_such_user();
    Resource before = json::parse(row->resource).as_object();
    slot(before, "active") = !account->user.disabled;
    const UserValues values = read_user(provider, change(std::move(before)));
    active = values.active;
    const std::string key = key_of(values.user_name);
    const auto other = store::user_by_name(tx, provider.id, key);
    if (other && other->user_id != id) {
      throw refusal(409, "uniqueness", "There is a user with this userName already.");
    }
    external_.change(tx, id, values.email, values.name);
    row->user_name_key = key;
    row->external_id = values.external_id;
    row->resource = json::serialize(values.resource);
    row->updated_at = now_micros();
    store::update_user(tx, *row);
  });
  set_active(id, active);
  return user(provider, id);
}

Scim::Resource Scim::replace_user(const Provider& provider, const std::string& id,
                                  const Resource& resource) {
  return update_user(provider, id, [&](const Resource&) { return resource; });
}

Scim::Resource Scim::patch_user(const Provider& provider, const std::string& id,
                                const Resource& message) {
  return update_user(provider, id, [&](Resource before) {
    patch(before, message);
    return before;
  });
}

void Scim::delete_user(const Provider& provider, const std::string& id) {
  user(provider, id);
  set_active(id, false);
  db_.write([&](db::Tx& tx) { store::delete_user(tx, provider.id, id); });
  log::info("a provisioned user was removed", {{"provider", provider.slug}, {"user", id}});
}

}  // namespace ob::sso::scim
