#pragma once
// DuckDB walks the schema of a Parquet file by recursion and makes room for as many things as the
// footer counts, so that a small file of a stranger's could end the process. This looks at the
// footer first.
#include <optional>
#include <string>
#include <string_view>

#include "relay/relay.h"

namespace ob::engine {

constexpr std::size_t max_parquet_nesting = 300;  // of schema elements; a list takes two
constexpr std::size_t max_parquet_elements = 100'000;
constexpr std::size_t max_parquet_row_groups = 65'536;
constexpr std::size_t max_footer_structs = 4'000'000;

// What is wrong with a footer in Thrift's compact protocol, as the end of a sentence.
std::optional<std::string> footer_fault(std::string_view footer);

// The same of a file, of which `relay` has those in stores; what cannot be opened is left to
// DuckDB, which says why. Throws what reading does.
std::optional<std::string> parquet_fault(relay::Relay* relay, const std::string& location);

}  // namespace ob::engine
