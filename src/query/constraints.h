#pragma once
// CHECK constraints of tables (delta.constraints.<name>).
#include <string>
#include <vector>

#include "delta/delta.h"
#include "query/statements.h"

namespace ob::query {

// The property that holds a constraint's condition.
std::string constraint_property(const std::string& name);
std::vector<Constraint> constraints_of(const delta::Metadata& metadata);
// Throws ob::Error 400 delta.constraintNotSupported for what could not stand in brackets, queries,
// parameters, and functions that give another value each time.
void check_condition(const Constraint& constraint);
// An expression: true for a row that breaks it; NULL breaks it, as in Spark.
std::string violated(const Constraint& constraint);

// Text with the values of a row that the condition names: an expression over the row's columns.
std::string row_values(const Constraint& constraint, const delta::Schema& schema);

}  // namespace ob::query
