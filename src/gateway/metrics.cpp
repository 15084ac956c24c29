#include "gateway/metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "base/log.h"

namespace ob::gateway {

namespace {

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value == std::floor(value) && std::fabs(value) < 1e15) {
    return std::to_string(static_cast<long long>(value));
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.9g", value);
  return text.data();
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

void line(std::string& out, std::string_view name, const Labels& labels, double value) {
  out += name;
  if (!labels.empty()) {
    out += '{';
    for (const auto& [key, text] : labels) {
      if (out.back() != '{') out += ',';
      out += key + "=\"" + escaped(text) + '"';
    }
    out += '}';
  }
  out += ' ' + number(value) + '\n';
}

void head(std::string& out, std::string_view name, std::string_view help, std::string_view type) {
  out += "# HELP " + std::string(name) + ' ' + std::string(help) + "\n# TYPE " + std::string(name) +
         ' ' + std::string(type) + '\n';
}

void single(std::string& out, std::string_view name, std::string_view help, std::string_view type,
            double value) {
  head(out, name, help, type);
  line(out, name, {}, value);
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

Metrics::Metrics() : started_(std::chrono::steady_clock::now()) {}

void Metrics::Route::record(int status, double duration) {
  const std::lock_guard lock(mutex);
  ++by_status[status];
  ++count;
  seconds += duration;
  const auto at = std::lower_bound(kBounds.begin(), kBounds.end(), duration) - kBounds.begin();
  if (static_cast<std::size_t>(at) < buckets.size()) ++buckets[static_cast<std::size_t>(at)];
}

Metrics::Route& Metrics::add_route(std::string route, std::string method) {
  Route& added = routes_.emplace_back();
  added.route = std::move(route);
  added.method = std::move(method);
  return added;
}

void Metrics::add_samples(std::string name, std::string help, std::string type,
                          std::function<std::vector<Sample>()> values) {
  const std::lock_guard lock(mutex_);
  extras_.push_back({std::move(name), std::move(help), std::move(type), std::move(values)});
}

void Metrics::write_routes(std::string& out) {
  std::string durations;
  head(out, "openbricks_http_requests_total", "Requests answered.", "counter");
  head(durations, "openbricks_http_request_duration_seconds",
       "Time from the head of a request to the end of its answer.", "histogram");
  for (Route& r : routes_) {
    const std::lock_guard lock(r.mutex);
    if (r.count == 0) continue;
    Labels labels{{"route", r.route}, {"method", r.method}};
    for (const auto& [status, count] : r.by_status) {
      Labels with = labels;
      with.emplace_back("status", std::to_string(status));
      line(out, "openbricks_http_requests_total", with, static_cast<double>(count));
    }
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
      below += r.buckets[i];
      Labels with = labels;
      with.emplace_back("le", number(kBounds[i]));
      line(durations, "openbricks_http_request_duration_seconds_bucket", with,
           static_cast<double>(below));
    }
    Labels with = labels;
    with.emplace_back("le", "+Inf");
    line(durations, "openbricks_http_request_duration_seconds_bucket", with,
         static_cast<double>(r.count));
    line(durations, "openbricks_http_request_duration_seconds_sum", labels, r.seconds);
    line(durations, "openbricks_http_request_duration_seconds_count", labels,
         static_cast<double>(r.count));
  }
  out += durations;
}

void Metrics::write_process(std::string& out) const {
  single(out, "openbricks_http_requests_in_flight", "Requests at work now.", "gauge", in_flight);
  single(out, "openbricks_uptime_seconds", "Time since the server started.", "gauge",
         std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count());
  single(out, "process_resident_memory_bytes", "Resident memory.", "gauge", resident_bytes());
  single(out, "process_cpu_seconds_total", "CPU time used.", "counter", cpu_seconds());
}

Vitals Metrics::vitals() {
  Vitals out{
      .in_flight = in_flight, .resident_bytes = resident_bytes(), .cpu_seconds = cpu_seconds()};
  for (Route& r : routes_) {
    const std::lock_guard lock(r.mutex);
    out.answered += r.count;
    for (const auto& [status, count] : r.by_status) {
      if (status >= 500) out.failed += count;
    }
  }
  return out;
}

std::string Metrics::text() {
  std::string out;
  write_routes(out);
  write_process(out);
  std::vector<Extra> extras;
  {
    const std::lock_guard lock(mutex_);
    extras = extras_;
  }
  for (const Extra& extra : extras) {
    try {
      const std::vector<Sample> samples = extra.values();
      head(out, extra.name, extra.help, extra.type);
      for (const Sample& sample : samples)
        line(out, extra.name + sample.suffix, sample.labels, sample.value);
    } catch (const std::exception& e) {
      // One number that fails must not hide the others.
      log::warn("a metric failed", {{"metric", extra.name.c_str()}, {"cause", e.what()}});
    }
  }
  return out;
}

}  // namespace ob::gateway
