#pragma once
// The memory that this process may use.
#include <cstdint>

namespace ob::app {

// Bytes: of the machine, or of the control group where that allows less.
std::int64_t machine_memory();

// Lets allocations beyond nine tenths of it fail, each as the error of the statement that wanted
// it, before the kernel ends the process. DuckDB's own limit does not see all: the lists and texts
// that one expression makes are outside of it.
void bound_memory();

}  // namespace ob::app
