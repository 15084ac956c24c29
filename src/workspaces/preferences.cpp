// What people prefer, everywhere or in one workspace.
#include "base/error.h"
#include "workspaces/service.h"
#include "workspaces/store.h"

namespace ob::workspaces {

std::string WorkspaceService::preferences(const Caller& caller, const std::string& workspace) {
  if (!workspace.empty()) require_workspace(caller, Privilege::browse, workspace);
  return db_.reading([&](db::Tx& tx) { return store::preferences(tx, caller.user_id, workspace); })
      .value_or("{}");
}

void WorkspaceService::set_preferences(const Caller& caller, const std::string& workspace,
                                       const std::string& json) {
  if (caller.read_only) throw forbidden("identity.forbidden", "This sign-in may only read.");
  if (!workspace.empty()) require_workspace(caller, Privilege::browse, workspace);
  db_.write([&](db::Tx& tx) { store::set_preferences(tx, caller.user_id, workspace, json); });
}

}  // namespace ob::workspaces
