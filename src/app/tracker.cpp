#include "app/tracker.h"

namespace ob::app {

std::unique_ptr<tracking::Tracker> open_tracker(const Config& config) {
  const std::string version = OPENBRICKS_VERSION;
  const std::string& release = config.text("error_tracking_release");
  return tracking::open({.dsn = config.text("error_tracking_dsn"),
                         .environment = config.text("error_tracking_environment"),
                         .release = release.empty() ? "openbricks@" + version : release,
                         .version = version});
}

void add_tracking_metrics(gateway::Gateway& gateway, tracking::Tracker& tracker) {
  gateway.add_samples("openbricks_tracked_errors_total",
                      "Errors for the error tracker, by what became of them.", "counter",
                      [&tracker] {
                        const tracking::Stats stats = tracker.stats();
                        const auto sample = [](const char* result, std::int64_t count) {
                          return gateway::Sample{{{"result", result}}, static_cast<double>(count)};
                        };
                        return std::vector<gateway::Sample>{
                            sample("sent", stats.sent), sample("full", stats.full),
                            sample("limited", stats.limited), sample("failed", stats.failed)};
                      });
}

}  // namespace ob::app
