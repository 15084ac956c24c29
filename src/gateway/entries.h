#pragma once
// What the gateway itself puts into the audit log, and what a limited credential may not do.
#include <optional>
#include <string>

#include "api/api.h"
#include "audit/audit.h"

namespace ob::gateway {

// Throws ob::Error 403 identity.scope when the caller's credential lacks the endpoint's scope, 403
// identity.readOnly when it may change nothing and the endpoint does.
void require_scope(const api::Endpoint& endpoint, const Caller& caller);

// An entry for a request that was refused, or that changed something, when no service made one.
std::optional<audit::Event> missing_entry(const api::Endpoint& endpoint, const Caller& caller,
                                          const std::string& path,
                                          const std::optional<Error>& error);

audit::Event refused_token(const net::Request& request, const std::string& request_id,
                           const Error& error);

}  // namespace ob::gateway
