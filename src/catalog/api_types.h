#pragma once
// Wire types of the catalog's endpoints that nobody else needs, and paging of lists.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "catalog/api.h"
#include "catalog/names.h"

namespace ob::catalog {

inline constexpr std::int64_t kMostItems = 1000;

struct CatalogItem {
  std::string id, name, owner, comment;
  wire::Instant created_at;
  std::string workspace;
};
BOOST_DESCRIBE_STRUCT(CatalogItem, (), (id, name, owner, comment, created_at, workspace))
struct CatalogList {
  std::vector<CatalogItem> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(CatalogList, (), (items, next))
struct ListCatalogs {
  std::int64_t limit = kMostItems;
  std::optional<std::string> after;
};
BOOST_DESCRIBE_STRUCT(ListCatalogs, (), (limit, after))
struct CreateCatalog {
  std::string name;
  std::optional<std::string> comment, workspace;
};
BOOST_DESCRIBE_STRUCT(CreateCatalog, (), (name, comment, workspace))
struct CatalogPath {
  std::string catalog;
};
BOOST_DESCRIBE_STRUCT(CatalogPath, (), (catalog))
struct ChangeCatalog {
  std::string catalog;
  std::optional<std::string> name, comment, workspace;
};
BOOST_DESCRIBE_STRUCT(ChangeCatalog, (), (catalog, name, comment, workspace))
struct DropCatalog {
  std::string catalog;
  bool cascade = false;
};
BOOST_DESCRIBE_STRUCT(DropCatalog, (), (catalog, cascade))

struct SchemaItem {
  std::string id, catalog, name, owner, comment;
  wire::Instant created_at;
};
BOOST_DESCRIBE_STRUCT(SchemaItem, (), (id, catalog, name, owner, comment, created_at))
struct SchemaList {
  std::vector<SchemaItem> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(SchemaList, (), (items, next))
struct ListSchemas {
  std::string catalog;
  std::int64_t limit = kMostItems;
  std::optional<std::string> after;
};
BOOST_DESCRIBE_STRUCT(ListSchemas, (), (catalog, limit, after))
struct CreateSchema {
  std::string catalog, name;
  std::optional<std::string> comment;
};
BOOST_DESCRIBE_STRUCT(CreateSchema, (), (catalog, name, comment))
struct SchemaPath {
  std::string catalog, schema;
};
BOOST_DESCRIBE_STRUCT(SchemaPath, (), (catalog, schema))
struct ChangeSchema {
  std::string catalog, schema;
  std::optional<std::string> name, comment;
};
BOOST_DESCRIBE_STRUCT(ChangeSchema, (), (catalog, schema, name, comment))
struct DropSchema {
  std::string catalog, schema;
  bool cascade = false;
};
BOOST_DESCRIBE_STRUCT(DropSchema, (), (catalog, schema, cascade))

struct VolumeItem {
  std::string id, catalog, schema, name, full_name, owner, comment;
  wire::Instant created_at;
};
BOOST_DESCRIBE_STRUCT(VolumeItem, (),
                      (id, catalog, schema, name, full_name, owner, comment, created_at))
struct VolumeList {
  std::vector<VolumeItem> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(VolumeList, (), (items, next))
struct ListInSchema {
  std::string catalog, schema;
  std::int64_t limit = kMostItems;
  std::optional<std::string> after;
};
BOOST_DESCRIBE_STRUCT(ListInSchema, (), (catalog, schema, limit, after))
struct CreateVolume {
  std::string catalog, schema, name;
  std::optional<std::string> comment;
};
BOOST_DESCRIBE_STRUCT(CreateVolume, (), (catalog, schema, name, comment))
struct VolumePath {
  std::string catalog, schema, volume;
};
BOOST_DESCRIBE_STRUCT(VolumePath, (), (catalog, schema, volume))

struct SearchCatalog {
  std::string q;
  std::int64_t limit = 50;
};
BOOST_DESCRIBE_STRUCT(SearchCatalog, (), (q, limit))
struct SearchHit {
  std::string kind;
  std::string name;  // full, as SQL writes it; of a column, the table's
  std::string detail;
  std::string catalog;
  std::optional<std::string> schema, object;
};
BOOST_DESCRIBE_STRUCT(SearchHit, (), (kind, name, detail, catalog, schema, object))
struct SearchResult {
  std::vector<SearchHit> items;
};
BOOST_DESCRIBE_STRUCT(SearchResult, (), (items))

struct TableList {
  std::vector<TableItem> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(TableList, (), (items, next))
struct ListTables {
  std::string catalog, schema;
  bool dropped = false;
  std::int64_t limit = kMostItems;
  std::optional<std::string> after;
};
BOOST_DESCRIBE_STRUCT(ListTables, (), (catalog, schema, dropped, limit, after))
struct GetTable {
  std::string catalog, schema, table;
  std::optional<std::int64_t> version;
};
BOOST_DESCRIBE_STRUCT(GetTable, (), (catalog, schema, table, version))
struct ChangeTable {
  std::string catalog, schema, table;
  std::optional<std::string> name, comment;
};
BOOST_DESCRIBE_STRUCT(ChangeTable, (), (catalog, schema, table, name, comment))
struct TablePath {
  std::string catalog, schema, table;
};
BOOST_DESCRIBE_STRUCT(TablePath, (), (catalog, schema, table))
struct GetHistory {
  std::string catalog, schema, table;
  std::int64_t limit = 100;
  std::optional<std::int64_t> before_version;
};
BOOST_DESCRIBE_STRUCT(GetHistory, (), (catalog, schema, table, limit, before_version))
struct HistoryItem {
  std::int64_t version = 0;
  wire::Instant timestamp;
  std::string operation;
  boost::json::value parameters, metrics;
  std::optional<std::string> user, engine;
};
BOOST_DESCRIBE_STRUCT(HistoryItem, (),
                      (version, timestamp, operation, parameters, metrics, user, engine))
struct HistoryList {
  std::vector<HistoryItem> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(HistoryList, (), (items, next))
struct ListFiles {
  std::string catalog, schema, table;
  std::optional<std::int64_t> version;
  std::int64_t limit = 100;
  std::optional<std::string> after;
};
BOOST_DESCRIBE_STRUCT(ListFiles, (), (catalog, schema, table, version, limit, after))
struct TableStorage {
  std::int64_t version = 0, files = 0, bytes = 0;
  std::int64_t target_bytes = 0;                  // that files are to have
  std::int64_t small_files = 0, small_bytes = 0;  // below 3/4 of that
  std::int64_t compactable_files = 0, compactable_bytes = 0, compacted_files = 0;
  std::int64_t files_with_deleted_rows = 0, deleted_rows = 0;
};
BOOST_DESCRIBE_STRUCT(TableStorage, (),
                      (version, files, bytes, target_bytes, small_files, small_bytes,
                       compactable_files, compactable_bytes, compacted_files,
                       files_with_deleted_rows, deleted_rows))
struct FileItem {
  std::string path;
  std::int64_t bytes = 0;
  std::optional<std::int64_t> rows;
  std::map<std::string, std::optional<std::string>> partition_values;
  wire::Instant modified_at;
  bool deletion_vector = false;
};
BOOST_DESCRIBE_STRUCT(FileItem, (),
                      (path, bytes, rows, partition_values, modified_at, deletion_vector))
struct FileItems {
  std::vector<FileItem> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(FileItems, (), (items, next))

// Throws ob::Error 400 request.badCursor.
[[noreturn]] void throw_bad_cursor();

// One page of a list that is sorted by folded name. The cursor is the last name of the page before,
// so that it stays good when the list changes in between.
template <class List, class T, class NameOf, class MakeItem>
List page_of(const std::vector<T>& all, std::int64_t limit, const std::optional<std::string>& after,
             NameOf name_of, MakeItem make_item) {
  auto from = all.begin();
  if (after) {
    std::string key;
    if (!base64url_decode(*after, key)) throw_bad_cursor();
    from = std::find_if(all.begin(), all.end(), [&](const T& t) { return fold(name_of(t)) > key; });
  }
  List list;
  for (; from != all.end(); ++from) {
    if (static_cast<std::int64_t>(list.items.size()) == limit) {
      list.next = base64url_encode(fold(name_of(*std::prev(from))));
      break;
    }
    list.items.push_back(make_item(*from));
  }
  return list;
}

// Endpoints below …/tables; in table_api.cpp.
void register_table_api(api::Registry&, Service&, DescribeView);

}  // namespace ob::catalog

namespace ob::wire {

// Rules that many of the requests share.
inline constexpr Spec kNameRule{
    .min = 1, .max = 255, .text = "Without '/', '.' and control characters."};
inline constexpr Spec kNewNameRule{.min = 1, .max = 255, .text = "A new name."};
inline constexpr Spec kCommentRule{.max = 10000};
inline constexpr Spec kLimitRule{.min = 1, .max = 1000, .optional = true};
inline constexpr Spec kAfterRule{.max = 1000, .text = "The `next` of the page before."};
inline constexpr Spec kCascadeRule{.optional = true, .text = "Also drop what it holds."};
inline constexpr Spec kVersionRule{.min = 0,
                                   .text = "A version of the table; default: the newest."};

template <>
struct Rules<catalog::ListCatalogs> {
  static constexpr auto value = rules(rule(&catalog::ListCatalogs::limit, kLimitRule),
                                      rule(&catalog::ListCatalogs::after, kAfterRule));
};
template <>
struct Rules<catalog::ListSchemas> {
  static constexpr auto value = rules(rule(&catalog::ListSchemas::limit, kLimitRule),
                                      rule(&catalog::ListSchemas::after, kAfterRule));
};
template <>
struct Rules<catalog::ListInSchema> {
  static constexpr auto value = rules(rule(&catalog::ListInSchema::limit, kLimitRule),
                                      rule(&catalog::ListInSchema::after, kAfterRule));
};
template <>
struct Rules<catalog::CreateCatalog> {
  static constexpr auto value = rules(
      rule(&catalog::CreateCatalog::name, kNameRule),
      rule(&catalog::CreateCatalog::comment, kCommentRule),
      rule(&catalog::CreateCatalog::workspace, {.max = 100, .text = "The id of a workspace."}));
};
template <>
struct Rules<catalog::CreateSchema> {
  static constexpr auto value = rules(rule(&catalog::CreateSchema::name, kNameRule),
                                      rule(&catalog::CreateSchema::comment, kCommentRule));
};
template <>
struct Rules<catalog::CreateVolume> {
  static constexpr auto value = rules(rule(&catalog::CreateVolume::name, kNameRule),
                                      rule(&catalog::CreateVolume::comment, kCommentRule));
};
template <>
struct Rules<catalog::ChangeCatalog> {
  static constexpr auto value = rules(
      rule(&catalog::ChangeCatalog::name, kNewNameRule),
      rule(&catalog::ChangeCatalog::comment, kCommentRule),
      rule(&catalog::ChangeCatalog::workspace, {.max = 100,
                                                .text = "The id of the workspace that it is moved "
                                                        "to; empty: out of all."}));
};
template <>
struct Rules<catalog::ChangeSchema> {
  static constexpr auto value = rules(rule(&catalog::ChangeSchema::name, kNewNameRule),
                                      rule(&catalog::ChangeSchema::comment, kCommentRule));
};
template <>
struct Rules<catalog::ChangeTable> {
  static constexpr auto value = rules(rule(&catalog::ChangeTable::name, kNewNameRule),
                                      rule(&catalog::ChangeTable::comment, kCommentRule));
};
template <>
struct Rules<catalog::DropCatalog> {
  static constexpr auto value = rules(rule(&catalog::DropCatalog::cascade, kCascadeRule));
};
template <>
struct Rules<catalog::DropSchema> {
  static constexpr auto value = rules(rule(&catalog::DropSchema::cascade, kCascadeRule));
};
template <>
struct Rules<catalog::SearchCatalog> {
  static constexpr auto value = rules(
      rule(&catalog::SearchCatalog::q,
           {.min = 1, .max = 200, .text = "What names, comments or columns hold, in any case."}),
      rule(&catalog::SearchCatalog::limit, {.min = 1, .max = 200, .optional = true}));
};
template <>
struct Rules<catalog::SearchHit> {
  static constexpr auto value =
      rules(rule(&catalog::SearchHit::kind,
                 {.values = {"catalog", "schema", "table", "view", "volume", "column"}}),
            rule(&catalog::SearchHit::name,
                 {.text = "Full, as SQL writes it; of a column, its table's."}));
};
template <>
struct Rules<catalog::ListTables> {
  static constexpr auto value = rules(
      rule(&catalog::ListTables::dropped,
           {.optional = true, .text = "Those that can be restored instead."}),
      rule(&catalog::ListTables::limit, kLimitRule), rule(&catalog::ListTables::after, kAfterRule));
};
template <>
struct Rules<catalog::GetTable> {
  static constexpr auto value = rules(rule(&catalog::GetTable::version, kVersionRule));
};
template <>
struct Rules<catalog::GetHistory> {
  static constexpr auto value = rules(rule(&catalog::GetHistory::limit, kLimitRule),
                                      rule(&catalog::GetHistory::before_version, {.min = 0}));
};
template <>
struct Rules<catalog::TableStorage> {
  using T = catalog::TableStorage;
  static constexpr auto value =
      rules(rule(&T::target_bytes, {.text = "The size that files are to have."}),
            rule(&T::small_files, {.text = "Files below three quarters of it."}),
            rule(&T::compactable_files, {.text = "What OPTIMIZE would write anew …"}),
            rule(&T::compacted_files, {.text = "… and how many files it would become."}),
            rule(&T::deleted_rows, {.text = "Rows that deletion vectors hide in the files."}));
};
template <>
struct Rules<catalog::ListFiles> {
  static constexpr auto value = rules(rule(&catalog::ListFiles::version, kVersionRule),
                                      rule(&catalog::ListFiles::limit, kLimitRule),
                                      rule(&catalog::ListFiles::after, kAfterRule));
};
template <>
struct Rules<catalog::HistoryList> {
  static constexpr auto value =
      rules(rule(&catalog::HistoryList::next, {.text = "The before_version of the next page."}));
};

}  // namespace ob::wire
