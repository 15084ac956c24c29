#include "collab/api.h"

#include "collab/rooms.h"
#include "collab/socket.h"

namespace ob::collab {

namespace {

struct YjsSocket {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(YjsSocket, (), (id))

struct HocuspocusSocket {};
BOOST_DESCRIBE_STRUCT(HocuspocusSocket, (), ())

}  // namespace

void register_api(api::Registry& registry, Service& service) {
  auto& rooms = dynamic_cast<Rooms&>(service);
  registry.add_stream<YjsSocket>(
      "GET", "/ws/yjs/{id}",
      {.operation = "openYjsSocket",
       .tag = "documents",
       .summary = "A document by the y-websocket protocol",
       .description = "A WebSocket of the y-protocols (sync, awareness). A token travels as "
                      "?token= or in the Authorization header, that of a share link as ?share=. "
                      "Close codes: 4400 malformed message, 4401 sign in, 4403 not allowed (any "
                      "more), 4404 no such document, 1013 too slow or too busy: connect again.",
       .status = 101,
       .errors = {400},
       .open_query = true,
       .anonymous = true},
      [&rooms](api::Context& context, YjsSocket request, net::Exchange& exchange) {
        return serve_yjs(rooms, context, std::move(request.id), exchange);
      });
  registry.add_stream<HocuspocusSocket>(
      "GET", "/ws/hocuspocus",
      {.operation = "openHocuspocusSocket",
       .tag = "documents",
       .summary = "Documents by the Hocuspocus protocol",
       .description = "A WebSocket that opens documents by their ids; the token is in the "
                      "authentication message (an access token, an API key, or share: and the "
                      "token of a share link). SyncStatus tells that a change is stored.",
       .status = 101,
       .errors = {400},
       .open_query = true,
       .anonymous = true},
      [&rooms](api::Context& context, HocuspocusSocket, net::Exchange& exchange) {
        return serve_hocuspocus(rooms, context, exchange);
      });
}

}  // namespace ob::collab
