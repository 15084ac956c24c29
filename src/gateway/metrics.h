#pragma once
// Numbers for Prometheus: one set of counters a route, the process, and what other modules add.
#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>

#include "gateway/gateway.h"

namespace ob::gateway {

class Metrics {
 public:
  static constexpr std::array<double, 13> kBounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                  0.25,  0.5,    1,     2.5,  5,     10};
  // Requests of one route and method.
  struct Route {
    std::string route, method;
    std::mutex mutex;
    std::map<int, std::uint64_t> by_status;
    std::array<std::uint64_t, kBounds.size()> buckets{};
    std::uint64_t count = 0;
    double seconds = 0;
    void record(int status, double duration);
  };

  Metrics();
  Route& add_route(std::string route, std::string method);  // before serving
  void add_samples(std::string name, std::string help, std::string type,
                   std::function<std::vector<Sample>()> values);
  std::string text();  // blocks in the callbacks
  Vitals vitals();     // but for what it does not count

  std::atomic<int> in_flight{0};

 private:
  struct Extra {
    std::string name, help, type;
    std::function<std::vector<Sample>()> values;
  };
  void write_routes(std::string& out);
  void write_process(std::string& out) const;
  std::deque<Route> routes_;
  std::mutex mutex_;
  std::vector<Extra> extras_;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace ob::gateway
