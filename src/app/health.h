#pragma once
// How the server does, for its administrators: what /readyz and /metrics know, in words.
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "api/api.h"
#include "app/health_types.h"
#include "app/probe.h"
#include "base/config.h"

namespace ob::app {

struct Parts;

// Thread-safe. Parts are looked at once all of them are there.
class Health {
 public:
  Health(Parts& parts, const Config& config);
  ~Health();
  // Blocks for 3 s at most. Administrators only: 403 identity.notAdmin.
  HealthAnswer look(const Caller& caller);
  // This instance, with what its work in the background could not do.
  HealthInstance self() const;

 private:
  void add(std::string id, std::string name, void (Health::*check)(HealthPart&));
  void check_database(HealthPart& part);
  void check_storage(HealthPart& part);
  void check_memory(HealthPart& part);
  void check_mail(HealthPart& part);
  HealthPart server_part();
  HealthPart redis_part();
  HealthPart disk_part() const;
  HealthPart queries_part() const;
  HealthPart cache_part() const;
  HealthPart audit_part() const;
  std::vector<HealthInstance> instances() const;
  std::vector<HealthTask> tasks() const;
  double busy_percent();

  Parts& parts_;
  const std::string id_, host_, roles_, objects_kind_;
  const Micros started_at_;
  const std::int64_t engine_memory_, answers_most_, running_most_, waiting_most_;
  std::mutex mutex_;
  double cpu_seconds_ = 0;  // at the last look
  Probe::Clock::time_point looked_at_;
  CancelToken cancel_;
  Pool pool_;  // of the probes
  std::vector<std::shared_ptr<Probe>> probes_;
};

// GET /api/v1/admin/health. `health` outlives the registry's use.
void register_health_api(api::Registry& registry, Health& health);

}  // namespace ob::app
