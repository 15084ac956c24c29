#include <boost/json.hpp>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "engine/checkpoint.h"
#include "engine/file_shapes.h"
#include "engine/parquet_guard.h"

namespace ob::engine {

namespace {

using delta::DataType;

// One action column of the file: gives the SQL of its fields and reads them back in order.
class ActionColumn {
 public:
  ActionColumn(std::string name, const DataType& type) : name_(std::move(name)), type_(type) {
    if (!type_.is("struct")) throw bad_request("", name_ + " is not a struct");
  }

  // Each call adds an expression and gives its position in the row.
  std::size_t text(const std::string& field) { return scalar(field, "VARCHAR"); }
  std::size_t number(const std::string& field) { return scalar(field, "BIGINT"); }
  std::size_t flag(const std::string& field) { return scalar(field, "BOOLEAN"); }
  std::size_t map(const std::string& field) {
    const auto* type = find(type_, field);
    if (type != nullptr && !type->is("map") && !type->is("void"))
      throw bad_request("", name_ + "." + field + " is not a map");
    return nested(field, type, "MAP(VARCHAR, VARCHAR)");
  }
  std::size_t list(const std::string& field) {
    const auto* type = find(type_, field);
    if (type != nullptr && !type->is("array") && !type->is("void"))
      throw bad_request("", name_ + "." + field + " is not a list");
    return nested(field, type, "VARCHAR[]");
  }
  // A field of a struct inside, e.g. deletionVector.offset.
  std::size_t inner(const std::string& outer, const std::string& field, const std::string& cast) {
    const auto* type = find(type_, outer);
    if (type == nullptr || !type->is("struct") || find(*type, field) == nullptr)
      return add("NULL::" + cast);
    return add("CAST(" + extract(extract(quote_identifier(name_), outer), field) + " AS " + cast +
               ")");
  }
  // The JSON text of stats, from whichever of its two forms there is.
  std::size_t stats() {
    const auto* text = find(type_, "stats");
    const auto* parsed = find(type_, "stats_parsed");
    std::string out = text != nullptr
                          ? "CAST(" + extract(quote_identifier(name_), "stats") + " AS VARCHAR)"
                          : "NULL::VARCHAR";
    if (parsed != nullptr && parsed->is("struct")) {
      const auto value = extract(quote_identifier(name_), "stats_parsed");
      out = "coalesce(" + out + ", CASE WHEN " + value + " IS NOT NULL THEN CAST(to_json(" + value +
            ") AS VARCHAR) END)";
    }
    return add(out);
  }

  // `required` tells rows of this action from others.
  std::string sql(const std::string& location, const std::string& required) const {
    std::string out = "SELECT ";
    for (std::size_t i = 0; i < expressions_.size(); ++i)
      out += (i > 0 ? ", " : "") + expressions_[i];
    return out + " FROM read_parquet(" + file_list({location}) +
           ", hive_partitioning = false) WHERE " + extract(quote_identifier(name_), required) +
           " IS NOT NULL";
  }
  bool has(const std::string& field) const { return find(type_, field) != nullptr; }

 private:
  static const DataType* find(const DataType& type, const std::string& field) {
    for (const auto& candidate : type.fields)
      if (candidate.name == field) return &candidate.type;
    return nullptr;
  }
  static std::string extract(const std::string& value, const std::string& field) {
    return "struct_extract(" + value + ", " + quote_literal(field) + ")";
  }
  std::size_t add(std::string expression) {
    expressions_.push_back(std::move(expression));
    return expressions_.size() - 1;
  }
  std::size_t nested(const std::string& field, const DataType* type, const std::string& cast) {
    if (type == nullptr) return add("NULL::" + cast);
    return add("CAST(" + extract(quote_identifier(name_), field) + " AS " + cast + ")");
  }
  std::size_t scalar(const std::string& field, const std::string& cast) {
    const auto* type = find(type_, field);
    if (type == nullptr) return add("NULL::" + cast);
    if (type->is_nested()) throw bad_request("", name_ + "." + field + " is not a simple value");
    return add("CAST(" + extract(quote_identifier(name_), field) + " AS " + cast + ")");
  }

  std::string name_;
  const DataType& type_;
  std::vector<std::string> expressions_;
};

// A row of the query, by position.
class Row {
 public:
  Row(const Batch& batch, std::int64_t row) : batch_(batch), row_(row) {}
  std::optional<std::string> maybe_text(std::size_t i) const { return batch_.text(row_, i); }
  std::string text(std::size_t i) const { return batch_.text(row_, i).value_or(""); }
  std::optional<std::int64_t> maybe_number(std::size_t i) const {
    const auto value = batch_.text(row_, i);
    return value ? std::optional(std::stoll(*value)) : std::nullopt;
  }
  std::int64_t number(std::size_t i) const { return maybe_number(i).value_or(0); }
  bool flag(std::size_t i, bool fallback) const {
    const auto value = batch_.text(row_, i);
    return value ? *value == "true" : fallback;
  }
  boost::json::value json(std::size_t i) const {
    const auto value = batch_.text(row_, i);
    return value ? boost::json::parse(*value) : boost::json::value();
  }
  delta::PartitionValues partition_values(std::size_t i) const {
    delta::PartitionValues out;
    const auto parsed = json(i);
    if (const auto* object = parsed.if_object())
      for (const auto& [key, value] : *object)
        out.emplace_back(
            key, value.is_string() ? std::optional(std::string(value.as_string())) : std::nullopt);
    return out;
  }
  std::map<std::string, std::string> strings(std::size_t i) const {
    std::map<std::string, std::string> out;
    const auto parsed = json(i);
    if (const auto* object = parsed.if_object())
      for (const auto& [key, value] : *object)
        if (value.is_string()) out.emplace(key, value.as_string());
    return out;
  }
  std::vector<std::string> list(std::size_t i) const {
    std::vector<std::string> out;
    const auto parsed = json(i);
    if (const auto* array = parsed.if_array())
      for (const auto& value : *array)
        if (value.is_string()) out.emplace_back(value.as_string());
    return out;
  }

 private:
  const Batch& batch_;
  std::int64_t row_;
};

struct VectorFields {
  std::size_t storage, path, offset, size, cardinality;
  explicit VectorFields(ActionColumn& column)
      : storage(column.inner("deletionVector", "storageType", "VARCHAR")),
        path(column.inner("deletionVector", "pathOrInlineDv", "VARCHAR")),
        offset(column.inner("deletionVector", "offset", "INTEGER")),
        size(column.inner("deletionVector", "sizeInBytes", "INTEGER")),
        cardinality(column.inner("deletionVector", "cardinality", "BIGINT")) {}
  std::optional<delta::DeletionVector> read(const Row& row) const {
    const auto type = row.maybe_text(storage);
    if (!type) return std::nullopt;
    delta::DeletionVector out{.storage_type = *type, .path_or_inline = row.text(path)};
    if (const auto at = row.maybe_number(offset)) out.offset = static_cast<std::int32_t>(*at);
    out.size_bytes = static_cast<std::int32_t>(row.number(size));
    out.cardinality = row.number(cardinality);
    return out;
  }
};

class Reader {
 public:
  Reader(DuckConnection& connection, const std::string& location,
         const std::function<void(delta::CheckpointRow)>& sink)
      : connection_(connection), location_(location), sink_(sink) {}

  void run() {
    const auto columns = connection_.describe(
        "SELECT * FROM read_parquet(" + file_list({location_}) + ", hive_partitioning = false)");
    for (const auto& column : columns) {
      const auto read = readers().find(column.name);
      if (read == readers().end()) continue;
      const auto type = delta::from_duckdb(column.type);
      if (type.is("integer")) continue;  // a column of nothing but NULL
      (this->*read->second)(type);
      known_ = true;
    }
    if (!known_) throw bad_request("", "it has none of the columns of a checkpoint");
  }

 private:
  using Read = void (Reader::*)(const DataType&);
  static const std::map<std::string, Read>& readers() {
    static const std::map<std::string, Read> table{
        {"protocol", &Reader::protocol}, {"metaData", &Reader::metadata},
        {"txn", &Reader::txn},           {"add", &Reader::add},
        {"remove", &Reader::remove},     {"domainMetadata", &Reader::domain},
        {"sidecar", &Reader::sidecar},   {"checkpointMetadata", &Reader::manifest}};
    return table;
  }

  template <class Make>
  void each(const ActionColumn& column, const std::string& required, const Make& make) {
    if (!column.has(required)) throw bad_request("", "an action lacks the field " + required);
    const auto result = connection_.execute(column.sql(location_, required), nullptr);
    while (const auto batch = result->next())
      for (std::int64_t i = 0; i < batch->rows(); ++i) {
        delta::CheckpointRow out;
        make(Row(*batch, i), out);
        sink_(std::move(out));
      }
  }

  void txn(const DataType& type) {
    ActionColumn column("txn", type);
    const auto app = column.text("appId"), version = column.number("version"),
               updated = column.number("lastUpdated");
    each(column, "appId", [&](const Row& row, delta::CheckpointRow& out) {
      out.action = delta::Txn{row.text(app), row.number(version), row.maybe_number(updated)};
    });
  }

  void add(const DataType& type) {
    ActionColumn column("add", type);
    const auto path = column.text("path"), values = column.map("partitionValues"),
               size = column.number("size"), time = column.number("modificationTime"),
               change = column.flag("dataChange"), stats = column.stats(),
               tags = column.map("tags"), row_id = column.number("baseRowId"),
               row_version = column.number("defaultRowCommitVersion"),
               clustering = column.text("clusteringProvider");
    const VectorFields vector(column);
    each(column, "path", [&](const Row& row, delta::CheckpointRow& out) {
      delta::Add action;
      action.path = row.text(path);
      action.partition_values = row.partition_values(values);
      action.size = row.number(size);
      action.modification_time = row.number(time);
      action.data_change = row.flag(change, false);
      action.stats = row.text(stats);
      action.tags = row.strings(tags);
      action.base_row_id = row.maybe_number(row_id);
      action.default_row_commit_version = row.maybe_number(row_version);
      action.clustering_provider = row.text(clustering);
      action.deletion_vector = vector.read(row);
      out.action = std::move(action);
    });
  }

  void remove(const DataType& type) {
    ActionColumn column("remove", type);
    const auto path = column.text("path"), time = column.number("deletionTimestamp"),
               change = column.flag("dataChange"), extended = column.flag("extendedFileMetadata"),
               values = column.map("partitionValues"), size = column.number("size");
    const VectorFields vector(column);
    each(column, "path", [&](const Row& row, delta::CheckpointRow& out) {
      delta::Remove action;
      action.path = row.text(path);
      action.deletion_timestamp = row.maybe_number(time);
      action.data_change = row.flag(change, false);
      action.extended_file_metadata = row.flag(extended, false);
      action.partition_values = row.partition_values(values);
      action.size = row.maybe_number(size);
      action.deletion_vector = vector.read(row);
      out.action = std::move(action);
    });
  }

  void metadata(const DataType& type) {
    ActionColumn column("metaData", type);
    const auto id = column.text("id"), name = column.text("name"),
               description = column.text("description"), schema = column.text("schemaString"),
               partitions = column.list("partitionColumns"),
               configuration = column.map("configuration"), created = column.number("createdTime"),
               provider = column.inner("format", "provider", "VARCHAR");
    each(column, "schemaString", [&](const Row& row, delta::CheckpointRow& out) {
      delta::Metadata action;
      action.id = row.text(id);
      action.name = row.text(name);
      action.description = row.text(description);
      action.provider = row.maybe_text(provider).value_or("parquet");
      action.schema = delta::parse_schema(row.text(schema));
      action.partition_columns = row.list(partitions);
      delta::check_partitioning(action.schema, action.partition_columns);
      action.configuration = row.strings(configuration);
      action.created_time = row.maybe_number(created);
      out.action = std::move(action);
    });
  }

  void protocol(const DataType& type) {
    ActionColumn column("protocol", type);
    const auto reader = column.number("minReaderVersion"),
               writer = column.number("minWriterVersion"), reads = column.list("readerFeatures"),
               writes = column.list("writerFeatures");
    each(column, "minReaderVersion", [&](const Row& row, delta::CheckpointRow& out) {
      out.action =
          delta::Protocol{static_cast<int>(row.number(reader)),
                          static_cast<int>(row.number(writer)), row.list(reads), row.list(writes)};
    });
  }

  void domain(const DataType& type) {
    ActionColumn column("domainMetadata", type);
    const auto name = column.text("domain"), configuration = column.text("configuration"),
               removed = column.flag("removed");
    each(column, "domain", [&](const Row& row, delta::CheckpointRow& out) {
      out.action =
          delta::DomainMetadata{row.text(name), row.text(configuration), row.flag(removed, false)};
    });
  }

  void sidecar(const DataType& type) {
    ActionColumn column("sidecar", type);
    const auto path = column.text("path"), size = column.number("sizeInBytes"),
               time = column.number("modificationTime");
    each(column, "path", [&](const Row& row, delta::CheckpointRow& out) {
      out.sidecar = delta::Sidecar{row.text(path), row.number(size), row.number(time)};
    });
  }

  void manifest(const DataType& type) {
    ActionColumn column("checkpointMetadata", type);
    const auto version = column.number("version");
    each(column, "version", [&](const Row& row, delta::CheckpointRow& out) {
      out.checkpoint_metadata = row.number(version);
    });
  }

  DuckConnection& connection_;
  const std::string& location_;
  const std::function<void(delta::CheckpointRow)>& sink_;
  bool known_ = false;
};

}  // namespace

void Checkpoints::read_checkpoint(const std::string& location,
                                  const std::function<void(delta::CheckpointRow)>& sink) {
  const auto connection = instance_.connect();
  // What the sink throws is not this file's fault.
  bool in_sink = false;
  const std::function<void(delta::CheckpointRow)> guarded = [&](delta::CheckpointRow row) {
    in_sink = true;
    sink(std::move(row));
    in_sink = false;
  };
  try {
    if (const auto fault = parquet_fault(instance_.relay(), location))
      throw bad_request("", *fault + ".");
    Reader(*connection, location, guarded).run();
  } catch (const Error& error) {
    if (in_sink || error.status() > 500 || error.status() == 499) throw;
    throw Error(400, "delta.badCheckpoint",
                "The checkpoint " + std::filesystem::path(location).filename().string() +
                    " cannot be read: " + error.what(),
                error.cause());
  }
}

}  // namespace ob::engine
