#pragma once
// What /metrics tells of parts beside the gateway.
#include "collab/collab.h"
#include "gateway/gateway.h"
#include "realtime/realtime.h"

namespace ob::app {

void add_event_metrics(gateway::Gateway&, realtime::Hub&);
void add_document_metrics(gateway::Gateway&, collab::Service&);

}  // namespace ob::app
