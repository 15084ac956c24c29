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
#include "base/pool.h"
#include "identity/identity.h"
#include "net/net.h"

namespace ob::gateway {

struct Options {
  std::string web_dir;                    // the built page; empty or absent: none is served
  std::vector<std::string> cors_origins;  // "https://app.example.org"; empty: no CORS
  int requests_per_second = 1000;         // from one address; 0: no limit
  // Why the server is not ready yet, or nullopt when it is. Runs on the blocking pool.
  std::function<std::optional<std::string>()> not_ready;
};

// Numbers for /metrics beside the gateway's own. A callback runs at every scrape, on the blocking
// pool, and must be thread-safe. Names are Prometheus names ("openbricks_queries_running").
using Labels = std::vector<std::pair<std::string, std::string>>;
struct Sample {
  Labels labels;
  double value = 0;
};

class Gateway {
 public:
  virtual ~Gateway() = default;
  // The handler of the server. The gateway must outlive the server.
  virtual net::Server::Handler handler() = 0;
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
