// SQL of search; the rest is in store.cpp and table_store.cpp.
#include "base/error.h"
#include "catalog/names.h"
#include "catalog/rows.h"
#include "catalog/store.h"

namespace ob::catalog::store {
namespace {

// What of each kind is selected, from where, and the columns that are searched and ranked.
struct Shape {
  std::string columns, from, text, name;
};

Shape shape_of(HitKind kind) {
  const std::string c = kCatalogColumns, s = kSchemaColumns, t = kTableColumns, v = kVolumeColumns;
  const std::string parents =
      "JOIN catalog_schemas s ON s.id = %.schema_id JOIN catalog_catalogs c ON c.id = s.catalog_id";
  const auto under = [&](char alias) {
    std::string joined = parents;
    joined[joined.find('%')] = alias;
    return joined;
  };
  switch (kind) {
    case HitKind::catalog:
      return {c, "catalog_catalogs c", "c.search_text", "c.name_key"};
    case HitKind::schema:
      return {c + ", " + s, "catalog_schemas s JOIN catalog_catalogs c ON c.id = s.catalog_id",
              "s.search_text", "s.name_key"};
    case HitKind::table:
      return {c + ", " + s + ", " + t, "catalog_tables t " + under('t'), "t.search_text",
              "t.name_key"};
    case HitKind::volume:
      return {c + ", " + s + ", " + v, "catalog_volumes v " + under('v'), "v.search_text",
              "v.name_key"};
    case HitKind::column:
      return {c + ", " + s + ", " + t + ", k.name, k.type",
              "catalog_columns k JOIN catalog_tables t ON t.id = k.table_id " + under('t'),
              "k.search_text", "k.search_text"};
  }
  throw internal("unknown kind of search hit");
}

Hit read_hit(HitKind kind, const db::Row& row) {
  constexpr std::size_t kParents = kCatalogWidth + kSchemaWidth;
  Hit hit;
  hit.kind = kind;
  hit.catalog = read_catalog(row, 0);
  if (kind == HitKind::catalog) return hit;
  hit.schema = read_schema(row, kCatalogWidth, hit.catalog);
  if (kind == HitKind::table || kind == HitKind::column) {
    hit.table = read_table(row, kParents, hit.catalog.name, hit.schema.name);
  }
  if (kind == HitKind::column) {
    hit.column = {row.text(kParents + kTableWidth), row.text(kParents + kTableWidth + 1)};
  }
  if (kind == HitKind::volume) hit.volume = read_volume(row, kParents, hit.schema);
  return hit;
}

}  // namespace

std::vector<Hit> search(db::Tx& tx, HitKind kind, const std::string& key, std::int64_t offset,
                        std::int64_t limit) {
  const Shape shape = shape_of(kind);
  const bool tables = kind == HitKind::table || kind == HitKind::column;
  const std::string escaped = like_escape(key);
  // Whole names first, then names that begin so, then the rest.
  const std::string sql = "SELECT " + shape.columns + " FROM " + shape.from + " WHERE " +
                          shape.text + " LIKE $1 ESCAPE '\\'" +
                          (tables ? " AND t.dropped_at IS NULL" : "") + " ORDER BY CASE WHEN " +
                          shape.name + " = $2 THEN 0 WHEN " + shape.name +
                          " LIKE $3 ESCAPE '\\' THEN 1 ELSE 2 END, " + shape.name + ", c.name_key" +
                          (kind == HitKind::catalog ? "" : ", s.name_key") +
                          (tables ? ", t.name_key" : "") + " LIMIT $4 OFFSET $5";
  std::vector<Hit> out;
  for (const auto& row : tx.query(sql, {"%" + escaped + "%", key, escaped + "%", limit, offset})) {
    out.push_back(read_hit(kind, row));
  }
  return out;
}

}  // namespace ob::catalog::store
