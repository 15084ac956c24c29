#pragma once
// The parts of register_api, a file each, and what they share.
#include "api/api.h"
#include "workspaces/workspaces.h"

namespace ob::workspaces {

struct WorkspacePath {
  std::string workspace;
};
BOOST_DESCRIBE_STRUCT(WorkspacePath, (), (workspace))
struct IdPath {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(IdPath, (), (id))

void register_items(api::Registry& registry, Service& service);
void register_requests(api::Registry& registry, Service& service);

}  // namespace ob::workspaces
