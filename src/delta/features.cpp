#include "delta/features.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "delta/delta.h"
#include "delta/text.h"

namespace ob::delta {
namespace {

// Features that old protocol versions stand for.
struct Legacy {
  std::string_view name;
  int reader, writer;
};
constexpr std::array kLegacy{
    Legacy{"appendOnly", 1, 2},       Legacy{"invariants", 1, 2},
    Legacy{"checkConstraints", 1, 3}, Legacy{"changeDataFeed", 1, 4},
    Legacy{"generatedColumns", 1, 4}, Legacy{"columnMapping", 2, 5},
    Legacy{"identityColumns", 1, 6},
};

// What scans can do; all other reader features are refused.
constexpr std::array<std::string_view, 7> kReadable{
    "columnMapping", "deletionVectors",     "timestampNtz",        "typeWidening",
    "v2Checkpoint",  "vacuumProtocolCheck", "typeWidening-preview"};
// Features that also bind readers, and so must be in both lists.
constexpr std::array<std::string_view, 10> kReaderWriter{
    "columnMapping",  "deletionVectors",     "timestampNtz",         "typeWidening",
    "v2Checkpoint",   "vacuumProtocolCheck", "typeWidening-preview", "variantType",
    "catalogManaged", "variantType-preview"};
constexpr std::array<std::string_view, 17> kWritable{
    "appendOnly",          "invariants",          "checkConstraints", "changeDataFeed",
    "generatedColumns",    "columnMapping",       "identityColumns",  "deletionVectors",
    "timestampNtz",        "v2Checkpoint",        "domainMetadata",   "inCommitTimestamp",
    "allowColumnDefaults", "vacuumProtocolCheck", "typeWidening",     "typeWidening-preview",
    "clustering"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

template <class Fn>
void each_type(const DataType& type, const Fn& fn) {
  fn(type);
  for (const auto& f : type.fields) each_type(f.type, fn);
  if (type.key) each_type(*type.key, fn);
  if (type.element) each_type(*type.element, fn);
}

template <class Fn>
void each_field(const Schema& schema, const Fn& fn);

template <class Fn>
void each_field_in(const DataType& type, const Fn& fn) {
  each_field(type.fields, fn);
  if (type.key) each_field_in(*type.key, fn);
  if (type.element) each_field_in(*type.element, fn);
}

template <class Fn>
void each_field(const Schema& schema, const Fn& fn) {
  for (const auto& f : schema) {
    fn(f);
    each_field_in(f.type, fn);
  }
}

bool any_type(const Schema& schema, std::string_view name) {
  bool found = false;
  for (const auto& f : schema) {
    each_type(f.type, [&](const DataType& t) { found = found || t.is(name); });
  }
  return found;
}

bool any_metadata(const Schema& schema, std::string_view prefix) {
  bool found = false;
  each_field(schema, [&](const Field& f) {
    for (const auto& [key, value] : f.metadata) {
      found = found || std::string_view(key.data(), key.size()).starts_with(prefix);
    }
  });
  return found;
}

bool any_config(const Metadata& metadata, const std::string& prefix) {
  const auto it = metadata.configuration.lower_bound(prefix);
  return it != metadata.configuration.end() && it->first.starts_with(prefix);
}

std::string config(const Metadata& metadata, const std::string& key) {
  const auto it = metadata.configuration.find(key);
  return it == metadata.configuration.end() ? std::string() : it->second;
}

bool known_type(const DataType& type) {
  static constexpr std::array<std::string_view, 13> names{
      "string",  "long",   "integer", "short", "byte",      "float",        "double",
      "boolean", "binary", "date",    "void",  "timestamp", "timestamp_ntz"};
  return type.is_nested() || type.is_decimal() || among(names, type.name);
}

std::set<std::string> unknown_types(const Schema& schema) {
  std::set<std::string> out;
  for (const auto& f : schema) {
    each_type(f.type, [&](const DataType& t) {
      if (!known_type(t)) out.insert("type " + t.name);
    });
  }
  return out;
}

void refuse(const std::set<std::string>& missing, const char* act) {
  if (missing.empty()) return;
  std::string list;
  std::size_t told = 0;
  for (const auto& name : missing) {
    list += (list.empty() ? "" : ", ") + shown(name);
    if (++told == 20) break;
  }
  if (told < missing.size()) list += " and " + std::to_string(missing.size() - told) + " more";
  throw Error(400, "delta.unsupportedFeature",
              std::string("This table cannot be ") + act +
                  " here: it uses Delta Lake features that OpenBricks does not support: " + list +
                  ".");
}

std::set<std::string> missing_for_reading(const Protocol& p, const Metadata& m) {
  auto missing = unknown_types(m.schema);
  if (p.min_reader > 3 || p.min_reader < 1) {
    missing.insert("reader version " + std::to_string(p.min_reader));
  }
  if (p.min_reader == 3) {
    for (const auto& name : p.reader_features) {
      if (!among(kReadable, name)) missing.insert(name);
    }
  }
  if (m.provider != "parquet") missing.insert("file format " + m.provider);
  const auto mode = config(m, "delta.columnMapping.mode");
  if (!mode.empty() && mode != "none" && mode != "id" && mode != "name") {
    missing.insert("columnMapping mode " + mode);
  }
  return missing;
}

bool mapped(const Metadata& m) {
  const auto mode = config(m, "delta.columnMapping.mode");
  return !mode.empty() && mode != "none";
}

bool all_mapped(const Schema& schema) {
  bool out = true;
  each_field(schema, [&](const Field& f) {
    out = out && f.field_id() >= 0 && f.metadata.contains("delta.columnMapping.physicalName");
  });
  return out;
}

// A column of nulls alone is left out of files; inside another type it cannot be.
bool nested_void(const Schema& schema) {
  for (const auto& f : schema) {
    bool found = false;
    each_type(f.type, [&](const DataType& t) { found = found || t.is("void"); });
    if (found && !f.type.is("void")) return true;
  }
  return false;
}

// Features of which the table's schema or configuration makes use, and that we cannot honour. CHECK
// constraints are checked by who writes the rows.
std::set<std::string> active_unwritable(const std::set<std::string>& features, const Metadata& m) {
  std::set<std::string> out;
  const auto mark = [&](const char* feature, bool active) {
    if (active && features.contains(feature)) out.insert(feature);
  };
  mark("invariants", any_metadata(m.schema, "delta.invariants"));
  mark("generatedColumns", any_metadata(m.schema, "delta.generationExpression"));
  mark("identityColumns", any_metadata(m.schema, "delta.identity."));
  mark("allowColumnDefaults", any_metadata(m.schema, "CURRENT_DEFAULT"));
  // Statistics of the clustering columns are a must; ours are those of the first columns.
  mark("clustering", m.configuration.contains("delta.dataSkippingStatsColumns"));
  // Files are written with physical names and ids; only a schema that lacks them is not.
  mark("columnMapping", mapped(m) && !all_mapped(m.schema));
  return out;
}

}  // namespace

bool config_flag(const Metadata& metadata, const std::string& key) {
  return equal_ignoring_case(config(metadata, key), "true");
}

std::set<std::string> writer_features(const Protocol& p) {
  if (p.min_writer >= 7) return {p.writer_features.begin(), p.writer_features.end()};
  std::set<std::string> out;
  for (const auto& f : kLegacy) {
    if (p.min_writer >= f.writer) out.emplace(f.name);
  }
  return out;
}

bool supports(const Protocol& protocol, const std::string& feature) {
  return writer_features(protocol).contains(feature);
}

void require_readable(const Protocol& protocol, const Metadata& metadata) {
  refuse(missing_for_reading(protocol, metadata), "read");
}

void require_writable(const Protocol& p, const Metadata& m) {
  auto missing = missing_for_reading(p, m);
  if (p.min_writer > 7 || p.min_writer < 1) {
    missing.insert("writer version " + std::to_string(p.min_writer));
  }
  const auto features = writer_features(p);
  for (const auto& name : features) {
    if (!among(kWritable, name)) missing.insert(name);
  }
  missing.merge(active_unwritable(features, m));
  if (nested_void(m.schema)) missing.insert("type void inside other types");
  refuse(missing, "written");
}

void require_removable(const Metadata& metadata) {
  if (config_flag(metadata, "delta.appendOnly")) {
    throw bad_request("delta.appendOnly",
                      "This table takes only new rows (delta.appendOnly); rows cannot be changed "
                      "or removed.");
  }
  if (config_flag(metadata, "delta.enableChangeDataFeed")) {
    throw Error(400, "delta.unsupportedFeature",
                "This table records its changes (changeDataFeed), which OpenBricks can do only "
                "for added rows.");
  }
}

std::set<std::string> features_for(const Metadata& m) {
  std::set<std::string> out;
  const auto use = [&](const char* name, bool used) {
    if (used) out.insert(name);
  };
  use("checkConstraints", any_config(m, "delta.constraints."));
  use("changeDataFeed", config_flag(m, "delta.enableChangeDataFeed"));
  use("generatedColumns", any_metadata(m.schema, "delta.generationExpression"));
  use("columnMapping", mapped(m));
  use("identityColumns", any_metadata(m.schema, "delta.identity."));
  use("timestampNtz", any_type(m.schema, "timestamp_ntz"));
  use("variantType", any_type(m.schema, "variant"));
  use("deletionVectors", config_flag(m, "delta.enableDeletionVectors"));
  use("v2Checkpoint", equal_ignoring_case(config(m, "delta.checkpointPolicy"), "v2"));
  use("inCommitTimestamp", config_flag(m, "delta.enableInCommitTimestamps"));
  use("rowTracking", config_flag(m, "delta.enableRowTracking"));
  use("domainMetadata", config_flag(m, "delta.enableRowTracking"));
  use("typeWidening", config_flag(m, "delta.enableTypeWidening"));
  use("icebergCompatV1", config_flag(m, "delta.enableIcebergCompatV1"));
  use("icebergCompatV2", config_flag(m, "delta.enableIcebergCompatV2"));
  use("allowColumnDefaults", any_metadata(m.schema, "CURRENT_DEFAULT"));
  for (auto it = m.configuration.lower_bound(std::string(kFeatureProperty));
       it != m.configuration.end() && it->first.starts_with(kFeatureProperty); ++it) {
    out.insert(it->first.substr(kFeatureProperty.size()));
  }
  return out;
}

Protocol protocol_for(const Schema& schema,
                      const std::map<std::string, std::string>& configuration) {
  // Version (1, 2) has appendOnly and invariants, as other engines make new tables.
  return extend(Protocol{}, features_for({.schema = schema, .configuration = configuration}));
}

Protocol extend(const Protocol& have, const std::set<std::string>& features) {
  auto all = writer_features(have);
  if (std::includes(all.begin(), all.end(), features.begin(), features.end())) return have;
  all.insert(features.begin(), features.end());
  if (have.min_writer < 7) {
    // Old versions, while they have a number for all of it.
    Protocol out{.min_reader = have.min_reader, .min_writer = have.min_writer};
    bool enough = true;
    for (const auto& name : all) {
      const auto legacy = std::find_if(kLegacy.begin(), kLegacy.end(),
                                       [&](const Legacy& f) { return f.name == name; });
      if (legacy == kLegacy.end()) {
        enough = false;
        break;
      }
      out.min_reader = std::max(out.min_reader, legacy->reader);
      out.min_writer = std::max(out.min_writer, legacy->writer);
    }
    if (enough) return out;
  }
  Protocol out{.min_reader = 1, .min_writer = 7};
  std::set<std::string> readers(have.reader_features.begin(), have.reader_features.end());
  for (const auto& name : all) {
    if (among(kReaderWriter, name)) readers.insert(name);
  }
  out.writer_features.assign(all.begin(), all.end());
  if (!readers.empty()) {
    out.min_reader = 3;
    out.reader_features.assign(readers.begin(), readers.end());
  }
  return out;
}

bool same_protocol(const Protocol& a, const Protocol& b) {
  const auto set = [](const std::vector<std::string>& v) {
    return std::set<std::string>(v.begin(), v.end());
  };
  return a.min_reader == b.min_reader && a.min_writer == b.min_writer &&
         set(a.reader_features) == set(b.reader_features) &&
         set(a.writer_features) == set(b.writer_features);
}

namespace {

Error bad_schema(const std::string& what) {
  return {400, "delta.badSchema", what};
}

std::size_t count_fields(const Schema& schema);

std::size_t count_fields(const DataType& type) {
  return count_fields(type.fields) + (type.key ? count_fields(*type.key) : 0) +
         (type.element ? count_fields(*type.element) : 0);
}

std::size_t count_fields(const Schema& schema) {
  std::size_t count = schema.size();
  for (const auto& field : schema) count += count_fields(field.type);
  return count;
}

void check_names(const Schema& fields, const std::string& where);

void check_type(const DataType& type, const std::string& column) {
  if (type.is("struct")) {
    if (type.fields.empty()) throw bad_schema("Column \"" + column + "\" holds an empty struct.");
    check_names(type.fields, "struct \"" + column + "\"");
  }
  if (type.key) check_type(*type.key, column);
  if (type.element) check_type(*type.element, column);
}

void check_names(const Schema& fields, const std::string& where) {
  std::set<std::string> seen;
  for (const auto& f : fields) {
    if (f.name.empty()) throw bad_schema("A column of " + where + " has no name.");
    if (f.name.size() > 255) {
      throw bad_schema("The column name \"" + f.name.substr(0, 40) +
                       "…\" is longer than 255 bytes.");
    }
    for (unsigned char c : f.name) {
      if (c < 0x20 || c == 0x7f) {
        throw bad_schema("A column name of " + where + " holds a control character.");
      }
    }
    if (!seen.insert(lower(f.name)).second) {
      throw bad_schema("The column name \"" + f.name + "\" occurs twice in " + where +
                       " (upper and lower case count as the same).");
    }
    check_type(f.type, f.name);
  }
}

}  // namespace

void validate_metadata(const Metadata& m) {
  if (count_fields(m.schema) > max_fields)
    throw bad_schema("A table can have at most 20,000 columns, fields of structs included.");
  check_names(m.schema, "the table");
  for (const auto& type : unknown_types(m.schema)) {
    throw bad_schema("The table cannot have a column of " + type + ".");
  }
  std::set<std::string> seen;
  for (const auto& name : m.partition_columns) {
    const auto* f = find_field(m.schema, name);
    if (!f) throw bad_schema("There is no column \"" + name + "\" to partition by.");
    if (!seen.insert(lower(name)).second) {
      throw bad_schema("The partition column \"" + name + "\" is named twice.");
    }
    if (f->type.is_nested() || f->type.is("void")) {
      throw bad_schema("Column \"" + name + "\" of type " + to_sql(f->type) +
                       " cannot partition the table: it needs a simple type.");
    }
  }
  if (!m.schema.empty() && seen.size() == m.schema.size()) {
    throw bad_schema("A table needs a column that it is not partitioned by.");
  }
  parse_schema(to_json(m.schema));  // what cannot be read back must not be written
}

}  // namespace ob::delta
