#pragma once
// DuckDB walks JSON by recursion, so text that is nested very deeply would end the process. These
// look at the brackets first.
#include <cstddef>
#include <string>
#include <string_view>

#include "objects/objects.h"

namespace ob::engine {

constexpr std::size_t max_json_nesting = 500;

// Follows the nesting of JSON text that comes in pieces.
class JsonDepth {
 public:
  // False once the text was nested deeper than max_json_nesting.
  bool feed(std::string_view piece);

 private:
  std::size_t depth_ = 0;
  bool in_string_ = false, escaped_ = false;
};

// Reads a file (plain or gzip) through. Throws ob::Error 400 file.tooDeep.
void check_json_file(const std::string& location);
void check_json_object(objects::Reader& reader);

}  // namespace ob::engine
