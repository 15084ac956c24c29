#pragma once
// Sends clients that came without TLS to the same place with it.
#include <string>

#include "net/net.h"

namespace ob::gateway {

// public_url: "https://bricks.example.org/path", or empty: the host that the client asked for.
// port: where TLS is served, for hosts that come without; 443 is left out.
net::Response to_https(const net::Request& request, const std::string& public_url, int port);

// The handler of a server that does nothing else.
net::Server::Handler redirect_handler(std::string public_url, int port);

}  // namespace ob::gateway
