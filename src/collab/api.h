#pragma once
#include "api/api.h"
#include "collab/collab.h"

namespace ob::collab {

// The sockets /ws/yjs/{id} and /ws/hocuspocus.
void register_api(api::Registry&, Service&);

}  // namespace ob::collab
