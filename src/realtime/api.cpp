#include "realtime/api.h"

#include "realtime/core.h"
#include "realtime/endpoints.h"

namespace ob::realtime {

struct OpenEventSocket {
  std::optional<std::string> token, share;
};
BOOST_DESCRIBE_STRUCT(OpenEventSocket, (), (token, share))

struct StreamEvents {
  std::vector<std::string> topic;
  std::optional<std::string> last_event_id, token, share;
};
BOOST_DESCRIBE_STRUCT(StreamEvents, (), (topic, last_event_id, token, share))

}  // namespace ob::realtime

namespace ob::wire {

template <>
struct Rules<realtime::OpenEventSocket> {
  static constexpr auto value =
      rules(rule(&realtime::OpenEventSocket::token,
                 {.max = 8192, .text = "An API key or access token, where no header can be sent."}),
            rule(&realtime::OpenEventSocket::share, {.max = 8192, .text = "Of a share link."}));
};
template <>
struct Rules<realtime::StreamEvents> {
  static constexpr auto value = rules(
      rule(&realtime::StreamEvents::topic, {.min = 1,
                                            .max = 32,
                                            .each_min = 1,
                                            .each_max = 200,
                                            .text = "\"document:<id>\", …; may be repeated."}),
      rule(&realtime::StreamEvents::last_event_id,
           {.max = 16384, .text = "As the header Last-Event-ID."}),
      rule(&realtime::StreamEvents::token,
           {.max = 8192, .text = "An API key or access token, where no header can be sent."}),
      rule(&realtime::StreamEvents::share, {.max = 8192, .text = "Of a share link."}));
};

}  // namespace ob::wire

namespace ob::realtime {

void register_api(api::Registry& registry, Hub& hub, Pool& blocking) {
  auto& core = dynamic_cast<Core&>(hub);
  registry.add_stream<OpenEventSocket>(
      "GET", "/ws/events",
      {.operation = "openEventSocket",
       .tag = "events",
       .summary = "Subscribe to topics over a WebSocket",
       .description = "Messages both ways are JSON texts; docs/realtime.md tells them.",
       .status = 101,
       .anonymous = true},
      [&core, &blocking](api::Context& context, OpenEventSocket, net::Exchange& exchange) {
        return serve_socket(core, blocking, context, exchange);
      });
  registry.add_stream<StreamEvents>(
      "GET", "/api/v1/events",
      {.operation = "streamEvents",
       .tag = "events",
       .summary = "Events of topics as a stream (server-sent events)",
       .description = "Ids name the places in all topics; the header Last-Event-ID goes on there.",
       .errors = {401, 403},
       .anonymous = true,
       .produces = {"text/event-stream"}},
      [&core, &blocking](api::Context& context, StreamEvents request, net::Exchange& exchange) {
        return serve_stream(core, blocking, context,
                            {std::move(request.topic), std::move(request.last_event_id)}, exchange);
      });
}

}  // namespace ob::realtime
