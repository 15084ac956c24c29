#include "query/saved_queries.h"

#include <array>
#include <map>

#include "base/error.h"

namespace ob::query {
namespace {

using workspaces::Item;
using workspaces::ObjectType;
using workspaces::Privilege;

// Their names and owners became items of workspaces.
constexpr std::array<db::Migration, 1> kMigrations{{{1, R"sql(
INSERT INTO workspace_items (id, type, rank, workspace_id, folder_id, name, name_key, owner,
  created_at, updated_at)
SELECT id, 'saved_query', 1, '', '', name, lower(name), owner_id, created_at, updated_at
FROM saved_queries;
DROP INDEX saved_queries_owner;
ALTER TABLE saved_queries DROP COLUMN owner_id;
ALTER TABLE saved_queries DROP COLUMN name;
ALTER TABLE saved_queries DROP COLUMN created_at;
ALTER TABLE saved_queries DROP COLUMN updated_at
)sql"}}};

constexpr std::size_t kMost = 1000;
constexpr ObjectType kType = ObjectType::saved_query;

Error gone() {
  return not_found("query.savedNotFound", "There is no saved query that you may see there.");
}

class Saved final : public SavedQueries {
 public:
  Saved(db::Database& database, workspaces::Service& workspaces)
      : db_(database), workspaces_(workspaces) {
    workspaces_.keep(kType, {.remove = [](db::Tx& tx, const std::string& id) {
                       tx.execute("DELETE FROM saved_queries WHERE id = $1", {id});
                     }});
  }

  std::vector<SavedQuery> list(const Caller& caller) override {
    const auto items = workspaces_.visible(caller, kType, kMost);
    const auto texts = db_.reading([&](db::Tx& tx) {
      std::map<std::string, std::string> out;
      for (const Item& item : items) {
        if (auto sql = text_of(tx, item.id)) out[item.id] = std::move(*sql);
      }
      return out;
    });
    std::vector<SavedQuery> out;
    for (const Item& item : items) {
      if (const auto found = texts.find(item.id); found != texts.end())
        out.push_back({found->second, item});
    }
    return out;
  }

  SavedQuery get(const Caller& caller, const std::string& id) override {
    const Item item = workspaces_.require(caller, Privilege::read, kType, id);
    auto sql = db_.reading([&](db::Tx& tx) { return text_of(tx, id); });
    if (!sql) throw gone();
    return {std::move(*sql), item};
  }

  SavedQuery save(const Caller& caller, const std::string& name, const std::string& sql,
                  const workspaces::Place& place) override {
    const Item item =
        workspaces_.add(caller, kType, name, place, [&](db::Tx& tx, const Item& made) {
          tx.execute("INSERT INTO saved_queries (id, sql) VALUES ($1, $2)", {made.id, sql});
        });
    return {sql, item};
  }

  SavedQuery change(const Caller& caller, const std::string& id, const std::string& name,
                    const std::string& sql) override {
    const Item item = workspaces_.change_item(caller, kType, id, name, [&](db::Tx& tx) {
      if (tx.execute("UPDATE saved_queries SET sql = $2 WHERE id = $1", {id, sql}) == 0)
        throw gone();
    });
    return {sql, item};
  }

  void remove(const Caller& caller, const std::string& id) override {
    workspaces_.require(caller, Privilege::write, kType, id);
    workspaces_.remove_item(caller, id, false);
  }

  std::string owner_name(const std::string& id) override { return workspaces_.owner_name(id); }

 private:
  static std::optional<std::string> text_of(db::Tx& tx, const std::string& id) {
    const auto row = tx.query_one("SELECT sql FROM saved_queries WHERE id = $1", {id});
    return row ? std::optional(row->text(0)) : std::nullopt;
  }

  db::Database& db_;
  workspaces::Service& workspaces_;
};

}  // namespace

std::unique_ptr<SavedQueries> open_saved_queries(db::Database& database,
                                                 workspaces::Service& workspaces) {
  database.migrate("saved_queries", kMigrations);
  return std::make_unique<Saved>(database, workspaces);
}

}  // namespace ob::query
