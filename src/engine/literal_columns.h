#pragma once
// Literals as the values of a data file's column.
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "engine/engine.h"

namespace ob::engine {

// As native::NewColumn has them.
struct LiteralColumn {
  enum class Kind {
    boolean,
    int8,
    int16,
    int32,
    int64,
    float32,
    float64,
    text,
    date,
    instant,
    local,
    decimal
  };
  Kind kind{};
  int precision = 0, scale = 0;
  std::vector<std::uint8_t> values, valid;
};

// The values in the rows at `place`, or NULL of all rows. nullopt unless it is certain that these
// are what DuckDB would store: of other types, where it would round, convert between kinds of
// values, or refuse one.
std::optional<LiteralColumn> literal_column(const delta::Field& field, const LiteralRows& rows,
                                            std::optional<std::size_t> place, Micros now);

}  // namespace ob::engine
