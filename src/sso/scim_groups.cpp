// Groups of SCIM.
#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "sso/scim.h"
#include "sso/scim_filter.h"
#include "sso/scim_patch.h"

namespace ob::sso::scim {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxExternal = 254, kMaxMembers = 20'000;

Error no_such_group() {
  return refusal(404, "", "There is no such group.");
}

std::string text_at(const json::object& in, std::string_view name) {
  const auto* value = find(in, name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::set<std::string> ids_in(const json::value* list) {
  std::set<std::string> out;
  if (!list || list->is_null()) return out;
  if (!list->is_array() || list->get_array().size() > kMaxMembers) {
    throw refusal(400, "invalidValue", "members must be a list of at most 20,000.");
  }
  for (const auto& one : list->get_array()) {
    const auto* member = one.if_object();
    const std::string id = member ? text_at(*member, "value") : "";
    if (id.empty()) throw refusal(400, "invalidValue", "A member needs its id as value.");
    out.insert(id);
  }
  return out;
}

}  // namespace

Scim::Resource Scim::shown(const store::GroupRow& row, const identity::Group& group,
                           const std::vector<identity::Principal>& members) const {
  json::array list;
  for (const auto& one : members) {
    list.push_back({{"value", one.id},
                    {"display", one.email},
                    {"type", "User"},
                    {"$ref", base_url() + "/Users/" + one.id}});
  }
  Resource out{{"schemas", {kGroupSchema}},
               {"id", row.group_id},
               {"displayName", group.name},
               {"members", std::move(list)},
               {"meta",
                {{"resourceType", "Group"},
                 {"created", format_instant(row.created_at)},
                 {"lastModified", format_instant(row.updated_at)},
                 {"location", base_url() + "/Groups/" + row.group_id}}}};
  if (!row.external_id.empty()) out["externalId"] = row.external_id;
  return out;
}

store::GroupRow Scim::known_group(const Provider& provider, const std::string& id) {
  const auto row = db_.reading([&](db::Tx& tx) { return store::group(tx, provider.id, id); });
  if (!row) throw no_such_group();
  return *row;
}

std::vector<identity::Principal> Scim::members(const Provider& provider,
                                               const std::string& group_id) {
  auto all = identity_.permissions().members(identity::Identity::system(), group_id);
  db_.read([&](db::Tx& tx) {
    std::erase_if(all, [&](const auto& one) {
      return one.kind != identity::PrincipalKind::user || !store::user(tx, provider.id, one.id);
    });
  });
  return all;
}

Scim::Resource Scim::groups(const Provider& provider, const ListQuery& query) {
  const FilterPtr filter = query.filter.empty() ? nullptr : parse_filter(query.filter);
  const auto rows = db_.reading([&](db::Tx& tx) { return store::groups(tx, provider.id); });
  // Members are looked up only of those that are shown, unless the filter is about them.
  const bool by_members = query.filter.find("members") != query.filter.npos;
  const bool without =
      std::ranges::any_of(query.excluded, [](const auto& one) { return same(one, "members"); });
  const Caller system = identity::Identity::system();
  std::vector<Resource> page;
  std::int64_t total = 0;
  for (const auto& row : rows) {
    const auto group = identity_.permissions().group(system, row.group_id);
    std::vector<identity::Principal> people;
    if (by_members) people = members(provider, row.group_id);
    if (filter && !matches(*filter, shown(row, group, people))) continue;
    ++total;
    if (total < query.start || static_cast<std::int64_t>(page.size()) >= query.count) continue;
    if (!by_members && !without) people = members(provider, row.group_id);
    page.push_back(shown(row, group, people));
  }
  return list_of(std::move(page), query, total);
}

Scim::Resource Scim::group(const Provider& provider, const std::string& id) {
  const auto row = known_group(provider, id);
  return shown(row, identity_.permissions().group(identity::Identity::system(), id),
               members(provider, id));
}

void Scim::set_members(const Provider& provider, const std::string& group_id,
                       const json::value* wanted) {
  const auto ids = ids_in(wanted);
  std::set<std::string> present;
  for (const auto& one : members(provider, group_id)) present.insert(one.id);
  db_.read([&](db::Tx& tx) {
    for (const auto& id : ids) {
      if (!present.contains(id) && !store::user(tx, provider.id, id)) {
        throw refusal(400, "invalidValue", "There is no user " + id.substr(0, 100) + ".");
      }
    }
  });
  auto& permissions = identity_.permissions();
  const Caller system = identity::Identity::system();
  for (const auto& id : present) {
    if (!ids.contains(id)) permissions.remove_member(system, group_id, id);
  }
  for (const auto& id : ids) {
    if (!present.contains(id)) permissions.add_member(system, group_id, id);
  }
}

Scim::Resource Scim::create_group(const Provider& provider, const Resource& resource) {
  const std::string name = text_at(resource, "displayName");
  ids_in(find(resource, "members"));
  const auto made = identity_.permissions().create_group(identity::Identity::system(), name);
  const Micros now = now_micros();
  const store::GroupRow row{.provider_id = provider.id,
                            .group_id = made.id,
                            .external_id = text_at(resource, "externalId").substr(0, kMaxExternal),
                            .created_at = now,
                            .updated_at = now};
  try {
    db_.write([&](db::Tx& tx) { store::put_group(tx, row); });
    set_members(provider, made.id, find(resource, "members"));
  } catch (...) {
    identity_.permissions().delete_group(identity::Identity::system(), made.id);
    throw;
  }
  return group(provider, made.id);
}

Scim::Resource Scim::save_group(const Provider& provider, store::GroupRow row,
                                const Resource& before, const Resource& after) {
  const std::string name = text_at(after, "displayName");
  if (name != text_at(before, "displayName")) {
    identity_.permissions().rename_group(identity::Identity::system(), row.group_id, name);
  }
  row.external_id = text_at(after, "externalId").substr(0, kMaxExternal);
  row.updated_at = now_micros();
  set_members(provider, row.group_id, find(after, "members"));
  db_.write([&](db::Tx& tx) { store::put_group(tx, row); });
  return group(provider, row.group_id);
}

Scim::Resource Scim::replace_group(const Provider& provider, const std::string& id,
                                   const Resource& resource) {
  const auto row = known_group(provider, id);
  return save_group(provider, row, group(provider, id), resource);
}

Scim::Resource Scim::patch_group(const Provider& provider, const std::string& id,
                                 const Resource& message) {
  const auto row = known_group(provider, id);
  const Resource before = group(provider, id);
  Resource after = before;
  patch(after, message);
  return save_group(provider, row, before, after);
}

void Scim::delete_group(const Provider& provider, const std::string& id) {
  known_group(provider, id);
  identity_.permissions().delete_group(identity::Identity::system(), id);
}

}  // namespace ob::sso::scim
