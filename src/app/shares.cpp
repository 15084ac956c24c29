#include "app/shares.h"

#include <algorithm>

#include "catalog/catalog.h"
#include "identity/identity.h"
#include "net/net.h"

namespace ob::app {
namespace {

using identity::ObjectType;
using identity::Securable;

std::string joined(const char* begin, const catalog::Name& name, const char* end = "") {
  std::string out = begin + net::percent_encode(name.catalog);
  for (const std::string* part : {&name.schema, &name.object})
    if (!part->empty()) out += "/" + net::percent_encode(*part);
  return out + end;
}

// Where the page shows an object.
std::string page_of(std::span<const Securable> path) {
  const Securable& object = path.front();
  switch (object.type) {
    case ObjectType::document:
      return "/documents/" + object.id;
    case ObjectType::workspace:
      return "/workspaces/" + object.id;
    case ObjectType::folder:
      return "/workspaces/" + path.back().id + "?folder=" + object.id;
    case ObjectType::saved_query:
      return "/sql?q=" + object.id;
    case ObjectType::catalog:
      return joined("/catalog/", catalog::parse_name(object.name, 1));
    case ObjectType::schema:
      return joined("/catalog/", catalog::parse_name(object.name, 2));
    case ObjectType::table:
      return joined("/catalog/", catalog::parse_name(object.name));
    case ObjectType::function: {
      catalog::Name schema = catalog::parse_name(object.name);
      schema.object.clear();
      return joined("/catalog/", schema);
    }
    case ObjectType::volume:
      return joined("/files/", catalog::parse_name(object.name), "/");
    case ObjectType::server:
      return "/";
  }
  throw internal("a page of an unknown type");
}

// Grants on data are often made by the hundred: they need no letters.
bool deserves_letter(ObjectType type) {
  return type == ObjectType::document || type == ObjectType::folder ||
         type == ObjectType::workspace || type == ObjectType::saved_query;
}

}  // namespace

void tell_of_shares(identity::Permissions& permissions, notify::Inbox& inbox) {
  permissions.watch({.granted =
                         [&inbox](db::Tx& tx, const identity::Caller& caller,
                                  std::span<const Securable> path, const identity::Principal& to) {
                           const Securable& object = path.front();
                           // What the server does by itself, such as for an invitation, was asked
                           // for.
                           if (caller.user_id == identity::Identity::system().user_id ||
                               object.owner == to.id)
                             return;
                           inbox.tell(tx, {to.id},
                                      {.kind = notify::Kind::share,
                                       .object_type = std::string(identity::to_text(object.type)),
                                       .object = object.id,
                                       .title = object.name,
                                       .from = caller.user_id,
                                       .path = page_of(path),
                                       .by_letter = deserves_letter(object.type)});
                         },
                     .done = [&inbox](const identity::Principal& to) { inbox.told({to.id}); },
                     .gone =
                         [&inbox](db::Tx& tx, const Securable& object) {
                           inbox.forget(tx, identity::to_text(object.type), object.id);
                         }});
}

bool holds_grant(identity::Identity& identity, const std::string& user, const std::string& object) {
  identity::Caller caller;
  caller.user_id = user;
  const auto held = identity.permissions().granted_objects(caller);
  return std::ranges::find(held, object) != held.end();
}

}  // namespace ob::app
