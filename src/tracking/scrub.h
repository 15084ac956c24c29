#pragma once
#include <string>
#include <string_view>

namespace ob::tracking {

// A text for strangers' eyes, cut to 2,000 bytes: what stands in quotes, values of key=value, query
// strings, addresses of people, paths and whatever looks like a token or an id are taken out.
std::string scrubbed(std::string_view text);

// The same for "GET /api/v1/documents/{id}" or "/documents/$id": keeps the path, whose parts may
// not look like tokens.
std::string scrubbed_route(std::string_view route);

// At most so many bytes, whole characters.
std::string_view shortened(std::string_view text, std::size_t bytes);

}  // namespace ob::tracking
