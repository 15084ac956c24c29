#pragma once
// delta::ParquetIo over DuckDB.
#include <string>

#include "engine/database.h"

namespace ob::engine {

class Checkpoints final : public delta::ParquetIo {
 public:
  // `scratch` is an allowed directory for files of a moment.
  Checkpoints(Instance& instance, std::string scratch)
      : instance_(instance), scratch_(std::move(scratch)) {}
  void read_checkpoint(const std::string& location,
                       const std::function<void(delta::CheckpointRow)>& sink) override;
  void write_checkpoint(const std::string& location,
                        const std::vector<delta::CheckpointRow>& rows) override;

 private:
  Instance& instance_;
  const std::string scratch_;
};

}  // namespace ob::engine
