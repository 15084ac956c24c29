#pragma once
// Instants are microseconds since 1970-01-01T00:00:00Z everywhere inside the server.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ob {

using Micros = std::int64_t;

Micros now_micros();
// RFC 3339 in UTC with microseconds: "2026-11-21T09:02:36.000000Z".
std::string format_instant(Micros t);
// Accepts RFC 3339 and SQL forms ("2026-11-21", "2026-11-21 09:02:36[.ffffff][Z|±hh:mm]"); without
// zone means UTC.
std::optional<Micros> parse_instant(std::string_view text);

}  // namespace ob
