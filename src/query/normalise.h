#pragma once
// Turns Spark's spellings in a query into DuckDB's, on tokens, before DuckDB parses it.
#include <string>
#include <string_view>

namespace ob::query {

// `name` → "name"; VERSION AS OF n → AT (VERSION => n); TIMESTAMP AS OF e → AT (TIMESTAMP => e)
// (also with FOR [SYSTEM_]…); default.t → "default".t; :name → $name; ARRAY<…>, MAP<…> and
// STRUCT<…> after AS or :: → DuckDB's types. Everything else stays as it is, byte for byte.
// Throws what tokenize() throws.
std::string normalise_query(std::string_view sql);

}  // namespace ob::query
