#pragma once
// One confined DuckDB instance, opened at its first use.
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

 private:
  std::shared_ptr<duck::Database> open();

  const Options options_;
  const std::shared_ptr<Functions> functions_ = std::make_shared<Functions>();
  std::mutex mutex_;
  std::shared_ptr<duck::Database> database_;
};

}  // namespace ob::engine
