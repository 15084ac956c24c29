#pragma once
#include "api/api.h"
#include "realtime/core.h"

namespace ob::realtime {

boost::asio::awaitable<void> serve_socket(Core& core, Pool& blocking, api::Context& context,
                                          net::Exchange& exchange);

struct StreamRequest {
  std::vector<std::string> topics;
  std::optional<std::string> last_event_id;
};
boost::asio::awaitable<void> serve_stream(Core& core, Pool& blocking, api::Context& context,
                                          StreamRequest request, net::Exchange& exchange);

}  // namespace ob::realtime
