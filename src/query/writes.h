#pragma once
// What the statements that write rows share.
#include <string>
#include <vector>

#include "query/core.h"

namespace ob::query {

std::int64_t now_millis();  // since 1970
// From statistics, less those of the deletion vector; nullopt when they do not tell.
std::optional<std::int64_t> live_rows(const delta::Add& add);
// Removes all files, and says that all rows were read.
void remove_all(const delta::SnapshotPtr& snapshot, delta::CommitRequest& request);
// Adds the files and their metrics; gives the number of rows.
std::int64_t add_files(std::vector<engine::WrittenFile> files, delta::CommitRequest& request);
std::string json_list(const std::vector<std::string>& names);
// Whether a text may call a function that gives another value each time.
bool has_volatile_function(const std::string& expression);
bool holds_query(const std::string& expression);
// Whether a text certainly gives the same value of the same row when it is evaluated again: it
// holds no query, and calls nothing volatile and nothing that tells the time.
bool repeatable(const std::string& expression);

// Whether a value may be assigned: with a cast that can only fail on values.
bool storable(const delta::DataType& from, const delta::DataType& to);
bool all_storable(const std::vector<engine::Column>& given,
                  const std::vector<const delta::Field*>& fields);
// `nulls`: which of the given columns are NULL without a type. Throws ob::Error 400
// delta.schemaMismatch naming each column that does not fit.
void check_types(const std::vector<engine::Column>& given,
                 const std::vector<const delta::Field*>& fields, const std::vector<bool>& nulls);

}  // namespace ob::query
