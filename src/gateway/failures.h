#pragma once
// What an exception that ended a request means for its answer and its log line.
#include <cstdint>
#include <exception>
#include <string>

#include "base/error.h"

namespace ob::gateway {

Error as_error(const std::exception_ptr& failure);

// For people who look for the reason: the id of our own, the type of others.
std::string kind_of(const std::exception_ptr& failure);

// Seconds to wait that an error names, 0 when it names none.
std::int64_t retry_after(const std::exception_ptr& failure);

}  // namespace ob::gateway
