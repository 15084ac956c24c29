#pragma once
#include "api/api.h"
#include "documents/documents.h"

namespace ob::documents {

// Who asks an endpoint that answers guests too (Doc::guests).
Visitor visitor_of(const api::Context&);

// `sign_ins`: where passwords are hashed.
void register_api(api::Registry&, Service&, Pool& blocking, Pool& sign_ins);

}  // namespace ob::documents
