// Commands on catalogs, schemas and volumes, and what they share with tables: DROP, RENAME,
// COMMENT.
#include "base/error.h"
#include "query/core.h"

namespace ob::query {

using identity::ObjectType;

namespace {

std::string_view kind_text(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::catalog:
      return "catalog";
    case ObjectKind::schema:
      return "schema";
    case ObjectKind::table:
      return "table";
    case ObjectKind::view:
      return "view";
    case ObjectKind::volume:
      return "volume";
  }
  return "object";
}

ObjectType object_type(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::catalog:
      return ObjectType::catalog;
    case ObjectKind::schema:
      return ObjectType::schema;
    case ObjectKind::volume:
      return ObjectType::volume;
    default:
      return ObjectType::table;
  }
}

std::string done(std::string_view verb, ObjectKind kind, const catalog::Name& name) {
  return std::string(verb) + " the " + std::string(kind_text(kind)) + " " + name.text() + ".";
}

}  // namespace

catalog::Name Session::object_name(ObjectKind kind, const QualifiedName& name) const {
  if (kind == ObjectKind::catalog) {
    if (name.parts.size() != 1)
      throw bad_request("catalog.badName", "A catalog's name has one part.");
    return {name.parts[0], "", ""};
  }
  if (kind == ObjectKind::schema) return resolve_schema(name.parts, defaults_);
  return resolve_table(name.parts, defaults_);
}

Plan Session::run(const CreateContainer& create) {
  const catalog::Name name = object_name(create.kind, create.name);
  if (create.kind == ObjectKind::catalog) {
    core_.catalog.create_catalog(caller_, name.catalog, create.comment, create.if_not_exists);
  } else if (create.kind == ObjectKind::schema) {
    core_.catalog.create_schema(caller_, name, create.comment, create.if_not_exists);
  } else {
    core_.catalog.create_volume(caller_, name, create.comment, create.if_not_exists);
  }
  return message_plan(done("Created", create.kind, name));
}

Plan Session::run(const Drop& drop) {
  const catalog::Name name = object_name(drop.kind, drop.name);
  switch (drop.kind) {
    case ObjectKind::catalog:
      core_.catalog.drop_catalog(caller_, name.catalog, drop.if_exists, drop.cascade);
      break;
    case ObjectKind::schema:
      core_.catalog.drop_schema(caller_, name, drop.if_exists, drop.cascade);
      break;
    case ObjectKind::volume:
      core_.catalog.drop_volume(caller_, name, drop.if_exists);
      break;
    case ObjectKind::table:
    case ObjectKind::view:
      core_.catalog.drop_table(caller_, name, drop.if_exists, drop.kind == ObjectKind::view);
      break;
  }
  return message_plan(done("Dropped", drop.kind, name));
}

Plan Session::run(const Undrop& undrop) {
  const catalog::Name name = table_name(undrop.name);
  core_.catalog.undrop_table(caller_, name);
  return message_plan(done("Brought back", ObjectKind::table, name));
}

Plan Session::run(const Rename& rename) {
  const catalog::Name name = object_name(rename.kind, rename.name);
  if (rename.kind == ObjectKind::catalog) {
    const catalog::Name fresh = object_name(rename.kind, rename.fresh);
    core_.catalog.rename_catalog(caller_, name.catalog, fresh.catalog);
  } else if (rename.kind == ObjectKind::schema) {
    const Defaults around{name.catalog, name.schema};
    const catalog::Name fresh = resolve_schema(rename.fresh.parts, around);
    if (fresh.catalog != name.catalog)
      throw bad_request("catalog.badName", "A schema stays in its catalog when it is renamed.");
    core_.catalog.rename_schema(caller_, name, fresh.schema);
  } else if (rename.kind == ObjectKind::volume) {
    throw bad_request("sql.notSupportedYet", "ALTER VOLUME is not supported in this version.");
  } else {
    const Defaults around{name.catalog, name.schema};
    core_.catalog.rename_table(caller_, name, resolve_table(rename.fresh.parts, around));
  }
  return message_plan(done("Renamed", rename.kind, name));
}

Plan Session::run(const Comment& comment) {
  const catalog::Name name = object_name(comment.kind, comment.name);
  core_.catalog.comment(caller_, object_type(comment.kind), name, comment.text);
  return message_plan(done("Changed the comment on", comment.kind, name));
}

}  // namespace ob::query
