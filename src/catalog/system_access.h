#pragma once
// `system.access.audit`: the audit log as a table, for administrators.
#include <memory>

#include "audit/audit.h"
#include "catalog/catalog.h"
#include "engine/engine.h"

namespace ob::catalog {

// Both must outlive the provider.
std::unique_ptr<TableProvider> make_system_access(audit::Audit& audit, engine::Engine& engine);

}  // namespace ob::catalog
