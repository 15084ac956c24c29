#include "delta/commit.h"

#include <boost/json/serialize.hpp>
#include <set>

#include "base/error.h"
#include "base/ids.h"
#include "delta/features.h"
#include "delta/log_parse.h"
#include "delta/paths.h"
#include "delta/text.h"

namespace ob::delta {
namespace {

constexpr std::string_view kEngine = "OpenBricks/0.1.0";
constexpr std::size_t kMaxStats = 1u << 20;

Error bad_commit(const std::string& what) {
  return {400, "delta.badCommit", what};
}

Error conflict_with(std::int64_t version, const std::string& what) {
  return conflict("delta.conflict", "Another writer changed the table meanwhile (version " +
                                        std::to_string(version) + "): " + what +
                                        ". Nothing was written; run the statement again.");
}

const Metadata& effective_metadata(const CommitRequest& request) {
  for (const auto& a : request.actions) {
    if (const auto* m = std::get_if<Metadata>(&a)) return *m;
  }
  if (!request.base) throw bad_commit("A new table needs metadata.");
  return request.base->metadata();
}

std::set<std::string> partition_names(const Metadata& metadata) {
  std::set<std::string> out;
  for (const auto& name : metadata.partition_columns) {
    const auto* f = find_field(metadata.schema, name);
    if (f) out.insert(f->physical_name());
  }
  return out;
}

void prepare_add(Add& add, const std::set<std::string>& partitions, const std::string& location,
                 bool deletion_vectors) {
  resolve_path(add.path, location);
  if (add.size < 0) throw bad_commit("A data file has a negative size.");
  std::set<std::string> names;
  for (auto& [name, value] : add.partition_values) {
    names.insert(name);
    if (value && value->empty()) value.reset();
  }
  if (names != partitions || names.size() != add.partition_values.size()) {
    throw bad_commit("A data file does not have exactly the table's partition columns.");
  }
  if (add.stats.size() > kMaxStats) add.stats.clear();
  if (add.deletion_vector) {
    if (!deletion_vectors) {
      throw Error(400, "delta.unsupportedFeature",
                  "Deletion vectors are not enabled on this table "
                  "(delta.enableDeletionVectors).");
    }
    if (!num_records(add.stats)) {
      throw bad_commit("A data file with a deletion vector needs its number of records.");
    }
  }
}

// Gives the features that the table needs. Properties that ask for features or versions become
// part of the protocol only.
std::set<std::string> prepare_metadata(Metadata& m, const SnapshotImpl* base) {
  if (m.id.empty()) m.id = base ? base->metadata().id : new_uuid();
  if (!m.created_time) m.created_time = now_micros() / 1000;
  for (auto& name : m.partition_columns) {
    if (const auto* f = find_field(m.schema, name)) name = f->name;
  }
  auto need = features_for(m);
  std::erase_if(m.configuration, [](const auto& entry) {
    return entry.first.starts_with(kFeatureProperty) || entry.first == "delta.minReaderVersion" ||
           entry.first == "delta.minWriterVersion";
  });
  validate_metadata(m);
  return need;
}

struct Sorted {
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::vector<Action> rest, removes, adds;
};

Sorted sort_actions(const CommitRequest& request) {
  Sorted out;
  std::set<std::string> added, removed, apps, domains;
  const auto once = [](bool fresh, const char* what) {
    if (!fresh) throw bad_commit(std::string("A commit names ") + what + " twice.");
  };
  for (const auto& action : request.actions) {
    if (const auto* a = std::get_if<Add>(&action)) {
      once(added.insert(decode_path(a->path)).second, "a file to add");
      out.adds.push_back(action);
    } else if (const auto* r = std::get_if<Remove>(&action)) {
      once(removed.insert(decode_path(r->path)).second, "a file to remove");
      out.removes.push_back(action);
    } else if (const auto* m = std::get_if<Metadata>(&action)) {
      once(!out.metadata, "the metadata");
      out.metadata = *m;
    } else if (const auto* p = std::get_if<Protocol>(&action)) {
      once(!out.protocol, "the protocol");
      out.protocol = *p;
    } else if (const auto* t = std::get_if<Txn>(&action)) {
      once(apps.insert(t->app_id).second, "an application's transaction");
      out.rest.push_back(action);
    } else if (const auto* d = std::get_if<DomainMetadata>(&action)) {
      once(domains.insert(d->domain).second, "a metadata domain");
      out.rest.push_back(action);
    } else {
      throw bad_commit("The commitInfo is made by the commit itself.");
    }
  }
  return out;
}

std::string text_of(const boost::json::value& v) {
  return v.is_string() ? std::string(v.get_string()) : boost::json::serialize(v);
}

boost::json::object texts(const boost::json::object& from) {
  boost::json::object out;
  for (const auto& [key, value] : from) {
    if (!value.is_null()) out[key] = text_of(value);
  }
  return out;
}

const SnapshotImpl* impl(const SnapshotPtr& p) {
  return static_cast<const SnapshotImpl*>(p.get());
}

}  // namespace

Prepared prepare(const CommitRequest& request, const std::string& location) {
  auto sorted = sort_actions(request);
  const auto* base = impl(request.base);
  Prepared out{.txn_id = new_uuid()};
  Protocol protocol = base ? base->protocol() : Protocol{};
  if (sorted.protocol) protocol = extend(protocol, writer_features(*sorted.protocol));
  if (!base && !sorted.metadata) throw bad_commit("A new table needs metadata.");
  if (sorted.metadata) {
    protocol = extend(protocol, prepare_metadata(*sorted.metadata, base));
    if (base && sorted.metadata->id != base->metadata().id) {
      throw bad_commit("A commit cannot change the table's id.");
    }
  }
  const auto& metadata = sorted.metadata ? *sorted.metadata : base->metadata();
  require_writable(protocol, metadata);
  out.protocol_changed = !base || !same_protocol(protocol, base->protocol());
  out.metadata_changed = sorted.metadata.has_value();
  if (out.protocol_changed) out.actions.emplace_back(protocol);
  if (sorted.metadata) out.actions.emplace_back(metadata);
  const auto partitions = partition_names(metadata);
  // An older version's files may have vectors although the table makes no new ones any more.
  const bool vectors =
      supports(protocol, "deletionVectors") &&
      (config_flag(metadata, "delta.enableDeletionVectors") || request.operation == "RESTORE");
  for (auto& a : sorted.adds) {
    auto& add = std::get<Add>(a);
    prepare_add(add, partitions, location, vectors);
    out.data_change = out.data_change || add.data_change;
  }
  bool removes_data = false;
  for (auto& r : sorted.removes) {
    auto& remove = std::get<Remove>(r);
    resolve_path(remove.path, location);
    if (!remove.deletion_timestamp) remove.deletion_timestamp = now_micros() / 1000;
    removes_data = removes_data || remove.data_change;
  }
  out.data_change = out.data_change || removes_data;
  if (removes_data) require_removable(metadata);
  out.blind_append = !sorted.adds.empty() && sorted.removes.empty() && !request.reads.whole_table &&
                     request.reads.removed_paths.empty() && !request.reads.predicates;
  for (auto* part : {&sorted.rest, &sorted.removes, &sorted.adds}) {
    for (auto& a : *part) out.actions.push_back(std::move(a));
  }
  return out;
}

namespace {

bool read_rows_like(const CommitRequest& request, const Add& add) {
  const auto& reads = request.reads;
  return reads.whole_table ||
         (reads.predicates && may_match(*request.base, add, *reads.predicates));
}

}  // namespace

void check_conflicts(const CommitRequest& request, const Prepared& prepared,
                     const std::vector<Action>& winner, std::int64_t version) {
  // In the order of delta-spark's ConflictChecker.
  std::set<std::string> apps, domains, ours;
  for (const auto& a : prepared.actions) {
    if (const auto* t = std::get_if<Txn>(&a)) apps.insert(t->app_id);
    if (const auto* d = std::get_if<DomainMetadata>(&a)) domains.insert(d->domain);
    if (const auto* r = std::get_if<Remove>(&a)) ours.insert(decode_path(r->path));
  }
  for (const auto& path : request.reads.removed_paths) ours.insert(decode_path(path));
  for (const auto& a : winner) {
    if (std::holds_alternative<Protocol>(a) && prepared.protocol_changed) {
      throw conflict_with(version, "it changed the protocol");
    }
    if (std::holds_alternative<Metadata>(a)) {
      throw conflict_with(version, "it changed the schema or the properties");
    }
    if (const auto* add = std::get_if<Add>(&a)) {
      // Where only files are rearranged, snapshot isolation is enough: new rows do not matter.
      if (add->data_change && (prepared.data_change || prepared.metadata_changed) &&
          read_rows_like(request, *add)) {
        throw conflict_with(version, "it added rows that this statement should have seen");
      }
    }
    if (const auto* remove = std::get_if<Remove>(&a)) {
      if (request.reads.whole_table) {
        throw conflict_with(version, "it removed rows that this statement read");
      }
      if (ours.contains(decode_path(remove->path))) {
        throw conflict_with(version, "it changed the same rows");
      }
    }
    if (const auto* t = std::get_if<Txn>(&a); t && apps.contains(t->app_id)) {
      throw conflict_with(version, "the same application committed");
    }
    if (const auto* d = std::get_if<DomainMetadata>(&a); d && domains.contains(d->domain)) {
      throw conflict_with(version, "it changed the metadata domain " + d->domain);
    }
  }
}

void check_against(const CommitRequest& request, const Prepared& prepared,
                   const SnapshotImpl* latest) {
  if (!latest) {
    for (const auto& a : prepared.actions) {
      if (std::holds_alternative<Remove>(a)) throw bad_commit("A new table has no files.");
    }
    return;
  }
  if (latest->metadata().id != request.base->metadata().id) {
    throw conflict("delta.conflict", "The table was replaced by another one meanwhile.");
  }
  if (!prepared.protocol_changed) latest->require_writable();
  std::set<std::string> removed;
  for (const auto& a : prepared.actions) {
    const auto* r = std::get_if<Remove>(&a);
    if (!r) continue;
    auto key = file_key(*r);
    if (!latest->files().find(key)) {
      throw conflict("delta.conflict",
                     "A file that this statement changes is no longer in the table. Nothing was "
                     "written; run the statement again.");
    }
    removed.insert(std::move(key));
  }
  // Adding a file that is there would replace it: data files have names of their own.
  for (const auto& a : prepared.actions) {
    const auto* add = std::get_if<Add>(&a);
    if (!add || !add->data_change) continue;
    const auto key = file_key(*add);
    if (latest->files().find(key) && !removed.contains(key)) {
      throw bad_commit("A data file of this commit is already in the table.");
    }
  }
  const auto& metadata = effective_metadata(request);
  if (prepared.metadata_changed &&
      partition_names(metadata) != partition_names(latest->metadata()) &&
      removed.size() != latest->files().size()) {
    throw Error(400, "delta.badSchema",
                "The partition columns can change only when all rows are overwritten.");
  }
}

std::vector<Action> complete(const CommitRequest& request, const Prepared& prepared,
                             const SnapshotImpl* latest, std::int64_t version) {
  auto now = now_micros() / 1000;
  std::vector<Action> out{CommitInfo{}};
  const Metadata* metadata = latest ? &latest->metadata() : nullptr;
  out.insert(out.end(), prepared.actions.begin(), prepared.actions.end());
  Metadata* changed = nullptr;
  for (auto& a : out) {
    if (auto* m = std::get_if<Metadata>(&a)) metadata = changed = m;
  }
  auto& info = std::get<CommitInfo>(out.front()).json;
  if (config_flag(*metadata, "delta.enableInCommitTimestamps")) {
    if (latest) now = std::max(now, latest->timestamp() / 1000 + 1);
    info["inCommitTimestamp"] = now;
    if (latest && changed && !config_flag(latest->metadata(), "delta.enableInCommitTimestamps")) {
      changed->configuration["delta.inCommitTimestampEnablementVersion"] = std::to_string(version);
      changed->configuration["delta.inCommitTimestampEnablementTimestamp"] = std::to_string(now);
    }
  }
  info["timestamp"] = now;
  if (!request.user_id.empty()) info["userId"] = request.user_id;
  if (!request.user_name.empty()) info["userName"] = request.user_name;
  info["operation"] = request.operation;
  info["operationParameters"] = texts(request.parameters);
  if (request.base) info["readVersion"] = request.base->version();
  info["isolationLevel"] = prepared.data_change ? "Serializable" : "SnapshotIsolation";
  info["isBlindAppend"] = prepared.blind_append;
  info["operationMetrics"] = texts(request.metrics);
  info["engineInfo"] = kEngine;
  info["txnId"] = prepared.txn_id;
  return out;
}

std::string render(const std::vector<Action>& actions) {
  std::string out;
  for (const auto& a : actions) {
    out += to_json_line(a);
    out += '\n';
  }
  return out;
}

}  // namespace ob::delta
