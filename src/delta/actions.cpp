#include "delta/actions.h"

#include <boost/json/serialize.hpp>

namespace ob::delta {
namespace {

namespace json = boost::json;

json::object partition_json(const PartitionValues& values) {
  json::object out;
  for (const auto& [name, value] : values) {
    if (value) {
      out[name] = *value;
    } else {
      out[name] = nullptr;
    }
  }
  return out;
}

json::object map_json(const std::map<std::string, std::string>& map) {
  json::object out;
  for (const auto& [key, value] : map) out[key] = value;
  return out;
}

json::array list_json(const std::vector<std::string>& list) {
  return json::array(list.begin(), list.end());
}

json::object dv_json(const DeletionVector& dv) {
  json::object out{{"storageType", dv.storage_type}, {"pathOrInlineDv", dv.path_or_inline}};
  if (dv.offset) out["offset"] = *dv.offset;
  out["sizeInBytes"] = dv.size_bytes;
  out["cardinality"] = dv.cardinality;
  return out;
}

json::object body(const Add& a) {
  json::object out{{"path", a.path},
                   {"partitionValues", partition_json(a.partition_values)},
                   {"size", a.size},
                   {"modificationTime", a.modification_time},
                   {"dataChange", a.data_change}};
  if (!a.stats.empty()) out["stats"] = a.stats;
  if (!a.tags.empty()) out["tags"] = map_json(a.tags);
  if (a.deletion_vector) out["deletionVector"] = dv_json(*a.deletion_vector);
  if (a.base_row_id) out["baseRowId"] = *a.base_row_id;
  if (a.default_row_commit_version) out["defaultRowCommitVersion"] = *a.default_row_commit_version;
  if (!a.clustering_provider.empty()) out["clusteringProvider"] = a.clustering_provider;
  return out;
}

json::object body(const Remove& r) {
  json::object out{{"path", r.path}};
  if (r.deletion_timestamp) out["deletionTimestamp"] = *r.deletion_timestamp;
  out["dataChange"] = r.data_change;
  if (r.extended_file_metadata) {
    out["extendedFileMetadata"] = true;
    out["partitionValues"] = partition_json(r.partition_values);
    out["size"] = r.size.value_or(0);
  }
  if (r.deletion_vector) out["deletionVector"] = dv_json(*r.deletion_vector);
  return out;
}

json::object body(const Metadata& m) {
  json::object out{{"id", m.id}};
  if (!m.name.empty()) out["name"] = m.name;
  if (!m.description.empty()) out["description"] = m.description;
  out["format"] = json::object{{"provider", m.provider}, {"options", json::object{}}};
  out["schemaString"] = to_json(m.schema);
  out["partitionColumns"] = list_json(m.partition_columns);
  if (m.created_time) out["createdTime"] = *m.created_time;
  out["configuration"] = map_json(m.configuration);
  return out;
}

json::object body(const Protocol& p) {
  json::object out{{"minReaderVersion", p.min_reader}, {"minWriterVersion", p.min_writer}};
  if (p.min_reader >= 3) out["readerFeatures"] = list_json(p.reader_features);
  if (p.min_writer >= 7) out["writerFeatures"] = list_json(p.writer_features);
  return out;
}

json::object body(const Txn& t) {
  json::object out{{"appId", t.app_id}, {"version", t.version}};
  if (t.last_updated) out["lastUpdated"] = *t.last_updated;
  return out;
}

json::object body(const DomainMetadata& d) {
  return {{"domain", d.domain}, {"configuration", d.configuration}, {"removed", d.removed}};
}

json::object body(const CommitInfo& c) {
  return c.json;
}

constexpr const char* name(const Add&) {
  return "add";
}
constexpr const char* name(const Remove&) {
  return "remove";
}
constexpr const char* name(const Metadata&) {
  return "metaData";
}
constexpr const char* name(const Protocol&) {
  return "protocol";
}
constexpr const char* name(const Txn&) {
  return "txn";
}
constexpr const char* name(const DomainMetadata&) {
  return "domainMetadata";
}
constexpr const char* name(const CommitInfo&) {
  return "commitInfo";
}

}  // namespace

std::string to_json_line(const Action& action) {
  return std::visit(
      [](const auto& a) {
        json::object line;
        line[name(a)] = body(a);
        return json::serialize(line);
      },
      action);
}

std::string to_json_line(const Sidecar& sidecar) {
  return json::serialize(
      json::object{{"sidecar", json::object{{"path", sidecar.path},
                                            {"sizeInBytes", sidecar.size},
                                            {"modificationTime", sidecar.modification_time}}}});
}

}  // namespace ob::delta
