#include <algorithm>

#include "base/error.h"
#include "base/ids.h"
#include "catalog/names.h"
#include "catalog/service.h"

namespace ob::catalog {
namespace {

using identity::Privilege;
using store::Hit;
using store::HitKind;

constexpr std::size_t kMaxText = 200;
constexpr std::size_t kMaxResults = 200;
constexpr std::int64_t kPage = 200;
// How many hits of a kind are looked at on behalf of a caller who may see few of them.
constexpr std::int64_t kMaxScanned = 20'000;
constexpr std::size_t kMaxColumns = 10'000;

// Leaf and parent columns as search shows them: "address.city".
void collect(const delta::Schema& schema, const std::string& prefix,
             std::vector<store::Column>& out) {
  for (const auto& field : schema) {
    if (out.size() >= kMaxColumns) return;
    const std::string name = prefix + field.name;
    out.push_back({name, delta::to_sql(field.type)});
    if (field.type.is("struct")) collect(field.type.fields, name + ".", out);
  }
}

Found found(const Hit& hit) {
  const auto text = [](const std::string& comment, const char* fallback) {
    return comment.empty() ? std::string(fallback) : comment;
  };
  switch (hit.kind) {
    case HitKind::catalog:
      return {"catalog", {hit.catalog.name, "", ""}, text(hit.catalog.comment, "catalog")};
    case HitKind::schema:
      return {
          "schema", {hit.catalog.name, hit.schema.name, ""}, text(hit.schema.comment, "schema")};
    case HitKind::table: {
      const bool view = hit.table.kind == TableKind::view;
      return {view ? "view" : "table", hit.table.name,
              text(hit.table.comment, view ? "view" : "table")};
    }
    case HitKind::volume:
      return {"volume", hit.volume.name, text(hit.volume.comment, "volume")};
    case HitKind::column:
      return {"column", hit.table.name, hit.column.name + " " + hit.column.type};
  }
  throw internal("unknown kind of search hit");
}

}  // namespace

bool CatalogService::may_find(const Caller& caller, const Hit& hit) {
  switch (hit.kind) {
    case HitKind::catalog:
      return visible(caller, hit.catalog);
    case HitKind::schema:
      return visible(caller, store::SchemaRow{hit.schema, hit.catalog});
    case HitKind::table:
    case HitKind::column:
      return identity_.permissions().may(
          caller, Privilege::browse, path_of(store::TableRow{hit.table, hit.schema, hit.catalog}));
    case HitKind::volume:
      return identity_.permissions().may(
          caller, Privilege::browse,
          path_of(store::VolumeRow{hit.volume, hit.schema, hit.catalog}));
  }
  throw internal("unknown kind of search hit");
}

std::vector<Found> CatalogService::search(const Caller& caller, const std::string& text,
                                          std::size_t limit) {
  if (text.size() > kMaxText || !valid_utf8(text)) {
    Error error = bad_request("catalog.badSearch",
                              "The text to search for must be UTF-8 of at most 200 bytes.");
    error.with_fields({{"q", "must be UTF-8 of at most 200 bytes"}});
    throw error;
  }
  const std::string key = fold(text);
  limit = std::min(limit, kMaxResults);
  std::vector<Found> out;
  if (key.empty()) return out;
  for (const auto kind :
       {HitKind::table, HitKind::schema, HitKind::catalog, HitKind::volume, HitKind::column}) {
    for (std::int64_t offset = 0; out.size() < limit && offset < kMaxScanned; offset += kPage) {
      const auto page =
          db_.reading([&](db::Tx& tx) { return store::search(tx, kind, key, offset, kPage); });
      for (const auto& hit : page) {
        if (out.size() >= limit) break;
        if (may_find(caller, hit)) out.push_back(found(hit));
      }
      if (page.size() < static_cast<std::size_t>(kPage)) break;
    }
  }
  return out;
}

void CatalogService::note_schema(const std::string& table_id, const delta::Snapshot& snapshot) {
  std::vector<store::Column> columns;
  collect(snapshot.schema(), "", columns);
  std::string all;
  for (const auto& column : columns) all += column.name + '\0' + column.type + '\0';
  const std::string fingerprint = sha256_hex(all);
  if (cache_.columns(table_id) == fingerprint) return;
  if (db_.reading([&](db::Tx& tx) { return store::columns(tx, table_id); }) != columns) {
    db_.write([&](db::Tx& tx) {
      if (store::table_id_known(tx, table_id)) store::replace_columns(tx, table_id, columns);
    });
  }
  cache_.set_columns(table_id, fingerprint);
}

}  // namespace ob::catalog
