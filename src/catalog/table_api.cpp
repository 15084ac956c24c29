// Endpoints below …/tables.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/error.h"
#include "catalog/api_types.h"
#include "catalog/owners.h"
#include "catalog/rows.h"
#include "delta/maintenance.h"

namespace ob::catalog {
namespace {

using identity::ObjectType;
using identity::Privilege;

constexpr const char* kTables = "/api/v1/catalogs/{catalog}/schemas/{schema}/tables";

std::string privilege_name(Privilege privilege) {
  switch (privilege) {
    case Privilege::read:
      return "read";
    case Privilege::write:
      return "write";
    case Privilege::manage:
      return "manage";
    default:
      throw internal("a table's privilege without a name");
  }
}

TableItem table_item(Owners& owners, const Table& t) {
  TableItem item{t.id,           t.name.catalog,           t.name.schema,        t.name.object,
                 t.name.text(),  store::kind_text(t.kind), owners.name(t.owner), t.comment,
                 {t.created_at}, {t.updated_at},           std::nullopt};
  if (t.dropped_at) item.dropped_at = wire::Instant{*t.dropped_at};
  return item;
}

void fill_view(TableDetail& detail, const identity::Caller& caller, const Table& table,
               const DescribeView& describe_view) {
  detail.format = "view";
  detail.view_sql = table.view_sql;
  detail.view_catalog = table.view_defaults.catalog;
  detail.view_schema = table.view_defaults.schema;
  if (!describe_view) return;
  try {
    for (auto& [name, type] : describe_view(caller, table)) {
      detail.columns.push_back({std::move(name), std::move(type), true, "", std::nullopt});
    }
  } catch (const Error& error) {
    detail.problem = error.what();
  }
}

void fill_columns(TableDetail& detail, const delta::Metadata& metadata) {
  detail.partition_columns = metadata.partition_columns;
  for (const auto& field : metadata.schema) {
    TableColumn column{field.name, delta::to_sql(field.type), field.nullable, field.comment(),
                       std::nullopt};
    const auto& partitions = metadata.partition_columns;
    const auto at = std::find(partitions.begin(), partitions.end(), field.name);
    if (at != partitions.end()) column.partition_index = at - partitions.begin();
    detail.columns.push_back(std::move(column));
  }
}

// `shown`: what tells of hidden rows.
void fill_delta(TableDetail& detail, const Opened& opened, const delta::Snapshot& snapshot,
                bool shown) {
  detail.format = "delta";
  detail.location = opened.delta->location();
  fill_columns(detail, snapshot.metadata());
  detail.version = snapshot.version();
  detail.timestamp = wire::Instant{snapshot.timestamp()};
  if (shown) {
    detail.rows = snapshot.row_count();
    detail.bytes = snapshot.size_bytes();
    detail.files = static_cast<std::int64_t>(snapshot.files().size());
  }
  detail.properties = snapshot.metadata().configuration;
  const delta::Protocol& protocol = snapshot.protocol();
  detail.reader_features = protocol.reader_features;
  detail.writer_features = protocol.writer_features;
  detail.min_reader_version = protocol.min_reader;
  detail.min_writer_version = protocol.min_writer;
}

std::optional<std::string> text_of(const boost::json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->as_string());
}

boost::json::value object_of(const boost::json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? *value
                                                : boost::json::value(boost::json::object());
}

HistoryItem history_item(const delta::CommitRecord& record) {
  const auto& info = record.info.json;
  HistoryItem item;
  item.version = record.version;
  item.timestamp = {record.timestamp};
  item.operation = text_of(info, "operation").value_or("");
  item.parameters = object_of(info, "operationParameters");
  item.metrics = object_of(info, "operationMetrics");
  item.user = text_of(info, "userName");
  if (!item.user) item.user = text_of(info, "userId");
  item.engine = text_of(info, "engineInfo");
  return item;
}

bool manages(Service& service, const Caller& caller, const Name& table) {
  const auto held = service.table_privileges(caller, table);
  return std::ranges::find(held, Privilege::manage) != held.end();
}

void require_files_shown(Service& service, const Caller& caller, const Table& table) {
  if (!table.guarded || manages(service, caller, table.name)) return;
  throw forbidden("catalog.fencedTable",
                  "The table has a row filter or masks: its files are not shown.");
}

HistoryList history(Service& service, const api::Context& ctx, const GetHistory& request) {
  const auto opened =
      service.open(ctx.caller, {request.catalog, request.schema, request.table}, Privilege::read);
  const bool hidden = opened.table.guarded && !manages(service, ctx.caller, opened.table.name);
  const auto limit = static_cast<std::size_t>(request.limit);
  const auto records = opened.delta->history(limit + 1, request.before_version);
  HistoryList list;
  for (const auto& record : records) {
    if (list.items.size() == limit) {
      list.next = std::to_string(list.items.back().version);
      break;
    }
    list.items.push_back(history_item(record));
    // Numbers and conditions of changes tell about hidden rows.
    if (hidden) list.items.back().metrics = list.items.back().parameters = boost::json::object();
  }
  return list;
}

// numRecords of a file's statistics less what its deletion vector removes.
std::optional<std::int64_t> rows_of(const delta::Add& add) {
  if (add.stats.empty()) return std::nullopt;
  boost::system::error_code error;
  const auto stats = boost::json::parse(add.stats, error);
  if (error || !stats.is_object()) return std::nullopt;
  const auto* count = stats.as_object().if_contains("numRecords");
  if (count == nullptr || !count->is_int64()) return std::nullopt;
  return count->as_int64() - (add.deletion_vector ? add.deletion_vector->cardinality : 0);
}

FileItem file_item(const delta::Add& add, const std::map<std::string, std::string>& logical) {
  FileItem item{.path = add.path, .bytes = add.size, .rows = rows_of(add)};
  for (const auto& [physical, value] : add.partition_values) {
    const auto name = logical.find(physical);
    item.partition_values[name == logical.end() ? physical : name->second] = value;
  }
  item.modified_at = {add.modification_time * 1000};
  item.deletion_vector = add.deletion_vector.has_value();
  return item;
}

// A cursor is "version.offset": pages stay on the version of the first one.
struct FileCursor {
  std::int64_t version = 0;
  std::int64_t offset = 0;
};
FileCursor parse_cursor(const std::string& text) {
  FileCursor cursor;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, cursor.version);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.') throw_bad_cursor();
  const auto second = std::from_chars(first.ptr + 1, end, cursor.offset);
  if (second.ec != std::errc{} || second.ptr != end || cursor.offset < 0 || cursor.version < 0) {
    throw_bad_cursor();
  }
  return cursor;
}

FileItems files(Service& service, const api::Context& ctx, const ListFiles& request) {
  const auto opened =
      service.open(ctx.caller, {request.catalog, request.schema, request.table}, Privilege::read);
  require_files_shown(service, ctx.caller, opened.table);
  std::optional<std::int64_t> version = request.version;
  std::int64_t offset = 0;
  if (request.after) {
    const FileCursor cursor = parse_cursor(*request.after);
    if (version && *version != cursor.version) throw_bad_cursor();
    version = cursor.version;
    offset = cursor.offset;
  }
  const auto snapshot = version ? opened.delta->snapshot_at(*version) : opened.delta->snapshot();
  std::map<std::string, std::string> logical;
  for (const auto& field : snapshot->schema()) logical[field.physical_name()] = field.name;
  FileItems list;
  std::int64_t position = 0;
  for (const auto& add : snapshot->files()) {
    if (position >= offset + request.limit) {
      list.next = std::to_string(snapshot->version()) + "." + std::to_string(position);
      break;
    }
    if (position++ >= offset) list.items.push_back(file_item(add, logical));
  }
  return list;
}

TableStorage storage(Service& service, const api::Context& ctx, const TablePath& request) {
  const auto opened =
      service.open(ctx.caller, {request.catalog, request.schema, request.table}, Privilege::read);
  require_files_shown(service, ctx.caller, opened.table);
  const auto snapshot = opened.delta->snapshot();
  TableStorage out;
  out.version = snapshot->version();
  out.files = static_cast<std::int64_t>(snapshot->files().size());
  out.bytes = snapshot->size_bytes();
  out.target_bytes = delta::target_file_size(*snapshot);
  std::vector<const delta::Add*> files;
  for (const auto& add : snapshot->files()) {
    files.push_back(&add);
    if (add.size < out.target_bytes / 4 * 3) {
      ++out.small_files;
      out.small_bytes += add.size;
    }
    if (add.deletion_vector) {
      ++out.files_with_deleted_rows;
      out.deleted_rows += add.deletion_vector->cardinality;
    }
  }
  for (const auto& group : delta::plan_compaction(files, out.target_bytes, false)) {
    ++out.compacted_files;
    out.compactable_files += static_cast<std::int64_t>(group.size());
    for (const auto* add : group) out.compactable_bytes += add->size;
  }
  return out;
}

void register_reads(api::Registry& registry, Service& service, const DescribeView& describe_view) {
  registry.add<ListTables, TableList>(
      "GET", kTables,
      {.operation = "listTables",
       .tag = "catalog",
       .summary = "List tables and views",
       .errors = {404}},
      [&service](api::Context& ctx, const ListTables& request) {
        auto all =
            service.tables(ctx.caller, {request.catalog, request.schema, ""}, request.dropped);
        if (request.dropped) {
          // Of several dropped ones of a name, UNDROP brings back the newest, which comes first.
          std::ranges::sort(all, {}, [](const Table& t) {
            return std::pair(fold(t.name.object), -t.dropped_at.value_or(0));
          });
          const auto same = [](const Table& a, const Table& b) {
            return fold(a.name.object) == fold(b.name.object);
          };
          all.erase(std::unique(all.begin(), all.end(), same), all.end());
        }
        Owners owners(service);
        return page_of<TableList>(
            all, request.limit, request.after, [](const Table& t) { return t.name.object; },
            [&](const Table& t) { return table_item(owners, t); });
      });
  registry.add<GetTable, TableDetail>(
      "GET", std::string(kTables) + "/{table}",
      {.operation = "getTable",
       .tag = "catalog",
       .summary = "Get a table or view with its columns",
       .errors = {404, 409}},
      [&service, describe_view](api::Context& ctx, const GetTable& request) {
        return describe_table(service, ctx.caller, {request.catalog, request.schema, request.table},
                              request.version, describe_view);
      });
  registry.add<GetHistory, HistoryList>("GET", std::string(kTables) + "/{table}/history",
                                        {.operation = "getTableHistory",
                                         .tag = "catalog",
                                         .summary = "List the commits of a table, newest first",
                                         .errors = {404}},
                                        [&service](api::Context& ctx, const GetHistory& request) {
                                          return history(service, ctx, request);
                                        });
  registry.add<TablePath, TableStorage>("GET", std::string(kTables) + "/{table}/storage",
                                        {.operation = "getTableStorage",
                                         .tag = "catalog",
                                         .summary = "Tell how well a table's files are kept",
                                         .errors = {403, 404}},
                                        [&service](api::Context& ctx, const TablePath& request) {
                                          return storage(service, ctx, request);
                                        });
  registry.add<ListFiles, FileItems>("GET", std::string(kTables) + "/{table}/files",
                                     {.operation = "listTableFiles",
                                      .tag = "catalog",
                                      .summary = "List the data files of a version of a table",
                                      .errors = {404}},
                                     [&service](api::Context& ctx, const ListFiles& request) {
                                       return files(service, ctx, request);
                                     });
}

}  // namespace

TableDetail describe_table(Service& service, const identity::Caller& caller, const Name& name,
                           std::optional<std::int64_t> version, const DescribeView& describe_view) {
  const Table table = service.table(caller, name);
  Owners owners(service);
  TableDetail detail;
  static_cast<TableItem&>(detail) = table_item(owners, table);
  for (const auto privilege : service.table_privileges(caller, name))
    detail.privileges.push_back(privilege_name(privilege));
  if (table.kind == TableKind::view) {
    if (version)
      throw bad_request("catalog.isView", name.text() + " is a view: it has no versions.");
    fill_view(detail, caller, table, describe_view);
    return detail;
  }
  const Opened opened = service.open(caller, name, Privilege::browse);
  const auto snapshot = version ? opened.delta->snapshot_at(*version) : opened.delta->snapshot();
  fill_delta(detail, opened, *snapshot,
             !opened.table.guarded || manages(service, caller, opened.table.name));
  if (!version) service.note_schema(table.id, *snapshot);
  return detail;
}

void register_table_api(api::Registry& registry, Service& service, DescribeView describe_view) {
  register_reads(registry, service, describe_view);
  registry.add<ChangeTable, TableItem>(
      "PATCH", std::string(kTables) + "/{table}",
      {.operation = "changeTable",
       .tag = "catalog",
       .summary = "Rename a table or view, or change its comment",
       .errors = {404, 409}},
      [&service](api::Context& ctx, const ChangeTable& request) {
        Name name{request.catalog, request.schema, request.table};
        // The name first: it is what may be refused, and then nothing has changed.
        if (request.name) {
          const Name fresh{request.catalog, request.schema, *request.name};
          service.rename_table(ctx.caller, name, fresh);
          name = fresh;
        }
        if (request.comment) {
          service.comment(ctx.caller, ObjectType::table, name, *request.comment);
        }
        Owners owners(service);
        return table_item(owners, service.table(ctx.caller, name));
      });
  registry.add<TablePath, api::Empty>(
      "DELETE", std::string(kTables) + "/{table}",
      {.operation = "dropTable",
       .tag = "catalog",
       .summary = "Drop a table or view",
       .description = "It can be restored for 7 days.",
       .status = 204,
       .errors = {404, 409}},
      [&service](api::Context& ctx, const TablePath& request) {
        service.drop_table(ctx.caller, {request.catalog, request.schema, request.table}, false,
                           std::nullopt);
      });
  registry.add<TablePath, TableItem>(
      "POST", std::string(kTables) + "/{table}/undrop",
      {.operation = "undropTable",
       .tag = "catalog",
       .summary = "Restore the table or view of that name that was dropped last",
       .errors = {404, 409}},
      [&service](api::Context& ctx, const TablePath& request) {
        const Name name{request.catalog, request.schema, request.table};
        service.undrop_table(ctx.caller, name);
        Owners owners(service);
        return table_item(owners, service.table(ctx.caller, name));
      });
}

}  // namespace ob::catalog
