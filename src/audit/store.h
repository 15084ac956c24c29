#pragma once
// All SQL of the audit log.
#include <span>
#include <string_view>

#include "audit/audit.h"

namespace ob::audit::store {

std::string_view to_text(Outcome);
std::string_view to_text(ActorKind);

// Once, however often it is asked to.
void insert(db::Tx&, std::span<const Entry> entries);
std::vector<Entry> list(db::Tx&, const Filter&, const std::optional<Position>& after,
                        std::size_t limit);
std::vector<db::Row> scan(db::Tx&, const std::vector<std::size_t>& columns, const Position& after,
                          Micros end, std::size_t limit);
// At most some thousand, the oldest.
std::int64_t delete_before(db::Tx&, Micros time);

}  // namespace ob::audit::store
