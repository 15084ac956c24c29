#include "engine/engine.h"

#include <filesystem>

#include "base/error.h"
#include "engine/checkpoint.h"
#include "engine/database.h"
#include "engine/file_scan.h"
#include "engine/files.h"
#include "engine/remove_rows.h"
#include "engine/scan.h"
#include "engine/write.h"

namespace ob::engine {

namespace {

// Checkpoints pass through a folder of their own beside the spilled data.
std::string scratch_of(const Options& options) {
  return (std::filesystem::path(options.temp_directory) / "scratch").string();
}

Options with_scratch(Options options) {
  options.allowed_directories.push_back(scratch_of(options));
  return options;
}

class DuckEngine final : public Engine {
 public:
  explicit DuckEngine(const Options& options)
      : threads_(options.threads),
        instance_(with_scratch(options)),
        checkpoints_(instance_, scratch_of(options)) {}

  std::unique_ptr<Connection> connect() override { return instance_.connect(); }
  delta::ParquetIo& parquet() override { return checkpoints_; }
  std::pair<std::string, std::shared_ptr<void>> add_source(
      std::shared_ptr<RowSource> source) override {
    auto [id, handle] = instance_.functions().sources->add(std::move(source));
    return {"__ob_rows(" + std::to_string(id) + ")", std::move(handle)};
  }

  Scan scan(delta::Table& table, const delta::SnapshotPtr& snapshot,
            const ScanOptions& options) override {
    return make_scan(instance_, shapes_, table, snapshot, options);
  }

  std::vector<WrittenFile> write(Connection& connection, const std::string& select_sql,
                                 const Parameters& parameters, delta::Table& table,
                                 const delta::Schema& schema,
                                 const std::vector<std::string>& partition_columns,
                                 const WriteOptions& options) override {
    return write_files(instance_, connection, select_sql, parameters, table, schema,
                       partition_columns, options);
  }

  std::vector<std::optional<WrittenFile>> remove_rows(
      delta::Table& table, const delta::Snapshot& snapshot,
      std::vector<delta::RowsToDelete>& files) override {
    return engine::remove_rows(table, snapshot, files, threads_);
  }

  FileScan scan_file(Connection& connection, const std::string& location, const std::string& format,
                     const boost::json::object& options) override {
    return make_file_scan(dynamic_cast<DuckConnection&>(connection), location, format, options);
  }

  void export_parquet(Connection& connection, const std::string& select_sql,
                      const Parameters& parameters, const std::string& location) override {
    Cleanup cleanup({}, {}, {});
    cleanup.add(location);
    connection.rows("COPY (" + select_sql + "\n) TO " + quote_literal(location) +
                        " (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)",
                    parameters);
    cleanup.keep();
  }

 private:
  const int threads_;
  Instance instance_;
  Checkpoints checkpoints_;
  FileShapes shapes_;
};

}  // namespace

std::unique_ptr<Engine> open(const Options& options) {
  return std::make_unique<DuckEngine>(options);
}

}  // namespace ob::engine
