// Endpoints of saved queries.
#include "query/saved_queries.h"

namespace ob::query {

struct SavedItem {
  std::string id, name, sql, owner_id, owner, workspace, folder;
  wire::Instant created_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(SavedItem, (),
                      (id, name, sql, owner_id, owner, workspace, folder, created_at, updated_at))
struct SavedList {
  std::vector<SavedItem> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(SavedList, (), (items, next))
struct SavedPath {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(SavedPath, (), (id))
struct SaveQuery {
  std::string name, sql, workspace, folder;
};
BOOST_DESCRIBE_STRUCT(SaveQuery, (), (name, sql, workspace, folder))
struct ChangeSavedQuery {
  std::string id, name, sql;
};
BOOST_DESCRIBE_STRUCT(ChangeSavedQuery, (), (id, name, sql))

}  // namespace ob::query

template <>
struct ob::wire::Rules<ob::query::SaveQuery> {
  static constexpr auto value =
      rules(rule(&query::SaveQuery::name, {.min = 1, .max = 200}),
            rule(&query::SaveQuery::sql, {.max = 1024 * 1024}),
            rule(&query::SaveQuery::workspace,
                 {.max = 100, .optional = true, .text = "Where it lies; empty: private to you."}),
            rule(&query::SaveQuery::folder,
                 {.max = 100, .optional = true, .text = "A folder there; empty: at the top."}));
};
template <>
struct ob::wire::Rules<ob::query::ChangeSavedQuery> {
  static constexpr auto value = rules(rule(&query::ChangeSavedQuery::name, {.min = 1, .max = 200}),
                                      rule(&query::ChangeSavedQuery::sql, {.max = 1024 * 1024}));
};

namespace ob::query {
namespace {

SavedItem answer_of(SavedQueries& saved, const SavedQuery& query) {
  const workspaces::Item& item = query.item;
  return {item.id,
          item.name,
          query.sql,
          item.owner,
          saved.owner_name(item.owner),
          item.place.workspace,
          item.place.folder,
          {item.created_at},
          {item.updated_at}};
}

}  // namespace

void register_api(api::Registry& registry, SavedQueries& saved) {
  registry.add<api::Empty, SavedList>(
      "GET", "/api/v1/saved-queries",
      {.operation = "listSavedQueries",
       .tag = "queries",
       .summary = "Your saved queries, and those in workspaces that you may see"},
      [&saved](api::Context& ctx, const api::Empty&) {
        SavedList list;
        for (const SavedQuery& query : saved.list(ctx.caller))
          list.items.push_back(answer_of(saved, query));
        return list;
      });
  registry.add<SaveQuery, SavedItem>(
      "POST", "/api/v1/saved-queries",
      {.operation = "saveQuery",
       .tag = "queries",
       .summary = "Save a query",
       .status = 201,
       .errors = {404, 409}},
      [&saved](api::Context& ctx, const SaveQuery& body) {
        return answer_of(
            saved, saved.save(ctx.caller, body.name, body.sql, {body.workspace, body.folder}));
      });
  registry.add<SavedPath, SavedItem>("GET", "/api/v1/saved-queries/{id}",
                                     {.operation = "getSavedQuery",
                                      .tag = "queries",
                                      .summary = "Get a saved query",
                                      .errors = {404}},
                                     [&saved](api::Context& ctx, const SavedPath& path) {
                                       return answer_of(saved, saved.get(ctx.caller, path.id));
                                     });
  registry.add<ChangeSavedQuery, SavedItem>(
      "PUT", "/api/v1/saved-queries/{id}",
      {.operation = "changeSavedQuery",
       .tag = "queries",
       .summary = "Change a saved query",
       .errors = {404}},
      [&saved](api::Context& ctx, const ChangeSavedQuery& body) {
        return answer_of(saved, saved.change(ctx.caller, body.id, body.name, body.sql));
      });
  registry.add<SavedPath, api::Empty>("DELETE", "/api/v1/saved-queries/{id}",
                                      {.operation = "deleteSavedQuery",
                                       .tag = "queries",
                                       .summary = "Delete a saved query",
                                       .status = 204,
                                       .errors = {404}},
                                      [&saved](api::Context& ctx, const SavedPath& path) {
                                        saved.remove(ctx.caller, path.id);
                                        return api::Empty{};
                                      });
}

}  // namespace ob::query
