#pragma once
// The SELECT that reads a snapshot.
#include "engine/database.h"
#include "engine/file_shapes.h"

namespace ob::engine {

Engine::Scan make_scan(Instance& instance, FileShapes& shapes, delta::Table& table,
                       const delta::SnapshotPtr& snapshot, const ScanOptions& options);

}  // namespace ob::engine
