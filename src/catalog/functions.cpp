// Functions of SQL, and the policies that use them: row filters and column masks.
#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/ids.h"
#include "catalog/names.h"
#include "catalog/service.h"

namespace ob::catalog {

using identity::Privilege;

namespace {

constexpr std::size_t kMaxParameters = 100, kMaxBody = 100'000;

void check(const Function& function) {
  check_part(function.name.object, "name");
  check_comment(function.comment);
  if (function.parameters.size() > kMaxParameters || function.body.size() > kMaxBody) {
    throw too_large("catalog.functionTooLong",
                    "A function takes at most 100 parameters and 100000 bytes of text.");
  }
  std::set<std::string> names;
  for (const auto& parameter : function.parameters) {
    check_part(parameter.name, "parameter");
    if (!names.insert(fold(parameter.name)).second) {
      throw bad_request("catalog.badFunction",
                        "The function has two parameters named " + parameter.name + ".");
    }
  }
}

}  // namespace

store::FunctionRow CatalogService::require_function(const Caller& caller, Privilege privilege,
                                                    const Name& name) {
  const auto found = db_.reading([&](db::Tx& tx) {
    return store::find_function(tx, fold(name.catalog), fold(name.schema), fold(name.object));
  });
  if (!found || !identity_.permissions().may(caller, Privilege::browse, path_of(*found))) {
    throw not_found("catalog.functionNotFound",
                    "There is no function " + name.text() + " that you may see.");
  }
  if (privilege != Privilege::browse) require_privilege(caller, privilege, path_of(*found));
  return *found;
}

std::vector<Function> CatalogService::functions(const Caller& caller, const Name& schema) {
  const auto parent = require_schema(caller, Privilege::browse, schema);
  std::vector<Function> out;
  for (const auto& row : db_.reading([&](db::Tx& tx) { return store::functions(tx, parent); })) {
    if (identity_.permissions().may(caller, Privilege::browse, path_of(row)))
      out.push_back(row.function);
  }
  return out;
}

Function CatalogService::function(const Caller& caller, const Name& name, Privilege privilege) {
  return require_function(caller, privilege, name).function;
}

Function CatalogService::create_function(const Caller& caller, const Function& wanted,
                                         bool if_not_exists, bool or_replace) {
  const auto parent = require_schema(caller, Privilege::create, wanted.name);
  check(wanted);
  Function function = wanted;
  function.id = new_uuid();
  function.name = {parent.catalog.name, parent.schema.name, wanted.name.object};
  function.owner = caller.user_id;
  function.created_at = now_micros();
  const auto existing = db_.reading([&](db::Tx& tx) {
    return store::find_function(tx, fold(function.name.catalog), fold(function.name.schema),
                                fold(function.name.object));
  });
  if (existing && if_not_exists) return existing->function;
  if (existing && or_replace) {
    require_privilege(caller, Privilege::manage, path_of(*existing));
    function.id = existing->function.id;
    function.created_at = existing->function.created_at;
    db_.write([&](db::Tx& tx) {
      // What the policies give to it, and take from it, was checked against these.
      const bool same = std::ranges::equal(function.parameters, existing->function.parameters, {},
                                           &Function::Parameter::type, &Function::Parameter::type);
      if ((!same || function.returns != existing->function.returns) &&
          store::function_uses(tx, function.id) > 0) {
        throw conflict("catalog.functionInUse",
                       "The function " + function.name.text() +
                           " is a row filter or mask: types of its parameters and result must "
                           "stay.");
      }
      store::update_function(tx, function);
    });
    return function;
  }
  try {
    db_.write([&](db::Tx& tx) {
      if (!store::schema_exists(tx, parent.schema.id)) {
        throw conflict("catalog.changed",
                       "The schema of " + function.name.text() + " was dropped at the same time.");
      }
      store::insert_function(tx, parent.schema.id, function);
    });
  } catch (const db::UniqueViolation&) {
    throw conflict("catalog.functionExists",
                   "A function named " + function.name.text() +
                       " is already there. Use OR REPLACE or IF NOT EXISTS.");
  }
  return function;
}

void CatalogService::drop_function(const Caller& caller, const Name& name, bool if_exists) {
  store::FunctionRow row;
  try {
    row = require_function(caller, Privilege::manage, name);
  } catch (const Error& error) {
    if (if_exists && error.status() == 404) return;
    throw;
  }
  db_.write([&](db::Tx& tx) {
    if (const auto uses = store::function_uses(tx, row.function.id); uses > 0) {
      throw conflict("catalog.functionInUse",
                     "The function " + row.function.name.text() + " is a row filter or mask of " +
                         std::to_string(uses) + " table(s). Take it off them first.");
    }
    store::delete_function(tx, row.function.id);
  });
  forget(path_of(row));
}

std::vector<Policy> CatalogService::policies(const Table& table) {
  if (!table.guarded) return {};
  auto out = db_.reading([&](db::Tx& tx) { return store::policies(tx, table.id); });
  // Without its function a filter would let everything through: so nobody reads.
  if (std::ranges::any_of(out, [](const Policy& p) { return p.function.id.empty(); })) {
    throw conflict("catalog.policyBroken",
                   "A function of the row filter or a mask of " + table.name.text() +
                       " was dropped. Whoever manages the table must set another, or take it off.");
  }
  return out;
}

void CatalogService::set_policy(const Caller& caller, const Name& table, const std::string& column,
                                const std::optional<Name>& function,
                                const std::vector<std::string>& columns) {
  const auto row = require_table(caller, Privilege::manage, table);
  if (row.table.kind == TableKind::view) {
    throw bad_request("catalog.isView", table.text() + " is a view: filter in its query.");
  }
  if (!function) {
    const bool any =
        db_.writing([&](db::Tx& tx) { return store::delete_policy(tx, row.table.id, column); });
    if (!any) {
      throw not_found("catalog.policyNotFound", column.empty()
                                                    ? "The table has no row filter."
                                                    : "The column " + column + " has no mask.");
    }
    return;
  }
  const Policy policy{column, require_function(caller, Privilege::read, *function).function,
                      columns};
  db_.write([&](db::Tx& tx) { store::set_policy(tx, row.table.id, policy); });
}

}  // namespace ob::catalog
