#pragma once
#include "net/connection.h"

namespace ob::net {

// Answers the upgrade. Throws ob::Error 400 when the request does not ask for a WebSocket.
asio::awaitable<std::unique_ptr<WebSocket>> upgrade(Connection& connection, const Request& request,
                                                    CancelToken token);

}  // namespace ob::net
