#pragma once
#include <exception>
#include <string>

#include "base/error.h"

namespace ob::collab {

inline Error stopped() {
  return {503, "collab.unavailable", "The server goes away. Connect again."};
}

// For the log.
inline std::string text_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& e) {
    return std::string(e.what()) + " " + e.cause();
  } catch (const std::exception& e) {
    return e.what();
  }
}

}  // namespace ob::collab
