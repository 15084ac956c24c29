#pragma once
// Who is granted something on an object finds it in their inbox.
#include "identity/identity.h"
#include "identity/permissions.h"
#include "notify/notify.h"

namespace ob::app {

// The inbox outlives the requests that change permissions.
void tell_of_shares(identity::Permissions&, notify::Inbox&);

// Whether what was granted to them still is; for letters about it.
bool holds_grant(identity::Identity&, const std::string& user, const std::string& object);

}  // namespace ob::app
