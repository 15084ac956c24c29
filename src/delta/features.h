#pragma once
// Table features and the older protocol versions that stand for sets of them.
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "delta/actions.h"

namespace ob::delta {

// "delta.feature.NAME" = "supported" among a table's properties asks for a feature by name.
inline constexpr std::string_view kFeatureProperty = "delta.feature.";

// "true" in the configuration, whatever its case.
bool config_flag(const Metadata& metadata, const std::string& key);

// Throws ob::Error 400 delta.unsupportedFeature naming all that this library lacks.
void require_readable(const Protocol& protocol, const Metadata& metadata);
void require_writable(const Protocol& protocol, const Metadata& metadata);

// Throws ob::Error 400 delta.appendOnly, delta.unsupportedFeature when rows may not be removed or
// changed.
void require_removable(const Metadata& metadata);

// The features that writers of this protocol must respect, also those of old version numbers.
std::set<std::string> writer_features(const Protocol& protocol);
bool supports(const Protocol& protocol, const std::string& feature);

// The features that a table with this schema and these properties uses.
std::set<std::string> features_for(const Metadata& metadata);
// The least protocol that has also these features; `have` itself when it is enough.
Protocol extend(const Protocol& have, const std::set<std::string>& features);
bool same_protocol(const Protocol& a, const Protocol& b);

// Throws ob::Error 400 delta.badSchema when a new schema cannot be a table's: names twice, unknown
// or nested partition columns, types unknown.
void validate_metadata(const Metadata& metadata);

}  // namespace ob::delta
