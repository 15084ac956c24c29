#pragma once
// Where in the user's statement a fault is. DuckDB sees other texts: Spark's spellings are replaced
// before it parses, and what it runs was printed from a changed tree. A place is told only where
// it is certain.
#include <string>
#include <string_view>

#include "engine/engine.h"
#include "query/core.h"

namespace ob::query {

// A fault at a place in `text`, which differs from the user's `sql` in some places: with the place
// in `sql` in its message.
Error placed_in_text(const engine::StatementError& error, std::string_view text,
                     std::string_view sql);

// A fault in `query`, the part from `first` on of which stands somewhere in the user's `sql`.
Error placed_in_part(const engine::StatementError& error, std::string_view query, std::size_t first,
                     std::string_view sql);

// A fault in text that was composed from parts of the user's `sql`: with its place where the word
// in question stands in that once.
Error placed_by_word(const engine::StatementError& error, std::string_view composed,
                     std::string_view sql);

// A fault that DuckDB found in the SQL of `plan`: with its place in the user's statement where the
// word in question stands there once, and, unless the SQL was composed, once in what was printed.
std::string placed_message(const Error& error, const Plan& plan);

// Runs fn(), which plans `plan.sql`.
template <class Fn>
auto with_places(const Plan& plan, Fn fn) {
  try {
    return fn();
  } catch (const engine::StatementError& error) {
    throw Error(error.status(), error.id(), placed_message(error, plan), error.cause());
  }
}

}  // namespace ob::query
