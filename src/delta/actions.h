#pragma once
// Actions of the log (Delta Transaction Log Protocol, "Actions").
#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "delta/schema.h"

namespace ob::delta {

struct DeletionVector {
  std::string storage_type;  // "u", "i", "p"
  std::string path_or_inline;
  std::optional<std::int32_t> offset;
  std::int32_t size_bytes = 0;
  std::int64_t cardinality = 0;
  bool operator==(const DeletionVector&) const = default;
};

using PartitionValues =
    std::vector<std::pair<std::string, std::optional<std::string>>>;  // physical name → value

struct Add {
  std::string path;  // as in the log, still percent-encoded; relative to the table or absolute
  PartitionValues partition_values;
  std::int64_t size = 0;
  std::int64_t modification_time = 0;  // milliseconds
  bool data_change = true;
  std::string stats;  // JSON text, empty when absent
  std::optional<DeletionVector> deletion_vector;
  std::optional<std::int64_t> base_row_id, default_row_commit_version;
  std::string clustering_provider;  // who clustered the file's rows, empty when absent
  std::map<std::string, std::string> tags;
};

struct Remove {
  std::string path;
  std::optional<std::int64_t> deletion_timestamp;  // milliseconds
  bool data_change = true;
  bool extended_file_metadata = false;
  PartitionValues partition_values;
  std::optional<std::int64_t> size;
  std::optional<DeletionVector> deletion_vector;
};

struct Metadata {
  std::string id, name, description;
  std::string provider = "parquet";
  Schema schema;
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> configuration;
  std::optional<std::int64_t> created_time;  // milliseconds
};

struct Protocol {
  int min_reader = 1, min_writer = 2;
  std::vector<std::string> reader_features, writer_features;
};

struct Txn {
  std::string app_id;
  std::int64_t version = 0;
  std::optional<std::int64_t> last_updated;
};

struct DomainMetadata {
  std::string domain, configuration;
  bool removed = false;
};

struct CommitInfo {
  boost::json::object json;  // timestamp, operation, operationParameters, operationMetrics,
                             // engineInfo, txnId, userId, …
};

struct Sidecar {
  std::string path;
  std::int64_t size = 0, modification_time = 0;
};

using Action = std::variant<Add, Remove, Metadata, Protocol, Txn, DomainMetadata, CommitInfo>;

// One line of a commit or of a JSON checkpoint, without the newline.
std::string to_json_line(const Action& action);
std::string to_json_line(const Sidecar& sidecar);

// Identity of a deletion vector: storage type, path and offset.
std::string dv_unique_id(const DeletionVector& dv);

}  // namespace ob::delta
