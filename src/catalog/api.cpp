#include "catalog/api.h"

#include "base/error.h"
#include "catalog/api_types.h"
#include "catalog/credentials_api.h"
#include "catalog/owners.h"

namespace ob::catalog {
namespace {

using identity::ObjectType;
using identity::Privilege;

CatalogItem item(Owners& owners, const Catalog& c) {
  return {c.id, c.name, owners.name(c.owner), c.comment, {c.created_at}, c.workspace};
}

SchemaItem item(Owners& owners, const Schema& s) {
  return {s.id, s.catalog, s.name, owners.name(s.owner), s.comment, {s.created_at}};
}

VolumeItem item(Owners& owners, const Volume& v) {
  return {v.id,          v.name.catalog,       v.name.schema, v.name.object,
          v.name.text(), owners.name(v.owner), v.comment,     {v.created_at}};
}

void register_catalogs(api::Registry& registry, Service& service) {
  registry.add<ListCatalogs, CatalogList>(
      "GET", "/api/v1/catalogs",
      {.operation = "listCatalogs", .tag = "catalog", .summary = "List catalogs"},
      [&service](api::Context& ctx, const ListCatalogs& request) {
        Owners owners(service);
        return page_of<CatalogList>(
            service.catalogs(ctx.caller), request.limit, request.after,
            [](const Catalog& c) { return c.name; },
            [&](const Catalog& c) { return item(owners, c); });
      });
  registry.add<CreateCatalog, CatalogItem>(
      "POST", "/api/v1/catalogs",
      {.operation = "createCatalog",
       .tag = "catalog",
       .summary = "Create a catalog with a schema named default",
       .status = 201,
       .errors = {404, 409}},
      [&service](api::Context& ctx, const CreateCatalog& request) {
        Owners owners(service);
        return item(owners,
                    service.create_catalog(ctx.caller, request.name, request.comment.value_or(""),
                                           false, request.workspace.value_or("")));
      });
  registry.add<CatalogPath, CatalogItem>(
      "GET", "/api/v1/catalogs/{catalog}",
      {.operation = "getCatalog", .tag = "catalog", .summary = "Get a catalog", .errors = {404}},
      [&service](api::Context& ctx, const CatalogPath& request) {
        Owners owners(service);
        return item(owners, service.catalog(ctx.caller, request.catalog));
      });
  registry.add<ChangeCatalog, CatalogItem>(
      "PATCH", "/api/v1/catalogs/{catalog}",
      {.operation = "changeCatalog",
       .tag = "catalog",
       .summary = "Rename a catalog, change its comment, or move it to a workspace",
       .errors = {404, 409}},
      [&service](api::Context& ctx, const ChangeCatalog& request) {
        // The name first: it is what may be refused, and then nothing has changed.
        const std::string name = request.name.value_or(request.catalog);
        if (request.name) service.rename_catalog(ctx.caller, request.catalog, name);
        if (request.workspace) service.move_catalog(ctx.caller, name, *request.workspace);
        if (request.comment) {
          service.comment(ctx.caller, ObjectType::catalog, {name, "", ""}, *request.comment);
        }
        Owners owners(service);
        return item(owners, service.catalog(ctx.caller, name));
      });
  registry.add<DropCatalog, api::Empty>("DELETE", "/api/v1/catalogs/{catalog}",
                                        {.operation = "dropCatalog",
                                         .tag = "catalog",
                                         .summary = "Drop a catalog",
                                         .status = 204,
                                         .errors = {404, 409}},
                                        [&service](api::Context& ctx, const DropCatalog& request) {
                                          service.drop_catalog(ctx.caller, request.catalog, false,
                                                               request.cascade);
                                        });
}

void register_schemas(api::Registry& registry, Service& service) {
  registry.add<ListSchemas, SchemaList>(
      "GET", "/api/v1/catalogs/{catalog}/schemas",
      {.operation = "listSchemas", .tag = "catalog", .summary = "List schemas", .errors = {404}},
      [&service](api::Context& ctx, const ListSchemas& request) {
        Owners owners(service);
        return page_of<SchemaList>(
            service.schemas(ctx.caller, request.catalog), request.limit, request.after,
            [](const Schema& s) { return s.name; },
            [&](const Schema& s) { return item(owners, s); });
      });
  registry.add<CreateSchema, SchemaItem>(
      "POST", "/api/v1/catalogs/{catalog}/schemas",
      {.operation = "createSchema",
       .tag = "catalog",
       .summary = "Create a schema",
       .status = 201,
       .errors = {404, 409}},
      [&service](api::Context& ctx, const CreateSchema& request) {
        Owners owners(service);
        return item(owners, service.create_schema(ctx.caller, {request.catalog, request.name, ""},
                                                  request.comment.value_or(""), false));
      });
  registry.add<SchemaPath, SchemaItem>(
      "GET", "/api/v1/catalogs/{catalog}/schemas/{schema}",
      {.operation = "getSchema", .tag = "catalog", .summary = "Get a schema", .errors = {404}},
      [&service](api::Context& ctx, const SchemaPath& request) {
        Owners owners(service);
        return item(owners, service.schema(ctx.caller, {request.catalog, request.schema, ""}));
      });
  registry.add<ChangeSchema, SchemaItem>(
      "PATCH", "/api/v1/catalogs/{catalog}/schemas/{schema}",
      {.operation = "changeSchema",
       .tag = "catalog",
       .summary = "Rename a schema or change its comment",
       .errors = {404, 409}},
      [&service](api::Context& ctx, const ChangeSchema& request) {
        const Name name{request.catalog, request.name.value_or(request.schema), ""};
        if (request.name) {
          service.rename_schema(ctx.caller, {request.catalog, request.schema, ""}, name.schema);
        }
        if (request.comment) {
          service.comment(ctx.caller, ObjectType::schema, name, *request.comment);
        }
        Owners owners(service);
        return item(owners, service.schema(ctx.caller, name));
      });
  registry.add<DropSchema, api::Empty>("DELETE", "/api/v1/catalogs/{catalog}/schemas/{schema}",
                                       {.operation = "dropSchema",
                                        .tag = "catalog",
                                        .summary = "Drop a schema",
                                        .status = 204,
                                        .errors = {404, 409}},
                                       [&service](api::Context& ctx, const DropSchema& request) {
                                         service.drop_schema(ctx.caller,
                                                             {request.catalog, request.schema, ""},
                                                             false, request.cascade);
                                       });
}

void register_volumes(api::Registry& registry, Service& service) {
  const std::string base = "/api/v1/catalogs/{catalog}/schemas/{schema}/volumes";
  registry.add<ListInSchema, VolumeList>(
      "GET", base,
      {.operation = "listVolumes", .tag = "catalog", .summary = "List volumes", .errors = {404}},
      [&service](api::Context& ctx, const ListInSchema& request) {
        Owners owners(service);
        return page_of<VolumeList>(
            service.volumes(ctx.caller, {request.catalog, request.schema, ""}), request.limit,
            request.after, [](const Volume& v) { return v.name.object; },
            [&](const Volume& v) { return item(owners, v); });
      });
  registry.add<CreateVolume, VolumeItem>(
      "POST", base,
      {.operation = "createVolume",
       .tag = "catalog",
       .summary = "Create a volume of files",
       .status = 201,
       .errors = {404, 409}},
      [&service](api::Context& ctx, const CreateVolume& request) {
        Owners owners(service);
        return item(owners, service.create_volume(ctx.caller,
                                                  {request.catalog, request.schema, request.name},
                                                  request.comment.value_or(""), false));
      });
  registry.add<VolumePath, VolumeItem>(
      "GET", base + "/{volume}",
      {.operation = "getVolume", .tag = "catalog", .summary = "Get a volume", .errors = {404}},
      [&service](api::Context& ctx, const VolumePath& request) {
        Owners owners(service);
        return item(owners,
                    service.volume(ctx.caller, {request.catalog, request.schema, request.volume},
                                   Privilege::browse));
      });
  registry.add<VolumePath, api::Empty>(
      "DELETE", base + "/{volume}",
      {.operation = "dropVolume",
       .tag = "catalog",
       .summary = "Drop a volume with its files",
       .description = "The files are deleted at once and cannot be restored.",
       .status = 204,
       .errors = {404}},
      [&service](api::Context& ctx, const VolumePath& request) {
        service.drop_volume(ctx.caller, {request.catalog, request.schema, request.volume}, false);
      });
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

void throw_bad_cursor() {
  Error error = bad_request("request.badCursor",
                            "The parameter after must be the `next` of an earlier page.");
  error.with_fields({{"after", "must be the next of an earlier page"}});
  throw error;
}

void register_api(api::Registry& registry, Service& service, DescribeView describe_view) {
  register_catalogs(registry, service);
  register_schemas(registry, service);
  register_volumes(registry, service);
  register_credentials(registry, service);
  register_table_api(registry, service, std::move(describe_view));
  registry.add<SearchCatalog, SearchResult>(
      "GET", "/api/v1/search",
      {.operation = "search",
       .tag = "catalog",
       .summary = "Find catalogs, schemas, tables, views, volumes and columns"},
      [&service](api::Context& ctx, const SearchCatalog& request) {
        SearchResult result;
        for (const auto& hit :
             service.search(ctx.caller, request.q, static_cast<std::size_t>(request.limit))) {
          result.items.push_back({hit.kind, hit.name.text(), hit.detail, hit.name.catalog,
                                  unless_empty(hit.name.schema), unless_empty(hit.name.object)});
        }
        return result;
      });
}

}  // namespace ob::catalog
