#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/ids.h"
#include "engine/checkpoint.h"
#include "engine/file_shapes.h"
#include "engine/files.h"
#include "relay/relay.h"

namespace ob::engine {

namespace {

namespace fs = std::filesystem;

constexpr const char* vector_type =
    "STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR, \"offset\" INTEGER, sizeInBytes INTEGER, "
    "cardinality BIGINT)";

struct ColumnDef {
  const char* name;
  std::string type;
};

std::vector<ColumnDef> layout(bool manifest) {
  std::vector<ColumnDef> out{
      {"txn", "STRUCT(appId VARCHAR, \"version\" BIGINT, lastUpdated BIGINT)"},
      {"add",
       std::string("STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, "
                   "modificationTime BIGINT, dataChange BOOLEAN, stats VARCHAR, tags "
                   "MAP(VARCHAR, VARCHAR), deletionVector ") +
           vector_type +
           ", baseRowId BIGINT, defaultRowCommitVersion BIGINT, clusteringProvider VARCHAR)"},
      {"remove", std::string("STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN, "
                             "extendedFileMetadata BOOLEAN, partitionValues MAP(VARCHAR, VARCHAR), "
                             "size BIGINT, deletionVector ") +
                     vector_type + ")"},
      {"metaData",
       "STRUCT(id VARCHAR, \"name\" VARCHAR, description VARCHAR, \"format\" STRUCT(provider "
       "VARCHAR, \"options\" MAP(VARCHAR, VARCHAR)), schemaString VARCHAR, partitionColumns "
       "VARCHAR[], \"configuration\" MAP(VARCHAR, VARCHAR), createdTime BIGINT)"},
      {"protocol",
       "STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER, readerFeatures VARCHAR[], "
       "writerFeatures VARCHAR[])"},
      {"domainMetadata", "STRUCT(\"domain\" VARCHAR, \"configuration\" VARCHAR, removed BOOLEAN)"}};
  if (manifest) {
    out.push_back({"sidecar",
                   "STRUCT(path VARCHAR, sizeInBytes BIGINT, modificationTime BIGINT, "
                   "tags MAP(VARCHAR, VARCHAR))"});
    out.push_back({"checkpointMetadata", "STRUCT(\"version\" BIGINT, tags MAP(VARCHAR, VARCHAR))"});
  }
  return out;
}

std::string line_of(const delta::CheckpointRow& row) {
  if (row.sidecar) return delta::to_json_line(*row.sidecar);
  if (row.checkpoint_metadata)
    return "{\"checkpointMetadata\":{\"version\":" + std::to_string(*row.checkpoint_metadata) +
           "}}";
  if (row.action) return delta::to_json_line(*row.action);
  throw internal("an empty checkpoint row");
}

// The rows as JSON lines for DuckDB to read; gives the longest line's size.
std::size_t write_lines(const fs::path& path, const std::vector<delta::CheckpointRow>& rows) {
  std::ofstream out(path, std::ios::binary);
  std::size_t longest = 0;
  for (const auto& row : rows) {
    const auto line = line_of(row);
    longest = std::max(longest, line.size());
    out << line << '\n';
  }
  out.close();
  if (!out) throw internal("cannot write " + path.string());
  return longest;
}

}  // namespace

// Through a file of JSON lines, so that memory stays bounded for tables of very many files.
void Checkpoints::write_checkpoint(const std::string& location,
                                   const std::vector<delta::CheckpointRow>& rows) {
  fs::create_directories(scratch_);
  const fs::path lines = fs::path(scratch_) / (new_uuid() + ".json");
  const Cleanup cleanup(scratch_, lines.filename().string(), {});
  const auto longest = write_lines(lines, rows);
  const bool manifest = std::ranges::any_of(
      rows, [](const auto& row) { return row.sidecar || row.checkpoint_metadata; });
  std::string columns, names;
  for (const auto& column : layout(manifest)) {
    columns += (columns.empty() ? "" : ", ") + quote_identifier(column.name) + ": " +
               quote_literal(column.type);
    names += (names.empty() ? "" : ", ") + quote_identifier(column.name);
  }
  const auto connection = instance_.connect();
  const bool remote = relay::is_remote(location);
  try {
    connection->rows("COPY (SELECT " + names + " FROM read_json(" + quote_literal(lines.string()) +
                     ", format = 'newline_delimited', columns = {" + columns +
                     "}, maximum_object_size = " + std::to_string(longest + 1024) + ")) TO " +
                     quote_literal(duck_path(location)) + " (FORMAT parquet, COMPRESSION snappy)");
  } catch (...) {
    if (remote) instance_.relay()->discard(location);  // the parts that were uploaded
    throw;
  }
  if (!remote) sync_paths({location});
}

}  // namespace ob::engine
