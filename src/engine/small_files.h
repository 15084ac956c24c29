#pragma once
// Many small data files of a table, each read at once (native/src/parquet): DuckDB takes a hundred
// times as long for one, most of it to open it and to look who may.
#include <memory>
#include <string>
#include <vector>

#include "engine/database.h"
#include "objects/files.h"

namespace ob::engine {

class SmallFiles {
 public:
  struct Column {
    std::string name;  // in the files
    delta::DataType type;
  };
  struct File {
    std::string location;
    std::int64_t size = 0;
  };

  static constexpr std::size_t least = 64;  // fewer files are better read by DuckDB
  static bool small(std::int64_t bytes) { return bytes > 0 && bytes <= 256 << 10; }

  // The columns and files of a scan, where they are better read so; else null. `table`: the
  // directory that all files are in. `rows`: about how many there are.
  static std::shared_ptr<SmallFiles> of(Instance& instance, const std::string& table,
                                        std::vector<Column> columns, std::vector<File> files,
                                        std::int64_t rows);

  const std::vector<Column>& columns() const { return columns_; }
  std::size_t files() const { return files_.size(); }
  std::int64_t rows() const { return rows_; }
  Instance& instance() const { return instance_; }
  const std::string& table() const { return table_; }
  const std::string& location(std::size_t file) const { return files_[file].location; }
  // The bytes of a file; false where it is not a plain file of its size in the directory.
  bool load(std::size_t file, std::string& out) const;

 private:
  SmallFiles(Instance& instance, const std::string& table, std::vector<Column> columns,
             std::vector<File> files, std::int64_t rows);

  Instance& instance_;
  const std::string table_;
  const objects::Tree tree_;
  const std::vector<Column> columns_;
  const std::vector<File> files_;
  const std::int64_t rows_;
};

// __ob_small_files(id BIGINT), their rows in the order of the files. A file that cannot be read
// exactly here is DuckDB's, which tells what is wrong with it.
void register_small_files(duckdb_connection connection, Functions& functions,
                          const std::shared_ptr<Works>& works);

}  // namespace ob::engine
