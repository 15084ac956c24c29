#pragma once
// Values of a result as text: JSON, CSV and plain.
#include <string>
#include <string_view>

#include "engine/vector.h"

namespace ob::engine {

void append_json_string(std::string& out, std::string_view text);
// A value as JSON (see Batch::append_json).
void append_json_value(std::string& out, const Vec& vec, std::uint64_t row);
// A value that is not NULL as plain text: scalars as in JSON without quotes, nested as JSON.
void append_plain(std::string& out, const Vec& vec, std::uint64_t row);
// Whether append_json_value() gives a JSON string for a scalar of this type.
bool quoted_in_json(const Type& type);

}  // namespace ob::engine
