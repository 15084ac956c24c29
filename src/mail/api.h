#pragma once
#include "api/api.h"
#include "mail/mail.h"

namespace ob::mail {

// The outbox, for administrators. `mail` outlives the registry.
void register_api(api::Registry& registry, Mail& mail);

}  // namespace ob::mail
