#pragma once
// One confined DuckDB instance, opened at its first use, and anew when the relay gets its first
// store after that: only an instance that is opened then reaches it (which takes a third of a
// second more).
#include <memory>
#include <mutex>

#include "engine/registry.h"
#include "engine/session.h"

namespace ob::engine {

class Instance {
 public:
  explicit Instance(Options options);
  std::unique_ptr<DuckConnection> connect();
  Functions& functions() { return *functions_; }
  relay::Relay* relay() const { return options_.relay; }
  // Whether this is in one of the directories that files are read from.
  bool may_reach(const std::string& path) const;

 private:
  std::shared_ptr<duck::Database> open(bool stores, const std::shared_ptr<Works>& works);

  const Options options_;
  const std::shared_ptr<Functions> functions_ = std::make_shared<Functions>();
  std::mutex mutex_;
  std::shared_ptr<duck::Database> database_;  // kept open by its connections, too
  std::shared_ptr<Works> works_;              // of those
  bool stores_ = false;                       // whether that reaches the relay
};

}  // namespace ob::engine
