#pragma once
// The SELECT that shapes a query's rows for a table's files.
#include <string>
#include <vector>

#include "engine/engine.h"

namespace ob::engine {

// The column that tells a row's partition by number. In a store, files lie in directories of its
// name, which must not look hidden.
inline constexpr std::string_view partition_column = "ob-partition";

struct WritePlan {
  std::string select;     // physical columns in order, then partition_column when partitioned
  std::string field_ids;  // "{…}" of FIELD_IDS, empty when there are none
  std::vector<const delta::Field*> partition;  // in the order of the partition columns
};

// Casts, checks for NULL and renames. `source` are the columns of select_sql, matched by name
// without case. `keys_id` is the id of the PartitionKeys. Throws ob::Error 400 delta.schemaMismatch
// (a column that the table lacks, or given twice) and delta.notNull (a required column is missing).
WritePlan plan_write(const std::string& select_sql, const std::vector<Column>& source,
                     const delta::Schema& schema, const std::vector<std::string>& partition_columns,
                     std::int64_t keys_id);

// The column that a failed check for NULL names, from the error's text; empty when it is another
// error.
std::string null_violation(std::string_view message);

}  // namespace ob::engine
