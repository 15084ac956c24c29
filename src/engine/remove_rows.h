#pragma once
// Data files without some of their rows, made from their pages (native/src/parquet).
#include "engine/database.h"

namespace ob::engine {

std::vector<std::optional<WrittenFile>> remove_rows(delta::Table& table,
                                                    const delta::Snapshot& snapshot,
                                                    std::vector<delta::RowsToDelete>& files,
                                                    int threads);

}  // namespace ob::engine
