#pragma once
// Turns HTTP requests into calls of endpoints: request ids, sign-in, limits, errors, access log,
// health, metrics, the OpenAPI document and its explorer page, and the files of the web page.
#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/api.h"
#include "audit/audit.h"
#include "base/pool.h"
#include "gateway/cors.h"
#include "gateway/roles.h"
#include "identity/identity.h"
#include "net/net.h"
#include "redis/redis.h"

namespace ob::gateway {

struct Options {
  std::string web_dir;  // the built page; empty or absent: none is served
  CorsOptions cors;
  std::string response_headers;      // lines "Name: value" and "-Name"
  std::int64_t hsts_s = 31'536'000;  // told over TLS; 0: not
  bool https_redirect = false;       // of what a trusted proxy took without TLS
  std::string public_url;            // for that; empty: the host that the client asked for
  int requests_per_second = 1000;    // from one address; 0: no limit
  std::string rate_limits;           // further limits, as limits.h reads them
  redis::Client* redis = nullptr;    // shares the limits among instances; lives longer
  Roles roles;
  // Why the server is not ready yet, or nullopt when it is. Runs on the blocking pool.
  std::function<std::optional<std::string>()> not_ready;
  audit::Audit* audit = nullptr;  // outlives it; null: nothing is recorded
};

// Numbers for /metrics beside the gateway's own. A callback runs at every scrape, on the blocking
// pool, and must be thread-safe. Names are Prometheus names ("openbricks_queries_running").
using Labels = std::vector<std::pair<std::string, std::string>>;
struct Sample {
  Labels labels;
  double value = 0;
  std::string suffix = {};  // of a histogram: _bucket (with the label le), _sum or _count
};

// Some of what /metrics tells, of the time since the start.
struct Vitals {
  int in_flight = 0;                           // requests at work now
  std::uint64_t answered = 0;                  // requests
  std::uint64_t failed = 0;                    // of these, with a status of 500 and more
  std::uint64_t limited = 0;                   // of these, refused by a rate limit
  bool draining = false;                       // the server stops
  double resident_bytes = 0, cpu_seconds = 0;  // of the process
};

class Gateway {
 public:
  virtual ~Gateway() = default;
  // The handler of the server. The gateway must outlive the server.
  virtual net::Server::Handler handler() = 0;
  // From now on /readyz says that the server stops, so that proxies send elsewhere. Thread-safe.
  virtual void drain() = 0;
  virtual Vitals vitals() = 0;
  // Before serving starts.
  virtual void add_gauge(std::string name, std::string help, std::function<double()> value) = 0;
  virtual void add_counter(std::string name, std::string help, std::function<double()> value) = 0;
  virtual void add_samples(std::string name, std::string help, std::string type,
                           std::function<std::vector<Sample>()> values) = 0;
};

// All endpoints must be in the registry before. The parts must outlive the gateway.
std::unique_ptr<Gateway> make(api::Registry& registry, identity::Identity& identity, Pool& blocking,
                              Options options);

}  // namespace ob::gateway
