#pragma once
#include <memory>

#include "api/authenticator.h"
#include "audit/audit.h"
#include "base/pool.h"
#include "identity/identity.h"

namespace ob::identity {

// All three outlive it; audit may be null.
std::unique_ptr<api::Authenticator> make_authenticator(Identity& identity, Pool& blocking,
                                                       audit::Audit* audit);

}  // namespace ob::identity
