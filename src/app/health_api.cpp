#include "app/health.h"

namespace ob::app {

void register_health_api(api::Registry& registry, Health& health) {
  registry.add<api::Empty, HealthAnswer>(
      "GET", "/api/v1/admin/health",
      {.operation = "serverHealth",
       .tag = "admin",
       .summary = "How the server does, part by part (administrators)",
       .description = "Of the instance that answers, and which others there are. What does not "
                      "answer within three seconds is told as failing."},
      [&health](api::Context& context, const api::Empty&) {
        context.response_headers.emplace_back("Cache-Control", "no-store");
        return health.look(context.caller);
      });
}

}  // namespace ob::app
