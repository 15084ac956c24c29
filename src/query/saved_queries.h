#pragma once
// Queries that people saved: each lies in a folder of a workspace, or is private to its owner.
#include <memory>
#include <string>
#include <vector>

#include "api/api.h"
#include "db/db.h"
#include "workspaces/workspaces.h"

namespace ob::query {

struct SavedQuery {
  std::string sql;
  workspaces::Item item;
};

// All block and are thread-safe. Who may read a query sees its text; to run it they need the rights
// on its tables.
class SavedQueries {
 public:
  virtual ~SavedQueries() = default;
  using Caller = identity::Caller;

  // Own ones and those in workspaces that the caller sees; newest change first, 1,000 at most.
  virtual std::vector<SavedQuery> list(const Caller&) = 0;
  virtual SavedQuery get(const Caller&, const std::string& id) = 0;
  virtual SavedQuery save(const Caller&, const std::string& name, const std::string& sql,
                          const workspaces::Place&) = 0;
  virtual SavedQuery change(const Caller&, const std::string& id, const std::string& name,
                            const std::string& sql) = 0;
  virtual void remove(const Caller&, const std::string& id) = 0;
  virtual std::string owner_name(const std::string& id) = 0;
};

// After query::open, which makes their table.
std::unique_ptr<SavedQueries> open_saved_queries(db::Database&, workspaces::Service&);
void register_api(api::Registry&, SavedQueries&);

}  // namespace ob::query
