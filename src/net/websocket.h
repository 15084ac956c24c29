#pragma once
#include "net/connection.h"

namespace ob::net {

// The head that answers an upgrade. Throws ob::Error 400 when the request does not ask for a
// WebSocket.
std::string upgrade_head(const Request& request);
// A WebSocket on a connection whose upgrade was answered.
std::unique_ptr<WebSocket> open_websocket(Connection& connection);

}  // namespace ob::net
