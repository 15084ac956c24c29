#include "app/metrics.h"

#include <cmath>
#include <cstdio>

namespace ob::app {

using gateway::Sample;

namespace {

std::string text_of(double bound) {
  if (std::isinf(bound)) return "+Inf";
  char out[32];
  std::snprintf(out, sizeof(out), "%g", bound);
  return out;
}

}  // namespace

void add_event_metrics(gateway::Gateway& gateway, realtime::Hub& hub) {
  const auto add = [&](const char* name, const char* help, const char* type, auto member) {
    gateway.add_samples(name, help, type, [&hub, member] {
      return std::vector<gateway::Sample>{{{}, static_cast<double>(hub.stats().*member)}};
    });
  };
  using realtime::Stats;
  add("openbricks_event_clients", "Clients that listen to events.", "gauge", &Stats::connections);
  add("openbricks_event_topics", "Topics that somebody listens to.", "gauge", &Stats::topics);
  add("openbricks_event_subscriptions", "Topics of all clients together.", "gauge",
      &Stats::subscriptions);
  add("openbricks_events_published_total", "Events.", "counter", &Stats::published);
  add("openbricks_events_delivered_total", "Events, for each client.", "counter",
      &Stats::delivered);
  add("openbricks_event_gaps_total", "Clients told that events were lost.", "counter",
      &Stats::gaps);
  add("openbricks_event_clients_slow_total", "Clients cut off since they did not read.", "counter",
      &Stats::slow);
}

void add_document_metrics(gateway::Gateway& gateway, collab::Service& documents) {
  const auto add = [&](const char* name, const char* help, const char* type, auto value) {
    gateway.add_samples(name, help, type, [&documents, value] {
      return std::vector<Sample>{{{}, static_cast<double>(value(documents.metrics()))}};
    });
  };
  using collab::Metrics;
  add("openbricks_document_connections", "Sockets of documents open now.", "gauge",
      [](const Metrics& m) { return m.connections; });
  add("openbricks_documents_open", "Documents in memory.", "gauge",
      [](const Metrics& m) { return m.documents; });
  add("openbricks_document_updates_total", "Updates of documents by clients.", "counter",
      [](const Metrics& m) { return m.updates; });
  add("openbricks_document_received_bytes_total", "Bytes of messages by clients.", "counter",
      [](const Metrics& m) { return m.bytes_in; });
  add("openbricks_document_sent_bytes_total", "Bytes of changes sent to clients.", "counter",
      [](const Metrics& m) { return m.bytes_out; });
  add("openbricks_document_refused_total", "Messages refused: malformed, or of readers.", "counter",
      [](const Metrics& m) { return m.refused; });
  add("openbricks_document_compactions_total", "Snapshots that took the place of updates.",
      "counter", [](const Metrics& m) { return m.compactions; });
  add("openbricks_document_stores_total", "Transactions that stored updates.", "counter",
      [](const Metrics& m) { return m.stores; });
  add("openbricks_document_store_seconds_total", "Time that they took.", "counter",
      [](const Metrics& m) { return m.store_seconds; });
  gateway.add_samples("openbricks_document_update_seconds",
                      "From the arrival of an update to its being sent on.", "histogram",
                      [&documents] {
                        const Metrics m = documents.metrics();
                        std::vector<Sample> out;
                        std::int64_t count = 0;
                        for (const auto& [bound, in_it] : m.latency) {
                          count += in_it;
                          const std::string le = text_of(bound);
                          out.push_back({{{"le", le}}, static_cast<double>(count), "_bucket"});
                        }
                        out.push_back({{}, m.latency_sum, "_sum"});
                        out.push_back({{}, static_cast<double>(count), "_count"});
                        return out;
                      });
}

}  // namespace ob::app
