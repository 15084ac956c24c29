#pragma once
#include <string>

#include "base/error.h"

namespace ob::identity {

// An error that token endpoints answer as RFC 6749 section 5.2 says; its id is the one there.
class GrantError : public Error {
 public:
  GrantError(int status, const std::string& code, const std::string& text)
      : Error(status, code, text) {}
};

}  // namespace ob::identity
