#pragma once
// New columns and changed ones in a table's metadata.
#include <string>
#include <vector>

#include "delta/delta.h"
#include "query/statements.h"

namespace ob::query {

// The metadata with the columns; under column mapping they get names and ids of their own. Throws
// ob::Error 400 delta.schemaMismatch, sql.duplicateColumn, sql.badColumnName, sql.unknownType.
delta::Metadata with_columns(delta::Metadata metadata,
                             const std::vector<AddColumns::Column>& columns);
// The column or field, to be changed. Throws ob::Error 400 delta.schemaMismatch.
delta::Field& field_at(delta::Metadata& metadata, const std::vector<std::string>& path);
std::string field_json(const delta::Field& field);  // as the log has it

}  // namespace ob::query
