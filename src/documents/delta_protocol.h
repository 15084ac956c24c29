#pragma once
// The fourth seed's protocol: /api/database/documents and /ws/documents/{id}, on the same documents
// as everything else. Its clients know no sign-in: they work where whoever has the address may
// write, or with ?token=.
#include <boost/asio/awaitable.hpp>

#include "api/api.h"
#include "api/authenticator.h"
#include "collab/collab.h"
#include "documents/documents.h"

namespace ob::documents {

// All outlive the endpoints.
struct DeltaProtocol {
  Service& service;
  collab::Service& contents;
  api::Authenticator& authenticator;
  Pool& pool;
};

boost::asio::awaitable<void> serve_deltas(DeltaProtocol& parts, api::Context& context,
                                          std::string document, net::Exchange& exchange);
void register_delta_protocol(api::Registry&, DeltaProtocol parts);

}  // namespace ob::documents
